/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What transforms of levels ask of the whole picture. */
#pragma once

#include "picture.h"

/* Each channel that is no alpha by a table of its own, which `find` makes of how often each value
 * is in it. */
void gen_augment_spread_levels (
    GenPicture *picture, void (*find) (const guint32 counts[256], guint8 table[256]));
/* The mean luma of a picture, white being 255. */
double gen_augment_mean_luma (const GenPicture *picture);
