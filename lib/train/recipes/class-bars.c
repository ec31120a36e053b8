/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "class-bars.h"

/* Numbers 0 … n - 1 as indices into `classes`, each as long as the others. */
static GenTensor *
spread_classes (GenGraph *graph, gint64 n, gint64 classes)
{
  g_autofree gint64 *indices = g_new (gint64, n);

  for (gint64 i = 0; i < n; i++)
    indices[i] = i * classes / n;
  return gen_graph_ints (graph, indices, (gsize)n);
}

/* A constant [1, 1, 1, n] of 0 … n - 1. */
static GenTensor *
columns (GenGraph *graph, gint64 n)
{
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)i;
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1, n),
      g_bytes_new_take (values, (gsize)n * sizeof (float)));
}

GenTensor *
gen_class_bars_draw (GenGraph *graph, GenTensor *probable, const GenShape *shape, GError **error)
{
  const gint64 *extents = shape->dims;
  const gint64 height = extents[2], width = extents[3];
  GenTensor *bars = gen_graph_op (graph, "Gather",
      (GenTensor *[]){ probable, spread_classes (graph, height, probable->shape.dims[1]) }, 2, 1,
      error, "axis", GEN_INT, 1, NULL);

  bars = gen_binary (graph, "Reshape", bars,
      gen_graph_ints (graph, (gint64[]){ extents[0], 1, height, 1 }, 4), error);
  bars = gen_binary (graph, "Mul", bars, gen_graph_float (graph, (float)width), error);
  bars = gen_binary (graph, "Sub", bars, columns (graph, width), error);
  if (bars == NULL)
    return NULL;
  bars = gen_graph_op (graph, "Clip",
      (GenTensor *[]){ bars, gen_graph_float (graph, 0), gen_graph_float (graph, 1) }, 3, 1, error,
      NULL);
  bars = gen_binary (graph, "Mul", bars, gen_graph_float (graph, 2), error);
  bars = gen_binary (graph, "Sub", bars, gen_graph_float (graph, 1), error);
  return gen_binary (graph, "Expand", bars, gen_graph_ints (graph, extents, shape->rank), error);
}
