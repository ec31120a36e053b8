/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of families of operators that have kernels for the device: one line each. */
#include "operators.h"

#include <string.h>

#define GEN_CUDA_FAMILIES(X)                                                                       \
  X (all_reduce)                                                                                   \
  X (argument)                                                                                     \
  X (arithmetic)                                                                                   \
  X (batch_normalization)                                                                          \
  X (cast)                                                                                         \
  X (clip)                                                                                         \
  X (compare)                                                                                      \
  X (convolve)                                                                                     \
  X (cumsum)                                                                                       \
  X (dft)                                                                                          \
  X (elementwise)                                                                                  \
  X (gemm)                                                                                         \
  X (grid_sample)                                                                                  \
  X (group_normalization)                                                                          \
  X (indices)                                                                                      \
  X (integer_product)                                                                              \
  X (layer_normalization)                                                                          \
  X (loss_scale)                                                                                   \
  X (mark_picture)                                                                                 \
  X (move_picture)                                                                                 \
  X (movement)                                                                                     \
  X (negative_log_likelihood_loss)                                                                 \
  X (one_hot)                                                                                      \
  X (pad)                                                                                          \
  X (phase_shuffle)                                                                                \
  X (picture)                                                                                      \
  X (pool)                                                                                         \
  X (quantize)                                                                                     \
  X (random)                                                                                       \
  X (recurrence)                                                                                   \
  X (reduce)                                                                                       \
  X (resample)                                                                                     \
  X (reverse_sequence)                                                                             \
  X (roi_align)                                                                                    \
  X (scaled_dot_product_attention)                                                                 \
  X (scatter)                                                                                      \
  X (softmax)                                                                                      \
  X (sound)                                                                                        \
  X (topk)                                                                                         \
  X (trilu)                                                                                        \
  X (unary)                                                                                        \
  X (update)                                                                                       \
  X (variadic)                                                                                     \
  X (where)

#define DECLARE(name) extern const GenCudaOperator gen_cuda_##name##_operators[];
GEN_CUDA_FAMILIES (DECLARE)

#define ADDRESS(name) gen_cuda_##name##_operators,
static const GenCudaOperator *const families[] = { GEN_CUDA_FAMILIES (ADDRESS) };

static const GenCudaOperator *
find (const GenNode *node)
{
  for (const GenCudaOperator *family : families)
    for (const GenCudaOperator *each = family; each->name != NULL; each++)
      if (strcmp (each->name, node->op->name) == 0 &&
          g_strcmp0 (each->domain, node->op->domain) == 0)
        return each;
  return NULL;
}

GenCudaPrepare
gen_cuda_operator_find (const GenNode *node)
{
  const GenCudaOperator *found = find (node);

  return found != NULL ? found->prepare : NULL;
}

/* Those that move elements of input 0 and read no other floats. */
static gboolean
only_moves (const GenNode *node)
{
  static const char *const names[] = { "ConvertLayout", "Expand", "Gather", "GatherElements",
    "GatherND", "ReverseSequence", "Slice", "SliceGradient", "Split", "Tile", "TopK", "Transpose",
    "Trilu", NULL };

  return node->op->view || g_strv_contains (names, node->op->name);
}

GenNarrow
gen_cuda_operator_narrows (const GenNode *node, GenDataType type)
{
  const GenCudaOperator *found = find (node);

  if (strcmp (node->op->name, "Precise") == 0)
    return { gen_node_int (node, "ends", 0) != 0 ? GEN_NARROW_END : GEN_NARROW_STOP, 0, 0 };
  if (only_moves (node))
    return { GEN_NARROW_FOLLOW, 0, 0 };
  if (found == NULL)
    return { GEN_NARROW_NEVER, 0, 0 };
  if (found->narrow_outputs != 0)
    return { GEN_NARROW_ALWAYS, found->narrow_inputs, found->narrow_outputs };
  return { GEN_NARROW_TAKE, type == GEN_TYPE_FLOAT16 ? found->taken_inputs : 0, 0 };
}
