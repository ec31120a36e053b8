/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a cell of RoiAlign is made of, for the CPU and for kernels of a device. */
#pragma once

#include <math.h>

#include <generative/operator.h>

#include "../../private-api.h"

#ifdef __CUDACC__
#define GEN_ROI_FUNCTION static __host__ __device__ inline
#else
#define GEN_ROI_FUNCTION static inline
#endif

/* Along an axis of a cell: regions are data, and may be of any size. */
#define GEN_ROI_MOST_POINTS 1024.0f

typedef struct {
  gint64 rois, batch, channels, height, width, out_height, out_width;
  float scale, offset;
  int ratio; /* points along each axis of a cell; 0 as many as it has pixels */
  gboolean largest, at_least_one;
} GenRoiAlign;

/* What the node does, checked. */
GEN_PRIVATE_API gboolean gen_roi_align_init (
    GenRoiAlign *align, const GenNode *node, GError **error);

/* The neighbours of a point along one axis; FALSE when it lies beyond the picture. */
GEN_ROI_FUNCTION gboolean
gen_roi_neighbours (float at, gint64 extent, gint64 *low, gint64 *high, float *share)
{
  if (!(at >= -1 && at <= (float)extent))
    return FALSE;
  at = MAX (at, 0);
  *low = MIN ((gint64)at, extent - 1);
  *high = MIN (*low + 1, extent - 1);
  *share = *low == extent - 1 ? 0 : at - (float)*low;
  return TRUE;
}

/* A point: the sum of its four neighbours' shares, or the largest share. */
GEN_ROI_FUNCTION float
gen_roi_sample (const GenRoiAlign *a, const float *x, float y_at, float x_at)
{
  gint64 y0, y1, x0, x1;
  float y = 0, z = 0, shares[4];

  if (!gen_roi_neighbours (y_at, a->height, &y0, &y1, &y) ||
      !gen_roi_neighbours (x_at, a->width, &x0, &x1, &z))
    return 0;
  shares[0] = (1 - y) * (1 - z) * x[y0 * a->width + x0];
  shares[1] = (1 - y) * z * x[y0 * a->width + x1];
  shares[2] = y * (1 - z) * x[y1 * a->width + x0];
  shares[3] = y * z * x[y1 * a->width + x1];
  return a->largest ? MAX (MAX (shares[0], shares[1]), MAX (shares[2], shares[3]))
                    : shares[0] + shares[1] + shares[2] + shares[3];
}

typedef struct {
  float top, left, cell_height, cell_width;
  int rows, columns; /* points in a cell */
} GenRoi;

GEN_ROI_FUNCTION int
gen_roi_points (const GenRoiAlign *a, float cell)
{
  if (a->ratio > 0)
    return a->ratio;
  return cell > 1 ? (int)ceilf (MIN (cell, GEN_ROI_MOST_POINTS)) : cell > 0 ? 1 : 0;
}

GEN_ROI_FUNCTION GenRoi
gen_roi_of (const GenRoiAlign *a, const float *roi)
{
  GenRoi r = { roi[1] * a->scale - a->offset, roi[0] * a->scale - a->offset, 0, 0, 0, 0 };
  float height = roi[3] * a->scale - a->offset - r.top;
  float width = roi[2] * a->scale - a->offset - r.left;

  if (a->at_least_one) {
    height = MAX (height, 1);
    width = MAX (width, 1);
  }
  r.cell_height = height / (float)a->out_height;
  r.cell_width = width / (float)a->out_width;
  r.rows = gen_roi_points (a, r.cell_height);
  r.columns = gen_roi_points (a, r.cell_width);
  return r;
}

GEN_ROI_FUNCTION float
gen_roi_cell (const GenRoiAlign *a, const GenRoi *r, const float *x, gint64 row, gint64 column)
{
  float value = 0;
  gboolean first = TRUE;

  for (int i = 0; i < r->rows; i++)
    for (int k = 0; k < r->columns; k++) {
      float y_at = r->top + r->cell_height * ((float)row + ((float)i + 0.5f) / (float)r->rows);
      float x_at =
          r->left + r->cell_width * ((float)column + ((float)k + 0.5f) / (float)r->columns);
      float point = gen_roi_sample (a, x, y_at, x_at);

      value = !a->largest ? value + point : first ? point : MAX (value, point);
      first = FALSE;
    }
  return a->largest ? value : value / (float)MAX (r->rows * r->columns, 1);
}
