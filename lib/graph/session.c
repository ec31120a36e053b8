/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running a graph in stages. Values pass from stage to stage by their names, which are unique in
 * the graph and all that is cut from it. */
#include <generative/session.h>

#include <string.h>

#include "graph-private.h"

/* Values up to this many numbers decide on stages. */
#define MAX_DECIDING 4096
/* Plans that are kept for different shapes, at each point where stages part. */
#define MAX_KEPT 8

typedef struct _Stage Stage;

/* What leads from one stage to the next: the graph that is left, and the stages made of it. */
typedef struct {
  GenGraph *graph;
  GHashTable *deciders; /* names of its inputs whose values a stage is made for */
  GPtrArray *stages;    /* of Stage, the last used first */
} Fork;

struct _Stage {
  GenShape *shapes; /* of the fork's graph's inputs */
  GBytes **values;  /* of those that decide; NULL for others */
  guint n_inputs;
  GenPlan *plan;     /* NULL where there is nothing to compute */
  GenGraph *alone;   /* the node that is run by itself after it, or NULL */
  GHashTable *lists; /* name to char **: what sequences hold that the session gives, and that this
                        stage has come to know */
  Fork *next;        /* NULL at the end */
};

typedef struct {
  GenDataType type;
  GenShape shape;
  gconstpointer data;
  gpointer owned; /* `data` where it is the value's own */
} Value;

struct _GenSession {
  GenGraph *graph;
  GenPlanOptions options;
  Fork *first;
  GHashTable *values; /* name to Value: all of the run */
  GHashTable *lists;  /* name to char **: the stages' own */
  GArray **outputs;   /* of each: GenBinding, of which a tensor has one */
};

/* --- values --- */

static void
value_free (gpointer data)
{
  g_free (((Value *)data)->owned);
  g_free (data);
}

static void
put (GenSession *session, const char *name, const GenBinding *binding, gboolean copy)
{
  Value *value = g_new0 (Value, 1);

  *value = (Value){ binding->type, binding->shape, binding->data, NULL };
  if (copy)
    value->data = value->owned = g_memdup2 (binding->data, MAX (binding->size, 1));
  g_hash_table_replace (session->values, g_strdup (name), value);
}

static gsize
value_size (const Value *value)
{
  return gen_shape_elements (&value->shape) * gen_data_type_size (value->type);
}

static GBytes *
value_bytes (const Value *value)
{
  return g_bytes_new (value->data, value_size (value));
}

/* --- forks and stages --- */

static void stage_free (gpointer data);

/* Takes over `graph` and `deciders`. */
static Fork *
fork_new (GenGraph *graph, GHashTable *deciders)
{
  Fork *fork = g_new0 (Fork, 1);

  fork->graph = graph;
  fork->deciders = deciders;
  fork->stages = g_ptr_array_new_with_free_func (stage_free);
  return fork;
}

static void
fork_free (Fork *fork)
{
  gen_graph_unref (fork->graph);
  g_clear_pointer (&fork->deciders, g_hash_table_unref);
  g_ptr_array_unref (fork->stages);
  g_free (fork);
}

static void
stage_free (gpointer data)
{
  Stage *stage = data;

  for (guint i = 0; i < stage->n_inputs; i++)
    g_clear_pointer (&stage->values[i], g_bytes_unref);
  g_free (stage->values);
  g_free (stage->shapes);
  g_clear_pointer (&stage->plan, gen_plan_free);
  g_clear_pointer (&stage->alone, gen_graph_unref);
  g_clear_pointer (&stage->lists, g_hash_table_unref);
  g_clear_pointer (&stage->next, fork_free);
  g_free (stage);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stage, stage_free)

static gboolean
decides (const Fork *fork, const GenTensor *tensor)
{
  return fork->deciders != NULL && g_hash_table_contains (fork->deciders, tensor->name);
}

static const Value *
value_of (const GenSession *session, const GenTensor *tensor)
{
  return g_hash_table_lookup (session->values, tensor->name);
}

/* The same, where a broken graph may have none. */
static const Value *
require_value (const GenSession *session, const GenTensor *tensor, GError **error)
{
  const Value *value = value_of (session, tensor);

  if (value == NULL)
    g_set_error (
        error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "'%s' is made by no node", tensor->name);
  return value;
}

static gboolean
fits (const GenSession *session, const Fork *fork, const Stage *stage)
{
  for (guint i = 0; i < stage->n_inputs; i++) {
    const Value *value = value_of (session, g_ptr_array_index (fork->graph->inputs, i));
    gsize size;
    gconstpointer known;

    if (!gen_shape_equal (&stage->shapes[i], &value->shape))
      return FALSE;
    if (stage->values[i] == NULL)
      continue;
    known = g_bytes_get_data (stage->values[i], &size);
    if (size != value_size (value) || memcmp (known, value->data, size) != 0)
      return FALSE;
  }
  return TRUE;
}

/* The fork's graph with its inputs as they are now; keeps them in `stage`. */
static GenGraph *
fix_inputs (const GenSession *session, const Fork *fork, Stage *stage, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (fork->graph);
  g_autofree GenTensor **inputs =
      g_memdup2 (graph->inputs->pdata, graph->inputs->len * sizeof (gpointer));
  guint n = graph->inputs->len;

  stage->n_inputs = n;
  stage->shapes = g_new0 (GenShape, n + 1);
  stage->values = g_new0 (GBytes *, n + 1);
  for (guint i = 0; i < n; i++) {
    const Value *value = require_value (session, inputs[i], error);

    if (value == NULL)
      return NULL;
    stage->shapes[i] = value->shape;
    inputs[i]->type = value->type;
    if (!gen_graph_set_input_shape (graph, inputs[i], &value->shape, error))
      return NULL;
    if (!decides (fork, inputs[i]))
      continue;
    stage->values[i] = value_bytes (value);
    gen_graph_fix_input (graph, inputs[i], g_bytes_ref (stage->values[i]));
  }
  return g_steal_pointer (&graph);
}

/* The inputs of a node that its results may hang on, and that are not known. */
static GHashTable *
find_deciders (const GenNode *node)
{
  g_autoptr (GHashTable) deciders = NULL;
  guint n = node->inputs->len - gen_node_n_captured (node);

  for (guint i = 0; i < MIN (n, 32); i++) {
    const GenTensor *input = gen_node_input (node, i);

    if ((node->op->decides >> i & 1) == 0 || input == NULL || input->kind != GEN_KIND_TENSOR ||
        input->role == GEN_ROLE_CONSTANT || gen_shape_elements (&input->shape) < 0 ||
        gen_shape_elements (&input->shape) > MAX_DECIDING)
      continue;
    if (deciders == NULL)
      deciders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add (deciders, g_strdup (input->name));
  }
  return g_steal_pointer (&deciders);
}

static gboolean
waits_for_values (const GenNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input != NULL && input->role != GEN_ROLE_CONSTANT)
      return TRUE;
  }
  return FALSE;
}

/* What the stage computes: `graph`, whose shapes are known. */
static gboolean
compile (const GenSession *session, Stage *stage, GenGraph *graph, GError **error)
{
  gen_graph_flatten_outputs (graph);
  if (graph->outputs->len == 0)
    return TRUE;
  stage->plan = gen_plan_new (graph, &session->options, error);
  return stage->plan != NULL;
}

/* Part the graph before node number `at`, whose shapes cannot be known yet. */
static gboolean
part (const GenSession *session, Stage *stage, const GenGraph *graph, guint at, GError **error)
{
  g_autoptr (GenGraph) before = gen_graph_cut (graph, 0, at);
  GHashTable *deciders;

  if (!compile (session, stage, before, error))
    return FALSE;
  deciders = find_deciders (g_ptr_array_index (graph->nodes, at));
  if (deciders == NULL)
    stage->alone = gen_graph_cut (graph, at, at + 1);
  stage->next =
      fork_new (gen_graph_cut (graph, at + (deciders == NULL), graph->nodes->len), deciders);
  return TRUE;
}

/* The sequences among the session's outputs that are known now, of `graph`. */
static void
find_lists (const GenSession *session, Stage *stage, const GenGraph *graph)
{
  for (guint i = 0; i < session->graph->outputs->len; i++) {
    const char *name = ((GenTensor *)g_ptr_array_index (session->graph->outputs, i))->name;
    GenTensor *list = gen_graph_find (graph, name);
    g_autoptr (GPtrArray) flat = NULL;
    char **names;

    if (list == NULL || list->items == NULL)
      continue;
    flat = g_ptr_array_new ();
    gen_tensor_flatten (list, flat);
    names = g_new0 (char *, flat->len + 1);
    for (guint k = 0; k < flat->len; k++)
      names[k] = g_strdup (((GenTensor *)g_ptr_array_index (flat, k))->name);
    if (stage->lists == NULL)
      stage->lists =
          g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
    g_hash_table_replace (stage->lists, g_strdup (name), names);
  }
}

static Stage *
stage_new (const GenSession *session, const Fork *fork, GError **error)
{
  g_autoptr (Stage) stage = g_new0 (Stage, 1);
  g_autoptr (GenGraph) graph = fix_inputs (session, fork, stage, error);
  g_autoptr (GError) reason = NULL;
  gboolean inferred;
  guint at;

  if (graph == NULL)
    return NULL;
  inferred = gen_graph_infer_until (graph, &at, &reason);
  find_lists (session, stage, graph);
  if (inferred)
    return compile (session, stage, graph, error) ? g_steal_pointer (&stage) : NULL;
  if (!waits_for_values (g_ptr_array_index (graph->nodes, at))) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  return part (session, stage, graph, at, error) ? g_steal_pointer (&stage) : NULL;
}

/* The stage for the values at hand, made or found, at the head of the fork's list. */
static Stage *
find_stage (const GenSession *session, Fork *fork, GError **error)
{
  Stage *stage;

  for (guint i = 0; i < fork->stages->len; i++) {
    if (!fits (session, fork, g_ptr_array_index (fork->stages, i)))
      continue;
    stage = g_ptr_array_steal_index (fork->stages, i);
    g_ptr_array_insert (fork->stages, 0, stage);
    return stage;
  }
  stage = stage_new (session, fork, error);
  if (stage == NULL)
    return NULL;
  if (fork->stages->len == MAX_KEPT)
    g_ptr_array_remove_index (fork->stages, MAX_KEPT - 1);
  g_ptr_array_insert (fork->stages, 0, stage);
  return stage;
}

/* --- running --- */

static void
run_plan (GenSession *session, GenPlan *plan, gboolean keeps)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const Value *value = g_hash_table_lookup (session->values, gen_plan_input (plan, i)->name);

    gen_plan_bind_input (plan, i, value->data);
  }
  gen_plan_run (plan);
  for (guint i = 0; i < gen_plan_n_outputs (plan); i++) {
    const GenBinding *made = gen_plan_output (plan, i);

    put (session, made->name, made, !keeps);
  }
}

/* The node in the way, on values that are all known. */
static gboolean
run_alone (GenSession *session, const GenGraph *alone, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (alone);
  g_autoptr (GenPlan) plan = NULL;

  for (guint i = graph->inputs->len; i > 0; i--) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i - 1);
    const Value *value = require_value (session, input, error);

    if (value == NULL)
      return FALSE;
    input->type = value->type;
    if (!gen_graph_set_input_shape (graph, input, &value->shape, error))
      return FALSE;
    gen_graph_fix_input (graph, input, value_bytes (value));
  }
  plan = gen_plan_new (graph, &session->options, error);
  if (plan == NULL)
    return FALSE;
  run_plan (session, plan, FALSE);
  return TRUE;
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
    put (session, input->name, &inputs[i], FALSE);
  }
  return TRUE;
}

static void
add_output (GenSession *session, guint i, const char *name)
{
  const Value *value = g_hash_table_lookup (session->values, name);
  const GenTensor *output = g_ptr_array_index (session->graph->outputs, i);
  GenBinding binding = { .name = name };

  if (value != NULL) {
    binding.type = value->type;
    binding.shape = value->shape;
    binding.size = value_size (value);
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
take_lists (GenSession *session, const Stage *stage)
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
  g_hash_table_remove_all (session->values);
  g_hash_table_remove_all (session->lists);
  if (!check_inputs (session, inputs, error))
    return FALSE;
  for (Fork *fork = session->first; fork != NULL;) {
    Stage *stage = find_stage (session, fork, error);

    if (stage == NULL)
      return FALSE;
    take_lists (session, stage);
    if (stage->plan != NULL)
      run_plan (session, stage->plan, TRUE);
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
  if (options != NULL)
    session->options = *options;
  session->first = fork_new (gen_graph_copy (graph), NULL);
  session->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
  session->lists = g_hash_table_new (g_str_hash, g_str_equal);
  session->outputs = g_new0 (GArray *, graph->outputs->len + 1);
  for (guint i = 0; i < graph->outputs->len; i++)
    session->outputs[i] = g_array_new (FALSE, FALSE, sizeof (GenBinding));
  return session;
}

void
gen_session_free (GenSession *session)
{
  g_hash_table_unref (session->values);
  g_hash_table_unref (session->lists);
  for (guint i = 0; i < session->graph->outputs->len; i++)
    g_array_unref (session->outputs[i]);
  fork_free (session->first);
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

static guint
count_plans (const Fork *fork)
{
  guint n = 0;

  for (guint i = 0; fork != NULL && i < fork->stages->len; i++) {
    const Stage *stage = g_ptr_array_index (fork->stages, i);

    n += (stage->plan != NULL) + count_plans (stage->next);
  }
  return n;
}

guint
gen_session_n_plans (const GenSession *session)
{
  return count_plans (session->first);
}
