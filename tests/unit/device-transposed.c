/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which a device does a transposed convolution, each against the CPU: which one is
 * taken is written into the file of what was measured, and a way that the device does not know for
 * a case is replaced there by one that it does. */
#include <glib/gstdio.h>

#include "../scratch.h"
#include "device-compare.h"

#define AXES 3

/* Bits of `ways`. */
enum { BACKWARD = 1, PHASES = 2, JOINED = 4 };
static const char *const way_names[] = { "backward", "phases", "joined" };

typedef struct {
  const char *name;
  int batch, in_channels, out_channels, groups; /* 0: 1 */
  int rank;
  gint64 in[AXES], kernel[AXES], strides[AXES], pads[2 * AXES], more[AXES], dilations[AXES];
  int ways;
  const char *activation;
  float alpha;
  gboolean adds;    /* a tensor as large as the result, before the activation */
  gboolean changes; /* the weights are no constant */
  gboolean no_bias;
} Case;

static const Case cases[] = {
  { "even, 2 by 2 phases", 2, 12, 40, 0, 2, { 5, 7 }, { 4, 4 }, { 2, 2 }, { 1, 1, 1, 1 },
      .ways = BACKWARD | PHASES | JOINED, .activation = "Relu" },
  { "few channels", 1, 16, 3, 0, 2, { 9, 6 }, { 4, 4 }, { 2, 2 }, { 1, 1, 1, 1 },
      .ways = BACKWARD | PHASES | JOINED, .activation = "Tanh" },
  { "kernel of 3", 2, 8, 16, 0, 2, { 6, 5 }, { 3, 3 }, { 2, 2 }, { 1, 1, 1, 1 }, { 1, 1 },
      .ways = BACKWARD | PHASES | JOINED, .activation = "LeakyRelu", .alpha = 0.2f },
  { "kernel of 5, uneven padding", 1, 7, 9, 0, 2, { 4, 6 }, { 5, 5 }, { 2, 2 }, { 2, 1, 0, 2 },
      { 1, 0 }, .ways = BACKWARD | PHASES | JOINED },
  { "no bias", 1, 8, 8, 0, 2, { 3, 3 }, { 2, 2 }, { 2, 2 }, .ways = BACKWARD | PHASES | JOINED,
      .activation = "Relu", .no_bias = TRUE },
  { "another tensor", 2, 8, 24, 0, 2, { 4, 5 }, { 4, 4 }, { 2, 2 }, { 1, 1, 1, 1 },
      .ways = BACKWARD | PHASES | JOINED, .activation = "Relu", .adds = TRUE },
  { "another tensor, few channels", 1, 8, 5, 0, 2, { 4, 5 }, { 4, 3 }, { 2, 1 }, { 1, 1, 1, 1 },
      .ways = BACKWARD | PHASES | JOINED, .activation = "Sigmoid", .adds = TRUE },
  { "groups", 2, 12, 18, 3, 2, { 5, 4 }, { 4, 4 }, { 2, 2 }, { 1, 1, 1, 1 },
      .ways = BACKWARD | PHASES, .activation = "Relu" },
  { "a group each", 1, 6, 6, 6, 2, { 5, 4 }, { 3, 3 }, { 2, 2 }, { 1, 0, 1, 1 },
      .ways = BACKWARD | PHASES },
  { "stride 1", 2, 10, 12, 0, 2, { 6, 7 }, { 3, 3 }, { 1, 1 }, { 1, 1, 1, 1 },
      .ways = BACKWARD | PHASES, .activation = "Relu" },
  { "stride 1, dilated", 1, 10, 12, 0, 2, { 6, 7 }, { 3, 3 }, { 1, 1 }, { 2, 1, 0, 2 },
      .dilations = { 2, 3 }, .ways = BACKWARD | PHASES },
  { "stride 3", 1, 9, 11, 0, 2, { 4, 3 }, { 5, 3 }, { 3, 3 }, { 1, 0, 1, 0 }, { 2, 1 },
      .ways = BACKWARD | PHASES | JOINED },
  { "stride 4", 1, 6, 8, 0, 2, { 4, 3 }, { 8, 7 }, { 4, 4 }, { 2, 1, 2, 2 }, { 1, 3 },
      .ways = BACKWARD | PHASES | JOINED, .activation = "Relu" },
  { "strides of their own", 1, 6, 8, 0, 2, { 4, 3 }, { 4, 3 }, { 4, 1 },
      .ways = BACKWARD | PHASES | JOINED },
  { "much waste", 1, 6, 8, 0, 2, { 4, 3 }, { 5, 5 }, { 4, 4 }, .ways = BACKWARD | PHASES },
  { "one input", 3, 20, 8, 0, 2, { 1, 1 }, { 4, 4 }, { 1, 1 }, .ways = BACKWARD | JOINED,
      .activation = "Relu" },
  { "one input, cut", 3, 20, 8, 0, 2, { 1, 1 }, { 4, 4 }, { 2, 2 }, { 1, 1, 0, 1 },
      .ways = BACKWARD | JOINED },
  { "dilated", 1, 6, 8, 0, 2, { 4, 3 }, { 3, 3 }, { 2, 2 }, .dilations = { 2, 2 },
      .ways = BACKWARD },
  { "gaps", 1, 6, 8, 0, 2, { 4, 3 }, { 2, 2 }, { 3, 3 }, .ways = BACKWARD },
  { "sound", 2, 16, 8, 0, 1, { 13 }, { 16 }, { 8 }, { 4, 4 }, .ways = BACKWARD | PHASES | JOINED,
      .activation = "LeakyRelu", .alpha = 0.1f },
  { "volume", 1, 4, 8, 0, 3, { 3, 2, 4 }, { 4, 3, 4 }, { 2, 1, 2 }, { 1, 0, 1, 1, 1, 1 },
      { 0, 0, 1 }, .ways = BACKWARD | PHASES | JOINED, .activation = "Relu" },
  { "weights that change", 2, 12, 20, 0, 2, { 5, 4 }, { 4, 4 }, { 2, 2 }, { 1, 1, 1, 1 },
      .ways = BACKWARD | PHASES | JOINED, .activation = "Relu", .changes = TRUE },
  { "weights that change, groups", 2, 12, 18, 3, 2, { 5, 4 }, { 3, 3 }, { 2, 2 }, { 1, 1, 1, 1 },
      { 1, 1 }, .ways = BACKWARD | PHASES, .changes = TRUE },
};

static GenTensor *
constant (GenGraph *graph, const GenShape *shape, guint64 seed)
{
  gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);
  GenRandom random = gen_random_new (seed, "test", 0);

  gen_random_uniform (&random, 0, 0, values, n);
  for (gint64 i = 0; i < n; i++)
    values[i] = floorf (values[i] * 128 - 64) / 128;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof *values));
}

static GenGraph *
build (const Case *test)
{
  GenGraph *graph = gen_graph_new (test->name);
  const int groups = MAX (test->groups, 1);
  const gint64 ones[AXES] = { 1, 1, 1 };
  const gint64 *dilations = test->dilations[0] > 0 ? test->dilations : ones;
  GenShape shape = { .rank = 2 + test->rank, .dims = { test->batch, test->in_channels } };
  GenShape weights = { .rank = 2 + test->rank,
    .dims = { test->in_channels, test->out_channels / groups } };
  g_autoptr (GError) error = NULL;
  GenTensor *x[3], *y;

  for (int i = 0; i < test->rank; i++) {
    shape.dims[2 + i] = test->in[i];
    weights.dims[2 + i] = test->kernel[i];
  }
  x[0] = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &shape);
  x[1] = test->changes ? gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &weights)
                       : constant (graph, &weights, 1);
  x[2] = test->no_bias ? NULL : constant (graph, &GEN_SHAPE (test->out_channels), 2);
  y = gen_graph_op (graph, "ConvTranspose", x, test->no_bias ? 2 : 3, 1, &error, "strides",
      GEN_INTS, test->rank, test->strides, "pads", GEN_INTS, 2 * test->rank, test->pads,
      "output_padding", GEN_INTS, test->rank, test->more, "dilations", GEN_INTS, test->rank,
      dilations, "group", GEN_INT, groups, NULL);
  g_assert_no_error (error);
  if (test->adds)
    y = gen_binary (graph, "Add", y, gen_graph_add_input (graph, NULL, y->type, &y->shape), &error);
  if (test->activation != NULL)
    y = gen_graph_op (graph, test->activation, &y, 1, 1, &error, test->alpha > 0 ? "alpha" : NULL,
        GEN_FLOAT, test->alpha, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

/* What the file says of the one choice between ways; NULL: nothing. `way` is written there first
 * unless it is NULL. */
static char *
choice_of_way (const char *file, const char *way, gboolean *is_emulated)
{
  g_autoptr (GKeyFile) choices = g_key_file_new ();
  g_auto (GStrv) groups = NULL;
  g_auto (GStrv) keys = NULL;
  g_autoptr (GError) error = NULL;

  g_key_file_load_from_file (choices, file, 0, &error);
  g_assert_no_error (error);
  groups = g_key_file_get_groups (choices, NULL);
  g_assert_cmpuint (g_strv_length (groups), ==, 1);
  *is_emulated = strstr (groups[0], "emulation") != NULL;
  keys = g_key_file_get_keys (choices, groups[0], NULL, NULL);
  for (guint i = 0; keys[i] != NULL; i++) {
    if (!g_str_has_prefix (keys[i], "way of"))
      continue;
    if (way != NULL) {
      g_key_file_set_value (choices, groups[0], keys[i], way);
      g_assert_true (g_key_file_save_to_file (choices, file, NULL));
    }
    return g_key_file_get_value (choices, groups[0], keys[i], NULL);
  }
  return NULL;
}

static void
check_ways (const Case *test, GenPrecision precision, double bound)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *file = g_build_filename (folder, "choices", NULL);
  const GenPlanOptions options = { .threads = 2,
    .device = &gen_device_cuda,
    .precision = precision,
    .choice = GEN_CHOICE_MEASURE,
    .choices = file };
  g_autoptr (GenGraph) graph = build (test);
  g_autoptr (GenPlan) cpu = plan_run (graph, &(GenPlanOptions){ .threads = 2 }, fill_evenly);
  g_autoptr (GenPlan) measured = plan_run (graph, &options, fill_evenly);
  g_autoptr (GenPlan) by_rule = NULL;
  g_autofree char *first = NULL;
  gboolean is_emulated;

  assert_near (test->name, cpu, measured, bound);
  assert_on_device (test->name, measured);
  by_rule = plan_run (graph,
      &(GenPlanOptions){ .threads = 2, .device = &gen_device_cuda, .precision = precision },
      fill_evenly);
  assert_near (test->name, cpu, by_rule, bound);
  first = choice_of_way (file, NULL, &is_emulated);
  g_assert_true ((first != NULL) == (test->ways != BACKWARD));
  for (guint i = 0; first != NULL && i < G_N_ELEMENTS (way_names); i++) {
    g_autofree char *before = choice_of_way (file, way_names[i], &is_emulated);
    g_autoptr (GenPlan) plan = plan_run (graph, &options, fill_evenly);
    g_autofree char *after = choice_of_way (file, NULL, &is_emulated);

    assert_near (way_names[i], cpu, plan, bound);
    assert_on_device (test->name, plan);
    g_assert_cmpstr (before, ==, way_names[i]);
    /* A library may lack what a way wants of it. */
    if (is_emulated && ((test->ways >> i & 1) != 0) != g_str_equal (before, after))
      g_error ("%s: way %s became %s", test->name, before, after);
  }
  scratch_remove (folder);
}

static void
test_float32 (gconstpointer data)
{
  check_ways (data, GEN_PRECISION_FLOAT32, 1e-5);
}

static void
test_float16 (gconstpointer data)
{
  check_ways (data, GEN_PRECISION_FLOAT16, 4e-3);
}

static void
test_bfloat16 (gconstpointer data)
{
  check_ways (data, GEN_PRECISION_BFLOAT16, 3e-2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *exact = g_strdup_printf ("/device/transposed/float32/%s", cases[i].name);
    g_autofree char *half = g_strdup_printf ("/device/transposed/float16/%s", cases[i].name);
    g_autofree char *brain = g_strdup_printf ("/device/transposed/bfloat16/%s", cases[i].name);

    g_test_add_data_func (exact, &cases[i], test_float32);
    g_test_add_data_func (half, &cases[i], test_float16);
    g_test_add_data_func (brain, &cases[i], test_bfloat16);
  }
  return g_test_run ();
}
