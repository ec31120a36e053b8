/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures by a GenFitting. */
#pragma once

#include <generative/medium.h>

typedef struct {
  int x, y, width, height;
} GenPicturePart;

/* Which part of a picture of that size is scaled; FALSE where that is all of it. */
gboolean gen_fitting_find_part (
    const GenFitting *fitting, int width, int height, GenPicturePart *part);
/* Bring `source` to the size and channels of `target`; */
gboolean gen_fitting_apply (
    const GenFitting *fitting, const GenPicture *source, GenPicture *target, GError **error);
/* or such a part of it. */
gboolean gen_fitting_apply_to_part (
    const GenFitting *fitting, const GenPicture *part, GenPicture *target, GError **error);

/* By how many halvings of its size at most a picture of `width` x `height` may be decoded, so that
 * what is fitted into `target` is still twice as large, and averaged. */
int gen_fitting_halvings (
    const GenFitting *fitting, int width, int height, const GenPicture *target);
