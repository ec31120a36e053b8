/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

struct AVIOContext;

/* How large a JPEG is, before anything of it is decoded, and how it was held, 1 to 8
 * (`orientation` may be NULL); FALSE where it is none, or does not say. Goes to the beginning of
 * the file, and leaves it anywhere. */
gboolean gen_jpeg_find_size (struct AVIOContext *io, int *width, int *height, int *orientation);
