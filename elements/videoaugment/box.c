/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "box.h"

#include <math.h>

/* How far beyond a pixel's edge its neighbour begins. */
#define EDGE 1e-3
/* Of an edge of a box, where lines become crooked. */
#define EDGE_PARTS 16

/* A place on edge number `edge` of a box, from one of its corners to the next. */
static void
edge_point (const GstVideoAugmentBox *box, int edge, double share, double *x, double *y)
{
  const double along = edge < 2 ? share : 1 - share, end = edge == 1 || edge == 2 ? 1 : 0;

  *x = box->left + (box->right - box->left) * (edge % 2 == 0 ? along : end);
  *y = box->top + (box->bottom - box->top) * (edge % 2 == 0 ? end : along);
}

static double
area_of (const GstVideoAugmentBox *box)
{
  return (box->right - box->left) * (box->bottom - box->top);
}

gboolean
gst_video_augment_box_cut (
    const GstVideoAugmentBox *by, double min_visibility, GstVideoAugmentBox *box)
{
  const double whole = area_of (box);

  box->left = MAX (box->left, by->left);
  box->top = MAX (box->top, by->top);
  box->right = MIN (box->right, by->right);
  box->bottom = MIN (box->bottom, by->bottom);
  return box->right - box->left > EDGE && box->bottom - box->top > EDGE &&
         area_of (box) >= min_visibility * whole;
}

gboolean
gst_video_augment_box_move (
    const GenAugmentPictureDraw *draw, double min_visibility, GstVideoAugmentBox *box)
{
  const GstVideoAugmentBox frame = { 0, 0, draw->width, draw->height };
  GstVideoAugmentBox around = { G_MAXDOUBLE, G_MAXDOUBLE, -G_MAXDOUBLE, -G_MAXDOUBLE };
  double matrix[9];
  /* Of lines that stay straight the ends tell all. */
  const int parts = gen_augment_picture_matrix (draw, matrix) ? 1 : EDGE_PARTS;

  for (int i = 0; i < 4 * parts; i++) {
    double x, y;

    edge_point (box, i / parts, (double)(i % parts) / parts, &x, &y);
    gen_augment_picture_follow (draw, &x, &y);
    around.left = MIN (around.left, x);
    around.right = MAX (around.right, x);
    around.top = MIN (around.top, y);
    around.bottom = MAX (around.bottom, y);
  }
  *box = around;
  return gst_video_augment_box_cut (&frame, min_visibility, box);
}

void
gst_video_augment_box_round (GstVideoAugmentBox *box)
{
  /* A whole pixel is not taken for the sake of a rounding error. */
  box->left = floor (box->left + EDGE);
  box->top = floor (box->top + EDGE);
  box->right = ceil (box->right - EDGE);
  box->bottom = ceil (box->bottom - EDGE);
}
