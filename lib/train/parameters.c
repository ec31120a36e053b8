/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/parameters.h>

#include <string.h>

#include <generative/operator.h>

#include "grow.h"

#define ALL "all"
#define HEAD "head"
/* In front of a name: what it means stays. */
#define NOT '!'

/* Of a normalisation: scale, bias, mean and variance, behind what it normalises. */
#define FIRST_STATISTIC 3
#define N_STATISTICS 2

/* NULL: all. (transfer full) */
static char **
split (const char *trainable)
{
  return trainable != NULL && *trainable != '\0' ? g_strsplit (trainable, ",", -1) : NULL;
}

static gboolean
has_statistics (const GenNode *node)
{
  const GenTensor *mean = gen_node_input (node, FIRST_STATISTIC),
                  *variance = gen_node_input (node, FIRST_STATISTIC + 1);

  return node->op->domain == NULL && strcmp (node->op->name, "BatchNormalization") == 0 &&
         mean->role == GEN_ROLE_CONSTANT && variance->role == GEN_ROLE_CONSTANT;
}

static gboolean
is_weight (const GenNode *node, guint input)
{
  const GenTensor *tensor = gen_node_input (node, input);

  if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT || tensor->type != GEN_TYPE_FLOAT32)
    return FALSE;
  if (node->op->elementwise && node->op->weights == 0x3 && gen_shape_elements (&tensor->shape) < 2)
    return FALSE;
  return input < 32 && (node->op->weights >> input & 1);
}

/* The last node that has weights. */
static const GenNode *
find_head (const GenGraph *graph)
{
  for (guint i = graph->nodes->len; i-- > 0;) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (is_weight (node, k))
        return node;
  }
  return NULL;
}

/* A weight of several nodes may be one of the head's, too. */
static gboolean
is_weight_of (const GenNode *node, const GenTensor *tensor)
{
  for (guint k = 0; k < node->inputs->len; k++)
    if (gen_node_input (node, k) == tensor && is_weight (node, k))
      return TRUE;
  return FALSE;
}

/* Of the head, and, where that only adds or multiplies by its weights, of what it does so to: a
 * dense layer may be two nodes. */
static gboolean
is_weight_of_head (const GenNode *head, const GenTensor *tensor)
{
  if (is_weight_of (head, tensor))
    return TRUE;
  for (guint k = 0; head->op->elementwise && k < head->inputs->len; k++) {
    const GenTensor *input = gen_node_input (head, k);

    if (input != NULL && input->producer != NULL && is_weight_of (input->producer, tensor))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_called (const GenTensor *tensor, const char *net, const char *pattern)
{
  g_autofree char *full = g_strconcat (net, ".", tensor->name, NULL);

  return g_pattern_match_simple (pattern, tensor->name) || g_pattern_match_simple (pattern, full);
}

static gboolean
is_head_of (const char *pattern, const char *net)
{
  g_autofree char *full = g_strconcat (net, "." HEAD, NULL);

  return strcmp (pattern, HEAD) == 0 || strcmp (pattern, full) == 0;
}

/* Whether `pattern`, without NOT, means a weight of a node. */
static gboolean
means (const char *pattern, const GenTensor *tensor, const char *net, gboolean is_head)
{
  return strcmp (pattern, ALL) == 0 || (is_head && is_head_of (pattern, net)) ||
         is_called (tensor, net, pattern);
}

/* Whether the weight is trained: one of `patterns` means it, or all say only what is not, and none
 * says that it is not. */
static gboolean
is_meant (char *const *patterns, const GenTensor *tensor, const char *net, gboolean is_head)
{
  gboolean any = FALSE, meant = FALSE;

  for (; *patterns != NULL; patterns++) {
    const char *pattern = g_strstrip (*patterns);

    if (*pattern == NOT && means (g_strchug (*patterns + 1), tensor, net, is_head))
      return FALSE;
    any = any || *pattern != NOT;
    meant = meant || (*pattern != NOT && means (pattern, tensor, net, is_head));
  }
  return meant || !any;
}

static void
add (GArray *list, GHashTable *known, GenTensor *tensor, gboolean statistic, gboolean trainable)
{
  const GenParameter parameter = { tensor, statistic, trainable };

  if (g_hash_table_add (known, tensor))
    g_array_append_val (list, parameter);
}

/* The weights of a node, and then its statistics. */
static void
add_node (GArray *list, GHashTable *known, const GenNode *node, char *const *patterns,
    const char *net, const GenNode *head)
{
  gboolean any = FALSE;

  for (guint k = 0; k < node->inputs->len; k++) {
    GenTensor *tensor = gen_node_input (node, k);
    gboolean meant;

    if (!is_weight (node, k))
      continue;
    meant = patterns == NULL || is_meant (patterns, tensor, net, is_weight_of_head (head, tensor));
    any = any || meant;
    add (list, known, tensor, FALSE, meant);
  }
  if (has_statistics (node))
    for (guint k = 0; k < N_STATISTICS; k++)
      add (list, known, gen_node_input (node, FIRST_STATISTIC + k), TRUE, any);
}

GArray *
gen_parameters_list (const GenGraph *graph, const char *net, const char *trainable)
{
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
  g_auto (GStrv) patterns = split (trainable);
  const GenNode *head = find_head (graph);
  GArray *list = g_array_new (FALSE, FALSE, sizeof (GenParameter));

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    add_node (list, known, node, patterns, net, head);
  }
  return list;
}

gboolean
gen_parameters_are_trained (const GenGraph *graph, const char *net, const char *trainable)
{
  g_autoptr (GArray) list = gen_parameters_list (graph, net, trainable);

  for (guint i = 0; i < list->len; i++)
    if (g_array_index (list, GenParameter, i).trainable)
      return TRUE;
  return FALSE;
}

/* --- names that say nothing --- */

char *
gen_parameters_find_idle (
    GenGraph *const *nets, const char *const *names, guint n, const char *trainable)
{
  g_auto (GStrv) patterns = split (trainable);

  for (char **pattern = patterns; pattern != NULL && *pattern != NULL; pattern++) {
    const char *name = g_strstrip (*pattern);
    gboolean used = FALSE;

    if (*name == NOT)
      name++;
    /* An empty name means none, though an empty text means all. */
    for (guint i = 0; i < n && !used && *name != '\0'; i++)
      used = gen_parameters_are_trained (nets[i], names[i], name);
    if (!used)
      return g_strdup (g_strstrip (*pattern));
  }
  return NULL;
}

/* --- numbers of another net --- */

static gboolean
take (GenTensor *to, const GenGraph *from)
{
  const GenTensor *tensor = gen_graph_find (from, to->name);
  const void *numbers;

  if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT || tensor->type != to->type ||
      !gen_shape_equal (&tensor->shape, &to->shape))
    return FALSE;
  numbers = gen_tensor_constant (tensor);
  g_bytes_unref (to->data);
  to->data = g_bytes_new (numbers, gen_tensor_size (to));
  return TRUE;
}

GPtrArray *
gen_parameters_take (GenGraph *net, GenGraph *const *from, guint n)
{
  g_autoptr (GArray) parameters = gen_parameters_list (net, "", NULL);
  GPtrArray *left = g_ptr_array_new ();

  for (guint i = 0; i < parameters->len; i++) {
    GenTensor *tensor = g_array_index (parameters, GenParameter, i).tensor;
    gboolean taken = FALSE;

    for (guint k = 0; k < n && !taken; k++)
      taken = take (tensor, from[k]);
    if (!taken)
      g_ptr_array_add (left, tensor->name);
  }
  return left;
}

gboolean
gen_parameters_grow (
    GenGraph *net, const char *name, const GenGraph *from, gint64 before, gint64 now)
{
  GenTensor *to = gen_graph_find (net, name);
  const GenTensor *tensor = gen_graph_find (from, name);
  float *numbers;

  if (to == NULL || tensor == NULL || to->role != GEN_ROLE_CONSTANT ||
      tensor->role != GEN_ROLE_CONSTANT || to->type != GEN_TYPE_FLOAT32 ||
      tensor->type != GEN_TYPE_FLOAT32 || !gen_grow_fits (&to->shape, &tensor->shape, before, now))
    return FALSE;
  numbers = g_memdup2 (gen_tensor_constant (to), gen_tensor_size (to));
  gen_grow_copy (numbers, &to->shape, gen_tensor_constant (tensor), &tensor->shape);
  g_bytes_unref (to->data);
  to->data = g_bytes_new_take (numbers, gen_tensor_size (to));
  return TRUE;
}
