/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intervals, carried forward through a graph, node by node: from activations that bound what they
 * make, through all that keeps the order of numbers, with constants. They are to tell black and
 * white, so an end that may never come near what the model makes counts as unknown: the sum of two
 * tensors that vary is taken to reach anywhere, but not below 0 when neither does. */
#include <math.h>
#include <string.h>

#include <generative/operator.h>

#include "../device/half.h"
#include "bounds.h"

/* A constant of more elements is not looked at. */
#define MAX_ELEMENTS (1 << 20)

static const GenBounds anything = { .n = 1, .low = { -INFINITY }, .high = { INFINITY } };

static GenBounds
between (double low, double high)
{
  return (GenBounds){ .n = 1, .low = { low }, .high = { high } };
}

static gboolean
is_point (const GenBounds *x)
{
  for (int i = 0; i < x->n; i++)
    if (x->low[i] != x->high[i])
      return FALSE;
  return TRUE;
}

/* --- constants --- */

static double
element (const GenTensor *tensor, const void *data, gint64 i)
{
  float widened;

  switch (tensor->type) {
  case GEN_TYPE_FLOAT32:
    return ((const float *)data)[i];
  case GEN_TYPE_FLOAT64:
    return ((const double *)data)[i];
  case GEN_TYPE_FLOAT16:
  case GEN_TYPE_BFLOAT16:
    gen_half_widen (tensor->type, (const guint16 *)data + i, 1, &widened, 1);
    return widened;
  case GEN_TYPE_UINT8:
  case GEN_TYPE_BOOL:
    return ((const guint8 *)data)[i];
  case GEN_TYPE_INT8:
    return ((const gint8 *)data)[i];
  case GEN_TYPE_INT32:
    return ((const gint32 *)data)[i];
  case GEN_TYPE_INT64:
    return (double)((const gint64 *)data)[i];
  default:
    return NAN;
  }
}

/* Along which of its axes a constant varies, -1 for none; FALSE where there are several. */
static gboolean
find_axis (const GenShape *shape, int *axis)
{
  *axis = -1;
  for (int d = 0; d < shape->rank; d++) {
    if (shape->dims[d] == 1)
      continue;
    if (*axis >= 0)
      return FALSE;
    *axis = d;
  }
  return TRUE;
}

/* One number for all, or one for each channel. */
static GenBounds
bounds_of_constant (const GenTensor *tensor)
{
  gint64 n = gen_shape_elements (&tensor->shape);
  const void *data = n > 0 && n <= MAX_ELEMENTS ? gen_tensor_constant (tensor) : NULL;
  GenBounds x = { .n = 1 };
  gboolean equal = TRUE;
  int axis;

  if (data == NULL || isnan (element (tensor, data, 0)))
    return anything;
  for (gint64 i = 1; i < n && equal; i++)
    equal = element (tensor, data, i) == element (tensor, data, 0);
  if (equal)
    return between (element (tensor, data, 0), element (tensor, data, 0));
  if (!find_axis (&tensor->shape, &axis) || n > GEN_PORT_MAX_CHANNELS)
    return anything;
  x.n = (int)n;
  x.axis = tensor->shape.rank - 1 - axis;
  for (int i = 0; i < x.n; i++) {
    x.low[i] = x.high[i] = element (tensor, data, i);
    if (isnan (x.low[i]))
      return anything;
  }
  return x;
}

/* --- what is known of a tensor --- */

GenBounds
gen_bounds_of_type (GenDataType type)
{
  switch (type) {
  case GEN_TYPE_UINT8:
    return between (0, 255);
  case GEN_TYPE_INT8:
    return between (-128, 127);
  case GEN_TYPE_UINT16:
    return between (0, G_MAXUINT16);
  case GEN_TYPE_INT16:
    return between (G_MININT16, G_MAXINT16);
  case GEN_TYPE_BOOL:
    return between (0, 1);
  default:
    return anything;
  }
}

static GenBounds
look_up (GHashTable *known, const GenTensor *tensor)
{
  const GenBounds *found = tensor != NULL ? g_hash_table_lookup (known, tensor) : NULL;

  if (tensor == NULL)
    return anything;
  if (tensor->role == GEN_ROLE_CONSTANT)
    return bounds_of_constant (tensor);
  return found != NULL ? *found : gen_bounds_of_type (tensor->type);
}

static GenBounds
bounds_of_input (GHashTable *known, const GenNode *node, guint i)
{
  return look_up (known, gen_node_input (node, i));
}

/* --- two tensors met --- */

/* Pairs of both along one axis; FALSE where they have two axes. */
static gboolean
align (GenBounds *a, GenBounds *b)
{
  GenBounds *one = a->n == 1 ? a : b, *many = a->n == 1 ? b : a;

  if (a->n == b->n)
    return a->n == 1 || a->axis == b->axis;
  if (one->n != 1)
    return FALSE;
  one->n = many->n;
  one->axis = many->axis;
  for (int i = 1; i < one->n; i++) {
    one->low[i] = one->low[0];
    one->high[i] = one->high[0];
  }
  return TRUE;
}

/* 0 times anything is 0, also where it is not known how far that reaches. */
static double
times (double a, double b)
{
  return a == 0 || b == 0 ? 0 : a * b;
}

typedef void (*Meeting) (double a_low, double a_high, double b_low, double b_high, double *ends);

static void
multiply (double a_low, double a_high, double b_low, double b_high, double *ends)
{
  const double products[] = { times (a_low, b_low), times (a_low, b_high), times (a_high, b_low),
    times (a_high, b_high) };

  ends[0] = ends[1] = products[0];
  for (int i = 1; i < 4; i++) {
    ends[0] = fmin (ends[0], products[i]);
    ends[1] = fmax (ends[1], products[i]);
  }
}

static void
divide (double a_low, double a_high, double b_low, double b_high, double *ends)
{
  /* By what varies, or by 0, to anywhere. */
  if (b_low != b_high || b_low == 0)
    multiply (a_low, a_high, -INFINITY, INFINITY, ends);
  else
    multiply (a_low, a_high, 1 / b_low, 1 / b_low, ends);
}

static void
add (double a_low, double a_high, double b_low, double b_high, double *ends)
{
  gboolean both = a_low != a_high && b_low != b_high;

  ends[0] = both ? (a_low >= 0 && b_low >= 0 ? 0 : -INFINITY) : a_low + b_low;
  ends[1] = both ? INFINITY : a_high + b_high;
}

static void
subtract (double a_low, double a_high, double b_low, double b_high, double *ends)
{
  add (a_low, a_high, -b_high, -b_low, ends);
}

static void
lesser (double a_low, double a_high, double b_low, double b_high, double *ends)
{
  ends[0] = fmin (a_low, b_low);
  ends[1] = fmin (a_high, b_high);
}

static void
greater (double a_low, double a_high, double b_low, double b_high, double *ends)
{
  ends[0] = fmax (a_low, b_low);
  ends[1] = fmax (a_high, b_high);
}

/* One or the other. */
static void
either (double a_low, double a_high, double b_low, double b_high, double *ends)
{
  ends[0] = fmin (a_low, b_low);
  ends[1] = fmax (a_high, b_high);
}

static GenBounds
meet (GenBounds a, GenBounds b, Meeting meeting)
{
  if (!align (&a, &b))
    return anything;
  for (int i = 0; i < a.n; i++) {
    double ends[2];

    meeting (a.low[i], a.high[i], b.low[i], b.high[i], ends);
    if (isnan (ends[0]) || isnan (ends[1]))
      return anything;
    a.low[i] = ends[0];
    a.high[i] = ends[1];
  }
  return a;
}

static GenBounds
meet_inputs (GHashTable *known, const GenNode *node, guint first, Meeting meeting)
{
  GenBounds x = bounds_of_input (known, node, first);

  for (guint i = first + 1; i < node->inputs->len; i++)
    x = meet (x, bounds_of_input (known, node, i), meeting);
  return x;
}

/* --- functions that never fall --- */

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

static double
softsign (double x)
{
  return isinf (x) ? copysign (1, x) : x / (1 + fabs (x));
}

static double
softplus (double x)
{
  return x > 30 ? x : log1p (exp (x));
}

static double
relu (double x)
{
  return fmax (x, 0);
}

static double
root (double x)
{
  return sqrt (fmax (x, 0));
}

static const struct {
  const char *name;
  double (*function) (double);
} rising[] = {
  { "Tanh", tanh },
  { "Sigmoid", sigmoid },
  { "Softsign", softsign },
  { "Softplus", softplus },
  { "Relu", relu },
  { "Erf", erf },
  { "Atan", atan },
  { "Exp", exp },
  { "Sqrt", root },
  { "Floor", floor },
  { "Ceil", ceil },
  { "Round", rint },
};

static GenBounds
raise_ends (GenBounds x, double (*function) (double))
{
  for (int i = 0; i < x.n; i++) {
    x.low[i] = function (x.low[i]);
    x.high[i] = function (x.high[i]);
  }
  return x;
}

static GenBounds
clamp (const GenBounds *x, double low, double high)
{
  return meet (meet (*x, between (low, low), greater), between (high, high), lesser);
}

/* --- nodes that compute --- */

/* Bounds that are computed are taken to be in order. */
static GenBounds
bounds_of_clip (GHashTable *known, const GenNode *node)
{
  double min = gen_node_float (node, "min", -INFINITY);
  double max = gen_node_float (node, "max", INFINITY);
  GenBounds low = between (min, min), high = between (max, max);

  if (gen_node_input (node, 1) != NULL)
    low = bounds_of_input (known, node, 1);
  if (gen_node_input (node, 2) != NULL)
    high = bounds_of_input (known, node, 2);
  high = meet (high, low, greater);
  return meet (meet (bounds_of_input (known, node, 0), low, greater), high, lesser);
}

static GenBounds
bounds_of_leaky (GHashTable *known, const GenNode *node)
{
  GenBounds x = bounds_of_input (known, node, 0);
  double slope = gen_node_float (node, "alpha", 0.01f);

  if (slope < 0)
    return anything;
  for (int i = 0; i < x.n; i++) {
    x.low[i] = x.low[i] < 0 ? times (x.low[i], slope) : x.low[i];
    x.high[i] = x.high[i] < 0 ? times (x.high[i], slope) : x.high[i];
  }
  return x;
}

static GenBounds
bounds_of_power (GHashTable *known, const GenNode *node)
{
  GenBounds x = bounds_of_input (known, node, 0), exponent = bounds_of_input (known, node, 1);

  if (!align (&x, &exponent) || !is_point (&exponent))
    return anything;
  for (int i = 0; i < x.n; i++) {
    double power = exponent.low[i];

    if (power <= 0 || (x.low[i] < 0 && power != 2))
      return anything;
    if (x.low[i] >= 0) {
      x.low[i] = pow (x.low[i], power);
      x.high[i] = pow (x.high[i], power);
      continue;
    }
    x.high[i] = fmax (x.low[i] * x.low[i], x.high[i] * x.high[i]);
    x.low[i] = 0;
  }
  return x;
}

static GenBounds
bounds_of_negative (GHashTable *known, const GenNode *node)
{
  return meet (bounds_of_input (known, node, 0), between (-1, -1), multiply);
}

static GenBounds
bounds_of_absolute (GHashTable *known, const GenNode *node)
{
  GenBounds x = bounds_of_input (known, node, 0);

  for (int i = 0; i < x.n; i++) {
    double low = x.low[i], high = x.high[i];

    x.low[i] = low > 0 ? low : high < 0 ? -high : 0;
    x.high[i] = fmax (fabs (low), fabs (high));
  }
  return x;
}

static GenBounds
bounds_of_quantize (GHashTable *known, const GenNode *node)
{
  GenBounds x = bounds_of_input (known, node, 0), zero = between (0, 0);
  GenBounds room = gen_bounds_of_type (gen_node_output (node, 0)->type);

  if (gen_node_input (node, 2) != NULL) {
    zero = bounds_of_input (known, node, 2);
    room = gen_bounds_of_type (gen_node_input (node, 2)->type);
  }
  if (room.low[0] == -INFINITY)
    room = between (0, 255);
  x = meet (meet (x, bounds_of_input (known, node, 1), divide), zero, add);
  return clamp (&x, room.low[0], room.high[0]);
}

static GenBounds
bounds_of_dequantize (GHashTable *known, const GenNode *node)
{
  GenBounds x = bounds_of_input (known, node, 0);

  if (gen_node_input (node, 2) != NULL)
    x = meet (x, bounds_of_input (known, node, 2), subtract);
  return meet (x, bounds_of_input (known, node, 1), multiply);
}

static GenBounds
bounds_of_hard_sigmoid (GHashTable *known, const GenNode *node)
{
  double slope = gen_node_float (node, "alpha", 0.2f), middle = gen_node_float (node, "beta", 0.5f);
  GenBounds line = meet (bounds_of_input (known, node, 0), between (slope, slope), multiply);

  line = meet (line, between (middle, middle), add);
  return clamp (&line, 0, 1);
}

/* Integers cannot hold all: what is beyond them is not for pictures. */
static GenBounds
bounds_of_cast (GHashTable *known, const GenNode *node)
{
  GenBounds x = bounds_of_input (known, node, 0);
  GenBounds room = gen_bounds_of_type ((GenDataType)gen_node_int (node, "to", GEN_TYPE_FLOAT32));

  return clamp (&x, room.low[0], room.high[0]);
}

/* --- nodes that move numbers --- */

static gint64
product_behind (const GenShape *shape, int axis)
{
  gint64 product = 1;

  for (int d = axis + 1; d < shape->rank; d++)
    product *= shape->dims[d];
  return product;
}

/* Where an axis is after a change of shape alone: the axis of its extent with as many numbers
 * behind. */
static gboolean
follow_shape (const GenTensor *from, const GenTensor *to, GenBounds *x)
{
  int axis = from->shape.rank - 1 - x->axis;
  gint64 behind;

  if (axis < 0 || gen_shape_elements (&from->shape) < 0 || gen_shape_elements (&to->shape) < 0)
    return FALSE;
  behind = product_behind (&from->shape, axis);
  for (int d = 0; d < to->shape.rank; d++)
    if (to->shape.dims[d] == x->n && product_behind (&to->shape, d) == behind) {
      x->axis = to->shape.rank - 1 - d;
      return TRUE;
    }
  return FALSE;
}

static gboolean
follow_transpose (const GenNode *node, GenBounds *x)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  int n;
  const gint64 *order = gen_node_ints (node, "perm", &n);
  int rank = order != NULL ? n : shape->rank;

  for (int d = 0; d < rank; d++)
    if ((order != NULL ? order[d] : rank - 1 - d) == rank - 1 - x->axis) {
      x->axis = rank - 1 - d;
      return TRUE;
    }
  return FALSE;
}

static gboolean
all_alike (const GenBounds *x)
{
  for (int i = 1; i < x->n; i++)
    if (x->low[i] != x->low[0] || x->high[i] != x->high[0])
      return FALSE;
  return TRUE;
}

/* Pictures of up to four channels whose channels come from several tensors, each with its own
 * ends. */
static gboolean
join_channels (GHashTable *known, const GenNode *node, GenBounds *made)
{
  int rank = gen_node_output (node, 0)->shape.rank, axis;

  axis = rank > 0 ? gen_axis (gen_node_int (node, "axis", 1), rank) : -1;
  if (axis < 0)
    return FALSE;
  *made = (GenBounds){ .axis = rank - 1 - axis };
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *part = gen_node_input (node, i);
    GenBounds x = look_up (known, part);
    gint64 extent = part != NULL && part->shape.rank == rank ? part->shape.dims[axis] : -1;

    if (extent < 0 || made->n + extent > GEN_PORT_MAX_CHANNELS ||
        (x.n > 1 && (x.n != extent || x.axis != made->axis)))
      return FALSE;
    for (gint64 k = 0; k < extent; k++, made->n++) {
      made->low[made->n] = x.low[x.n > 1 ? k : 0];
      made->high[made->n] = x.high[x.n > 1 ? k : 0];
    }
  }
  if (all_alike (made))
    made->n = MIN (made->n, 1);
  return made->n > 0;
}

static GenBounds
bounds_of_concat (GHashTable *known, const GenNode *node)
{
  GenBounds x;

  return join_channels (known, node, &x) ? x : meet_inputs (known, node, 0, either);
}

/* A border of zeros, or of another number. */
static GenBounds
bounds_of_pad (GHashTable *known, const GenNode *node)
{
  GenBounds x = bounds_of_input (known, node, 0);
  double value = gen_node_float (node, "value", 0);

  if (!g_str_equal (gen_node_string (node, "mode", "constant"), "constant"))
    return x;
  return meet (x,
      gen_node_input (node, 2) != NULL ? bounds_of_input (known, node, 2) : between (value, value),
      either);
}

/* FALSE where `x`, of several channels, cannot be told after the node. What cubic interpolation
 * adds beyond the ends is beyond black and white. */
static gboolean
move (const GenNode *node, GenBounds *x)
{
  if (x->n == 1 || node->op->keeps_channels)
    return TRUE;
  if (node->op->view)
    return follow_shape (gen_node_input (node, 0), gen_node_output (node, 0), x);
  return g_str_equal (node->op->name, "Transpose") && follow_transpose (node, x);
}

/* --- all nodes --- */

/* What meets all its inputs from number `first` on, two by two. The mean of what lies between the
 * same ends does, too. */
static const struct {
  const char *name;
  guint first;
  Meeting meeting;
} meetings[] = {
  { "Add", 0, add },
  { "Sum", 0, add },
  { "Sub", 0, subtract },
  { "Mul", 0, multiply },
  { "Div", 0, divide },
  { "Min", 0, lesser },
  { "Max", 0, greater },
  { "Mean", 0, either },
  { "Where", 1, either },
};

/* What makes numbers between the same ends of any. */
static const struct {
  const char *name;
  double low, high;
} fixed[] = {
  { "Sin", -1, 1 },
  { "Cos", -1, 1 },
  { "Softmax", 0, 1 },
};

static const struct {
  const char *name;
  GenBounds (*bounds) (GHashTable *known, const GenNode *node);
} others[] = {
  { "Abs", bounds_of_absolute },
  { "Cast", bounds_of_cast },
  { "Clip", bounds_of_clip },
  { "Concat", bounds_of_concat },
  { "DequantizeLinear", bounds_of_dequantize },
  { "HardSigmoid", bounds_of_hard_sigmoid },
  { "LeakyRelu", bounds_of_leaky },
  { "Neg", bounds_of_negative },
  { "Pad", bounds_of_pad },
  { "Pow", bounds_of_power },
  { "QuantizeLinear", bounds_of_quantize },
};

static GenBounds
bounds_of_node (GHashTable *known, const GenNode *node)
{
  const char *name = node->op->name;
  GenBounds x;

  if (node->op->domain != NULL || gen_node_output (node, 0) == NULL)
    return anything;
  for (guint i = 0; i < G_N_ELEMENTS (rising); i++)
    if (g_str_equal (name, rising[i].name))
      return raise_ends (bounds_of_input (known, node, 0), rising[i].function);
  for (guint i = 0; i < G_N_ELEMENTS (meetings); i++)
    if (g_str_equal (name, meetings[i].name))
      return meet_inputs (known, node, meetings[i].first, meetings[i].meeting);
  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    if (g_str_equal (name, fixed[i].name))
      return between (fixed[i].low, fixed[i].high);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_equal (name, others[i].name))
      return others[i].bounds (known, node);
  if (node->op->results == GEN_RESULTS_COMPUTED)
    return anything;
  x = bounds_of_input (known, node, 0);
  return move (node, &x) ? x : anything;
}

GHashTable *
gen_graph_bounds (const GenGraph *graph, const GenTensor *input, const GenBounds *given)
{
  GHashTable *known = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  if (input != NULL)
    g_hash_table_insert (known, (gpointer)input, g_memdup2 (given, sizeof *given));
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    GenBounds made = bounds_of_node (known, node);

    for (guint k = 0; k < node->outputs->len; k++) {
      GenTensor *output = gen_node_output (node, k);

      if (output != NULL && (made.n > 1 || isfinite (made.low[0]) || isfinite (made.high[0])))
        g_hash_table_insert (known, output, g_memdup2 (&made, sizeof made));
    }
  }
  return known;
}
