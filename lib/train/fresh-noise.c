/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fresh-noise.h"

#include <generative/random.h>
#include <generative/trainer.h>

#include "../graph/graph-private.h"

void
gen_fresh_noise_note (GenGraph *net)
{
  g_hash_table_insert (
      net->metadata, g_strdup (GEN_FRESH_NOISE), g_strdup ("*." GEN_FRESH_NOISE_PART));
}

static gboolean
is_noise (const GenTensor *tensor, const char *pattern)
{
  return tensor->role == GEN_ROLE_CONSTANT && tensor->type == GEN_TYPE_FLOAT32 &&
         g_pattern_match_simple (pattern, tensor->name);
}

/* What it draws hangs on its number alone, not on what else is in the graph. */
static GenTensor *
draw (GenGraph *net, const GenTensor *noise, gint64 batch, guint number, GError **error)
{
  GenShape shape = noise->shape;
  GenTensor *drawn;

  shape.dims[0] = batch;
  drawn = gen_graph_op (
      net, "RandomNormal", NULL, 0, 1, error, "shape", GEN_INTS, shape.rank, shape.dims, NULL);
  if (drawn == NULL)
    return NULL;
  drawn->producer->stream = GEN_STREAM_TRAINING_NOISE;
  drawn->producer->id = number;
  drawn->producer->draw.fixed = TRUE;
  return drawn;
}

static void
replace (GenGraph *net, guint n_nodes, GenTensor *from, GenTensor *to)
{
  for (guint i = 0; i < n_nodes; i++) {
    GenNode *node = g_ptr_array_index (net->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (node->inputs->pdata[k] == from)
        node->inputs->pdata[k] = to;
  }
}

gboolean
gen_fresh_noise_insert (GenGraph *net, gint64 batch, const char *what, GError **error)
{
  const char *pattern = g_hash_table_lookup (net->metadata, GEN_FRESH_NOISE);
  const guint n_tensors = net->tensors->len, n_nodes = net->nodes->len;
  guint number = 0;

  for (guint i = 0; pattern != NULL && i < n_tensors; i++) {
    GenTensor *noise = g_ptr_array_index (net->tensors, i), *drawn;

    if (!is_noise (noise, pattern))
      continue;
    if (noise->shape.rank < 1 || noise->shape.dims[0] != 1) {
      g_autofree char *text = gen_shape_to_string (&noise->shape);

      g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
          "the %s's constant '%s' is noise by the metadata " GEN_FRESH_NOISE
          ", and has the shape %s; its first extent, of the batch, must be 1",
          what, noise->name, text);
      return FALSE;
    }
    drawn = draw (net, noise, batch, number++, error);
    if (drawn == NULL)
      return FALSE;
    replace (net, n_nodes, noise, drawn);
  }
  if (number > 0)
    gen_graph_sort (net);
  return TRUE;
}
