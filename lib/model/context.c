/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far results reach: an interval of the input's samples for each element along time, carried
 * forward through a graph, node by node. Windows widen it, strides and their like change how many
 * samples lie between elements. So it is known which neighbours a piece of a sound needs for being
 * made as it is made within the whole. What is said here of time and sound is as true of the rows
 * or the columns of a picture, of which a piece is a tile. */
#include "context.h"

#include <math.h>
#include <string.h>

#include <generative/operator.h>
#include <generative/tiles.h>

#include "../ops/picture/resample.h"
#include "../ops/pooling/pool.h"
#include "../ops/reduction/reduce-groups.h"
#include "../ops/shape/slice.h"
#include "model-private.h"
#include "spectra.h"

/* Of exact numbers, but quotients of strides are rounded. */
#define TINY 1e-6

typedef struct {
  gboolean hangs;           /* on the input at all */
  gboolean of_picture;      /* of which ends may be cut off */
  int axis;                 /* along which time runs */
  gint64 samples, elements; /* that many samples of the input are as long as that many elements */
  /* Element i hangs on the samples from i * samples / elements + first to that + last. The place
   * itself counts: what lies beyond an end of the piece was made of what lies there. */
  double first, last;
  /* Elements in a row that came of one hang on what that hangs on: how far the last of them lies
   * from the first, to which `first` and `last` refer. 0 where each goes by itself. */
  double apart;
} Reach;

typedef struct {
  const GenGraph *graph;
  GHashTable *known; /* const GenTensor * to Reach * */
  gint64 samples;    /* a multiple of all steps between elements */
  const char *what;  /* of which results hang */
} Walk;

/* What a node makes of `x`, the reach of its input `k`; FALSE where it hangs on all of it. */
typedef gboolean (*Rule) (const GenNode *node, guint k, Reach *x);

static gint64
greatest_divisor (gint64 a, gint64 b)
{
  while (b != 0) {
    gint64 rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

static double
step_of (const Reach *x)
{
  return (double)x->samples / (double)x->elements;
}

static void
set_step (Reach *x, gint64 samples, gint64 elements)
{
  gint64 divisor = greatest_divisor (samples, elements);

  x->samples = samples / divisor;
  x->elements = elements / divisor;
}

/* Let each element go by itself. */
static void
part (Reach *x)
{
  x->first -= x->apart;
  x->apart = 0;
}

static void
widen (Reach *x, double first, double last)
{
  if (first != 0 || last != 0)
    part (x);
  x->first = MIN (x->first + first, 0);
  x->last = MAX (x->last + last, 0);
}

/* --- rules --- */

/* An operand that is the same at all times, or one that time runs along as well. */
static gboolean
aligns (const GenTensor *operand, int from_end)
{
  return operand->shape.rank <= from_end ||
         operand->shape.dims[operand->shape.rank - 1 - from_end] == 1;
}

/* Elements along time depend on those at the same place alone, and other operands do not change
 * with time. */
static gboolean
in_place (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, k), *output = gen_node_output (node, 0);
  const int from_end = input->shape.rank - 1 - x->axis;

  x->axis = output->shape.rank - 1 - from_end;
  return x->axis >= 0 &&
         output->shape.dims[x->axis] == input->shape.dims[input->shape.rank - 1 - from_end];
}

static gboolean
by_window (const GenWindow *window, Reach *x)
{
  const GenWindowAxis *axis;
  const double step = step_of (x);

  if (x->axis < 2 || x->axis - 2 >= window->rank)
    return FALSE;
  axis = &window->axes[x->axis - 2];
  if (axis->stride != 1)
    part (x);
  widen (x, -step * (double)axis->before,
      step * (double)(axis->dilation * (axis->kernel - 1) - axis->before));
  set_step (x, x->samples * axis->stride, x->elements);
  return TRUE;
}

static gboolean
of_convolution (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, 0), *weights = gen_node_input (node, 1);
  GenWindow window;

  return k == 0 && gen_window_init (&window, node, &input->shape, weights->shape.dims + 2, NULL) &&
         by_window (&window, x);
}

static gboolean
of_pool (const GenNode *node, guint k, Reach *x)
{
  GenWindow window;

  return gen_pool_window (&window, node, &gen_node_input (node, 0)->shape, NULL) &&
         by_window (&window, x);
}

static gboolean
of_transposed_convolution (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, 0), *weights = gen_node_input (node, 1);
  const GenWindowAxis *axis;
  GenWindow window;
  double step;

  if (k != 0 || x->axis < 2 ||
      !gen_window_init_transposed (&window, node, &input->shape, weights->shape.dims + 2, NULL))
    return FALSE;
  axis = &window.axes[x->axis - 2];
  part (x);
  step = step_of (x) / (double)axis->stride;
  widen (x, step * (double)(axis->before - axis->dilation * (axis->kernel - 1)),
      step * (double)axis->before);
  set_step (x, x->samples, x->elements * axis->stride);
  return TRUE;
}

static gboolean
of_transpose (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  const gint64 *order;
  int n;

  order = gen_node_ints (node, "perm", &n);
  for (int d = 0; d < rank; d++)
    if ((order != NULL ? order[d] : rank - 1 - d) == x->axis) {
      x->axis = d;
      return TRUE;
    }
  return FALSE;
}

/* Each element becomes `n` in a row; */
static void
spread (Reach *x, gint64 n)
{
  x->apart += step_of (x) * (double)(n - 1) / (double)n;
  set_step (x, x->samples, x->elements * n);
}

/* and `n` in a row become one. */
static void
gather (Reach *x, gint64 n)
{
  part (x);
  widen (x, 0, step_of (x) * (double)(n - 1));
  set_step (x, x->samples * n, x->elements);
}

/* Whether axes of `shape` from `first` on come to `n` elements. */
static gboolean
comes_to (const GenShape *shape, int first, gint64 n)
{
  gint64 product = 1;

  for (int d = first; d < shape->rank && product < n; d++)
    product *= shape->dims[d];
  return product == n;
}

/* Another shape, in which time has an extent of its own; or is put together with axes behind it, or
 * cut in two, as pixels are that channels are shuffled into. */
static gboolean
of_reshape (const GenNode *node, guint k, Reach *x)
{
  const GenShape *from = &gen_node_input (node, 0)->shape, *to = &gen_node_output (node, 0)->shape;
  const gint64 before = gen_shape_product (from, 0, x->axis), extent = from->dims[x->axis];
  int best = -1;

  for (int d = 0; k == 0 && d < to->rank; d++) {
    if (gen_shape_product (to, 0, d) != before)
      continue;
    if (to->dims[d] == extent) {
      x->axis = d;
      return TRUE;
    }
    best = d;
  }
  if (best < 0 || extent < 1 || to->dims[best] < 1)
    return FALSE;
  if (to->dims[best] % extent == 0 && comes_to (from, x->axis + 1, to->dims[best] / extent))
    spread (x, to->dims[best] / extent);
  else if (extent % to->dims[best] == 0 && comes_to (to, best + 1, extent / to->dims[best]))
    gather (x, extent / to->dims[best]);
  else
    return FALSE;
  x->axis = best;
  return TRUE;
}

static gboolean
of_depth_to_space (const GenNode *node, guint k, Reach *x)
{
  if (x->axis >= 2)
    spread (x, gen_node_int (node, "blocksize", 1));
  return x->axis != 1;
}

static gboolean
of_space_to_depth (const GenNode *node, guint k, Reach *x)
{
  if (x->axis >= 2)
    gather (x, gen_node_int (node, "blocksize", 1));
  return x->axis != 1;
}

/* Where the extent along time stays, other axes are cut or put together. */
static gboolean
of_other_axes (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, k), *output = gen_node_output (node, 0);

  return input->shape.rank == output->shape.rank &&
         input->shape.dims[x->axis] == output->shape.dims[x->axis];
}

/* A part of the extent along time, from an element on. */
static gboolean
of_slice (const GenNode *node, guint k, Reach *x)
{
  GenBox box;

  if (!x->of_picture)
    return of_other_axes (node, k, x);
  if (k != 0 || !gen_slice_find (node, &box, NULL) || box.step[x->axis] != 1)
    return FALSE;
  widen (x, 0, step_of (x) * (double)box.start[x->axis]);
  return TRUE;
}

/* What is put beside the input, along other axes, does not change with time. */
static gboolean
of_concat (const GenNode *node, guint k, Reach *x)
{
  return of_other_axes (node, k, x);
}

/* Over axes other than time. */
static gboolean
of_reduction (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, 0);
  gboolean reduced[GEN_MAX_RANK];
  int gone = 0;

  if (k != 0 || !gen_reduce_axes (node, reduced, NULL) || reduced[x->axis])
    return FALSE;
  for (int d = 0; d < x->axis; d++)
    gone += reduced[d];
  if (gen_node_output (node, 0)->shape.rank < input->shape.rank)
    x->axis -= gone;
  return TRUE;
}

/* Rows of a product, each a moment. */
static gboolean
of_product (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, k), *output = gen_node_output (node, 0);
  const int rank = input->shape.rank, from_end = rank - 1 - x->axis;

  if (from_end == (k == 0 ? 0 : 1))
    return FALSE;
  x->axis = output->shape.rank - 1 - from_end;
  return TRUE;
}

/* Statistics of axes other than time, from `axis` on to the last. */
static gboolean
of_trailing_axes (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  gint64 axis = gen_node_int (node, "axis", -1);

  return k == 0 && x->axis < (axis < 0 ? axis + rank : axis);
}

static gboolean
of_one_axis (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  gint64 axis = gen_node_int (node, "axis", -1);

  return x->axis != (axis < 0 ? axis + rank : axis);
}

/* The same elements, as another type or as they are. */
static gboolean
of_same (const GenNode *node, guint k, Reach *x)
{
  return k == 0;
}

/* By scales that are all elements', or along an axis. */
static gboolean
of_scale (const GenNode *node, guint k, Reach *x)
{
  const GenShape *scale = &gen_node_input (node, 1)->shape;
  gint64 axis = gen_node_int (node, "axis", 1);

  return k == 0 &&
         (gen_shape_elements (scale) == 1 ||
             (scale->rank == 1 &&
                 x->axis != (axis < 0 ? axis + gen_node_input (node, 0)->shape.rank : axis)));
}

/* An axis that is reduced to one element, of which nothing may be left. */
static gboolean
of_argument (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  gint64 axis = gen_node_int (node, "axis", 0);

  axis += axis < 0 ? rank : 0;
  if (x->axis == axis)
    return FALSE;
  x->axis -= gen_node_output (node, 0)->shape.rank < rank && axis < x->axis;
  return TRUE;
}

/* Elements of another axis. */
static gboolean
of_gather (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  gint64 axis = gen_node_int (node, "axis", 0);

  axis += axis < 0 ? rank : 0;
  if (k != 0 || x->axis == axis)
    return FALSE;
  if (axis < x->axis)
    x->axis += gen_node_output (node, 0)->shape.rank - rank;
  return TRUE;
}

static gboolean
of_channels (const GenNode *node, guint k, Reach *x)
{
  return k == 0 && x->axis != 1;
}

/* Zeros, or what lies at the edge, before and behind. */
static gboolean
of_pad (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, 0);
  gint64 pads[2 * GEN_MAX_RANK];
  int n;

  if (k != 0 || node->inputs->len > 3 || gen_node_input (node, 1) == NULL ||
      !gen_tensor_ints (gen_node_input (node, 1), pads, G_N_ELEMENTS (pads), &n) ||
      n != 2 * input->shape.rank)
    return FALSE;
  widen (x, -step_of (x) * (double)MAX (pads[x->axis], 0),
      -step_of (x) * (double)MIN (pads[x->axis], 0));
  return TRUE;
}

/* Elements on each side that one between them is made of. */
static double
find_taps (const GenNode *node)
{
  const char *mode = gen_node_string (node, "mode", "nearest");

  return strcmp (mode, "cubic") == 0 ? 2 : 1;
}

/* Each element several times, or between its neighbours; or fewer. Where the first and the last
 * element keep their places, what lies between hangs on how many there are. */
static gboolean
of_resize (const GenNode *node, guint k, Reach *x)
{
  const char *places = gen_node_string (
      node, "coordinate_transformation_mode", node->opset < 11 ? "asymmetric" : "half_pixel");
  const gboolean antialias = gen_node_int (node, "antialias", 0) != 0;
  const double step = step_of (x), taps = find_taps (node);
  GenResampling resampling;
  double factor, n;

  if (k != 0 || !gen_resize_find (&resampling, node, NULL))
    return FALSE;
  factor = resampling.factors[x->axis];
  if (fabs (factor - 1) < TINY)
    return TRUE;
  n = round (factor > 1 ? factor : 1 / factor);
  if (!(factor > 0) || fabs (n - (factor > 1 ? factor : 1 / factor)) > TINY)
    return FALSE;
  if (strcmp (places, "align_corners") == 0 || strcmp (places, "tf_crop_and_resize") == 0)
    return FALSE;
  part (x);
  if (factor > 1) {
    widen (x, -taps * step, taps * step);
    set_step (x, x->samples, x->elements * (gint64)n);
  } else {
    const double reach = antialias ? taps * n : taps;

    widen (x, -reach * step, (n / 2 + reach) * step);
    set_step (x, x->samples * (gint64)n, x->elements);
  }
  return TRUE;
}

static const struct {
  const char *name;
  Rule rule;
} rules[] = {
  { "Conv", of_convolution },
  { "ConvTranspose", of_transposed_convolution },
  { "MaxPool", of_pool },
  { "AveragePool", of_pool },
  { "LpPool", of_pool },
  { "Cast", in_place },
  { "Transpose", of_transpose },
  { "Reshape", of_reshape },
  { "Squeeze", of_reshape },
  { "Unsqueeze", of_reshape },
  { "Flatten", of_reshape },
  { "DepthToSpace", of_depth_to_space },
  { "SpaceToDepth", of_space_to_depth },
  { "Slice", of_slice },
  { "Split", of_other_axes },
  { "Concat", of_concat },
  { "Expand", of_other_axes },
  { "ReduceMean", of_reduction },
  { "ReduceSum", of_reduction },
  { "ReduceMax", of_reduction },
  { "ReduceMin", of_reduction },
  { "ReduceL2", of_reduction },
  { "ReduceSumSquare", of_reduction },
  { "MatMul", of_product },
  { "Gemm", of_product },
  { "LayerNormalization", of_trailing_axes },
  { "RMSNormalization", of_trailing_axes },
  { "Softmax", of_one_axis },
  { "LogSoftmax", of_one_axis },
  { "BatchNormalization", of_channels },
  { "Identity", of_same },
  { "Cast", of_same },
  { "CastLike", of_same },
  { "QuantizeLinear", of_scale },
  { "DequantizeLinear", of_scale },
  { "ArgMax", of_argument },
  { "ArgMin", of_argument },
  { "Gather", of_gather },
  { "Tile", of_other_axes },
  { "Pad", of_pad },
  { "Resize", of_resize },
  { "Upsample", of_resize },
};

static Rule
find_rule (const GenNode *node)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    if (strcmp (node->op->name, rules[i].name) == 0)
      return rules[i].rule;
  return node->op->elementwise ? in_place : NULL;
}

/* --- the walk --- */

/* Two operands of a node: both reaches, which have to run alike. */
static gboolean
unite (Reach *sum, const Reach *x)
{
  if (!sum->hangs) {
    *sum = *x;
    return TRUE;
  }
  if (sum->axis != x->axis || sum->samples != x->samples || sum->elements != x->elements)
    return FALSE;
  if (fabs (sum->apart - x->apart) > TINY) {
    Reach other = *x;

    part (&other);
    part (sum);
    return unite (sum, &other);
  }
  sum->first = MIN (sum->first, x->first);
  sum->last = MAX (sum->last, x->last);
  return TRUE;
}

/* What all inputs together come to. */
static gboolean
find_reach (const Walk *walk, const GenNode *node, Reach *made)
{
  Rule rule = find_rule (node);

  *made = (Reach){ 0 };
  for (guint k = 0; k < node->inputs->len; k++) {
    const Reach *known = g_hash_table_lookup (walk->known, gen_node_input (node, k));
    Reach x;

    if (known == NULL)
      continue;
    x = *known;
    if (rule == NULL || !rule (node, k, &x) || !unite (made, &x))
      return FALSE;
  }
  if (!made->hangs || (rule != in_place && rule != of_concat))
    return TRUE;
  for (guint k = 0; k < node->inputs->len; k++) {
    const GenTensor *input = gen_node_input (node, k);

    if (input != NULL && !g_hash_table_contains (walk->known, input) &&
        !aligns (input, gen_node_output (node, 0)->shape.rank - 1 - made->axis))
      return FALSE;
  }
  return TRUE;
}

static void
remember (Walk *walk, const GenTensor *tensor, const Reach *x)
{
  g_hash_table_insert (walk->known, (gpointer)tensor, g_memdup2 (x, sizeof *x));
  walk->samples *= x->samples / greatest_divisor (walk->samples, x->samples);
}

static gboolean
fail (const Walk *walk, const GenNode *node, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "node '%s' (%s) makes results that hang on the whole %s", node->name, node->op->name,
      walk->what);
  return FALSE;
}

static gboolean
walk_nodes (Walk *walk, GError **error)
{
  for (guint i = 0; i < walk->graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (walk->graph->nodes, i);
    Reach made;

    if (!find_reach (walk, node, &made))
      return fail (walk, node, error);
    for (guint k = 0; made.hangs && k < node->outputs->len; k++)
      if (gen_node_output (node, k) != NULL)
        remember (walk, gen_node_output (node, k), &made);
  }
  return TRUE;
}

gboolean
gen_graph_find_context (const GenGraph *graph, const GenTensor *input, int axis,
    gboolean of_picture, const GenTensor *output, GenContext *context, GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  const Reach whole = { TRUE, of_picture, axis, 1, 1, 0, 0, 0 };
  Walk walk = { graph, known, 1, of_picture ? "picture" : "sound" };
  const Reach *known_reach;
  Reach reach;
  double of_one, step;

  remember (&walk, input, &whole);
  if (!walk_nodes (&walk, error))
    return FALSE;
  known_reach = g_hash_table_lookup (known, output);
  if (known_reach == NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "output '%s' does not hang on input '%s'", output->name, input->name);
    return FALSE;
  }
  reach = *known_reach;
  /* A piece may end between elements that came of one, unless these lie within a sample. */
  of_one = 1 / (step_of (&reach) + reach.apart);
  if (fabs (of_one - round (of_one)) > TINY || of_one < 1 - TINY)
    part (&reach);
  step = step_of (&reach) + reach.apart;
  *context = (GenContext){ .step = walk.samples,
    .before = (gint64)ceil (-reach.first - TINY),
    .after = (gint64)MAX (ceil (reach.last - step + 1 - TINY), 0),
    .taken = reach.samples,
    .made = reach.elements };
  return TRUE;
}

gboolean
gen_model_find_context (GenModel *model, const GenPort *input, const GenPort *output,
    GenContext *context, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
  const GenExtents extents = { MAX (input->batch, 1), 64, 64, GEN_PORT_SMALLEST_SOUND * 16 };
  const GenTensor *from = gen_graph_find (copy, input->name);
  const GenTensor *to = gen_graph_find (copy, output->name);

  /* All of it is remembered. */
  if (model->spectra != NULL) {
    *context = (GenContext){
      .step = input->length, .taken = 1, .made = 1, .delay = gen_spectra_delay (model->spectra)
    };
    return TRUE;
  }
  if (!gen_model_fix_inputs (model, copy, &extents, error) || !gen_graph_infer (copy, error))
    return FALSE;
  return gen_graph_find_context (copy, from, gen_port_time_axis (input), FALSE, to, context, error);
}

/* Of pictures of `height` x `width`, where the model takes any. */
static gboolean
find_tile_context (GenModel *model, const GenPort *input, const GenPort *output, int height,
    int width, GenTileContext *context, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
  const GenExtents extents = { MAX (input->batch, 1), height, width, 0 };
  const GenTensor *from = gen_graph_find (copy, input->name);
  const GenTensor *to = gen_graph_find (copy, output->name);
  const int rows = gen_port_height_axis (input);

  return gen_model_fix_inputs (model, copy, &extents, error) && gen_graph_infer (copy, error) &&
         gen_graph_find_context (copy, from, rows, TRUE, to, &context->rows, error) &&
         gen_graph_find_context (copy, from, rows + 1, TRUE, to, &context->columns, error);
}

static gboolean
contexts_equal (const GenContext *a, const GenContext *b)
{
  return a->before == b->before && a->after == b->after && a->step == b->step &&
         a->taken == b->taken && a->made == b->made;
}

gboolean
gen_tile_contexts_equal (const GenTileContext *a, const GenTileContext *b)
{
  return contexts_equal (&a->rows, &b->rows) && contexts_equal (&a->columns, &b->columns);
}

gboolean
gen_model_find_tile_context (GenModel *model, const GenPort *input, const GenPort *output,
    GenTileContext *context, GError **error)
{
  GenTileContext other;

  /* Sizes that nets can halve again and again, and not the same both ways: neither axis is to be
   * taken for the other. */
  if (!find_tile_context (model, input, output, 256, 384, context, error) ||
      !find_tile_context (model, input, output, 384, 256, &other, error))
    return FALSE;
  if (gen_tile_contexts_equal (context, &other))
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "which pixels its output '%s' hangs on changes with the size of the picture", output->name);
  return FALSE;
}
