/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture-mark.h>

/* What is added to frames of the size that was set, row by row, before it is made as strong as it
 * may be there, in units of a mask (picture-mask.h). */
const gint8 *gen_picture_mark_pattern (const GenPictureMark *mark);
