/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions against a naive reference in double, over shapes chosen so that each way of
 * cutting them up is met, and their gradients against finite differences. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

typedef struct {
  const char *name;
  gboolean transposed;
  int rank;
  gint64 batch, in_channels, out_channels, groups;
  gint64 in[3], kernel[3], stride[3], dilation[3], before[3], after[3], extra[3];
} Case;

#define ONES                                                                                       \
  {                                                                                                \
    1, 1, 1                                                                                        \
  }
static const Case cases[] = {
  /* name, transposed, rank, batch, in, out, groups, extents, kernel, stride, dilation, pads */
  { "3x3", FALSE, 2, 2, 5, 7, 1, { 9, 11 }, { 3, 3 }, ONES, ONES, { 1, 1 }, { 1, 1 } },
  { "1x1", FALSE, 2, 3, 16, 40, 1, { 5, 5 }, { 1, 1 }, ONES, ONES },
  { "stride", FALSE, 2, 1, 3, 64, 1, { 28, 28 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 } },
  { "one-item", FALSE, 2, 1, 33, 48, 1, { 32, 32 }, { 3, 3 }, ONES, ONES, { 1, 1 }, { 1, 1 } },
  { "three-items", FALSE, 2, 3, 16, 32, 1, { 17, 19 }, { 5, 5 }, { 2, 2 }, ONES, { 2, 2 },
      { 1, 1 } },
  { "uneven-pads", FALSE, 2, 2, 4, 4, 1, { 7, 10 }, { 3, 2 }, { 2, 3 }, ONES, { 0, 1 }, { 2, 1 } },
  { "dilated", FALSE, 2, 2, 6, 6, 1, { 13, 12 }, { 3, 3 }, ONES, { 2, 3 }, { 2, 3 }, { 2, 3 } },
  { "groups", FALSE, 2, 2, 8, 12, 4, { 8, 9 }, { 3, 3 }, { 2, 1 }, ONES, { 1, 1 }, { 1, 1 } },
  { "depthwise", FALSE, 2, 1, 32, 32, 32, { 14, 14 }, { 3, 3 }, ONES, ONES, { 1, 1 }, { 1, 1 } },
  { "deep", FALSE, 2, 1, 256, 512, 1, { 4, 4 }, { 3, 3 }, ONES, ONES, { 1, 1 }, { 1, 1 } },
  { "to-a-point", FALSE, 2, 2, 128, 1, 1, { 4, 4 }, { 4, 4 }, ONES, ONES },
  { "grey", FALSE, 2, 4, 1, 64, 1, { 28, 28 }, { 5, 5 }, { 2, 2 }, ONES, { 2, 2 }, { 2, 2 } },
  { "1d", FALSE, 1, 2, 5, 8, 1, { 40 }, { 9 }, { 4 }, ONES, { 3 }, { 4 } },
  { "1d-long", FALSE, 1, 1, 8, 16, 1, { 4000 }, { 25 }, { 4 }, ONES, { 11 }, { 12 } },
  { "1d-wide", FALSE, 1, 2, 24, 70, 1, { 300 }, { 7 }, ONES, { 3 }, { 9 }, { 4 } },
  { "1d-strided", FALSE, 1, 1, 40, 48, 1, { 500 }, { 5 }, { 3 }, { 2 }, { 1 }, { 2 } },
  { "3d", FALSE, 3, 2, 3, 5, 1, { 5, 6, 7 }, { 3, 2, 3 }, { 1, 2, 2 }, ONES, { 1, 0, 1 },
      { 1, 1, 1 } },
  /* Enough squares and channels for Winograd's way, with squares that reach over each edge. */
  { "squares", FALSE, 2, 2, 32, 48, 1, { 25, 30 }, { 3, 3 }, ONES, ONES, { 1, 1 }, { 1, 1 } },
  { "squares-uneven", FALSE, 2, 1, 64, 70, 1, { 26, 31 }, { 3, 3 }, ONES, ONES, { 0, 2 },
      { 3, 1 } },
  { "squares-narrow", FALSE, 2, 3, 24, 16, 1, { 14, 15 }, { 3, 3 }, ONES, ONES, { 1, 1 },
      { 1, 1 } },
  { "squares-2x2", FALSE, 2, 3, 32, 32, 1, { 19, 16 }, { 2, 2 }, ONES, ONES, { 1, 0 }, { 0, 1 } },
  { "t-squares", TRUE, 2, 2, 48, 40, 1, { 17, 18 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 } },
  { "t-squares-joint", TRUE, 2, 1, 32, 18, 1, { 21, 18 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 },
      { 1, 1 } },
  { "t-squares-stride-1", TRUE, 2, 1, 32, 33, 1, { 27, 28 }, { 3, 3 }, ONES, ONES, { 1, 1 },
      { 1, 1 } },
  { "t-stride-1", TRUE, 2, 2, 6, 5, 1, { 7, 9 }, { 3, 3 }, ONES, ONES, { 1, 1 }, { 1, 1 } },
  { "t-4x4", TRUE, 2, 2, 24, 40, 1, { 5, 6 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 } },
  { "t-4x4-wide", TRUE, 2, 1, 16, 32, 1, { 32, 31 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 } },
  { "t-colours", TRUE, 2, 3, 64, 3, 1, { 16, 16 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 } },
  { "t-deep", TRUE, 2, 1, 256, 128, 1, { 4, 4 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 } },
  { "t-5x5", TRUE, 2, 2, 10, 12, 1, { 7, 7 }, { 5, 5 }, { 2, 2 }, ONES, { 2, 2 }, { 2, 2 },
      { 1, 1 } },
  { "t-3x3", TRUE, 2, 2, 10, 12, 1, { 7, 7 }, { 3, 3 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 },
      { 1, 1 } },
  { "t-2x2", TRUE, 2, 2, 10, 12, 1, { 7, 7 }, { 2, 2 }, { 2, 2 }, ONES },
  { "t-latent", TRUE, 2, 1, 100, 256, 1, { 1, 1 }, { 4, 4 }, ONES, ONES },
  { "t-latents", TRUE, 2, 5, 100, 64, 1, { 1, 1 }, { 7, 7 }, ONES, ONES },
  { "t-latent-cut", TRUE, 2, 2, 10, 6, 1, { 1, 1 }, { 4, 5 }, { 2, 2 }, ONES, { 1, 0 }, { 0, 1 } },
  { "t-gaps", TRUE, 2, 2, 6, 5, 1, { 5, 5 }, { 1, 2 }, { 2, 3 }, ONES, { 0, 0 }, { 0, 0 },
      { 1, 2 } },
  { "t-stride-3", TRUE, 2, 1, 6, 40, 1, { 6, 5 }, { 7, 4 }, { 3, 3 }, ONES, { 2, 1 }, { 1, 0 } },
  { "t-cropped", TRUE, 2, 2, 4, 4, 1, { 8, 8 }, { 3, 3 }, { 2, 2 }, ONES, { 3, 4 }, { 5, 2 } },
  { "t-dilated", TRUE, 2, 2, 6, 6, 1, { 6, 7 }, { 3, 3 }, ONES, { 2, 2 }, { 1, 1 }, { 1, 2 } },
  { "t-dilated-stride", TRUE, 2, 2, 6, 6, 1, { 6, 7 }, { 3, 3 }, { 2, 2 }, { 2, 2 }, { 1, 1 },
      { 1, 2 } },
  { "t-groups", TRUE, 2, 2, 8, 12, 4, { 5, 5 }, { 4, 4 }, { 2, 2 }, ONES, { 1, 1 }, { 1, 1 } },
  { "t-1d", TRUE, 1, 2, 8, 6, 1, { 20 }, { 25 }, { 4 }, ONES, { 11 }, { 11 }, { 1 } },
  { "t-3d", TRUE, 3, 1, 4, 6, 1, { 3, 4, 5 }, { 3, 4, 2 }, { 2, 2, 1 }, ONES, { 1, 1, 0 },
      { 1, 1, 1 } },
};

static GenGraph *
build (const Case *c, gboolean bias)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new (c->name);
  gint64 groups = c->groups;
  GenShape x = { .rank = 2 + c->rank, .dims = { c->batch, c->in_channels } };
  GenShape w = { .rank = 2 + c->rank };
  gint64 pads[6];
  GenTensor *inputs[3], *y;

  w.dims[0] = c->transposed ? c->in_channels : c->out_channels;
  w.dims[1] = (c->transposed ? c->out_channels : c->in_channels) / groups;
  for (int i = 0; i < c->rank; i++) {
    x.dims[2 + i] = c->in[i];
    w.dims[2 + i] = c->kernel[i];
    pads[i] = c->before[i];
    pads[c->rank + i] = c->after[i];
  }
  inputs[0] = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &x);
  inputs[1] = gen_graph_add_input (graph, "w", GEN_TYPE_FLOAT32, &w);
  inputs[2] = bias
                  ? gen_graph_add_input (graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (c->out_channels))
                  : NULL;
  y = gen_graph_op (graph, c->transposed ? "ConvTranspose" : "Conv", inputs, bias ? 3 : 2, 1,
      &error, "strides", GEN_INTS, c->rank, c->stride, "dilations", GEN_INTS, c->rank, c->dilation,
      "pads", GEN_INTS, 2 * c->rank, pads, "group", GEN_INT, (int)groups,
      c->transposed ? "output_padding" : NULL, GEN_INTS, c->rank, c->extra, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

/* Every product, where it belongs: large position = stride * small + dilation * tap - before. */
static void
reference (
    const Case *c, const GenShape *out, const float *x, const float *w, const float *b, double *y)
{
  gint64 xe[3] = { 1, 1, 1 }, ye[3] = { 1, 1, 1 }, k[3] = { 1, 1, 1 };
  gint64 ic = c->in_channels / c->groups, oc = c->out_channels / c->groups, taps, xs, ys;

  for (int i = 0; i < c->rank; i++) {
    xe[i] = c->in[i];
    ye[i] = out->dims[2 + i];
    k[i] = c->kernel[i];
  }
  taps = k[0] * k[1] * k[2];
  xs = xe[0] * xe[1] * xe[2];
  ys = ye[0] * ye[1] * ye[2];
  for (gint64 n = 0; n < c->batch; n++)
    for (gint64 o = 0; o < c->out_channels; o++)
      for (gint64 p = 0; p < ys; p++)
        y[(n * c->out_channels + o) * ys + p] = b != NULL ? b[o] : 0;
  /* `s` walks over the small picture, `t` over the taps. */
  for (gint64 n = 0; n < c->batch; n++)
    for (gint64 s = 0; s < (c->transposed ? xs : ys); s++)
      for (gint64 t = 0; t < taps; t++) {
        const gint64 *se = c->transposed ? xe : ye, *le = c->transposed ? ye : xe;
        gint64 sp[3] = { s / (se[1] * se[2]), s / se[2] % se[1], s % se[2] };
        gint64 tp[3] = { t / (k[1] * k[2]), t / k[2] % k[1], t % k[2] };
        gint64 l = 0;
        gboolean inside = TRUE;

        for (int i = 0; i < 3; i++) {
          gint64 at =
              i < c->rank ? c->stride[i] * sp[i] + c->dilation[i] * tp[i] - c->before[i] : 0;

          inside &= at >= 0 && at < le[i];
          l = l * le[i] + at;
        }
        if (!inside)
          continue;
        for (gint64 o = 0; o < c->out_channels; o++)
          for (gint64 i = 0; i < ic; i++) {
            gint64 g = o / oc, in = g * ic + i;
            double weight =
                c->transposed ? w[(in * oc + o % oc) * taps + t] : w[(o * ic + i) * taps + t];

            y[(n * c->out_channels + o) * ys + (c->transposed ? l : s)] +=
                weight * x[(n * c->in_channels + in) * xs + (c->transposed ? s : l)];
          }
      }
}

static void
compare (const GenBinding *y, const double *expected, double allowed)
{
  const float *values = y->data;
  double scale = 1;

  for (gsize i = 0; i < y->size / 4; i++)
    scale = MAX (scale, fabs (expected[i]));
  for (gsize i = 0; i < y->size / 4; i++)
    if (!(fabs (values[i] - expected[i]) <= allowed * scale))
      g_error ("element %" G_GSIZE_FORMAT ": %g instead of %g", i, values[i], expected[i]);
}

/* Weights as inputs (packed each run) and as constants (packed once), at three counts of
 * threads; computed while inferring, in plain layout; and constants with less exact products, of
 * each kind. */
static void
test_values (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build (c, TRUE);
  GenTensor *tensors[3] = { gen_graph_find (graph, "x"), gen_graph_find (graph, "w"),
    gen_graph_find (graph, "b") };
  GenShape out = ((GenTensor *)g_ptr_array_index (graph->outputs, 0))->shape;
  GenRandom random = gen_random_new (7, "test", 0);
  g_autofree double *expected = g_new (double, gen_shape_elements (&out));
  float *values[3];

  for (int i = 0; i < 3; i++) {
    gint64 n = gen_shape_elements (&tensors[i]->shape);

    values[i] = g_new (float, n);
    gen_random_normal (&random, i, 0, values[i], n);
  }
  reference (c, &out, values[0], values[1], values[2], expected);

  for (int mode = 0; mode < 16; mode++) {
    g_autoptr (GenGraph) copy = gen_graph_copy (graph);
    gboolean exact = mode < 7;
    GenPlanOptions options = { .threads = (int[]){ 1, 2, 5 }[mode % 3],
      .precision = exact       ? GEN_PRECISION_FLOAT32
                   : mode < 10 ? GEN_PRECISION_TF32
                   : mode < 13 ? GEN_PRECISION_FLOAT16
                               : GEN_PRECISION_BFLOAT16 };
    /* Of the largest result, whose terms add up to a few times as much. */
    const double allowed = exact ? 1e-5 : mode < 10 ? 4e-5 : mode < 13 ? 2e-3 : 2e-2;
    g_autoptr (GenPlan) plan = NULL;

    for (int i = 0; i < 3; i++)
      if (mode == 6 || (mode >= 3 && i > 0)) {
        GenTensor *tensor = gen_graph_find (copy, tensors[i]->name);

        tensor->role = GEN_ROLE_CONSTANT;
        tensor->data = g_bytes_new (values[i], gen_tensor_size (tensor));
        g_ptr_array_remove (copy->inputs, tensor);
      }
    plan = gen_plan_new (copy, &options, &error);
    g_assert_no_error (error);
    for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
      const GenBinding *input = gen_plan_input (plan, i);

      memcpy (input->data, values[strchr ("xwb", input->name[0]) - "xwb"], input->size);
    }
    g_assert_true (gen_plan_run (plan, NULL));
    g_assert_true (gen_plan_run (plan, NULL));
    compare (gen_plan_output (plan, 0), expected, allowed);
  }
  for (int i = 0; i < 3; i++)
    g_free (values[i]);
}

static void
test_gradients (gconstpointer data)
{
  Case c = *(const Case *)data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;
  double worst;

  /* Differences cost a run for each value. */
  c.batch = MIN (c.batch, 2);
  for (int i = 0; i < c.rank; i++)
    c.in[i] = MIN (c.in[i], 7 - i);
  if (c.groups == 1) {
    c.in_channels = MIN (c.in_channels, 3);
    c.out_channels = MIN (c.out_channels, 4);
  } else if (c.groups == c.in_channels) {
    c.groups = c.in_channels = c.out_channels = 4;
  }
  for (int i = 0; i < c.rank; i++)
    c.in[i] = MAX (c.in[i], c.transposed ? 1 : c.dilation[i] * (c.kernel[i] - 1) + 1);
  graph = build (&c, TRUE);
  worst = gen_graph_check_gradients (graph, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, >=, 0);
  g_assert_cmpfloat (worst, <, 3e-2);
}

static void
test_activation (void)
{
  static const char *const names[] = { "Relu", "LeakyRelu", "Sigmoid", "Tanh" };
  const Case *c = &cases[23];

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = build (c, TRUE);
    g_autoptr (GenPlan) fused = NULL, separate = NULL;
    GenTensor *y = g_ptr_array_index (graph->outputs, 0);
    GenRandom random = gen_random_new (7, "test", 0);

    if (gen_operator_find (NULL, names[i], GEN_OPSET) == NULL)
      continue;
    y = gen_unary (graph, names[i], y, &error);
    g_assert_no_error (error);
    g_ptr_array_set_size (graph->outputs, 0);
    gen_graph_add_output (graph, y);
    fused = gen_plan_new (graph, NULL, &error);
    separate = gen_plan_new (graph, &(GenPlanOptions){ .no_fusion = TRUE }, &error);
    g_assert_no_error (error);
    for (guint k = 0; k < 3; k++) {
      const GenBinding *input = gen_plan_input (fused, k);

      gen_random_normal (&random, k, 0, input->data, input->size / 4);
      memcpy (gen_plan_input (separate, k)->data, input->data, input->size);
    }
    g_assert_true (gen_plan_run (fused, NULL));
    g_assert_true (gen_plan_run (separate, NULL));
    for (gsize k = 0; k < gen_plan_output (fused, 0)->size / 4; k++)
      g_assert_cmpfloat_with_epsilon (((float *)gen_plan_output (fused, 0)->data)[k],
          ((float *)gen_plan_output (separate, 0)->data)[k], 1e-4);
  }
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("wrong");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));
  GenTensor *w = gen_graph_add_input (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 2, 3, 3));
  GenTensor *large = gen_graph_add_input (graph, "l", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 3, 9, 9));

  g_assert_null (gen_binary (graph, "Conv", x, w, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (gen_binary (graph, "Conv", x, large, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (gen_graph_op (graph, "Conv", (GenTensor *[]){ x, large }, 2, 1, &error, "strides",
      GEN_INTS, 2, (gint64[]){ 0, -1 }, NULL));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (gen_graph_op (graph, "Conv", (GenTensor *[]){ x, large }, 2, 1, &error, "pads",
      GEN_INTS, 4, (gint64[]){ G_MAXINT64, 0, 0, G_MAXINT64 }, NULL));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (gen_binary (graph, "ConvTranspose", x, w, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
}

/* Sums of nothing are zeros, to which the bias is added. */
static void
test_no_channels (void)
{
  for (int mode = 0; mode < 8; mode++) {
    const gboolean transposed = mode & 1;
    const gint64 taps = mode & 2 ? 3 : 1, channels = mode & 4 ? 40 : 3;
    const float bias[40] = { 1, 2, 3, 4 };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("no-channels");
    GenTensor *inputs[] = { gen_graph_add_input (
                                graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 0, 9, 9)),
      gen_graph_add_input (graph, "w", GEN_TYPE_FLOAT32,
          transposed ? &GEN_SHAPE (0, channels, taps, taps) : &GEN_SHAPE (channels, 0, taps, taps)),
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (channels),
          g_bytes_new (bias, channels * sizeof *bias)) };
    GenTensor *y =
        gen_graph_op (graph, transposed ? "ConvTranspose" : "Conv", inputs, 3, 1, &error, NULL);
    g_autoptr (GenPlan) plan = NULL;
    const float *results;
    gint64 pixels;

    g_assert_no_error (error);
    gen_graph_add_output (graph, y);
    plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 2 }, &error);
    g_assert_no_error (error);
    g_assert_true (gen_plan_run (plan, NULL));
    results = gen_plan_output (plan, 0)->data;
    pixels = y->shape.dims[2] * y->shape.dims[3];
    for (gint64 i = 0; i < 2 * channels * pixels; i++)
      g_assert_cmpfloat (results[i], ==, bias[i / pixels % channels]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *values = g_strdup_printf ("/convolution/values/%s", cases[i].name);
    g_autofree char *gradients = g_strdup_printf ("/convolution/gradients/%s", cases[i].name);

    g_test_add_data_func (values, &cases[i], test_values);
    g_test_add_data_func (gradients, &cases[i], test_gradients);
  }
  g_test_add_func ("/convolution/activation", test_activation);
  g_test_add_func ("/convolution/errors", test_errors);
  g_test_add_func ("/convolution/no-channels", test_no_channels);
  return g_test_run ();
}
