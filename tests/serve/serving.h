/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server within a test, and models for it: their pictures are as bright as their latents say. */
#pragma once

#include <string.h>

#include <generative/graph.h>
#include <generative/onnx.h>

#include "../../tools/serve/server.h"
#include "../scratch.h"

typedef struct {
  char *folder;
  ServeServer *server;
} Serving;

static inline void
serving_save (GenGraph *graph, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static inline GenTensor *
serving_weights (GenGraph *graph, const char *name, int rows, int columns)
{
  float *w = g_new (float, rows *columns);

  for (int i = 0; i < rows * columns; i++)
    w[i] = (float)(i * 7 % 11 - 5) * 0.2f;
  return gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (rows, columns),
      g_bytes_new_take (w, (gsize)(rows * columns) * sizeof *w));
}

/* A latent of three numbers and a class of three, one-hot, times `strength`, which stands at 1:
 * pictures of 8 x 8 pixels, grey. `factor` tells versions apart. */
static inline void
serving_save_classes (const char *folder, const char *name, float factor)
{
  static const gint64 shape[] = { 1, 1, 8, 8 };
  static const char *const names[] = { "ant", "bee", "cat", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("classes");
  GenTensor *z = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3));
  GenTensor *c = gen_graph_add_input (graph, "label", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3));
  GenTensor *s = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *a = gen_binary (graph, "Gemm", z, serving_weights (graph, "w", 3, 64), &error);
  GenTensor *b = gen_binary (graph, "Gemm", c, serving_weights (graph, "v", 3, 64), &error);
  GenTensor *y = gen_binary (graph, "Add", a, b, &error);

  y = gen_binary (graph, "Mul", y, s, &error);
  y = gen_binary (graph, "Mul", y, gen_graph_float (graph, factor), &error);
  y = gen_unary (graph, "Tanh", y, &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape, 4), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.parameters"), g_strdup ("strength=1"));
  gen_model_name_classes (graph, names);
  serving_save (graph, folder, name);
}

/* Pictures in colour of any size, half as bright. */
static inline void
serving_save_dimmer (const char *folder, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("dimmer");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));
  GenTensor *y = gen_binary (graph, "Mul", x, gen_graph_float (graph, 0.5), &error);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  for (int i = 2; i < 4; i++)
    x->shape.dims[i] = y->shape.dims[i] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  serving_save (graph, folder, name);
}

/* A net that draws noise of its own: pictures of a latent of three numbers and of that. */
static inline void
serving_save_noisy (const char *folder)
{
  static const gint64 shape[] = { 1, 1, 8, 8 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("noisy");
  GenTensor *z = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3));
  GenTensor *y = gen_binary (graph, "Gemm", z, serving_weights (graph, "w", 3, 64), &error);
  GenTensor *noise = gen_unary (graph, "RandomNormalLike", y, &error);

  y = gen_binary (graph, "Add", y, noise, &error);
  y = gen_unary (graph, "Tanh", y, &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape, 4), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  serving_save (graph, folder, "noisy.onnx");
}

static inline void
serving_open (Serving *s)
{
  s->folder = scratch_new ();
  serving_save_classes (s->folder, "classes.onnx", 1);
  serving_save_dimmer (s->folder, "dimmer.onnx");
}

/* Let it be told `text`, a studio file in the folder of the models. It is not started. */
static inline void
serving_load (Serving *s, const char *text)
{
  g_autofree char *path = g_build_filename (s->folder, "studio.toml", NULL);
  g_autoptr (GError) error = NULL;
  ServeConfiguration *configuration;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  configuration = serve_configuration_load (path, &error);
  g_assert_no_error (error);
  s->server = serve_server_new (configuration, &error);
  g_assert_no_error (error);
  serve_server_load (s->server, &error);
  g_assert_no_error (error);
}

static inline void
serving_close (Serving *s)
{
  g_clear_pointer (&s->server, serve_server_free);
  scratch_remove (s->folder);
  g_clear_pointer (&s->folder, g_free);
}

static inline ServeMount *
serving_mount (Serving *s, const char *name)
{
  ServeMount *mount = serve_server_find_mount (s->server, name, NULL);

  g_assert_nonnull (mount);
  return mount;
}
