/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

struct AVIOContext;

/* How a PNG, a WebP or a TIFF says that it was held (Exif 2.32, tag 0x0112): 1, upright, to 8; 1
 * where it says nothing. libav tells this of JPEG alone. Goes to the beginning of the file, and
 * leaves it anywhere. */
int gen_exif_find_orientation (struct AVIOContext *io);
/* The same of Exif data, as they lie in a JPEG, too. */
int gen_exif_orientation_of (const guint8 *data, gsize size);
