/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Poolings over one to three axes, with loops that are the same for both layouts. */
#include "pool-private.h"

#include <math.h>
#include <string.h>

#include "../../simd.h"

gboolean
gen_pool_window (GenWindow *window, const GenNode *node, const GenShape *input, GError **error)
{
  int n;
  const gint64 *kernel = gen_node_ints (node, "kernel_shape", &n);

  if (kernel == NULL && input->rank >= 3)
    return gen_window_init (window, node, input, input->dims + 2, error);
  if (kernel == NULL || n != input->rank - 2)
    return gen_node_error (node, error, "kernel_shape does not fit its input");
  return gen_window_init (window, node, input, kernel, error);
}

gboolean
gen_pool_infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenWindow window;
  GenShape shape;

  if (!gen_pool_window (&window, node, &x->shape, error))
    return FALSE;
  shape = gen_window_output (&window, x->shape.dims[0], x->shape.dims[1]);
  gen_node_set_output (node, 0, x->type, &shape);
  gen_node_set_output (node, 1, GEN_TYPE_INT64, &shape);
  return TRUE;
}

gboolean
gen_pool_gradient_infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenWindow window;
  GenShape shape;

  if (!gen_pool_window (&window, node, &x->shape, error))
    return FALSE;
  shape = gen_window_output (&window, x->shape.dims[0], x->shape.dims[1]);
  if (!gen_shape_equal (&shape, &gen_node_input (node, 1)->shape))
    return gen_node_error (node, error, "dy is not of the shape that the window gives");
  return gen_infer_same (node, error);
}

/* --- walking --- */

typedef struct {
  gint64 first[3], end[3], start[3];
} Taps;

static Taps
taps_of (const GenPool *pool, gsize pixel)
{
  Taps taps;

  for (int i = 2; i >= 0; i--) {
    const GenWindowAxis *a = &pool->window.axes[i];
    gint64 at = pixel % a->out;

    pixel /= a->out;
    taps.start[i] = at * a->stride - a->before;
    gen_window_taps (a, at, &taps.first[i], &taps.end[i]);
  }
  return taps;
}

#define FOR_EACH_TAP(pool, taps, position)                                                         \
  for (gint64 t0 = (taps).first[0]; t0 < (taps).end[0]; t0++)                                      \
    for (gint64 t1 = (taps).first[1]; t1 < (taps).end[1]; t1++)                                    \
      for (gint64 t2 = (taps).first[2],                                                            \
                  row_ = (((taps).start[0] + t0 * (pool)->window.axes[0].dilation) *               \
                                 (pool)->window.axes[1].in +                                       \
                             (taps).start[1] + t1 * (pool)->window.axes[1].dilation) *             \
                         (pool)->window.axes[2].in,                                                \
                  position = 0;                                                                    \
           t2 < (taps).end[2] &&                                                                   \
           (position = row_ + (taps).start[2] + t2 * (pool)->window.axes[2].dilation, TRUE);       \
           t2++)

/* Values that an average is over. */
static gint64
count_of (const GenPool *pool, const Taps *taps)
{
  gint64 count = 1;

  for (int i = 0; i < 3; i++) {
    const GenWindowAxis *a = &pool->window.axes[i];
    gint64 left = a->in + a->after - taps->start[i];

    count *= pool->includes_padding ? MIN (a->kernel, (left + a->dilation - 1) / a->dilation)
                                    : taps->end[i] - taps->first[i];
  }
  return MAX (count, 1);
}

/* --- forwards --- */

GEN_CLONES (void, add, (float *out, const float *x, float factor, gsize n), (out, x, factor, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] += factor * x[i];
}

static gint64
index_of (const GenPool *pool, gsize outer, gsize k, gint64 position)
{
  const GenWindowAxis *a = pool->window.axes;
  gint64 plane = pool->channels_last ? (gint64)outer * pool->channels + (gint64)k : (gint64)outer;

  if (pool->column_major) {
    gint64 x = position % a[2].in, y = position / a[2].in % a[1].in,
           z = position / a[2].in / a[1].in;

    position = z + (y + x * a[1].in) * a[0].in;
  }
  return plane * pool->in_pixels + position;
}

static void
run_widen (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  gsize first, end;

  gen_kernel_share (gen_shape_elements (&x->shape), 32, part, parts, &first, &end);
  gen_half_widen (x->type, (const guint16 *)kernel->inputs[0] + first, 1,
      (float *)kernel->scratch + first, end - first);
}

static void
run_narrow (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *y = gen_node_output (kernel->node, 0);
  gsize first, end;

  gen_kernel_share (gen_shape_elements (&y->shape), 32, part, parts, &first, &end);
  gen_half_narrow (y->type, (const float *)gen_pool_result (kernel) + first,
      (guint16 *)kernel->outputs[0] + first, end - first);
}

/* A window that lies in the padding alone has the lowest value, as have places that no tap is at.
 */
#define MAX_POOL(name, T, lowest)                                                                  \
  GEN_CLONES (void, name, (const GenKernel *kernel, int part, int parts), (kernel, part, parts))   \
  {                                                                                                \
    const GenPool *pool = kernel->state;                                                           \
    gint64 *indices = kernel->node->outputs->len > 1 ? kernel->outputs[1] : NULL;                  \
    const gsize n = pool->inner;                                                                   \
    gsize first, end;                                                                              \
                                                                                                   \
    gen_kernel_share (pool->outer * pool->out_pixels, 1, part, parts, &first, &end);               \
    for (gsize at = first; at < end; at++) {                                                       \
      gsize outer = at / pool->out_pixels;                                                         \
      const T *x = (const T *)gen_pool_source (kernel) + outer * pool->in_pixels * n;              \
      T *out = (T *)gen_pool_result (kernel) + at * n;                                             \
      Taps taps = taps_of (pool, at % pool->out_pixels);                                           \
      gboolean fresh = TRUE;                                                                       \
                                                                                                   \
      for (gsize k = 0; k < n; k++)                                                                \
        out[k] = (lowest);                                                                         \
      FOR_EACH_TAP (pool, taps, position)                                                          \
      {                                                                                            \
        const T *from = x + position * n;                                                          \
                                                                                                   \
        if (indices != NULL)                                                                       \
          for (gsize k = 0; k < n; k++)                                                            \
            if (fresh || GEN_POOL_IS_LARGER (from[k], out[k]))                                     \
              indices[at * n + k] = index_of (pool, outer, k, position);                           \
        for (gsize k = 0; k < n; k++)                                                              \
          out[k] = GEN_POOL_IS_LARGER (from[k], out[k]) ? from[k] : out[k];                        \
        fresh = FALSE;                                                                             \
      }                                                                                            \
    }                                                                                              \
  }

MAX_POOL (run_max_float32, float, -INFINITY)
MAX_POOL (run_max_float64, double, -INFINITY)
MAX_POOL (run_max_int8, gint8, G_MININT8)
MAX_POOL (run_max_uint8, guint8, 0)

/* Taps of one result after the other, which cost more than windows of bytes where each is found
 * alone. */
typedef struct {
  const GenPool *pool;
  gsize outer;
  gint64 at[3];
  Taps taps;
} Walk;

static inline void
find_axis (Walk *walk, int i)
{
  const GenWindowAxis *a = &walk->pool->window.axes[i];

  walk->taps.start[i] = walk->at[i] * a->stride - a->before;
  gen_window_taps (a, walk->at[i], &walk->taps.first[i], &walk->taps.end[i]);
}

static Walk
walk_from (const GenPool *pool, gsize at)
{
  Walk walk = { .pool = pool };

  for (int i = 2; i >= 0; i--) {
    walk.at[i] = at % pool->window.axes[i].out;
    at /= pool->window.axes[i].out;
    find_axis (&walk, i);
  }
  walk.outer = at;
  return walk;
}

static inline void
walk_on (Walk *walk)
{
  int i = 2;

  for (; i >= 0 && ++walk->at[i] == walk->pool->window.axes[i].out; i--) {
    walk->at[i] = 0;
    find_axis (walk, i);
  }
  if (i < 0)
    walk->outer++;
  else
    find_axis (walk, i);
}

/* Pixels of bytes, without indices: some channels at a time, which stay in a register while the
 * taps go by. The last ones of a pixel may be done again. */
#define MAX_BYTES(name, T, lowest, size)                                                           \
  GEN_CLONES (void, name, (const GenKernel *kernel, int part, int parts), (kernel, part, parts))   \
  {                                                                                                \
    typedef T Vector __attribute__ ((vector_size (size), aligned (1), may_alias));                 \
    const GenPool *pool = kernel->state;                                                           \
    const GenWindowAxis *a = pool->window.axes;                                                    \
    const gsize n = pool->inner;                                                                   \
    gsize first, end;                                                                              \
    Walk walk;                                                                                     \
                                                                                                   \
    gen_kernel_share (pool->outer * pool->out_pixels, 1, part, parts, &first, &end);               \
    walk = walk_from (pool, first);                                                                \
    for (gsize at = first; at < end; at++, walk_on (&walk)) {                                      \
      const T *x = (const T *)gen_pool_source (kernel) + walk.outer * pool->in_pixels * n;         \
      T *out = (T *)gen_pool_result (kernel) + at * n;                                             \
      const Taps taps = walk.taps;                                                                 \
      const gint64 columns = taps.end[2] - taps.first[2];                                          \
                                                                                                   \
      for (gsize k = 0; k < n; k += size) {                                                        \
        const gsize channel = MIN (k, n - size);                                                   \
        Vector largest = (Vector){ 0 } + (T)(lowest);                                              \
                                                                                                   \
        for (gint64 t0 = taps.first[0]; t0 < taps.end[0]; t0++)                                    \
          for (gint64 t1 = taps.first[1]; t1 < taps.end[1]; t1++) {                                \
            const T *from = x + channel +                                                          \
                            (((taps.start[0] + t0 * a[0].dilation) * a[1].in + taps.start[1] +     \
                                 t1 * a[1].dilation) *                                             \
                                    a[2].in +                                                      \
                                taps.start[2] + taps.first[2] * a[2].dilation) *                   \
                                (gint64)n;                                                         \
                                                                                                   \
            for (gint64 t2 = 0; t2 < columns; t2++, from += a[2].dilation * n) {                   \
              const Vector v = *(const Vector *)from, more = (Vector)(v > largest);                \
                                                                                                   \
              largest = (v & more) | (largest & ~more);                                            \
            }                                                                                      \
          }                                                                                        \
        *(Vector *)(out + channel) = largest;                                                      \
      }                                                                                            \
    }                                                                                              \
  }

MAX_BYTES (run_max_int8_16, gint8, G_MININT8, 16)
MAX_BYTES (run_max_uint8_16, guint8, 0, 16)
MAX_BYTES (run_max_int8_32, gint8, G_MININT8, 32)
MAX_BYTES (run_max_uint8_32, guint8, 0, 32)

static GenStepFunc
find_max (const GenNode *node)
{
  const GenTensor *x = gen_node_input (node, 0);
  const gboolean wide = x->layout == GEN_LAYOUT_CHANNELS_LAST && gen_node_output (node, 1) == NULL;
  const gint64 n = wide && x->shape.rank > 1 ? x->shape.dims[1] : 1;

  switch (gen_type_computed (x->type)) {
  case GEN_TYPE_FLOAT32:
    return run_max_float32;
  case GEN_TYPE_FLOAT64:
    return run_max_float64;
  case GEN_TYPE_INT8:
    return n >= 32 ? run_max_int8_32 : n >= 16 ? run_max_int8_16 : run_max_int8;
  case GEN_TYPE_UINT8:
    return n >= 32 ? run_max_uint8_32 : n >= 16 ? run_max_uint8_16 : run_max_uint8;
  default:
    return NULL;
  }
}

#define AVERAGE_POOL(name, T)                                                                      \
  GEN_CLONES (void, name, (const GenKernel *kernel, int part, int parts), (kernel, part, parts))   \
  {                                                                                                \
    const GenPool *pool = kernel->state;                                                           \
    const gsize n = pool->inner;                                                                   \
    gsize first, end;                                                                              \
                                                                                                   \
    gen_kernel_share (pool->outer * pool->out_pixels, 1, part, parts, &first, &end);               \
    for (gsize at = first; at < end; at++) {                                                       \
      const T *x =                                                                                 \
          (const T *)gen_pool_source (kernel) + at / pool->out_pixels * pool->in_pixels * n;       \
      T *out = (T *)gen_pool_result (kernel) + at * n;                                             \
      Taps taps = taps_of (pool, at % pool->out_pixels);                                           \
      T factor = (T)1 / (T)count_of (pool, &taps);                                                 \
                                                                                                   \
      memset (out, 0, n * sizeof *out);                                                            \
      FOR_EACH_TAP (pool, taps, position)                                                          \
      for (gsize k = 0; k < n; k++)                                                                \
        out[k] += x[position * n + k];                                                             \
      for (gsize k = 0; k < n; k++)                                                                \
        out[k] *= factor;                                                                          \
    }                                                                                              \
  }

AVERAGE_POOL (run_average_float32, float)
AVERAGE_POOL (run_average_float64, double)

/* --- backwards --- */

static void
run_gradient_max (const GenKernel *kernel, int part, int parts)
{
  const GenPool *pool = kernel->state;
  gsize first, end;

  gen_kernel_share (pool->outer, 1, part, parts, &first, &end);
  for (gsize outer = first; outer < end; outer++) {
    const float *x = (const float *)kernel->inputs[0] + outer * pool->in_pixels * pool->inner;
    const float *dy = (const float *)kernel->inputs[1] + outer * pool->out_pixels * pool->inner;
    float *dx = (float *)kernel->outputs[0] + outer * pool->in_pixels * pool->inner;

    memset (dx, 0, pool->in_pixels * pool->inner * sizeof *dx);
    for (gsize pixel = 0; pixel < pool->out_pixels; pixel++) {
      Taps taps = taps_of (pool, pixel);

      for (gsize k = 0; k < pool->inner; k++) {
        float best = -INFINITY;
        gint64 where = -1;

        /* The first of equals, as forwards. */
        FOR_EACH_TAP (pool, taps, position)
        if (where < 0 || GEN_POOL_IS_LARGER (x[position * pool->inner + k], best)) {
          best = x[position * pool->inner + k];
          where = position;
        }
        if (where >= 0)
          dx[where * pool->inner + k] += dy[pixel * pool->inner + k];
      }
    }
  }
}

static void
run_gradient_average (const GenKernel *kernel, int part, int parts)
{
  const GenPool *pool = kernel->state;
  gsize first, end;

  gen_kernel_share (pool->outer, 1, part, parts, &first, &end);
  for (gsize outer = first; outer < end; outer++) {
    const float *dy = (const float *)kernel->inputs[1] + outer * pool->out_pixels * pool->inner;
    float *dx = (float *)kernel->outputs[0] + outer * pool->in_pixels * pool->inner;

    memset (dx, 0, pool->in_pixels * pool->inner * sizeof *dx);
    for (gsize pixel = 0; pixel < pool->out_pixels; pixel++) {
      Taps taps = taps_of (pool, pixel);
      float factor = 1.0f / count_of (pool, &taps);

      FOR_EACH_TAP (pool, taps, position)
      add (dx + position * pool->inner, dy + pixel * pool->inner, factor, pool->inner);
    }
  }
}

/* --- preparing --- */

gboolean
gen_pool_init (GenPool *pool, const GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  const GenWindowAxis none = { 1, 1, 1, 1, 1, 0, 0 };
  GenWindow window;

  if (!gen_pool_window (&window, node, &x->shape, error))
    return FALSE;
  *pool = (GenPool){ .in_pixels = 1,
    .out_pixels = 1,
    .channels = x->shape.dims[1],
    .channels_last = x->layout == GEN_LAYOUT_CHANNELS_LAST,
    .includes_padding = gen_node_int (node, "count_include_pad", 0) != 0,
    .column_major = gen_node_int (node, "storage_order", 0) != 0 };
  for (int i = 0; i < 3; i++) {
    int axis = i - 3 + window.rank;

    pool->window.axes[i] = axis >= 0 ? window.axes[axis] : none;
    pool->in_pixels *= pool->window.axes[i].in;
    pool->out_pixels *= pool->window.axes[i].out;
  }
  pool->outer = x->shape.dims[0] * (pool->channels_last ? 1 : pool->channels);
  pool->inner = pool->channels_last ? pool->channels : 1;
  return TRUE;
}

static gboolean
prepare (
    GenKernel *kernel, GenStepFunc run, GenStepFunc run_rows, gboolean backwards, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0), *y = gen_node_output (kernel->node, 0);
  gint64 n = gen_shape_elements (&x->shape), results = gen_shape_elements (&y->shape);
  double cost = 1;
  GenPool *pool;
  int parts;

  if (run == NULL || (backwards && x->type != GEN_TYPE_FLOAT32))
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  pool = g_new (GenPool, 1);
  kernel->state = pool;
  kernel->free_state = g_free;
  if (!gen_pool_init (pool, kernel->node, error))
    return FALSE;
  for (int i = 0; i < 3; i++)
    cost *= pool->window.axes[i].kernel;
  parts = gen_kernel_parts (kernel, pool->outer * pool->out_pixels * pool->inner, 0.3 * cost);
  if (run_rows != NULL && pool->inner == 1 && gen_node_output (kernel->node, 1) == NULL) {
    run = run_rows;
    pool->room = gen_pool_rows_room (pool);
  }
  if (gen_pool_is_half (kernel)) {
    pool->room_at = ((n + results) * sizeof (float) + 63) & ~(gsize)63;
    gen_kernel_add_step (kernel, run_widen, gen_kernel_parts (kernel, n, 0.5));
  }
  kernel->scratch_size = pool->room_at + parts * pool->room;
  gen_kernel_add_step (
      kernel, run, backwards ? MIN (parts, (int)MIN (pool->outer, G_MAXINT)) : parts);
  if (gen_pool_is_half (kernel))
    gen_kernel_add_step (kernel, run_narrow, gen_kernel_parts (kernel, results, 0.5));
  return TRUE;
}

gboolean
gen_pool_cpu_max (GenKernel *kernel, GError **error)
{
  GenDataType type = gen_type_computed (gen_node_input (kernel->node, 0)->type);

  return prepare (kernel, find_max (kernel->node), gen_pool_rows_max (type), FALSE, error);
}

gboolean
gen_pool_cpu_average (GenKernel *kernel, GError **error)
{
  GenDataType type = gen_type_computed (gen_node_input (kernel->node, 0)->type);

  return prepare (kernel,
      type == GEN_TYPE_FLOAT32   ? run_average_float32
      : type == GEN_TYPE_FLOAT64 ? run_average_float64
                                 : NULL,
      gen_pool_rows_average (type), FALSE, error);
}

gboolean
gen_pool_gradient_cpu_max (GenKernel *kernel, GError **error)
{
  return prepare (kernel, run_gradient_max, NULL, TRUE, error);
}

gboolean
gen_pool_gradient_cpu_average (GenKernel *kernel, GError **error)
{
  return prepare (kernel, run_gradient_average, NULL, TRUE, error);
}

gboolean
gen_pool_gradient (GenGradient *g, const char *op, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0);
  GenWindowLists lists;
  GenWindow window;

  if (g->outputs[0] == NULL)
    return TRUE;
  if (!gen_pool_window (&window, g->node, &x->shape, error))
    return FALSE;
  lists = gen_window_lists (&window);
  g->inputs[0] = gen_graph_op (g->graph, op, (GenTensor *[]){ x, g->outputs[0] }, 2, 1, error,
      GEN_WINDOW_ATTRIBUTES (lists), "ceil_mode", GEN_INT,
      (int)gen_node_int (g->node, "ceil_mode", 0), "count_include_pad", GEN_INT,
      (int)gen_node_int (g->node, "count_include_pad", 0), NULL);
  return g->inputs[0] != NULL;
}
