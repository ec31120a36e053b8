/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adapters of every preset's nets: what is written is what was learned, what stays stays, ranks
 * come down to their budget, and training goes on as if it had not been interrupted. */
#include <generative/adapter-file.h>
#include <generative/parameters.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../preset-options.h"
#include "../scratch.h"
#include "../trainers.h"

static void
make_step (GenTrainer *trainer, guint64 number)
{
  const gsize n = 2 * gen_trainer_sample_size (trainer);
  const GenRandom random = gen_random_new (5, "test", (guint32)number);
  g_autofree float *samples = g_new (float, n);
  const gint64 labels[] = { 0, 1 };
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  gen_random_uniform (&random, 0, 0, samples, n);
  gen_trainer_step (trainer, samples, labels, &figures, &error);
  g_assert_no_error (error);
}

static GenTrainerSettings
settings_of (const GenAdapter *adapter)
{
  return (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = 2, .threads = 1,
    .learning_rate = 0.01, .adapter = adapter,
    .adapter_settings = { GEN_ADAPTER_DEFAULTS, .rank = 2, .alpha = 3, .steps = 8 } };
}

/* What begins with 0, as last layers do, lets nothing in front of it be learned: a base has been
 * trained. */
static void
make_base (GenGraph *net)
{
  g_autoptr (GArray) list = gen_parameters_list (net, "", NULL);
  const GenRandom random = gen_random_new (9, "test", 0);

  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);
    GenTensor *tensor = parameter->tensor;
    const gsize n = gen_tensor_size (tensor) / sizeof (float);
    g_autofree float *noise = g_new (float, n);
    float *numbers = g_memdup2 (gen_tensor_constant (tensor), gen_tensor_size (tensor));

    gen_random_uniform (&random, i, 0, noise, n);
    for (gsize k = 0; k < n && !parameter->statistic; k++)
      numbers[k] += 0.1f * noise[k] - 0.05f;
    g_bytes_unref (tensor->data);
    tensor->data = g_bytes_new_take (numbers, gen_tensor_size (tensor));
  }
}

static GenTrainer *
trainer_new (const GenPreset *preset, const GenTrainerSettings *settings)
{
  GenPresetOptions options = preset_options (preset);
  g_autoptr (GenTokenizer) tokenizer = NULL;
  GenTrainerSettings own = *settings;
  GenGraph *nets[GEN_RECIPE_MAX_NETS] = { NULL };
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer;

  if (preset->medium == &gen_medium_picture && preset != &gen_preset_mlp)
    options.width = 4;
  tokenizer = fresh_tokenizer_new (preset->recipe, &options);
  own.recipe = preset->recipe;
  own.format = options.format;
  own.tokenizer = tokenizer;
  own.next_frame = preset == &gen_preset_frame_predictor;
  for (guint i = 0; i < gen_recipe_n_nets (preset->recipe); i++) {
    nets[i] = preset->nets[i](&options, &error);
    g_assert_no_error (error);
    make_base (nets[i]);
  }
  trainer = gen_trainer_new (nets, &own, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < gen_recipe_n_nets (preset->recipe); i++)
    gen_graph_unref (nets[i]);
  return trainer;
}

static double
apart (const GenGraph *one, const GenGraph *other, const char *name)
{
  const GenTensor *a = gen_graph_find (one, name), *b = gen_graph_find (other, name);
  const float *x = gen_tensor_constant (a), *y = gen_tensor_constant (b);
  double most = 0;

  for (gsize i = 0; i < gen_tensor_size (a) / sizeof *x; i++)
    most = MAX (most, fabs ((double)x[i] - y[i]));
  return most;
}

/* The net as its file, added to its base, has it: how many weights are others than in the base. */
static guint
check_file (GenTrainer *trainer, guint net, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "net.adapter.safetensors", NULL);
  g_autoptr (GenGraph) exported = gen_trainer_export (trainer, net, FALSE), merged = NULL;
  const GenGraph *base = gen_trainer_net (trainer, net);
  g_autoptr (GArray) list = gen_parameters_list (base, "", NULL);
  g_autofree char *hash = gen_adapter_hash (base);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenAdapterFile) file = NULL;
  guint n = 0;

  gen_trainer_save_adapter (trainer, net, FALSE, path, &error);
  g_assert_no_error (error);
  file = gen_adapter_file_load (path, &error);
  g_assert_no_error (error);
  merged = gen_graph_copy (base);
  gen_adapter_file_check (file, merged, hash, "base", &error);
  g_assert_no_error (error);
  gen_adapter_file_merge (file, merged, 1, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < list->len; i++) {
    const char *name = g_array_index (list, GenParameter, i).tensor->name;

    g_assert_cmpfloat (apart (exported, merged, name), <, 1e-5);
    n += apart (exported, base, name) > 0;
  }
  g_assert_cmpuint (n, ==, gen_adapter_file_n_weights (file));
  return n;
}

static void
check_preset (const GenPreset *preset, const GenAdapter *adapter)
{
  const GenTrainerSettings settings = settings_of (adapter);
  g_autoptr (GenTrainer) trainer = trainer_new (preset, &settings);
  g_autofree char *folder = scratch_new ();
  const GenRecipe *recipe = preset->recipe;
  guint n = 0;

  for (guint64 i = 0; i < 3; i++)
    make_step (trainer, i);
  for (guint i = 0; i < gen_recipe_n_nets (recipe); i++) {
    g_assert_true (recipe->nets[1].role == NULL || !recipe->nets[i].scores ||
                   !gen_trainer_is_adapted (trainer, i));
    if (gen_trainer_is_adapted (trainer, i))
      n += check_file (trainer, i, folder);
  }
  g_assert_cmpuint (n, >, 0);
  scratch_remove (folder);
}

static void
test_preset (gconstpointer data)
{
  check_preset (data, &gen_adapter_lora);
  check_preset (data, &gen_adapter_adalora);
  check_preset (data, &gen_adapter_dora);
}

/* --- what is trained besides --- */

static void
test_besides (void)
{
  GenTrainerSettings settings = settings_of (&gen_adapter_lora);
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "net.adapter.safetensors", NULL);
  g_autoptr (GenTrainer) trainer = NULL;
  g_autoptr (GenAdapterFile) file = NULL;
  g_autoptr (GError) error = NULL;
  guint differences = 0;

  settings.trainable = (char *)"generator.*bias,discriminator.*";
  trainer = trainer_new (&gen_preset_mlp, &settings);
  for (guint64 i = 0; i < 2; i++)
    make_step (trainer, i);
  g_assert_cmpuint (check_file (trainer, 0, folder), ==, 8);
  file = gen_adapter_file_load (path, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < gen_adapter_file_n_weights (file); i++)
    differences += gen_adapter_file_weight (file, i).rank == 0;
  g_assert_cmpuint (differences, ==, 4);
  g_assert_cmpint (gen_trainer_n_trained (trainer, 0), ==,
      2 * (100 + 256 + 256 + 512 + 512 + 1024 + 1024 + 784) + 256 + 512 + 1024 + 784);
  scratch_remove (folder);
}

/* --- the budget --- */

static gint64
count_ranks (GenTrainer *trainer, gboolean average, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenAdapterFile) file = NULL;
  gint64 n = 0;

  gen_trainer_save_adapter (trainer, 0, average, path, &error);
  g_assert_no_error (error);
  file = gen_adapter_file_load (path, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < gen_adapter_file_n_weights (file); i++)
    n += gen_adapter_file_weight (file, i).rank;
  return n;
}

/* Four layers of rank 4, of which a quarter is to be left. */
static void
test_budget (void)
{
  GenTrainerSettings settings = settings_of (&gen_adapter_adalora);
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "net.adapter.safetensors", NULL);
  g_autoptr (GenTrainer) trainer = NULL;
  gint64 last = 16;

  settings.learning_rate = 1e-3;
  settings.ema = 0.9;
  settings.adapter_settings = (GenAdapterSettings){ GEN_ADAPTER_DEFAULTS, .rank = 4, .budget = 1,
    .warm_up = 10, .steps = 50 };
  trainer = trainer_new (&gen_preset_mlp, &settings);
  for (guint64 i = 0; i < 60; i++) {
    make_step (trainer, i);
    if (i % 10 != 0 || i == 0)
      continue;
    /* Ranks are taken away in the steps whose number is a multiple of 10. */
    const double x = CLAMP ((50.0 - (double)i) / 40, 0, 1);
    const gint64 n = count_ranks (trainer, FALSE, path);

    g_assert_cmpint (n, ==, (gint64)floor (4 + 12 * x * x * x + 0.5));
    g_assert_cmpint (n, <=, last);
    last = n;
  }
  g_assert_cmpint (count_ranks (trainer, FALSE, path), ==, 4);
  g_assert_cmpint (count_ranks (trainer, TRUE, path), ==, 4);
  scratch_remove (folder);
}

static GenTensor *
layer (GenGraph *graph, const char *name, GenTensor *x, gint64 out)
{
  const gint64 in = x->shape.dims[1];
  const GenRandom random = gen_random_new (3, name, 0);
  float *numbers = g_new (float, in *out);

  gen_random_normal (&random, 0, 0, numbers, (gsize)(in * out));
  return gen_binary (graph, "MatMul", x,
      gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (in, out),
          g_bytes_new_take (numbers, (gsize)(in * out) * sizeof *numbers)),
      NULL);
}

/* A layer that the loss does not reach has no share in the budget, and does not keep others from
 * theirs. */
static void
test_unreached (void)
{
  GenTrainerSettings settings = settings_of (&gen_adapter_adalora);
  g_autoptr (GenGraph) net = gen_graph_new ("net");
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "net.adapter.safetensors", NULL);
  g_autoptr (GenTrainer) trainer = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (net, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 1, 4, 4)), *y;

  x = gen_unary (net, "Flatten", x, &error);
  y = gen_unary (net, "Relu", layer (net, "first", x, 16), &error);
  y = gen_binary (net, "Add", layer (net, "second", y, 12),
      gen_unary (net, "StopGradient", layer (net, "aside", x, 12), &error), &error);
  g_assert_no_error (error);
  gen_graph_add_output (net, y);
  settings.recipe = &gen_recipe_classifier;
  settings.learning_rate = 1e-3;
  settings.adapter_settings = (GenAdapterSettings){ GEN_ADAPTER_DEFAULTS, .rank = 4, .budget = 1,
    .warm_up = 5, .steps = 20 };
  trainer = gen_trainer_new (&net, &settings, &error);
  g_assert_no_error (error);
  for (guint64 i = 0; i < 25; i++)
    make_step (trainer, i);
  g_assert_cmpint (count_ranks (trainer, FALSE, path), ==, 2);
  scratch_remove (folder);
}

/* --- going on --- */

static GBytes *
take_states (GenTrainer *trainer)
{
  GByteArray *all = g_byte_array_new ();

  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    g_byte_array_append (all, state->data, (guint)state->size);
  }
  return g_byte_array_free_to_bytes (all);
}

static void
put_states (GenTrainer *trainer, GBytes *bytes)
{
  const guint8 *from = g_bytes_get_data (bytes, NULL);

  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    memcpy (state->data, from, state->size);
    from += state->size;
  }
  gen_trainer_states_changed (trainer);
}

static void
test_resume (gconstpointer data)
{
  const GenTrainerSettings settings = settings_of (data);
  g_autoptr (GenTrainer) whole = trainer_new (&gen_preset_mlp, &settings);
  g_autoptr (GenTrainer) first = trainer_new (&gen_preset_mlp, &settings);
  g_autoptr (GenTrainer) second = trainer_new (&gen_preset_mlp, &settings);
  g_autoptr (GBytes) one = NULL, middle = NULL, other = NULL;

  for (guint64 i = 0; i < 12; i++)
    make_step (whole, i);
  for (guint64 i = 0; i < 7; i++)
    make_step (first, i);
  middle = take_states (first);
  put_states (second, middle);
  for (guint64 i = 7; i < 12; i++)
    make_step (second, i);
  one = take_states (whole);
  other = take_states (second);
  g_assert_true (g_bytes_equal (one, other));
}

/* --- what is mistaken --- */

static void
assert_refused (GenTrainerSettings settings, const char *says)
{
  GenPresetOptions options = preset_options (&gen_preset_mlp);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      preset_trainer_new (&gen_preset_mlp, &options, &settings, &error);

  g_assert_null (trainer);
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, says));
}

static void
test_refused (void)
{
  GenTrainerSettings settings = settings_of (&gen_adapter_lora);

  settings.adapter_settings.target = (char *)"nothing*";
  assert_refused (settings, "adapter-target: no weight is called 'nothing*'");
  settings.adapter_settings.target = (char *)"*bias";
  assert_refused (settings, "adapter: no layer");
  settings.adapter_settings.target = NULL;
  settings.adapter_settings.rank = 4096;
  assert_refused (settings, "adapter: no layer");
  settings.adapter_settings.rank = 0;
  assert_refused (settings, "adapter-rank");
  settings = settings_of (&gen_adapter_lora);
  settings.adapter_settings.target = (char *)"discriminator.*";
  settings.spectral_norm = TRUE;
  assert_refused (settings, "spectral-norm");
  settings = settings_of (&gen_adapter_adalora);
  settings.accumulate = 2;
  assert_refused (settings, "accumulate");
  settings = settings_of (&gen_adapter_adalora);
  settings.adapter_settings.steps = 0;
  assert_refused (settings, "adapter-budget-steps");
  settings = settings_of (&gen_adapter_adalora);
  settings.adapter_settings.budget = 5;
  assert_refused (settings, "adapter-budget");
  settings = settings_of (&gen_adapter_adalora);
  settings.adapter_settings.target = (char *)"all";
  settings.discriminator_steps = 2;
  assert_refused (settings, "discriminator-steps");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_autofree char *name = g_strconcat ("/adapter-training/preset/", (*preset)->name, NULL);

    if ((*preset)->recipe != NULL)
      g_test_add_data_func (name, *preset, test_preset);
  }
  g_test_add_func ("/adapter-training/besides", test_besides);
  g_test_add_func ("/adapter-training/budget", test_budget);
  g_test_add_func ("/adapter-training/unreached", test_unreached);
  g_test_add_data_func ("/adapter-training/resume/lora", &gen_adapter_lora, test_resume);
  g_test_add_data_func ("/adapter-training/resume/adalora", &gen_adapter_adalora, test_resume);
  g_test_add_data_func ("/adapter-training/resume/dora", &gen_adapter_dora, test_resume);
  g_test_add_func ("/adapter-training/refused", test_refused);
  return g_test_run ();
}
