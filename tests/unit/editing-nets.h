/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small generators in files, for tests of what is done in their latents. */
#pragma once

#include <generative/latent-space.h>
#include <generative/onnx.h>
#include <math.h>

#include "../scratch.h"

#define NET_LATENT 8
#define NET_EXTENT 8 /* of the pictures, which are grey */
#define NET_PIXELS (NET_EXTENT * NET_EXTENT)
#define NET_STYLE 6
#define NET_LAYERS 3

static inline GenTensor *
net_weights (GenGraph *graph, const GenShape *shape, double pace, double size)
{
  const gsize n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float)(size * sin (pace * (double)(i + 1) + 0.01 * (double)(i * i % 97)));
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof *values));
}

/* `outputs` numbers of the `inputs` of x. */
static inline GenTensor *
net_dense (GenGraph *graph, GenTensor *x, gint64 inputs, gint64 outputs, double pace, double size)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_binary (
      graph, "MatMul", x, net_weights (graph, &GEN_SHAPE (inputs, outputs), pace, size), &error);

  g_assert_no_error (error);
  return y;
}

static inline GenTensor *
net_op (GenGraph *graph, const char *op, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_unary (graph, op, x, &error);

  g_assert_no_error (error);
  return y;
}

static inline GenTensor *
net_add (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_binary (graph, op, a, b, &error);

  g_assert_no_error (error);
  return y;
}

/* Rows of NET_PIXELS as pictures. */
static inline GenTensor *
net_picture (GenGraph *graph, GenTensor *x)
{
  static const gint64 shape[] = { -1, 1, NET_EXTENT, NET_EXTENT };

  return net_add (graph, "Reshape", x, gen_graph_ints (graph, shape, 4));
}

static inline GenTensor *
net_begin (GenGraph *graph, gint64 numbers)
{
  return gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, numbers));
}

static inline void
net_free_batch (GenTensor *tensor)
{
  tensor->shape.dims[0] = -1;
  g_free (tensor->dim_names[0]);
  tensor->dim_names[0] = g_strdup ("N");
}

/* Write the graph, of any number of samples, whose output is `y`. (transfer full) */
static inline char *
net_save (GenGraph *graph, GenTensor *y, const char *folder, const char *name)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  gen_graph_add_output (graph, y);
  for (guint i = 0; i < graph->inputs->len; i++)
    net_free_batch (graph->inputs->pdata[i]);
  net_free_batch (y);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  gen_graph_unref (graph);
  return path;
}

/* Two dense layers. */
static inline char *
net_save_generator (const char *folder)
{
  GenGraph *graph = gen_graph_new ("generator");
  GenTensor *y = net_begin (graph, NET_LATENT);

  y = net_op (graph, "Tanh", net_dense (graph, y, NET_LATENT, 16, 0.9, 0.5));
  y = net_op (graph, "Tanh", net_dense (graph, y, 16, NET_PIXELS, 1.7, 0.6));
  return net_save (graph, net_picture (graph, y), folder, "generator.onnx");
}

/* Vector number `layer` of those that `styles` has for each. */
static inline GenTensor *
net_pick (GenGraph *graph, GenTensor *styles, gint64 layer)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_op (graph, "Gather",
      (GenTensor *[]){ styles, gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64,
                                   &GEN_SHAPE_SCALAR, g_bytes_new (&layer, sizeof layer)) },
      2, 1, &error, "axis", GEN_INT, 1, NULL);

  g_assert_no_error (error);
  return y;
}

/* A latent becomes a style, which three layers read: one scales the others. `dealt`: each reads its
 * own of three that are alike. */
static inline char *
net_save_styles (const char *folder, gboolean dealt)
{
  static const gint64 row[] = { -1, 1, NET_STYLE }, each[] = { 1, NET_LAYERS, 1 };
  GenGraph *graph = gen_graph_new ("style net");
  GenTensor *y = net_begin (graph, NET_LATENT), *style, *layers[NET_LAYERS];

  y = net_op (graph, "LeakyRelu", net_dense (graph, y, NET_LATENT, NET_LATENT, 0.8, 0.5));
  style = net_op (graph, "LeakyRelu", net_dense (graph, y, NET_LATENT, NET_STYLE, 1.1, 0.6));
  if (dealt) {
    style = net_add (graph, "Reshape", style, gen_graph_ints (graph, row, 3));
    style = net_add (graph, "Expand", style, gen_graph_ints (graph, each, 3));
  }
  for (int i = 0; i < NET_LAYERS; i++)
    layers[i] = net_dense (graph, dealt ? net_pick (graph, style, i) : style, NET_STYLE, NET_PIXELS,
        0.7 + 0.6 * i, 0.5);
  y = net_add (graph, "Mul", net_op (graph, "Sigmoid", layers[0]), layers[1]);
  y = net_op (graph, "Tanh", net_add (graph, "Add", y, layers[2]));
  return net_save (
      graph, net_picture (graph, y), folder, dealt ? "dealt-net.onnx" : "style-net.onnx");
}

static inline char *
net_save_style_net (const char *folder)
{
  return net_save_styles (folder, FALSE);
}

static inline GenLatentSpace *
net_open (const char *path, GenSpaceKind kind)
{
  GenLatentSpaceOptions options = GEN_LATENT_SPACE_DEFAULTS;
  g_autoptr (GError) error = NULL;
  GenLatentSpace *space;

  options.kind = kind;
  options.threads = 1;
  options.seed = 5;
  space = gen_latent_space_new (path, &options, &error);
  g_assert_no_error (error);
  return space;
}
