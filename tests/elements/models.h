/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/onnx.h>
#include <generative/plan.h>
#include <glib/gstdio.h>

#include "../scratch.h"

/* Models whose numbers are known without computing: whatever goes in, one value comes out. */

/* x, [1, length], times zeros, plus `value`: [1, out]; then the batch becomes `batch`. */
static inline void
save_constant (const char *path, GenGraph *graph, GenTensor *x, gint64 batch, gint64 length,
    gint64 out, float value)
{
  g_autofree float *weights = g_new0 (float, length *out), *bias = g_new (float, out);
  g_autoptr (GError) error = NULL;
  GenTensor *w, *b, *y;

  for (gint64 i = 0; i < out; i++)
    bias[i] = value;
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (length, out),
      g_bytes_new (weights, (gsize)(length * out) * sizeof (float)));
  b = gen_graph_add_constant (graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (out),
      g_bytes_new (bias, (gsize)out * sizeof (float)));
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, w, b }, 3, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  ((GenTensor *)graph->inputs->pdata[0])->shape.dims[0] = y->shape.dims[0] = batch;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,255"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,255"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* A generator of grey pictures of side x side, all of whose bytes are `value`. */
static inline void
save_generator (const char *path, gint64 batch, gint64 length, gint64 side, float value)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("generator");
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, length));

  save_constant (path, graph, z, batch, length, side * side, value);
}

/* A discriminator whose score is `value`, of grey pictures of side x side. */
static inline void
save_discriminator (const char *path, gint64 side, float value)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("discriminator");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, side, side)),
            *flat = gen_graph_op (graph, "Flatten", (GenTensor *[]){ x }, 1, 1, &error, NULL);

  g_assert_no_error (error);
  save_constant (path, graph, flat, 1, side * side, 1, value);
}

/* A generator that makes `factor` times a grey picture, of side x side (-1: of any size), in a
 * wall of `tiles` x `tiles` (1 or 2). */
static inline void
save_filter (const char *path, gint64 side, float factor, int tiles)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("filter");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, side, side)),
            *by = gen_graph_add_constant (graph, "factor", GEN_TYPE_FLOAT32, &GEN_SHAPE (1),
                g_bytes_new (&factor, sizeof factor)),
            *y = gen_graph_op (graph, "Mul", (GenTensor *[]){ x, by }, 2, 1, &error, NULL);

  g_assert_no_error (error);
  for (gint64 axis = 2; tiles == 2 && axis < 4; axis++)
    y = gen_graph_op (
        graph, "Concat", (GenTensor *[]){ y, y }, 2, 1, &error, "axis", GEN_INT, axis, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,255"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,255"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}
