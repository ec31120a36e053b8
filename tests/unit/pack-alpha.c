/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackPicture with alpha as an input of its own: byte for byte what it makes of all channels in
 * one, however these lie, and wherever alpha goes. */
#include <generative/model.h>
#include <generative/operator.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

enum { FRAMES = 2 };

typedef struct {
  int channels, height, width; /* but for alpha */
  int n_order, order[4];
  gboolean planar, kept;
} Case;

static const Case cases[] = {
  { 3, 9, 33, 4, { 0, 1, 2, 3 } },
  { 3, 9, 33, 4, { 2, 1, 0, 3 } },
  { 3, 9, 33, 4, { 3, 0, 1, 2 } },
  { 3, 3, 1200, 4, { 2, 1, 0, 3 } },
  { 3, 5, 600, 4, { 0, 1, 2, 3 }, .planar = TRUE },
  { 3, 9, 33, 4, { 0, 1, 2, 3 }, .kept = TRUE },
  { 3, 5, 600, 4, { 2, 1, 0, 3 }, .kept = TRUE },
  { 3, 5, 16, 3, { 0, 1, 2 } },
  { 1, 7, 40, 2, { 0, 1 } },
  { 1, 7, 40, 4, { 0, 0, 0, 1 } },
};

static int
planes_of (const Case *c)
{
  return c->planar ? c->n_order : 1;
}

static gsize
plane_size (const Case *c)
{
  return (gsize)(c->height * c->width * (c->planar ? 1 : c->n_order));
}

/* Colours, as they are or as a convolution leaves them, which an activation bounds. */
static GenTensor *
add_colours (GenGraph *graph, const Case *c, gboolean convolve, GError **error)
{
  const GenShape shape = GEN_SHAPE (FRAMES, c->channels, c->height, c->width);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  const gsize n = (gsize)(c->channels * c->channels);
  float *weights = g_new (float, n);

  if (convolve) {
    for (gsize i = 0; i < n; i++)
      weights[i] = (float)(i % 5) - 1.5f;
    x = gen_binary (graph, "Conv", x,
        gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
            &GEN_SHAPE (c->channels, c->channels, 1, 1),
            g_bytes_new (weights, n * sizeof *weights)),
        error);
  }
  g_free (weights);
  return gen_graph_op (graph, "Clip",
      (GenTensor *[]){ x, gen_graph_float (graph, -0.25f), gen_graph_float (graph, 0.25f) }, 3, 1,
      error, NULL);
}

static GenNode *
add_pack (GenGraph *graph, const Case *c, GenTensor *const *operands, int n, GError **error)
{
  static const float mean[] = { 0.5f, 0.4f, 0.3f, 0.2f }, std[] = { 0.5f, 0.25f, 0.3f, 0.6f };
  const int all = c->channels + 1, planes = FRAMES * planes_of (c);
  GenTensor *outputs[4 * FRAMES];
  gint64 order[4];
  GenNode *node;

  for (int i = 0; i < planes; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, "generative", "PackPicture", GEN_OPSET, operands, n, outputs, planes, error);
  for (int i = 0; i < c->n_order; i++)
    order[i] = c->order[i];
  gen_node_set_ints (node, "order", order, c->n_order);
  gen_node_set_int (node, "planar", c->planar);
  gen_node_set_floats (node, "mean", mean, all);
  gen_node_set_floats (node, "std", std, all);
  if (!node->op->infer (node, error))
    return NULL;
  for (int i = 0; i < planes; i++)
    gen_graph_add_output (graph, outputs[i]);
  return node;
}

/* The plan, whose inputs are colours, alpha, and what is kept. */
static GenPlan *
compile (const Case *c, gboolean convolve, gboolean apart)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  GenTensor *colours = add_colours (graph, c, convolve, &error);
  GenTensor *alpha = gen_graph_add_input (
      graph, "alpha", GEN_TYPE_FLOAT32, &GEN_SHAPE (FRAMES, 1, c->height, c->width));
  GenTensor *kept =
      c->kept ? gen_graph_add_input (graph, "kept", GEN_TYPE_INT32, &GEN_SHAPE (FRAMES, 4)) : NULL;
  GenTensor *all = NULL;
  GenPlan *plan;

  if (!apart)
    all = gen_graph_op (
        graph, "Concat", (GenTensor *[]){ colours, alpha }, 2, 1, &error, "axis", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  add_pack (graph, c, (GenTensor *[]){ apart ? colours : all, kept, alpha },
      apart          ? 3
      : kept != NULL ? 2
                     : 1,
      &error);
  g_assert_no_error (error);
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 2 }, &error);
  g_assert_no_error (error);
  return plan;
}

static guint8 *
run (GenPlan *plan, const Case *c, float worst)
{
  static const gint32 kept[] = { 1, 2, 3, 12, 0, 0, 5, 16 };
  const gsize pixels = (gsize)(FRAMES * c->height * c->width), size = plane_size (c);
  const int planes = FRAMES * planes_of (c);
  g_autofree float *x = g_new (float, pixels * c->channels), *alpha = g_new (float, pixels);
  GenRandom random = gen_random_new (3, "numbers", 0), other = gen_random_new (4, "alpha", 0);
  guint8 *bytes = g_malloc (size * (gsize)planes);

  gen_random_normal (&random, 0, 0, x, pixels * (gsize)c->channels);
  gen_random_normal (&other, 0, 0, alpha, pixels);
  alpha[pixels - 1] = worst;
  memset (bytes, 0xA5, size * (gsize)planes);
  gen_plan_bind_input (plan, 0, x);
  gen_plan_bind_input (plan, 1, alpha);
  if (c->kept)
    gen_plan_bind_input (plan, 2, kept);
  for (int i = 0; i < planes; i++)
    gen_plan_bind_output (plan, (guint)i, bytes + (gsize)i * size);
  g_assert_true (gen_plan_run (plan, NULL));
  return bytes;
}

static void
test_bytes (void)
{
  for (gsize n = 0; n < G_N_ELEMENTS (cases); n++)
    for (int convolve = 0; convolve < 2; convolve++) {
      const Case *c = &cases[n];
      const gsize size = plane_size (c) * (gsize)(FRAMES * planes_of (c));
      g_autoptr (GenPlan) one = compile (c, convolve, FALSE), apart = compile (c, convolve, TRUE);
      g_autofree guint8 *wanted = run (one, c, 0.5f), *made = run (apart, c, 0.5f);

      g_assert_cmpmem (made, size, wanted, size);
      g_assert_cmpuint (gen_model_take_not_finite (apart), ==, 0);
    }
}

/* Though the activation of the colours bounds what is infinite there. */
static void
test_not_finite (void)
{
  static const float worst[] = { NAN, INFINITY, -INFINITY };

  for (gsize i = 0; i < G_N_ELEMENTS (worst); i++) {
    g_autoptr (GenPlan) plan = compile (&cases[0], TRUE, TRUE);
    g_autofree guint8 *made = run (plan, &cases[0], worst[i]);

    g_assert_cmpuint (gen_model_take_not_finite (plan), ==, 1 << (FRAMES - 1));
  }
}

static void
assert_refused (const GenShape *alpha, gboolean ycbcr, const char *why)
{
  const Case *c = &cases[0];
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  GenTensor *operands[] = { NULL, NULL,
    gen_graph_add_input (graph, "alpha", GEN_TYPE_FLOAT32, alpha) };
  GenTensor *outputs[2 * FRAMES];
  GenNode *node;

  operands[0] = gen_graph_add_input (
      graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (FRAMES, ycbcr ? 2 : 3, c->height, c->width));
  if (!ycbcr) {
    g_assert_null (add_pack (graph, c, operands, 3, &error));
  } else {
    for (int i = 0; i < 2 * FRAMES; i++)
      outputs[i] = gen_graph_add_value (graph, NULL);
    node = gen_graph_add_node (graph, NULL, "generative", "PackPicture", GEN_OPSET, operands, 3,
        outputs, 2 * FRAMES, &error);
    gen_node_set_floats (node, "luma", (const float[]){ 0.299f, 0.114f }, 2);
    g_assert_false (node->op->infer (node, &error));
  }
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, why));
}

static void
test_refused (void)
{
  assert_refused (&GEN_SHAPE (FRAMES, 2, 9, 33), FALSE, "alpha is one channel");
  assert_refused (&GEN_SHAPE (FRAMES, 1, 9, 32), FALSE, "alpha is one channel");
  assert_refused (&GEN_SHAPE (1, 1, 9, 33), FALSE, "alpha is one channel");
  assert_refused (&GEN_SHAPE (FRAMES, 1, 9, 33), TRUE, "has no alpha");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pack-alpha/bytes", test_bytes);
  g_test_add_func ("/pack-alpha/not-finite", test_not_finite);
  g_test_add_func ("/pack-alpha/refused", test_refused);
  return g_test_run ();
}
