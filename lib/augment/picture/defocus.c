/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Defocus: the mean of the pixels within a disc around each, as a lens out of focus shows a point.
 */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"

/* Sums along a row: the one of a stretch is the difference of two, whatever its length. */
static void
sum_up (const guint8 *in, int channels, guint32 *sums, int n)
{
  for (int c = 0; c < channels; c++)
    sums[c] = 0;
  for (int i = 0; i < n; i++)
    sums[i + channels] = sums[i] + in[i];
}

GEN_CLONES (void, add_stretch, (const guint32 *begin, const guint32 *end, guint32 *sums, int n),
    (begin, end, sums, n))
{
  for (int i = 0; i < n; i++)
    sums[i] += end[i] - begin[i];
}

GEN_CLONES (
    void, divide, (const guint32 *sums, float share, guint8 *out, int n), (sums, share, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = (guint8)(int)((float)(gint32)sums[i] * share + 0.5f);
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const double square = step->values[0] * step->values[0];
  const int radius = (int)step->values[0], channels = picture->channels;
  const int n = picture->width * channels, kept = 2 * radius + 1;
  const GenPicture padded = gen_augment_pad (picture, workspace, radius);
  const int length = padded.stride + channels; /* of a row of sums */
  guint32 *rows = gen_augment_scratch (workspace, GEN_SCRATCH_ROWS,
      ((gsize)kept * (gsize)length + (gsize)n) * sizeof *rows + (gsize)n);
  guint32 *sums = rows + (gsize)kept * (gsize)length;
  guint8 *row = (guint8 *)(sums + n);
  int count = 0;

  for (int dy = -radius; dy <= radius; dy++)
    count += 2 * (int)sqrt (square - dy * dy) + 1;
  for (int y = -radius; y < picture->height + radius; y++) {
    const int done = y - radius;

    sum_up (padded.data + (gssize)y * padded.stride - radius * channels, channels,
        rows + (gsize)((y + radius) % kept) * (gsize)length, padded.stride);
    if (done < 0)
      continue;
    memset (sums, 0, (gsize)n * sizeof *sums);
    for (int dy = -radius; dy <= radius; dy++) {
      const int half = (int)sqrt (square - dy * dy);
      const guint32 *of = rows + (gsize)((done + dy + radius) % kept) * (gsize)length;

      add_stretch (of + (radius - half) * channels, of + (radius + half + 1) * channels, sums, n);
    }
    divide (sums, 1 / (float)count, row, n);
    gen_augment_store (
        row, picture->data + (gssize)done * picture->stride, picture->width, channels);
  }
}

static const GenPictureChange change = {
  .kind = GEN_CHANGE_WHOLE, .by_channel = TRUE, .whole = whole
};

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const double radius = amount * uniform[0];

  /* No neighbour is nearer. */
  if (radius >= 1)
    gen_augment_picture_add (draw, &change, &radius, 1);
}

const GenAugmentation gen_augmentation_picture_defocus = {
  .medium = &gen_medium_picture,
  .name = "defocus",
  .stream = "defocus",
  .description = "Largest radius of the disc that a point becomes, in pixels",
  .maximum = 20,
  .apply_picture = apply,
};
