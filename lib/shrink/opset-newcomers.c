/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that came late, in those that were there before. */
#include "opset.h"

#include <string.h>

#include <generative/operator.h>

#define ROOT_HALF 0.70710678f
#define ROOT_OF_2_BY_PI 0.79788456f
#define CUBIC 0.044715f

/* Nodes of one opset, one after the other; a NULL operand gives NULL. */
typedef struct {
  GenGraph *graph;
  int opset;
  GError **error;
} Writing;

static GenTensor *
one (const Writing *w, const char *op, GenTensor *x)
{
  return gen_opset_write (w->graph, op, w->opset, &x, 1, w->error);
}

static GenTensor *
two (const Writing *w, const char *op, GenTensor *a, GenTensor *b)
{
  return gen_opset_write (w->graph, op, w->opset, (GenTensor *[]){ a, b }, 2, w->error);
}

static GenTensor *
by (const Writing *w, const char *op, GenTensor *a, float number)
{
  return two (w, op, a, gen_graph_float (w->graph, number));
}

/* x (1 + f) / 2 */
static GenTensor *
half_of (const Writing *w, GenTensor *x, GenTensor *f)
{
  return by (w, "Mul", two (w, "Mul", x, by (w, "Add", f, 1)), 0.5f);
}

static GenTensor *
write_gelu (GenGraph *graph, const GenGraph *shaped, const GenNode *node, int opset, GError **error)
{
  const Writing w = { graph, opset, error };
  GenTensor *x = gen_node_input (node, 0), *cube;

  if (strcmp (gen_node_string (node, "approximate", "none"), "tanh") != 0)
    return half_of (&w, x, one (&w, "Erf", by (&w, "Mul", x, ROOT_HALF)));
  cube = by (&w, "Mul", two (&w, "Mul", two (&w, "Mul", x, x), x), CUBIC);
  return half_of (
      &w, x, one (&w, "Tanh", by (&w, "Mul", two (&w, "Add", x, cube), ROOT_OF_2_BY_PI)));
}

static GenTensor *
write_mish (GenGraph *graph, const GenGraph *shaped, const GenNode *node, int opset, GError **error)
{
  const Writing w = { graph, opset, error };
  GenTensor *x = gen_node_input (node, 0);

  return two (&w, "Mul", x, one (&w, "Tanh", one (&w, "Softplus", x)));
}

static GenTensor *
write_hard_swish (
    GenGraph *graph, const GenGraph *shaped, const GenNode *node, int opset, GError **error)
{
  const Writing w = { graph, opset, error };
  GenTensor *x = gen_node_input (node, 0), *hard = one (&w, "HardSigmoid", x);

  if (hard == NULL)
    return NULL;
  gen_node_set_float (hard->producer, "alpha", 1.f / 6);
  gen_node_set_float (hard->producer, "beta", 0.5f);
  return two (&w, "Mul", x, hard);
}

static GenTensor *
mean (const Writing *w, GenTensor *x, const gint64 *axes, int n)
{
  GenTensor *made;

  if (w->opset >= 18)
    return two (w, "ReduceMean", x, gen_graph_ints (w->graph, axes, (gsize)n));
  made = one (w, "ReduceMean", x);
  if (made != NULL)
    gen_node_set_ints (made->producer, "axes", axes, n);
  return made;
}

static GenTensor *
write_layer_normalization (
    GenGraph *graph, const GenGraph *shaped, const GenNode *node, int opset, GError **error)
{
  const Writing w = { graph, opset, error };
  const int rank = gen_opset_rank (shaped, gen_node_input (node, 0));
  const int axis = rank > 0 ? gen_axis (gen_node_int (node, "axis", -1), rank) : -1;
  GenTensor *x = gen_node_input (node, 0), *variance;
  gint64 axes[GEN_MAX_RANK];

  if (axis < 0 || gen_node_output (node, 1) != NULL || gen_node_output (node, 2) != NULL) {
    gen_opset_fail (node, error, "its rank is not known, or its statistics are read");
    return NULL;
  }
  for (int d = axis; d < rank; d++)
    axes[d - axis] = d;
  x = two (&w, "Sub", x, mean (&w, x, axes, rank - axis));
  variance = mean (&w, two (&w, "Mul", x, x), axes, rank - axis);
  variance = by (&w, "Add", variance, gen_node_float (node, "epsilon", 1e-5f));
  x = two (&w, "Mul", two (&w, "Div", x, one (&w, "Sqrt", variance)), gen_node_input (node, 1));
  return gen_node_input (node, 2) != NULL ? two (&w, "Add", x, gen_node_input (node, 2)) : x;
}

const GenOpsetNewcomer gen_opset_newcomers[] = {
  { "HardSwish", 14, write_hard_swish },
  { "LayerNormalization", 17, write_layer_normalization },
  { "Mish", 18, write_mish },
  { "Gelu", 20, write_gelu },
  { NULL },
};
