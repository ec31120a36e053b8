/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recurrent cells, transforms, orders and quantised numbers on a device against the CPU.
 * GEN_CUDA_MODULE says which module stands for the device. */
#include "device-cases.h"

/* --- recurrence --- */

/* Weights about zero, small enough for errors not to grow from step to step. */
static GenTensor *
centred (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_binary (graph, "Sub", x, gen_graph_float (graph, 0.5), error);
  return gen_binary (graph, "Mul", x, gen_graph_float (graph, 0.25), error);
}

/* x[0] to x[2] are X, W and R, x[3] is B, x[4] the peepholes; every second sequence is short. */
static GenTensor *
recur (GenGraph *graph, const char *op, GenTensor *const *x, gboolean lengths, int outputs,
    const char *direction, const char *more, GError **error)
{
  gint64 batch = x[0]->shape.dims[1];
  gboolean is_lstm = strcmp (op, "LSTM") == 0;
  GenTensor *inputs[8] = { x[0] };

  for (int i = 1; i <= 3; i++)
    inputs[i] = centred (graph, x[i], error);
  if (lengths) {
    gint32 *values = g_new (gint32, batch);

    for (gint64 i = 0; i < batch; i++)
      values[i] = (gint32)(i % 2 == 0 ? x[0]->shape.dims[0] : i % x[0]->shape.dims[0]);
    inputs[4] = gen_graph_add_constant (graph, NULL, GEN_TYPE_INT32, &GEN_SHAPE (batch),
        g_bytes_new_take (values, batch * sizeof *values));
  }
  if (is_lstm && lengths)
    inputs[7] = x[4];
  return gen_graph_op (graph, op, inputs, is_lstm ? 8 : 6, outputs, error, "direction", GEN_STRING,
      direction, more, GEN_INT, 1, NULL);
}

static GenTensor *
lstm (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return recur (graph, "LSTM", x, FALSE, 3, "forward", NULL, error);
}

static GenTensor *
lstm_both (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return recur (graph, "LSTM", x, TRUE, 3, "bidirectional", NULL, error);
}

static GenTensor *
lstm_coupled (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return recur (graph, "LSTM", x, FALSE, 1, "reverse", "input_forget", error);
}

static GenTensor *
gru (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return recur (graph, "GRU", x, TRUE, 2, "bidirectional", NULL, error);
}

static GenTensor *
gru_late (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return recur (graph, "GRU", x, FALSE, 2, "reverse", "linear_before_reset", error);
}

static GenTensor *
rnn (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return recur (graph, "RNN", x, TRUE, 2, "forward", NULL, error);
}

/* Every function that a cell can have, one after the other. */
static GenTensor *
rnn_functions (GenGraph *graph, GenTensor *const *x, GError **error)
{
  static const char *const names[] = { "Sigmoid", "Relu", "Affine", "LeakyRelu", "ThresholdedRelu",
    "ScaledTanh", "HardSigmoid", "Elu", "Softsign", "Softplus" };
  GenTensor *inputs[4] = { x[0], centred (graph, x[1], error), centred (graph, x[2], error),
    centred (graph, x[3], error) };
  GenTensor *sum = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    GenAttribute *activations = g_new0 (GenAttribute, 1);
    GenTensor *y = gen_graph_op (graph, "RNN", inputs, 4, 1, error, NULL);

    activations->name = g_strdup ("activations");
    activations->type = GEN_ATTRIBUTE_STRINGS;
    activations->strings = g_strsplit (names[i], ",", -1);
    g_ptr_array_add (y->producer->attributes, activations);
    sum = sum == NULL ? y : gen_binary (graph, "Add", sum, y, error);
  }
  return sum;
}

/* --- sums and orders --- */

static GenTensor *
cumsum (GenGraph *graph, GenTensor *x, gint64 axis, int exclusive, int reverse, GError **error)
{
  return gen_graph_op (graph, "CumSum", (GenTensor *[]){ x, gen_graph_ints (graph, &axis, 1) }, 2,
      1, error, "exclusive", GEN_INT, exclusive, "reverse", GEN_INT, reverse, NULL);
}

static GenTensor *
cumsum_rows (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return cumsum (graph, x[0], -1, 0, 0, error);
}

static GenTensor *
cumsum_rows_back (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return cumsum (graph, x[0], -1, 1, 1, error);
}

static GenTensor *
cumsum_columns (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return cumsum (graph, x[0], 1, 1, 0, error);
}

/* Many elements are equal. */
static GenTensor *
topk (GenGraph *graph, GenTensor *const *x, gint64 k, int axis, int largest, GError **error)
{
  return gen_graph_op (graph, "TopK", (GenTensor *[]){ x[0], gen_graph_ints (graph, &k, 1) }, 2, 2,
      error, "axis", GEN_INT, axis, "largest", GEN_INT, largest, NULL);
}

static GenTensor *
topk_rows (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return topk (graph, x, 41, -1, 1, error);
}

static GenTensor *
topk_columns (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return topk (graph, x, 7, 1, 0, error);
}

static GenTensor *
topk_all (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return topk (graph, x, x[0]->shape.dims[1], -1, 1, error);
}

static GenTensor *
one_hot (GenGraph *graph, GenTensor *const *x, GError **error)
{
  const gint64 depth = 37;
  GenTensor *indices = gen_binary (graph, "Mul", x[0], gen_graph_float (graph, 128), error);

  indices = gen_binary (graph, "Sub", indices, gen_graph_float (graph, 64), error);
  indices =
      gen_graph_op (graph, "Cast", &indices, 1, 1, error, "to", GEN_INT, GEN_TYPE_INT64, NULL);
  return gen_graph_op (graph, "OneHot",
      (GenTensor *[]){
          indices, gen_graph_ints (graph, &depth, 1), floats (graph, (float[]){ -0.5, 2 }, 2) },
      3, 1, error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
triangle (GenGraph *graph, GenTensor *x, gint64 k, int upper, GError **error)
{
  return gen_graph_op (graph, "Trilu", (GenTensor *[]){ x, gen_graph_ints (graph, &k, 1) }, 2, 1,
      error, "upper", GEN_INT, upper, NULL);
}

static GenTensor *
triangle_upper (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return triangle (graph, x[0], -3, 1, error);
}

static GenTensor *
triangle_lower (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return triangle (graph, x[0], 5, 0, error);
}

static GenTensor *
eye (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "EyeLike", x, 1, 1, error, "k", GEN_INT, 2, NULL);
}

static GenTensor *
reverse (GenGraph *graph, GenTensor *x, int time, GError **error)
{
  gint64 n = x->shape.dims[1 - time], *lengths = g_new (gint64, n);

  for (gint64 i = 0; i < n; i++)
    lengths[i] = i * 7 % (x->shape.dims[time] + 1);
  return gen_graph_op (graph, "ReverseSequence",
      (GenTensor *[]){ x, gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (n),
                              g_bytes_new_take (lengths, n * sizeof *lengths)) },
      2, 1, error, "time_axis", GEN_INT, time, "batch_axis", GEN_INT, 1 - time, NULL);
}

static GenTensor *
reverse_rows (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return reverse (graph, x[0], 0, error);
}

static GenTensor *
reverse_columns (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return reverse (graph, x[0], 1, error);
}

/* --- transforms --- */

static GenTensor *
dft (GenGraph *graph, GenTensor *x, gint64 length, int inverse, int onesided, GError **error)
{
  return gen_graph_op (graph, "DFT", (GenTensor *[]){ x, gen_graph_ints (graph, &length, 1) }, 2, 1,
      error, "axis", GEN_INT, 1, "inverse", GEN_INT, inverse, "onesided", GEN_INT, onesided, NULL);
}

static GenTensor *
dft_real (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return dft (graph, x[0], 90, 0, 1, error);
}

static GenTensor *
dft_complex (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return dft (graph, x[0], 70, 0, 0, error);
}

static GenTensor *
dft_inverse (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return dft (graph, x[0], 81, 1, 0, error);
}

static GenTensor *
dft_inverse_half (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return dft (graph, x[0], 2 * (x[0]->shape.dims[1] - 1), 1, 1, error);
}

/* --- products and Silu --- */

static GenTensor *
product (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_binary (graph, "MatMul", x[0], x[1], error);
}

static GenTensor *
silu (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "Silu", gen_binary (graph, "Sub", x[0], x[1], error), error);
}

/* --- quantised numbers --- */

static GenTensor *
bytes (GenGraph *graph, GenTensor *x, GenDataType type, GError **error)
{
  x = gen_binary (graph, "Mul", x, gen_graph_float (graph, 256), error);
  x = gen_binary (
      graph, "Add", x, gen_graph_float (graph, type == GEN_TYPE_INT8 ? -127 : 1), error);
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)type, NULL);
}

static GenTensor *
back (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, GEN_TYPE_FLOAT32, NULL);
}

static GenTensor *
integer_product (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return back (graph,
      gen_graph_op (graph, "MatMulInteger",
          (GenTensor *[]){ bytes (graph, x[0], GEN_TYPE_UINT8, error),
              bytes (graph, x[1], GEN_TYPE_INT8, error), bytes (graph, x[2], GEN_TYPE_UINT8, error),
              bytes (graph, x[3], GEN_TYPE_INT8, error) },
          4, 1, error, NULL),
      error);
}

static GenTensor *
integer_product_plain (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return back (graph,
      gen_binary (graph, "MatMulInteger", bytes (graph, x[0], GEN_TYPE_UINT8, error),
          bytes (graph, x[1], GEN_TYPE_UINT8, error), error),
      error);
}

static GenTensor *
integer_convolution (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return back (graph,
      gen_graph_op (graph, "ConvInteger",
          (GenTensor *[]){ bytes (graph, x[0], GEN_TYPE_UINT8, error),
              bytes (graph, x[1], GEN_TYPE_INT8, error), bytes (graph, x[2], GEN_TYPE_UINT8, error),
              bytes (graph, x[3], GEN_TYPE_INT8, error) },
          4, 1, error, "group", GEN_INT, 2, "strides", GEN_INTS, 2, (gint64[]){ 2, 1 }, "pads",
          GEN_INTS, 4, (gint64[]){ 1, 2, 0, 1 }, "dilations", GEN_INTS, 2, (gint64[]){ 1, 2 },
          NULL),
      error);
}

static GenTensor *
quantize (GenGraph *graph, GenTensor *const *x, GenDataType type, int block, GError **error)
{
  GenTensor *scale = gen_binary (graph, "Mul", x[1], gen_graph_float (graph, 1.0 / 64), error);
  GenTensor *zero = bytes (graph, x[1], type, error), *y;

  scale = gen_binary (graph, "Add", scale, gen_graph_float (graph, 1.0 / 512), error);
  y = gen_graph_op (graph, "QuantizeLinear", (GenTensor *[]){ x[0], scale, zero }, 3, 1, error,
      "axis", GEN_INT, 1, "block_size", GEN_INT, block, NULL);
  return gen_graph_op (graph, "DequantizeLinear", (GenTensor *[]){ y, scale, zero }, 3, 1, error,
      "axis", GEN_INT, 1, "block_size", GEN_INT, block, NULL);
}

static GenTensor *
quantize_whole (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return quantize (graph, x, GEN_TYPE_UINT8, 0, error);
}

static GenTensor *
quantize_axis (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return quantize (graph, x, GEN_TYPE_INT8, 0, error);
}

static GenTensor *
quantize_blocks (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return quantize (graph, x, GEN_TYPE_UINT8, 16, error);
}

static const Case cases[] = {
  { "lstm",
      { GEN_SHAPE (6, 9, 17), GEN_SHAPE (1, 4 * 37, 17), GEN_SHAPE (1, 4 * 37, 37),
          GEN_SHAPE (1, 8 * 37) },
      lstm },
  { "lstm-both",
      { GEN_SHAPE (6, 9, 17), GEN_SHAPE (2, 4 * 37, 17), GEN_SHAPE (2, 4 * 37, 37),
          GEN_SHAPE (2, 8 * 37), GEN_SHAPE (2, 3 * 37) },
      lstm_both },
  { "lstm-coupled",
      { GEN_SHAPE (6, 9, 17), GEN_SHAPE (1, 4 * 37, 17), GEN_SHAPE (1, 4 * 37, 37),
          GEN_SHAPE (1, 8 * 37) },
      lstm_coupled },
  { "gru",
      { GEN_SHAPE (6, 9, 17), GEN_SHAPE (2, 3 * 37, 17), GEN_SHAPE (2, 3 * 37, 37),
          GEN_SHAPE (2, 6 * 37) },
      gru },
  { "gru-late",
      { GEN_SHAPE (6, 9, 17), GEN_SHAPE (1, 3 * 37, 17), GEN_SHAPE (1, 3 * 37, 37),
          GEN_SHAPE (1, 6 * 37) },
      gru_late },
  { "rnn",
      { GEN_SHAPE (6, 9, 17), GEN_SHAPE (1, 37, 17), GEN_SHAPE (1, 37, 37), GEN_SHAPE (1, 2 * 37) },
      rnn },
  { "rnn-functions",
      { GEN_SHAPE (6, 9, 17), GEN_SHAPE (1, 37, 17), GEN_SHAPE (1, 37, 37), GEN_SHAPE (1, 2 * 37) },
      rnn_functions },
  { "cumsum-rows", { GEN_SHAPE (21, 133) }, cumsum_rows },
  { "cumsum-rows-back", { GEN_SHAPE (21, 133) }, cumsum_rows_back },
  { "cumsum-columns", { GEN_SHAPE (5, 33, 70) }, cumsum_columns },
  { "topk-rows", { GEN_SHAPE (5, 300) }, topk_rows },
  { "topk-long-rows", { GEN_SHAPE (2, 7001) }, topk_rows },
  { "topk-columns", { GEN_SHAPE (3, 50, 13) }, topk_columns },
  { "topk-all", { GEN_SHAPE (3, 1000) }, topk_all },
  { "one-hot", { GEN_SHAPE (7, 43) }, one_hot },
  { "triangle-upper", { GEN_SHAPE (3, 37, 61) }, triangle_upper },
  { "triangle-lower", { GEN_SHAPE (3, 37, 61) }, triangle_lower },
  { "eye", { GEN_SHAPE (37, 61) }, eye },
  { "reverse-rows", { GEN_SHAPE (19, 7, 12) }, reverse_rows },
  { "reverse-columns", { GEN_SHAPE (7, 19, 5) }, reverse_columns },
  { "dft-real", { GEN_SHAPE (7, 90, 1) }, dft_real },
  { "dft-short", { GEN_SHAPE (7, 61, 1) }, dft_real },
  { "dft-complex", { GEN_SHAPE (7, 90, 2) }, dft_complex },
  { "dft-inverse", { GEN_SHAPE (7, 81, 2) }, dft_inverse },
  { "dft-inverse-half", { GEN_SHAPE (7, 33, 2) }, dft_inverse_half },
  { "dft-real-rows", { GEN_SHAPE (3, 90, 37, 1) }, dft_real },
  { "dft-inverse-rows", { GEN_SHAPE (3, 81, 21, 2) }, dft_inverse },
  { "dft-inverse-half-rows", { GEN_SHAPE (3, 33, 37, 2) }, dft_inverse_half },
  { "product-batches", { GEN_SHAPE (3, 2, 5, 7, 9), GEN_SHAPE (3, 1, 1, 9, 4) }, product },
  { "product-both-ways", { GEN_SHAPE (3, 1, 7, 9), GEN_SHAPE (1, 4, 9, 5) }, product },
  { "product-groups", { GEN_SHAPE (2, 3, 4, 7, 9), GEN_SHAPE (2, 3, 1, 9, 5) }, product },
  { "product-row", { GEN_SHAPE (9), GEN_SHAPE (2, 1, 9, 5) }, product },
  { "product-column", { GEN_SHAPE (2, 3, 7, 9), GEN_SHAPE (9) }, product },
  { "silu", { GEN_SHAPE (7, 301), GEN_SHAPE (301) }, silu },
  { "integer-product",
      { GEN_SHAPE (3, 70, 101), GEN_SHAPE (101, 67), GEN_SHAPE (70), GEN_SHAPE (67) },
      integer_product },
  { "integer-product-batches", { GEN_SHAPE (3, 5, 30), GEN_SHAPE (3, 30, 9) },
      integer_product_plain },
  { "integer-convolution",
      { GEN_SHAPE (2, 6, 13, 17), GEN_SHAPE (8, 3, 3, 2), GEN_SHAPE (1), GEN_SHAPE (8) },
      integer_convolution },
  { "quantize-whole", { GEN_SHAPE (37, 61), GEN_SHAPE (1) }, quantize_whole },
  { "quantize-axis", { GEN_SHAPE (3, 37, 61), GEN_SHAPE (37) }, quantize_axis },
  { "quantize-rows", { GEN_SHAPE (37, 61), GEN_SHAPE (61) }, quantize_axis },
  { "quantize-blocks", { GEN_SHAPE (3, 37, 11), GEN_SHAPE (3, 3, 11) }, quantize_blocks },
  { "quantize-row-blocks", { GEN_SHAPE (5, 45), GEN_SHAPE (5, 3) }, quantize_blocks },
};

int
main (int argc, char **argv)
{
  return device_cases_run (argc, argv, "sequences", cases, G_N_ELEMENTS (cases));
}
