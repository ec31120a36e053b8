/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features "hog-4x4x8": which directions edges have in which part of the picture. Histograms
 * of oriented gradients (Dalal and Triggs 2005) in the layout of SIFT (Lowe 2004): 4 by 4 cells
 * with linear interpolation between them, 8 directions, taken to the square root of their share
 * (Arandjelovic and Zisserman 2012). A direction gets the gradient's magnitude times the fourth
 * power of the cosine between them, which needs no arctangent and vectorises. */
#include "features.h"

#include <math.h>
#include <string.h>

#include "../simd.h"

#define SIZE 32
#define CELLS 4
#define CELL_SIZE (SIZE / CELLS)
#define DIRECTIONS 8
/* The weakest mean gradient, in grey levels a pixel, that still counts in full: a picture that
 * is nearly flat has features near zero, not amplified noise. */
#define FLOOR 1.0f

static int
hog_length (gpointer state, const GenFormat *format)
{
  return CELLS * CELLS * DIRECTIONS;
}

/* Luma (ITU-R BT.601) of the picture reduced to SIZE. */
static void
reduce (const GenPicture *picture, float luma[SIZE * SIZE])
{
  static const float weights[3] = { 0.299f, 0.587f, 0.114f };
  float channel[SIZE * SIZE];

  gen_features_area (picture, 0, SIZE, luma);
  if (picture->channels < 3)
    return;
  for (int i = 0; i < SIZE * SIZE; i++)
    luma[i] *= weights[0];
  for (int c = 1; c < 3; c++) {
    gen_features_area (picture, c, SIZE, channel);
    for (int i = 0; i < SIZE * SIZE; i++)
      luma[i] += weights[c] * channel[i];
  }
}

/* What the pixels of row y give each direction. Borders are repeated. */
GEN_CLONES (void, respond, (const float luma[SIZE * SIZE], int y, float out[DIRECTIONS][SIZE]),
    (luma, y, out))
{
  static const float cosines[4] = { 1, (float)G_SQRT2 / 2, 0, -(float)G_SQRT2 / 2 };
  static const float sines[4] = { 0, (float)G_SQRT2 / 2, 1, (float)G_SQRT2 / 2 };
  const float *above = luma + MAX (y - 1, 0) * SIZE, *below = luma + MIN (y + 1, SIZE - 1) * SIZE;
  float row[SIZE + 2];

  memcpy (row + 1, luma + y * SIZE, SIZE * sizeof *row);
  row[0] = row[1];
  row[SIZE + 1] = row[SIZE];
  for (int d = 0; d < 4; d++) {
    for (int x = 0; x < SIZE; x++) {
      float dx = (row[x + 2] - row[x]) * 0.5f, dy = (below[x] - above[x]) * 0.5f;
      float square = dx * dx + dy * dy + 1e-12f;
      float along = dx * cosines[d] + dy * sines[d];
      float response = along * along;

      response = response * response / (square * sqrtf (square));
      out[d][x] = along > 0 ? response : 0;
      out[d + 4][x] = along < 0 ? response : 0;
    }
  }
}

/* Add row y's responses to the cells' columns that it lies between. */
GEN_CLONES (void, pool,
    (const float responses[DIRECTIONS][SIZE], float weight, float columns[DIRECTIONS][SIZE]),
    (responses, weight, columns))
{
  for (int d = 0; d < DIRECTIONS; d++)
    for (int x = 0; x < SIZE; x++)
      columns[d][x] += weight * responses[d][x];
}

/* The weight of pixel `i` in `cell`, along one axis. */
static float
cell_weight (int i, int cell)
{
  float distance = fabsf (((float)i + 0.5f) / CELL_SIZE - 0.5f - (float)cell);

  return distance < 1 ? 1 - distance : 0;
}

static void
describe (const GenPicture *picture, float *out)
{
  float luma[SIZE * SIZE], responses[DIRECTIONS][SIZE];
  float columns[CELLS][DIRECTIONS][SIZE] = { 0 };
  float sum = FLOOR * SIZE * SIZE;

  reduce (picture, luma);
  for (int y = 0; y < SIZE; y++) {
    respond (luma, y, responses);
    for (int cell = 0; cell < CELLS; cell++)
      if (cell_weight (y, cell) > 0)
        pool (responses, cell_weight (y, cell), columns[cell]);
  }
  for (int j = 0; j < CELLS; j++) {
    int first = MAX (j * CELL_SIZE - CELL_SIZE / 2, 0);
    int end = MIN ((j + 1) * CELL_SIZE + CELL_SIZE / 2, SIZE);
    float weights[2 * CELL_SIZE];

    for (int x = first; x < end; x++)
      weights[x - first] = cell_weight (x, j);
    for (int i = 0; i < CELLS; i++)
      for (int d = 0; d < DIRECTIONS; d++) {
        float *feature = out + (i * CELLS + j) * DIRECTIONS + d;

        *feature = 0;
        for (int x = first; x < end; x++)
          *feature += weights[x - first] * columns[i][d][x];
        sum += *feature;
      }
  }
  for (int i = 0; i < CELLS * CELLS * DIRECTIONS; i++)
    out[i] = sqrtf (out[i] / sum);
}

static gboolean
hog_compute (gpointer state, const GenSample *samples, int n, float *out, GError **error)
{
  for (int i = 0; i < n; i++)
    describe (&samples[i].picture, out + i * CELLS * CELLS * DIRECTIONS);
  return TRUE;
}

const GenEmbedder gen_embedder_hog = {
  .name = "hog-4x4x8",
  .medium = &gen_medium_picture,
  .summary = "Directions of edges in 4 by 4 cells (Dalal and Triggs 2005, in SIFT's layout): sees "
             "shape, not colour, brightness or fine texture",
  .batch = 1,
  .length = hog_length,
  .compute = hog_compute,
};
