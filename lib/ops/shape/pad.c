/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pad: a border around the operand, or a crop where a pad is negative: constant, edge, reflect or
 * wrap.
 * The pads are an attribute up to opset 10, inputs from 11 on. Each axis has a table that says
 * where its positions come from. */
#include <string.h>

#include "../number.h"
#include "pad.h"

gboolean
gen_pad_find (const GenNode *node, GenPads *pads, GError **error)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  const GenTensor *input = gen_node_input (node, 1), *on = gen_node_input (node, 3);
  gint64 values[2 * GEN_MAX_RANK], axes[GEN_MAX_RANK];
  const gint64 *given = values;
  int n = 0, n_axes = shape->rank;

  *pads = (GenPads){ 0 };
  if (input == NULL)
    given = gen_node_ints (node, "pads", &n);
  else if (!gen_tensor_ints (input, values, 2 * GEN_MAX_RANK, &n))
    return gen_node_error (node, error, "its pads must be constant");
  for (int i = 0; i < shape->rank; i++)
    axes[i] = i;
  if (on != NULL && !gen_tensor_ints (on, axes, GEN_MAX_RANK, &n_axes))
    return gen_node_error (node, error, "its axes must be constant");
  if (given == NULL || n != 2 * n_axes || n_axes > shape->rank)
    return gen_node_error (
        node, error, "it has %d pads for %d axes; it needs two for each", n, n_axes);
  for (int i = 0; i < n_axes; i++) {
    int axis = gen_axis (axes[i], shape->rank);

    if (axis < 0 || ABS (given[i]) > G_MAXINT32 || ABS (given[n_axes + i]) > G_MAXINT32)
      return gen_node_error (node, error, "axis or pad number %d is out of range", i);
    pads->before[axis] = given[i];
    pads->after[axis] = given[n_axes + i];
  }
  return TRUE;
}

gboolean
gen_pad_is_zero (const GenNode *node)
{
  const GenTensor *border = gen_node_input (node, 2);
  const float *value = gen_tensor_constant (border);

  if (gen_node_input (node, 0)->type != GEN_TYPE_FLOAT32 ||
      strcmp (gen_node_string (node, "mode", "constant"), "constant") != 0)
    return FALSE;
  if (border != NULL)
    return value != NULL && gen_shape_elements (&border->shape) == 1 && *value == 0;
  return gen_node_float (node, "value", 0) == 0;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *border = gen_node_input (node, 2);
  const char *mode = gen_node_string (node, "mode", "constant");
  GenShape shape = x->shape;
  GenPads pads;

  if (strcmp (mode, "constant") != 0 && strcmp (mode, "edge") != 0 &&
      strcmp (mode, "reflect") != 0 && strcmp (mode, "wrap") != 0)
    return gen_node_error (
        node, error, "mode '%s' is not one of constant, edge, reflect and wrap", mode);
  if (!gen_node_same_type (node, 2, 2, error) || !gen_pad_find (node, &pads, error))
    return FALSE;
  if (border != NULL && gen_shape_elements (&border->shape) != 1)
    return gen_node_error (node, error, "its constant_value must be one value");
  for (int i = 0; i < shape.rank; i++) {
    shape.dims[i] += pads.before[i] + pads.after[i];
    if (shape.dims[i] < 0 || (x->shape.dims[i] == 0 && *mode != 'c' && shape.dims[i] > 0))
      return gen_node_error (node, error, "the pads of axis %d leave nothing to take from", i);
  }
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

/* Longer rows cost no less for an element, and tables grow with them. */
#define MOST_MERGED 65536

typedef struct {
  gint64 *sources[GEN_MAX_RANK]; /* of each position of an axis: in x, -1 for the border */
  gint64 strides[GEN_MAX_RANK];  /* of x */
  GenShape shape;                /* of y */
  gint64 rows, inside, last;     /* the part of a row that is x, in order */
  gsize size;
  double border; /* the attribute value, as an element of the operand's type */
} Pad;

static void
pad_free (gpointer data)
{
  Pad *pad = data;

  for (int i = 0; i < GEN_MAX_RANK; i++)
    g_free (pad->sources[i]);
  g_free (pad);
}

gint64
gen_pad_source (gint64 at, gint64 extent, char mode)
{
  gint64 period = 2 * (extent - 1);

  if (at >= 0 && at < extent)
    return at;
  if (mode == 'c')
    return -1;
  if (mode == 'w')
    return (at % extent + extent) % extent;
  if (mode == 'e' || period == 0)
    return CLAMP (at, 0, extent - 1);
  at = (at % period + period) % period;
  return at < extent ? at : period - at;
}

#define FILL(T)                                                                                    \
  {                                                                                                \
    T value;                                                                                       \
    memcpy (&value, border, sizeof value);                                                         \
    for (gint64 i = 0; i < n; i++)                                                                 \
      ((T *)out)[i] = value;                                                                       \
  }

static void
fill (void *out, const char *border, gint64 n, gsize size)
{
  if (size == 4)
    FILL (guint32)
  else if (size == 8)
    FILL (guint64)
  else if (size == 2)
    FILL (guint16)
  else
    memset (out, *border, n);
}

/* What is taken of a row but out of order, [first, end) of the result. */
static void
copy_edge (const Pad *pad, const char *x, gint64 from, const char *border, char *out, gint64 first,
    gint64 end)
{
  const gint64 *sources = pad->sources[pad->shape.rank - 1];
  const gint64 size = pad->size;

  for (gint64 i = first; i < end; i++)
    memcpy (out + i * size, sources[i] < 0 ? border : x + (from + sources[i]) * size, size);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Pad *pad = kernel->state;
  const GenTensor *value = gen_node_input (kernel->node, 2);
  const char *x = kernel->inputs[0];
  const char *border = value != NULL ? kernel->inputs[2] : (const char *)&pad->border;
  int inner = pad->shape.rank - 1;
  gint64 n = pad->shape.dims[inner];
  gsize first, end;

  gen_kernel_share (pad->rows, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    char *out = (char *)kernel->outputs[0] + row * n * pad->size;
    gboolean outside = FALSE;
    gint64 from = 0, rest = row;

    for (int i = inner - 1; i >= 0; i--) {
      gint64 at = pad->sources[i][rest % pad->shape.dims[i]];

      rest /= pad->shape.dims[i];
      outside |= at < 0;
      from += at * pad->strides[i];
    }
    if (outside) {
      fill (out, border, n, pad->size);
      continue;
    }
    copy_edge (pad, x, from, border, out, 0, pad->inside);
    if (pad->last > pad->inside)
      memcpy (out + pad->inside * pad->size,
          x + (from + pad->sources[inner][pad->inside]) * pad->size,
          (pad->last - pad->inside) * pad->size);
    copy_edge (pad, x, from, border, out, MAX (pad->last, pad->inside), n);
  }
}

/* The last axes are one as long as nothing is put around them. */
static void
merge_axes (GenShape *from, GenShape *to, const GenPads *pads)
{
  for (int last = to->rank - 1; last > 0; last = to->rank - 1) {
    if (pads->before[last] != 0 || pads->after[last] != 0 || pads->before[last - 1] != 0 ||
        pads->after[last - 1] != 0 || to->dims[last - 1] * to->dims[last] > MOST_MERGED)
      return;
    from->dims[last - 1] *= from->dims[last];
    to->dims[last - 1] *= to->dims[last];
    from->rank = to->rank = last;
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  char mode = *gen_node_string (node, "mode", "constant");
  GenShape from = x->shape, to = y->shape;
  int inner;
  gint64 stride = 1;
  GenPads pads;
  Pad *pad;

  if (!gen_number_has (x->type) || y->shape.rank == 0)
    return gen_node_error (node, error, "not supported for scalars or elements of type %s",
        gen_data_type_name (x->type));
  if (!gen_pad_find (node, &pads, error))
    return FALSE;
  merge_axes (&from, &to, &pads);
  inner = to.rank - 1;
  pad = g_new0 (Pad, 1);
  kernel->state = pad;
  kernel->free_state = pad_free;
  pad->shape = to;
  pad->size = gen_data_type_size (x->type);
  gen_number_set (x->type, &pad->border, 0, gen_node_float (node, "value", 0));
  pad->rows = gen_shape_product (&to, 0, inner);
  pad->inside = CLAMP (pads.before[inner], 0, to.dims[inner]);
  pad->last = CLAMP (pads.before[inner] + from.dims[inner], 0, to.dims[inner]);
  for (int i = inner; i >= 0; i--) {
    pad->strides[i] = stride;
    stride *= from.dims[i];
    pad->sources[i] = g_new (gint64, MAX (to.dims[i], 1));
    for (gint64 k = 0; k < to.dims[i]; k++)
      pad->sources[i][k] = gen_pad_source (k - pads.before[i], from.dims[i], mode);
  }
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&y->shape), 0.5));
  return TRUE;
}

/* Constant: the border is cut off again. The others: each axis that was padded is gathered by
 * its table, which adds up what was taken more than once. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  char mode = *gen_node_string (g->node, "mode", "constant");
  GenTensor *dy = g->outputs[0];
  gint64 back[2 * GEN_MAX_RANK];
  GenPads pads;

  if (!g->needed[0])
    return TRUE;
  if (!gen_pad_find (g->node, &pads, error))
    return FALSE;
  if (mode == 'c') {
    for (int i = 0; i < shape->rank; i++) {
      back[i] = -pads.before[i];
      back[shape->rank + i] = -pads.after[i];
    }
    g->inputs[0] =
        gen_binary (g->graph, "Pad", dy, gen_graph_ints (g->graph, back, 2 * shape->rank), error);
    return g->inputs[0] != NULL;
  }
  for (int i = 0; i < shape->rank; i++) {
    gint64 n = dy->shape.dims[i];
    g_autofree gint64 *table = g_new (gint64, MAX (n, 1));
    GenShape to = dy->shape;

    if (pads.before[i] == 0 && pads.after[i] == 0)
      continue;
    for (gint64 k = 0; k < n; k++)
      table[k] = gen_pad_source (k - pads.before[i], shape->dims[i], mode);
    to.dims[i] = shape->dims[i];
    dy = gen_graph_op (g->graph, "GatherGradient",
        (GenTensor *[]){ dy, gen_graph_ints (g->graph, table, n) }, 2, 1, error, "shape", GEN_INTS,
        to.rank, to.dims, "axis", GEN_INT, i, NULL);
    if (dy == NULL)
      return FALSE;
  }
  g->inputs[0] = dy;
  return TRUE;
}

const GenOperator gen_operator_pad = {
  .name = "Pad",
  .summary = "A border around a tensor: constant, edge, reflect or wrap",
  .since = 2,
  .min_inputs = 1,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
