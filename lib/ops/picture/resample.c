/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling, one axis after the other, by tables; layouts differ in the order of axes alone. Axes
 * that shrink most come first. The gradient is the same with the tables transposed. */
#include "resample.h"

#include <string.h>

#include "../../simd.h"
#include "../indexing/indices.h"
#include "../number.h"

typedef struct {
  GenDataType type;
  gsize size;
  GenResamplePasses passes;
  gsize buffer_size;                   /* bytes of each of the two that lie between passes */
  const guint8 *outside[GEN_MAX_RANK]; /* the tables', by axis in the order of memory */
} Resample;

GEN_CLONES (void, weigh, (const float *x, float weight, gboolean first, float *out, gint64 n),
    (x, weight, first, out, n))
{
  if (first)
    for (gint64 i = 0; i < n; i++)
      out[i] = weight * x[i];
  else
    for (gint64 i = 0; i < n; i++)
      out[i] += weight * x[i];
}

/* Along the innermost axis: a result is a sum over few elements. */
GEN_CLONES (void, weigh_inner,
    (const GenResampleTable *t, const float *x, float *out, gint64 first, gint64 end),
    (t, x, out, first, end))
{
  for (gint64 i = first; i < end; i++) {
    float sum = 0;

    for (gint64 k = t->starts[i]; k < t->starts[i + 1]; k++)
      sum += t->weights[k] * x[t->positions[k]];
    out[i] = sum;
  }
}

/* Result `i` of the axis, for all of `inner`. */
static void
weigh_outer (const GenResamplePass *pass, const float *x, float *out, gint64 i)
{
  const GenResampleTable *t = &pass->table;

  if (t->starts[i] == t->starts[i + 1])
    memset (out, 0, pass->inner * sizeof *out);
  for (gint64 k = t->starts[i]; k < t->starts[i + 1]; k++)
    weigh (x + t->positions[k] * pass->inner, t->weights[k], k == t->starts[i], out, pass->inner);
}

/* Results [first, end) of the axis. */
static void
run_axis (const Resample *r, const GenResamplePass *pass, const char *x, char *out, gint64 first,
    gint64 end)
{
  const GenResampleTable *t = &pass->table;
  gsize row = pass->inner * r->size;

  if (t->takes && pass->inner == 1)
    gen_indices_take (x, t->positions + first, out + first * row, end - first, r->size);
  else if (t->takes)
    for (gint64 i = first; i < end; i++)
      memcpy (out + i * row, x + t->positions[i] * row, row);
  else if (pass->inner == 1)
    weigh_inner (t, (const float *)x, (float *)out, first, end);
  else
    for (gint64 i = first; i < end; i++)
      weigh_outer (pass, (const float *)x, (float *)(out + i * row), i);
}

static void
run_pass (const GenKernel *kernel, int number, int part, int parts)
{
  const Resample *r = kernel->state;
  const GenResamplePass *pass = &r->passes.passes[number];
  const GenResampleTable *t = &pass->table;
  char *buffers = kernel->scratch;
  const char *x = number == 0 ? kernel->inputs[0] : buffers + (number - 1) % 2 * r->buffer_size;
  char *out =
      number == r->passes.n - 1 ? kernel->outputs[0] : buffers + number % 2 * r->buffer_size;
  gsize first, end;

  gen_kernel_share (pass->outer * t->out, 1, part, parts, &first, &end);
  for (gsize at = first, n; at < end; at += n) {
    gint64 outer = (gint64)at / t->out, from = (gint64)at % t->out;

    n = MIN ((gsize)(t->out - from), end - at);
    run_axis (r, pass, x + outer * t->in * pass->inner * (gint64)r->size,
        out + outer * t->out * pass->inner * (gint64)r->size, from, from + (gint64)n);
  }
}

/* A step has no argument of its own, so that each pass has a function. */
#define RUN(number)                                                                                \
  static void run_##number (const GenKernel *kernel, int part, int parts)                          \
  {                                                                                                \
    run_pass (kernel, number, part, parts);                                                        \
  }
RUN (0)
RUN (1)
RUN (2)
RUN (3)
RUN (4)
RUN (5)
RUN (6)
RUN (7)
static const GenStepFunc runs[GEN_MAX_RANK] = { run_0, run_1, run_2, run_3, run_4, run_5, run_6,
  run_7 };

/* Nothing to resample. */
static void
run_copy (const GenKernel *kernel, int part, int parts)
{
  gen_indices_copy_data (kernel, part, parts);
}

/* Results beyond the operand get a value of their own. */
static void
run_outside (const GenKernel *kernel, int part, int parts)
{
  const Resample *r = kernel->state;
  double value = gen_node_float (kernel->node, "extrapolation_value", 0);
  const GenShape *out = &r->passes.out;
  gsize first, end;

  gen_kernel_share (gen_shape_elements (out), 16, part, parts, &first, &end);
  for (gsize at = first; at < end; at++) {
    gsize rest = at;
    gboolean outside = FALSE;

    for (int i = out->rank - 1; i >= 0; i--) {
      outside |= r->outside[i] != NULL && r->outside[i][rest % out->dims[i]] != 0;
      rest /= out->dims[i];
    }
    if (outside)
      gen_number_set (r->type, kernel->outputs[0], at, value);
  }
}

/* The axes in the order of memory: `shape` as it lies there. */
static GenShape
in_memory (const GenShape *shape, GenLayout layout)
{
  GenShape result = *shape;

  if (layout == GEN_LAYOUT_CHANNELS_LAST && shape->rank >= 3) {
    for (int i = 1; i < shape->rank - 1; i++)
      result.dims[i] = shape->dims[i + 1];
    result.dims[shape->rank - 1] = shape->dims[1];
  }
  return result;
}

static int
axis_in_memory (int axis, int rank, GenLayout layout)
{
  if (layout != GEN_LAYOUT_CHANNELS_LAST || rank < 3 || axis == 0)
    return axis;
  return axis == 1 ? rank - 1 : axis - 1;
}

/* The axis not done yet that shrinks most; -1 when there is none. */
static int
next_axis (const GenResampling *g, gboolean backwards, guint done)
{
  double least = 0;
  int best = -1;

  for (int i = 0; i < g->in.rank; i++) {
    double ratio = (double)g->out.dims[i] / (double)g->in.dims[i];
    gboolean same = g->out.dims[i] == g->in.dims[i] && g->factors[i] == 1 && g->starts[i] == 0 &&
                    g->ends[i] == 1;

    ratio = backwards ? 1 / ratio : ratio;
    if ((done >> i & 1) != 0 || same || (best >= 0 && ratio >= least))
      continue;
    best = i;
    least = ratio;
  }
  return best;
}

gboolean
gen_resample_passes_init (GenResamplePasses *p, const GenNode *node, const GenResampling *g,
    gboolean backwards, GError **error)
{
  GenLayout layout = gen_node_input (node, 0)->layout;
  GenShape in = in_memory (&g->in, layout), out = in_memory (&g->out, layout), shape;
  guint done = 0;

  if (gen_shape_elements (&in) == 0 || gen_shape_elements (&out) == 0)
    return gen_node_error (node, error, "its tensors must not be empty");
  *p =
      (GenResamplePasses){ .in = backwards ? out : in, .out = backwards ? in : out, .takes = TRUE };
  shape = p->in;
  for (int axis; (axis = next_axis (g, backwards, done)) >= 0; done |= 1u << axis) {
    GenResamplePass *pass = &p->passes[p->n++];

    pass->axis = axis_in_memory (axis, shape.rank, layout);
    gen_resample_table_init (&pass->table, node, g, axis);
    if (backwards)
      gen_resample_table_transpose (&pass->table);
    pass->outer = gen_shape_product (&shape, 0, pass->axis);
    pass->inner = gen_shape_product (&shape, pass->axis + 1, shape.rank);
    shape.dims[pass->axis] = pass->table.out;
    p->largest = MAX (p->largest, gen_shape_elements (&shape));
    p->takes &= pass->table.takes;
  }
  return TRUE;
}

void
gen_resample_passes_clear (GenResamplePasses *p)
{
  for (int i = 0; i < p->n; i++)
    gen_resample_table_clear (&p->passes[i].table);
  p->n = 0;
}

static void
resample_free (gpointer data)
{
  Resample *r = data;

  gen_resample_passes_clear (&r->passes);
  g_free (r);
}

gboolean
gen_resample_cpu (GenKernel *kernel, const GenResampling *g, gboolean backwards, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Resample *r = g_new0 (Resample, 1);
  GenResamplePasses *p = &r->passes;
  gboolean crops = FALSE;

  kernel->state = r;
  kernel->free_state = resample_free;
  r->type = x->type;
  r->size = gen_data_type_size (x->type);
  if (!gen_resample_passes_init (p, node, g, backwards, error))
    return FALSE;
  if (r->size == 0 || (!p->takes && x->type != GEN_TYPE_FLOAT32))
    return gen_node_error (node, error, "not supported for elements of type %s, unless by nearest",
        gen_data_type_name (x->type));
  for (int i = 0; i < p->n; i++) {
    const GenResamplePass *pass = &p->passes[i];

    r->outside[pass->axis] = pass->table.outside;
    crops |= pass->table.outside != NULL;
    gen_kernel_add_step (kernel, runs[i],
        gen_kernel_parts (kernel, pass->outer * pass->table.out * pass->inner, 1.5));
  }
  r->buffer_size = (p->largest * r->size + 63) & ~(gsize)63;
  kernel->scratch_size = p->n > 1 ? 2 * r->buffer_size : 0;
  if (p->n == 0)
    gen_kernel_add_step (kernel, run_copy, gen_kernel_parts (kernel, gen_tensor_size (x), 0.1));
  if (crops)
    gen_kernel_add_step (
        kernel, run_outside, gen_kernel_parts (kernel, gen_shape_elements (&p->out), 2));
  return TRUE;
}
