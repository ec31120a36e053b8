/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX models: read, all shapes inferred with free extents of 1, folded, compiled and run once
 * where they are small, and written again. */
#include <generative/model.h>
#include <generative/onnx.h>

#include "fuzz.h"

/* A fuzzer has no use for models that take long. */
#define MAX_ARENA ((gsize)1 << 24)
#define MAX_NODES 64

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

static void
compile (GenGraph *graph)
{
  GenPlanOptions options = { .threads = 1 };
  g_autoptr (GenPlan) plan = NULL;

  gen_graph_set_free_dimensions (graph, NULL, 1);
  if (!gen_graph_infer (graph, NULL) || !is_small (graph))
    return;
  plan = gen_plan_new (graph, &options, NULL);
  if (plan != NULL && gen_plan_arena_size (plan) < MAX_ARENA)
    gen_plan_run (plan);
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
