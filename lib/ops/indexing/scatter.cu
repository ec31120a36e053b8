/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of ScatterElements, ScatterND and GatherGradient. Updates may meet in a
 * place, and results must not hang on the order in which threads come by: each place gets to know
 * the first and the last update that means it, by integer minima and maxima, which have no order.
 * Then the last one overwrites, or the first one combines all from itself to the last, in order. */
#include <string.h>

#include "../../device/cuda/types.h"
#include "indices-places.h"

/* Most memory for the first and last updates of places. */
#define MOST_MARKS ((gsize)1 << 30)

typedef enum {
  OVERWRITE,
  ADD,
  MULTIPLY,
  MAXIMUM,
  MINIMUM,
} Reduction;

/* What the kernel's scratch memory holds. */
struct Marks {
  int32_t *places;       /* of each update */
  int32_t *first, *last; /* updates of each place */
};

__global__ void
clear (Marks marks, size_t places)
{
  for (GEN_CUDA_EACH (i, places)) {
    marks.first[i] = INT32_MAX;
    marks.last[i] = -1;
  }
}

template <typename Places>
__global__ void
mark (Marks marks, GenIndices indices, Places places, size_t updates)
{
  for (GEN_CUDA_EACH (i, updates)) {
    int32_t place = (int32_t)places.place (indices, i);

    marks.places[i] = place;
    atomicMin (&marks.first[place], (int32_t)i);
    atomicMax (&marks.last[place], (int32_t)i);
  }
}

/* Slices along an axis. */
struct AxisPlaces {
  __device__ inline gint64 place (const GenIndices &indices, size_t i) const
  {
    return indices.get (i, indices.extent);
  }
};

template <typename T>
static __device__ inline T
combine (int reduction, T x, T y)
{
  switch (reduction) {
  case ADD:
    return (T)(x + y);
  case MULTIPLY:
    return (T)(x * y);
  case MAXIMUM:
    return x > y || x != x ? x : y;
  default:
    return x < y || x != x ? x : y;
  }
}

/* For each of `updates` in each of the outer indices, `inner` elements. */
template <typename T>
__global__ void
scatter (int reduction, Marks marks, GenDivider updates, GenDivider inner, size_t places,
    const T *from, T *out, size_t total)
{
  for (GEN_CUDA_EACH (i, total)) {
    const uint32_t row = inner.divide ((uint32_t)i), outer = updates.divide (row);
    const int32_t update = (int32_t)(row - outer * updates.divisor), place = marks.places[update];
    T *to = &out[(outer * places + place) * inner.divisor + (i - row * inner.divisor)];

    if (reduction == OVERWRITE) {
      if (marks.last[place] == update)
        *to = from[i];
    } else if (marks.first[place] == update) {
      const int32_t last = marks.last[place];
      auto sum = combine (reduction, gen_load (to), gen_load (&from[i]));

      for (int32_t k = update + 1; k <= last; k++)
        if (marks.places[k] == place)
          sum =
              combine (reduction, sum, gen_load (&from[i + (size_t)(k - update) * inner.divisor]));
      gen_store (to, sum);
    }
  }
}

/* Places and updates of a node. */
struct Extents {
  gint64 outer, updates, inner, places;
};

static Marks
marks_of (const GenCudaKernel &kernel, const Extents &extents)
{
  int32_t *scratch = (int32_t *)kernel.scratch;

  return { scratch, scratch + extents.updates, scratch + extents.updates + extents.places };
}

template <typename Places>
static void
add_marks (GenCudaKernel *kernel, const Extents &extents, GenIndices indices, Places places)
{
  kernel->scratch_size = (extents.updates + 2 * extents.places) * sizeof (int32_t);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const Marks marks = marks_of (k, extents);

    gen_cuda_launch (clear, gen_cuda_grid (extents.places), GEN_CUDA_BLOCK, stream, marks,
        (size_t)extents.places);
    gen_cuda_launch (mark<Places>, gen_cuda_grid (extents.updates), GEN_CUDA_BLOCK, stream, marks,
        indices.at (k.inputs[1]), places, (size_t)extents.updates);
  });
}

template <typename T>
static void
add_scatter (GenCudaKernel *kernel, const Extents &extents, Reduction reduction, guint from)
{
  const gsize total = extents.outer * extents.updates * extents.inner;
  const GenDivider updates ((uint32_t)extents.updates), inner ((uint32_t)extents.inner);

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (scatter<T>, gen_cuda_grid (total), GEN_CUDA_BLOCK, stream, reduction,
        marks_of (k, extents), updates, inner, (size_t)extents.places, k.in<T> (from), k.out<T> (0),
        total);
  });
}

static gboolean
is_possible (const Extents &extents)
{
  return extents.outer * extents.updates * extents.inner <= GEN_WALK_MAX &&
         extents.places <= GEN_WALK_MAX &&
         (extents.updates + 2 * extents.places) * sizeof (int32_t) <= MOST_MARKS;
}

static Reduction
find_reduction (const GenNode *node)
{
  const char *name = gen_node_string (node, "reduction", "none");

  return strcmp (name, "add") == 0   ? ADD
         : strcmp (name, "mul") == 0 ? MULTIPLY
         : strcmp (name, "max") == 0 ? MAXIMUM
         : strcmp (name, "min") == 0 ? MINIMUM
                                     : OVERWRITE;
}

/* Input 0 with input 2 scattered over it. */
template <typename Places>
static gboolean
add_all (GenCudaKernel *kernel, const Extents &extents, GenIndices indices, Places places)
{
  const GenDataType type = kernel->output (0)->type;
  const Reduction reduction = find_reduction (kernel->node);
  const gsize size = gen_tensor_size (kernel->output (0));
  const auto add = [&] (auto *pointer) {
    add_scatter<GEN_VISITED (pointer)> (kernel, extents, reduction, 2);
  };

  if (!is_possible (extents))
    return FALSE;
  if (size == 0)
    return TRUE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    cudaMemcpyAsync (k.outputs[0], k.inputs[0], size, cudaMemcpyDeviceToDevice, stream);
  });
  if (extents.outer * extents.updates * extents.inner == 0)
    return TRUE;
  add_marks (kernel, extents, indices, places);
  if (gen_visit_numbers (type, add))
    return TRUE;
  /* Rarer types can be overwritten by their size. */
  if (reduction != OVERWRITE)
    return FALSE;
  return gen_data_type_size (type) == 8   ? (add ((int64_t *)nullptr), TRUE)
         : gen_data_type_size (type) == 4 ? (add ((int32_t *)nullptr), TRUE)
                                          : FALSE;
}

static gboolean
scatter_elements (GenCudaKernel *kernel, GError **error)
{
  const Extents extents = { 1, gen_shape_elements (&kernel->input (1)->shape), 1,
    gen_shape_elements (&kernel->input (0)->shape) };
  GenElementPlaces places;

  if (!places.init (kernel->node))
    return FALSE;
  return add_all (kernel, extents, GenIndices (kernel->input (1), places.extent), places);
}

static gboolean
scatter_nd (GenCudaKernel *kernel, GError **error)
{
  const GenShape *indices = &kernel->input (1)->shape;
  Extents extents = { 1, gen_shape_product (indices, 0, indices->rank - 1), 0, 0 };
  GenTuplePlaces places;

  if (!places.init (kernel->node, &extents.inner))
    return FALSE;
  extents.places = gen_shape_elements (&kernel->input (0)->shape) / MAX (extents.inner, 1);
  return add_all (kernel, extents, GenIndices (kernel->input (1), 0), places);
}

static gboolean
gather_gradient (GenCudaKernel *kernel, GError **error)
{
  const GenShape *shape = &kernel->output (0)->shape;
  const gsize size = gen_tensor_size (kernel->output (0));
  int axis = gen_axis (gen_node_int (kernel->node, "axis", 0), shape->rank);
  const Extents extents = { gen_shape_product (shape, 0, axis),
    gen_shape_elements (&kernel->input (1)->shape),
    gen_shape_product (shape, axis + 1, shape->rank), shape->dims[axis] };

  if (!is_possible (extents))
    return FALSE;
  if (size == 0)
    return TRUE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    cudaMemsetAsync (k.outputs[0], 0, size, stream);
  });
  if (extents.updates == 0)
    return TRUE;
  add_marks (kernel, extents, GenIndices (kernel->input (1), extents.places), AxisPlaces{});
  return gen_visit_floats (kernel->output (0)->type,
      [&] (auto *type) { add_scatter<GEN_VISITED (type)> (kernel, extents, ADD, 0); });
}

extern const GenCudaOperator gen_cuda_scatter_operators[] = {
  { "GatherGradient", "generative", gather_gradient },
  { "Scatter", NULL, scatter_elements },
  { "ScatterElements", NULL, scatter_elements },
  { "ScatterND", NULL, scatter_nd },
  {},
};
