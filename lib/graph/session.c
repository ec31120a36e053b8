/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running a graph in stages. Values pass from stage to stage by their names, which are unique in
 * the graph and all that is cut from it. */
#include <string.h>

#include "graph-private.h"
#include "session-private.h"

#define DEFAULT_KEPT 8
/* Each keeps a plan and a graph. */
#define MAX_STAGES 2048

/* --- values --- */

static void
value_free (gpointer data)
{
  g_free (((GenValue *)data)->owned);
  g_free (data);
}

static void
put (GenSession *session, const char *name, const GenBinding *binding)
{
  GenValue *value = g_new0 (GenValue, 1);

  *value = (GenValue){ binding->type, binding->shape, binding->data, NULL };
  g_hash_table_replace (session->values, g_strdup (name), value);
}

/* Takes over what the result has. */
static void
put_result (GenSession *session, const char *name, const GenResult *result)
{
  GenValue *value = g_new0 (GenValue, 1);

  *value = (GenValue){ result->type, result->shape, result->data, result->data };
  g_hash_table_replace (session->values, g_strdup (name), value);
}

gsize
gen_session_value_size (const GenValue *value)
{
  return gen_shape_elements (&value->shape) * gen_data_type_size (value->type);
}

GBytes *
gen_session_value_bytes (const GenValue *value)
{
  return g_bytes_new (value->data, gen_session_value_size (value));
}

const GenValue *
gen_session_value (const GenSession *session, const GenTensor *tensor)
{
  return g_hash_table_lookup (session->values, tensor->name);
}

const GenValue *
gen_session_require (const GenSession *session, const GenTensor *tensor, GError **error)
{
  const GenValue *value = gen_session_value (session, tensor);

  if (value == NULL)
    g_set_error (
        error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "'%s' is made by no node", tensor->name);
  return value;
}

/* --- running --- */

static gboolean
run_plan (GenSession *session, GenPlan *plan, GError **error)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenValue *value = g_hash_table_lookup (session->values, gen_plan_input (plan, i)->name);

    gen_plan_bind_input (plan, i, value->data);
  }
  gen_plan_set_draw (plan, session->draw++);
  if (!gen_plan_run (plan, error))
    return FALSE;
  for (guint i = 0; i < gen_plan_n_outputs (plan); i++) {
    const GenBinding *made = gen_plan_output (plan, i);

    put (session, made->name, made);
  }
  return TRUE;
}

/* Where shapes of results hang on values, as those of NonZero: no plan could be kept. */
static gboolean
compute_alone (GenSession *session, GenNode *node, GError **error)
{
  guint n_outputs = MAX (node->outputs->len, (guint)node->op->max_outputs);
  g_autofree const void **inputs = g_new0 (const void *, node->inputs->len + 1);
  g_autofree GenResult *results = g_new0 (GenResult, n_outputs);

  for (guint i = 0; i < node->inputs->len; i++) {
    GenTensor *input = gen_node_input (node, i);
    const GenValue *value;

    inputs[i] = gen_tensor_constant (input);
    if (input == NULL || input->role == GEN_ROLE_CONSTANT)
      continue;
    value = gen_session_require (session, input, error);
    if (value == NULL)
      return FALSE;
    input->type = value->type;
    input->shape = value->shape;
    inputs[i] = value->data;
  }
  if (!gen_node_compute_results (node, inputs, results, error))
    return FALSE;
  for (guint i = 0; i < n_outputs; i++) {
    const GenTensor *output = i < node->outputs->len ? gen_node_output (node, i) : NULL;

    if (output != NULL)
      put_result (session, output->name, &results[i]);
    else
      g_free (results[i].data);
  }
  return TRUE;
}

/* The node in the way, on values that are all known. */
static gboolean
run_alone (GenSession *session, GenFork *alone, GError **error)
{
  GenStage *stage;
  GenNode *node;

  if (alone->graph->nodes->len == 0)
    return TRUE; /* nobody reads it */
  node = g_ptr_array_index (alone->graph->nodes, 0);
  if (node->op->compute != NULL)
    return compute_alone (session, node, error);
  stage = gen_fork_find_stage (session, alone, NULL);
  if (stage == NULL) {
    /* It hangs on large values, too. */
    alone->fixed = GEN_FIXED_ALL;
    stage = gen_fork_find_stage (session, alone, error);
  }
  if (stage == NULL)
    return FALSE;
  return stage->plan == NULL || run_plan (session, stage->plan, error);
}

static gboolean
check_inputs (GenSession *session, const GenBinding *inputs, GError **error)
{
  for (guint i = 0; i < session->graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (session->graph->inputs, i);

    if (inputs[i].type != input->type || !gen_shape_is_known (&inputs[i].shape)) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "input '%s' is given as %s, it takes %s", input->name,
          gen_data_type_name (inputs[i].type), gen_data_type_name (input->type));
      return FALSE;
    }
    put (session, input->name, &inputs[i]);
  }
  return TRUE;
}

static void
add_output (GenSession *session, guint i, const char *name)
{
  const GenValue *value = g_hash_table_lookup (session->values, name);
  const GenTensor *output = g_ptr_array_index (session->graph->outputs, i);
  GenBinding binding = { .name = name };

  if (value != NULL) {
    binding.type = value->type;
    binding.shape = value->shape;
    binding.size = gen_session_value_size (value);
    binding.data = (void *)value->data;
  } else {
    binding.type = output->type;
    binding.shape = output->shape;
    binding.size = gen_tensor_size (output);
    binding.data = (void *)gen_tensor_constant (output);
  }
  g_array_append_val (session->outputs[i], binding);
}

static void
find_outputs (GenSession *session)
{
  for (guint i = 0; i < session->graph->outputs->len; i++) {
    const char *name = ((GenTensor *)g_ptr_array_index (session->graph->outputs, i))->name;
    char **items = g_hash_table_lookup (session->lists, name);

    g_array_set_size (session->outputs[i], 0);
    if (items == NULL)
      add_output (session, i, name);
    for (; items != NULL && *items != NULL; items++)
      add_output (session, i, *items);
  }
}

static void
take_lists (GenSession *session, const GenStage *stage)
{
  GHashTableIter iter;
  gpointer name, items;

  if (stage->lists == NULL)
    return;
  g_hash_table_iter_init (&iter, stage->lists);
  while (g_hash_table_iter_next (&iter, &name, &items))
    g_hash_table_replace (session->lists, name, items);
}

gboolean
gen_session_run (GenSession *session, const GenBinding *inputs, GError **error)
{
  guint n_stages = 0;

  g_hash_table_remove_all (session->values);
  g_hash_table_remove_all (session->lists);
  if (!check_inputs (session, inputs, error))
    return FALSE;
  for (GenFork *fork = session->first; fork != NULL;) {
    GenStage *stage = gen_fork_find_stage (session, fork, error);

    if (stage == NULL)
      return FALSE;
    if (++n_stages > MAX_STAGES) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
          "it takes more than %d stages: loops within loops, or one that does not end", MAX_STAGES);
      return FALSE;
    }
    take_lists (session, stage);
    if (stage->plan != NULL && !run_plan (session, stage->plan, error))
      return FALSE;
    if (stage->alone != NULL && !run_alone (session, stage->alone, error))
      return FALSE;
    fork = stage->next;
  }
  find_outputs (session);
  return TRUE;
}

GenSession *
gen_session_new (GenGraph *graph, const GenPlanOptions *options)
{
  GenSession *session = g_new0 (GenSession, 1);

  session->graph = gen_graph_copy (graph);
  session->kept = DEFAULT_KEPT;
  if (options != NULL)
    session->options = *options;
  session->first = gen_fork_new (gen_graph_copy (graph), NULL);
  session->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
  session->lists = g_hash_table_new (g_str_hash, g_str_equal);
  session->outputs = g_new0 (GArray *, graph->outputs->len + 1);
  for (guint i = 0; i < graph->outputs->len; i++)
    session->outputs[i] = g_array_new (FALSE, FALSE, sizeof (GenBinding));
  return session;
}

void
gen_session_keep (GenSession *session, guint n)
{
  session->kept = MAX (n, 1);
}

void
gen_session_free (GenSession *session)
{
  g_hash_table_unref (session->values);
  g_hash_table_unref (session->lists);
  for (guint i = 0; i < session->graph->outputs->len; i++)
    g_array_unref (session->outputs[i]);
  gen_fork_free (session->first);
  gen_graph_unref (session->graph);
  g_free (session->outputs);
  g_free (session);
}

const GenBinding *
gen_session_output (const GenSession *session, guint i)
{
  return gen_session_item (session, i, 0);
}

guint
gen_session_n_items (const GenSession *session, guint i)
{
  return i < gen_session_n_outputs (session) ? session->outputs[i]->len : 0;
}

const GenBinding *
gen_session_item (const GenSession *session, guint i, guint item)
{
  if (item >= gen_session_n_items (session, i))
    return NULL;
  return &g_array_index (session->outputs[i], GenBinding, item);
}

guint
gen_session_n_inputs (const GenSession *session)
{
  return session->graph->inputs->len;
}

GenBinding
gen_session_input (const GenSession *session, guint i)
{
  const GenTensor *input = g_ptr_array_index (session->graph->inputs, i);

  return (GenBinding){ input->name, input->type, input->shape, gen_tensor_size (input), NULL };
}

guint
gen_session_n_outputs (const GenSession *session)
{
  return session->graph->outputs->len;
}

void
gen_session_set_draw (GenSession *session, guint64 draw)
{
  session->draw = draw;
}

guint
gen_session_n_plans (const GenSession *session)
{
  return gen_fork_count_plans (session->first);
}
