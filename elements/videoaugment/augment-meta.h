/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment-mix.h>
#include <gst/gst.h>

/* What was done to a frame, as a GstCustomMeta: `frame` (uint64), its number; `steps` (string), as
 * gen_augment_picture_describe tells them; and, where straight lines stayed straight, `matrix` (an
 * array of 9 doubles): from where in the frame before what is now at (x, y) comes, as
 * gen_augment_picture_matrix has it. */
#define GST_GENERATIVE_AUGMENT "generative-augment"

/* Make the meta known; from the class_init of whoever adds it. */
void gst_generative_augment_meta_register (void);
/* Add it to a writable buffer. */
void gst_generative_augment_meta_add (
    GstBuffer *buffer, guint64 frame, const GenAugmentPictureDraw *draw);

/* Regions of interest move along with what they are of, as the smallest ones around what becomes of
 * them, and go where less than `min_visibility` of their area is left, or nothing; key points go
 * where theirs go, out of the frame as well. What else hangs on where things are would be wrong,
 * and goes. */
void gst_generative_augment_move_metas (
    GstBuffer *buffer, const GenAugmentPictureDraw *draw, double min_visibility);

/* `buffer` has been mixed with `partners` [draw->n - 1]: regions of each are those of the mixture
 * where enough of them is seen in it. */
void gst_generative_augment_mix_metas (GstBuffer *buffer, const GenAugmentMixDraw *draw,
    double min_visibility, GstBuffer *const *partners);
