/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>

/* Scale `source` to the size of `target`, which has the same channels and lies elsewhere. Along an
 * axis that shrinks a sample is the mean of what it covers, parts of samples as parts; along one
 * that grows it is by Catmull and Rom's cubic (B = 0, C = 1/2), with samples at the edge repeated
 * beyond it. Alpha is a channel like others. */
void gen_picture_scale (const GenPicture *source, GenPicture *target);
