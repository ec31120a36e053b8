/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers of 8-bit integers against plain loops over 64-bit sums: convolutions, transposed ones and
 * dense layers, in all signs, as ConvInteger, QLinearConv and between DequantizeLinear and
 * QuantizeLinear; with weights that any pair of would saturate 16 bits, and with small ones; with
 * zero points, of weights too, that are not 0, where windows reach beyond the picture. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../reference.h"

/* How a layer is written down. */
typedef enum { SUMS, LINEAR, NUMBERS, ROUNDED } Form;

/* What weights are. */
typedef enum { ANY, EXTREME, SMALL } Weights;

typedef struct {
  const char *name;
  gint64 items, groups, channels, results; /* the last two of a group */
  int rank;                                /* axes of the picture; 0: a dense layer */
  gint64 in[3], kernel[3], stride[3], dilation[3], before[3], after[3];
  gboolean transposed; /* as numbers alone */
  gboolean squares; /* goes Winograd's way by pairs of 16-bit numbers, where it is in whole bytes */
} Case;

static const Case cases[] = {
  { "3x3", 1, 1, 64, 64, 2, { 9, 11 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "3x3/squares", 1, 1, 64, 64, 2, { 20, 20 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "3x3/groups", 1, 2, 40, 40, 2, { 17, 16 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 2 }, { 1, 0 } },
  /* Channels that sums in squares of 4 just hold, and one more. */
  { "3x3/full", 1, 1, 114, 16, 2, { 13, 12 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "3x3/beyond", 1, 1, 115, 16, 2, { 12, 12 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "3x3/odd", 2, 1, 5, 7, 2, { 8, 5 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "rgb", 1, 1, 3, 33, 2, { 12, 12 }, { 4, 4 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "to-rgb", 1, 1, 34, 3, 2, { 7, 13 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "to-rgb/whole", 1, 1, 128, 3, 2, { 5, 7 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "groups/few", 2, 2, 64, 4, 2, { 4, 5 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 0, 1 }, { 0, 0 } },
  { "1x1", 3, 1, 66, 130, 2, { 3, 5 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 } },
  { "uneven", 1, 1, 6, 17, 2, { 9, 10 }, { 2, 5 }, { 3, 2 }, { 2, 1 }, { 3, 0 }, { 0, 4 } },
  { "groups", 2, 3, 6, 5, 2, { 6, 7 }, { 3, 2 }, { 1, 1 }, { 1, 2 }, { 2, 1 }, { 0, 1 } },
  { "depthwise", 2, 37, 1, 1, 2, { 7, 6 }, { 3, 3 }, { 1, 2 }, { 1, 1 }, { 1, 1 }, { 1, 1 } },
  { "depthwise/wide", 1, 96, 1, 1, 2, { 5, 5 }, { 5, 3 }, { 1, 1 }, { 1, 1 }, { 2, 1 }, { 2, 1 } },
  { "line", 2, 1, 9, 20, 1, { 40 }, { 7 }, { 1 }, { 3 }, { 9 }, { 9 } },
  { "volume", 1, 2, 3, 4, 3, { 4, 5, 3 }, { 2, 3, 2 }, { 1, 2, 1 }, { 1, 1, 1 }, { 1, 1, 0 },
      { 0, 1, 1 } },
  { "beyond", 1, 1, 8, 9, 2, { 1, 2 }, { 5, 5 }, { 1, 1 }, { 1, 1 }, { 3, 3 }, { 3, 3 } },
  { "transposed", 1, 1, 12, 19, 2, { 5, 4 }, { 4, 4 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 1, 1 },
      TRUE },
  { "transposed/one", 2, 1, 10, 70, 2, { 1, 1 }, { 4, 4 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 },
      TRUE },
  { "transposed/gaps", 1, 2, 4, 3, 2, { 3, 4 }, { 2, 3 }, { 3, 4 }, { 1, 2 }, { 0, 1 }, { 0, 0 },
      TRUE },
  { "transposed/line", 2, 1, 7, 8, 1, { 9 }, { 25 }, { 4 }, { 1 }, { 11 }, { 10 }, TRUE },
  /* Few results, whose taps are columns: of one channel and of three, in strips, with windows that
   * overlap several times, not at all, and that lie beyond the picture. */
  { "transposed/grey", 2, 1, 32, 1, 2, { 9, 8 }, { 4, 4 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 1, 1 },
      TRUE },
  { "transposed/rgb", 1, 1, 35, 3, 2, { 6, 5 }, { 4, 4 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 1, 1 },
      TRUE },
  { "transposed/strips", 1, 1, 8, 1, 2, { 60, 70 }, { 5, 6 }, { 2, 3 }, { 1, 1 }, { 2, 0 },
      { 1, 4 }, TRUE },
  { "transposed/apart", 1, 1, 16, 2, 2, { 5, 4 }, { 2, 3 }, { 3, 4 }, { 1, 1 }, { 0, 0 }, { 0, 0 },
      TRUE },
  { "transposed/dilated", 1, 1, 24, 4, 2, { 4, 7 }, { 3, 3 }, { 1, 2 }, { 2, 3 }, { 3, 2 },
      { 1, 6 }, TRUE },
  { "transposed/row", 3, 1, 40, 1, 1, { 21 }, { 16 }, { 8 }, { 1 }, { 4 }, { 4 }, TRUE },
  /* Phases of 2 x 2 and of 3 x 3 weights in squares: of 2, of 4, with edges on all sides, phases of
   * unlike extents, channels and results that fill no vector, and groups. */
  { "transposed/squares", 2, 1, 64, 48, 2, { 8, 8 }, { 4, 4 }, { 2, 2 }, { 1, 1 }, { 1, 1 },
      { 1, 1 }, TRUE, TRUE },
  { "transposed/squares-of-2", 2, 1, 128, 128, 2, { 5, 6 }, { 4, 4 }, { 2, 2 }, { 1, 1 }, { 1, 1 },
      { 1, 1 }, TRUE, TRUE },
  { "transposed/squares-uneven", 1, 1, 67, 41, 2, { 15, 17 }, { 4, 4 }, { 2, 2 }, { 1, 1 },
      { 1, 2 }, { 0, 1 }, TRUE, TRUE },
  { "transposed/squares-groups", 1, 2, 48, 40, 2, { 20, 20 }, { 4, 4 }, { 2, 2 }, { 1, 1 },
      { 2, 1 }, { 1, 0 }, TRUE, TRUE },
  { "transposed/squares-3x3", 1, 1, 64, 64, 2, { 8, 8 }, { 6, 6 }, { 2, 2 }, { 1, 1 }, { 2, 2 },
      { 2, 2 }, TRUE, TRUE },
  { "transposed/squares-stride-1", 1, 1, 64, 64, 2, { 16, 12 }, { 3, 3 }, { 1, 1 }, { 1, 1 },
      { 1, 1 }, { 1, 1 }, TRUE, TRUE },
  { "2x2/squares", 2, 1, 64, 64, 2, { 17, 16 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 0, 1 }, { 1, 0 },
      FALSE, TRUE },
  { "row", 1, 1, 259, 131, 0 },
  { "rows", 7, 1, 64, 16, 0 },
  { "many-rows", 45, 1, 101, 200, 0 },
  { "one-column", 11, 1, 192, 1, 0 },
  { "narrow", 13, 1, 3, 1, 0 },
};

static REFERENCE gint64
product (const gint64 *extents, int n)
{
  gint64 all = 1;

  for (int i = 0; i < n; i++)
    all *= extents[i];
  return all;
}

static REFERENCE gint64
extent_out (const Case *c, int i)
{
  const gint64 window = (c->kernel[i] - 1) * c->dilation[i] + 1;

  if (c->transposed)
    return (c->in[i] - 1) * c->stride[i] + window - c->before[i] - c->after[i];
  return (c->in[i] + c->before[i] + c->after[i] - window) / c->stride[i] + 1;
}

static REFERENCE void
find_out (const Case *c, gint64 out[3])
{
  for (int i = 0; i < c->rank; i++)
    out[i] = extent_out (c, i);
}

static void
fill (guint8 *data, gsize n, Weights kind, gboolean is_signed, guint64 seed)
{
  GenRandom random = gen_random_new (seed, "test", 0);

  for (gsize i = 0; i < n; i++) {
    guint32 r = gen_random_below (&random, 0, i, 256);

    if (kind == EXTREME) /* nearly always the lowest or the highest, long runs of one of them */
      r = (i / 7 + r / 250) % 2 == 0 ? (is_signed ? 128 : 0) : (is_signed ? 127 : 255);
    if (kind == SMALL)
      r = r % 129 - 64 + (is_signed ? 0 : 128);
    data[i] = r;
  }
}

static REFERENCE int
value (GenDataType type, const guint8 *data, gsize i)
{
  return type == GEN_TYPE_INT8 ? (gint8)data[i] : data[i];
}

/* All that a layer is made of. */
typedef struct {
  const Case *c;
  Form form;
  GenDataType x, w, y;
  Weights weights;
  int threads;
  gsize n_x, n_w, n_y;
  gint64 all; /* results of all groups */
  guint8 *x_data, *w_data, *w_zero, x_zero, y_zero;
  gint32 *bias;
  float *w_scale, x_scale, y_scale;
  gboolean one_w_zero; /* it is 0 */
} Layer;

/* Where result `at` of axis `i` sees the source by cell `k`; -1 where it does not. */
static REFERENCE gint64
source_of (const Case *c, int i, gint64 at, gint64 k)
{
  gint64 from = c->transposed ? at + c->before[i] - k * c->dilation[i]
                              : at * c->stride[i] + k * c->dilation[i] - c->before[i];

  if (c->transposed && from % c->stride[i] != 0)
    return -1;
  from = c->transposed ? from / c->stride[i] : from;
  return from >= 0 && from < c->in[i] ? from : -1;
}

/* The sum of result `channel` at place `at` of item `item`. */
static REFERENCE gint64
sum_of (const Layer *l, gint64 item, gint64 channel, gint64 place)
{
  const Case *c = l->c;
  const gint64 cells = product (c->kernel, c->rank), pixels = product (c->in, c->rank);
  const gint64 group = channel / c->results, zero = value (l->x, &l->x_zero, 0);
  const gint64 w_zero = value (l->w, l->w_zero, l->one_w_zero ? 0 : channel);
  gint64 out[3], at[3], sum = 0;

  find_out (c, out);
  for (int i = c->rank - 1; i >= 0; place /= out[i], i--)
    at[i] = place % out[i];
  for (gint64 cell = 0; cell < cells; cell++) {
    gint64 rest = cell, from = 0, size = 1;
    gboolean inside = TRUE;

    for (int i = c->rank - 1; i >= 0; rest /= c->kernel[i], size *= c->in[i], i--) {
      gint64 source = source_of (c, i, at[i], rest % c->kernel[i]);

      inside &= source >= 0;
      from += source * size;
    }
    for (gint64 k = 0; inside && k < c->channels; k++) {
      const gint64 x = (item * c->groups + group) * c->channels + k;
      const gint64 w =
          c->rank == 0 ? k * c->results + channel
          : c->transposed
              ? ((group * c->channels + k) * c->results + channel % c->results) * cells + cell
              : (channel * c->channels + k) * cells + cell;

      sum += (value (l->x, l->x_data, x * pixels + from) - zero) *
             (value (l->w, l->w_data, w) - w_zero);
    }
  }
  return sum;
}

/* --- the layer as a graph --- */

static GenTensor *
constant (GenGraph *graph, GenDataType type, gint64 n, const void *values)
{
  return gen_graph_add_constant (graph, NULL, type, n == 0 ? &GEN_SHAPE_SCALAR : &GEN_SHAPE (n),
      g_bytes_new (values, MAX (n, 1) * gen_data_type_size (type)));
}

static GenTensor *
apply (GenGraph *graph, const Case *c, const char *op, GenTensor **inputs, int n)
{
  g_autoptr (GError) error = NULL;
  gint64 pads[6];
  GenTensor *y;

  for (int i = 0; i < c->rank; i++) {
    pads[i] = c->before[i];
    pads[c->rank + i] = c->after[i];
  }
  if (c->rank == 0)
    y = gen_graph_op (graph, op, inputs, n, 1, &error, NULL);
  else
    y = gen_graph_op (graph, op, inputs, n, 1, &error, "group", GEN_INT, (int)c->groups, "strides",
        GEN_INTS, c->rank, c->stride, "dilations", GEN_INTS, c->rank, c->dilation, "pads", GEN_INTS,
        2 * c->rank, pads, NULL);
  g_assert_no_error (error);
  return y;
}

static GenTensor *
linear (GenGraph *graph, const char *op, GenTensor *x, GenTensor *scale, GenTensor *zero, int axis)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_op (
      graph, op, (GenTensor *[]){ x, scale, zero }, 3, 1, &error, "axis", GEN_INT, axis, NULL);

  g_assert_no_error (error);
  return y;
}

static GenGraph *
build (const Layer *l)
{
  const Case *c = l->c;
  GenGraph *graph = gen_graph_new ("layer");
  GenShape x_shape = GEN_SHAPE (c->items, c->groups * c->channels);
  GenShape w_shape = c->transposed ? GEN_SHAPE (c->groups * c->channels, c->results)
                                   : GEN_SHAPE (l->all, c->channels);
  const gboolean by_channel = !(c->transposed && c->groups > 1);
  GenTensor *x, *w, *x_zero, *w_zero, *y_zero, *x_scale, *w_scale, *y_scale, *bias, *y, *b_scale;
  g_autofree float *b_scales = g_new (float, l->all);
  const gint64 n_scales = by_channel ? l->all : 0;

  if (c->rank == 0)
    w_shape = GEN_SHAPE (c->channels, c->results);
  for (int i = 0; i < c->rank; i++) {
    x_shape.dims[x_shape.rank++] = c->in[i];
    w_shape.dims[w_shape.rank++] = c->kernel[i];
  }
  x = gen_graph_add_input (graph, "x", l->x, &x_shape);
  w = gen_graph_add_constant (graph, "w", l->w, &w_shape, g_bytes_new (l->w_data, l->n_w));
  x_zero = constant (graph, l->x, 0, &l->x_zero);
  w_zero = constant (graph, l->w, l->one_w_zero ? 0 : l->all, l->w_zero);
  y_zero = constant (graph, l->y, 0, &l->y_zero);
  x_scale = constant (graph, GEN_TYPE_FLOAT32, 0, &l->x_scale);
  w_scale = constant (graph, GEN_TYPE_FLOAT32, n_scales, l->w_scale);
  y_scale = constant (graph, GEN_TYPE_FLOAT32, 0, &l->y_scale);
  bias = constant (graph, GEN_TYPE_INT32, l->all, l->bias);
  for (gint64 i = 0; i < l->all; i++)
    b_scales[i] = l->x_scale * l->w_scale[i];
  switch (l->form) {
  case SUMS:
    y = apply (graph, c, c->rank == 0 ? "MatMulInteger" : "ConvInteger",
        (GenTensor *[]){ x, w, x_zero, w_zero }, 4);
    break;
  case LINEAR:
    y = apply (graph, c, c->rank == 0 ? "QLinearMatMul" : "QLinearConv",
        (GenTensor *[]){ x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias },
        c->rank == 0 ? 8 : 9);
    break;
  default:
    /* A zero point has the scale's shape. */
    if (by_channel && l->one_w_zero) {
      g_autofree guint8 *zeros = g_malloc0 (l->all);

      w_zero = constant (graph, l->w, l->all, zeros);
    }
    b_scale = constant (graph, GEN_TYPE_FLOAT32, l->all, b_scales);
    x = linear (graph, "DequantizeLinear", x, x_scale, x_zero, 0);
    w = linear (
        graph, "DequantizeLinear", w, w_scale, w_zero, c->rank == 0 || c->transposed ? 1 : 0);
    bias = linear (graph, "DequantizeLinear", bias, b_scale, NULL, 0);
    y = apply (graph, c,
        c->rank == 0    ? "Gemm"
        : c->transposed ? "ConvTranspose"
                        : "Conv",
        (GenTensor *[]){ x, w, bias }, 3);
    y = gen_unary (graph, "Relu", y, NULL);
    if (l->form == ROUNDED)
      y = linear (graph, "QuantizeLinear", y, y_scale, y_zero, 0);
  }
  gen_graph_add_output (graph, y);
  return graph;
}

/* Result number `i` as the plain loops have it. */
static void
check_result (const Layer *l, const void *results, gsize i, gint64 channel, gint64 sum)
{
  const float scale = l->x_scale * l->w_scale[channel];
  const float low = l->y == GEN_TYPE_INT8 ? -128 : 0, zero = value (l->y, &l->y_zero, 0);
  const gint32 all = (gint32)(guint32)(guint64)sum;
  float v;

  if (l->form == SUMS) {
    g_assert_cmpint (((const gint32 *)results)[i], ==, all);
    return;
  }
  v = (float)(all + (l->form == LINEAR && l->c->rank == 0 ? 0 : l->bias[channel]));
  if (l->form == NUMBERS) {
    g_assert_cmpfloat (((const float *)results)[i], ==, MAX (v * scale, 0));
    return;
  }
  v = rintf (v * (scale / l->y_scale)) + zero;
  if (l->form == ROUNDED)
    v = MAX (v, zero);
  v = CLAMP (v, low, low + 255);
  g_assert_cmpint (value (l->y, results, i), ==, (int)v);
}

static gboolean
has_layer (GenPlan *plan)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);

  for (guint i = 0; i < steps->len; i++)
    if (g_str_has_prefix (g_array_index (steps, GenStepInfo, i).node->op->name, "Quantized"))
      return TRUE;
  return FALSE;
}

/* Weights that are not small fill bytes, and processors without VNNI multiply those as pairs. */
static void
check_way (const Layer *l, GenPlan *plan)
{
  const char *isa = g_getenv ("GENERATIVE_MAXIMUM_ISA");
  g_autoptr (GArray) steps = gen_plan_steps (plan);
  gboolean goes = FALSE;

  if (!l->c->squares || l->weights == SMALL ||
      (g_strcmp0 (isa, "baseline") != 0 && g_strcmp0 (isa, "avx2") != 0))
    return;
  for (guint i = 0; i < steps->len; i++)
    goes |= g_strcmp0 (g_array_index (steps, GenStepInfo, i).way, "winograd") == 0;
  g_assert_true (goes);
}

static void
check_layer (const Layer *l)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build (l);
  g_autoptr (GenPlan) plan =
      gen_plan_new (graph, &(GenPlanOptions){ .threads = l->threads }, &error);
  const gint64 places = l->n_y / (l->c->items * l->all);
  const void *results;

  g_assert_no_error (error);
  g_assert_true (has_layer (plan));
  check_way (l, plan);
  memcpy (gen_plan_input (plan, 0)->data, l->x_data, l->n_x);
  g_assert_true (gen_plan_run (plan, NULL));
  results = gen_plan_output (plan, 0)->data;
  g_assert_cmpint (gen_shape_elements (&gen_plan_output (plan, 0)->shape), ==, l->n_y);
  for (gint64 item = 0, i = 0; item < l->c->items; item++)
    for (gint64 channel = 0; channel < l->all; channel++)
      for (gint64 place = 0; place < places; place++, i++)
        check_result (l, results, i, channel, sum_of (l, item, channel, place));
}

static void
test_layer (gconstpointer data)
{
  static const GenDataType types[] = { GEN_TYPE_UINT8, GEN_TYPE_INT8 };
  const Case *c = data;
  gint64 out[3];
  Layer l = { .c = c, .all = c->groups * c->results, .x_scale = 0.037f };

  find_out (c, out);
  l.n_x = c->items * c->groups * c->channels * product (c->in, c->rank);
  l.n_w = l.all * c->channels * product (c->kernel, c->rank);
  l.n_y = c->items * l.all * product (out, c->rank);
  l.x_data = g_malloc (l.n_x);
  l.w_data = g_malloc (l.n_w);
  l.w_zero = g_malloc (l.all);
  l.bias = g_new (gint32, l.all);
  l.w_scale = g_new (float, l.all);
  for (int i = 0; i < 4 * 3 * 4; i++) {
    const gboolean one = c->transposed && c->groups > 1;

    l.x = types[i % 2];
    l.w = types[i / 2 % 2];
    l.y = types[(i + i / 4) % 2];
    l.weights = i / 4 % 3;
    l.form = i / 12;
    l.threads = 1 + i % 3;
    l.one_w_zero = one || l.w == GEN_TYPE_INT8 || (l.form == LINEAR && c->rank == 0);
    if ((c->transposed && l.form < NUMBERS) || (c->squares && i % 5 > 1)) /* large ones take long */
      continue;
    fill (l.x_data, l.n_x, l.weights == EXTREME ? EXTREME : ANY, l.x == GEN_TYPE_INT8, 1 + i);
    fill (l.w_data, l.n_w, l.weights, l.w == GEN_TYPE_INT8, 2 + i);
    fill (l.w_zero, l.all, ANY, FALSE, 3 + i);
    if (l.one_w_zero)
      l.w_zero[0] = 0;
    l.x_zero = 17 + 5 * i;
    l.y_zero = 200 + 9 * i;
    l.y_scale = 0.001f * c->channels * (1 + product (c->kernel, c->rank));
    for (gint64 k = 0; k < l.all; k++) {
      l.bias[k] = (k * 7919) % 2001 - 1000;
      l.w_scale[k] = one ? 0.003f : 0.001f + 0.0001f * (k % 17);
    }
    check_layer (&l);
  }
  g_free (l.x_data);
  g_free (l.w_data);
  g_free (l.w_zero);
  g_free (l.bias);
  g_free (l.w_scale);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/integer-layers/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_layer);
  }
  return g_test_run ();
}
