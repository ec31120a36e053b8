/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Poolings, resampling and attention on a device against the CPU, in float32 and in 16 bits, with
 * extents that cross the borders of blocks, tiles and packs. GEN_CUDA_MODULE says which module
 * stands for the device. */
#include "device-cases.h"

/* A convolution that leaves everything as it is, so that channels come last. */
static GenTensor *
channels_last (GenGraph *graph, GenTensor *x, GError **error)
{
  gint64 channels = x->shape.dims[1];
  float *weights = g_new0 (float, channels *channels);
  GenTensor *w;

  for (gint64 i = 0; i < channels; i++)
    weights[i * channels + i] = 1;
  w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (channels, channels, 1, 1),
      g_bytes_new_take (weights, channels * channels * sizeof *weights));
  return gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, error, NULL);
}

/* --- pooling --- */

static GenTensor *
pool (GenGraph *graph, const char *op, GenTensor *const *x, int n, int outputs, int extra,
    GError **error)
{
  return gen_graph_op (graph, op, x, n, outputs, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 3, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 1 }, "pads", GEN_INTS, 4,
      (gint64[]){ 1, 0, 1, 1 }, "dilations", GEN_INTS, 2, (gint64[]){ 1, 2 },
      extra ? "ceil_mode" : NULL, GEN_INT, 1, "count_include_pad", GEN_INT, 1, NULL);
}

static GenTensor *
max_pool (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pool (graph, "MaxPool", x, 1, 1, FALSE, error);
}

static GenTensor *
max_pool_indices (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *y = x[0];

  return pool (graph, "MaxPool", &y, 1, 2, FALSE, error);
}

static GenTensor *
max_pool_last (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *last = channels_last (graph, x[0], error);

  return pool (graph, "MaxPool", &last, 1, 1, TRUE, error);
}

static GenTensor *
max_pool_bytes (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *y = gen_binary (graph, "Mul", x[0], gen_graph_float (graph, 255), error);

  y = gen_graph_op (graph, "Cast", &y, 1, 1, error, "to", GEN_INT, GEN_TYPE_UINT8, NULL);
  return pool (graph, "MaxPool", &y, 1, 2, FALSE, error);
}

static GenTensor *
average_pool (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pool (graph, "AveragePool", x, 1, 1, TRUE, error);
}

static GenTensor *
average_pool_last (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *last = channels_last (graph, x[0], error);

  return pool (graph, "AveragePool", &last, 1, 1, FALSE, error);
}

static GenTensor *
average_pool_volume (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "AveragePool", x, 1, 1, error, "kernel_shape", GEN_INTS, 3,
      (gint64[]){ 2, 3, 2 }, "strides", GEN_INTS, 3, (gint64[]){ 1, 2, 2 }, "pads", GEN_INTS, 6,
      (gint64[]){ 0, 1, 1, 1, 1, 0 }, NULL);
}

static GenTensor *
max_pool_line (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "MaxPool", x, 1, 2, error, "kernel_shape", GEN_INTS, 1,
      (gint64[]){ 5 }, "dilations", GEN_INTS, 1, (gint64[]){ 3 }, "auto_pad", GEN_STRING,
      "SAME_UPPER", NULL);
}

static GenTensor *
global_average (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "GlobalAveragePool", x[0], error);
}

static GenTensor *
global_average_last (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "GlobalAveragePool", channels_last (graph, x[0], error), error);
}

static GenTensor *
global_max_last (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "GlobalMaxPool", channels_last (graph, x[0], error), error);
}

static GenTensor *
max_pool_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pool (graph, "MaxPoolGradient", (GenTensor *[]){ x[0], x[1] }, 2, 1, FALSE, error);
}

static GenTensor *
average_pool_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pool (graph, "AveragePoolGradient", x, 2, 1, FALSE, error);
}

static GenTensor *
average_pool_gradient_padding (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pool (graph, "AveragePoolGradient", x, 2, 1, TRUE, error);
}

static GenTensor *
global_average_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "AveragePoolGradient", x, 2, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 13, 17 }, NULL);
}

/* --- resampling --- */

static GenTensor *
resize (GenGraph *graph, GenTensor *x, const float *scales, const char *mode, const char *where,
    gboolean smooths, GError **error)
{
  return gen_graph_op (graph, "Resize",
      (GenTensor *[]){ x, NULL, floats (graph, scales, x->shape.rank) }, 3, 1, error, "mode",
      GEN_STRING, mode, "coordinate_transformation_mode", GEN_STRING, where, "antialias", GEN_INT,
      smooths, NULL);
}

static GenTensor *
nearest (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, x[0], (float[]){ 1, 1, 2, 3 }, "nearest", "asymmetric", FALSE, error);
}

static GenTensor *
nearest_last (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, channels_last (graph, x[0], error), (float[]){ 1, 1, 2, 1.7 }, "nearest",
      "half_pixel", FALSE, error);
}

/* Along more axes than are done at once. */
static GenTensor *
nearest_all (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, x[0], (float[]){ 2, 1.5, 0.7, 3 }, "nearest", "half_pixel", FALSE, error);
}

static GenTensor *
linear (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, x[0], (float[]){ 1, 1, 1.6, 2 }, "linear", "half_pixel", FALSE, error);
}

static GenTensor *
linear_last (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, channels_last (graph, x[0], error), (float[]){ 1, 1, 2, 2 }, "linear",
      "align_corners", FALSE, error);
}

static GenTensor *
linear_volume (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, x[0], (float[]){ 1, 1, 1.5, 2, 0.8 }, "linear", "half_pixel", FALSE, error);
}

static GenTensor *
cubic (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, x[0], (float[]){ 1, 1, 2, 2.5 }, "cubic", "half_pixel", FALSE, error);
}

/* Too many taps for one pass. */
static GenTensor *
smoothed (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, channels_last (graph, x[0], error), (float[]){ 1, 1, 0.2, 0.3 }, "cubic",
      "half_pixel", TRUE, error);
}

static GenTensor *
cropped (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Resize",
      (GenTensor *[]){ x[0], floats (graph, (float[]){ 0.2, -0.1, 0.8, 1.2 }, 4), NULL,
          gen_graph_ints (graph, (gint64[]){ 30, 41 }, 2) },
      4, 1, error, "mode", GEN_STRING, "linear", "coordinate_transformation_mode", GEN_STRING,
      "tf_crop_and_resize", "extrapolation_value", GEN_FLOAT, 7.0, "axes", GEN_INTS, 2,
      (gint64[]){ 2, 3 }, NULL);
}

static GenTensor *
resize_gradient (GenGraph *graph, GenTensor *const *x, const char *mode, GError **error)
{
  return gen_graph_op (graph, "ResizeGradient",
      (GenTensor *[]){ x[0], x[1], floats (graph, (float[]){ 1, 1, 2, 1.5 }, 4) }, 3, 1, error,
      "mode", GEN_STRING, mode, "coordinate_transformation_mode", GEN_STRING, "half_pixel", NULL);
}

static GenTensor *
nearest_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize_gradient (graph, x, "nearest", error);
}

static GenTensor *
cubic_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize_gradient (graph, x, "cubic", error);
}

/* --- sampling by a grid --- */

/* From [0, 1) to beyond both borders. */
static GenTensor *
coordinates (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "Sub", gen_binary (graph, "Mul", x, gen_graph_float (graph, 4), error),
      gen_graph_float (graph, 2), error);
}

static GenTensor *
grid_sample (GenGraph *graph, GenTensor *const *x, const char *mode, const char *padding,
    int corners, GError **error)
{
  return gen_graph_op (graph, "GridSample",
      (GenTensor *[]){ x[0], coordinates (graph, x[1], error) }, 2, 1, error, "mode", GEN_STRING,
      mode, "padding_mode", GEN_STRING, padding, "align_corners", GEN_INT, corners, NULL);
}

static GenTensor *
sample_linear (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return grid_sample (graph, x, "linear", "zeros", 0, error);
}

static GenTensor *
sample_nearest (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return grid_sample (graph, x, "nearest", "border", 1, error);
}

static GenTensor *
sample_cubic (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return grid_sample (graph, x, "cubic", "reflection", 0, error);
}

static GenTensor *
sample_gradient (
    GenGraph *graph, GenTensor *const *x, const char *mode, const char *padding, GError **error)
{
  return gen_graph_op (graph, "GridSampleGradient",
      (GenTensor *[]){ x[0], x[1], coordinates (graph, x[2], error) }, 3, 2, error, "mode",
      GEN_STRING, mode, "padding_mode", GEN_STRING, padding, NULL);
}

static GenTensor *
sample_linear_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return sample_gradient (graph, x, "linear", "border", error);
}

static GenTensor *
sample_cubic_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return sample_gradient (graph, x, "cubic", "zeros", error);
}

/* Regions that reach beyond the picture, lie outside, and are smaller than a pixel. */
static GenTensor *
align_regions (GenGraph *graph, GenTensor *const *x, const char *mode, int ratio, GError **error)
{
  static const float regions[7][4] = { { 1, 2, 15, 17 }, { -4, -3, 9, 30 }, { 5, 5, 5.25f, 5.5f },
    { 40, 40, 50, 60 }, { 0, 0, 22, 18 }, { 10, 3, 7, 12 }, { 2.5f, 0, 11, 9 } };
  static const gint64 items[7] = { 0, 1, 1, 0, 1, 0, -1 };
  GenTensor *rois = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (7, 4),
      g_bytes_new_static (regions, sizeof regions));

  return gen_graph_op (graph, "RoiAlign",
      (GenTensor *[]){ x[0], rois, gen_graph_ints (graph, items, 7) }, 3, 1, error, "mode",
      GEN_STRING, mode, "output_height", GEN_INT, 5, "output_width", GEN_INT, 7, "sampling_ratio",
      GEN_INT, ratio, "spatial_scale", GEN_FLOAT, 0.75, NULL);
}

static GenTensor *
align_mean (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return align_regions (graph, x, "avg", 0, error);
}

static GenTensor *
align_largest (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return align_regions (graph, x, "max", 2, error);
}

/* --- attention --- */

/* `more` is the name of an attribute that is 1, or NULL. */
static GenTensor *
attend (GenGraph *graph, GenTensor *const *x, int n, int group, int tokens_first, int past,
    const char *more, GError **error)
{
  return gen_graph_op (graph, "ScaledDotProductAttention", x, n, 1, error, "scale", GEN_FLOAT, 0.8,
      "group", GEN_INT, group, "tokens_first", GEN_INT, tokens_first, "past", GEN_INT, past, more,
      GEN_INT, 1, NULL);
}

static GenTensor *
attention (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return attend (graph, x, 3, 1, 0, 0, NULL, error);
}

static GenTensor *
attention_causal (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return attend (graph, x, 3, 1, 0, 0, "causal", error);
}

/* Queries after what has been. */
static GenTensor *
attention_past (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return attend (graph, x, 3, 2, 0, 30, "causal", error);
}

static GenTensor *
attention_tokens (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return attend (graph, x, 3, 2, 15, 0, NULL, error);
}

static GenTensor *
attention_mask (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return attend (graph,
      (GenTensor *[]){
          x[0], x[1], x[2], gen_binary (graph, "Mul", x[3], gen_graph_float (graph, 4), error) },
      4, 1, 0, 0, NULL, error);
}

/* Some queries see nothing. */
static GenTensor *
attention_hidden (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *columns = gen_binary (graph, "Greater", x[3], gen_graph_float (graph, 0.6), error);
  GenTensor *rows = gen_graph_op (graph, "ReduceMean",
      (GenTensor *[]){ x[3], gen_graph_ints (graph, (gint64[]){ -1 }, 1) }, 2, 1, error, NULL);

  rows = gen_binary (graph, "Greater", rows, gen_graph_float (graph, 0.48), error);
  return attend (graph,
      (GenTensor *[]){ x[0], x[1], x[2], gen_binary (graph, "And", rows, columns, error) }, 4, 1, 0,
      0, "zero_unseeing", error);
}

static GenTensor *
attention_capped (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ScaledDotProductAttention", x, 3, 1, error, "scale", GEN_FLOAT, 0.5,
      "softcap", GEN_FLOAT, 2.0, NULL);
}

static const Case cases[] = {
  { "max-pool", { GEN_SHAPE (2, 5, 21, 33) }, max_pool },
  { "max-pool-indices", { GEN_SHAPE (2, 5, 21, 33) }, max_pool_indices },
  { "max-pool-last", { GEN_SHAPE (2, 24, 11, 13) }, max_pool_last },
  { "max-pool-odd-last", { GEN_SHAPE (2, 7, 11, 13) }, max_pool_last },
  { "max-pool-bytes", { GEN_SHAPE (2, 3, 21, 13) }, max_pool_bytes },
  { "max-pool-line", { GEN_SHAPE (3, 4, 301) }, max_pool_line },
  { "average-pool", { GEN_SHAPE (2, 5, 20, 33) }, average_pool },
  { "average-pool-last", { GEN_SHAPE (2, 24, 11, 13) }, average_pool_last },
  { "average-pool-volume", { GEN_SHAPE (2, 3, 7, 9, 11) }, average_pool_volume },
  { "global-average", { GEN_SHAPE (3, 37, 29, 41) }, global_average },
  { "global-average-last", { GEN_SHAPE (3, 37, 29, 41) }, global_average_last },
  { "global-max-last", { GEN_SHAPE (3, 37, 9, 41) }, global_max_last },
  { "max-pool-gradient", { GEN_SHAPE (2, 5, 21, 33), GEN_SHAPE (2, 5, 11, 32) },
      max_pool_gradient },
  { "average-pool-gradient", { GEN_SHAPE (2, 8, 21, 33), GEN_SHAPE (2, 8, 11, 32) },
      average_pool_gradient },
  { "average-pool-gradient-padding", { GEN_SHAPE (2, 5, 20, 33), GEN_SHAPE (2, 5, 11, 32) },
      average_pool_gradient_padding },
  { "global-average-gradient", { GEN_SHAPE (2, 5, 13, 17), GEN_SHAPE (2, 5, 1, 1) },
      global_average_gradient },
  { "nearest", { GEN_SHAPE (2, 3, 19, 23) }, nearest },
  { "nearest-last", { GEN_SHAPE (2, 12, 19, 23) }, nearest_last },
  { "nearest-all", { GEN_SHAPE (2, 3, 19, 23) }, nearest_all },
  { "linear", { GEN_SHAPE (2, 3, 19, 23) }, linear },
  { "linear-last", { GEN_SHAPE (2, 16, 19, 23) }, linear_last },
  { "linear-odd-last", { GEN_SHAPE (2, 5, 19, 23) }, linear_last },
  { "linear-volume", { GEN_SHAPE (2, 3, 7, 9, 11) }, linear_volume },
  { "cubic", { GEN_SHAPE (2, 3, 19, 23) }, cubic },
  { "smoothed", { GEN_SHAPE (2, 16, 43, 47) }, smoothed },
  { "cropped", { GEN_SHAPE (2, 3, 19, 23) }, cropped },
  { "nearest-gradient", { GEN_SHAPE (2, 3, 38, 33), GEN_SHAPE (2, 3, 19, 22) }, nearest_gradient },
  { "cubic-gradient", { GEN_SHAPE (2, 3, 38, 33), GEN_SHAPE (2, 3, 19, 22) }, cubic_gradient },
  { "sample-linear", { GEN_SHAPE (2, 11, 19, 23), GEN_SHAPE (2, 17, 21, 2) }, sample_linear },
  { "sample-nearest", { GEN_SHAPE (2, 3, 19, 23), GEN_SHAPE (2, 17, 21, 2) }, sample_nearest },
  { "sample-cubic", { GEN_SHAPE (2, 3, 19, 23), GEN_SHAPE (2, 17, 21, 2) }, sample_cubic },
  { "sample-volume", { GEN_SHAPE (2, 3, 7, 9, 8), GEN_SHAPE (2, 5, 6, 7, 3) }, sample_linear },
  { "sample-line", { GEN_SHAPE (2, 9, 70), GEN_SHAPE (2, 301, 1) }, sample_cubic },
  { "align-mean", { GEN_SHAPE (2, 11, 19, 23) }, align_mean },
  { "align-largest", { GEN_SHAPE (2, 11, 19, 23) }, align_largest },
  { "sample-linear-gradient",
      { GEN_SHAPE (2, 11, 17, 21), GEN_SHAPE (2, 11, 19, 23), GEN_SHAPE (2, 17, 21, 2) },
      sample_linear_gradient },
  { "sample-cubic-gradient",
      { GEN_SHAPE (2, 3, 17, 21), GEN_SHAPE (2, 3, 19, 23), GEN_SHAPE (2, 17, 21, 2) },
      sample_cubic_gradient },
  { "attention", { GEN_SHAPE (2, 2, 77, 40), GEN_SHAPE (2, 2, 91, 40), GEN_SHAPE (2, 2, 91, 24) },
      attention },
  { "attention-wide",
      { GEN_SHAPE (1, 1, 70, 72), GEN_SHAPE (1, 1, 130, 72), GEN_SHAPE (1, 1, 130, 104) },
      attention },
  { "attention-wider",
      { GEN_SHAPE (1, 1, 70, 136), GEN_SHAPE (1, 1, 100, 136), GEN_SHAPE (1, 1, 100, 150) },
      attention },
  { "attention-odd", { GEN_SHAPE (3, 33, 19), GEN_SHAPE (3, 65, 19), GEN_SHAPE (3, 65, 13) },
      attention },
  { "attention-pieces", { GEN_SHAPE (1, 3, 32), GEN_SHAPE (1, 1100, 32), GEN_SHAPE (1, 1100, 48) },
      attention },
  { "attention-causal", { GEN_SHAPE (3, 100, 64), GEN_SHAPE (3, 100, 64), GEN_SHAPE (3, 100, 64) },
      attention_causal },
  { "attention-past",
      { GEN_SHAPE (1, 4, 70, 32), GEN_SHAPE (1, 2, 100, 32), GEN_SHAPE (1, 2, 100, 32) },
      attention_past },
  { "attention-tokens",
      { GEN_SHAPE (2, 67, 4, 16), GEN_SHAPE (2, 90, 2, 16), GEN_SHAPE (2, 90, 2, 40) },
      attention_tokens },
  { "attention-mask",
      { GEN_SHAPE (2, 2, 66, 24), GEN_SHAPE (2, 2, 70, 24), GEN_SHAPE (2, 2, 70, 24),
          GEN_SHAPE (2, 1, 66, 70) },
      attention_mask },
  { "attention-hidden",
      { GEN_SHAPE (2, 2, 66, 24), GEN_SHAPE (2, 2, 70, 24), GEN_SHAPE (2, 2, 70, 24),
          GEN_SHAPE (2, 66, 70) },
      attention_hidden },
  { "attention-capped", { GEN_SHAPE (3, 66, 24), GEN_SHAPE (3, 70, 24), GEN_SHAPE (3, 70, 24) },
      attention_capped },
};

int
main (int argc, char **argv)
{
  return device_cases_run (argc, argv, "sampling", cases, G_N_ELEMENTS (cases));
}
