/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of Pad. Where each position of a padded axis comes from is a table, as on the
 * CPU; axes without pads are counted together with their neighbours, and have none. */
#include <string.h>

#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "../number.h"
#include "pad.h"
G_END_DECLS

struct Axes {
  int rank;
  GenDivider dims[GEN_MAX_RANK];
  gint64 strides[GEN_MAX_RANK]; /* of x */
  int tables[GEN_MAX_RANK];     /* where the axis' table begins; -1: positions are x's own */
};

template <typename T>
__global__ void
pad (Axes axes, const int32_t *tables, const T *x, const T *border, T value, T *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    uint32_t rest = (uint32_t)i;
    gint64 from = 0;
    int outside = 0;

    for (int k = axes.rank - 1; k >= 0; k--) {
      uint32_t outer = axes.dims[k].divide (rest);
      int32_t at = (int32_t)(rest - outer * axes.dims[k].divisor);

      if (axes.tables[k] >= 0)
        at = tables[axes.tables[k] + at];
      outside |= at < 0;
      from += at * axes.strides[k];
      rest = outer;
    }
    out[i] = !outside ? x[from] : border != NULL ? *border : value;
  }
}

/* The axes of `kernel`'s node and their tables, one behind the other. */
static void
find_axes (const GenCudaKernel *kernel, const GenPads *pads, Axes *axes, std::vector<int32_t> *all)
{
  const GenShape *x = &kernel->input (0)->shape, *y = &kernel->output (0)->shape;
  char mode = *gen_node_string (kernel->node, "mode", "constant");
  gint64 stride = gen_shape_elements (x);

  for (int i = 0; i < y->rank; i++) {
    gboolean padded = pads->before[i] != 0 || pads->after[i] != 0;
    int last = axes->rank - 1;

    stride /= MAX (x->dims[i], 1);
    if (!padded && last >= 0 && axes->tables[last] < 0) {
      axes->dims[last] = GenDivider ((uint32_t)(axes->dims[last].divisor * MAX (y->dims[i], 1)));
    } else {
      last = axes->rank++;
      axes->dims[last] = GenDivider ((uint32_t)MAX (y->dims[i], 1));
      axes->tables[last] = padded ? (int)all->size () : -1;
    }
    axes->strides[last] = stride;
    for (gint64 k = 0; padded && k < y->dims[i]; k++)
      all->push_back ((int32_t)gen_pad_source (k - pads->before[i], x->dims[i], mode));
  }
}

static gboolean
prepare (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *x = kernel->input (0);
  gsize n = gen_cuda_elements (kernel->output (0));
  std::vector<int32_t> all;
  const int32_t *tables;
  guint64 value = 0;
  Axes axes = {};
  GenPads pads;

  if (n > GEN_WALK_MAX || !gen_number_has (x->type))
    return FALSE;
  if (!gen_pad_find (kernel->node, &pads, error))
    return FALSE;
  find_axes (kernel, &pads, &axes, &all);
  gen_number_set (x->type, &value, 0, gen_node_float (kernel->node, "value", 0));
  tables = (const int32_t *)gen_cuda_kernel_upload (
      kernel, all.data (), all.size () * sizeof (int32_t), error);
  if (tables == NULL)
    return FALSE;
  return gen_visit_sizes (gen_data_type_size (x->type), [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    T attribute;

    memcpy (&attribute, &value, sizeof attribute);
    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (pad<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, axes, tables,
            k.in<T> (0), k.inputs.size () > 2 ? k.in<T> (2) : NULL, attribute, k.out<T> (0), n);
      });
  });
}

extern const GenCudaOperator gen_cuda_pad_operators[] = {
  { "Pad", NULL, prepare, 5, 1 },
  {},
};
