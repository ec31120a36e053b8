/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short ways to append nodes: each is one call of gen_graph_op, with what it needs worked out. */
#include "build.h"

#include <string.h>

GenTensor *
gen_build_reshape (GenGraph *graph, GenTensor *x, const GenShape *shape, GError **error)
{
  if (x == NULL || gen_shape_equal (&x->shape, shape))
    return x;
  /* An extent of 0 is meant, where there is one: it is not that of `x`. */
  return gen_graph_op (graph, "Reshape",
      (GenTensor *[]){ x, gen_graph_ints (graph, shape->dims, shape->rank) }, 2, 1, error,
      gen_shape_elements (shape) == 0 ? "allowzero" : NULL, GEN_INT, 1, NULL);
}

GenTensor *
gen_build_cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error)
{
  if (x == NULL || x->type == type)
    return x;
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)type, NULL);
}

static GenTensor *
with_number (GenGraph *graph, const char *op, GenTensor *x, double number, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_binary (
      graph, op, x, gen_build_cast (graph, gen_graph_float (graph, number), x->type, error), error);
}

GenTensor *
gen_build_times (GenGraph *graph, GenTensor *x, double factor, GError **error)
{
  return factor == 1 ? x : with_number (graph, "Mul", x, factor, error);
}

GenTensor *
gen_build_plus (GenGraph *graph, GenTensor *x, double term, GError **error)
{
  return with_number (graph, "Add", x, term, error);
}

GenTensor *
gen_build_transpose (GenGraph *graph, GenTensor *x, const gint64 *order, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, x->shape.rank, order, NULL);
}

GenTensor *
gen_build_swap (GenGraph *graph, GenTensor *x, GError **error)
{
  gint64 order[GEN_MAX_RANK];
  int rank;

  if (x == NULL || x->shape.rank < 2)
    return x;
  rank = x->shape.rank;
  for (int i = 0; i < rank; i++)
    order[i] = i;
  order[rank - 1] = rank - 2;
  order[rank - 2] = rank - 1;
  return gen_build_transpose (graph, x, order, error);
}

GenTensor *
gen_build_reduce (
    GenGraph *graph, const char *op, GenTensor *x, const gint64 *axes, int n, GError **error)
{
  if (x == NULL)
    return NULL;
  /* At GEN_OPSET the axes of ReduceSum are an input, those of all others an attribute. */
  if (strcmp (op, "ReduceSum") == 0)
    return gen_binary (graph, op, x, gen_graph_ints (graph, axes, n), error);
  return gen_graph_op (graph, op, &x, 1, 1, error, "axes", GEN_INTS, n, axes, NULL);
}

static GenTensor *
build (GenGraph *graph, const char *op, int opset, GenTensor *const *inputs, int n_inputs,
    const GenNode *like, GError **error)
{
  GenTensor *output = gen_graph_add_value (graph, NULL);
  GenNode *node =
      gen_graph_add_node (graph, NULL, NULL, op, opset, inputs, n_inputs, &output, 1, error);

  if (node == NULL)
    return NULL;
  for (guint i = 0; i < like->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (like->attributes, i);

    if (attribute->type == GEN_ATTRIBUTE_INT)
      gen_node_set_int (node, attribute->name, attribute->i);
    else if (attribute->type == GEN_ATTRIBUTE_FLOAT)
      gen_node_set_float (node, attribute->name, attribute->f);
    else if (attribute->type == GEN_ATTRIBUTE_STRING)
      gen_node_set_string (node, attribute->name, attribute->s);
    else if (attribute->type == GEN_ATTRIBUTE_INTS)
      gen_node_set_ints (
          node, attribute->name, (const gint64 *)attribute->ints->data, attribute->ints->len);
    else if (attribute->type == GEN_ATTRIBUTE_FLOATS)
      gen_node_set_floats (
          node, attribute->name, (const float *)attribute->floats->data, attribute->floats->len);
  }
  return node->op->infer (node, error) ? output : NULL;
}

GenTensor *
gen_build_like (GenGraph *graph, const char *op, GenTensor *const *inputs, int n_inputs,
    const GenNode *like, GError **error)
{
  return build (graph, op, GEN_OPSET, inputs, n_inputs, like, error);
}

GenTensor *
gen_build_again (const GenNode *node, GenTensor *const *inputs, int n_inputs, GError **error)
{
  return build (node->graph, node->op->name, node->opset, inputs, n_inputs, node, error);
}

GenTensor *
gen_build_slice (
    GenGraph *graph, GenTensor *x, gint64 axis, gint64 first, gint64 end, GError **error)
{
  GenTensor *inputs[] = { x, gen_graph_ints (graph, &first, 1), gen_graph_ints (graph, &end, 1),
    gen_graph_ints (graph, &axis, 1) };

  return x != NULL ? gen_graph_op (graph, "Slice", inputs, 4, 1, error, NULL) : NULL;
}

GenTensor *
gen_build_concat (GenGraph *graph, GenTensor *a, GenTensor *b, int axis, GError **error)
{
  if (a == NULL || b == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Concat", (GenTensor *[]){ a, b }, 2, 1, error, "axis", GEN_INT, axis, NULL);
}
