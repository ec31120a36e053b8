/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>

/* A PNG of the picture; NULL where it is too large to be one chunk. (transfer full) */
GBytes *gen_png_write (const GenPicture *picture);
