/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel for each node, with its constants on the device: the operator's own, or the CPU's. */
#include "choose.h"
#include "executor-private.h"
#include "operators.h"
#include "shared.h"

G_BEGIN_DECLS
#include "../../graph/constants.h"
G_END_DECLS

void *
gen_cuda_executor_constant (GenExecutor *executor, const GenTensor *tensor, GError **error)
{
  std::shared_ptr<void> *place = &executor->constants[tensor->index];

  if (*place == nullptr)
    *place = gen_cuda_share (&executor->device, gen_tensor_constant (tensor),
        gen_tensor_size (tensor), "memory for constants", error);
  return place->get ();
}

static gboolean
prepare (GenExecutor *executor, guint i, GError **error)
{
  GenCudaKernel *kernel = &executor->kernels[i];
  GenCudaPrepare own = gen_cuda_operator_find (kernel->node);
  GError *reason = NULL;
  std::shared_ptr<GenFallback> fallback;

  if (own != NULL && own (kernel, &reason))
    return TRUE;
  if (reason != NULL) {
    g_propagate_error (error, reason);
    return FALSE;
  }
  kernel->launches.clear ();
  kernel->owned.clear ();
  kernel->scratch_size = 0;
  kernel->packed_inputs = 0;
  kernel->follows = GEN_CUDA_NEITHER;
  fallback.reset (gen_fallback_new (kernel->node, executor->options.threads, kernel->precision,
                      kernel->seed, kernel->exchange, error),
      [] (GenFallback *made) {
        if (made != NULL)
          gen_fallback_free (made);
      });
  if (fallback == nullptr)
    return FALSE;
  if (gen_cuda_prepare_strided (kernel, gen_fallback_kernel (fallback.get ())))
    return TRUE;
  executor->fallbacks[i] = fallback;
  g_debug ("%s %s runs on the CPU", kernel->node->op->name, kernel->node->name);
  return gen_cuda_fallback_add (kernel, fallback, error);
}

/* The node's constants go to the device, or are in what was packed for it: the CPU's copies may be
 * given up. What runs on the CPU keeps what its kernel reads. */
static gboolean
take_constants (GenExecutor *executor, guint i, GenConstants *constants, GError **error)
{
  const GenCudaKernel *kernel = &executor->kernels[i];
  const GenNode *node = kernel->node;
  guint done = 0;

  if (executor->fallbacks[i] != nullptr) {
    gen_constants_packed (
        constants, node, gen_fallback_kernel (executor->fallbacks[i].get ())->packed_inputs);
    return TRUE;
  }
  for (guint k = 0; k < node->inputs->len && k < 32; k++) {
    const GenTensor *tensor = gen_node_input (node, k);

    if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT)
      continue;
    if ((kernel->packed_inputs >> k & 1) == 0 &&
        gen_cuda_executor_constant (executor, tensor, error) == NULL)
      return FALSE;
    done |= 1u << k;
  }
  gen_constants_packed (constants, node, done);
  return TRUE;
}

static gboolean
prepare_nodes (GenExecutor *executor, GenConstants *constants, GError **error)
{
  GPtrArray *nodes = executor->graph->nodes;

  executor->kernels.resize (nodes->len);
  executor->fallbacks.resize (nodes->len);
  executor->constants.resize (executor->graph->tensors->len);
  for (guint i = 0; i < nodes->len; i++) {
    GenCudaKernel *kernel = &executor->kernels[i];

    kernel->node = (const GenNode *)g_ptr_array_index (nodes, i);
    kernel->device = &executor->device;
    kernel->precision = executor->options.precision;
    kernel->draw = executor->draw_on_device;
    kernel->seed = executor->options.seed;
    kernel->exchange = executor->options.exchange;
    kernel->sums = executor->sums.get ();
    if (!executor->storages->is_view[i] &&
        (!prepare (executor, i, error) || !take_constants (executor, i, constants, error)))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_cuda_executor_prepare (GenExecutor *executor, GError **error)
{
  GenConstants constants;
  gboolean prepared;

  gen_constants_init (&constants, executor->graph);
  gen_cuda_choices_open (&executor->device, &executor->options);
  prepared = prepare_nodes (executor, &constants, error);
  gen_cuda_choices_close (&executor->device);
  gen_constants_finish (&constants);
  for (const auto &fallback : executor->fallbacks)
    if (prepared && fallback != nullptr)
      gen_fallback_find_constants (fallback.get ());
  return prepared;
}
