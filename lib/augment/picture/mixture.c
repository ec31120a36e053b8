/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mixtures: a picture becomes the mean, by weight, of itself and of what several chains of steps
 * make of it, each of the picture as it was (Hendrycks et al. 2020). It is rounded once. Alpha
 * stays as it is, since the picture stays where it is.
 *
 * Values of the step are the weights, the picture's own first; its numbers are how many chains
 * there are, the first of the draw's chained steps that is theirs, and how many each has. */
#include "../../simd.h"
#include "render.h"

#define PIECE 1024 /* a multiple of four */

enum { N_CHAINS, FIRST_STEP, LENGTHS };

static const float *
numbers_of (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step)
{
  return draw->numbers + step->first_number;
}

/* `n` samples of a piece. The last of each four stays when `alpha` is 3, not when it is 4. */
GEN_CLONES (void, mix_piece,
    (const guint8 *chains, gsize apart, int n_chains, const float *weights, int alpha,
        guint8 *samples, int n),
    (chains, apart, n_chains, weights, alpha, samples, n))
{
  float sums[PIECE];

  for (int i = 0; i < n; i++)
    sums[i] = samples[i] * weights[0] + 0.5f;
  for (int c = 0; c < n_chains; c++) {
    const guint8 *chain = chains + (gsize)c * apart;
    const float weight = weights[c + 1];

    for (int i = 0; i < n; i++)
      sums[i] += chain[i] * weight;
  }
  for (int i = 0; i < n; i++) {
    const int sample = (int)MIN (sums[i], 255.0f);

    samples[i] = (i & 3) == alpha ? samples[i] : (guint8)sample;
  }
}

/* What steps make of `picture`, in a picture of their own. */
static void
run_chain (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *steps, int n,
    GenAugmentWorkspace *workspace, const GenPicture *picture, GenPicture *result)
{
  GenAugmentPictureDraw *chain =
      gen_augment_scratch (workspace, GEN_SCRATCH_CHAIN, sizeof (GenAugmentPictureDraw));

  chain->width = draw->width;
  chain->height = draw->height;
  chain->frame = draw->frame;
  chain->n_steps = n;
  chain->n_chained = chain->n_numbers = 0;
  memcpy (chain->steps, steps, (gsize)n * sizeof *steps);
  gen_augment_render_steps (chain, 0, n, GEN_AUGMENT_RGB, workspace, picture, result);
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const float *numbers = numbers_of (draw, step);
  const int n = (int)numbers[N_CHAINS], row_size = picture->width * picture->channels;
  const gsize size = (gsize)row_size * (gsize)picture->height;
  guint8 *chains = gen_augment_scratch (workspace, GEN_SCRATCH_CHAINED, (gsize)n * size);
  float weights[GEN_AUGMENT_CHAINS + 1];
  int first = (int)numbers[FIRST_STEP];

  weights[0] = (float)step->values[0];
  for (int i = 0; i < n; i++) {
    const int length = (int)numbers[LENGTHS + i];
    GenPicture result = *picture;

    weights[i + 1] = (float)step->values[i + 1];
    result.data = chains + (gsize)i * size;
    result.stride = row_size;
    run_chain (draw, draw->chained + first, length, workspace, picture, &result);
    first += length;
  }
  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < row_size; x += PIECE)
      mix_piece (chains + (gsize)y * (gsize)row_size + (gsize)x, size, n, weights,
          picture->channels == 4 ? 3 : 4, picture->data + (gssize)y * picture->stride + x,
          MIN (PIECE, row_size - x));
}

static void
describe (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, GString *text)
{
  const float *numbers = numbers_of (draw, step);
  int first = (int)numbers[FIRST_STEP];

  for (int i = 0; i < (int)numbers[N_CHAINS]; i++) {
    const int length = (int)numbers[LENGTHS + i];

    g_string_append (text, i == 0 ? " (" : "; ");
    gen_augment_describe_steps (draw, draw->chained + first, length, text);
    first += length;
  }
  g_string_append_c (text, ')');
}

static const GenPictureChange mixture = {
  .kind = GEN_CHANGE_WHOLE, .whole = whole, .describe = describe
};

/* By whose name the step goes. */
static const GenAugmentation of_chains = { .medium = &gen_medium_picture, .name = "augmix" };

void
gen_augment_mixture_begin (GenAugmentPictureDraw *draw, const double *weights, int n)
{
  GenAugmentPictureStep *step;
  float *numbers;

  g_return_if_fail (n <= GEN_AUGMENT_CHAINS);
  draw->augmentation = &of_chains;
  step = gen_augment_picture_add (draw, &mixture, weights, n + 1);
  numbers = gen_augment_picture_room (draw, step, LENGTHS + n);
  numbers[N_CHAINS] = (float)n;
  numbers[FIRST_STEP] = (float)draw->n_chained;
  draw->first_of_chain = draw->n_steps;
}

void
gen_augment_mixture_end_chain (GenAugmentPictureDraw *draw, int chain)
{
  const int first = draw->first_of_chain, n = draw->n_steps - first;
  const GenAugmentPictureStep *step = &draw->steps[first - 1];

  draw->n_steps = first;
  g_return_if_fail (draw->n_chained + n <= GEN_AUGMENT_CHAINED);
  memcpy (draw->chained + draw->n_chained, draw->steps + first, (gsize)n * sizeof *step);
  draw->n_chained += n;
  draw->numbers[step->first_number + LENGTHS + chain] = (float)n;
}
