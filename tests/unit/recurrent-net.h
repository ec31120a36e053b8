/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A net that remembers, played by a player and by hand. */
#pragma once

#include <generative/player.h>
#include <generative/random.h>

#include <string.h>

/* y = tanh (conv (x, w)) + strength * h, and h becomes y, or that at half the size: then it goes in
 * twice as large again. All extents are free. */
static inline GenModel *
make_recurrent (gboolean halves)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("recurrent");
  g_autoptr (GError) error = NULL;
  const gint64 pads[] = { 1, 1, 1, 1 }, two[] = { 2, 2 };
  const float scales[] = { 1, 1, 2, 2 };
  const int size = halves ? 4 : 8;
  float weights[9];
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 8, 8));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, size, size));
  GenTensor *strength = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *y, *scaled, *next;
  GenModel *model;
  char *states;

  for (int i = 0; i < 9; i++)
    weights[i] = 0.1f * (float)(i - 3);
  y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32,
                              &GEN_SHAPE (1, 1, 3, 3), g_bytes_new (weights, sizeof weights)) },
      2, 1, &error, "pads", GEN_INTS, 4, pads, NULL);
  y = gen_unary (graph, "Tanh", y, &error);
  scaled = gen_binary (graph, "Mul", h, strength, &error);
  if (halves) {
    GenTensor *inputs[] = { scaled, NULL,
      gen_graph_add_constant (
          graph, "scales", GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new (scales, sizeof scales)) };

    scaled = gen_graph_op (graph, "Resize", inputs, 3, 1, &error, "mode", GEN_STRING, "nearest",
        "coordinate_transformation_mode", GEN_STRING, "asymmetric", "nearest_mode", GEN_STRING,
        "floor", NULL);
  }
  y = gen_binary (graph, "Add", y, scaled, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  next = halves ? gen_graph_op (graph, "AveragePool", &y, 1, 1, &error, "kernel_shape", GEN_INTS, 2,
                      two, "strides", GEN_INTS, 2, two, NULL)
                : gen_unary (graph, "Identity", y, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, next);
  for (int d = 2; d < 4; d++)
    x->shape.dims[d] = h->shape.dims[d] = y->shape.dims[d] = next->shape.dims[d] = -1;
  states = g_strdup_printf ("h=%s", next->name);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.states"), states);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  return model;
}

enum { HEIGHT = 12, WIDTH = 16, N = HEIGHT * WIDTH, RUNS = 5 };

static inline void
fill (float *numbers, guint64 stream)
{
  GenRandom random = gen_random_new (3, "frames", stream);

  gen_random_normal (&random, 0, 0, numbers, N);
}

/* The model's graph, run by hand. */
static inline void
play_by_hand (GenModel *model, int state_size, float strength, float (*made)[N])
{
  g_autoptr (GenGraph) graph = gen_graph_copy (model->graph);
  const GenShape shapes[] = { GEN_SHAPE (1, 1, HEIGHT, WIDTH),
    GEN_SHAPE (1, 1, HEIGHT / state_size, WIDTH / state_size), GEN_SHAPE (1) };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;

  for (guint i = 0; i < 3; i++)
    g_assert_true (gen_graph_set_input_shape (
        graph, g_ptr_array_index (graph->inputs, i), &shapes[i], &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memset (gen_plan_input (plan, 1)->data, 0, gen_plan_input (plan, 1)->size);
  *(float *)gen_plan_input (plan, 2)->data = strength;
  for (guint64 i = 0; i < RUNS; i++) {
    fill (gen_plan_input (plan, 0)->data, i);
    g_assert_true (gen_plan_run (plan, NULL));
    memcpy (made[i], gen_plan_output (plan, 0)->data, sizeof made[i]);
    memcpy (gen_plan_input (plan, 1)->data, gen_plan_output (plan, 1)->data,
        gen_plan_input (plan, 1)->size);
  }
}

static inline GenModelUse
use_of (GenModel *model)
{
  return (GenModelUse){ .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .height = HEIGHT,
    .width = WIDTH };
}

static inline void
set_strength (GenPlayer *player, float strength)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup_printf ("strength=%g", (double)strength);

  gen_player_set_parameters (player, text, &error);
  g_assert_no_error (error);
}

static inline void
play (GenPlayer *player, float (*made)[N])
{
  for (guint64 i = 0; i < RUNS; i++) {
    fill (gen_player_numbers (player, 0), i);
    g_assert_true (gen_player_run (player, NULL));
    memcpy (made[i], gen_player_output (player)->data, sizeof made[i]);
  }
}
