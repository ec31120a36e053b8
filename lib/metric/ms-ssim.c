/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multi-scale SSIM: contrast and structure at five sizes, each half of the one before (the mean of
 * two by two), and brightness at the last; the product of their powers (Wang, Simoncelli and Bovik,
 * "Multiscale structural similarity for image quality assessment", 2003). */
#include "metrics.h"
#include "ssim.h"

#include <math.h>

#define SCALES 5
/* At the last scale the window of 11 must have room. */
#define LEAST (11 << (SCALES - 1))

static const double weights[SCALES] = { 0.0448, 0.2856, 0.3001, 0.2363, 0.1333 };

typedef struct {
  GenSsim *scales[SCALES];
  float *planes[2]; /* those of both at a scale, written over by the next */
  gsize room;
} MsSsim;

static gpointer
ms_ssim_open (const GenMetricSettings *settings)
{
  MsSsim *state = g_new0 (MsSsim, 1);

  for (int i = 0; i < SCALES; i++)
    state->scales[i] = gen_ssim_new (TRUE);
  return state;
}

static void
ms_ssim_close (gpointer metric)
{
  MsSsim *state = metric;

  for (int i = 0; i < SCALES; i++)
    gen_ssim_free (state->scales[i]);
  g_free (state->planes[0]);
  g_free (state->planes[1]);
  g_free (state);
}

static void
read_plane (const GenPicture *luma, float *plane)
{
  for (int y = 0; y < luma->height; y++)
    for (int x = 0; x < luma->width; x++)
      *plane++ = luma->data[(gssize)y * luma->stride + x];
}

/* The mean of two by two; where an extent is odd, its last row or column has no share. */
static void
halve (float *plane, int width, int height)
{
  const int half = width / 2;

  for (int y = 0; y < height / 2; y++) {
    const float *above = plane + (gsize)2 * y * width, *below = above + width;

    for (int x = 0; x < half; x++)
      plane[(gsize)y * half + x] =
          (above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]) / 4;
  }
}

static void
make_room (MsSsim *state, gsize n)
{
  if (n <= state->room)
    return;
  for (int i = 0; i < 2; i++) {
    g_free (state->planes[i]);
    state->planes[i] = g_new (float, n);
  }
  state->room = n;
}

static void
ms_ssim_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  MsSsim *state = metric;
  int width = frame->picture.width, height = frame->picture.height;
  double product = 1;

  if (MIN (width, height) < LEAST)
    return;
  make_room (state, (gsize)width * (gsize)height);
  read_plane (&reference->picture, state->planes[0]);
  read_plane (&frame->picture, state->planes[1]);
  for (int i = 0; i < SCALES; i++) {
    const gsize stride = (gsize)width * sizeof (float);
    GenSsimFigures figures;

    gen_ssim_forget (state->scales[i]);
    for (int k = 0; k < 2; k++)
      gen_ssim_next (state->scales[i], state->planes[k], stride, width, height, TRUE, &figures);
    /* Of what is below 0, there is no power. */
    product *= pow (MAX (i < SCALES - 1 ? figures.contrast : figures.similarity, 0), weights[i]);
    for (int k = 0; k < 2; k++)
      halve (state->planes[k], width, height);
    width /= 2;
    height /= 2;
  }
  values[0] = product;
}

const GenMetric gen_metric_ms_ssim = {
  .name = "ms-ssim",
  .medium = &gen_medium_picture,
  .summary = "Structural similarity of luma at five sizes (Wang et al. 2003)",
  .unit = "0 to 1; 1 for equal frames",
  .fields = { { "ms-ssim", GEN_FIELD_NUMBER, NULL, "it takes 176 pixels each way at least",
      .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .open = ms_ssim_open,
  .close = ms_ssim_close,
  .judge = ms_ssim_judge,
};
