/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which weights a text means, and that a training changes these and no others, of every preset's
 * nets.
 */
#include <generative/parameters.h>
#include <generative/random.h>

#include <string.h>

#include "../preset-options.h"
#include "../trainers.h"

static GenTensor *
weight (GenGraph *graph, const char *name)
{
  static const float numbers[4] = { 1, 0, 0, 1 };

  return gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 2),
      g_bytes_new_static (numbers, sizeof numbers));
}

/* up3.w, up4.w, up4.v, last */
static GenGraph *
net_new (void)
{
  static const char *const names[] = { "up3.w", "up4.w", "up4.v", "last" };
  GenGraph *graph = gen_graph_new ("net");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    x = gen_binary (graph, "MatMul", x, weight (graph, names[i]), NULL);
  gen_graph_add_output (graph, x);
  return graph;
}

static void
assert_trained (const char *trainable, const char *wanted)
{
  g_autoptr (GenGraph) graph = net_new ();
  g_autoptr (GArray) list = gen_parameters_list (graph, "generator", trainable);
  g_autoptr (GString) trained = g_string_new (NULL);

  for (guint i = 0; i < list->len; i++)
    if (g_array_index (list, GenParameter, i).trainable)
      g_string_append_printf (trained, "%s ", g_array_index (list, GenParameter, i).tensor->name);
  g_assert_cmpstr (trained->str, ==, wanted);
}

static void
test_names (void)
{
  assert_trained (NULL, "up3.w up4.w up4.v last ");
  assert_trained ("all", "up3.w up4.w up4.v last ");
  assert_trained ("head", "last ");
  assert_trained ("generator.head", "last ");
  assert_trained ("discriminator.head", "");
  assert_trained ("*.up4.*", "up4.w up4.v ");
  assert_trained ("generator.*.w, last", "up3.w up4.w last ");
  assert_trained ("up4.*, !up4.v", "up4.w ");
  assert_trained ("!up4.v, up4.*", "up4.w ");
  assert_trained ("! head", "up3.w up4.w up4.v ");
  assert_trained ("!up4.*,!head", "up3.w ");
  assert_trained ("all,!generator.*", "");
}

/* A normalisation and a dropout that train, with a bias and a mean that are written once. */
static GenGraph *
exported_new (void)
{
  static const float ones[2] = { 1, 1 }, none[2];
  static const guint8 yes = 1;
  const GenShape two = GEN_SHAPE (2);
  GenGraph *graph = gen_graph_new ("net");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2));
  GenTensor *scale = gen_graph_add_constant (
      graph, "scale", GEN_TYPE_FLOAT32, &two, g_bytes_new_static (ones, sizeof ones));
  GenTensor *bias = gen_graph_add_constant (
      graph, "bias", GEN_TYPE_FLOAT32, &two, g_bytes_new_static (none, sizeof none));
  GenTensor *results[3] = { gen_graph_add_value (graph, "y"), gen_graph_add_value (graph, "mean'"),
    gen_graph_add_value (graph, "variance'") };
  GenTensor *mean = gen_graph_add_value (graph, "mean"), *same = gen_graph_add_value (graph, NULL),
            *variance = gen_graph_add_value (graph, "variance");
  GenNode *node;

  gen_graph_add_node (graph, NULL, NULL, "Identity", 17, &bias, 1, &same, 1, NULL);
  gen_graph_add_node (graph, NULL, NULL, "Identity", 17, &same, 1, &mean, 1, NULL);
  gen_graph_add_node (graph, NULL, NULL, "Identity", 17, &scale, 1, &variance, 1, NULL);
  node = gen_graph_add_node (graph, NULL, NULL, "BatchNormalization", 17,
      (GenTensor *[]){ x, scale, bias, mean, variance }, 5, results, 3, NULL);
  gen_node_set_int (node, "training_mode", 1);
  x = gen_graph_add_value (graph, "dropped");
  gen_graph_add_node (graph, NULL, NULL, "Dropout", 17,
      (GenTensor *[]){ results[0], gen_graph_float (graph, 0.5f),
          gen_graph_add_constant (graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR,
              g_bytes_new_static (&yes, sizeof yes)) },
      3, &x, 1, NULL);
  gen_graph_add_output (graph, x);
  return graph;
}

/* Weights that an exporter wrote once are trained each by itself, and the net plays as such. */
static void
test_settle (void)
{
  static const char *const names[] = { "scale", "bias", "mean", "variance" };
  static const float values[2] = { 3, -1 };
  g_autoptr (GenGraph) graph = exported_new ();
  g_autoptr (GArray) list = gen_parameters_list (graph, "net", NULL);
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  /* What is no constant is no statistic. */
  g_assert_cmpuint (list->len, ==, 2);
  g_clear_pointer (&list, g_array_unref);
  gen_parameters_settle (graph);
  list = gen_parameters_list (graph, "net", NULL);
  g_assert_cmpuint (list->len, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);

    g_assert_cmpstr (parameter->tensor->name, ==, names[i]);
    g_assert_true (parameter->statistic == (i > 1));
    g_assert_nonnull (gen_tensor_constant (parameter->tensor));
  }
  g_assert_cmpuint (graph->nodes->len, ==, 2);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, values, sizeof values);
  g_assert_true (gen_plan_run (plan, &error));
  for (guint i = 0; i < 2; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_plan_output (plan, 0)->data)[i], values[i], 1e-4);
}

static char *
find_idle (const char *trainable)
{
  g_autoptr (GenGraph) one = net_new (), other = net_new ();

  return gen_parameters_find_idle (
      (GenGraph *[]){ one, other }, (const char *[]){ "generator", "discriminator" }, 2, trainable);
}

/* A dense layer may be two nodes. */
static void
test_head (void)
{
  g_autoptr (GenGraph) graph = net_new ();
  GenTensor *y = g_ptr_array_index (graph->outputs, 0);
  g_autoptr (GArray) list = NULL;

  graph->outputs->pdata[0] = gen_binary (graph, "Add", y, weight (graph, "bias"), NULL);
  list = gen_parameters_list (graph, "generator", "head");
  g_assert_cmpuint (list->len, ==, 5);
  for (guint i = 0; i < list->len; i++)
    g_assert_cmpint (g_array_index (list, GenParameter, i).trainable, ==, i >= 3);
}

static void
test_idle (void)
{
  g_autofree char *none = find_idle ("head, generator.up4.*, !discriminator.last");
  g_autofree char *name = find_idle ("head, encoder.*"), *not = find_idle ("!up5.*");
  g_autofree char *spaced = find_idle (" up3.w ,  ! up6.w"), *empty = find_idle ("!");

  g_assert_null (none);
  g_assert_cmpstr (name, ==, "encoder.*");
  g_assert_cmpstr (not, ==, "!up5.*");
  g_assert_cmpstr (spaced, ==, "! up6.w");
  g_assert_cmpstr (empty, ==, "!");
}

/* --- every preset --- */

static gboolean
is_same (const GenGraph *one, const GenGraph *other, const char *name)
{
  const GenTensor *a = gen_graph_find (one, name), *b = gen_graph_find (other, name);

  return memcmp (gen_tensor_constant (a), gen_tensor_constant (b), gen_tensor_size (a)) == 0;
}

/* A step on numbers that are another in each sample. */
static void
make_step (GenTrainer *trainer)
{
  const gsize n = 2 * gen_trainer_sample_size (trainer);
  const GenRandom random = gen_random_new (5, "test", 0);
  g_autofree float *samples = g_new (float, n);
  const gint64 labels[] = { 0, 1 };
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  gen_random_uniform (&random, 0, 0, samples, n);
  gen_trainer_step (trainer, samples, labels, &figures, &error);
  g_assert_no_error (error);
}

/* How many weights of net `i` the training has changed: none but those that are meant. */
static guint
count_changed (GenTrainer *trainer, const GenGraph *before, guint i, const char *trainable)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;
  g_autoptr (GenGraph) after = gen_trainer_export (trainer, i, FALSE);
  g_autoptr (GArray) list = gen_parameters_list (before, recipe->nets[i].role->name, trainable);
  guint n = 0;

  for (guint k = 0; k < list->len; k++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, k);
    const gboolean changed = !is_same (before, after, parameter->tensor->name);

    g_assert_true (parameter->trainable || !changed);
    n += changed && !parameter->statistic;
  }
  return n;
}

/* The head of one of its nets is trained, and all else is not. */
static void
check_head (const GenPreset *preset, guint net)
{
  const GenRecipe *recipe = preset->recipe;
  GenPresetOptions options = preset_options (preset);
  g_autofree char *trainable = g_strconcat (recipe->nets[net].role->name, ".head", NULL);
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 2, .threads = 1,
    .learning_rate = 0.01, .trainable = trainable, .discriminator_steps = 1,
    .next_frame = preset == &gen_preset_frame_predictor };
  g_autoptr (GError) error = NULL;
  GenGraph *before[GEN_RECIPE_MAX_NETS];
  g_autoptr (GenTrainer) trainer = NULL;

  if (preset->medium == &gen_medium_picture)
    options.width = 2;
  trainer = preset_trainer_new (preset, &options, &settings, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < gen_recipe_n_nets (recipe); i++)
    before[i] = gen_trainer_export (trainer, i, FALSE);
  make_step (trainer);
  for (guint i = 0; i < gen_recipe_n_nets (recipe); i++) {
    const guint changed = count_changed (trainer, before[i], i, trainable);

    gen_graph_unref (before[i]);

    if (i == net)
      g_assert_cmpuint (changed, >, 0);
    else
      g_assert_cmpuint (changed, ==, 0);
  }
}

static void
test_preset (gconstpointer data)
{
  const GenPreset *preset = data;

  for (guint i = 0; i < gen_recipe_n_nets (preset->recipe); i++)
    check_head (preset, i);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parameters/settle", test_settle);
  g_test_add_func ("/parameters/names", test_names);
  g_test_add_func ("/parameters/head", test_head);
  g_test_add_func ("/parameters/idle", test_idle);
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_autofree char *path = g_strconcat ("/parameters/presets/", (*preset)->name, NULL);

    if ((*preset)->recipe != NULL)
      g_test_add_data_func (path, *preset, test_preset);
  }
  return g_test_run ();
}
