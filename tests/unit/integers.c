/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Products of 8-bit integers against three plain loops, in all signs, at extents around those of
 * the tiles, with extreme values; and rounding, which is to even. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <string.h>

typedef struct {
  gint64 m, n, k;
  GenDataType a, b;
  gboolean constant; /* B */
  int threads;
} Product;

/* Bytes of all values, the extremes among them more often than by chance. */
static void
fill (guint8 *data, gsize n, guint64 seed)
{
  static const guint8 extremes[] = { 0, 127, 128, 255 };
  GenRandom random = gen_random_new (seed, "test", 0);

  for (gsize i = 0; i < n; i++) {
    guint32 r = gen_random_below (&random, 0, i, 320);

    data[i] = r < 256 ? r : extremes[r % 4];
  }
}

static int
value (GenDataType type, const guint8 *data, gsize i)
{
  return type == GEN_TYPE_INT8 ? (gint8)data[i] : data[i];
}

static GenTensor *
constant (GenGraph *graph, GenDataType type, gint64 n, guint64 seed, guint8 *copy)
{
  fill (copy, n, seed);
  return gen_graph_add_constant (graph, NULL, type, &GEN_SHAPE (n), g_bytes_new (copy, n));
}

static void
check_product (const Product *p)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GenPlan) plan = NULL;
  g_autofree guint8 *a = g_malloc (p->m * p->k), *b = g_malloc (p->k * p->n);
  g_autofree guint8 *a_zero = g_malloc (p->m), *b_zero = g_malloc (p->n);
  GenTensor *inputs[4];
  const gint32 *c;

  fill (a, p->m * p->k, 1);
  fill (b, p->k * p->n, 2);
  inputs[0] = gen_graph_add_input (graph, "a", p->a, &GEN_SHAPE (p->m, p->k));
  if (p->constant)
    inputs[1] = gen_graph_add_constant (
        graph, "b", p->b, &GEN_SHAPE (p->k, p->n), g_bytes_new (b, p->k * p->n));
  else
    inputs[1] = gen_graph_add_input (graph, "b", p->b, &GEN_SHAPE (p->k, p->n));
  inputs[2] = constant (graph, p->a, p->m, 3, a_zero);
  inputs[3] = constant (graph, p->b, p->n, 4, b_zero);
  gen_graph_add_output (graph, gen_graph_op (graph, "MatMulInteger", inputs, 4, 1, &error, NULL));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = p->threads }, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, a, p->m * p->k);
  if (!p->constant)
    memcpy (gen_plan_input (plan, 1)->data, b, p->k * p->n);
  g_assert_true (gen_plan_run (plan, NULL));
  c = gen_plan_output (plan, 0)->data;
  for (gint64 i = 0; i < p->m; i++)
    for (gint64 j = 0; j < p->n; j++) {
      gint32 sum = 0;

      for (gint64 l = 0; l < p->k; l++)
        sum += (value (p->a, a, i * p->k + l) - value (p->a, a_zero, i)) *
               (value (p->b, b, l * p->n + j) - value (p->b, b_zero, j));
      g_assert_cmpint (c[i * p->n + j], ==, sum);
    }
}

static void
test_products (void)
{
  static const gint64 extents[][3] = { { 1, 1, 1 }, { 2, 33, 3 }, { 17, 31, 64 }, { 31, 8, 67 },
    { 33, 65, 129 }, { 100, 70, 200 }, { 3, 400, 90 } };
  static const GenDataType types[] = { GEN_TYPE_UINT8, GEN_TYPE_INT8 };

  for (guint e = 0; e < G_N_ELEMENTS (extents); e++)
    for (int kind = 0; kind < 8; kind++)
      check_product (&(Product){ .m = extents[e][0],
          .n = extents[e][1],
          .k = extents[e][2],
          .a = types[kind & 1],
          .b = types[kind >> 1 & 1],
          .constant = kind >> 2,
          .threads = 1 + e % 3 });
}

static void
test_rounding (void)
{
  static const float x[] = { -2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 200, -200 };
  static const gint8 expected[] = { -2, -2, 0, 0, 2, 2, 127, -128 };
  static const gint8 zero = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("rounding");
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *inputs[] = { gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (8)),
    gen_graph_float (graph, 1),
    gen_graph_add_constant (
        graph, NULL, GEN_TYPE_INT8, &GEN_SHAPE_SCALAR, g_bytes_new_static (&zero, 1)) };

  gen_graph_add_output (graph, gen_graph_op (graph, "QuantizeLinear", inputs, 3, 1, &error, NULL));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, x, sizeof x);
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpmem (gen_plan_output (plan, 0)->data, 8, expected, sizeof expected);
}

/* Sums of nothing are zeros. */
static void
test_no_terms (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("no-terms");
  GenTensor *inputs[] = { gen_graph_add_input (graph, "a", GEN_TYPE_UINT8, &GEN_SHAPE (5, 0)),
    gen_graph_add_constant (graph, "b", GEN_TYPE_INT8, &GEN_SHAPE (0, 6), g_bytes_new (NULL, 0)) };
  g_autoptr (GenPlan) plan = NULL;

  gen_graph_add_output (graph, gen_graph_op (graph, "MatMulInteger", inputs, 2, 1, &error, NULL));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpuint (gen_plan_output (plan, 0)->size, ==, 5 * 6 * sizeof (gint32));
  for (int i = 0; i < 5 * 6; i++)
    g_assert_cmpint (((gint32 *)gen_plan_output (plan, 0)->data)[i], ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/integers/products", test_products);
  g_test_add_func ("/integers/rounding", test_rounding);
  g_test_add_func ("/integers/no-terms", test_no_terms);
  return g_test_run ();
}
