/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The family of optimisers: a descriptor each, and their operators in lib/ops. */
#include <generative/optimizer.h>

static void
configure_adam (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "beta1", settings->beta1);
  gen_node_set_float (node, "beta2", settings->beta2);
  gen_node_set_float (node, "epsilon", settings->epsilon);
  gen_node_set_float (node, "weight_decay", settings->weight_decay);
}

static void
configure_adamw (GenNode *node, const GenOptimizerSettings *settings)
{
  configure_adam (node, settings);
  gen_node_set_int (node, "decoupled", 1);
}

static void
configure_rmsprop (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "alpha", settings->beta2);
  gen_node_set_float (node, "epsilon", settings->epsilon);
  gen_node_set_float (node, "weight_decay", settings->weight_decay);
}

static void
configure_sgd (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_node_set_float (node, "momentum", settings->beta1);
  gen_node_set_float (node, "weight_decay", settings->weight_decay);
}

const GenOptimizer gen_optimizer_adam = {
  .name = "adam",
  .description = "Adam: each weight's step is scaled by its gradient's mean and mean square",
  .operator_name = "Adam",
  .states = { "mean", "square" },
  .configure = configure_adam,
};

const GenOptimizer gen_optimizer_adamw = {
  .name = "adamw",
  .description = "Adam with weight decay that does not pass through the gradient",
  .operator_name = "Adam",
  .states = { "mean", "square" },
  .configure = configure_adamw,
};

const GenOptimizer gen_optimizer_rmsprop = {
  .name = "rmsprop",
  .description = "RMSProp: each weight's step is scaled by its gradient's mean square",
  .operator_name = "RMSProp",
  .states = { "square" },
  .configure = configure_rmsprop,
};

const GenOptimizer gen_optimizer_sgd = {
  .name = "sgd",
  .description = "Stochastic gradient descent; beta1 is the momentum",
  .operator_name = "GradientDescent",
  .states = { "velocity" },
  .configure = configure_sgd,
};

static const GenOptimizer *const optimizers[] = {
  &gen_optimizer_adam,
  &gen_optimizer_adamw,
  &gen_optimizer_rmsprop,
  &gen_optimizer_sgd,
  NULL,
};

const GenOptimizer *const *
gen_optimizer_list (void)
{
  return optimizers;
}

const GenOptimizer *
gen_optimizer_find (const char *name)
{
  for (int i = 0; optimizers[i] != NULL; i++)
    if (g_strcmp0 (optimizers[i]->name, name) == 0)
      return optimizers[i];
  return NULL;
}

GenTensor *
gen_optimizer_update (const GenOptimizer *optimizer, GenGraph *graph, GenTensor *weights,
    GenTensor *gradient, GenTensor *rate, GenTensor *step, GenTensor *factor,
    const GenOptimizerSettings *settings, GError **error)
{
  GenTensor *inputs[5 + GEN_OPTIMIZER_MAX_STATES] = { weights, gradient, rate, step };
  GenTensor *next;
  gsize size = gen_tensor_size (weights);
  int n = 0;

  for (; n < GEN_OPTIMIZER_MAX_STATES && optimizer->states[n] != NULL; n++) {
    g_autofree char *name = g_strconcat (weights->name, ".", optimizer->states[n], NULL);

    inputs[4 + n] = gen_graph_add_state (
        graph, name, weights->type, &weights->shape, g_bytes_new_take (g_malloc0 (size), size));
  }
  inputs[4 + n] = factor;
  next = gen_graph_op (
      graph, optimizer->operator_name, inputs, 4 + n + (factor != NULL), 1 + n, error, NULL);
  if (next == NULL)
    return NULL;
  optimizer->configure (next->producer, settings);
  gen_graph_assign (graph, weights, next);
  for (int i = 0; i < n; i++)
    gen_graph_assign (graph, inputs[4 + i], gen_node_output (next->producer, 1 + i));
  return next;
}
