/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that make sounds, and pictures, of latents, and sound of sound. */
#pragma once

#include <generative/random.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"
#include "player.h"

enum { LATENT = 4, LENGTH = 1050, RATE = 44100, CHANNELS = 2 };

static char *folder, *sounds, *louder, *pictures, *filter;

static inline GenTensor *
weights (GenGraph *graph, const GenShape *shape, float factor)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  GenRandom random = gen_random_new (5, "weights", 0);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= factor;
  return gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, shape, g_bytes_new_take (numbers, n * sizeof (float)));
}

/* Latents [N, 4] to `dims`, by one product. */
static inline void
save_generator (const char *path, const gint64 *dims, int rank, gint64 length, float factor)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("generator");
  g_autoptr (GError) error = NULL;
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LATENT));
  GenTensor *product, *y;

  product =
      gen_binary (graph, "MatMul", z, weights (graph, &GEN_SHAPE (LATENT, length), factor), &error);
  y = gen_binary (graph, "Reshape", product, gen_graph_ints (graph, dims, rank), &error);
  g_assert_no_error (error);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("44100"));
  say_range (graph, "generative.output-range", "-1,1");
  z->shape.dims[0] = product->shape.dims[0] = y->shape.dims[0] = -1;
  save_model (graph, y, path);
}

/* Sound [1, channels, T] to sound, of 9 samples each. */
static inline void
save_filter (const char *path, int channels)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("filter");
  g_autoptr (GError) error = NULL;
  const gint64 same[] = { 4, 4 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, 4000));
  GenTensor *operands[] = { x, weights (graph, &GEN_SHAPE (channels, channels, 9), 0.1f) };
  GenTensor *y =
      gen_graph_op (graph, "Conv", operands, 2, 1, &error, "pads", GEN_INTS, 2, same, NULL);

  g_assert_no_error (error);
  x->shape.dims[2] = y->shape.dims[2] = -1;
  save_model (graph, y, path);
}

/* The same of a channel, as a row of samples, [1, T], which nothing tells to be sound. */
static inline void
save_row_filter (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("filter");
  g_autoptr (GError) error = NULL;
  const gint64 same[] = { 4, 4 }, channel[] = { 1, 1, -1 }, row[] = { 1, -1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 4000));
  GenTensor *operands[2], *y;

  operands[0] = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, channel, 3), &error);
  operands[1] = weights (graph, &GEN_SHAPE (1, 1, 9), 0.1f);
  y = gen_graph_op (graph, "Conv", operands, 2, 1, &error, "pads", GEN_INTS, 2, same, NULL);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, row, 2), &error);
  g_assert_no_error (error);
  x->shape.dims[1] = y->shape.dims[1] = -1;
  save_model (graph, y, path);
}

/* Into a folder of their own. */
static inline void
save_sound_models (void)
{
  const gint64 of_sound[] = { -1, CHANNELS, LENGTH }, of_picture[] = { -1, 1, 16, 16 };

  folder = scratch_new ();
  sounds = g_build_filename (folder, "sounds.onnx", NULL);
  louder = g_build_filename (folder, "louder.onnx", NULL);
  pictures = g_build_filename (folder, "pictures.onnx", NULL);
  filter = g_build_filename (folder, "filter.onnx", NULL);
  save_generator (sounds, of_sound, 3, CHANNELS * LENGTH, 0.1f);
  save_generator (louder, of_sound, 3, CHANNELS * LENGTH, 0.2f);
  save_generator (pictures, of_picture, 4, 256, 0.3f);
  save_filter (filter, CHANNELS);
}

static inline void
remove_sound_models (void)
{
  scratch_remove (folder);
  g_free (sounds);
  g_free (louder);
  g_free (pictures);
  g_free (filter);
  g_free (folder);
}
