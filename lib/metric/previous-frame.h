/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>

/* The frame before, which metrics of change compare with. All zeros: there is none. */
typedef struct {
  int width, height; /* 0: no frame comes before */
  guint8 *data;
} GenPreviousFrame;

void gen_previous_frame_clear (GenPreviousFrame *previous);
/* What comes next does not follow it. */
void gen_previous_frame_interrupt (GenPreviousFrame *previous);
/* Whether a frame of the size of `luma` comes before. */
gboolean gen_previous_frame_fits (const GenPreviousFrame *previous, const GenPicture *luma);
/* `luma` comes in its place. */
void gen_previous_frame_keep (GenPreviousFrame *previous, const GenPicture *luma);
/* The mean magnitude of luma's change since the frame before, as a share of full scale, and `luma`
 * in its place. GEN_MISSING where no frame of that size comes before. */
double gen_previous_frame_change (GenPreviousFrame *previous, const GenPicture *luma);
