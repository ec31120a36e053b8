/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Resize, Upsample and their gradient, by the tables of the CPU's half. A
 * thread makes a result from all that it is made of along up to three axes at once; where that is
 * too much, as for smoothed reductions, the axes are done one after the other. */
#include "../../device/cuda/elementwise.h"

G_BEGIN_DECLS
#include "resample.h"
G_END_DECLS

#define AXES 3
/* Elements that go into a result at once, at most. */
#define MOST_TAPS 32

/* An axis, and what lies between it and the axis before. Strides are those of the operand. */
struct Axis {
  GenDivider out, between;
  uint32_t stride, between_stride;
  /* On the device: entries [starts[i], starts[i + 1]) make result i; NULL where the axis is not
   * resampled. */
  const int32_t *starts, *positions;
  const float *weights;
};

struct Resample {
  Axis axes[AXES];
  GenDivider inner;
};

/* Results `i` of all axes; returns where in the operand to begin. */
static __device__ inline uint32_t
results_of (const Resample &r, uint32_t i, uint32_t results[AXES])
{
  uint32_t rest = r.inner.divide (i), from = i - rest * r.inner.divisor;

  for (int a = AXES - 1; a >= 0; a--) {
    const Axis &axis = r.axes[a];
    const uint32_t line = axis.out.divide (rest), outer = axis.between.divide (line);

    results[a] = rest - line * axis.out.divisor;
    from += (line - outer * axis.between.divisor) * axis.between_stride;
    rest = outer;
  }
  return from;
}

template <typename T>
__global__ void
resample_take (Resample r, const T *x, T *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    uint32_t results[AXES], from = results_of (r, (uint32_t)i, results);

    for (int a = 0; a < AXES; a++)
      if (r.axes[a].positions != NULL)
        from += (uint32_t)r.axes[a].positions[results[a]] * r.axes[a].stride;
    y[i] = x[from];
  }
}

/* Entry `k` of an axis: how much it counts; `from` moves to where it is. */
static __device__ inline float
entry_of (const Axis &axis, int k, uint32_t *from)
{
  if (axis.starts == NULL)
    return 1;
  *from += (uint32_t)axis.positions[k] * axis.stride;
  return axis.weights[k];
}

/* A result of nothing is `empty`. */
template <typename T, int N>
__global__ void
resample_weigh (Resample r, const T *x, T *y, float empty, size_t n)
{
  const GenPack<T, N> *packs = (const GenPack<T, N> *)x;

  for (GEN_CUDA_EACH (i, n)) {
    uint32_t results[AXES];
    const uint32_t from = results_of (r, (uint32_t)i, results);
    int first[AXES], end[AXES];
    bool is_empty = false;
    float sums[N];
    GenPack<T, N> result;

    for (int a = 0; a < AXES; a++) {
      first[a] = r.axes[a].starts != NULL ? r.axes[a].starts[results[a]] : 0;
      end[a] = r.axes[a].starts != NULL ? r.axes[a].starts[results[a] + 1] : 1;
      is_empty |= first[a] == end[a];
    }
    for (int j = 0; j < N; j++)
      sums[j] = is_empty ? empty : 0;
    for (int k0 = first[0]; k0 < end[0]; k0++) {
      uint32_t from0 = from;
      const float weight0 = entry_of (r.axes[0], k0, &from0);

      for (int k1 = first[1]; k1 < end[1]; k1++) {
        uint32_t from1 = from0;
        const float weight1 = weight0 * entry_of (r.axes[1], k1, &from1);

        for (int k2 = first[2]; k2 < end[2]; k2++) {
          uint32_t from2 = from1;
          const float weight = weight1 * entry_of (r.axes[2], k2, &from2);
          const GenPack<T, N> pack = packs[from2];

          for (int j = 0; j < N; j++)
            sums[j] += weight * gen_load (&pack.at[j]);
        }
      }
    }
    for (int j = 0; j < N; j++)
      gen_store (&result.at[j], sums[j]);
    ((GenPack<T, N> *)y)[i] = result;
  }
}

/* --- preparing --- */

/* Axes that are done at once, in the order of memory. */
struct Group {
  int n;
  const GenResamplePass *passes[AXES];
};

static gint64
most_taps (const GenResampleTable *t)
{
  gint64 most = 1;

  for (gint64 i = 0; i < t->out; i++)
    most = MAX (most, t->starts[i + 1] - t->starts[i]);
  return most;
}

static std::vector<Group>
group (const GenResamplePasses *p)
{
  std::vector<Group> groups;
  Group all = {};
  gint64 taps = 1;

  for (int i = 0; i < p->n; i++)
    taps *= most_taps (&p->passes[i].table);
  if (p->n > AXES || (p->n > 1 && taps > MOST_TAPS)) {
    for (int i = 0; i < p->n; i++)
      groups.push_back ({ 1, { &p->passes[i] } });
    return groups;
  }
  for (int axis = 0; axis < p->in.rank; axis++)
    for (int i = 0; i < p->n; i++)
      if (p->passes[i].axis == axis)
        all.passes[all.n++] = &p->passes[i];
  groups.push_back (all);
  return groups;
}

static const int32_t *
upload_integers (GenCudaKernel *kernel, const gint64 *values, gint64 n, GError **error)
{
  g_autofree int32_t *narrow = g_new (int32_t, MAX (n, 1));

  for (gint64 i = 0; i < n; i++)
    narrow[i] = (int32_t)values[i];
  return (const int32_t *)gen_cuda_kernel_upload (kernel, narrow, n * sizeof *narrow, error);
}

static gboolean
upload_table (
    GenCudaKernel *kernel, const GenResampleTable *t, gboolean takes, Axis *axis, GError **error)
{
  const gint64 n = t->starts[t->out];

  axis->positions = upload_integers (kernel, t->positions, n, error);
  if (axis->positions == NULL || takes)
    return axis->positions != NULL;
  axis->starts = upload_integers (kernel, t->starts, t->out + 1, error);
  if (axis->starts != NULL)
    axis->weights =
        (const float *)gen_cuda_kernel_upload (kernel, t->weights, n * sizeof (float), error);
  return axis->weights != NULL;
}

/* For an operand of shape `in`, whose `pack` innermost elements are one; `in` becomes that of the
 * result. FALSE with `error`. */
static gboolean
set_group (GenCudaKernel *kernel, const Group &group, gboolean takes, gint64 pack, GenShape *in,
    Resample *r, GError **error)
{
  int before = 0;

  *r = {};
  for (int k = 0; k < group.n; k++) {
    const GenResamplePass *pass = group.passes[k];
    Axis *axis = &r->axes[AXES - group.n + k];

    axis->out = GenDivider ((uint32_t)pass->table.out);
    axis->between = GenDivider ((uint32_t)gen_shape_product (in, before, pass->axis));
    axis->stride = (uint32_t)(gen_shape_product (in, pass->axis + 1, in->rank) / pack);
    axis->between_stride = axis->stride * (uint32_t)pass->table.in;
    before = pass->axis + 1;
    if (!upload_table (kernel, &pass->table, takes, axis, error))
      return FALSE;
  }
  r->inner = GenDivider ((uint32_t)(gen_shape_product (in, before, in->rank) / pack));
  for (int k = 0; k < group.n; k++)
    in->dims[group.passes[k]->axis] = group.passes[k]->table.out;
  return TRUE;
}

/* Where a group reads and writes. */
struct Ends {
  gboolean first, last;
  gsize from, to; /* in scratch memory */

  const void *input (const GenCudaKernel &k) const
  {
    return first ? k.inputs[0] : (char *)k.scratch + from;
  }
  void *output (const GenCudaKernel &k) const
  {
    return last ? k.outputs[0] : (char *)k.scratch + to;
  }
};

/* Elements as they are, as many at once as lie side by side. */
static gboolean
add_take (GenCudaKernel *kernel, const Group &group, Ends ends, GenShape *shape, GError **error)
{
  const GenResamplePass *last = group.passes[group.n - 1];
  gint64 inner = gen_shape_product (shape, last->axis + 1, shape->rank), pack = 1;
  const gsize size = gen_data_type_size (kernel->input (0)->type);
  Resample r;

  while (inner % (2 * pack) == 0 && 2 * pack * size <= GEN_PACK_BYTES)
    pack *= 2;
  if (!set_group (kernel, group, TRUE, pack, shape, &r, error))
    return FALSE;
  const gsize n = gen_shape_elements (shape) / pack;
  return gen_visit_wide (pack * size, [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (resample_take<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, r,
          (const T *)ends.input (k), (T *)ends.output (k), n);
    });
  });
}

template <typename T>
static gboolean
add_weigh (GenCudaKernel *kernel, const Group &group, Ends ends, float empty, GenShape *shape,
    GError **error)
{
  const GenResamplePass *last = group.passes[group.n - 1];
  const int N = GEN_PACK_BYTES / (int)sizeof (T);
  const gboolean whole = gen_shape_product (shape, last->axis + 1, shape->rank) % N == 0;
  Resample r;

  if (!set_group (kernel, group, FALSE, whole ? N : 1, shape, &r, error))
    return FALSE;
  const gsize n = gen_shape_elements (shape) / (whole ? N : 1);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (whole ? resample_weigh<T, N> : resample_weigh<T, 1>, gen_cuda_grid (n),
        GEN_CUDA_BLOCK, stream, r, (const T *)ends.input (k), (T *)ends.output (k), empty, n);
  });
  return TRUE;
}

static gboolean
add_group (GenCudaKernel *kernel, const GenResamplePasses *p, const Group &group, Ends ends,
    float empty, GenShape *shape, GError **error)
{
  gboolean added = FALSE;

  if (p->takes)
    return add_take (kernel, group, ends, shape, error);
  return gen_visit_floats (kernel->input (0)->type, [&] (auto *pointer) {
    added = add_weigh<GEN_VISITED (pointer)> (kernel, group, ends, empty, shape, error);
  }) && added;
}

/* Nothing to resample. */
static void
add_copy (GenCudaKernel *kernel)
{
  const gsize size = gen_tensor_size (kernel->input (0));

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    cudaMemcpyAsync (k.outputs[0], k.inputs[0], size, cudaMemcpyDeviceToDevice, stream);
  });
}

static gboolean
add_passes (GenCudaKernel *kernel, const GenResamplePasses *p, float empty, GError **error)
{
  const std::vector<Group> groups = group (p);
  const gsize size = p->largest * gen_data_type_size (kernel->input (0)->type);
  GenShape shape = p->in;
  gsize buffers[2] = {};

  if (gen_shape_elements (&p->in) > GEN_WALK_MAX || p->largest > GEN_WALK_MAX)
    return FALSE;
  for (gsize i = 0; i < MIN (groups.size () - 1, 2); i++)
    buffers[i] = kernel->reserve (size);
  for (gsize i = 0; i < groups.size (); i++) {
    const Ends ends = { i == 0, i == groups.size () - 1, buffers[(i + 1) % 2], buffers[i % 2] };

    if (!add_group (kernel, p, groups[i], ends, empty, &shape, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add (GenCudaKernel *kernel, const GenResampling *resampling, gboolean backwards, GError **error)
{
  const float empty = backwards ? 0 : gen_node_float (kernel->node, "extrapolation_value", 0);
  GenResamplePasses passes;
  gboolean added;

  if (!gen_resample_passes_init (&passes, kernel->node, resampling, backwards, error))
    return FALSE;
  if (passes.n == 0)
    add_copy (kernel);
  added = passes.n == 0 || add_passes (kernel, &passes, empty, error);
  gen_resample_passes_clear (&passes);
  return added;
}

static gboolean
resize (GenCudaKernel *kernel, GError **error)
{
  GenResampling resampling;

  return gen_resize_find (&resampling, kernel->node, error) &&
         add (kernel, &resampling, FALSE, error);
}

static gboolean
resize_gradient (GenCudaKernel *kernel, GError **error)
{
  GenResampling resampling;

  return gen_resize_gradient_find (&resampling, kernel->node, error) &&
         add (kernel, &resampling, TRUE, error);
}

extern const GenCudaOperator gen_cuda_resample_operators[] = {
  { "Resize", NULL, resize, 1, 1 },
  { "Upsample", NULL, resize, 1, 1 },
  { "ResizeGradient", "generative", resize_gradient, 3, 1 },
  {},
};
