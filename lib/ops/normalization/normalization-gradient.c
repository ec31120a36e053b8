/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients of the gradients of normalisations. They are rare beside the gradients themselves, so
 * there are no kernels: the normalisation is written out in ordinary nodes, and these are
 * differentiated twice. */
#include "normalization-gradient.h"

#include "../build.h"

enum { X, SCALE, DY, MEAN, VARIANCE, N_INPUTS };

GenShape
gen_normalization_channels (const GenShape *x)
{
  GenShape shape = *x;

  for (int i = 0; i < shape.rank; i++)
    shape.dims[i] = i == 1 ? x->dims[1] : 1;
  return shape;
}

/* `away` from the mean, over the deviation. */
static GenTensor *
over_deviation (
    GenGraph *graph, GenTensor *away, GenTensor *variance, double epsilon, GError **error)
{
  variance = gen_build_plus (graph, variance, epsilon, error);
  return variance == NULL
             ? NULL
             : gen_binary (graph, "Div", away, gen_unary (graph, "Sqrt", variance, error), error);
}

static GenTensor *
by_own (
    GenGraph *graph, GenTensor *x, const GenNormalizationView *view, double epsilon, GError **error)
{
  const GenShape shape = x->shape;
  GenTensor *square;

  x = gen_build_reshape (graph, x, &view->view, error);
  if (view->centred)
    x = gen_binary (graph, "Sub", x,
        gen_build_reduce (graph, "ReduceMean", x, view->axes, view->n_axes, error), error);
  square = gen_binary (graph, "Mul", x, x, error);
  square = gen_build_reduce (graph, "ReduceMean", square, view->axes, view->n_axes, error);
  return gen_build_reshape (
      graph, over_deviation (graph, x, square, epsilon, error), &shape, error);
}

static GenTensor *
by_given (GenGraph *graph, GenTensor *const *inputs, const GenNormalizationView *view,
    double epsilon, GError **error)
{
  GenTensor *mean = gen_build_reshape (graph, inputs[MEAN], &view->scale, error);
  GenTensor *variance = gen_build_reshape (graph, inputs[VARIANCE], &view->scale, error);

  return over_deviation (
      graph, gen_binary (graph, "Sub", inputs[X], mean, error), variance, epsilon, error);
}

/* `written` computes `y`, what the normalisation does whose gradient the node is: its output i is
 * that of wrt[i]. */
static gboolean
go_through (GenGradient *g, GenGraph *written, GenTensor *const *inputs, GenTensor *y,
    GenTensor *const *wrt, GError **error)
{
  GenTensor *gradients[3];

  y = gen_binary (written, "Mul", y, inputs[DY], error);
  if (y == NULL)
    return FALSE;
  y = gen_graph_op (written, "ReduceSum", &y, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return y != NULL && gen_graph_gradients (written, y, wrt, 3, gradients, error) &&
         gen_gradient_through (g, written, inputs, gradients, error);
}

gboolean
gen_normalization_gradient_gradient (
    GenGradient *g, const GenNormalizationView *view, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  const double epsilon = gen_node_float (g->node, "epsilon", 1e-5f);
  GenTensor *inputs[N_INPUTS] = { NULL }, *bias, *y;

  for (guint i = 0; i < g->node->inputs->len; i++)
    inputs[i] = gen_graph_add_input (
        graph, NULL, gen_node_input (g->node, i)->type, &gen_node_input (g->node, i)->shape);
  bias = gen_graph_full (graph, &inputs[SCALE]->shape, 0);
  y = inputs[MEAN] != NULL ? by_given (graph, inputs, view, epsilon, error)
                           : by_own (graph, inputs[X], view, epsilon, error);
  y = gen_binary (
      graph, "Mul", y, gen_build_reshape (graph, inputs[SCALE], &view->scale, error), error);
  y = gen_binary (graph, "Add", y, gen_build_reshape (graph, bias, &view->scale, error), error);
  return go_through (g, graph, inputs, y, (GenTensor *[]){ inputs[X], inputs[SCALE], bias }, error);
}
