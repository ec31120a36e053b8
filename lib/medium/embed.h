/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Put an XMP packet into the file of a picture that one of our encoders has made: the places are
 * those of the XMP specification, part 3. (transfer full) */
GBytes *gen_embed_in_png (GBytes *file, const char *xmp);
GBytes *gen_embed_in_jpeg (GBytes *file, const char *xmp);
GBytes *gen_embed_in_webp (GBytes *file, const char *xmp);
