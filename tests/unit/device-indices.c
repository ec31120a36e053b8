/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What moves elements, by boxes or by indices, on a device against the CPU: the same bits, since
 * even what meets in a place is combined in the order of the CPU. Extents cross the borders of
 * tiles, of packs of 16 bytes and of blocks. GEN_CUDA_MODULE says which module stands for the
 * device. */
#include "device-compare.h"

#define MAX_INPUTS 3

typedef GenTensor *(*Build) (GenGraph *graph, GenTensor *const *x, GError **error);

typedef struct {
  const char *name;
  GenShape shapes[MAX_INPUTS]; /* ended by an empty one */
  Build build;                 /* its last node's outputs are compared */
} Case;

/* `n` indices of a walk that steps over all of [low, high), and meets itself again. */
static GenTensor *
indices (GenGraph *graph, GenDataType type, const GenShape *shape, gint64 low, gint64 high)
{
  gint64 n = gen_shape_elements (shape);
  gsize size = gen_data_type_size (type);
  guint8 *values = g_malloc (n * size);

  for (gint64 i = 0; i < n; i++) {
    gint64 index = low + i * i * 7 % (high - low);

    if (type == GEN_TYPE_INT64)
      ((gint64 *)values)[i] = index;
    else
      ((gint32 *)values)[i] = (gint32)index;
  }
  return gen_graph_add_constant (graph, NULL, type, shape, g_bytes_new_take (values, n * size));
}

static GenTensor *
cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error)
{
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)type, NULL);
}

static GenTensor *
concat (GenGraph *graph, GenTensor *const *x, int axis, GError **error)
{
  return gen_graph_op (graph, "Concat", x, 2, 1, error, "axis", GEN_INT, axis, NULL);
}

static GenTensor *
concat_rows (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return concat (graph, x, 0, error);
}

static GenTensor *
concat_columns (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return concat (graph, x, 2, error);
}

/* Elements of two bytes. */
static GenTensor *
concat_half (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *halves[2] = { cast (graph, x[0], GEN_TYPE_FLOAT16, error),
    cast (graph, x[1], GEN_TYPE_FLOAT16, error) };

  return cast (graph, concat (graph, halves, 2, error), GEN_TYPE_FLOAT32, error);
}

static GenTensor *
pass_through (GenGraph *graph, GenTensor *x, GError **error)
{
  return through_conv (graph, x, 0, error);
}

static GenTensor *
concat_channels (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *last[2] = { pass_through (graph, x[0], error), pass_through (graph, x[1], error) };

  return concat (graph, last, 1, error);
}

/* One channels-last, one not. */
static GenTensor *
concat_layouts (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return concat (graph, (GenTensor *[]){ x[0], pass_through (graph, x[1], error) }, 1, error);
}

/* More than a launch takes, of all widths, the smallest one. */
static GenTensor *
concat_many (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *pieces[70];

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++) {
    const gint64 start = i % 5, end = start + 1 + i * 3 % 29;

    pieces[i] = gen_graph_op (graph, "Slice",
        (GenTensor *[]){ x[0], gen_graph_ints (graph, &start, 1), gen_graph_ints (graph, &end, 1),
            gen_graph_ints (graph, (gint64[]){ 1 }, 1) },
        4, 1, error, NULL);
  }
  return gen_graph_op (
      graph, "Concat", pieces, G_N_ELEMENTS (pieces), 1, error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
convert (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pass_through (graph, x[0], error);
}

static GenTensor *
split (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Split",
      (GenTensor *[]){ x[0], gen_graph_ints (graph, (gint64[]){ 5, 32, 4 }, 3) }, 2, 3, error,
      "axis", GEN_INT, 1, NULL);
}

static GenTensor *
split_columns (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Split",
      (GenTensor *[]){ x[0], gen_graph_ints (graph, (gint64[]){ 12, 1, 4, 0, 19 }, 5) }, 2, 5,
      error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
pad (GenGraph *graph, GenTensor *x, const char *mode, const gint64 *pads, GError **error)
{
  return gen_graph_op (graph, "Pad",
      (GenTensor *[]){
          x, gen_graph_ints (graph, pads, 2 * x->shape.rank), gen_graph_float (graph, -2) },
      3, 1, error, "mode", GEN_STRING, mode, NULL);
}

static GenTensor *
pad_constant (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pad (graph, x[0], "constant", (gint64[]){ 0, 1, -2, 3, 1, 0, 4, -1 }, error);
}

static GenTensor *
pad_edge (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pad (graph, x[0], "edge", (gint64[]){ 0, 0, 2, 3, 0, 0, 4, 1 }, error);
}

/* More than once to and fro. */
static GenTensor *
pad_reflect (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pad (graph, x[0], "reflect", (gint64[]){ 0, 7, 0, 2, 0, 9, 0, 3 }, error);
}

static GenTensor *
pad_wrap (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pad (graph, x[0], "wrap", (gint64[]){ 1, 0, 0, 31, 0, 0, 0, 20 }, error);
}

/* Some indices count from the end, some are out of range. */
static GenTensor *
gather_rows (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_binary (
      graph, "Gather", x[0], indices (graph, GEN_TYPE_INT32, &GEN_SHAPE (29, 3), -50, 50), error);
}

static GenTensor *
gather_columns (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Gather",
      (GenTensor *[]){ x[0], indices (graph, GEN_TYPE_INT64, &GEN_SHAPE (70), -35, 35) }, 2, 1,
      error, "axis", GEN_INT, -1, NULL);
}

static GenTensor *
gather_elements (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "GatherElements",
      (GenTensor *[]){ x[0], indices (graph, GEN_TYPE_INT32, &GEN_SHAPE (3, 60, 30), -41, 41) }, 2,
      1, error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
gather_tuples (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_binary (
      graph, "GatherND", x[0], indices (graph, GEN_TYPE_INT64, &GEN_SHAPE (211, 2), -3, 3), error);
}

static GenTensor *
gather_batches (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "GatherND",
      (GenTensor *[]){ x[0], indices (graph, GEN_TYPE_INT64, &GEN_SHAPE (3, 50, 1), -41, 41) }, 2,
      1, error, "batch_dims", GEN_INT, 1, NULL);
}

/* x[1] scattered over x[0] along axis 1, or by single indices. */
static GenTensor *
scatter (GenGraph *graph, GenTensor *const *x, const char *reduction, GError **error)
{
  gint64 extent = x[0]->shape.dims[1];

  return gen_graph_op (graph, "ScatterElements",
      (GenTensor *[]){ x[0], indices (graph, GEN_TYPE_INT64, &x[1]->shape, -extent, extent), x[1] },
      3, 1, error, "axis", GEN_INT, 1, "reduction", GEN_STRING, reduction, NULL);
}

static GenTensor *
scatter_over (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter (graph, x, "none", error);
}

static GenTensor *
scatter_add (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter (graph, x, "add", error);
}

static GenTensor *
scatter_min (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter (graph, x, "min", error);
}

static GenTensor *
scatter_integers (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *wide[2];

  for (int i = 0; i < 2; i++)
    wide[i] = cast (graph, gen_binary (graph, "Mul", x[i], gen_graph_float (graph, 9), error),
        GEN_TYPE_INT8, error);
  return scatter (graph, wide, "mul", error);
}

static GenTensor *
scatter_slices (
    GenGraph *graph, GenTensor *const *x, const char *reduction, int batch_dims, GError **error)
{
  const GenShape *updates = &x[1]->shape;
  GenShape tuples = { updates->rank, { 0 } };

  memcpy (tuples.dims, updates->dims, updates->rank * sizeof *tuples.dims);
  tuples.dims[tuples.rank - 1] = 1;
  return gen_graph_op (graph, "ScatterND",
      (GenTensor *[]){ x[0], indices (graph, GEN_TYPE_INT32, &tuples, -20, 20), x[1] }, 3, 1, error,
      "batch_dims", GEN_INT, batch_dims, "reduction", GEN_STRING, reduction, NULL);
}

static GenTensor *
scatter_slices_over (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter_slices (graph, x, "none", 0, error);
}

static GenTensor *
scatter_slices_mul (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter_slices (graph, x, "mul", 0, error);
}

static GenTensor *
scatter_slices_in_batches (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter_slices (graph, x, "add", 1, error);
}

static GenTensor *
gather_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "GatherGradient",
      (GenTensor *[]){ x[0], indices (graph, GEN_TYPE_INT64, &GEN_SHAPE (41), -13, 13) }, 2, 1,
      error, "shape", GEN_INTS, 3, (gint64[]){ 3, 13, 35 }, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
slice_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "SliceGradient", x, 1, 1, error, "shape", GEN_INTS, 3,
      (gint64[]){ 3, 90, 38 }, "starts", GEN_INTS, 3, (gint64[]){ 0, 85, 2 }, "steps", GEN_INTS, 3,
      (gint64[]){ 1, -2, 1 }, NULL);
}

static GenTensor *
shift (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *bits[2];

  for (int i = 0; i < 2; i++)
    bits[i] = cast (graph, gen_binary (graph, "Mul", x[i], gen_graph_float (graph, 12), error),
        GEN_TYPE_UINT8, error);
  return gen_graph_op (graph, "BitShift", bits, 2, 1, error, "direction", GEN_STRING, "LEFT", NULL);
}

static GenTensor *
phase_shuffle (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "PhaseShuffle", x, 2, 1, error, "n", GEN_INT, 7, NULL);
}

static GenTensor *
phase_shuffle_gradient (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "PhaseShuffleGradient", x, 2, 1, error, "n", GEN_INT, 7, NULL);
}

/* Whole numbers up to `most`, of a type for which there are no kernels of its own. */
static GenTensor *
rare (GenGraph *graph, GenTensor *x, float most, GenDataType type, GError **error)
{
  GenTensor *y = gen_binary (graph, "Mul", x, gen_graph_float (graph, most), error);

  return cast (graph, gen_unary (graph, "Floor", y, error), type, error);
}

static GenTensor *
combine_rare (
    GenGraph *graph, GenTensor *const *x, const char *op, GenDataType type, GError **error)
{
  return gen_binary (graph, op, rare (graph, x[0], 60000, type, error),
      rare (graph, x[1], 300, type, error), error);
}

/* 16 bits overflow. */
static GenTensor *
multiply_int16 (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return combine_rare (graph, x, "Mul", GEN_TYPE_INT16, error);
}

/* By zero, too. */
static GenTensor *
divide_uint32 (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return combine_rare (graph, x, "Div", GEN_TYPE_UINT32, error);
}

/* Beyond what int64 holds. */
static GenTensor *
largest_uint64 (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *a = rare (graph, x[0], 60000, GEN_TYPE_UINT64, error);
  GenTensor *b = gen_graph_op (graph, "BitwiseNot",
      (GenTensor *[]){ rare (graph, x[1], 300, GEN_TYPE_UINT64, error) }, 1, 1, error, NULL);

  return gen_binary (graph, "Max", a, b, error);
}

static GenTensor *
remainder_double (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *operands[2] = { rare (graph, x[0], 60000, GEN_TYPE_FLOAT64, error),
    cast (graph, x[1], GEN_TYPE_FLOAT64, error) };

  return gen_graph_op (graph, "Mod", operands, 2, 1, error, "fmod", GEN_INT, 1, NULL);
}

static GenTensor *
less_double (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_binary (graph, "Less", cast (graph, x[0], GEN_TYPE_FLOAT64, error),
      cast (graph, x[1], GEN_TYPE_FLOAT64, error), error);
}

static GenTensor *
reduce_double (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *y = gen_unary (graph, "Sqrt", cast (graph, x[0], GEN_TYPE_FLOAT64, error), error);

  return gen_graph_op (graph, "ReduceMax",
      (GenTensor *[]){
          gen_unary (graph, "Neg", y, error), gen_graph_ints (graph, (gint64[]){ 1 }, 1) },
      2, 1, error, NULL);
}

static const Case cases[] = {
  { "concat-rows", { GEN_SHAPE (3, 41, 35), GEN_SHAPE (2, 41, 35) }, concat_rows },
  { "concat-columns", { GEN_SHAPE (3, 41, 64), GEN_SHAPE (3, 41, 12) }, concat_columns },
  { "concat-odd-columns", { GEN_SHAPE (3, 41, 33), GEN_SHAPE (3, 41, 5) }, concat_columns },
  { "concat-half", { GEN_SHAPE (3, 41, 32), GEN_SHAPE (3, 41, 18) }, concat_half },
  { "concat-channels", { GEN_SHAPE (2, 5, 9, 7), GEN_SHAPE (2, 12, 9, 7) }, concat_channels },
  { "concat-layouts", { GEN_SHAPE (2, 5, 9, 7), GEN_SHAPE (2, 12, 9, 7) }, concat_layouts },
  { "concat-many", { GEN_SHAPE (37, 35) }, concat_many },
  { "convert-few", { GEN_SHAPE (2, 3, 33, 35) }, convert },
  { "convert-many", { GEN_SHAPE (3, 37, 13, 11) }, convert },
  { "split", { GEN_SHAPE (3, 41, 35) }, split },
  { "split-columns", { GEN_SHAPE (41, 36) }, split_columns },
  { "pad-constant", { GEN_SHAPE (2, 3, 17, 19) }, pad_constant },
  { "pad-edge", { GEN_SHAPE (2, 3, 17, 19) }, pad_edge },
  { "pad-reflect", { GEN_SHAPE (2, 4, 17, 19) }, pad_reflect },
  { "pad-wrap", { GEN_SHAPE (2, 3, 17, 9) }, pad_wrap },
  { "gather-rows", { GEN_SHAPE (47, 20) }, gather_rows },
  { "gather-columns", { GEN_SHAPE (3, 41, 35) }, gather_columns },
  { "gather-elements", { GEN_SHAPE (3, 41, 35) }, gather_elements },
  { "gather-tuples", { GEN_SHAPE (3, 3, 35) }, gather_tuples },
  { "gather-batches", { GEN_SHAPE (3, 41, 8) }, gather_batches },
  { "scatter", { GEN_SHAPE (3, 41, 35), GEN_SHAPE (3, 60, 30) }, scatter_over },
  { "scatter-add", { GEN_SHAPE (3, 41, 35), GEN_SHAPE (3, 60, 30) }, scatter_add },
  { "scatter-min", { GEN_SHAPE (700, 3), GEN_SHAPE (700, 9) }, scatter_min },
  { "scatter-integers", { GEN_SHAPE (3, 41), GEN_SHAPE (3, 300) }, scatter_integers },
  { "scatter-slices", { GEN_SHAPE (20, 35), GEN_SHAPE (50, 35) }, scatter_slices_over },
  { "scatter-slices-mul", { GEN_SHAPE (20, 35), GEN_SHAPE (50, 35) }, scatter_slices_mul },
  { "scatter-slices-in-batches", { GEN_SHAPE (3, 20, 16), GEN_SHAPE (3, 50, 16) },
      scatter_slices_in_batches },
  { "gather-gradient", { GEN_SHAPE (3, 41, 35) }, gather_gradient },
  { "slice-gradient", { GEN_SHAPE (3, 41, 35) }, slice_gradient },
  { "phase-shuffle", { GEN_SHAPE (6, 5, 35), GEN_SHAPE (3) }, phase_shuffle },
  { "phase-shuffle-gradient", { GEN_SHAPE (6, 5, 35), GEN_SHAPE (3) }, phase_shuffle_gradient },
  { "multiply-int16", { GEN_SHAPE (3, 41, 35), GEN_SHAPE (41, 1) }, multiply_int16 },
  { "divide-uint32", { GEN_SHAPE (3, 41, 35), GEN_SHAPE (3, 41, 35) }, divide_uint32 },
  { "largest-uint64", { GEN_SHAPE (41, 35), GEN_SHAPE (35) }, largest_uint64 },
  { "remainder-double", { GEN_SHAPE (3, 41, 35), GEN_SHAPE (41, 1) }, remainder_double },
  { "less-double", { GEN_SHAPE (41, 35), GEN_SHAPE (3, 1, 35) }, less_double },
  { "reduce-double", { GEN_SHAPE (37, 1031) }, reduce_double },
  { "shift", { GEN_SHAPE (3, 41, 35), GEN_SHAPE (41, 1) }, shift },
};

static void
fill (const GenPlan *plan)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (5, "test", i);

    gen_random_uniform (&random, 0, 0, input->data, input->size / sizeof (float));
  }
}

static GenPlan *
plan_new (GenGraph *graph, const GenDevice *device)
{
  return plan_run (
      graph, &(GenPlanOptions){ .threads = 2, .device = device, .no_fusion = TRUE }, fill);
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GenGraph) graph = gen_graph_new (test->name);
  g_autoptr (GError) error = NULL;
  GenTensor *x[MAX_INPUTS], *y;

  for (int i = 0; i < MAX_INPUTS && test->shapes[i].rank > 0; i++)
    x[i] = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &test->shapes[i]);
  y = test->build (graph, x, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < y->producer->outputs->len; i++)
    gen_graph_add_output (graph, gen_node_output (y->producer, i));

  g_autoptr (GenPlan) cpu = plan_new (graph, NULL), device = plan_new (graph, &gen_device_cuda);
  for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
    const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);

    g_assert_cmpmem (a->data, a->size, b->data, b->size);
  }
  assert_on_device (test->name, device);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/device/indices/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  return g_test_run ();
}
