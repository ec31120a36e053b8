/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Perspective: each corner of the picture goes inwards by a random part of half of its width and
 * height, and the rest follows as a plane seen from elsewhere does. Up to two thirds the four stay
 * corners. */
#include <math.h>

#include "picture.h"

#define N 8

/* The eight unknowns of equations whose right side is their ninth number, by elimination. */
static void
solve (double rows[N][N + 1], double solution[N])
{
  for (int i = 0; i < N; i++) {
    int pivot = i;

    for (int r = i + 1; r < N; r++)
      if (fabs (rows[r][i]) > fabs (rows[pivot][i]))
        pivot = r;
    for (int c = 0; c <= N; c++) {
      double other = rows[pivot][c];

      rows[pivot][c] = rows[i][c];
      rows[i][c] = other;
    }
    for (int r = i + 1; r < N; r++) {
      double factor = rows[r][i] / rows[i][i];

      for (int c = i; c <= N; c++)
        rows[r][c] -= factor * rows[i][c];
    }
  }
  for (int i = N - 1; i >= 0; i--) {
    solution[i] = rows[i][N];
    for (int c = i + 1; c < N; c++)
      solution[i] -= rows[i][c] * solution[c];
    solution[i] /= rows[i][i];
  }
}

/* The projective map that brings each of four points to another. */
static void
find_map (const double points[4][2], const double images[4][2], double map[9])
{
  double rows[N][N + 1] = { { 0 } };

  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 2; k++) {
      double *row = rows[2 * i + k], x = points[i][0], y = points[i][1];

      row[3 * k] = x;
      row[3 * k + 1] = y;
      row[3 * k + 2] = 1;
      row[6] = -x * images[i][k];
      row[7] = -y * images[i][k];
      row[8] = images[i][k];
    }
  solve (rows, map);
  map[8] = 1;
}

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const double w = 0.5 * draw->width, h = 0.5 * draw->height;
  const double from[4][2] = { { -w, -h }, { w, -h }, { w, h }, { -w, h } };
  double to[4][2], map[9];
  float numbers[8];

  gen_augment_picture_numbers (draw, 0, numbers, 8);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 2; k++)
      to[i][k] = from[i][k] * (1 - amount * (double)numbers[2 * i + k]);
  find_map ((const double (*)[2])to, from, map);
  gen_augment_project (draw, map);
}

const GenAugmentation gen_augmentation_picture_perspective = {
  .medium = &gen_medium_picture,
  .name = "perspective",
  .stream = "perspective",
  .description =
      "Largest part of half of the width and the height by which each corner goes inwards",
  .maximum = 0.6,
  .on_device = GEN_AUGMENT_ALL_ON_DEVICE,
  .apply_picture = apply,
};
