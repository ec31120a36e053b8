/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SoftmaxCrossEntropyLoss: LogSoftmax over the classes, then NegativeLogLikelihoodLoss. */
#include <generative/operator.h>

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *scores = gen_node_input (node, 0), *weights = gen_node_input (node, 2);
  const GenAttribute *ignore = gen_node_attribute (node, "ignore_index");
  GenTensor *logarithms, *loss;

  if (scores->shape.rank < 2)
    return gen_node_error (node, error, "its input must be [batch, classes, …]");
  logarithms = gen_graph_op (graph, "LogSoftmax", &scores, 1, 1, error, "axis", GEN_INT, 1, NULL);
  if (logarithms == NULL)
    return FALSE;
  loss = gen_graph_op (graph, "NegativeLogLikelihoodLoss",
      (GenTensor *[]){ logarithms, gen_node_input (node, 1), weights }, weights != NULL ? 3 : 2, 1,
      error, "reduction", GEN_STRING, gen_node_string (node, "reduction", "mean"), NULL);
  if (loss == NULL)
    return FALSE;
  if (ignore != NULL)
    gen_node_set_int (loss->producer, "ignore_index", ignore->i);
  results[0] = loss;
  if (node->outputs->len > 1)
    results[1] = logarithms;
  return TRUE;
}

const GenOperator gen_operator_softmax_cross_entropy_loss = {
  .name = "SoftmaxCrossEntropyLoss",
  .summary = "Cross entropy of scores, made probabilities by Softmax, and labels",
  .since = 12,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 2,
  .lower = lower,
};
