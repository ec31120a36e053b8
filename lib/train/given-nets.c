/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets as exporters write them, made such that training finds all of their weights. */
#include <generative/parameters.h>

#include <math.h>
#include <string.h>

#include <generative/operator.h>
#include <generative/trainer.h>

#include "../graph/graph-private.h"

/* The input of a Dropout that says whether it drops. */
#define TRAINING_MODE 2

static gboolean
is (const GenNode *node, const char *name)
{
  return node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

/* Exporters write equal numbers once, and Identity for each further weight that has them at first.
 * A weight of its own is in its place. */
static void
part_weights (GenGraph *graph, GenNode *node)
{
  const GenTensor *from = gen_node_input (node, 0);
  GenTensor *to = gen_node_output (node, 0);

  if (from->role != GEN_ROLE_CONSTANT || g_ptr_array_find (graph->outputs, to, NULL))
    return;
  to->role = GEN_ROLE_CONSTANT;
  to->type = from->type;
  to->shape = from->shape;
  to->data = g_bytes_ref (from->data);
  to->producer = NULL;
}

/* Training is the trainer's to switch on, and what it writes is to play. */
static void
stop_normalization (GenNode *node)
{
  if (node->opset >= 14)
    gen_node_set_int (node, "training_mode", 0);
  g_ptr_array_set_size (node->outputs, 1);
}

static void
stop_dropout (GenNode *node)
{
  if (node->inputs->len > TRAINING_MODE)
    g_ptr_array_set_size (node->inputs, TRAINING_MODE);
}

void
gen_parameters_settle (GenGraph *net)
{
  for (guint i = 0; i < net->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (net->nodes, i);

    if (is (node, "Identity"))
      part_weights (net, node);
    if (is (node, "BatchNormalization"))
      stop_normalization (node);
    if (is (node, "Dropout"))
      stop_dropout (node);
  }
  gen_graph_remove_dead (net);
}

/* The place of the first number that is not finite, or how many there are. */
static gsize
find_not_finite (const float *numbers, gsize n)
{
  gsize i = 0;

  while (i < n && isfinite (numbers[i]))
    i++;
  return i;
}

gboolean
gen_parameters_check_finite (const GenGraph *graph, const char *path, GError **error)
{
  g_autoptr (GArray) parameters = gen_parameters_list (graph, "", NULL);

  for (guint i = 0; i < parameters->len; i++) {
    const GenTensor *tensor = g_array_index (parameters, GenParameter, i).tensor;
    gsize size, place;
    const float *numbers = g_bytes_get_data (tensor->data, &size);

    if (tensor->type != GEN_TYPE_FLOAT32)
      continue;
    place = find_not_finite (numbers, size / sizeof *numbers);
    if (place == size / sizeof *numbers)
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "'%s': number %" G_GSIZE_FORMAT
        " of '%s' (counted from 0) is %f, and no training can begin "
        "with that, nor learn from it",
        path, place, tensor->name, (double)numbers[place]);
    return FALSE;
  }
  return TRUE;
}
