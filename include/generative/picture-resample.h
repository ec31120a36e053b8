/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * Resampling as Pillow does it, to the last bit: Image.resize without a box and a reducing gap. It
 * is what figures of generators are compared by, since other libraries' filters of the same names
 * make other pictures of the same ones (G. Parmar, R. Zhang and J.-Y. Zhu, "On aliased resizing
 * and surprising subtleties in GAN evaluation", CVPR 2022). A filter is stretched where a picture
 * shrinks, so that nothing is left out; across comes before down. Since: 0.2
 */
typedef struct {
  const char *name; /* Pillow's */
  const char *summary;
  double reach; /* places of the target to either side that count */
  double (*weigh) (double distance);
} GenResampleFilter;

/* All of them, ended by NULL. */
GEN_API const GenResampleFilter *const *gen_resample_filter_list (void);
/* The filter of that name, or NULL. */
GEN_API const GenResampleFilter *gen_resample_filter_find (const char *name);

/* Resample `source` into `target`, of the same channels and another memory, in whole numbers: each
 * pass ends in bytes. Alpha is a channel like others, which Pillow multiplies by before. */
GEN_API void gen_picture_resample (
    const GenPicture *source, GenPicture *target, const GenResampleFilter *filter);
/* Resample one channel of `source` to `width` x `height` levels in `out`, row by row, as Pillow
 * does pictures of mode F: sums in double, and each pass ends in float32. They may lie beyond 0 to
 * 255. */
GEN_API void gen_picture_resample_levels (const GenPicture *source, int channel,
    const GenResampleFilter *filter, int width, int height, float *out);

G_END_DECLS
