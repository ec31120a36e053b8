/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HEIC and AVIF, where the library is built with libheif. */
#pragma once

#include <generative/picture.h>

/* The primary picture of a file, or of `bytes` where they are given, upright as the file says, with
 * the colours of its profile brought to sRGB. `path` stands for it, and `kind` for what it is, in
 * errors. */
gboolean gen_picture_load_heif (
    GenPicture *picture, const char *path, const char *kind, GBytes *bytes, GError **error);
