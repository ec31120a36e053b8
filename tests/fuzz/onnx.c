/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX models: read, all shapes inferred with free extents of 1, folded, compiled and run once
 * where they are small, and written again. Those whose shapes hang on what they compute are run by
 * a session. */
#include <generative/model.h>
#include <generative/onnx.h>
#include <generative/session.h>

#include "fuzz.h"

/* A fuzzer has no use for models that take long. */
#define MAX_ARENA ((gsize)1 << 24)
#define MAX_NODES 64
#define MAX_STAGED_NODES 16
/* What sequences hold. */
#define ITEMS 2

static gboolean
is_small (const GenGraph *graph)
{
  gsize size = 0;

  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (gen_shape_is_known (&tensor->shape))
      size += gen_tensor_size (tensor);
  }
  return size < MAX_ARENA && graph->nodes->len < MAX_NODES;
}

/* Sequences get a few items, all free extents are 1. */
static void
fix_inputs (GenGraph *graph)
{
  for (guint i = 0; i < graph->inputs->len;) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);

    if (input->kind == GEN_KIND_TENSOR) {
      if (input->shape.rank < 0)
        input->shape = GEN_SHAPE (1);
      i++;
    } else if (!gen_graph_expand_input (
                   graph, input, input->kind == GEN_KIND_OPTIONAL ? 1 : ITEMS, NULL)) {
      return;
    }
  }
  gen_graph_set_free_dimensions (graph, NULL, 1);
}

static void
run_session (GenGraph *graph)
{
  GenPlanOptions options = { .threads = 1 };
  g_autofree GenBinding *inputs = g_new0 (GenBinding, graph->inputs->len + 1);
  g_autoptr (GPtrArray) memory = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GenSession) session = gen_session_new (graph, &options);

  for (guint i = 0; i < graph->inputs->len; i++) {
    inputs[i] = gen_session_input (session, i);
    if (inputs[i].size > MAX_ARENA)
      return;
    inputs[i].data = g_malloc0 (MAX (inputs[i].size, 1));
    g_ptr_array_add (memory, inputs[i].data);
  }
  for (int run = 0; run < 2; run++)
    if (!gen_session_run (session, inputs, NULL))
      return;
  for (guint i = 0; i < gen_session_n_outputs (session); i++)
    for (guint k = 0; k < gen_session_n_items (session, i); k++)
      g_assert_nonnull (gen_session_item (session, i, k));
}

static void
compile (GenGraph *graph)
{
  GenPlanOptions options = { .threads = 1 };
  g_autoptr (GenGraph) shaped = NULL;
  g_autoptr (GenPlan) plan = NULL;

  fix_inputs (graph);
  shaped = gen_graph_copy (graph);
  if (!gen_graph_infer (shaped, NULL)) {
    if (is_small (shaped) && graph->nodes->len < MAX_STAGED_NODES)
      run_session (graph);
    return;
  }
  if (!is_small (shaped))
    return;
  plan = gen_plan_new (graph, &options, NULL);
  if (plan != NULL && gen_plan_arena_size (plan) < MAX_ARENA)
    g_assert_true (gen_plan_run (plan, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_parse (bytes, "fuzz", NULL, &error);
  g_autoptr (GenGraph) copy = NULL;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GBytes) again = NULL;

  if (graph == NULL) {
    g_assert_nonnull (error);
    return 0;
  }
  again = gen_onnx_serialize (graph, NULL);
  copy = gen_graph_copy (graph);
  model = gen_model_new (copy, NULL);
  compile (graph);
  return 0;
}
