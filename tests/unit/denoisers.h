/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoisers to be sampled: two whose answers are known in closed form, and a net. */
#pragma once

#include <generative/onnx.h>
#include <generative/player.h>
#include <generative/random.h>

#include <glib/gstdio.h>

#include <math.h>
#include <string.h>

#define SIDE 4
#define LENGTH (SIDE * SIDE)
#define FREE (-1)

/* Samples of the toy are normal numbers of this mean and deviation, each by itself. */
#define MEAN 0.3
#define DEVIATION 0.5

/* --- denoisers --- */

static inline GenTensor *
constant (GenGraph *graph, double value)
{
  return gen_graph_float (graph, (float)value);
}

static inline GenTensor *
binary (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b)
{
  g_autoptr (GError) error = NULL;
  GenTensor *made = gen_binary (graph, op, a, b, &error);

  g_assert_no_error (error);
  return made;
}

static inline GenTensor *
unary (GenGraph *graph, const char *op, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  GenTensor *made = gen_unary (graph, op, x, &error);

  g_assert_no_error (error);
  return made;
}

static inline void
say (GenGraph *graph, const char *key, const char *value)
{
  g_hash_table_insert (graph->metadata, g_strdup (key), g_strdup (value));
}

/* The best guess of a sample, where x is signal * sample + noise * normal numbers. */
static inline GenTensor *
guess (GenGraph *graph, GenTensor *x, GenTensor *signal, GenTensor *noise)
{
  GenTensor *variance = constant (graph, DEVIATION * DEVIATION);
  GenTensor *squared_noise = binary (graph, "Mul", noise, noise);
  GenTensor *squared_signal = binary (graph, "Mul", signal, signal);
  GenTensor *of_x = binary (graph, "Mul", binary (graph, "Mul", x, signal), variance);
  GenTensor *of_mean = binary (graph, "Mul", squared_noise, constant (graph, MEAN));

  return binary (graph, "Div", binary (graph, "Add", of_x, of_mean),
      binary (graph, "Add", binary (graph, "Mul", squared_signal, variance), squared_noise));
}

/* Told sigma, it makes the sample. */
static inline GenGraph *
make_of_sigma (void)
{
  GenGraph *graph = gen_graph_new ("sigma");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *sigma = gen_graph_add_input (graph, "sigma", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));

  gen_graph_add_output (graph, guess (graph, x, constant (graph, 1), sigma));
  return graph;
}

static inline void
fill_signals (const GenSchedule *schedule, double *signals)
{
  double left = 1;

  for (int t = 0; t < GEN_SCHEDULE_TIMES; t++) {
    left *= 1 - schedule->beta (t);
    signals[t] = sqrt (left);
  }
}

/* The number of each time, of those of a batch, as [N, 1, 1, 1]. */
static inline GenTensor *
look_up (GenGraph *graph, GenTensor *time, const double *values)
{
  float *numbers = g_new (float, GEN_SCHEDULE_TIMES);
  const gint64 shape[] = { -1, 1, 1, 1 };
  GenTensor *table;

  for (int t = 0; t < GEN_SCHEDULE_TIMES; t++)
    numbers[t] = (float)values[t];
  table = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (GEN_SCHEDULE_TIMES),
      g_bytes_new_take (numbers, GEN_SCHEDULE_TIMES * sizeof (float)));
  return binary (
      graph, "Reshape", binary (graph, "Gather", table, time), gen_graph_ints (graph, shape, 4));
}

/* Told one of a schedule's times, it makes what `prediction` says; of any number at once. */
static inline GenGraph *
make_of_time (const GenSchedule *schedule, const char *prediction)
{
  GenGraph *graph = gen_graph_new ("time");
  double signals[GEN_SCHEDULE_TIMES], noises[GEN_SCHEDULE_TIMES];
  GenTensor *x =
      gen_graph_add_input (graph, "sample", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 1, SIDE, SIDE));
  GenTensor *time = gen_graph_add_input (graph, "timestep", GEN_TYPE_INT64, &GEN_SHAPE (2));
  GenTensor *signal, *noise, *made, *normal;

  fill_signals (schedule, signals);
  for (int t = 0; t < GEN_SCHEDULE_TIMES; t++)
    noises[t] = sqrt (1 - signals[t] * signals[t]);
  signal = look_up (graph, time, signals);
  noise = look_up (graph, time, noises);
  made = guess (graph, x, signal, noise);
  normal =
      binary (graph, "Div", binary (graph, "Sub", x, binary (graph, "Mul", signal, made)), noise);
  if (strcmp (prediction, "epsilon") == 0)
    made = normal;
  else if (strcmp (prediction, "v") == 0)
    made = binary (
        graph, "Sub", binary (graph, "Mul", signal, normal), binary (graph, "Mul", noise, made));
  gen_graph_add_output (graph, made);
  say (graph, "generative.schedule", schedule->name);
  say (graph, "generative.prediction", prediction);
  x->shape.dims[0] = time->shape.dims[0] = made->shape.dims[0] = FREE;
  x->dim_names[0] = g_strdup ("batch");
  time->dim_names[0] = g_strdup ("batch");
  return graph;
}

/* --- a net --- */

#define CHANNELS 2
#define WIDE 8
#define CONDITIONS 5

static inline GenTensor *
weights (GenGraph *graph, const char *name, const GenShape *shape, guint32 stream)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  const GenRandom random = { { stream, 0 } };
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= 0.2f;
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (numbers, n * sizeof (float)));
}

static inline GenTensor *
convolve (GenGraph *graph, GenTensor *x, GenTensor *w)
{
  const gint64 pads[] = { 1, 1, 1, 1 };
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_op (
      graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, &error, "pads", GEN_INTS, 4, pads, NULL);

  g_assert_no_error (error);
  return y;
}

/* What denoisers of terrain take: a noisy picture, sigma, and a vector that says what is wanted. */
static inline GenGraph *
make_net (void)
{
  const gint64 beside[] = { 1, WIDE, 1, 1 };
  GenGraph *graph = gen_graph_new ("net");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, CHANNELS, SIDE, SIDE));
  GenTensor *sigma = gen_graph_add_input (graph, "sigma", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *condition =
      gen_graph_add_input (graph, "condition", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, CONDITIONS));
  GenTensor *scale = unary (graph, "Sqrt",
      binary (graph, "Add", binary (graph, "Mul", sigma, sigma), constant (graph, 1)));
  GenTensor *shift =
      binary (graph, "MatMul", condition, weights (graph, "c", &GEN_SHAPE (CONDITIONS, WIDE), 1));
  GenTensor *h = convolve (graph, binary (graph, "Div", x, scale),
      weights (graph, "w1", &GEN_SHAPE (WIDE, CHANNELS, 3, 3), 2));

  shift = binary (graph, "Reshape", shift, gen_graph_ints (graph, beside, 4));
  h = unary (graph, "Tanh", binary (graph, "Add", h, shift));
  h = convolve (graph, h, weights (graph, "w2", &GEN_SHAPE (CHANNELS, WIDE, 3, 3), 3));
  gen_graph_add_output (graph, h);
  return graph;
}

/* --- what is done with them --- */

static inline GenModel *
load_as (GenGraph *graph, const GenModelHints *hints, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-sampler-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "denoiser.onnx", NULL);
  GenModel *model;

  gen_onnx_save (graph, path, error);
  g_assert_no_error (*error);
  model = gen_model_load_as (path, hints, error);
  g_remove (path);
  g_rmdir (folder);
  return model;
}

static inline GenModel *
load_with (GenGraph *graph, const GenSamplingHints *sampling, GError **error)
{
  return load_as (graph, &(GenModelHints){ .sampling = *sampling }, error);
}

static inline void
draw (float *numbers, gsize n)
{
  const GenRandom random = { { 15, 0 } };

  gen_random_normal (&random, 0, 0, numbers, n);
}

/* A player of `n` samples at once. */
static inline GenPlayer *
open_player (GenModel *model, int n, const GenDevice *device)
{
  GenModelUse use = {
    .input = model->inputs[0], .output = model->outputs[0], .frames = n, .pictures = 1
  };
  g_autoptr (GError) error = NULL;
  GenPlayer *player;

  player = gen_player_new (model, &(GenPlayerOptions){ .plan.device = device });
  gen_player_prepare (player, &use, NULL, &error);
  g_assert_no_error (error);
  return player;
}
