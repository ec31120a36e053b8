/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers with fresh weights, for presets. Nets are built for a batch of one picture, and the
 * batch made free at the end. */
#include "layers.h"

#include <math.h>

#include <generative/random.h>
#include <generative/trainer.h>

#include "../../graph/graph-private.h"

#define LEAK 0.2
#define NORMALIZATION_OPSET 21
#define SOUND_KERNEL 25
#define SOUND_STRIDE 4

gboolean
gen_layers_measure (const char *preset, const GenPresetOptions *options, const int *extents,
    gint64 *smallest, int *doublings, GError **error)
{
  const GenFormat *format = &options->format;
  g_autoptr (GString) sizes = g_string_new (NULL);

  for (guint i = 0; extents[i] != 0; i++) {
    if (format->width == extents[i] && format->height == extents[i]) {
      *smallest = extents[i] % 7 == 0 ? 7 : 4;
      *doublings = g_bit_storage ((gulong)(extents[i] / *smallest)) - 1;
      return TRUE;
    }
    g_string_append_printf (sizes, "%s%dx%d",
        i == 0                ? ""
        : extents[i + 1] == 0 ? " or "
                              : ", ",
        extents[i], extents[i]);
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset %s takes pictures of %s pixels, not %dx%d", preset, sizes->str, format->width,
      format->height);
  return FALSE;
}

GenLayers
gen_layers_begin (const char *name, guint64 seed, float spread)
{
  return (GenLayers){ gen_graph_new (name), seed, spread, "-1,1", 1 };
}

static void
free_batch (GenTensor *tensor)
{
  tensor->shape.dims[0] = -1;
  g_free (tensor->dim_names[0]);
  tensor->dim_names[0] = g_strdup ("batch");
}

/* Where a node came after GEN_OPSET, all are of the opset of the latest that it may be,
 * GroupNormalization or Attention, with which what the others are has not changed. */
static void
raise_opset (GenGraph *graph)
{
  int opset = GEN_OPSET;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (node->opset > GEN_OPSET)
      opset = MAX (opset, MAX (node->op->since, NORMALIZATION_OPSET));
  }
  for (guint i = 0; opset > GEN_OPSET && i < graph->nodes->len; i++)
    ((GenNode *)g_ptr_array_index (graph->nodes, i))->opset = opset;
}

GenGraph *
gen_layers_end (GenLayers *layers, GenTensor *y, const char *range_key)
{
  GenGraph *graph = layers->graph;

  if (y == NULL) {
    gen_graph_unref (graph);
    return NULL;
  }
  gen_graph_add_output (graph, y);
  for (guint i = 0; i < graph->inputs->len; i++)
    free_batch (g_ptr_array_index (graph->inputs, i));
  free_batch (y);
  raise_opset (graph);
  if (range_key != NULL)
    g_hash_table_insert (graph->metadata, g_strdup (range_key), g_strdup (layers->range));
  return graph;
}

GenGraph *
gen_layers_end_all (GenLayers *layers, GenTensor *const *ys, const char *const *names, guint n,
    const char *range_key)
{
  GenGraph *graph = gen_layers_end (layers, ys[n - 1], range_key);

  if (graph == NULL)
    return NULL;
  g_ptr_array_set_size (graph->outputs, 0);
  for (guint i = 0; i < n; i++) {
    gen_graph_rename (graph, ys[i], names[i]);
    gen_graph_add_output (graph, ys[i]);
    free_batch (ys[i]);
  }
  return graph;
}

static void
free_extents (GenTensor *tensor)
{
  static const char *const names[] = { "height", "width" };

  for (int i = 2; i < tensor->shape.rank; i++) {
    tensor->shape.dims[i] = -1;
    g_free (tensor->dim_names[i]);
    tensor->dim_names[i] = g_strdup (tensor->shape.rank == 4 ? names[i - 2] : "length");
  }
}

GenGraph *
gen_layers_end_of_scores (GenLayers *layers, GenTensor *y)
{
  GenGraph *graph = gen_layers_end (layers, y, "generative.input-range");

  if (graph == NULL)
    return NULL;
  free_extents (g_ptr_array_index (graph->inputs, 0));
  free_extents (y);
  return graph;
}

GenGraph *
gen_layers_end_of_any_size (GenLayers *layers, GenTensor *y)
{
  GenGraph *graph = gen_layers_end_of_scores (layers, y);

  if (graph == NULL)
    return NULL;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("-1,1"));
  return graph;
}

static GenTensor *
tensor (GenLayers *layers, const char *name, const char *part, const GenShape *shape, float *values)
{
  g_autofree char *full = g_strconcat (name, ".", part, NULL);

  return gen_graph_add_constant (layers->graph, full, GEN_TYPE_FLOAT32, shape,
      g_bytes_new_take (values, gen_shape_elements (shape) * sizeof (float)));
}

GenTensor *
gen_layers_shaped (
    GenLayers *layers, const char *name, const char *part, const GenShape *shape, float value)
{
  const gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = value;
  return tensor (layers, name, part, shape, values);
}

GenTensor *
gen_layers_filled (GenLayers *layers, const char *name, const char *part, gint64 n, float value)
{
  return gen_layers_shaped (layers, name, part, &GEN_SHAPE (n), value);
}

GenTensor *
gen_layers_drawn (GenLayers *layers, const char *name, const char *part, const GenShape *shape,
    gint64 fan_in, float center)
{
  g_autofree char *stream = g_strdup_printf ("%s/%s.%s", layers->graph->name, name, part);
  GenRandom random = gen_random_new (layers->seed, stream, 0);
  gsize n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  if (layers->spread > 0) {
    gen_random_normal (&random, 0, 0, values, n);
    for (gsize i = 0; i < n; i++)
      values[i] = center + layers->spread * values[i];
  } else {
    const float bound = layers->gain * sqrtf (3.0f / fan_in);

    gen_random_uniform (&random, 0, 0, values, n);
    for (gsize i = 0; i < n; i++)
      values[i] = center + bound * (2 * values[i] - 1);
  }
  return tensor (layers, name, part, shape, values);
}

GenTensor *
gen_layers_dense (GenLayers *layers, const char *name, GenTensor *x, gint64 outputs,
    gboolean with_bias, GError **error)
{
  GenTensor *inputs[3] = { x };
  gint64 fan_in;

  if (x == NULL)
    return NULL;
  fan_in = x->shape.dims[1];
  inputs[1] = gen_layers_drawn (layers, name, "weight", &GEN_SHAPE (outputs, fan_in), fan_in, 0);
  if (with_bias)
    inputs[2] = gen_layers_filled (layers, name, "bias", outputs, 0);
  return gen_graph_op (
      layers->graph, "Gemm", inputs, with_bias ? 3 : 2, 1, error, "transB", GEN_INT, 1, NULL);
}

static GenTensor *
convolution (GenLayers *layers, const char *op, const char *name, GenTensor *x,
    const GenShape *shape, gint64 fan_in, GError **error)
{
  GenTensor *weight = gen_layers_drawn (layers, name, "weight", shape, fan_in, 0);

  return gen_graph_op (layers->graph, op, (GenTensor *[]){ x, weight }, 2, 1, error, "kernel_shape",
      GEN_INTS, 2, (gint64[]){ 4, 4 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, "pads", GEN_INTS,
      4, (gint64[]){ 1, 1, 1, 1 }, NULL);
}

GenTensor *
gen_layers_down (GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error)
{
  gint64 inputs = x != NULL ? x->shape.dims[1] : 0;

  return x == NULL ? NULL
                   : convolution (layers, "Conv", name, x, &GEN_SHAPE (outputs, inputs, 4, 4),
                         inputs * 16, error);
}

GenTensor *
gen_layers_up (GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error)
{
  gint64 inputs = x != NULL ? x->shape.dims[1] : 0;

  return x == NULL ? NULL
                   : convolution (layers, "ConvTranspose", name, x,
                         &GEN_SHAPE (inputs, outputs, 4, 4), inputs * 4, error);
}

GenTensor *
gen_layers_double (GenLayers *layers, GenTensor *x, GError **error)
{
  static const float twice[] = { 1, 1, 2, 2 };
  GenTensor *scales = gen_graph_add_constant (layers->graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4),
      g_bytes_new_static (twice, sizeof twice));

  return x == NULL ? NULL
                   : gen_graph_op (layers->graph, "Resize", (GenTensor *[]){ x, NULL, scales }, 3,
                         1, error, "mode", GEN_STRING, "linear", NULL);
}

GenTensor *
gen_layers_halve (GenLayers *layers, GenTensor *x, GError **error)
{
  const gint64 two[] = { 2, 2 };

  return x == NULL ? NULL
                   : gen_graph_op (layers->graph, "AveragePool", &x, 1, 1, error, "kernel_shape",
                         GEN_INTS, 2, two, "strides", GEN_INTS, 2, two, NULL);
}

/* Weights [inputs, per_input] with the mean over the inputs taken off. Behind ReLU all values are
 * positive, and what a layer makes of their mean is the same for all samples: without this, more so
 * with each layer, a net without normalisations begins with samples that are nearly the same. */
static void
center (GenTensor *weight)
{
  const gint64 inputs = weight->shape.dims[0];
  const gint64 per_input = gen_shape_elements (&weight->shape) / inputs;
  float *values = (float *)g_bytes_get_data (weight->data, NULL);

  for (gint64 k = 0; k < per_input; k++) {
    double sum = 0;

    for (gint64 i = 0; i < inputs; i++)
      sum += values[i * per_input + k];
    for (gint64 i = 0; i < inputs; i++)
      values[i * per_input + k] -= (float)(sum / (double)inputs);
  }
}

GenTensor *
gen_layers_convolution_of_sound (GenLayers *layers, const char *name, GenTensor *x, gint64 outputs,
    gint64 kernel, gint64 dilation, GError **error)
{
  const gint64 pad = kernel / 2 * dilation;
  GenTensor *inputs[3] = { x };
  gint64 channels;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  inputs[1] = gen_layers_drawn (
      layers, name, "weight", &GEN_SHAPE (outputs, channels, kernel), channels * kernel, 0);
  inputs[2] = gen_layers_filled (layers, name, "bias", outputs, 0);
  return gen_graph_op (layers->graph, "Conv", inputs, 3, 1, error, "kernel_shape", GEN_INTS, 1,
      &kernel, "dilations", GEN_INTS, 1, &dilation, "pads", GEN_INTS, 2, (gint64[]){ pad, pad },
      NULL);
}

/* 21 frames of padding make the length a multiple of the stride, the odd one behind. */
static GenTensor *
stride_over_sound (GenLayers *layers, const char *op, const char *name, GenTensor *x,
    GenTensor *weight, gint64 outputs, GError **error)
{
  GenTensor *bias = gen_layers_filled (layers, name, "bias", outputs, 0);

  return gen_graph_op (layers->graph, op, (GenTensor *[]){ x, weight, bias }, 3, 1, error,
      "kernel_shape", GEN_INTS, 1, (gint64[]){ SOUND_KERNEL }, "strides", GEN_INTS, 1,
      (gint64[]){ SOUND_STRIDE }, "pads", GEN_INTS, 2,
      (gint64[]){ (SOUND_KERNEL - SOUND_STRIDE) / 2, (SOUND_KERNEL - SOUND_STRIDE + 1) / 2 }, NULL);
}

GenTensor *
gen_layers_down_sound (
    GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error)
{
  GenTensor *weight;
  gint64 inputs;

  if (x == NULL)
    return NULL;
  inputs = x->shape.dims[1];
  weight = gen_layers_drawn (
      layers, name, "weight", &GEN_SHAPE (outputs, inputs, SOUND_KERNEL), inputs * SOUND_KERNEL, 0);
  return stride_over_sound (layers, "Conv", name, x, weight, outputs, error);
}

GenTensor *
gen_layers_up_sound (
    GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error)
{
  GenTensor *weight;
  gint64 inputs;

  if (x == NULL)
    return NULL;
  inputs = x->shape.dims[1];
  weight = gen_layers_drawn (layers, name, "weight", &GEN_SHAPE (inputs, outputs, SOUND_KERNEL),
      inputs * SOUND_KERNEL / SOUND_STRIDE, 0);
  center (weight);
  return stride_over_sound (layers, "ConvTranspose", name, x, weight, outputs, error);
}

GenTensor *
gen_layers_normalize (GenLayers *layers, const char *name, GenTensor *x, GError **error)
{
  gint64 n;

  if (x == NULL)
    return NULL;
  n = x->shape.dims[1];
  return gen_graph_op (layers->graph, "BatchNormalization",
      (GenTensor *[]){ x, gen_layers_drawn (layers, name, "scale", &GEN_SHAPE (n), 1, 1),
          gen_layers_filled (layers, name, "bias", n, 0),
          gen_layers_filled (layers, name, "mean", n, 0),
          gen_layers_filled (layers, name, "variance", n, 1) },
      5, 1, error, NULL);
}

GenTensor *
gen_layers_convolution (GenLayers *layers, const char *name, GenTensor *x, gint64 outputs,
    gint64 kernel, GError **error)
{
  const gint64 pad = kernel / 2;
  GenTensor *inputs[3] = { x };
  gint64 channels;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  inputs[1] = gen_layers_drawn (layers, name, "weight",
      &GEN_SHAPE (outputs, channels, kernel, kernel), channels * kernel * kernel, 0);
  inputs[2] = gen_layers_filled (layers, name, "bias", outputs, 0);
  return gen_graph_op (layers->graph, "Conv", inputs, 3, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ kernel, kernel }, "pads", GEN_INTS, 4, (gint64[]){ pad, pad, pad, pad }, NULL);
}

GenTensor *
gen_layers_group_normalize (
    GenLayers *layers, const char *name, GenTensor *x, int groups, GError **error)
{
  gint64 n;

  if (x == NULL)
    return NULL;
  n = x->shape.dims[1];
  while (n % groups != 0)
    groups--;
  return gen_graph_op (layers->graph, "GroupNormalization",
      (GenTensor *[]){ x, gen_layers_filled (layers, name, "scale", n, 1),
          gen_layers_filled (layers, name, "bias", n, 0) },
      3, 1, error, "num_groups", GEN_INT, groups, NULL);
}

GenTensor *
gen_layers_instance_normalize (GenLayers *layers, const char *name, GenTensor *x, GError **error)
{
  gint64 n;

  if (x == NULL)
    return NULL;
  n = x->shape.dims[1];
  return gen_graph_op (layers->graph, "InstanceNormalization",
      (GenTensor *[]){ x, gen_layers_filled (layers, name, "scale", n, 1),
          gen_layers_filled (layers, name, "bias", n, 0) },
      3, 1, error, NULL);
}

GenTensor *
gen_layers_silu (GenLayers *layers, GenTensor *x, GError **error)
{
  return gen_binary (
      layers->graph, "Mul", x, gen_unary (layers->graph, "Sigmoid", x, error), error);
}

GenTensor *
gen_layers_leaky_relu (GenLayers *layers, GenTensor *x, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (layers->graph, "LeakyRelu", &x, 1, 1, error, "alpha", GEN_FLOAT,
                         LEAK, NULL);
}

GenTensor *
gen_layers_dropout (GenLayers *layers, GenTensor *x, double ratio, GError **error)
{
  return x == NULL || ratio <= 0 ? x
                                 : gen_binary (layers->graph, "Dropout", x,
                                       gen_graph_float (layers->graph, ratio), error);
}

GenTensor *
gen_layers_reshape (GenLayers *layers, GenTensor *x, const gint64 *extents, int n, GError **error)
{
  gint64 shape[GEN_MAX_RANK] = { -1 };

  for (int i = 0; i < n; i++)
    shape[1 + i] = extents[i];
  return gen_binary (
      layers->graph, "Reshape", x, gen_graph_ints (layers->graph, shape, n + 1), error);
}
