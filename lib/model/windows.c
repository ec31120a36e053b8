/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Window functions, periodic: their value at the end would be that of the beginning. */
#include <math.h>

#include <generative/model.h>

#include "../base/family.h"

static double
hann (int i, int length)
{
  return 0.5 - 0.5 * cos (2 * G_PI * i / length);
}

static double
sqrt_hann (int i, int length)
{
  return sin (G_PI * i / length);
}

static double
hamming (int i, int length)
{
  return 0.54 - 0.46 * cos (2 * G_PI * i / length);
}

static double
rectangular (int i, int length)
{
  return 1;
}

/* Of the codec, at the middle of each sample. */
static double
vorbis (int i, int length)
{
  const double s = sin (G_PI * (i + 0.5) / length);

  return sin (G_PI / 2 * s * s);
}

static const GenWindowFunction window_hann = { "hann", "a raised cosine", hann };
static const GenWindowFunction window_sqrt_hann = { "sqrt-hann", "the square root of one",
  sqrt_hann };
static const GenWindowFunction window_hamming = { "hamming", "a raised cosine on a base", hamming };
static const GenWindowFunction window_rectangular = { "rectangular", "samples as they are",
  rectangular };
static const GenWindowFunction window_vorbis = { "vorbis", "the power-complementary one of Vorbis",
  vorbis };

const GenWindowFunction *const gen_windows[] = { &window_hann, &window_sqrt_hann, &window_hamming,
  &window_rectangular, &window_vorbis, NULL };

const GenWindowFunction *
gen_window_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_windows, name, "window", GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, error);
}
