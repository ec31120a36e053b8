/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What transforms of levels ask of the whole picture. */
#pragma once

#include "picture.h"

/* How often each value is in channel `channel`. */
void gen_augment_histogram (const GenPicture *picture, int channel, guint32 counts[256]);
/* A table for each channel that is no alpha. */
void gen_augment_look_up_channels (GenPicture *picture, guint8 tables[3][256]);
/* Channels that are no alpha. */
int gen_augment_colours (const GenPicture *picture);
/* The mean luma of a picture, white being 255. */
double gen_augment_mean_luma (const GenPicture *picture);
