/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parting a graph into stages, for the shapes and values at hand. */
#include <string.h>

#include "graph-private.h"
#include "session-private.h"

/* Values up to this many numbers decide on stages. */
#define MAX_DECIDING 4096
/* Plans that are kept for different shapes where they are made for all values, which rarely come
 * back. */
#define MAX_KEPT_OF_VALUES 1

static void stage_free (gpointer data);

GenFork *
gen_fork_new (GenGraph *graph, GHashTable *deciders)
{
  GenFork *fork = g_new0 (GenFork, 1);

  fork->graph = graph;
  fork->deciders = deciders;
  fork->stages = g_ptr_array_new_with_free_func (stage_free);
  return fork;
}

GenFork *
gen_fork_new_whole (GenGraph *graph)
{
  GenFork *fork = gen_fork_new (graph, NULL);

  fork->whole = TRUE;
  fork->fixed = GEN_FIXED_SMALL;
  return fork;
}

void
gen_fork_free (GenFork *fork)
{
  gen_graph_unref (fork->graph);
  g_clear_pointer (&fork->deciders, g_hash_table_unref);
  g_ptr_array_unref (fork->stages);
  g_free (fork);
}

static void
stage_free (gpointer data)
{
  GenStage *stage = data;

  for (guint i = 0; i < stage->n_inputs; i++)
    g_clear_pointer (&stage->values[i], g_bytes_unref);
  g_free (stage->values);
  g_free (stage->shapes);
  g_clear_pointer (&stage->plan, gen_plan_free);
  g_clear_pointer (&stage->alone, gen_fork_free);
  g_clear_pointer (&stage->lists, g_hash_table_unref);
  g_clear_pointer (&stage->next, gen_fork_free);
  g_free (stage);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenStage, stage_free)

static gboolean
decides (const GenFork *fork, const GenTensor *tensor)
{
  switch (fork->fixed) {
  case GEN_FIXED_ALL:
    return TRUE;
  case GEN_FIXED_SMALL:
    return gen_shape_elements (&tensor->shape) <= MAX_DECIDING;
  default:
    return fork->deciders != NULL && g_hash_table_contains (fork->deciders, tensor->name);
  }
}

static gboolean
fits (const GenSession *session, const GenFork *fork, const GenStage *stage)
{
  for (guint i = 0; i < stage->n_inputs; i++) {
    const GenValue *value = gen_session_value (session, g_ptr_array_index (fork->graph->inputs, i));
    gsize size;
    gconstpointer known;

    if (!gen_shape_equal (&stage->shapes[i], &value->shape))
      return FALSE;
    if (stage->values[i] == NULL)
      continue;
    known = g_bytes_get_data (stage->values[i], &size);
    if (size != gen_session_value_size (value) || memcmp (known, value->data, size) != 0)
      return FALSE;
  }
  return TRUE;
}

/* The fork's graph with its inputs as they are now; keeps them in `stage`. */
static GenGraph *
fix_inputs (const GenSession *session, const GenFork *fork, GenStage *stage, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (fork->graph);
  g_autofree GenTensor **inputs =
      g_memdup2 (graph->inputs->pdata, graph->inputs->len * sizeof (gpointer));
  guint n = graph->inputs->len;

  stage->n_inputs = n;
  stage->shapes = g_new0 (GenShape, n + 1);
  stage->values = g_new0 (GBytes *, n + 1);
  for (guint i = 0; i < n; i++) {
    const GenValue *value = gen_session_require (session, inputs[i], error);

    if (value == NULL)
      return NULL;
    stage->shapes[i] = value->shape;
    inputs[i]->type = value->type;
    if (!gen_graph_set_input_shape (graph, inputs[i], &value->shape, error))
      return NULL;
    if (!decides (fork, inputs[i]))
      continue;
    stage->values[i] = gen_session_value_bytes (value);
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
compile (const GenSession *session, const GenFork *fork, GenStage *stage, GenGraph *graph,
    GError **error)
{
  GenPlanOptions options = session->options;

  gen_graph_flatten_outputs (graph);
  if (graph->outputs->len == 0)
    return TRUE;
  /* Values that come once are no time to measure kernels, or to look up which were. */
  if (fork->whole)
    options.choice = GEN_CHOICE_RULES;
  stage->plan = gen_plan_new (graph, &options, error);
  return stage->plan != NULL;
}

/* Part the graph before node number `at`, whose shapes cannot be known yet. */
static gboolean
part (const GenSession *session, const GenFork *fork, GenStage *stage, const GenGraph *graph,
    guint at, GError **error)
{
  g_autoptr (GenGraph) before = gen_graph_cut (graph, 0, at);
  GHashTable *deciders;

  if (!compile (session, fork, stage, before, error))
    return FALSE;
  deciders = find_deciders (g_ptr_array_index (graph->nodes, at));
  if (deciders == NULL)
    stage->alone = gen_fork_new_whole (gen_graph_cut (graph, at, at + 1));
  stage->next =
      gen_fork_new (gen_graph_cut (graph, at + (deciders == NULL), graph->nodes->len), deciders);
  return TRUE;
}

/* The sequences among the session's outputs that are known now, of `graph`. */
static void
find_lists (const GenSession *session, GenStage *stage, const GenGraph *graph)
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

static GenStage *
stage_new (const GenSession *session, const GenFork *fork, GError **error)
{
  g_autoptr (GenStage) stage = g_new0 (GenStage, 1);
  g_autoptr (GenGraph) graph = fix_inputs (session, fork, stage, error);
  g_autoptr (GError) reason = NULL;
  gboolean inferred;
  guint at;

  if (graph == NULL)
    return NULL;
  inferred = gen_graph_infer_until (graph, &at, &reason);
  find_lists (session, stage, graph);
  if (inferred)
    return compile (session, fork, stage, graph, error) ? g_steal_pointer (&stage) : NULL;
  if (fork->whole || !waits_for_values (g_ptr_array_index (graph->nodes, at))) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  return part (session, fork, stage, graph, at, error) ? g_steal_pointer (&stage) : NULL;
}

GenStage *
gen_fork_find_stage (const GenSession *session, GenFork *fork, GError **error)
{
  const guint most = fork->fixed == GEN_FIXED_ALL ? MAX_KEPT_OF_VALUES : session->kept;
  GenStage *stage;

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
  if (fork->stages->len >= most)
    g_ptr_array_set_size (fork->stages, (int)most - 1);
  g_ptr_array_insert (fork->stages, 0, stage);
  return stage;
}

guint
gen_fork_count_plans (const GenFork *fork)
{
  guint n = 0;

  for (guint i = 0; fork != NULL && i < fork->stages->len; i++) {
    const GenStage *stage = g_ptr_array_index (fork->stages, i);

    n += (stage->plan != NULL) + gen_fork_count_plans (stage->next);
  }
  return n;
}
