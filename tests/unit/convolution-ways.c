/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each way in which a convolution can be computed, by name, against a naive reference in double:
 * shapes by seed, of one to three axes, in groups, dilated, strided, padded more than their kernel,
 * with odd channels, depthwise, with all that fusion adds, with weights that are constant and that
 * are not, and in each precision. */
#include <generative/operator.h>

#include <math.h>
#include <string.h>

#include "../../lib/graph/kernel.h"

#define SEEDS 400

typedef struct {
  gboolean transposed, bias, added, constant;
  int rank, threads;
  gint64 batch, groups, in_channels, out_channels;
  gint64 in[3], out[3], kernel[3], stride[3], dilation[3], before[3], after[3], extra[3];
  GenActivation activation;
  GenPrecision precision;
} Case;

/* One of the first `n` numbers, and small ones more often. */
static gint64
below (GRand *random, int n)
{
  return g_rand_int_range (random, 0, g_rand_int_range (random, 1, n + 1));
}

static Case
draw (GRand *random)
{
  static const GenActivation activations[] = { { GEN_ACTIVATION_NONE }, { GEN_ACTIVATION_RELU },
    { GEN_ACTIVATION_LEAKY_RELU, 0.2f }, { GEN_ACTIVATION_CLIP, -0.5f, 0.7f },
    { GEN_ACTIVATION_TANH }, { GEN_ACTIVATION_PRELU } };
  static const int extents[] = { 40, 14, 7 };
  Case c = { .transposed = g_rand_boolean (random),
    .bias = g_rand_boolean (random),
    .added = below (random, 3) == 2,
    .constant = g_rand_boolean (random),
    .rank = 1 + below (random, 3),
    .threads = 1 + below (random, 5),
    .batch = 1 + below (random, 3),
    .precision = below (random, GEN_PRECISION_FLOAT16 + 1),
    .activation = activations[g_rand_int_range (random, 0, G_N_ELEMENTS (activations))] };
  gint64 in_group = 1 + below (random, 70), out_group = 1 + below (random, 70);

  c.groups = g_rand_int_range (random, 0, 3) == 0 ? 1 + below (random, 40) : 1;
  if (c.groups > 1) {
    in_group = g_rand_boolean (random) ? 1 : 1 + in_group % 9;
    out_group = g_rand_boolean (random) ? 1 : 1 + out_group % 9;
    if (in_group == 1 && out_group == 1) /* more than are worked on together */
      c.groups += below (random, 300);
  } else if (g_rand_boolean (random)) {
    in_group = (in_group + 15) / 16 * 16;
  }
  c.in_channels = in_group * c.groups;
  c.out_channels = out_group * c.groups;
  for (int i = 0; i < c.rank; i++) {
    c.in[i] = 1 + below (random, extents[c.rank - 1]);
    c.kernel[i] = 1 + below (random, c.rank == 1 ? 12 : 5);
    c.stride[i] = 1 + below (random, 4);
    c.dilation[i] = 1 + below (random, 3);
    c.before[i] = below (random, 6);
    c.after[i] = below (random, 6);
    c.extra[i] = c.transposed ? below (random, MAX (c.stride[i], c.dilation[i])) : 0;
    if (c.transposed) {
      gint64 whole = (c.in[i] - 1) * c.stride[i] + c.dilation[i] * (c.kernel[i] - 1) + 1;

      c.before[i] = MIN (c.before[i], (whole - 1) / 2);
      c.after[i] = MIN (c.after[i], (whole - 1) / 2);
      c.out[i] = whole + c.extra[i] - c.before[i] - c.after[i];
    } else {
      c.in[i] = MAX (c.in[i], c.dilation[i] * (c.kernel[i] - 1) + 1 - c.before[i] - c.after[i]);
      c.out[i] = (c.in[i] + c.before[i] + c.after[i] - c.dilation[i] * (c.kernel[i] - 1) - 1) /
                     c.stride[i] +
                 1;
    }
  }
  return c;
}

static GenShape
shape_of (const Case *c, gint64 a, gint64 b, const gint64 *extents)
{
  GenShape shape = { .rank = 2 + c->rank, .dims = { a, b } };

  memcpy (shape.dims + 2, extents, c->rank * sizeof *extents);
  return shape;
}

static GenGraph *
build (const Case *c)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("layer");
  const GenShape x = shape_of (c, c->batch, c->in_channels, c->in);
  const GenShape y = shape_of (c, c->batch, c->out_channels, c->out);
  const GenShape w = c->transposed
                         ? shape_of (c, c->in_channels, c->out_channels / c->groups, c->kernel)
                         : shape_of (c, c->out_channels, c->in_channels / c->groups, c->kernel);
  const GenShape channels = GEN_SHAPE (c->out_channels);
  GenTensor *inputs[5] = { gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &x),
    gen_graph_add_input (graph, "w", GEN_TYPE_FLOAT32, &w),
    gen_graph_add_input (graph, "b", GEN_TYPE_FLOAT32, &channels),
    gen_graph_add_input (graph, "a", GEN_TYPE_FLOAT32, &y),
    gen_graph_add_input (graph, "s", GEN_TYPE_FLOAT32, &channels) };
  gint64 pads[6];
  GenTensor *result;
  GenNode *node;

  for (int i = 0; i < c->rank; i++) {
    pads[i] = c->before[i];
    pads[c->rank + i] = c->after[i];
  }
  result = gen_graph_op (graph, c->transposed ? "ConvTranspose" : "Conv", inputs, c->bias ? 3 : 2,
      1, &error, "strides", GEN_INTS, c->rank, c->stride, "dilations", GEN_INTS, c->rank,
      c->dilation, "pads", GEN_INTS, 2 * c->rank, pads, "group", GEN_INT, (int)c->groups,
      c->transposed ? "output_padding" : NULL, GEN_INTS, c->rank, c->extra, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, result);
  g_assert_cmpint (gen_shape_elements (&result->shape), ==, gen_shape_elements (&y));

  /* What fusion and the choice of layouts would do. */
  node = g_ptr_array_index (graph->nodes, 0);
  g_ptr_array_set_size (node->inputs, 5);
  for (int i = 3; i < 5; i++)
    node->inputs->pdata[i] = inputs[i];
  node->activation = c->activation;
  node->taken.added = c->added ? 3 : 0;
  node->taken.slopes = c->activation.kind == GEN_ACTIVATION_PRELU ? 4 : 0;
  inputs[0]->layout = inputs[3]->layout = result->layout = GEN_LAYOUT_CHANNELS_LAST;
  return graph;
}

static double
activate (const Case *c, double v, double slope)
{
  switch (c->activation.kind) {
  case GEN_ACTIVATION_RELU:
    return MAX (v, 0);
  case GEN_ACTIVATION_LEAKY_RELU:
    return v < 0 ? v * c->activation.alpha : v;
  case GEN_ACTIVATION_CLIP:
    return CLAMP (v, c->activation.alpha, c->activation.beta);
  case GEN_ACTIVATION_TANH:
    return tanh (v);
  case GEN_ACTIVATION_PRELU:
    return v < 0 ? v * slope : v;
  default:
    return v;
  }
}

/* Every product, where it belongs: large position = stride * small + dilation * tap - before. */
static double *
reference (const Case *c, float *const *values)
{
  const gint64 in_group = c->in_channels / c->groups, out_group = c->out_channels / c->groups;
  gint64 in[3] = { 1, 1, 1 }, out[3] = { 1, 1, 1 }, k[3] = { 1, 1, 1 }, pixels, taps, places;
  double *y;

  for (int i = 0; i < c->rank; i++) {
    in[i] = c->in[i];
    out[i] = c->out[i];
    k[i] = c->kernel[i];
  }
  pixels = out[0] * out[1] * out[2];
  taps = k[0] * k[1] * k[2];
  places = c->transposed ? in[0] * in[1] * in[2] : pixels;
  y = g_new0 (double, c->batch *pixels * c->out_channels);
  for (gint64 n = 0; n < c->batch; n++)
    for (gint64 s = 0; s < places; s++)
      for (gint64 t = 0; t < taps; t++) {
        const gint64 *small = c->transposed ? in : out, *large = c->transposed ? out : in;
        gint64 at[3] = { s / (small[1] * small[2]), s / small[2] % small[1], s % small[2] };
        gint64 tap[3] = { t / (k[1] * k[2]), t / k[2] % k[1], t % k[2] };
        gint64 l = 0, from, to;
        gboolean inside = TRUE;

        for (int i = 0; i < 3; i++) {
          gint64 where =
              i < c->rank ? c->stride[i] * at[i] + c->dilation[i] * tap[i] - c->before[i] : 0;

          inside &= where >= 0 && where < large[i];
          l = l * large[i] + where;
        }
        if (!inside)
          continue;
        from = n * in[0] * in[1] * in[2] + (c->transposed ? s : l);
        to = n * pixels + (c->transposed ? l : s);
        for (gint64 o = 0; o < c->out_channels; o++)
          for (gint64 i = 0; i < in_group; i++) {
            gint64 channel = o / out_group * in_group + i;
            gint64 weight = c->transposed ? (channel * out_group + o % out_group) * taps + t
                                          : (o * in_group + i) * taps + t;

            y[to * c->out_channels + o] +=
                (double)values[1][weight] * values[0][from * c->in_channels + channel];
          }
      }
  for (gint64 i = 0; i < c->batch * pixels * c->out_channels; i++) {
    gint64 o = i % c->out_channels;

    y[i] = activate (
        c, y[i] + (c->bias ? values[2][o] : 0) + (c->added ? values[3][i] : 0), values[4][o]);
  }
  return y;
}

/* The sums of the products' magnitudes. */
static double *
magnitudes (const Case *c, float *const *values)
{
  Case plain = *c;
  float *positive[5] = { 0 };
  double *sums;

  plain.bias = plain.added = FALSE;
  plain.activation.kind = GEN_ACTIVATION_NONE;
  for (int i = 0; i < 2; i++) {
    gint64 n = i == 0 ? c->batch * c->in_channels : c->in_channels * c->out_channels / c->groups;

    for (int axis = 0; axis < c->rank; axis++)
      n *= i == 0 ? c->in[axis] : c->kernel[axis];
    positive[i] = g_new (float, n);
    for (gint64 k = 0; k < n; k++)
      positive[i][k] = fabsf (values[i][k]);
  }
  positive[4] = values[4];
  sums = reference (&plain, positive);
  g_free (positive[0]);
  g_free (positive[1]);
  return sums;
}

/* What plan.h allows for each of the magnitudes; none of the activations makes it more. */
static double
allowed_error (GenPrecision precision)
{
  static const double errors[] = { 0, 0x1p-15, 0x1p-7, 0x1p-11 };

  return errors[precision];
}

/* `rule`: it is what the rules take, which has to work. TRUE where the result is not as exact as
 * that of float32. */
static gboolean
check_way (const Case *c, GenGraph *graph, const char *way, gboolean rule, float *const *values,
    const double *expected, const double *terms, int seed)
{
  g_autoptr (GError) error = NULL;
  const GenNode *node = g_ptr_array_index (graph->nodes, 0);
  gint64 n = gen_shape_elements (&gen_node_output (node, 0)->shape);
  g_autofree float *y = g_new (float, n);
  const void *inputs[5];
  void *outputs[1] = { y };
  gboolean narrowed = FALSE;
  double scale = 1;
  GenKernel kernel;

  gen_kernel_init (&kernel, node, c->threads);
  kernel.way = way;
  kernel.precision = c->precision;
  if (!gen_kernel_prepare (&kernel, &error)) { /* the library has its limits */
    g_assert_true (g_str_has_prefix (way, "onednn") && !rule);
    gen_kernel_clear (&kernel);
    return FALSE;
  }
  g_assert_cmpstr (kernel.way, ==, way);
  for (int i = 0; i < 5; i++)
    inputs[i] = kernel.packed_inputs >> i & 1 ? NULL : values[i];
  if (!c->bias)
    inputs[2] = NULL;
  kernel.inputs = inputs;
  kernel.outputs = outputs;
  kernel.scratch = gen_aligned_alloc (kernel.scratch_size);
  for (int run = 0; run < 2; run++) {
    for (gint64 i = 0; i < n; i++)
      y[i] = NAN;
    gen_kernel_run (&kernel);
    for (gint64 i = 0; i < n; i++)
      scale = MAX (scale, fabs (expected[i]));
    for (gint64 i = 0; i < n; i++) {
      const double error = fabs (y[i] - expected[i]);

      narrowed |= error > 1e-5 * scale;
      if (!(error <= 1e-5 * scale + allowed_error (c->precision) * terms[i]))
        g_error ("seed %d by %s, precision %d: element %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                 ": %g instead of %g",
            seed, way, c->precision, i, n, y[i], expected[i]);
    }
  }
  gen_aligned_free (kernel.scratch);
  gen_kernel_clear (&kernel);
  return narrowed;
}

static gboolean
check_seed (int seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  const Case c = draw (random);
  g_autoptr (GenGraph) graph = build (&c);
  g_autoptr (GPtrArray) ways = g_ptr_array_new ();
  GenNode *node = g_ptr_array_index (graph->nodes, 0);
  g_autofree double *expected = NULL, *terms = NULL;
  gboolean narrowed = FALSE;
  float *values[5];
  GenKernel kernel;

  for (int i = 0; i < 5; i++) {
    static const char *const names[] = { "x", "w", "b", "a", "s" };
    GenTensor *tensor = gen_graph_find (graph, names[i]);
    gint64 n = gen_shape_elements (&tensor->shape);

    values[i] = g_new (float, n);
    for (gint64 k = 0; k < n; k++)
      values[i][k] = g_rand_double_range (random, -1, 1);
    if (c.constant && (i == 1 || i == 2)) {
      tensor->role = GEN_ROLE_CONSTANT;
      tensor->data = g_bytes_new (values[i], gen_tensor_size (tensor));
      g_ptr_array_remove (graph->inputs, tensor);
    }
  }
  expected = reference (&c, values);
  terms = magnitudes (&c, values);
  gen_kernel_init (&kernel, node, c.threads);
  node->op->ways (&kernel, ways);
  gen_kernel_clear (&kernel);
  if (!g_ptr_array_find_with_equal_func (ways, "direct", g_str_equal, NULL))
    g_ptr_array_add (ways, "direct");
  for (guint i = 0; i < ways->len; i++) {
    const char *way = g_ptr_array_index (ways, i);

    narrowed |= check_way (&c, graph, way, i == 0, values, expected, terms, seed) &&
                g_str_equal (way, "direct") && c.precision >= GEN_PRECISION_BFLOAT16;
  }
  for (int i = 0; i < 5; i++)
    g_free (values[i]);
  return narrowed;
}

static void
test_seeds (void)
{
  int narrowed = 0;

  for (int seed = 0; seed < SEEDS; seed++)
    narrowed += check_seed (seed);
  g_assert_cmpint (narrowed, >, 0); /* weights are kept in 16 bits where they may be */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/convolution_ways/seeds", test_seeds);
  return g_test_run ();
}
