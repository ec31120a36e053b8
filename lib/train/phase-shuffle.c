/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a discriminator of sounds has its phases shuffled. That is no part of the net as it plays,
 * so it stands in its metadata, and the nodes in the graph of training alone: the net remains plain
 * ONNX, and training that begins from a file shuffles as well. */
#include "phase-shuffle.h"

#include <string.h>

#include <generative/operator.h>
#include <generative/random.h>
#include <generative/trainer.h>

#include "../graph/graph-private.h"

static gboolean
find_frames (const GenGraph *net, const char *what, gint64 *frames, GError **error)
{
  const char *text = g_hash_table_lookup (net->metadata, GEN_PHASE_SHUFFLE);

  *frames = 0;
  if (text == NULL || g_ascii_string_to_signed (text, 10, 0, G_MAXINT32, frames, NULL))
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s's metadata " GEN_PHASE_SHUFFLE " is '%s'; it must be a number of frames, such as 2",
      what, text);
  return FALSE;
}

static gboolean
is_shuffled (const GenNode *node)
{
  return node->op->domain == NULL && strcmp (node->op->name, "Conv") == 0 &&
         gen_node_input (node, 0)->producer != NULL && gen_node_input (node, 1)->shape.rank == 3;
}

/* A node whose result's shape is found once the batch is known. */
static GenNode *
add (GenGraph *net, const char *domain, const char *op, GenTensor *const *inputs, int n,
    GError **error)
{
  GenTensor *output = gen_graph_add_value (net, NULL);

  return gen_graph_add_node (net, NULL, domain, op, GEN_OPSET, inputs, n, &output, 1, error);
}

/* The `number`th shuffle. What it draws hangs on its number alone, not on what else is in the
 * graph, and is the same wherever the net is applied in a step. */
static GenTensor *
shuffle (GenGraph *net, GenTensor *x, gint64 batch, gint64 frames, guint number, GError **error)
{
  GenNode *draws = add (net, NULL, "RandomUniform", NULL, 0, error), *node;

  if (draws == NULL)
    return NULL;
  gen_node_set_ints (draws, "shape", &batch, 1);
  draws->stream = GEN_STREAM_PHASE_SHUFFLE;
  draws->id = number;
  draws->draw.fixed = TRUE;
  node = add (net, "generative", "PhaseShuffle", (GenTensor *[]){ x, gen_node_output (draws, 0) },
      2, error);
  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "n", frames);
  return gen_node_output (node, 0);
}

gboolean
gen_phase_shuffle_insert (GenGraph *net, gint64 batch, const char *what, GError **error)
{
  guint n_nodes = net->nodes->len;
  guint number = 0;
  gint64 frames;

  if (!find_frames (net, what, &frames, error))
    return FALSE;
  if (frames == 0)
    return TRUE;
  for (guint i = 0; i < n_nodes; i++) {
    GenNode *node = g_ptr_array_index (net->nodes, i);
    GenTensor *shuffled;

    if (!is_shuffled (node))
      continue;
    shuffled = shuffle (net, gen_node_input (node, 0), batch, frames, number++, error);
    if (shuffled == NULL)
      return FALSE;
    node->inputs->pdata[0] = shuffled;
  }
  gen_graph_sort (net);
  return TRUE;
}
