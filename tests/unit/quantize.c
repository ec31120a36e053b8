/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantisation of a net that has what there is: what is lost, what becomes layers of integers, what
 * is told of it and written. tests/conformance/quantize.py has ONNX Runtime beside it. */
#include <generative/onnx.h>
#include <generative/operator.h>
#include <generative/quantize.h>

#include <math.h>
#include <string.h>

#include "../quantized-net.h"

typedef struct {
  GenGraph *graph;
  GenRunSet *set;
  GenRanges *ranges;
  GenQuantizeSettings settings;
  GPtrArray *layers;
} Net;

static void
net_clear (Net *net)
{
  gen_ranges_free (net->ranges);
  gen_run_set_free (net->set);
  gen_graph_unref (net->graph);
  g_ptr_array_unref (net->layers);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Net, net_clear)

static void
net_init_of (Net *net, GenGraph *graph)
{
  g_autoptr (GError) error = NULL;

  *net = (Net){ .graph = graph, .settings = GEN_QUANTIZE_DEFAULTS };
  net->set = quantized_net_runs (graph, 8);
  net->layers = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_shrunk_layer_free);
  net->ranges = gen_ranges_observe (graph, net->set, &net->settings, &error);
  g_assert_no_error (error);
  net->settings.ranges = net->ranges;
}

static void
net_init (Net *net)
{
  net_init_of (net, quantized_net_new ());
}

static GenGraph *
quantize (Net *net, const GenQuantization *to)
{
  g_autoptr (GError) error = NULL;
  GenGraph *made;

  g_ptr_array_set_size (net->layers, 0);
  made = gen_quantize (net->graph, to, &net->settings, net->layers, &error);
  g_assert_no_error (error);
  return made;
}

/* Signal to noise of its outputs, in decibels. */
static double
judge (const Net *net, const GenGraph *made)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) reference = gen_run_set_record (net->set, net->graph, NULL, &error);
  GenRunDifference difference;

  g_assert_no_error (error);
  g_assert_true (gen_run_set_compare (net->set, made, reference, NULL, &difference, &error));
  g_assert_no_error (error);
  return gen_run_difference_sqnr (&difference);
}

/* Steps of its plan whose operator has that name. */
static guint
count_steps (GenGraph *made, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = gen_plan_new (made, NULL, &error);
  g_autoptr (GArray) steps = NULL;
  guint n = 0;

  g_assert_no_error (error);
  steps = gen_plan_steps (plan);
  for (guint i = 0; i < steps->len; i++)
    n += g_str_equal (g_array_index (steps, GenStepInfo, i).node->op->name, name);
  return n;
}

static guint
count_nodes (const GenGraph *graph, const char *name)
{
  guint n = 0;

  for (guint i = 0; i < graph->nodes->len; i++)
    n += g_str_equal (((GenNode *)g_ptr_array_index (graph->nodes, i))->op->name, name);
  return n;
}

static const GenShrunkLayer *
find_layer (const Net *net, const char *op)
{
  for (guint i = 0; i < net->layers->len; i++) {
    const GenShrunkLayer *layer = g_ptr_array_index (net->layers, i);

    if (g_str_equal (layer->op, op))
      return layer;
  }
  g_assert_not_reached ();
}

/* --- tests --- */

/* Each loses little, is told of layer by layer, and is the same once it is written and read. */
static void
test_quality (void)
{
  static const struct {
    const char *name;
    double least;   /* decibels */
    gboolean whole; /* all six layers */
  } ways[] = { { "int8", 28, TRUE }, { "int8-dynamic", 28, TRUE }, { "int8-weights", 32, TRUE },
    { "int4-weights", 10, FALSE }, { "float16", 55, TRUE }, { "bfloat16", 40, TRUE } };
  g_auto (Net) net = { 0 };

  net_init (&net);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    g_autoptr (GError) error = NULL;
    const GenQuantization *to = gen_quantization_find (ways[i].name, &error);
    g_autoptr (GenGraph) made = quantize (&net, to), read = NULL;
    g_autoptr (GBytes) bytes = gen_onnx_serialize (made, &error);
    const double sqnr = judge (&net, made);
    guint changed = 0;

    g_assert_no_error (error);
    g_test_message ("%s: %.1f dB", ways[i].name, sqnr);
    g_assert_cmpfloat (sqnr, >, ways[i].least);
    g_assert_true (isfinite (sqnr));
    read = gen_onnx_parse (bytes, "made", NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat_with_epsilon (judge (&net, read), sqnr, 1e-3);
    g_assert_cmpuint (net.layers->len, ==, 6);
    for (guint k = 0; k < net.layers->len; k++) {
      const GenShrunkLayer *layer = g_ptr_array_index (net.layers, k);

      changed += layer->changed;
      g_assert_true (layer->changed ? layer->after < layer->before && isfinite (layer->sqnr)
                                    : layer->after == layer->before && isinf (layer->sqnr));
    }
    g_assert_true (ways[i].whole ? changed == 6 : changed > 0 && changed < 6);
  }
}

/* All layers of integers, and nothing of floats between them: normalisations are in the weights,
 * sums and products are of bytes, the gate is a table. */
static void
test_layers (void)
{
  g_auto (Net) net = { 0 };
  g_autoptr (GenGraph) made = NULL;

  net_init (&net);
  made = quantize (&net, &gen_quantization_int8);
  g_assert_cmpuint (count_nodes (made, "BatchNormalization"), ==, 0);
  g_assert_cmpuint (count_steps (made, "QuantizedConv"), ==, 4);
  g_assert_cmpuint (count_steps (made, "QuantizedConvTranspose"), ==, 1);
  g_assert_cmpuint (count_steps (made, "QuantizedProduct"), ==, 1);
  g_assert_cmpuint (count_steps (made, "QuantizedTable"), ==, 1);
  /* The latents alone become bytes; the last layer makes numbers by itself. */
  g_assert_cmpuint (count_steps (made, "Quantize"), ==, 1);
  g_assert_cmpuint (count_steps (made, "Dequantize"), ==, 0);
  g_assert_cmpuint (count_steps (made, "Add") + count_steps (made, "Mul") +
                        count_steps (made, "Relu") + count_steps (made, "LeakyRelu"),
      ==, 0);
}

/* Transposed ones, too, whose integers are said around numbers; in an opset that has no words for
 * that they are left. */
static void
test_dynamic_layers (void)
{
  g_auto (Net) net = { 0 }, old = { 0 };
  g_autoptr (GenGraph) made = NULL, other = NULL;
  guint left = 0;

  net_init (&net);
  made = quantize (&net, &gen_quantization_int8_dynamic);
  g_assert_cmpuint (count_steps (made, "QuantizedConv"), ==, 4);
  g_assert_cmpuint (count_steps (made, "QuantizedConvTranspose"), ==, 1);
  g_assert_cmpuint (count_steps (made, "QuantizedProduct"), ==, 1);
  net_init (&old);
  for (guint i = 0; i < old.graph->nodes->len; i++)
    ((GenNode *)g_ptr_array_index (old.graph->nodes, i))->opset = 12;
  other = quantize (&old, &gen_quantization_int8_dynamic);
  g_assert_cmpuint (count_steps (other, "QuantizedConv"), ==, 4);
  g_assert_cmpuint (count_steps (other, "QuantizedConvTranspose"), ==, 0);
  for (guint i = 0; i < old.layers->len; i++) {
    const GenShrunkLayer *layer = g_ptr_array_index (old.layers, i);

    if (layer->changed)
      continue;
    left++;
    g_assert_cmpstr (layer->op, ==, "ConvTranspose");
    g_assert_nonnull (strstr (layer->done, "--opset=13"));
  }
  g_assert_cmpuint (left, ==, 1);
}

static void
test_settings (void)
{
  g_auto (Net) net = { 0 };
  g_autoptr (GError) error = NULL;
  double plain, other;

  net_init (&net);
  {
    g_autoptr (GenGraph) made = quantize (&net, &gen_quantization_int8);

    plain = judge (&net, made);
  }
  net.settings.weight_bits = 7;
  {
    g_autoptr (GenGraph) made = quantize (&net, &gen_quantization_int8);

    for (guint i = 0; i < made->tensors->len; i++) {
      const GenTensor *tensor = g_ptr_array_index (made->tensors, i);
      const gint8 *values = tensor->type == GEN_TYPE_INT8 ? gen_tensor_constant (tensor) : NULL;

      for (gint64 k = 0; values != NULL && k < gen_shape_elements (&tensor->shape); k++)
        g_assert_cmpint (ABS (values[k]), <=, 63);
    }
    other = judge (&net, made);
    g_assert_cmpfloat (other, <, plain);
    g_assert_cmpfloat (other, >, plain - 8);
  }
  net.settings.weight_bits = 8;
  net.settings.symmetric = TRUE;
  gen_ranges_free (net.ranges);
  net.ranges = gen_ranges_observe (net.graph, net.set, &net.settings, &error);
  net.settings.ranges = net.ranges;
  {
    g_autoptr (GenGraph) made = quantize (&net, &gen_quantization_int8);

    g_assert_cmpfloat (judge (&net, made), >, plain - 8);
    for (guint i = 0; i < made->tensors->len; i++)
      g_assert_cmpint (
          ((GenTensor *)g_ptr_array_index (made->tensors, i))->type, !=, GEN_TYPE_UINT8);
  }
}

/* Layers that are named stay, and what is not there is an error that lists what is. */
static void
test_keep (void)
{
  g_auto (Net) net = { 0 };
  const char *keep[] = { NULL, NULL };
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) made = NULL;

  net_init (&net);
  made = quantize (&net, &gen_quantization_int8);
  keep[0] = name = g_strdup (find_layer (&net, "ConvTranspose")->name);
  net.settings.keep = keep;
  for (const GenQuantization *const *to = gen_quantization_list (); *to != NULL; to++) {
    g_autoptr (GenGraph) kept = quantize (&net, *to);
    const GenShrunkLayer *layer = find_layer (&net, "ConvTranspose");

    g_assert_false (layer->changed);
    g_assert_nonnull (strstr (layer->done, "as was asked"));
    g_assert_cmpuint (count_nodes (kept, "ConvTranspose"), ==, 1);
    g_assert_cmpfloat (judge (&net, kept), >, 10);
  }
  keep[0] = "nowhere";
  g_assert_null (gen_quantize (net.graph, &gen_quantization_int8, &net.settings, NULL, &error));
  g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_UNKNOWN);
  g_assert_nonnull (strstr (error->message, "nowhere"));
  g_assert_nonnull (strstr (error->message, name));
}

/* The layer that loses most comes first: one of whose channels has a scale that is no good for the
 * others is none, since channels have scales of their own; one is that reads what is mostly small,
 * with an outlier. */
static void
test_sensitivity (void)
{
  g_auto (Net) net = { 0 };
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) ranks = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 16)), *y, *wide;
  float large[16];

  for (int i = 0; i < 16; i++)
    large[i] = i == 0 ? 1000 : 1;
  y = quantized_net_layer (graph, "Gemm", x, "fine", &GEN_SHAPE (16, 16), 16, 1, &error);
  wide = gen_graph_add_constant (
      graph, "large", GEN_TYPE_FLOAT32, &GEN_SHAPE (16), g_bytes_new (large, sizeof large));
  y = gen_binary (graph, "Mul", y, wide, &error);
  y = quantized_net_layer (graph, "Gemm", y, "coarse", &GEN_SHAPE (16, 16), 16, 1, &error);
  /* What reads the outlier is small: what the others lose is seen. */
  for (int k = 0; k < 16; k++)
    ((float *)g_bytes_get_data (gen_graph_find (graph, "coarse")->data, NULL))[k] = 1e-4f;
  y = quantized_net_layer (graph, "Gemm", y, "last", &GEN_SHAPE (16, 16), 16, 1, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  net_init_of (&net, gen_graph_ref (graph));
  ranks = gen_quantize_rank (
      net.graph, &gen_quantization_int8, &net.settings, net.set, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ranks->len, ==, 3);
  for (guint i = 1; i < ranks->len; i++)
    g_assert_cmpfloat (((GenSensitivity *)g_ptr_array_index (ranks, i - 1))->sqnr, <=,
        ((GenSensitivity *)g_ptr_array_index (ranks, i))->sqnr);
  {
    g_autoptr (GenGraph) made = quantize (&net, &gen_quantization_int8);
    const GenSensitivity *first = g_ptr_array_index (ranks, 0);
    g_autofree char *second =
        g_strdup (((GenShrunkLayer *)g_ptr_array_index (net.layers, 1))->name);
    const char *keep[] = { second, NULL };
    const double all = judge (&net, made);

    g_assert_cmpstr (first->name, ==, second);
    net.settings.keep = keep;
    g_clear_pointer (&made, gen_graph_unref);
    made = quantize (&net, &gen_quantization_int8);
    g_assert_cmpfloat (judge (&net, made), >, all + 10);
  }
}

/* A bias that 32 bits in units of the sums do not hold makes the scale of its channel larger. */
static void
test_bias (void)
{
  g_auto (Net) net = { 0 };
  g_autoptr (GenGraph) graph = gen_graph_new ("net"), made = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 16)), *y;

  y = quantized_net_layer (graph, "Gemm", x, "dense", &GEN_SHAPE (16, 2), 2, 1, &error);
  g_assert_no_error (error);
  for (int k = 0; k < 16; k++)
    ((float *)g_bytes_get_data (gen_graph_find (graph, "dense")->data, NULL))[2 * k] *= 1e-9f;
  ((float *)g_bytes_get_data (gen_graph_find (graph, "dense.bias")->data, NULL))[0] = 100;
  gen_graph_add_output (graph, y);
  net_init_of (&net, gen_graph_ref (graph));
  made = quantize (&net, &gen_quantization_int8);
  g_assert_cmpfloat (judge (&net, made), >, 60);
}

/* Weights that are scaled by a constant before a layer reads them are its weights all the same. */
static void
test_scaled (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net"), made = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Net) net = { 0 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 16));
  GenTensor *scaled = gen_graph_add_value (graph, "scaled"), *y = gen_graph_add_value (graph, "y");

  gen_graph_add_node (graph, "scale", NULL, "Mul", GEN_OPSET,
      (GenTensor *[]){ quantized_net_constant (graph, "w", &GEN_SHAPE (16, 8), 1),
          gen_graph_float (graph, 0.25f) },
      2, &scaled, 1, &error);
  g_assert_no_error (error);
  gen_graph_add_node (
      graph, "dense", NULL, "MatMul", GEN_OPSET, (GenTensor *[]){ x, scaled }, 2, &y, 1, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  net_init_of (&net, gen_graph_ref (graph));
  made = quantize (&net, &gen_quantization_int8);
  g_assert_cmpuint (net.layers->len, ==, 1);
  g_assert_cmpstr (find_layer (&net, "MatMul")->name, ==, "dense");
  g_assert_cmpuint (count_nodes (made, "Mul"), ==, 0);
  g_assert_cmpfloat (judge (&net, made), >, 30);
}

static void
test_refused (void)
{
  g_auto (Net) net = { 0 };
  static const struct {
    double percentile;
    int bits, block;
    const char *said;
  } settings[] = { { 100, 8, 32, "percentile" }, { 99, 6, 32, "bits" }, { 99, 8, 48, "block" } };
  g_autoptr (GError) error = NULL;
  float *weights;

  net_init (&net);
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    GenQuantizeSettings own = net.settings;

    own.percentile = settings[i].percentile;
    own.weight_bits = settings[i].bits;
    own.block = settings[i].block;
    g_assert_null (gen_quantize (net.graph, &gen_quantization_int8, &own, NULL, &error));
    g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_SETTING);
    g_assert_nonnull (strstr (error->message, settings[i].said));
    g_clear_error (&error);
  }
  g_assert_null (gen_quantization_find ("int9", &error));
  g_assert_nonnull (strstr (error->message, "int8-dynamic"));
  g_clear_error (&error);
  g_assert_null (gen_range_method_find ("mean", &error));
  g_assert_nonnull (strstr (error->message, "percentile"));
  g_clear_error (&error);
  {
    GenQuantizeSettings own = net.settings;

    own.ranges = NULL;
    g_assert_null (gen_quantize (net.graph, &gen_quantization_int8, &own, NULL, &error));
    g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_SETTING);
    g_clear_error (&error);
  }
  weights = (float *)g_bytes_get_data (gen_graph_find (net.graph, "gate")->data, NULL);
  weights[3] = NAN;
  for (const GenQuantization *const *to = gen_quantization_list (); *to != NULL; to++) {
    if (strstr ((*to)->name, "int8") == NULL)
      continue;
    g_assert_null (gen_quantize (net.graph, *to, &net.settings, NULL, &error));
    g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL);
    g_assert_nonnull (strstr (error->message, "gate"));
    g_clear_error (&error);
  }
  g_assert_null (gen_ranges_observe (net.graph, net.set, &net.settings, &error));
  g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS);
}

/* Nothing to quantise, and an opset without words for it. */
static void
test_models (void)
{
  g_autoptr (GenGraph) bare = gen_graph_new ("bare");
  g_autoptr (GError) error = NULL;
  g_auto (Net) net = { 0 };
  GenTensor *x = gen_graph_add_input (bare, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 16));

  gen_graph_add_output (bare, gen_unary (bare, "Relu", x, &error));
  g_assert_null (
      gen_quantize (bare, &gen_quantization_int8_weights, &GEN_QUANTIZE_DEFAULTS, NULL, &error));
  g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "Gemm"));
  g_clear_error (&error);
  net_init (&net);
  for (guint i = 0; i < net.graph->nodes->len; i++)
    ((GenNode *)g_ptr_array_index (net.graph->nodes, i))->opset = 11;
  g_assert_null (
      gen_quantize (net.graph, &gen_quantization_int8_weights, &net.settings, NULL, &error));
  g_assert_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "--opset=13"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quantize/quality", test_quality);
  g_test_add_func ("/quantize/layers", test_layers);
  g_test_add_func ("/quantize/dynamic-layers", test_dynamic_layers);
  g_test_add_func ("/quantize/settings", test_settings);
  g_test_add_func ("/quantize/keep", test_keep);
  g_test_add_func ("/quantize/sensitivity", test_sensitivity);
  g_test_add_func ("/quantize/bias", test_bias);
  g_test_add_func ("/quantize/scaled", test_scaled);
  g_test_add_func ("/quantize/refused", test_refused);
  g_test_add_func ("/quantize/models", test_models);
  return g_test_run ();
}
