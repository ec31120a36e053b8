/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs at random: a tensor goes through some steps, each an operator, or a formula as exporters
 * write it out. What a step needs beside it is constant, given, computed, or one of the tensors
 * before it. */
#include "random-graph-steps.h"

#include <string.h>

static GenTensor *
step (Maker *m, GenTensor *x)
{
  static GenTensor *(*const heavy[]) (Maker *, GenTensor *) = { random_product, random_product,
    random_convolution, random_convolution, random_convolution, random_transposed_convolution,
    random_attention, random_modulated_convolution };
  static GenTensor *(*const light[]) (Maker *, GenTensor *) = { random_arithmetic,
    random_arithmetic, random_arithmetic, random_residual, random_residual, random_activation,
    random_activation, random_activation, random_normalization, random_second_product,
    random_movement, random_movement };

  return random_once_in (m, 4) ? heavy[random_below (m, G_N_ELEMENTS (heavy))](m, x)
                               : light[random_below (m, G_N_ELEMENTS (light))](m, x);
}

/* Heavy operators stand at most graphs' beginning. */
static GenTensor *
begin (Maker *m)
{
  const gboolean large = m->most == MOST_OF_LARGE;
  gint64 n = large ? 1 : 1 + random_below (m, 2),
         channels = large ? ONE_OF (m, 32, 64) : ONE_OF (m, 1, 2, 3, 4, 6, 8, 16);
  GenTensor *x, *y = NULL;
  int picture = 0;

  switch (large ? 2 * random_below (m, 3) : random_below (m, 8)) {
  case 0:
  case 1:
    x = random_given (
        m, large ? GEN_SHAPE (70, 128) : GEN_SHAPE (ONE_OF (m, 1, 2, 3, 5, 17), random_width (m)));
    break;
  case 2:
    x = random_given (m, GEN_SHAPE (n, large ? 80 : ONE_OF (m, 1, 2, 5, 17, 20), random_width (m)));
    break;
  case 3:
    x = random_given (m, GEN_SHAPE (n, channels, ONE_OF (m, 4, 7, 16)));
    picture = 1;
    break;
  case 7:
    x = random_given (m, GEN_SHAPE (n, ONE_OF (m, 1, 2, 4), 3, ONE_OF (m, 3, 4), 4));
    picture = 1;
    break;
  default:
    x = random_given (m, large ? GEN_SHAPE (1, channels, 24, 24)
                               : GEN_SHAPE (n, channels, ONE_OF (m, 3, 5, 8), ONE_OF (m, 4, 7, 8)));
    picture = 1;
  }
  for (int i = 0; i < 3 && y == NULL; i++)
    y = picture ? random_convolution (m, x) : random_product (m, x);
  if (random_once_in (m, 6))
    return x;
  g_ptr_array_add (m->made, x);
  return y != NULL ? y : x;
}

/* The end of a generator: numbers become the bytes of frames. */
static GenTensor *
pack (Maker *m, GenTensor *x)
{
  gint64 channels = x->shape.rank == 4 ? x->shape.dims[1] : 0;
  GenTensor *bytes, *w;
  GenNode *node;

  if (m->type != GEN_TYPE_FLOAT32 || channels < 1 || x->shape.dims[2] < 1)
    return NULL;
  if (channels != 3 || random_once_in (m, 2)) {
    w = random_weights (m, GEN_SHAPE (3, channels, 1, 1), channels);
    x = OP (m, "Conv", ((GenTensor *[]){ x, w }), 2, NULL);
  }
  if (!random_once_in (m, 3))
    x = random_activation (m, x);
  if (random_once_in (m, 4))
    x = random_call (
        m, "Unsqueeze", random_call (m, "Flatten", x, NULL), random_ints (m, (gint64[]){ 2 }, 1));
  if (x->shape.rank != 4)
    return NULL;
  bytes = gen_graph_add_value (m->graph, NULL);
  node = gen_graph_add_node (
      m->graph, NULL, "generative", "PackPicture", GEN_OPSET, &x, 1, &bytes, 1, NULL);
  gen_node_set_ints (node, "order", (gint64[]){ 0, 1, 2 }, 3);
  gen_node_set_float (node, "range_min", -1);
  g_assert_true (node->op->infer (node, NULL));
  return bytes;
}

/* An output, once. */
static void
show (Maker *m, GenTensor *x)
{
  if (x->role != GEN_ROLE_VALUE || g_ptr_array_find (m->shown, x, NULL))
    return;
  g_ptr_array_add (m->shown, x);
  if (x->type == GEN_TYPE_FLOAT16 || x->type == GEN_TYPE_BFLOAT16)
    x = OP (m, "Cast", &x, 1, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  gen_graph_add_output (m->graph, x);
}

GenGraph *
random_graph_new (guint seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) made = g_ptr_array_new (), shown = g_ptr_array_new ();
  Maker m = { gen_graph_new ("random"), random, GEN_TYPE_FLOAT32, MOST_ELEMENTS, made, shown };
  GenTensor *x, *next;
  int steps;

  if (random_once_in (&m, 20))
    m.most = MOST_OF_LARGE;
  if (random_once_in (&m, 10))
    m.type = random_once_in (&m, 3) ? GEN_TYPE_BFLOAT16 : GEN_TYPE_FLOAT16;
  x = begin (&m);
  steps = 1 + random_below (&m, 8);
  for (int i = 0, tries = 0; i < steps && tries < 4 * steps; tries++) {
    next = step (&m, x);
    if (next == NULL || next->shape.rank > 5 || !random_fits (&m, &next->shape) ||
        gen_shape_elements (&next->shape) < 1)
      continue;
    g_ptr_array_add (made, x);
    x = next;
    i++;
    if (random_once_in (&m, 8))
      show (&m, x);
  }
  next = random_once_in (&m, 2) ? pack (&m, x) : NULL;
  show (&m, x);
  if (next != NULL)
    show (&m, next);
  if (m.graph->outputs->len == 0) /* nothing but what was given */
    show (&m, random_call (&m, "Relu", x, NULL));
  return m.graph;
}
