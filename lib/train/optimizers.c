/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of optimisers; each is a file in optimizers/, and its operator one in lib/ops. */
#include <generative/optimizer.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenOptimizer *const *
gen_optimizer_list (void)
{
  static const GenOptimizer *const list[] = {
    &gen_optimizer_adam,
    &gen_optimizer_adamw,
    &gen_optimizer_rmsprop,
    &gen_optimizer_sgd,
    &gen_optimizer_nesterov,
    &gen_optimizer_lion,
    &gen_optimizer_schedule_free,
    NULL,
  };

  return list;
}

const GenOptimizer *
gen_optimizer_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_optimizer_list (), name, "optimizer", GEN_TRAINER_ERROR,
      GEN_TRAINER_ERROR_SETTING, error);
}

/* The node that changed `weights` first in this step, which reads their states; NULL: none did. */
static const GenNode *
find_first (const GenTensor *weights)
{
  const GenNode *first = NULL;

  for (; weights->role != GEN_ROLE_STATE; weights = gen_node_input (first, 0))
    first = weights->producer;
  return first;
}

/* The first value of state `i`. */
static GBytes *
begin_state (const GenOptimizer *optimizer, const GenTensor *weights, int i)
{
  const gsize size = gen_tensor_size (weights);

  if (i == 0 && optimizer->begins_at_weights)
    return g_bytes_ref (weights->data);
  return g_bytes_new_take (g_malloc0 (size), size);
}

GenTensor *
gen_optimizer_update (const GenOptimizer *optimizer, GenGraph *graph, GenTensor *weights,
    GenTensor *gradient, GenTensor *rate, GenTensor *step, GenTensor *factor,
    const GenOptimizerSettings *settings, GError **error)
{
  GenTensor *inputs[5 + GEN_OPTIMIZER_MAX_STATES] = { weights, gradient, rate, step };
  const GenNode *first = find_first (weights);
  GenTensor *states[GEN_OPTIMIZER_MAX_STATES], *next;
  int n = 0;

  for (; n < GEN_OPTIMIZER_MAX_STATES && optimizer->states[n] != NULL; n++) {
    g_autofree char *name = g_strconcat (weights->name, ".", optimizer->states[n], NULL);

    states[n] = first != NULL ? gen_node_input (first, 4 + n)
                              : gen_graph_add_state (graph, name, weights->type, &weights->shape,
                                    begin_state (optimizer, weights, n));
    inputs[4 + n] = first != NULL ? gen_node_output (weights->producer, 1 + n) : states[n];
  }
  inputs[4 + n] = factor;
  next = gen_graph_op (
      graph, optimizer->operator_name, inputs, 4 + n + (factor != NULL), 1 + n, error, NULL);
  if (next == NULL)
    return NULL;
  optimizer->configure (next->producer, settings);
  gen_graph_assign (graph, first != NULL ? gen_node_input (first, 0) : weights, next);
  for (int i = 0; i < n; i++)
    gen_graph_assign (graph, states[i], gen_node_output (next->producer, 1 + i));
  return next;
}
