/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that choose elements by indices, and those whose values decide on shapes: gradients,
 * hostile indices and clear refusals. Values are checked by ONNX's own tests. */
#include "cases.h"

#include <generative/plan.h>

#include <string.h>

static GenTensor *
indices (GenGraph *graph, const GenShape *shape, const gint64 *values)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, shape,
      g_bytes_new (values, gen_shape_elements (shape) * sizeof *values));
}

/* Of [2, 3] along axis 1, with one that comes twice and a negative one. */
static const gint64 elements[] = { 2, 0, 2, -1, 1, 1 };

static GenTensor *
build_gather_elements (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "GatherElements",
      (GenTensor *[]){ x[0], indices (graph, &GEN_SHAPE (2, 3), elements) }, 2, 1, error, "axis",
      GEN_INT, 1, NULL);
}

static GenTensor *
scatter_elements (GenGraph *graph, GenTensor *const *x, const gint64 *values, int axis,
    const char *reduction, GError **error)
{
  return gen_graph_op (graph, "ScatterElements",
      (GenTensor *[]){ x[0], indices (graph, &x[1]->shape, values), x[1] }, 3, 1, error, "axis",
      GEN_INT, axis, "reduction", GEN_STRING, reduction, NULL);
}

static GenTensor *
build_scatter_elements (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter_elements (graph, x, (gint64[]){ 2, 0, 1, -1, 0, 1 }, 1, "none", error);
}

static GenTensor *
build_scatter_add (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return scatter_elements (graph, x, (gint64[]){ 1, 0, 1, 1, 0, 1 }, 0, "add", error);
}

static GenTensor *
build_gather_nd (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "GatherND",
      (GenTensor *[]){ x[0], indices (graph, &GEN_SHAPE (3, 2), (gint64[]){ 0, 1, 1, -1, 0, 1 }) },
      2, 1, error, NULL);
}

static GenTensor *
build_gather_nd_batch (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "GatherND",
      (GenTensor *[]){ x[0], indices (graph, &GEN_SHAPE (2, 2, 1), (gint64[]){ 2, 2, 0, 1 }) }, 2,
      1, error, "batch_dims", GEN_INT, 1, NULL);
}

static GenTensor *
build_scatter_nd (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ScatterND",
      (GenTensor *[]){ x[0], indices (graph, &GEN_SHAPE (2, 1), (gint64[]){ 2, 0 }), x[1] }, 3, 1,
      error, NULL);
}

static GenTensor *
build_scatter_nd_add (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ScatterND",
      (GenTensor *[]){ x[0], indices (graph, &GEN_SHAPE (2, 1), (gint64[]){ 1, 1 }), x[1] }, 3, 1,
      error, "reduction", GEN_STRING, "add", NULL);
}

static GenTensor *
build_tril (GenGraph *graph, GenTensor *const *x, GError **error)
{
  gint64 k = -1;

  return gen_graph_op (graph, "Trilu",
      (GenTensor *[]){ x[0], indices (graph, &GEN_SHAPE_SCALAR, &k) }, 2, 1, error, "upper",
      GEN_INT, 0, NULL);
}

static GenTensor *
build_cumsum (GenGraph *graph, GenTensor *const *x, GError **error)
{
  gint64 axis = 1;

  return gen_graph_op (graph, "CumSum", (GenTensor *[]){ x[0], gen_graph_ints (graph, &axis, 1) },
      2, 1, error, "exclusive", GEN_INT, 1, NULL);
}

static GenTensor *
build_topk (GenGraph *graph, GenTensor *const *x, GError **error)
{
  gint64 k = 2;

  return gen_graph_op (graph, "TopK", (GenTensor *[]){ x[0], gen_graph_ints (graph, &k, 1) }, 2, 2,
      error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
build_reverse_sequence (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ReverseSequence",
      (GenTensor *[]){ x[0], indices (graph, &GEN_SHAPE (2), (gint64[]){ 3, 2 }) }, 2, 1, error,
      "time_axis", GEN_INT, 1, "batch_axis", GEN_INT, 0, NULL);
}

#define BUILD_EINSUM(id, equation, n)                                                              \
  static GenTensor *build_einsum_##id (GenGraph *graph, GenTensor *const *x, GError **error)       \
  {                                                                                                \
    return gen_graph_op (graph, "Einsum", x, n, 1, error, "equation", GEN_STRING, equation, NULL); \
  }

BUILD_EINSUM (attention, "bhid, bhjd -> bhij", 2)
BUILD_EINSUM (diagonal, "...ii -> ...i", 1)
BUILD_EINSUM (three, "ij,jk,kl->li", 3)
BUILD_EINSUM (outer, "i,j", 2)
BUILD_EINSUM (sums, "ij,kj->k", 2)

static const Case cases[] = {
  { "GatherElements", { { 2, { 2, 3 } } }, .build = build_gather_elements },
  { "ScatterElements", { { 2, { 2, 4 } }, { 2, { 2, 3 } } }, .build = build_scatter_elements },
  { "ScatterElements (add)", { { 2, { 2, 3 } }, { 2, { 2, 3 } } }, .build = build_scatter_add },
  { "GatherND", { { 3, { 2, 3, 2 } } }, .build = build_gather_nd },
  { "GatherND (batch)", { { 3, { 2, 3, 2 } } }, .build = build_gather_nd_batch },
  { "ScatterND", { { 2, { 3, 4 } }, { 2, { 2, 4 } } }, .build = build_scatter_nd },
  { "ScatterND (add)", { { 2, { 3, 4 } }, { 2, { 2, 4 } } }, .build = build_scatter_nd_add },
  { "Trilu", { { 3, { 2, 3, 4 } } } },
  { "Trilu (lower)", { { 2, { 4, 3 } } }, .build = build_tril },
  { "CumSum", { { 3, { 2, 3, 2 } } }, .build = build_cumsum },
  { "TopK", { { 2, { 3, 5 } } }, .build = build_topk },
  { "ReverseSequence", { { 3, { 2, 4, 2 } } }, .build = build_reverse_sequence },
  { "Einsum (attention)", { { 4, { 2, 2, 3, 4 } }, { 4, { 2, 2, 5, 4 } } },
      .build = build_einsum_attention },
  { "Einsum (diagonal)", { { 3, { 2, 3, 3 } } }, .build = build_einsum_diagonal },
  { "Einsum (three)", { { 2, { 2, 3 } }, { 2, { 3, 4 } }, { 2, { 4, 2 } } },
      .build = build_einsum_three },
  { "Einsum (outer)", { { 1, { 3 } }, { 1, { 4 } } }, .build = build_einsum_outer },
  { "Einsum (sums)", { { 2, { 2, 3 } }, { 2, { 4, 3 } } }, .build = build_einsum_sums },
};

/* Indices that are data may be anything: the nearest place counts. */
static void
test_wild_indices (void)
{
  static const char *const ops[] = { "GatherElements", "GatherND" };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new (ops[i]);
    GenTensor *x = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (3));
    GenTensor *at = gen_graph_add_input (
        graph, NULL, GEN_TYPE_INT64, i == 0 ? &GEN_SHAPE (3) : &GEN_SHAPE (3, 1));
    g_autoptr (GenPlan) plan = NULL;

    gen_graph_add_output (graph, gen_binary (graph, ops[i], x, at, &error));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    memcpy (gen_plan_input (plan, 0)->data, ((float[]){ 1, 2, 3 }), 12);
    memcpy (gen_plan_input (plan, 1)->data, ((gint64[]){ G_MININT64, G_MAXINT64, -2 }), 24);
    g_assert_true (gen_plan_run (plan, NULL));
    g_assert_cmpmem (gen_plan_output (plan, 0)->data, 12, ((float[]){ 1, 3, 2 }), 12);
  }
}

/* Threads share the work where updates cannot meet; the sums come out the same. */
static void
test_scatter_threads (void)
{
  enum { ROWS = 300, COLUMNS = 200 };
  g_autofree float *first = NULL;

  for (int threads = 1; threads <= 3; threads++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("scatter");
    GenPlanOptions options = { .threads = threads };
    g_autoptr (GenPlan) plan = NULL;
    GenTensor *x[3] = { gen_graph_add_input (
                            graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (ROWS, COLUMNS)),
      gen_graph_add_input (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (ROWS, COLUMNS)),
      gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (ROWS, COLUMNS)) };
    const GenBinding *y;
    double total = 0;

    gen_graph_add_output (graph, gen_graph_op (graph, "ScatterElements", x, 3, 1, &error,
                                     "reduction", GEN_STRING, "add", NULL));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, &options, &error);
    g_assert_no_error (error);
    memset (gen_plan_input (plan, 0)->data, 0, gen_plan_input (plan, 0)->size);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      ((gint64 *)gen_plan_input (plan, 1)->data)[i] = i * 7 % 13;
      ((float *)gen_plan_input (plan, 2)->data)[i] = (float)(i % 101);
      total += i % 101;
    }
    g_assert_true (gen_plan_run (plan, NULL));
    y = gen_plan_output (plan, 0);
    if (first == NULL)
      first = g_memdup2 (y->data, y->size);
    g_assert_cmpmem (first, y->size, y->data, y->size);
    for (int i = 0; i < ROWS * COLUMNS; i++)
      total -= first[i];
    g_assert_cmpfloat (total, ==, 0);
  }
}

/* Shapes that hang on data are worked out where the data is known, and refused otherwise. */
static void
test_value_decides (void)
{
  const float values[] = { 0, 3, 0, -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("nonzero");
  GenTensor *known = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new (values, sizeof values));
  GenTensor *given = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4));
  GenTensor *places = gen_unary (graph, "NonZero", known, &error);

  g_assert_no_error (error);
  g_assert_true (gen_shape_equal (&places->shape, &GEN_SHAPE (1, 2)));
  g_assert_cmpmem (gen_tensor_constant (places), 16, ((gint64[]){ 1, 3 }), 16);
  g_assert_null (gen_unary (graph, "NonZero", given, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "'x'"));
}

/* Equations that do not fit their operands are refused with a reason. */
static void
test_bad_equations (void)
{
  static const char *const equations[] = { "", "ij,jk", "ijk->i", "i->i", "ij->k", "ij->ii",
    "i!->i", "ij->ij,", "...ijk->i", "jj->j" };

  for (guint i = 0; i < G_N_ELEMENTS (equations); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("einsum");
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3));

    g_assert_null (gen_graph_op (
        graph, "Einsum", &x, 1, 1, &error, "equation", GEN_STRING, equations[i], NULL));
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_cases ("indexing", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/indexing/wild-indices", test_wild_indices);
  g_test_add_func ("/indexing/scatter-threads", test_scatter_threads);
  g_test_add_func ("/indexing/value-decides", test_value_decides);
  g_test_add_func ("/indexing/bad-equations", test_bad_equations);
  return g_test_run ();
}
