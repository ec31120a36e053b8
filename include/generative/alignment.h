/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * By how much a stream comes later than the one that it should be: what is looked for is the shift
 * at which the two are most alike. Since: 0.2
 */

typedef struct {
  gint64 offset;   /* the stream's times less the reference's, of what is the same in both */
  double likeness; /* the correlation there, up to 1 */
} GenAlignment;

/* Below it two are not taken for the same. */
#define GEN_ALIGNMENT_LEAST 0.3

/* Of two sounds of one channel and one rate, both beginning at time 0, offsets in frames: the
 * greatest magnitude of their correlation over what they have in common (which is half of the
 * shorter one at least), found by Fourier transforms in O(n log n). At most `search` frames either
 * way; of equals the smallest. Samples that are not finite count as silence. FALSE where no shift
 * has a likeness of GEN_ALIGNMENT_LEAST, as of silence. */
GEN_API gboolean gen_align_sounds (const float *sound, gsize n, const float *reference, gsize m,
    gsize search, GenAlignment *alignment);

/* A picture made small for it: the luma (or first channel) of each of GEN_ALIGNMENT_SIZE by
 * GEN_ALIGNMENT_SIZE areas. */
#define GEN_ALIGNMENT_SIZE 16
typedef struct {
  gint64 time; /* in any unit */
  float levels[GEN_ALIGNMENT_SIZE * GEN_ALIGNMENT_SIZE];
} GenAlignmentFrame;
GEN_API void gen_alignment_reduce (const GenPicture *picture, GenAlignmentFrame *frame);

/* Of two films, each in the order of its times, offsets in their unit: the correlation of what
 * changes in them, frames being partners that lie nearest to each other, no farther apart than half
 * of the smaller interval. At most `search` either way; half of the frames of the shorter one have
 * partners. FALSE as above, as of pictures that do not move. */
GEN_API gboolean gen_align_pictures (const GenAlignmentFrame *frames, guint n,
    const GenAlignmentFrame *reference, guint m, gint64 search, GenAlignment *alignment);

G_END_DECLS
