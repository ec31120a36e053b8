/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Motion blur: the mean of the pixels along a line through each, of whole pixels, as of a camera
 * that moved while it looked. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"

#define MAX_REACH 50
#define PIECE 128

/* The mean of the samples that are `offsets` from each, rounded. `share`: 1 / their number. */
GEN_CLONES (void, mean_of,
    (const guint8 *in, const gssize *offsets, int n_offsets, float share, guint8 *out, int n),
    (in, offsets, n_offsets, share, out, n))
{
  for (int first = 0; first < n; first += PIECE) {
    const int length = MIN (PIECE, n - first);
    guint16 sums[PIECE] = { 0 };

    for (int k = 0; k < n_offsets; k++) {
      const guint8 *from = in + first + offsets[k];

      for (int i = 0; i < length; i++)
        sums[i] = (guint16)(sums[i] + from[i]);
    }
    for (int i = 0; i < length; i++)
      out[first + i] = (guint8)(int)((float)sums[i] * share + 0.5f);
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int reach = (int)step->values[0], n = picture->width * picture->channels;
  const GenPicture padded = gen_augment_pad (picture, workspace, reach);
  guint8 *row = gen_augment_scratch (workspace, GEN_SCRATCH_ROWS, (gsize)n);
  gssize offsets[2 * MAX_REACH + 1];

  for (int i = -reach; i <= reach; i++)
    offsets[i + reach] = (gssize)lrint (i * step->values[1]) * padded.channels +
                         (gssize)lrint (i * step->values[2]) * padded.stride;
  for (int y = 0; y < picture->height; y++) {
    mean_of (padded.data + (gssize)y * padded.stride, offsets, 2 * reach + 1,
        1 / (float)(2 * reach + 1), row, n);
    gen_augment_store (
        row, picture->data + (gssize)y * picture->stride, picture->width, picture->channels);
  }
}

static const GenPictureChange change = {
  .kind = GEN_CHANGE_WHOLE, .by_channel = TRUE, .whole = whole
};

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const int reach = (int)(amount * uniform[0] / 2 + 0.5);
  const double angle = G_PI * uniform[1];

  if (reach > 0)
    gen_augment_picture_add (draw, &change, (double[]){ reach, cos (angle), sin (angle) }, 3);
}

const GenAugmentation gen_augmentation_picture_motion_blur = {
  .medium = &gen_medium_picture,
  .name = "motion-blur",
  .stream = "motion-blur",
  .description = "Largest length of a line along which pixels are blurred, in pixels",
  .maximum = 100,
  .apply_picture = apply,
};
