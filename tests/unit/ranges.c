/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which numbers black and white are, in graphs that end or begin in many ways. */
#include <generative/model.h>
#include <generative/random.h>

#include <float.h>
#include <math.h>
#include <string.h>

/* A model that begins or ends with what `build` appends to x, of a net that bounds nothing. */
typedef GenTensor *(*Build) (GenGraph *graph, GenTensor *x, GError **error);

typedef struct {
  const char *name;
  Build build;
  GenRange range;
  float black, white;
} Case;

static GenTensor *
number (GenGraph *graph, float value)
{
  return gen_graph_float (graph, value);
}

static GenTensor *
numbers (GenGraph *graph, const GenShape *shape, const float *values)
{
  gsize n = (gsize)gen_shape_elements (shape);

  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new (values, n * sizeof *values));
}

static GenTensor *
clip (GenGraph *graph, GenTensor *x, GenTensor *low, GenTensor *high, GError **error)
{
  return gen_graph_op (graph, "Clip", (GenTensor *[]){ x, low, high }, 3, 1, error, NULL);
}

static GenTensor *
line (GenGraph *graph, GenTensor *x, float factor, float shift, GError **error)
{
  x = gen_binary (graph, "Mul", x, number (graph, factor), error);
  return gen_binary (graph, "Add", x, number (graph, shift), error);
}

#define UNARY(name, op)                                                                            \
  static GenTensor *name (GenGraph *graph, GenTensor *x, GError **error)                           \
  {                                                                                                \
    return gen_unary (graph, op, x, error);                                                        \
  }

UNARY (end_tanh, "Tanh")
UNARY (end_sigmoid, "Sigmoid")
UNARY (end_hard_sigmoid, "HardSigmoid")
UNARY (end_softsign, "Softsign")
UNARY (end_sine, "Sin")
UNARY (end_erf, "Erf")
UNARY (end_relu, "Relu")
UNARY (end_softplus, "Softplus")
UNARY (end_nothing, "Identity")
UNARY (end_absolute, "Abs")

static GenTensor *
end_tanh_line (GenGraph *graph, GenTensor *x, GError **error)
{
  return line (graph, gen_unary (graph, "Tanh", x, error), 0.5f, 0.5f, error);
}

static GenTensor *
end_tanh_divided (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_binary (graph, "Add", number (graph, 1), gen_unary (graph, "Tanh", x, error), error);
  return gen_binary (graph, "Div", x, number (graph, 2), error);
}

static GenTensor *
end_bytes (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (
      graph, "Mul", number (graph, 255), gen_unary (graph, "Sigmoid", x, error), error);
}

static GenTensor *
end_negated (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_unary (graph, "Neg", gen_unary (graph, "Sigmoid", x, error), error);
  return gen_binary (graph, "Sub", x, number (graph, -1), error);
}

static GenTensor *
end_one_less (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (
      graph, "Sub", number (graph, 1), gen_unary (graph, "Sigmoid", x, error), error);
}

static GenTensor *
end_min_of_max (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_binary (graph, "Max", x, number (graph, 0), error);
  return gen_binary (graph, "Min", x, number (graph, 255), error);
}

static GenTensor *
end_max_of_min (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_binary (graph, "Min", number (graph, 1), x, error);
  return gen_binary (graph, "Max", number (graph, -1), x, error);
}

static GenTensor *
end_clip (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, 0), number (graph, 1), error);
}

static GenTensor *
end_clip_at_least (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, 0), NULL, error);
}

static GenTensor *
end_clip_at_most (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, NULL, number (graph, 1), error);
}

static GenTensor *
end_clip_guard (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, 0), number (graph, FLT_MAX), error);
}

static GenTensor *
end_clip_guards (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, -FLT_MAX), number (graph, FLT_MAX), error);
}

static GenTensor *
end_clip_infinite (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, -INFINITY), number (graph, INFINITY), error);
}

static GenTensor *
end_clip_nan (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, NAN), number (graph, 1), error);
}

static GenTensor *
end_clip_of_one (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, 1), number (graph, 1), error);
}

/* Bounds that constants make, which are known once they are computed. */
static GenTensor *
end_clip_folded (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *low = gen_unary (graph, "Neg", number (graph, 1), error);

  return clip (graph, x, low, gen_unary (graph, "Neg", low, error), error);
}

/* And those that are not known before it runs. */
static GenTensor *
end_clip_computed (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *most =
      gen_graph_op (graph, "ReduceMax", &x, 1, 1, error, "keepdims", GEN_INT, 0, NULL);

  return clip (graph, x, number (graph, 0), most, error);
}

static GenTensor *
end_clip_twice (GenGraph *graph, GenTensor *x, GError **error)
{
  x = clip (graph, x, number (graph, 0), NULL, error);
  return clip (graph, x, NULL, number (graph, 255), error);
}

static GenTensor *
end_clip_of_sum (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_binary (graph, "Add", x, gen_unary (graph, "Tanh", x, error), error);
  return clip (graph, x, number (graph, 0), number (graph, 1), error);
}

/* The last thing that bounds decides, not one that is wider. */
static GenTensor *
end_bounded_before (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_unary (graph, "Sigmoid", x, error);
  return clip (graph, x, number (graph, 0), number (graph, 255), error);
}

static GenTensor *
end_sum (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (
      graph, "Add", gen_unary (graph, "Tanh", x, error), gen_unary (graph, "Sin", x, error), error);
}

static GenTensor *
end_sum_of_positive (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Add", gen_unary (graph, "Sigmoid", x, error),
      gen_unary (graph, "Relu", x, error), error);
}

static GenTensor *
end_masked (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Mul", gen_unary (graph, "Sigmoid", x, error),
      gen_unary (graph, "Tanh", x, error), error);
}

static GenTensor *
end_squared (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Pow", gen_unary (graph, "Tanh", x, error), number (graph, 2), error);
}

static GenTensor *
end_gamma (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (
      graph, "Pow", gen_unary (graph, "Sigmoid", x, error), number (graph, 1 / 2.2f), error);
}

static GenTensor *
end_where (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *dark = gen_binary (graph, "Less", x, number (graph, 0), error);

  return gen_graph_op (graph, "Where",
      (GenTensor *[]){ dark, number (graph, 0), gen_unary (graph, "Sigmoid", x, error) }, 3, 1,
      error, NULL);
}

static GenTensor *
end_moved (GenGraph *graph, GenTensor *x, GError **error)
{
  const gint64 flat[] = { -1 }, shape[] = { 2, 3, 4, 4 }, order[] = { 0, 1, 3, 2 };

  x = line (graph, gen_unary (graph, "Tanh", x, error), 0.5f, 0.5f, error);
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, flat, 1), error);
  x = gen_unary (graph, "Identity", x, error);
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape, 4), error);
  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, order, NULL);
}

static GenTensor *
end_cast (GenGraph *graph, GenTensor *x, GError **error)
{
  x = line (graph, gen_unary (graph, "Sigmoid", x, error), 255, 0.5f, error);
  x = gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, GEN_TYPE_UINT8, NULL);
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, GEN_TYPE_FLOAT32, NULL);
}

static GenTensor *
end_quantized (GenGraph *graph, GenTensor *x, GError **error)
{
  const guint8 zero = 128;
  GenTensor *step = number (graph, 1 / 127.f), *at;

  at = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_UINT8, &GEN_SHAPE (), g_bytes_new (&zero, sizeof zero));
  x = gen_graph_op (graph, "QuantizeLinear",
      (GenTensor *[]){ gen_unary (graph, "Tanh", x, error), step, at }, 3, 1, error, NULL);
  return gen_graph_op (
      graph, "DequantizeLinear", (GenTensor *[]){ x, step, at }, 3, 1, error, NULL);
}

static GenTensor *
end_padded (GenGraph *graph, GenTensor *x, GError **error)
{
  const gint64 pads[] = { 0, 0, 1, 1, 0, 0, 1, 1 };

  return gen_graph_op (graph, "Pad",
      (GenTensor *[]){ gen_unary (graph, "Tanh", x, error), gen_graph_ints (graph, pads, 8) }, 2, 1,
      error, NULL);
}

static GenTensor *
end_deep (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_unary (graph, "Sigmoid", x, error);
  for (int i = 0; i < 2000; i++)
    x = line (graph, x, i % 2 == 0 ? 2 : 0.5f, 0, error);
  return x;
}

/* Each doubles who reads; whoever walks backwards never ends. */
static GenTensor *
end_doubled (GenGraph *graph, GenTensor *x, GError **error)
{
  for (int i = 0; i < 100; i++)
    x = gen_binary (graph, "Add", x, x, error);
  return gen_unary (graph, "Sigmoid", x, error);
}

static const Case ends[] = {
  { "tanh", end_tanh, GEN_RANGE_COMPUTED, -1, 1 },
  { "sigmoid", end_sigmoid, GEN_RANGE_COMPUTED, 0, 1 },
  { "hard-sigmoid", end_hard_sigmoid, GEN_RANGE_COMPUTED, 0, 1 },
  { "softsign", end_softsign, GEN_RANGE_COMPUTED, -1, 1 },
  { "sine", end_sine, GEN_RANGE_COMPUTED, -1, 1 },
  { "erf", end_erf, GEN_RANGE_COMPUTED, -1, 1 },
  { "tanh-line", end_tanh_line, GEN_RANGE_COMPUTED, 0, 1 },
  { "tanh-divided", end_tanh_divided, GEN_RANGE_COMPUTED, 0, 1 },
  { "bytes", end_bytes, GEN_RANGE_COMPUTED, 0, 255 },
  { "negated", end_negated, GEN_RANGE_COMPUTED, 0, 1 },
  { "one-less", end_one_less, GEN_RANGE_COMPUTED, 0, 1 },
  { "min-of-max", end_min_of_max, GEN_RANGE_COMPUTED, 0, 255 },
  { "max-of-min", end_max_of_min, GEN_RANGE_COMPUTED, -1, 1 },
  { "clip", end_clip, GEN_RANGE_COMPUTED, 0, 1 },
  { "clip-folded", end_clip_folded, GEN_RANGE_COMPUTED, -1, 1 },
  { "clip-twice", end_clip_twice, GEN_RANGE_COMPUTED, 0, 255 },
  { "clip-of-sum", end_clip_of_sum, GEN_RANGE_COMPUTED, 0, 1 },
  { "bounded-before", end_bounded_before, GEN_RANGE_COMPUTED, 0, 1 },
  { "masked", end_masked, GEN_RANGE_COMPUTED, -1, 1 },
  { "squared", end_squared, GEN_RANGE_COMPUTED, 0, 1 },
  { "gamma", end_gamma, GEN_RANGE_COMPUTED, 0, 1 },
  { "where", end_where, GEN_RANGE_COMPUTED, 0, 1 },
  { "moved", end_moved, GEN_RANGE_COMPUTED, 0, 1 },
  { "cast", end_cast, GEN_RANGE_COMPUTED, 0.5f, 255 },
  { "quantized", end_quantized, GEN_RANGE_COMPUTED, -1, 1 },
  { "padded", end_padded, GEN_RANGE_COMPUTED, -1, 1 },
  { "deep", end_deep, GEN_RANGE_COMPUTED, 0, 1 },
  { "doubled", end_doubled, GEN_RANGE_COMPUTED, 0, 1 },
  /* One end, or none. */
  { "nothing", end_nothing, GEN_RANGE_ASSUMED, 0, 1 },
  { "relu", end_relu, GEN_RANGE_ASSUMED, 0, 1 },
  { "softplus", end_softplus, GEN_RANGE_ASSUMED, 0, 1 },
  { "absolute", end_absolute, GEN_RANGE_ASSUMED, 0, 1 },
  { "sum", end_sum, GEN_RANGE_ASSUMED, 0, 1 },
  { "sum-of-positive", end_sum_of_positive, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-at-least", end_clip_at_least, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-at-most", end_clip_at_most, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-guard", end_clip_guard, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-guards", end_clip_guards, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-infinite", end_clip_infinite, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-nan", end_clip_nan, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-of-one", end_clip_of_one, GEN_RANGE_ASSUMED, 0, 1 },
  { "clip-computed", end_clip_computed, GEN_RANGE_ASSUMED, 0, 1 },
};

/* A net of which nothing follows. */
static GenTensor *
net (GenGraph *graph, GenTensor *x, GError **error)
{
  static const float weights[3 * 3] = { 1, 2, 3, -1, 2, -3, 0.5f, -0.5f, 2 };

  return gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, numbers (graph, &GEN_SHAPE (3, 3, 1, 1), weights) }, 2, 1, error, NULL);
}

static void
assert_near (float a, float b)
{
  g_assert_true (isfinite (a));
  g_assert_cmpfloat_with_epsilon (a, b, 2e-3 * MAX (1, fabsf (b)));
}

static void
check_range (const GenPort *port, GenRange range, float black, float white)
{
  g_assert_cmpint (port->range, ==, range);
  for (int c = 0; c < MAX (port->channels, 1); c++) {
    assert_near (gen_port_black (port, c), black);
    assert_near (gen_port_white (port, c), white);
  }
}

static void
test_end (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (GenGraph) graph = gen_graph_new ("end");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  g_autofree char *text = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 4, 4));

  gen_graph_add_output (graph, one->build (graph, net (graph, x, &error), &error));
  g_assert_no_error (error);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  check_range (&model->outputs[0], one->range, one->black, one->white);
  text = gen_model_describe_assumption (model, &model->outputs[0], TRUE);
  if (one->range == GEN_RANGE_ASSUMED)
    g_assert_nonnull (strstr (text, "generative.output-range"));
  else
    g_assert_null (text);
}

/* --- of each channel --- */

static const float means[] = { 0.485f, 0.456f, 0.406f }, deviations[] = { 0.229f, 0.224f, 0.225f };

/* Numbers as nets want them, back to those of a picture, by each channel; and the other way. */
static void
test_channels (void)
{
  for (int last = 0; last < 2; last++)
    for (int moved = 0; moved < 3; moved++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("channels");
      g_autoptr (GError) error = NULL;
      g_autoptr (GenModel) model = NULL;
      const gint64 to_last[] = { 0, 2, 3, 1 }, to_first[] = { 0, 3, 1, 2 };
      const gint64 rows[] = { 2, 3, 25 }, whole[] = { 2, 3, 5, 5 };
      const GenShape *shape = last ? &GEN_SHAPE (3) : &GEN_SHAPE (1, 3, 1, 1);
      GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 5, 5));

      x = gen_unary (graph, "Sigmoid", net (graph, x, &error), &error);
      if (last)
        x = gen_graph_op (graph, "Transpose", &x, 1, 1, &error, "perm", GEN_INTS, 4, to_last, NULL);
      x = gen_binary (graph, "Sub", x, numbers (graph, shape, means), &error);
      x = gen_binary (graph, "Div", x, numbers (graph, shape, deviations), &error);
      if (moved == 1)
        x = gen_graph_op (graph, "Transpose", &x, 1, 1, &error, "perm", GEN_INTS, 4,
            last ? to_first : to_last, NULL);
      if (moved == 2 && !last) {
        x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, rows, 3), &error);
        x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, whole, 4), &error);
      }
      g_assert_no_error (error);
      gen_graph_add_output (graph, x);
      model = gen_model_new (graph, &error);
      g_assert_no_error (error);
      g_assert_cmpint (model->outputs[0].channels_last, ==, last != (moved == 1));
      g_assert_cmpint (model->outputs[0].range, ==, GEN_RANGE_COMPUTED);
      for (int c = 0; c < 3; c++) {
        assert_near (gen_port_black (&model->outputs[0], c), -means[c] / deviations[c]);
        assert_near (gen_port_white (&model->outputs[0], c), (1 - means[c]) / deviations[c]);
      }
    }
}

/* Where channels cannot be followed, it is better to say so. */
static void
test_lost_channels (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("lost");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  const gint64 turned[] = { 2, 1, 0 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 4, 4));

  x = gen_unary (graph, "Sigmoid", net (graph, x, &error), &error);
  x = gen_binary (graph, "Mul", x, numbers (graph, &GEN_SHAPE (3, 1, 1), deviations), &error);
  x = gen_graph_op (graph, "Gather", (GenTensor *[]){ x, gen_graph_ints (graph, turned, 3) }, 2, 1,
      &error, "axis", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  g_assert_cmpint (model->outputs[0].range, ==, GEN_RANGE_ASSUMED);
}

/* Colours and a mask that have bounds of their own, side by side. */
static void
test_joined (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("joined");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 4, 4));
  GenTensor *mask = gen_graph_add_input (graph, "m", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 1, 4, 4));

  x = gen_unary (graph, "Tanh", net (graph, x, &error), &error);
  mask = gen_unary (graph, "Sigmoid", mask, &error);
  x = gen_graph_op (
      graph, "Concat", (GenTensor *[]){ x, mask }, 2, 1, &error, "axis", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  g_assert_cmpint (model->outputs[0].range, ==, GEN_RANGE_COMPUTED);
  for (int c = 0; c < 4; c++) {
    assert_near (gen_port_black (&model->outputs[0], c), c < 3 ? -1 : 0);
    assert_near (gen_port_white (&model->outputs[0], c), 1);
  }
}

/* --- what goes in --- */

static GenTensor *
begin_by_255 (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Div", x, number (graph, 255), error);
}

static GenTensor *
begin_to_signed (GenGraph *graph, GenTensor *x, GError **error)
{
  return line (graph, x, 2, -1, error);
}

static GenTensor *
begin_bytes_to_signed (GenGraph *graph, GenTensor *x, GError **error)
{
  return line (graph, x, 1 / 127.5f, -1, error);
}

static GenTensor *
begin_from_signed (GenGraph *graph, GenTensor *x, GError **error)
{
  return line (graph, x, 0.5f, 0.5f, error);
}

static GenTensor *
begin_normalized (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_binary (graph, "Sub", x, numbers (graph, &GEN_SHAPE (1, 3, 1, 1), means), error);
  return gen_binary (graph, "Div", x, numbers (graph, &GEN_SHAPE (3, 1, 1), deviations), error);
}

static GenTensor *
begin_without_mean (GenGraph *graph, GenTensor *x, GError **error)
{
  const float mean[] = { 103.9f, 116.8f, 123.7f };

  return gen_binary (graph, "Sub", x, numbers (graph, &GEN_SHAPE (1, 3, 1, 1), mean), error);
}

static GenTensor *
begin_clipped (GenGraph *graph, GenTensor *x, GError **error)
{
  return clip (graph, x, number (graph, 0), number (graph, 1), error);
}

static GenTensor *
begin_smaller (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Mul", x, number (graph, 0.5f), error);
}

static GenTensor *
begin_centred (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Sub", x, number (graph, 0.5f), error);
}

static const Case beginnings[] = {
  { "by-255", begin_by_255, GEN_RANGE_COMPUTED, 0, 255 },
  { "to-signed", begin_to_signed, GEN_RANGE_COMPUTED, 0, 1 },
  { "bytes-to-signed", begin_bytes_to_signed, GEN_RANGE_COMPUTED, 0, 255 },
  { "from-signed", begin_from_signed, GEN_RANGE_COMPUTED, -1, 1 },
  { "normalized", begin_normalized, GEN_RANGE_COMPUTED, 0, 1 },
  { "without-mean", begin_without_mean, GEN_RANGE_COMPUTED, 0, 255 },
  { "centred", begin_centred, GEN_RANGE_COMPUTED, 0, 1 },
  { "smaller", begin_smaller, GEN_RANGE_ASSUMED, 0, 1 },
  { "clipped", begin_clipped, GEN_RANGE_COMPUTED, 0, 1 },
  { "nothing", end_nothing, GEN_RANGE_ASSUMED, 0, 1 },
  { "tanh", end_tanh, GEN_RANGE_ASSUMED, 0, 1 },
};

static void
test_beginning (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (GenGraph) graph = gen_graph_new ("beginning");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  g_autofree char *text = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 4, 4));

  gen_graph_add_output (graph, net (graph, one->build (graph, x, &error), &error));
  g_assert_no_error (error);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  check_range (&model->inputs[0], one->range, one->black, one->white);
  /* What comes out of a net that bounds nothing is taken to be like what went in. */
  check_range (&model->outputs[0], GEN_RANGE_ASSUMED, one->black, one->white);
  text = gen_model_describe_assumption (model, &model->inputs[0], FALSE);
  g_assert_cmpint (text != NULL, ==, one->range == GEN_RANGE_ASSUMED);
}

/* Arithmetic alone is no preparation: there is no net that it is for. */
static void
test_no_net (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("no net");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));

  gen_graph_add_output (graph, line (graph, x, 0.5f, 0.5f, &error));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  check_range (&model->inputs[0], GEN_RANGE_ASSUMED, 0, 1);
}

/* A picture that goes in is assumed to be like the one that comes out, whose range is known. */
static void
test_like_output (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("like output");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));

  gen_graph_add_output (graph, end_bytes (graph, net (graph, x, &error), &error));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  check_range (&model->inputs[0], GEN_RANGE_ASSUMED, 0, 255);
  check_range (&model->outputs[0], GEN_RANGE_COMPUTED, 0, 255);
}

/* And like one that is never negative, for which 0 to 1 is assumed. */
static void
test_never_negative (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("never negative");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));

  gen_graph_add_output (graph, end_clip_guard (graph, net (graph, x, &error), &error));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  check_range (&model->inputs[0], GEN_RANGE_ASSUMED, 0, 1);
  check_range (&model->outputs[0], GEN_RANGE_ASSUMED, 0, 1);
}

static void
test_types (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("bytes");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (1, 5, 5, 3));

  gen_graph_add_output (graph, gen_unary (graph, "Identity", x, &error));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  check_range (&model->inputs[0], GEN_RANGE_COMPUTED, 0, 255);
  check_range (&model->outputs[0], GEN_RANGE_COMPUTED, 0, 255);
}

/* What a model says has the first word. */
static void
test_said (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("said");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));

  gen_graph_add_output (graph, end_bytes (graph, net (graph, x, &error), &error));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,510"));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  check_range (&model->outputs[0], GEN_RANGE_SAID, 0, 510);
  gen_port_set_range (&model->outputs[0], 0, 2);
  check_range (&model->outputs[0], GEN_RANGE_SAID, 0, 2);
}

/* Numbers that no picture can be scaled by. */
static void
test_refused (void)
{
  static const struct {
    const char *key, *text;
  } cases[] = {
    { "generative.output-range", "1e39,0" },
    { "generative.output-range", "0,1e-40" },
    { "generative.input-range", "-3e38,3e38" },
    { "generative.std", "1e38" },
    { "generative.frames", "-1" },
    { "generative.frames", "99999999999" },
    { "generative.frames", "many" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("refused");
    g_autoptr (GError) error = NULL;
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));

    gen_graph_add_output (graph, net (graph, x, &error));
    g_hash_table_insert (graph->metadata, g_strdup ("generative.mean"), g_strdup ("0"));
    g_hash_table_insert (graph->metadata, g_strdup (cases[i].key), g_strdup (cases[i].text));
    g_assert_null (gen_model_new (graph, &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].key));
    g_assert_nonnull (strstr (error->message, cases[i].text));
  }
}

/* --- chains of all that is known --- */

static const char *const unary[] = { "Tanh", "Sigmoid", "HardSigmoid", "Softsign", "Erf", "Sin",
  "Cos", "Atan", "Relu", "LeakyRelu", "Softplus", "Neg", "Abs", "Floor", "Ceil", "Round",
  "Identity" };
static const char *const binary[] = { "Add", "Sub", "Mul", "Min", "Max", "Mean" };

static GenTensor *
either (GenGraph *graph, GenTensor *a, GenTensor *b, GError **error)
{
  GenTensor *first = gen_binary (graph, "Less", a, b, error);

  return gen_graph_op (graph, "Where", (GenTensor *[]){ first, a, b }, 3, 1, error, NULL);
}

/* Another tensor of `made`, from those that are there, by draw number `draw`. */
static GenTensor *
append_any (GenGraph *graph, GPtrArray *made, const GenRandom *random, guint64 draw, GError **error)
{
  guint32 kind = gen_random_below (random, draw, 0, 8);
  GenTensor *a = made->pdata[gen_random_below (random, draw, 1, made->len)];
  GenTensor *b = made->pdata[gen_random_below (random, draw, 2, made->len)];
  const float numbers[] = { -255, -2, -1, -0.5f, 0.25f, 0.5f, 1, 3, 127.5f };
  float value = numbers[gen_random_below (random, draw, 3, G_N_ELEMENTS (numbers))];
  GenTensor *constant = number (graph, value);
  const char *op = binary[gen_random_below (random, draw, 4, G_N_ELEMENTS (binary))];

  switch (kind) {
  case 0:
    return gen_binary (graph, op, a, b, error);
  case 1:
    return gen_binary (graph, op, a, constant, error);
  case 2:
    return gen_binary (graph, op, constant, a, error);
  case 3:
    return gen_binary (graph, "Div", a, constant, error);
  case 4:
    return clip (graph, a, value < 0 ? constant : NULL, value > 0 ? constant : NULL, error);
  case 5:
    return value < 0 ? either (graph, a, b, error)
                     : gen_binary (graph, "Pow", a, number (graph, 2), error);
  default:
    return gen_unary (
        graph, unary[gen_random_below (random, draw, 5, G_N_ELEMENTS (unary))], a, error);
  }
}

/* Whatever goes in, nothing that comes out is darker than black or brighter than white. */
static void
test_chains (void)
{
  guint computed = 0;

  for (guint64 seed = 0; seed < 600; seed++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("chain");
    g_autoptr (GPtrArray) made = g_ptr_array_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = NULL;
    g_autoptr (GenPlan) plan = NULL;
    GenRandom random = gen_random_new (seed, "test", 3);
    const GenPort *port;
    const float *numbers;
    float slack;

    g_ptr_array_add (
        made, gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8)));
    for (guint64 i = 0; i < 6; i++)
      g_ptr_array_add (made, append_any (graph, made, &random, i, &error));
    g_assert_no_error (error);
    gen_graph_add_output (graph, made->pdata[made->len - 1]);
    model = gen_model_new (graph, &error);
    g_assert_no_error (error);
    port = &model->outputs[0];
    if (port->range != GEN_RANGE_COMPUTED)
      continue;
    computed++;
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    gen_random_normal (&random, 9, 0, gen_plan_input (plan, 0)->data, 3 * 8 * 8);
    for (int i = 0; i < 3 * 8 * 8; i++)
      ((float *)gen_plan_input (plan, 0)->data)[i] *= i % 2 == 0 ? 100 : 1;
    g_assert_true (gen_plan_run (plan, &error));
    numbers = gen_plan_output (plan, 0)->data;
    slack = 1e-4f * (1 + gen_port_white (port, 0) - gen_port_black (port, 0));
    for (int i = 0; i < 3 * 8 * 8; i++) {
      g_assert_cmpfloat (numbers[i], >=, gen_port_black (port, 0) - slack);
      g_assert_cmpfloat (numbers[i], <=, gen_port_white (port, 0) + slack);
    }
  }
  g_assert_cmpuint (computed, >, 150);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autofree char *path = g_strdup_printf ("/ranges/end/%s", ends[i].name);

    g_test_add_data_func (path, &ends[i], test_end);
  }
  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++) {
    g_autofree char *path = g_strdup_printf ("/ranges/beginning/%s", beginnings[i].name);

    g_test_add_data_func (path, &beginnings[i], test_beginning);
  }
  g_test_add_func ("/ranges/channels", test_channels);
  g_test_add_func ("/ranges/lost-channels", test_lost_channels);
  g_test_add_func ("/ranges/joined", test_joined);
  g_test_add_func ("/ranges/no-net", test_no_net);
  g_test_add_func ("/ranges/like-output", test_like_output);
  g_test_add_func ("/ranges/never-negative", test_never_negative);
  g_test_add_func ("/ranges/types", test_types);
  g_test_add_func ("/ranges/chains", test_chains);
  g_test_add_func ("/ranges/said", test_said);
  g_test_add_func ("/ranges/refused", test_refused);
  return g_test_run ();
}
