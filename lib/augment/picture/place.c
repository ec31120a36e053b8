/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Geometry: where what comes to be somewhere is from, and the way back.
 *
 * A step maps positions of its result to positions of what it got. The last step is therefore the
 * first to be asked, and maps of the same kind that follow each other are one. */
#include "place.h"

#include <math.h>

/* What is near the horizon of a projection, or behind it, is taken for this near to it. */
#define HORIZON 1e-3

const GenPictureChange gen_picture_change_matrix = { .kind = GEN_CHANGE_MATRIX };

void
gen_augment_project (GenAugmentPictureDraw *draw, const double map[9])
{
  gen_augment_picture_add (draw, &gen_picture_change_matrix, map, 9);
}

void
gen_augment_move (GenAugmentPictureDraw *draw, const double x[3], const double y[3])
{
  gen_augment_project (draw, (double[]){ x[0], x[1], x[2], y[0], y[1], y[2], 0, 0, 1 });
}

void
gen_augment_rotate (GenAugmentPictureDraw *draw, double degrees)
{
  double angle = degrees * G_PI / 180, c = cos (angle), s = sin (angle);

  gen_augment_move (draw, (double[]){ c, s, 0 }, (double[]){ -s, c, 0 });
}

void
gen_augment_shear (GenAugmentPictureDraw *draw, double across, double down)
{
  gen_augment_move (draw, (double[]){ 1, across, 0 }, (double[]){ down, 1, 0 });
}

void
gen_augment_translate (GenAugmentPictureDraw *draw, double x, double y)
{
  gen_augment_move (draw, (double[]){ 1, 0, -x }, (double[]){ 0, 1, -y });
}

static void
multiply (double a[9], const double b[9])
{
  double product[9];

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++)
      product[r * 3 + c] = a[r * 3] * b[c] + a[r * 3 + 1] * b[3 + c] + a[r * 3 + 2] * b[6 + c];
  for (int i = 0; i < 9; i++)
    a[i] = product[i];
}

static void
append_matrix (GenAugmentMap *map, const double matrix[9])
{
  GenAugmentMapPart *last = map->n > 0 ? &map->parts[map->n - 1] : NULL;

  if (last != NULL && last->warp == NULL) {
    multiply (last->matrix, matrix);
    return;
  }
  map->parts[map->n].warp = NULL;
  memcpy (map->parts[map->n++].matrix, matrix, sizeof last->matrix);
}

static gboolean
is_place (const GenAugmentPictureStep *step)
{
  return step->change->kind == GEN_CHANGE_MATRIX || step->change->kind == GEN_CHANGE_WARP;
}

int
gen_augment_map_init (GenAugmentMap *map, const GenAugmentPictureDraw *draw, int first)
{
  int i;

  map->draw = draw;
  map->n = 0;
  for (i = first; i < draw->n_steps && is_place (&draw->steps[i]); i++) {
    if (draw->steps[i].change->kind == GEN_CHANGE_WARP)
      map->parts[map->n++].warp = &draw->steps[i];
    else
      append_matrix (map, draw->steps[i].values);
  }
  return i;
}

const double *
gen_augment_map_matrix (const GenAugmentMap *map)
{
  return map->n == 1 && map->parts[0].warp == NULL ? map->parts[0].matrix : NULL;
}

void
gen_augment_map_scale (
    GenAugmentMap *scaled, const GenAugmentMap *map, const double scale[2], const double offset[2])
{
  const double to[9] = { scale[0], 0, offset[0], 0, scale[1], offset[1], 0, 0, 1 };
  const double back[9] = { 1 / scale[0], 0, -offset[0] / scale[0], 0, 1 / scale[1],
    -offset[1] / scale[1], 0, 0, 1 };

  scaled->draw = map->draw;
  scaled->n = 0;
  append_matrix (scaled, back);
  for (int i = 0; i < map->n; i++) {
    if (map->parts[i].warp == NULL)
      append_matrix (scaled, map->parts[i].matrix);
    else
      scaled->parts[scaled->n++] = map->parts[i];
  }
  append_matrix (scaled, to);
}

void
gen_augment_map_to_chroma (
    GenAugmentMap *scaled, const GenAugmentMap *map, const GenAugmentFrame *frame)
{
  const GenPicture *plane = &frame->planes[1];
  const double scale[2] = { frame->across, frame->down };
  const double cosited[2] = { frame->across > 1 && frame->cosited_across ? 0.5 : 0,
    frame->down > 1 && frame->cosited_down ? 0.5 : 0 };
  /* Planes of an odd frame reach beyond it, and have their centre elsewhere. */
  const double offset[2] = { 0.5 * (plane->width * scale[0] - frame->width) - cosited[0],
    0.5 * (plane->height * scale[1] - frame->height) - cosited[1] };

  /* A mirror image has the samples that there are, and not others between them. */
  if (gen_augment_mirrors (gen_augment_map_matrix (map)))
    *scaled = *map;
  else
    gen_augment_map_scale (scaled, map, scale, offset);
}

static inline void
project (const double m[9], double *x, double *y)
{
  double depth = m[6] * *x + m[7] * *y + m[8];
  double px = m[0] * *x + m[1] * *y + m[2], py = m[3] * *x + m[4] * *y + m[5];

  depth = MAX (depth, HORIZON);
  *x = px / depth;
  *y = py / depth;
}

GEN_CLONES (void, project_row, (const double m[9], float *x, float *y, int n), (m, x, y, n))
{
  const float a = (float)m[0], b = (float)m[1], c = (float)m[2], d = (float)m[3], e = (float)m[4];
  const float f = (float)m[5], g = (float)m[6], h = (float)m[7], k = (float)m[8];

  for (int i = 0; i < n; i++) {
    float depth = g * x[i] + h * y[i] + k, px = a * x[i] + b * y[i] + c;
    float py = d * x[i] + e * y[i] + f;

    depth = 1 / MAX (depth, (float)HORIZON);
    x[i] = px * depth;
    y[i] = py * depth;
  }
}

void
gen_augment_map_row (const GenAugmentMap *map, float *x, float *y, int n)
{
  for (int i = map->n - 1; i >= 0; i--) {
    const GenAugmentMapPart *part = &map->parts[i];

    if (part->warp == NULL)
      project_row (part->matrix, x, y, n);
    else
      part->warp->change->place (map->draw, part->warp, x, y, n);
  }
}

/* --- points, for what is not a picture --- */

static void
invert (const double m[9], double inverse[9])
{
  double determinant;

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++) {
      int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;

      inverse[c * 3 + r] = m[r1 * 3 + c1] * m[r2 * 3 + c2] - m[r1 * 3 + c2] * m[r2 * 3 + c1];
    }
  determinant = m[0] * inverse[0] + m[1] * inverse[3] + m[2] * inverse[6];
  for (int i = 0; i < 9; i++)
    inverse[i] /= determinant;
}

static void
warp_point (
    const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, double *x, double *y)
{
  float px = (float)*x, py = (float)*y;

  step->change->place (draw, step, &px, &py, 1);
  *x = (double)px;
  *y = (double)py;
}

/* In pixels, beyond which floats have nothing to say. */
#define NEAR 1e-4

/* Warps move points by less than they are apart from others: going back by how far one is off
 * converges. */
static void
unwarp_point (
    const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, double *x, double *y)
{
  const int rounds = 200;
  double at_x = *x, at_y = *y;

  if (step->change->back != NULL) {
    step->change->back (draw, step, x, y);
    return;
  }
  for (int i = 0; i < rounds; i++) {
    double from_x = at_x, from_y = at_y;

    warp_point (draw, step, &from_x, &from_y);
    at_x += 0.7 * (*x - from_x);
    at_y += 0.7 * (*y - from_y);
    if (fabs (*x - from_x) < NEAR && fabs (*y - from_y) < NEAR)
      break;
  }
  *x = at_x;
  *y = at_y;
}

void
gen_augment_picture_follow (const GenAugmentPictureDraw *draw, double *x, double *y)
{
  *x -= 0.5 * draw->width;
  *y -= 0.5 * draw->height;
  for (int i = 0; i < draw->n_steps; i++) {
    const GenAugmentPictureStep *step = &draw->steps[i];
    double inverse[9];

    if (step->change->kind == GEN_CHANGE_WARP) {
      unwarp_point (draw, step, x, y);
    } else if (step->change->kind == GEN_CHANGE_MATRIX) {
      invert (step->values, inverse);
      project (inverse, x, y);
    }
  }
  *x += 0.5 * draw->width;
  *y += 0.5 * draw->height;
}

void
gen_augment_picture_trace (const GenAugmentPictureDraw *draw, double *x, double *y)
{
  *x -= 0.5 * draw->width;
  *y -= 0.5 * draw->height;
  for (int i = draw->n_steps - 1; i >= 0; i--) {
    const GenAugmentPictureStep *step = &draw->steps[i];

    if (step->change->kind == GEN_CHANGE_WARP)
      warp_point (draw, step, x, y);
    else if (step->change->kind == GEN_CHANGE_MATRIX)
      project (step->values, x, y);
  }
  *x += 0.5 * draw->width;
  *y += 0.5 * draw->height;
}

gboolean
gen_augment_picture_moves (const GenAugmentPictureDraw *draw)
{
  for (int i = 0; i < draw->n_steps; i++)
    if (is_place (&draw->steps[i]))
      return TRUE;
  return FALSE;
}

gboolean
gen_augment_picture_matrix (const GenAugmentPictureDraw *draw, double matrix[9])
{
  const double x = 0.5 * draw->width, y = 0.5 * draw->height;
  const double to_centre[9] = { 1, 0, -x, 0, 1, -y, 0, 0, 1 };
  const double from_centre[9] = { 1, 0, x, 0, 1, y, 0, 0, 1 };

  memcpy (matrix, from_centre, sizeof from_centre);
  for (int i = 0; i < draw->n_steps; i++) {
    const GenAugmentPictureStep *step = &draw->steps[i];

    if (step->change->kind == GEN_CHANGE_WARP)
      return FALSE;
    if (step->change->kind == GEN_CHANGE_MATRIX)
      multiply (matrix, step->values);
  }
  multiply (matrix, to_centre);
  return TRUE;
}
