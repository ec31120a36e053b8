/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two convolutional nets of a few hundred weights, with normalisations over the batch, for tests of
 * training that cost next to nothing. */
#pragma once

#include <generative/random.h>
#include <generative/trainer.h>

#include "trainers.h"

#include <string.h>

#define SMALL_BATCH 6
#define SMALL_LATENT 8
#define SMALL_EXTENT 8 /* of the pictures, which are grey */

static inline GenTensor *
small_weights (GenGraph *graph, const char *name, const GenShape *shape, float from, float to)
{
  gsize n = gen_shape_elements (shape);
  float *values = g_new (float, n);
  GenRandom random = gen_random_new (17, "test", g_str_hash (name) % 1000);

  gen_random_uniform (&random, 0, 0, values, n);
  for (gsize i = 0; i < n; i++)
    values[i] = from + (to - from) * values[i];
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof *values));
}

static inline GenTensor *
small_normalize (GenGraph *graph, GenTensor *x, gint64 channels, GError **error)
{
  const GenShape *shape = &GEN_SHAPE (channels);

  return gen_graph_op (graph, "BatchNormalization",
      (GenTensor *[]){ x, small_weights (graph, "scale", shape, 0.8f, 1.2f),
          small_weights (graph, "shift", shape, -0.2f, 0.2f),
          small_weights (graph, "mean", shape, 0, 0),
          small_weights (graph, "variance", shape, 1, 1) },
      5, 1, error, NULL);
}

/* 4x4, stride 2: halves the extents, or doubles them. */
static inline GenTensor *
small_step (GenGraph *graph, const char *op, const char *name, GenTensor *x, const GenShape *shape,
    GError **error)
{
  return gen_graph_op (graph, op,
      (GenTensor *[]){ x, small_weights (graph, name, shape, -0.3f, 0.3f) }, 2, 1, error,
      "kernel_shape", GEN_INTS, 2, (gint64[]){ 4, 4 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 },
      "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
}

static inline GenGraph *
small_generator (void)
{
  GenGraph *graph = gen_graph_new ("small generator");
  const gint64 shape[] = { SMALL_BATCH, 4, 4, 4 };
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_input (
      graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (SMALL_BATCH, SMALL_LATENT));

  y = gen_binary (graph, "MatMul", y,
      small_weights (graph, "first", &GEN_SHAPE (SMALL_LATENT, 64), -0.5f, 0.5f), &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape, 4), &error);
  y = small_normalize (graph, y, 4, &error);
  y = gen_unary (graph, "Relu", y, &error);
  y = small_step (graph, "ConvTranspose", "up", y, &GEN_SHAPE (4, 1, 4, 4), &error);
  y = gen_unary (graph, "Tanh", y, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static inline GenGraph *
small_discriminator (void)
{
  GenGraph *graph = gen_graph_new ("small discriminator");
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_input (
      graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (SMALL_BATCH, 1, SMALL_EXTENT, SMALL_EXTENT));

  y = small_step (graph, "Conv", "down1", y, &GEN_SHAPE (4, 1, 4, 4), &error);
  y = gen_unary (graph, "LeakyRelu", y, &error);
  y = small_step (graph, "Conv", "down2", y, &GEN_SHAPE (8, 4, 4, 4), &error);
  y = small_normalize (graph, y, 8, &error);
  y = gen_unary (graph, "LeakyRelu", y, &error);
  y = gen_unary (graph, "Flatten", y, &error);
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ y, small_weights (graph, "last", &GEN_SHAPE (32, 1), -0.4f, 0.4f),
          small_weights (graph, "bias", &GEN_SHAPE (1), 0, 0) },
      3, 1, &error, NULL);
  y = gen_unary (graph, "Sigmoid", y, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static inline GenTrainer *
small_trainer (const GenTrainerSettings *settings)
{
  g_autoptr (GenGraph) generator = small_generator (), discriminator = small_discriminator ();
  GenTrainerSettings own = *settings;
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer;

  own.batch_size = SMALL_BATCH;
  own.threads = 2;
  trainer = adversarial_trainer (generator, discriminator, &own, &error);
  g_assert_no_error (error);
  return trainer;
}

/* A step on pictures that follow from its number. */
static inline gboolean
small_step_once (GenTrainer *trainer, GenTrainerFigures *figures, GError **error)
{
  gsize n = gen_trainer_settings (trainer)->batch_size * gen_trainer_sample_size (trainer);
  g_autofree float *pictures = g_new (float, n);
  GenRandom random = gen_random_new (9, "test", 0);

  gen_random_uniform (&random, gen_trainer_steps (trainer), 0, pictures, n);
  return gen_trainer_step (trainer, pictures, NULL, figures, error);
}
