/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tool, run on models in a folder of a test's own. */
#pragma once

#include <stdarg.h>
#include <string.h>
#include <json-glib/json-glib.h>
#include <generative/npy.h>
#include <generative/onnx.h>
#include <generative/picture.h>
#include <generative/plan.h>

#include "../launch.h"
#include "../scratch.h"
#include "../staged.h"

typedef struct {
  char *folder;
  char *out, *err; /* of the last run */
  char *vector;    /* a model: latent [batch, 3] to image [batch, 1, 2, 4] by Gemm and Tanh */
  char *picture;   /* a model: image [batch, 3, height, width] to its double */
} Fixture;

static inline char *
path_in (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

static inline void
save (GenGraph *graph, const char *path)
{
  g_autoptr (GError) error = NULL;

  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static inline GenGraph *
vector_model (void)
{
  static const gint64 shape[] = { -1, 1, 2, 4 };
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("vector model");
  GenTensor *x = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3)), *y;
  float *w = g_new (float, 24);

  for (int i = 0; i < 24; i++)
    w[i] = (i * 7 % 11 - 5) * 0.2f;
  y = gen_binary (graph, "Gemm", x,
      gen_graph_add_constant (
          graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, 8), g_bytes_new_take (w, 96)),
      &error);
  y = gen_unary (graph, "Tanh", y, &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape, 4), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.frame-rate"), g_strdup ("25"));
  /* Free the batch, as a model reader finds it. */
  x->shape.dims[0] = y->shape.dims[0] = -1;
  x->dim_names[0] = g_strdup ("batch");
  return graph;
}

static inline GenGraph *
picture_model (void)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("picture model");
  GenTensor *x = gen_graph_add_input (graph, "image", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4)),
            *y;

  y = gen_binary (graph, "Mul", x, gen_graph_float (graph, 2), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  for (int i = 0; i < 4; i++)
    if (i != 1)
      x->shape.dims[i] = y->shape.dims[i] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,2"));
  return graph;
}

static inline void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenGraph) vector = vector_model ();
  g_autoptr (GenGraph) picture = picture_model ();

  fixture->folder = scratch_new ();
  fixture->vector = path_in (fixture, "vector.onnx");
  fixture->picture = path_in (fixture, "picture.onnx");
  save (vector, fixture->vector);
  save (picture, fixture->picture);
}

/* A model whose shapes hang on what it computes. */
static inline void
save_staged (const Fixture *fixture)
{
  g_autofree char *path = path_in (fixture, "staged.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("staged");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 3));
  GenTensor *y = staged_same (graph, x);

  y->type = GEN_TYPE_FLOAT32;
  gen_graph_add_output (graph, y);
  save (graph, path);
}

static inline void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->out);
  g_free (fixture->err);
  g_free (fixture->vector);
  g_free (fixture->picture);
}

/* Run the tool in the fixture's folder; the arguments end with NULL. Returns its exit status. */
static inline int
tool (Fixture *fixture, ...)
{
  g_autoptr (GPtrArray) argv = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_autoptr (GError) error = NULL;
  va_list arguments;
  char *argument;
  int status;

  va_start (arguments, fixture);
  do {
    argument = va_arg (arguments, char *);
    g_ptr_array_add (argv, g_strdup (argument));
  } while (argument != NULL);
  va_end (arguments);
  g_clear_pointer (&fixture->out, g_free);
  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      &fixture->out, &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  g_test_message ("%s%s", fixture->out, fixture->err);
  return WEXITSTATUS (status);
}

#define assert_says(TEXT, WORDS) g_assert_nonnull (strstr (TEXT, WORDS))

static inline JsonNode *
parse_json (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);
  return node;
}

/* y = x * strength + h, grey, and h becomes y; "h_in" and "h_out" tell it, or nothing does. */
static inline void
save_memory (const Fixture *fixture, const char *state, const char *next, gboolean is_free)
{
  g_autofree char *path = path_in (fixture, "memory.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("memory");
  g_autoptr (GError) error = NULL;
  const GenShape shape = GEN_SHAPE (1, 1, 4, 4);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  GenTensor *h = gen_graph_add_input (graph, state, GEN_TYPE_FLOAT32, &shape);
  GenTensor *s = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *y = gen_binary (graph, "Mul", x, s, &error), *out;

  y = gen_binary (graph, "Add", y, h, &error);
  g_assert_no_error (error);
  out = gen_graph_add_value (graph, next);
  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &y, 1, &out, 1, &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, out);
  for (int d = 2; is_free && d < 4; d++)
    x->shape.dims[d] = h->shape.dims[d] = y->shape.dims[d] = out->shape.dims[d] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  save (graph, path);
}
