/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What inputs and outputs are there for: how it is found, and that states are carried from run to
 * run as a loop over them by hand does it. */
#include <generative/onnx.h>

#include <glib/gstdio.h>

#include <string.h>

#include "recurrent-net.h"

typedef struct {
  const char *inputs[5], *outputs[5];
  const char *states; /* expected: "i=k,…" by numbers */
  const char *parameters;
} Names;

/* A model in which output k is input k, or the first one where there are fewer. */
static GenGraph *
make_identity (const Names *names, const GenShape *first, const GenShape *others)
{
  GenGraph *graph = gen_graph_new ("names");
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[5];
  int n = 0;

  for (; n < 5 && names->inputs[n] != NULL; n++)
    inputs[n] =
        gen_graph_add_input (graph, names->inputs[n], GEN_TYPE_FLOAT32, n == 0 ? first : others);
  for (int k = 0; k < 5 && names->outputs[k] != NULL; k++) {
    GenTensor *from = inputs[k < n ? k : 0], *y = gen_graph_add_value (graph, names->outputs[k]);

    gen_graph_add_node (graph, "", NULL, "Neg", GEN_OPSET, &from, 1, &y, 1, &error);
    g_assert_no_error (error);
    gen_graph_add_output (graph, y);
  }
  return graph;
}

static char *
list_states (const GenModel *model)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_STATE) {
      const int output = model->inputs[i].partner;

      /* Several may take one output. */
      g_assert_cmpint (model->outputs[output].part, ==, GEN_PART_STATE);
      g_assert_cmpint (model->inputs[model->outputs[output].partner].partner, ==, output);
      g_string_append_printf (text, "%s%u=%d", text->len > 0 ? "," : "", i, output);
    }
  return g_string_free (text, FALSE);
}

static void
test_names (void)
{
  static const Names cases[] = {
    { { "src", "r1i", "r2i" }, { "fgr", "r1o", "r2o" }, "1=1,2=2", NULL },
    { { "mix", "conv_cache" }, { "enh", "conv_cache_out" }, "1=1", NULL },
    { { "x", "h0", "c0" }, { "y", "hn", "cn" }, "1=1,2=2", NULL },
    { { "input", "state" }, { "output", "stateN" }, "1=1", NULL },
    { { "x", "past_key_values.0.key" }, { "y", "present.0.key" }, "1=1", NULL },
    { { "frame_in", "prevHidden" }, { "frame_out", "newHidden" }, "1=1", NULL },
    { { "speech", "in_cache0", "in_cache1" }, { "logits", "out_cache0", "out_cache1" }, "1=1,2=2",
        NULL },
    { { "x", "cache_0", "cache_1" }, { "y", "cache_1_out", "cache_0_out" }, "1=2,2=1", NULL },
    { { "image_in", "image2" }, { "image_out" }, "", NULL },
    { { "state_in", "x" }, { "state_out", "y" }, "0=0", NULL },
    { { "left", "right" }, { "left_out", "other" }, "", NULL },
    { { "a", "b" }, { "c", "d" }, "", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph =
        make_identity (&cases[i], &GEN_SHAPE (1, 3, 8, 8), &GEN_SHAPE (1, 3, 8, 8));
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_new (graph, &error);
    g_autofree char *states = NULL;

    g_assert_no_error (error);
    states = list_states (model);
    g_test_message ("%s", cases[i].inputs[1]);
    g_assert_cmpstr (states, ==, cases[i].states);
  }
}

/* Behind the first ones what is alike is paired; two pictures are not. */
static void
test_order (void)
{
  const Names names = { { "input_2", "input_3" }, { "activation_2", "stack_2" }, NULL, NULL };
  g_autoptr (GenGraph) graph =
      make_identity (&names, &GEN_SHAPE (1, 1, 257), &GEN_SHAPE (1, 2, 128, 2));
  g_autoptr (GenModel) model = gen_model_new (graph, NULL);
  g_autofree char *states = list_states (model);

  g_assert_cmpstr (states, ==, "1=1");
  g_assert_cmpint (model->inputs[1].part_source, ==, GEN_PART_ORDERED);
}

static GenModel *
load_with (GenGraph *graph, const GenModelHints *hints, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-parts-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  GenModel *model;

  g_assert_true (gen_graph_infer (graph, error));
  gen_onnx_save (graph, path, error);
  g_assert_no_error (*error);
  model = gen_model_load_as (path, hints, error);
  g_remove (path);
  g_rmdir (folder);
  return model;
}

static void
test_said (void)
{
  const Names names = { { "x", "r1i", "s" }, { "y", "r1o", "z" }, NULL, NULL };
  g_autoptr (GenGraph) graph =
      make_identity (&names, &GEN_SHAPE (1, 3, 8, 8), &GEN_SHAPE (1, 3, 8, 8));
  static const struct {
    GenModelHints hints;
    const char *states, *error;
  } cases[] = {
    { { "", NULL }, "", NULL },
    { { "s=z", NULL }, "2=2", NULL },
    { { " s = r1o , r1i = z", NULL }, "1=2,2=1", NULL },
    { { "s=nothing", NULL }, NULL, "'nothing', which is no output; those are y, r1o, z" },
    { { "s=z,r1i=z", NULL }, "1=2,2=2", NULL },
    { { "t=z", NULL }, NULL, "'t', which is no input; those are x, r1i, s" },
    { { "s=z,s=y", NULL }, NULL, "twice" },
    { { "s", NULL }, NULL, "name=value" },
    { { NULL, "t=1" }, NULL, "'t', which is no input" },
    { { NULL, "s=one" }, NULL, "numbers with colons" },
    { { NULL, "s=" }, NULL, "numbers with colons" },
    { { NULL, "s=1,s=2" }, NULL, "property parameters names 's' twice" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = load_with (graph, &cases[i].hints, &error);
    g_autofree char *states = NULL;

    if (cases[i].error != NULL) {
      g_assert_null (model);
      g_assert_nonnull (strstr (error->message, cases[i].error));
      continue;
    }
    g_assert_no_error (error);
    states = list_states (model);
    g_assert_cmpstr (states, ==, cases[i].states);
  }
}

/* What comes out cannot go in: the error names who says it and both. */
static void
test_said_of_others (void)
{
  const Names names = { { "x", "h" }, { "y", "hn" }, NULL, NULL };
  g_autoptr (GenGraph) graph = make_identity (&names, &GEN_SHAPE (1, 3, 8, 8), &GEN_SHAPE (1, 4));
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;

  g_hash_table_insert (graph->metadata, g_strdup ("generative.states"), g_strdup ("h=y"));
  model = load_with (graph, &(GenModelHints){ 0 }, &error);
  g_assert_null (model);
  g_assert_nonnull (strstr (error->message,
      "generative.states: input 'h' is float32 [1, 4], and output 'y', which is to go in with the "
      "next run, float32 [1, 3, 8, 8]"));
}

/* --- playing --- */

static void
test_states (gconstpointer data)
{
  const gboolean halves = GPOINTER_TO_INT (data);
  g_autoptr (GenModel) model = make_recurrent (halves);
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  const GenModelUse use = use_of (model);
  g_autoptr (GError) error = NULL;
  float wanted[RUNS][N], made[RUNS][N];

  g_assert_cmpint (model->inputs[1].part, ==, GEN_PART_STATE);
  g_assert_cmpint (model->inputs[2].part, ==, GEN_PART_PARAMETER);
  g_assert_true (gen_model_find_unset (model) == &model->inputs[2]);
  g_assert_true (gen_player_prepare (player, &use, NULL, &error));
  for (int round = 0; round < 3; round++) {
    const float strength = 0.5f + 0.2f * (float)round;

    set_strength (player, strength);
    play_by_hand (model, halves ? 2 : 1, strength, wanted);
    gen_player_reset (player);
    play (player, made);
    g_assert_cmpmem (made, sizeof made, wanted, sizeof wanted);
  }
}

/* Another player of the same model goes on where the first one was; a warm-up leaves no trace. */
static void
test_continued (void)
{
  g_autoptr (GenModel) model = make_recurrent (FALSE);
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) first = gen_player_new (model, &options);
  g_autoptr (GenPlayer) second = gen_player_new (model, &options);
  const GenModelUse use = use_of (model);
  float wanted[RUNS][N];

  play_by_hand (model, 1, 0.75f, wanted);
  g_assert_true (gen_player_prepare (first, &use, NULL, NULL));
  g_assert_true (gen_player_prepare (second, &use, NULL, NULL));
  set_strength (first, 0.75f);
  set_strength (second, 0.75f);
  gen_player_warm_up (second);
  for (guint64 i = 0; i < RUNS; i++) {
    GenPlayer *player = i < 2 ? first : second;

    if (i == 2)
      gen_player_continue (second, first);
    fill (gen_player_numbers (player, 0), i);
    g_assert_true (gen_player_run (player, NULL));
    g_assert_cmpmem (
        gen_player_output (player)->data, sizeof wanted[i], wanted[i], sizeof wanted[i]);
  }
}

static void
test_wrong_parameters (void)
{
  g_autoptr (GenModel) model = make_recurrent (FALSE);
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  static const struct {
    const char *text, *error;
  } cases[] = { { "strong=1", "no parameter 'strong'" }, { "strength=1:2", "has 1 numbers, not 2" },
    { "strength=", "numbers with colons" }, { "strength", "name=value" }, { "x=1", "parameter" } };

  set_strength (player, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (gen_player_set_parameters (player, cases[i].text, &error));
    g_assert_nonnull (strstr (error->message, cases[i].error));
  }
}

/* What the user says of one parameter leaves another as the model says. */
static void
test_some_parameters (void)
{
  const GenModelHints hints = { .parameters = "gain=3" };
  g_autoptr (GenGraph) graph = gen_graph_new ("some");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));
  GenTensor *gain = gen_graph_add_input (graph, "gain", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *lift = gen_graph_add_input (graph, "lift", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  g_autoptr (GenModel) model = NULL;

  gen_graph_add_output (
      graph, gen_binary (graph, "Add", gen_binary (graph, "Mul", x, gain, &error), lift, &error));
  g_assert_no_error (error);
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.parameters"), g_strdup ("gain=2,lift=0.5"));
  model = load_with (graph, &hints, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (model->parameters[1]->values[0], ==, 3);
  g_assert_cmpfloat (model->parameters[2]->values[0], ==, 0.5);
}

/* Classes of one of three rows, and how many of what: numbers that inputs of their types do not
 * hold, or that are out of range, are refused when they are said and when they are set. */
static void
test_indices (void)
{
  static const struct {
    const char *text, *error;
  } cases[] = { { "class=2,flag=1,small=255", NULL }, { "class=-3", NULL },
    { "class=3", "has 3 for 'class' (int64), which takes whole numbers from -3 to 2" },
    { "class=-4", "has -4 for 'class'" }, { "class=0.5", "whole numbers from -3 to 2" },
    { "class=1e30", "has 1e+30 for 'class'" }, { "flag=2", "from 0 to 1" },
    { "small=256", "has 256 for 'small' (uint8), which takes whole numbers from 0 to 255" },
    { "wide=1e30", "from -9007199254740992 to 9007199254740992" } };
  g_autoptr (GenGraph) graph = gen_graph_new ("indices");
  g_autoptr (GError) error = NULL;
  const float rows[] = { 1, 2, 3 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));
  GenTensor *class = gen_graph_add_input (graph, "class", GEN_TYPE_INT64, &GEN_SHAPE (1, 1));
  GenTensor *one = gen_graph_op (graph, "Reshape",
      (GenTensor *[]){ class, gen_graph_ints (graph, (const gint64[]){ 1 }, 1) }, 2, 1, &error,
      NULL);
  GenTensor *row = gen_graph_op (graph, "Gather",
      (GenTensor *[]){ gen_graph_add_constant (graph, "rows", GEN_TYPE_FLOAT32, &GEN_SHAPE (3),
                           g_bytes_new (rows, sizeof rows)),
          one },
      2, 1, &error, NULL);
  g_autoptr (GenModel) model = NULL;

  g_assert_no_error (error);
  gen_graph_add_input (graph, "flag", GEN_TYPE_BOOL, &GEN_SHAPE (1));
  gen_graph_add_input (graph, "small", GEN_TYPE_UINT8, &GEN_SHAPE (1));
  gen_graph_add_input (graph, "wide", GEN_TYPE_INT64, &GEN_SHAPE (1));
  gen_graph_add_output (graph, gen_binary (graph, "Mul", x, row, &error));
  model = load_with (graph, &(GenModelHints){ NULL, "class=0,flag=0,small=0,wide=0" }, &error);
  g_assert_no_error (error);
  g_assert_cmpint (model->inputs[1].choices, ==, 3);
  g_assert_cmpint (model->inputs[2].choices, ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenModelHints hints = { NULL, cases[i].text };
    g_autoptr (GenPlayer) player = gen_player_new (model, &(GenPlayerOptions){ 0 });
    g_autoptr (GError) said = NULL, set = NULL;
    g_autoptr (GenModel) other = load_with (graph, &hints, &said);

    g_assert_cmpint (gen_player_set_parameters (player, cases[i].text, &set), ==, set == NULL);
    g_test_message ("%s: %s", cases[i].text, set != NULL ? set->message : "fine");
    g_assert_cmpint (other == NULL, ==, cases[i].error != NULL);
    g_assert_cmpint (set != NULL, ==, cases[i].error != NULL);
    if (cases[i].error == NULL)
      continue;
    g_assert_nonnull (strstr (said->message, cases[i].error));
    g_assert_nonnull (strstr (set->message, cases[i].error));
  }
}

/* States that hand on what others were, which must not be overwritten before. */
static void
test_delay_line (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("delay");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *states[3], *y;
  g_autoptr (GenPlan) plan = NULL;

  for (int i = 0; i < 3; i++)
    states[i] = gen_graph_add_state (
        graph, "s", GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new ((float[]){ 0 }, sizeof (float)));
  y = gen_unary (graph, "Neg", states[2], &error);
  gen_graph_add_output (graph, y);
  gen_graph_assign (graph, states[0], gen_unary (graph, "Identity", x, &error));
  gen_graph_assign (graph, states[1], gen_unary (graph, "Identity", states[0], &error));
  gen_graph_assign (graph, states[2], gen_unary (graph, "Identity", states[1], &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (int round = 0; round < 2; round++) {
    for (int i = 1; i < 8; i++) {
      *(float *)gen_plan_input (plan, 0)->data = (float)i;
      g_assert_true (gen_plan_run (plan, NULL));
      g_assert_cmpfloat (*(float *)gen_plan_output (plan, 0)->data, ==, (float)-MAX (i - 3, 0));
    }
    gen_plan_reset_states (plan);
  }
}

/* Extents of outputs that follow a size that is free are free as well, whatever they are called;
 * others are known. */
static void
test_free (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("free");
  g_autoptr (GError) error = NULL;
  const gint64 axis = 1, two[] = { 2, 2 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));
  GenTensor *four[] = { x, x, x, x };
  GenTensor *many = gen_graph_op (graph, "Concat", four, 4, 1, &error, "axis", GEN_INT, 1, NULL);
  GenTensor *half = gen_graph_op (graph, "AveragePool", &many, 1, 1, &error, "kernel_shape",
      GEN_INTS, 2, two, "strides", GEN_INTS, 2, two, NULL);
  GenTensor *depth = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "axes", GEN_INTS, 1,
      &axis, "keepdims", GEN_INT, 0, NULL);
  GenTensor *mean = gen_graph_op (graph, "GlobalAveragePool", &many, 1, 1, &error, NULL);
  g_autoptr (GenModel) model = NULL;

  g_assert_no_error (error);
  gen_graph_add_output (graph, half);
  gen_graph_add_output (graph, depth);
  gen_graph_add_output (graph, mean);
  for (int d = 2; d < 4; d++)
    x->shape.dims[d] = -1;
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  g_assert_true (gen_shape_equal (&model->outputs[0].shape, &GEN_SHAPE (1, 12, -1, -1)));
  g_assert_true (gen_shape_equal (&model->outputs[1].shape, &GEN_SHAPE (1, -1, -1)));
  g_assert_true (gen_shape_equal (&model->outputs[2].shape, &GEN_SHAPE (1, 12, 1, 1)));
}

/* Names that hold what stands between them: in quotes, or behind backslashes. */
static void
test_odd_names (void)
{
  static const char *const texts[] = { "\"a,b=c\"=0.5", "a\\,b\\=c = 0.5", "a\\,b=c=0.5",
    " \"a,b=c\" = \"0.5\" ,," };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("odd");
    g_autoptr (GError) error = NULL;
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));
    GenTensor *odd = gen_graph_add_input (graph, "a,b=c", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
    g_autoptr (GenModel) model = NULL;

    gen_graph_add_output (graph, gen_binary (graph, "Mul", x, odd, &error));
    g_assert_no_error (error);
    g_hash_table_insert (graph->metadata, g_strdup ("generative.parameters"), g_strdup (texts[i]));
    model = gen_model_new (graph, &error);
    g_assert_no_error (error);
    g_assert_cmpint (model->inputs[1].part, ==, GEN_PART_PARAMETER);
    g_assert_cmpfloat (model->parameters[1]->values[0], ==, 0.5);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/parts/names", test_names);
  g_test_add_func ("/parts/order", test_order);
  g_test_add_func ("/parts/said", test_said);
  g_test_add_func ("/parts/said/of-others", test_said_of_others);
  g_test_add_func ("/parts/free", test_free);
  g_test_add_func ("/parts/delay-line", test_delay_line);
  g_test_add_data_func ("/parts/states/whole", GINT_TO_POINTER (FALSE), test_states);
  g_test_add_data_func ("/parts/states/half", GINT_TO_POINTER (TRUE), test_states);
  g_test_add_func ("/parts/continued", test_continued);
  g_test_add_func ("/parts/parameters", test_wrong_parameters);
  g_test_add_func ("/parts/some-parameters", test_some_parameters);
  g_test_add_func ("/parts/indices", test_indices);
  g_test_add_func ("/parts/odd-names", test_odd_names);

  return g_test_run ();
}
