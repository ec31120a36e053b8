/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small net that has what quantisation meets: layers of all kinds, normalisations behind them, a
 * residual sum, a gate, what moves elements, activations that a layer takes over and others. */
#pragma once

#include <generative/graph.h>
#include <generative/random.h>
#include <generative/run-set.h>

#include <math.h>

#define QUANTIZED_NET_EXTENT 8

/* A constant of normal numbers with that deviation. */
static inline GenTensor *
quantized_net_constant (GenGraph *graph, const char *name, const GenShape *shape, float deviation)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  const GenRandom random = gen_random_new (1, name, 0);
  float *values = g_new (float, n);

  gen_random_normal (&random, 0, 0, values, n);
  for (gsize i = 0; i < n; i++)
    values[i] *= deviation;
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof *values));
}

/* Means, scales and the like of `n` channels, none of which is 0. */
static inline GenTensor *
quantized_net_positive (GenGraph *graph, const char *name, gint64 n)
{
  GenTensor *made = quantized_net_constant (graph, name, &GEN_SHAPE (n), 0.3f);
  float *values = (float *)g_bytes_get_data (made->data, NULL);

  for (gint64 i = 0; i < n; i++)
    values[i] = 0.5f + fabsf (values[i]);
  return made;
}

static inline GenTensor *
quantized_net_normalize (GenGraph *graph, GenTensor *x, const char *name, gint64 n)
{
  GenTensor *inputs[5] = { x };
  static const char *const parts[] = { "scale", "shift", "mean", "variance" };
  GenTensor *y;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 4; i++) {
    g_autofree char *own = g_strconcat (name, ".", parts[i], NULL);

    inputs[i + 1] = quantized_net_positive (graph, own, n);
  }
  y = gen_graph_op (graph, "BatchNormalization", inputs, 5, 1, &error, NULL);
  g_assert_no_error (error);
  return y;
}

static inline GenTensor *
quantized_net_layer (GenGraph *graph, const char *op, GenTensor *x, const char *name,
    const GenShape *shape, gint64 channels, int stride, GError **error)
{
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  const double fan = (double)gen_shape_elements (shape) / (double)channels;
  GenTensor *inputs[3] = { x, quantized_net_constant (graph, name, shape, (float)(1 / sqrt (fan))),
    quantized_net_constant (graph, bias, &GEN_SHAPE (channels), 0.1f) };

  if (shape->rank == 2)
    return gen_graph_op (graph, op, inputs, 3, 1, error, NULL);
  return gen_graph_op (graph, op, inputs, 3, 1, error, "pads", GEN_INTS, 4,
      (gint64[]){ 1, 1, 1, 1 }, "strides", GEN_INTS, 2, (gint64[]){ stride, stride }, NULL);
}

/* [2, 16] to [2, 3, 16, 16]. */
static inline GenGraph *
quantized_net_new (void)
{
  const gint64 extent = QUANTIZED_NET_EXTENT;
  GenGraph *graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 16));
  GenTensor *y, *side, *gate;

  y = quantized_net_layer (graph, "Gemm", x, "dense", &GEN_SHAPE (16, 8 * extent * extent),
      8 * extent * extent, 1, &error);
  y = gen_binary (
      graph, "Reshape", y, gen_graph_ints (graph, (gint64[]){ -1, 8, extent, extent }, 4), &error);
  y = quantized_net_normalize (graph, y, "first", 8);
  y = gen_unary (graph, "Relu", y, &error);
  side = quantized_net_layer (graph, "Conv", y, "down", &GEN_SHAPE (8, 8, 3, 3), 8, 1, &error);
  side = quantized_net_normalize (graph, side, "second", 8);
  side = gen_graph_op (graph, "LeakyRelu", &side, 1, 1, &error, "alpha", GEN_FLOAT, 0.2, NULL);
  side = quantized_net_layer (graph, "Conv", side, "across", &GEN_SHAPE (8, 8, 3, 3), 8, 1, &error);
  y = gen_unary (graph, "Relu", gen_binary (graph, "Add", y, side, &error), &error);
  gate = quantized_net_layer (graph, "Conv", y, "gate", &GEN_SHAPE (8, 8, 3, 3), 8, 1, &error);
  gate = gen_unary (graph, "Sigmoid", gate, &error);
  side = quantized_net_layer (graph, "Conv", y, "gated", &GEN_SHAPE (8, 8, 3, 3), 8, 1, &error);
  y = gen_graph_op (graph, "Concat",
      (GenTensor *[]){ y, gen_binary (graph, "Mul", side, gate, &error) }, 2, 1, &error, "axis",
      GEN_INT, 1, NULL);
  y = quantized_net_layer (graph, "ConvTranspose", y, "up", &GEN_SHAPE (16, 3, 4, 4), 3, 2, &error);
  y = gen_unary (graph, "Tanh", y, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

/* Runs of normal numbers. */
static inline GenRunSet *
quantized_net_runs (const GenGraph *graph, guint n)
{
  g_autoptr (GError) error = NULL;
  GenRunSet *set = gen_run_set_new (graph, &error);
  const GenBinding *input;
  g_autofree float *values = NULL;

  g_assert_no_error (error);
  input = gen_run_set_input (set, 0);
  values = g_malloc (input->size);
  for (guint i = 0; i < n; i++) {
    const GenRandom random = gen_random_new (i, "runs", 0);

    gen_random_normal (&random, 0, 0, values, input->size / sizeof (float));
    gen_run_set_add (set, (const void *const[]){ values });
  }
  return set;
}
