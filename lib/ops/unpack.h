/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "picture/picture.h"

/* Let `kernel`, of an UnpackPicture whose geometry has a colour, do its work. */
void gen_unpack_ycbcr (GenKernel *kernel, const GenPictureGeometry *geometry);
