/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Products by weights of 4 bits in blocks against plain loops in double: of few rows, which read
 * them as they are, and of more, whose weights become numbers; with zero points and without, where
 * blocks are of several sizes and the last one is not full. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>

#include "../reference.h"

typedef struct {
  const char *name;
  gint64 rows, n, k, block;
  gboolean zeros, few; /* it is few rows by many weights */
  int threads;
} Case;

static const Case cases[] = {
  { "one", 1, 1040, 1024, 32, FALSE, TRUE, 1 },
  { "zero-points", 1, 1040, 1024, 32, TRUE, TRUE, 2 },
  { "pair", 2, 1030, 1040, 64, TRUE, TRUE, 3 },
  { "two", 2, 1056, 1007, 128, FALSE, TRUE, 1 },
  { "wide", 1, 2050, 520, 32, TRUE, TRUE, 2 },
  { "many", 3, 1040, 1024, 32, TRUE, FALSE, 2 },
  { "small-blocks", 2, 1040, 1024, 16, TRUE, FALSE, 1 },
  { "few-weights", 2, 64, 96, 32, TRUE, FALSE, 1 },
};

typedef struct {
  guint8 *b, *zeros;
  float *x, *scales;
  gint64 blocks, zero_bytes;
} Data;

static void
data_clear (Data *data)
{
  g_free (data->b);
  g_free (data->zeros);
  g_free (data->x);
  g_free (data->scales);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Data, data_clear)

static guint8 *
draw_bytes (gint64 n, guint64 seed)
{
  const GenRandom random = gen_random_new (seed, "test", 0);
  guint8 *bytes = g_new (guint8, n);

  for (gint64 i = 0; i < n; i++)
    bytes[i] = (guint8)gen_random_below (&random, 0, (guint64)i, 256);
  return bytes;
}

static float *
draw_numbers (gint64 n, guint64 seed)
{
  const GenRandom random = gen_random_new (seed, "test", 0);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, (gsize)n);
  return numbers;
}

static void
data_init (Data *data, const Case *c)
{
  data->blocks = (c->k + c->block - 1) / c->block;
  data->zero_bytes = (data->blocks + 1) / 2;
  data->b = draw_bytes (c->n * data->blocks * c->block / 2, 1);
  data->zeros = draw_bytes (c->n * data->zero_bytes, 2);
  data->x = draw_numbers (c->rows * c->k, 3);
  data->scales = draw_numbers (c->n * data->blocks, 4);
}

static REFERENCE double
result_of (const Case *c, const Data *data, gint64 row, gint64 n, double *magnitude)
{
  double sum = 0;

  *magnitude = 0;
  for (gint64 k = 0; k < c->k; k++) {
    const gint64 block = k / c->block, at = n * data->blocks * c->block + k;
    const int weight = data->b[at / 2] >> (at % 2 * 4) & 15;
    const int zero =
        c->zeros ? data->zeros[n * data->zero_bytes + block / 2] >> (block % 2 * 4) & 15 : 8;
    const double scale = (double)data->scales[n * data->blocks + block];
    const double x = (double)data->x[row * c->k + k];

    sum += (weight - zero) * scale * x;
    *magnitude += (weight + zero) * fabs (scale * x);
  }
  return sum;
}

static GenPlan *
make_plan (const Case *c, const Data *data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  GenTensor *inputs[4], *y = gen_graph_add_value (graph, "y");
  const GenPlanOptions options = { .threads = c->threads };
  GenNode *node;
  GenPlan *plan;

  inputs[0] = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, c->rows, c->k));
  inputs[1] = gen_graph_add_constant (graph, "b", GEN_TYPE_UINT8,
      &GEN_SHAPE (c->n, data->blocks, c->block / 2),
      g_bytes_new (data->b, (gsize)(c->n * data->blocks * c->block / 2)));
  inputs[2] =
      gen_graph_add_constant (graph, "scales", GEN_TYPE_FLOAT32, &GEN_SHAPE (c->n * data->blocks),
          g_bytes_new (data->scales, (gsize)(c->n * data->blocks) * sizeof (float)));
  inputs[3] =
      gen_graph_add_constant (graph, "zeros", GEN_TYPE_UINT8, &GEN_SHAPE (c->n * data->zero_bytes),
          g_bytes_new (data->zeros, (gsize)(c->n * data->zero_bytes)));
  node = gen_graph_add_node (
      graph, NULL, "com.microsoft", "MatMulNBits", 1, inputs, c->zeros ? 4 : 3, &y, 1, &error);
  g_assert_no_error (error);
  gen_node_set_int (node, "N", c->n);
  gen_node_set_int (node, "K", c->k);
  gen_node_set_int (node, "bits", 4);
  gen_node_set_int (node, "block_size", c->block);
  gen_graph_add_output (graph, y);
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  return plan;
}

static gboolean
has_step (GenPlan *plan, const char *name)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);

  for (guint i = 0; i < steps->len; i++)
    if (g_str_equal (g_array_index (steps, GenStepInfo, i).node->op->name, name))
      return TRUE;
  return FALSE;
}

static void
test_product (gconstpointer user_data)
{
  const Case *c = user_data;
  g_auto (Data) data = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  const float *y;

  data_init (&data, c);
  plan = make_plan (c, &data);
  g_assert_true (has_step (plan, "BlockProduct") == c->few);
  /* Nothing else is left to be done in a run. */
  g_assert_false (has_step (plan, "UnpackBits") || has_step (plan, "Transpose"));
  gen_plan_bind_input (plan, 0, data.x);
  for (int run = 0; run < 2; run++)
    g_assert_true (gen_plan_run (plan, &error));
  y = gen_plan_output (plan, 0)->data;
  for (gint64 row = 0; row < c->rows; row++)
    for (gint64 n = 0; n < c->n; n += 7) {
      double magnitude;
      const double wanted = result_of (c, &data, row, n, &magnitude);

      g_assert_cmpfloat_with_epsilon ((double)y[row * c->n + n], wanted, 1e-6 * magnitude);
    }
  if (c->few)
    g_assert_cmpuint (gen_plan_constant_size (plan), <, (gsize)(c->n * c->k));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/block-products/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_product);
  }
  return g_test_run ();
}
