/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two halves of frames in Y'CbCr that a model of one channel is played on: the luma, which it
 * takes and makes, and the chroma, which is brought to the size of what it makes. */
#pragma once

#include <generative/model.h>

/* Make of the chroma of the frames that go into `graph`, its first inputs, that of those that come
 * out: `planes`, as many for each frame as `use->to` has, of which those of luma are left alone.
 * The frames are of `height` x `width` pixels. */
gboolean gen_luma_add_chroma (GenGraph *graph, const GenModelUse *use, int height, int width,
    GenTensor *const *planes, GError **error);
/* The plan that does so, and nothing else, with a frame of `use->height` x `use->width`: its inputs
 * and outputs are the planes of chroma. (transfer full) */
GenPlan *gen_luma_compile_chroma (const GenModelUse *use, GError **error);
