/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackSound and UnpackSound against plain loops, over every kind of buffer. */
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

typedef struct {
  gint64 sounds, channels, length, skip, keep;
  gboolean int16, channels_last;
  float full_scale;
} Case;

static const Case cases[] = {
  { 1, 1, 1, 0, 1, FALSE, FALSE, 1 },
  { 1, 1, 16384, 0, 16384, TRUE, FALSE, 1 },
  { 1, 2, 4801, 0, 4801, TRUE, FALSE, 1 },
  { 1, 2, 4801, 0, 4801, TRUE, TRUE, 1 },
  { 3, 2, 1025, 0, 1025, FALSE, FALSE, 32768 },
  { 3, 2, 1500, 200, 1100, TRUE, FALSE, 32768 },
  { 2, 6, 77, 7, 70, FALSE, TRUE, 0.5f },
  { 70, 1, 9, 3, 0, TRUE, FALSE, 1 },
};

static GenPlan *
compile (const Case *c, gboolean pack, int threads)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("sound");
  GenPlanOptions options = { .threads = threads };
  const GenShape numbers = c->channels_last ? GEN_SHAPE (c->sounds, c->length, c->channels)
                                            : GEN_SHAPE (c->sounds, c->channels, c->length);
  const gint64 bytes = c->sounds * c->length * c->channels * (c->int16 ? 2 : 4);
  GenTensor *x = pack ? gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &numbers)
                      : gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (bytes));
  GenTensor *y = gen_graph_add_value (graph, "y");
  g_autoptr (GError) error = NULL;
  GenNode *node = gen_graph_add_node (graph, "node", "generative",
      pack ? "PackSound" : "UnpackSound", GEN_OPSET, &x, 1, &y, 1, &error);
  GenPlan *plan;

  g_assert_no_error (error);
  gen_node_set_int (node, "int16", c->int16);
  gen_node_set_int (node, "channels_last", c->channels_last);
  gen_node_set_float (node, "full_scale", c->full_scale);
  if (pack) {
    gen_node_set_int (node, "skip", c->skip);
    gen_node_set_int (node, "keep", c->keep);
  } else {
    gen_node_set_int (node, "channels", c->channels);
    gen_node_set_int (node, "length", c->length);
  }
  gen_graph_add_output (graph, y);
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  return plan;
}

/* Where sample `t` of a channel lies in the tensor. */
static gsize
place (const Case *c, gint64 sound, gint64 channel, gint64 t)
{
  return (gsize)(c->channels_last ? (sound * c->length + t) * c->channels + channel
                                  : (sound * c->channels + channel) * c->length + t);
}

static float
expected_sample (const Case *c, float x)
{
  const float v = x * ((c->int16 ? 32768.0f : 1.0f) / c->full_scale);

  if (!isfinite (v))
    return 0;
  return c->int16 ? rintf (fminf (fmaxf (v, -32768), 32767)) : v;
}

static void
check_pack (const Case *c, GenPlan *plan)
{
  const GenBinding *output = gen_plan_output (plan, 0);
  float *x = gen_plan_input (plan, 0)->data;
  const gsize n = (gsize)(c->sounds * c->channels * c->length);
  GenRandom random = gen_random_new (1, "sound", 0);
  gsize at = 0;

  gen_random_normal (&random, 0, 0, x, n);
  for (gsize i = 0; i < n; i++)
    x[i] *= c->full_scale;
  x[n / 2] = NAN;
  x[n / 3] = -INFINITY;
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpuint (
      output->size, ==, (gsize)(c->sounds * c->channels * c->keep) * (c->int16 ? 2 : 4));
  for (gint64 s = 0; s < c->sounds; s++)
    for (gint64 t = c->skip; t < c->skip + c->keep; t++)
      for (gint64 k = 0; k < c->channels; k++, at++) {
        const float wanted = expected_sample (c, x[place (c, s, k, t)]);

        g_assert_cmpfloat (
            c->int16 ? (float)((gint16 *)output->data)[at] : ((float *)output->data)[at], ==,
            wanted);
      }
}

static void
check_unpack (const Case *c, GenPlan *plan)
{
  const GenBinding *input = gen_plan_input (plan, 0);
  const float *out = gen_plan_output (plan, 0)->data;
  const gsize n = input->size / (c->int16 ? 2 : 4);
  GenRandom random = gen_random_new (2, "sound", 0);
  gsize at = 0;

  for (gsize i = 0; i < n; i++) {
    const int sample = (int)gen_random_below (&random, 0, i, 65536) - 32768;

    if (c->int16)
      ((gint16 *)input->data)[i] = (gint16)sample;
    else
      ((float *)input->data)[i] = (float)sample / 30000;
  }
  g_assert_true (gen_plan_run (plan, NULL));
  for (gint64 s = 0; s < c->sounds; s++)
    for (gint64 t = 0; t < c->length; t++)
      for (gint64 k = 0; k < c->channels; k++, at++) {
        const float sample =
            c->int16 ? ((gint16 *)input->data)[at] / 32768.0f : ((float *)input->data)[at];

        g_assert_cmpfloat_with_epsilon (
            out[place (c, s, k, t)], sample * c->full_scale, 1e-6 * c->full_scale);
      }
}

static void
test_cases (gconstpointer data)
{
  const gboolean pack = GPOINTER_TO_INT (data);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int threads = 1; threads <= 3; threads++) {
      g_autoptr (GenPlan) plan = compile (&cases[i], pack, threads);

      (pack ? check_pack : check_unpack) (&cases[i], plan);
    }
}

/* What does not fit is an error that says so. */
static void
test_refused (void)
{
  const struct {
    const char *op, *attribute;
    gint64 value;
    GenDataType type;
    GenShape shape;
    const char *said;
  } refused[] = {
    { "PackSound", "keep", 11, GEN_TYPE_FLOAT32, GEN_SHAPE (1, 1, 10), "*skip and keep*" },
    { "PackSound", "skip", -1, GEN_TYPE_FLOAT32, GEN_SHAPE (1, 1, 10), "*skip and keep*" },
    { "PackSound", "skip", 0, GEN_TYPE_FLOAT32, GEN_SHAPE (1, 10), "*float32*" },
    { "UnpackSound", "length", 3, GEN_TYPE_UINT8, GEN_SHAPE (10), "*whole sounds*" },
    { "UnpackSound", "length", 0, GEN_TYPE_UINT8, GEN_SHAPE (8), "*whole sounds*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("refused");
    GenTensor *x = gen_graph_add_input (graph, "x", refused[i].type, &refused[i].shape);
    GenTensor *y = gen_graph_add_value (graph, "y");
    g_autoptr (GError) error = NULL;
    GenNode *node = gen_graph_add_node (
        graph, "node", "generative", refused[i].op, GEN_OPSET, &x, 1, &y, 1, &error);

    gen_node_set_int (node, refused[i].attribute, refused[i].value);
    gen_graph_add_output (graph, y);
    g_assert_null (gen_plan_new (graph, NULL, &error));
    g_assert_nonnull (error);
    g_assert_true (g_pattern_match_simple (refused[i].said, error->message));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sound/pack", GINT_TO_POINTER (TRUE), test_cases);
  g_test_add_data_func ("/sound/unpack", GINT_TO_POINTER (FALSE), test_cases);
  g_test_add_func ("/sound/refused", test_refused);
  return g_test_run ();
}
