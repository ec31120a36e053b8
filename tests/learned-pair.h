/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A pair of nets that mark pictures, as others' are, but small: each bit has a pattern of its own,
 * which the encoder adds or takes away, and the decoder looks for. */
#include <generative/graph.h>
#include <generative/onnx.h>
#include <generative/random.h>

#define PAIR_BITS 32
#define PAIR_SIDE 64
#define PAIR_NUMBERS (3 * PAIR_SIDE * PAIR_SIDE)

/* [n, m] of noise of which each row is a pattern, or [m, n] of which each column is. */
static inline GenTensor *
pair_patterns (GenGraph *graph, int bits, gboolean columns, float scale)
{
  const gsize n = (gsize)bits * PAIR_NUMBERS;
  GenRandom random = gen_random_new (5, "patterns", n);
  g_autofree float *drawn = g_new (float, n);
  float *patterns = g_new (float, n);

  gen_random_normal (&random, 0, 0, drawn, n);
  for (gsize i = 0; i < n; i++) {
    const gsize bit = i / PAIR_NUMBERS, at = i % PAIR_NUMBERS;

    patterns[columns ? at * (gsize)bits + bit : i] = scale * drawn[i];
  }
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
      columns ? &GEN_SHAPE (PAIR_NUMBERS, bits) : &GEN_SHAPE (bits, PAIR_NUMBERS),
      g_bytes_new_take (patterns, n * sizeof (float)));
}

/* Frames of PAIR_SIDE squared, and `bits`, whose number the file leaves free, as it does that of
 * frames. What it makes is that many `times` as high. */
static inline void
pair_write_encoder_of (const char *path, int bits, int times)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("encoder");
  g_autoptr (GError) error = NULL;
  GenTensor *frame = gen_graph_add_input (
      graph, "frame", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, PAIR_SIDE, PAIR_SIDE));
  GenTensor *data = gen_graph_add_input (graph, "data", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, bits));
  GenTensor *two = gen_graph_float (graph, 2), *one = gen_graph_float (graph, 1), *x;

  x = gen_graph_op (graph, "Mul", (GenTensor *[]){ data, two }, 2, 1, &error, NULL);
  x = gen_graph_op (graph, "Sub", (GenTensor *[]){ x, one }, 2, 1, &error, NULL);
  x = gen_graph_op (graph, "MatMul",
      (GenTensor *[]){ x, pair_patterns (graph, bits, FALSE, 0.006f) }, 2, 1, &error, NULL);
  x = gen_graph_op (graph, "Reshape",
      (GenTensor *[]){
          x, gen_graph_ints (graph, (const gint64[]){ 1, 3, PAIR_SIDE, PAIR_SIDE }, 4) },
      2, 1, &error, NULL);
  x = gen_graph_op (graph, "Add", (GenTensor *[]){ frame, x }, 2, 1, &error, NULL);
  if (times > 1)
    x = gen_graph_op (graph, "Tile",
        (GenTensor *[]){ x, gen_graph_ints (graph, (const gint64[]){ 1, 1, times, 1 }, 4) }, 2, 1,
        &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static inline void
pair_write_encoder (const char *path, int bits)
{
  pair_write_encoder_of (path, bits, 1);
}

static inline void
pair_write_decoder (const char *path, int bits)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("decoder");
  g_autoptr (GError) error = NULL;
  GenTensor *frame = gen_graph_add_input (
      graph, "frame", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, PAIR_SIDE, PAIR_SIDE));
  GenTensor *x;

  x = gen_graph_op (graph, "Reshape",
      (GenTensor *[]){ frame, gen_graph_ints (graph, (const gint64[]){ 1, PAIR_NUMBERS }, 2) }, 2,
      1, &error, NULL);
  x = gen_graph_op (graph, "MatMul", (GenTensor *[]){ x, pair_patterns (graph, bits, TRUE, 1) }, 2,
      1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}
