/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wherever a layer reads channels, these are multiplied by a gate each, of ones. The gradient by a
 * gate is the sum of activation times gradient, which is how much the result would change, to first
 * order, were the channel not read there. The result is the sum of all outputs, each number
 * weighted by a random one: with J what an output changes by, the mean of (v J)^2 over v of
 * variance 1 is the sum of J^2. */
#include <generative/channel-criterion.h>

#include <generative/operator.h>
#include <generative/run-set.h>

#include "../graph/graph-private.h"
#include "channels-private.h"

/* Where a layer reads channels: axis `axis` of `read`, a tensor of the graph looked at. */
typedef struct {
  const GenTensor *read;
  int axis;
} Site;

typedef struct {
  const GenChannels *channels;
  GArray *sites;    /* of Site */
  GPtrArray *gates; /* GenTensor, a constant each */
  double *changes;  /* by each channel, in one run */
  double *scores;
} Taylor;

/* --- the graph --- */

/* Which input of `node` is read by weights, and along which axis; FALSE where none is. */
static gboolean
find_site (const Taylor *taylor, const GenNode *node, guint *input, int *axis)
{
  for (guint i = 0; i < taylor->channels->marks->len; i++) {
    const GenChannelMark *mark = &g_array_index (taylor->channels->marks, GenChannelMark, i);
    guint at;
    int rank;

    if (mark->use != GEN_CHANNEL_READ || !g_ptr_array_find (node->inputs, mark->tensor, &at) ||
        at > 1)
      continue;
    *input = 1 - at;
    rank = gen_channels_shape (taylor->channels, gen_node_input (node, *input))->rank;
    if (gen_channels_is (node, "Conv") || gen_channels_is (node, "ConvTranspose"))
      *axis = 1;
    else if (gen_channels_is (node, "Gemm"))
      *axis = (*input == 0) == (gen_node_int (node, *input == 0 ? "transA" : "transB", 0) == 0);
    else if (gen_channels_is (node, "MatMul"))
      *axis = *input == 0 ? rank - 1 : rank - 2;
    else
      continue;
    return TRUE;
  }
  return FALSE;
}

/* `copy`, which is `node` in the graph that is played, reads through a gate. */
static gboolean
add_gate (Taylor *taylor, const GenNode *node, GenNode *copy, GError **error)
{
  const GenShape *shape;
  GenShape ones = { .rank = 0 };
  GenTensor *gate, *read;
  guint input;
  Site site;

  if (!find_site (taylor, node, &input, &site.axis))
    return TRUE;
  site.read = gen_node_input (node, input);
  shape = gen_channels_shape (taylor->channels, site.read);
  ones.rank = shape->rank - site.axis;
  for (int d = 0; d < ones.rank; d++)
    ones.dims[d] = d == 0 ? shape->dims[site.axis] : 1;
  gate = gen_graph_full (copy->graph, &ones, 1);
  read = gen_graph_write (
      copy->graph, "Mul", (GenTensor *[]){ gen_node_input (copy, input), gate }, 2, error);
  if (read == NULL)
    return FALSE;
  copy->inputs->pdata[input] = read;
  g_array_append_val (taylor->sites, site);
  g_ptr_array_add (taylor->gates, gate);
  return TRUE;
}

/* The sum of all outputs, by random numbers. */
static GenTensor *
weigh_outputs (GenGraph *graph, GError **error)
{
  GenTensor *total = NULL;

  for (guint i = 0; i < graph->outputs->len; i++) {
    GenTensor *y = g_ptr_array_index (graph->outputs, i), *sum;

    if (y->type != GEN_TYPE_FLOAT32)
      continue;
    sum = gen_binary (graph, "Mul", y, gen_unary (graph, "RandomNormalLike", y, error), error);
    sum = sum == NULL
              ? NULL
              : gen_graph_op (graph, "ReduceSum", &sum, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
    total = total == NULL ? sum : gen_binary (graph, "Add", total, sum, error);
    if (total == NULL)
      return NULL;
  }
  if (total == NULL)
    g_set_error_literal (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL,
        "criterion taylor: the model has no output of float32");
  return total;
}

/* A graph whose outputs are the gradients by the gates. Gates by which none flows go. */
static gboolean
write_gradients (Taylor *taylor, GenGraph *graph, GError **error)
{
  g_autofree GenTensor **gradients = g_new0 (GenTensor *, taylor->gates->len);
  GenTensor *total = weigh_outputs (graph, error);

  if (total == NULL || !gen_graph_gradients (graph, total, (GenTensor **)taylor->gates->pdata,
                           (int)taylor->gates->len, gradients, error))
    return FALSE;
  g_ptr_array_set_size (graph->outputs, 0);
  for (guint i = taylor->gates->len; i-- > 0;)
    if (gradients[i] == NULL)
      g_array_remove_index (taylor->sites, i);
  for (guint i = 0; i < taylor->gates->len; i++)
    if (gradients[i] != NULL)
      gen_graph_add_output (graph, gradients[i]);
  gen_graph_remove_dead (graph);
  return TRUE;
}

static GenGraph *
write_graph (Taylor *taylor, GError **error)
{
  const GPtrArray *nodes = taylor->channels->graph->nodes;
  g_autoptr (GenGraph) graph = gen_graph_copy (taylor->channels->graph);

  for (guint i = 0; i < nodes->len; i++)
    if (!add_gate (taylor, nodes->pdata[i], graph->nodes->pdata[i], error))
      return NULL;
  gen_graph_sort (graph);
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);

    input->shape = *gen_channels_shape (taylor->channels, input);
  }
  if (!gen_graph_infer (graph, error) || !write_gradients (taylor, graph, error)) {
    g_prefix_error_literal (error, "criterion taylor: ");
    return NULL;
  }
  return g_steal_pointer (&graph);
}

/* --- runs --- */

static gboolean
take_run (guint run, const GenBinding *const *outputs, guint n, gpointer data, GError **error)
{
  Taylor *taylor = data;
  const guint channels = gen_channels_count (taylor->channels);

  for (guint i = 0; i < channels; i++)
    taylor->changes[i] = 0;
  for (guint i = 0; i < n; i++) {
    const Site *site = &g_array_index (taylor->sites, Site, i);
    const float *gradient = outputs[i]->data;

    for (gsize k = 0; k < outputs[i]->size / sizeof *gradient; k++) {
      const int channel = gen_channels_number (taylor->channels, site->read, site->axis, (gint64)k);

      if (channel >= 0)
        taylor->changes[channel] += gradient[k];
    }
  }
  for (guint i = 0; i < channels; i++)
    taylor->scores[i] += taylor->changes[i] * taylor->changes[i];
  return TRUE;
}

static gboolean
score (const GenChannels *channels, const GenRunSet *runs, double *scores, GError **error)
{
  g_autoptr (GArray) sites = g_array_new (FALSE, FALSE, sizeof (Site));
  g_autoptr (GPtrArray) gates = g_ptr_array_new ();
  g_autofree double *changes = g_new0 (double, gen_channels_count (channels));
  Taylor taylor = { channels, sites, gates, changes, scores };
  g_autoptr (GenGraph) graph = write_graph (&taylor, error);

  if (graph == NULL)
    return FALSE;
  for (guint i = 0; i < gen_channels_count (channels); i++)
    scores[i] = 0;
  return gen_run_set_play (runs, graph, NULL, take_run, &taylor, error);
}

const GenChannelCriterion gen_channel_criterion_taylor = {
  .name = "taylor",
  .summary = "How much the outputs would change without a channel: activation times gradient, on "
             "runs of the model",
  .plays = TRUE,
  .score = score,
};
