/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of luma, whatever a frame is made of. */
#pragma once

#include <generative/picture-mark.h>

/* Row `y` as bytes: where it lies, or made in `row`, which has room for the frame's width. */
const guint8 *gen_mark_frame_luma (const GenMarkFrame *frame, int y, guint8 *row);
/* Add `change`, in steps of a byte's, to each sample of row `y`. */
void gen_mark_frame_add (const GenMarkFrame *frame, int y, const gint8 *change);
