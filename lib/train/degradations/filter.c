/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter.h"

/* Each channel's own: [channels, 1, …] with the taps along `axis`. */
static GenTensor *
weights (GenGraph *graph, const GenTensor *x, guint axis, const double *taps, gint64 n)
{
  const gint64 channels = x->shape.dims[1];
  GenShape shape = x->shape;
  float *values = g_new (float, channels *n);
  double sum = 0;

  for (gint64 i = 0; i < n; i++)
    sum += taps[i];
  for (gint64 i = 0; i < channels * n; i++)
    values[i] = (float)(taps[i % n] / sum);
  shape.dims[0] = channels;
  for (int k = 1; k < shape.rank; k++)
    shape.dims[k] = k == (int)axis ? n : 1;
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &shape,
      g_bytes_new_take (values, (gsize)(channels * n) * sizeof (float)));
}

static GenTensor *
filter_axis (GenGraph *graph, GenTensor *x, guint axis, const double *taps, gint64 n, gint64 left,
    gint64 stride, GError **error)
{
  const int rank = x->shape.rank, spatial = rank - 2;
  gint64 pads[2 * GEN_MAX_RANK] = { 0 }, strides[GEN_MAX_RANK];
  GenTensor *padded;

  for (int k = 0; k < spatial; k++)
    strides[k] = k + 2 == (int)axis ? stride : 1;
  pads[axis] = left;
  pads[rank + (int)axis] = n - stride - left;
  padded = gen_graph_op (graph, "Pad",
      (GenTensor *[]){ x, gen_graph_ints (graph, pads, (gsize)(2 * rank)) }, 2, 1, error, "mode",
      GEN_STRING, "edge", NULL);
  if (padded == NULL)
    return NULL;
  return gen_graph_op (graph, "Conv", (GenTensor *[]){ padded, weights (graph, x, axis, taps, n) },
      2, 1, error, "strides", GEN_INTS, spatial, strides, "group", GEN_INT, (int)x->shape.dims[1],
      NULL);
}

GenTensor *
gen_filter (GenGraph *graph, GenTensor *x, const double *taps, gint64 n, gint64 left, gint64 stride,
    GError **error)
{
  const guint rank = (guint)x->shape.rank;

  for (guint axis = 2; x != NULL && axis < rank; axis++)
    x = filter_axis (graph, x, axis, taps, n, left, stride, error);
  return x;
}
