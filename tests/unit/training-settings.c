/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of training's settings, and the line of figures. */
#include <generative/training.h>

#include <math.h>
#include <string.h>

#include <generative/sampler.h>

#include "../preset-options.h"

static void
test_line (void)
{
  static const GenFigure list[] = {
    { { "step", GEN_FIELD_COUNT }, NULL, "step ", "", 0, -INFINITY },
    { { "loss", GEN_FIELD_NUMBER }, "loss", ", loss ", "", 2, -INFINITY },
    { { "hidden", GEN_FIELD_NUMBER }, "hidden", NULL, NULL, 0, -INFINITY },
    { { NULL, GEN_FIELD_COUNT }, NULL, ", ", " skipped", 0, 1 },
    { { "left", GEN_FIELD_NUMBER }, NULL, ", ", " s left", 0, 0 },
  };
  static const double all[] = { 12, -0.5, 3, 2, 0 }, few[] = { 12, NAN, 3, 0, -1 };
  g_autofree char *long_line =
      gen_figures_to_line (&(GenFigures){ list, all, G_N_ELEMENTS (list) });
  g_autofree char *short_line =
      gen_figures_to_line (&(GenFigures){ list, few, G_N_ELEMENTS (list) });

  g_assert_cmpstr (long_line, ==, "step 12, loss -0.50, 2 skipped, 0 s left");
  g_assert_cmpstr (short_line, ==, "step 12");
}

static char *
refuse (const char *name, GVariant *value)
{
  g_auto (GenTrainingSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) before = NULL, after = NULL;
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  const GenSetting *setting = gen_setting_find (list, n, name, &error);

  g_assert_no_error (error);
  gen_training_settings_init (&settings);
  before = g_variant_ref_sink (gen_training_settings_describe (&settings, FALSE));
  g_assert_false (gen_setting_set (&settings, setting, value, &error));
  after = g_variant_ref_sink (gen_training_settings_describe (&settings, FALSE));
  g_assert_true (g_variant_equal (before, after));
  return g_strdup (error->message);
}

#define ASSERT_REFUSED(name, value, text)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *message = refuse (name, value);                                               \
                                                                                                   \
    g_assert_cmpstr (message, ==, text);                                                           \
  }                                                                                                \
  G_STMT_END

static void
test_refused_settings (void)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  g_autoptr (GError) error = NULL;

  ASSERT_REFUSED ("batch-size", g_variant_new_int64 (0),
      "a whole number from 1 to 65536 is wanted, and there is 0");
  ASSERT_REFUSED ("batch-size", g_variant_new_int64 (-3),
      "a whole number from 1 to 65536 is wanted, and there is -3");
  ASSERT_REFUSED ("batch-size", g_variant_new_double (1.5),
      "a whole number from 1 to 65536 is wanted, and there is 1.5");
  ASSERT_REFUSED (
      "max-steps", g_variant_new_int32 (-1), "a whole number from 0 on is wanted, and there is -1");
  ASSERT_REFUSED ("early-stopping", g_variant_new_int64 (G_GINT64_CONSTANT (1) << 32),
      "a whole number from 0 to 4294967295 is wanted, and there is 4294967296");
  ASSERT_REFUSED (
      "beta1", g_variant_new_double (NAN), "a number from 0 to 1 is wanted, and there is nan");
  ASSERT_REFUSED ("beta1", g_variant_new_string ("much"),
      "a number from 0 to 1 is wanted, and there is 'much'");
  ASSERT_REFUSED ("resume", g_variant_new_int64 (1), "true or false is wanted, and there is 1");
  ASSERT_REFUSED ("checkpoint", g_variant_new_int64 (1), "a text is wanted, and there is 1");
  ASSERT_REFUSED ("loss", NULL, "a text is wanted, and there is nothing");
  ASSERT_REFUSED ("seed", NULL, "a value is wanted, and there is nothing");
  ASSERT_REFUSED ("loss", g_variant_new_string ("logistic"),
      "there is no loss \"logistic\"; there are minimax, non-saturating, hinge, least-squares, "
      "relativistic, wasserstein");
  ASSERT_REFUSED ("precision", g_variant_new_string ("fp8"),
      "there is no \"fp8\"; there are auto, fp32, tf32, bf16, fp16");
  g_assert_null (gen_setting_find (list, n, "lerning-rate", &error));
  g_assert_nonnull (strstr (error->message, "\"lerning-rate\""));
  g_assert_nonnull (strstr (error->message, ", learning-rate, "));
}

/* Whatever is set reads back, as the type that it has. */
static void
test_settings (void)
{
  g_auto (GenTrainingSettings) settings = { 0 }, copy = { 0 };
  g_autoptr (GVariant) described = NULL, same = NULL, learned = NULL;
  g_autoptr (GError) error = NULL;
  guint n, n_set = 0;
  const GenSetting *list = gen_training_setting_list (&n);

  gen_training_settings_init (&settings);
  for (guint i = 0; i < n; i++) {
    GVariant *value = gen_setting_get (&settings, &list[i]);

    g_assert_true (gen_setting_find (list, n, list[i].name, NULL) == &list[i]);
    n_set += value != NULL;
    g_assert_true (value == NULL || gen_setting_set (&settings, &list[i], value, &error));
    g_assert_no_error (error);
  }
  /* Models, a teacher, what replays, a tokenizer, a folder, what else sees samples, what validation
   * goes by, and which weights are taken, trained and adapted have no defaults. */
  g_assert_cmpuint (n_set, ==, n - GEN_NET_ROLES - 9);
  g_assert_true (gen_setting_set (&settings, gen_setting_find (list, n, "seed", NULL),
      g_variant_new_uint64 (G_MAXUINT64), &error));
  g_assert_cmpuint (settings.trainer.seed, ==, G_MAXUINT64);
  g_assert_true (gen_setting_set (
      &settings, gen_setting_find (list, n, "beta1", NULL), g_variant_new_int64 (0), &error));
  g_assert_cmpfloat (settings.trainer.optimizer_settings.beta1, ==, 0);
  g_assert_true (gen_setting_set (&settings, gen_setting_find (list, n, "optimizer", NULL),
      g_variant_new_string ("sgd"), &error));
  g_assert_true (settings.trainer.optimizer == &gen_optimizer_sgd);
  g_assert_true (gen_setting_set (&settings, gen_setting_find (list, n, "log-dir", NULL),
      g_variant_new_string ("there"), &error));
  gen_training_settings_copy (&settings, &copy);
  g_assert_true (copy.log_dir != settings.log_dir);
  g_assert_true (
      gen_setting_set (&copy, gen_setting_find (list, n, "log-dir", NULL), NULL, &error));
  g_assert_null (copy.log_dir);
  g_assert_cmpstr (settings.log_dir, ==, "there");

  described = g_variant_ref_sink (gen_training_settings_describe (&settings, FALSE));
  learned = g_variant_ref_sink (gen_training_settings_describe (&settings, TRUE));
  g_assert_cmpuint (g_variant_n_children (described), ==, n - GEN_NET_ROLES - 8);
  g_assert_cmpuint (g_variant_n_children (learned), <, g_variant_n_children (described));
  same = g_variant_lookup_value (described, "preset", G_VARIANT_TYPE_STRING);
  g_assert_cmpstr (g_variant_get_string (same, NULL), ==, "auto");
}

/* What was said stays, all else becomes what the preset brings. */
static void
test_presets (void)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_auto (GenTrainingSettings) settings = { 0 };

    gen_training_settings_init (&settings);
    settings.preset = *preset;
    gen_training_settings_follow_preset (&settings);
    for (const GenPresetSetting *each = (*preset)->settings; each != NULL && each->name != NULL;
         each++) {
      const GenSetting *setting = gen_setting_find (list, n, each->name, NULL);
      g_autoptr (GVariant) value = g_variant_ref_sink (gen_setting_get (&settings, setting));
      g_autofree char *text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                                  ? g_variant_dup_string (value, NULL)
                                  : g_variant_print (value, FALSE);
      g_autofree char *described = gen_preset_describe (*preset);
      g_autofree char *pair = g_strconcat (each->name, "=", each->value, NULL);

      g_assert_cmpfloat (g_ascii_strtod (text, NULL), ==, g_ascii_strtod (each->value, NULL));
      g_assert_true (g_ascii_isdigit (*text) || strcmp (text, each->value) == 0);
      g_assert_true (setting->of_learning);
      g_assert_true (gen_training_setting_is_of (setting, (*preset)->recipe));
      g_assert_nonnull (strstr (described, pair));
    }
  }
}

/* A preset alone learns well: all bring a rate but those that learn with the settings' own. */
static void
test_presets_suffice (void)
{
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_auto (GenTrainingSettings) settings = { 0 }, plain = { 0 };
    const gboolean own =
        *preset == &gen_preset_auto || *preset == &gen_preset_mlp || *preset == &gen_preset_dcgan;

    gen_training_settings_init (&plain);
    gen_training_settings_init (&settings);
    settings.preset = *preset;
    gen_training_settings_follow_preset (&settings);
    g_assert_true (own == (settings.trainer.learning_rate == plain.trainer.learning_rate));
  }
}

static void
test_said (void)
{
  g_auto (GenTrainingSettings) settings = { 0 }, copy = { 0 }, given = { 0 };
  g_autoptr (GError) error = NULL;
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  const GenSetting *rate = gen_setting_find (list, n, "learning-rate", NULL);

  gen_training_settings_init (&settings);
  settings.preset = &gen_preset_r3gan_lite;
  gen_training_settings_copy (&settings, &given);
  g_assert_true (gen_setting_set (&settings, rate, g_variant_new_double (0.25), &error));
  gen_training_settings_say (&settings, rate);
  gen_training_settings_copy (&settings, &copy);
  gen_training_settings_follow_preset (&copy);
  g_assert_cmpfloat (copy.trainer.learning_rate, ==, 0.25);
  g_assert_true (copy.trainer.loss == &gen_loss_relativistic);
  g_assert_cmpfloat (copy.trainer.r2, >, 0);
  g_assert_true (settings.trainer.loss == &gen_loss_non_saturating);

  given.models[0] = g_strdup ("generator.onnx");
  gen_training_settings_follow_preset (&given);
  g_assert_true (given.trainer.loss == &gen_loss_non_saturating);
}

/* The numbers that a net of `preset` has learned. */
static gint64
count_numbers (const GenPreset *preset, guint net, int width)
{
  GenPresetOptions options = preset_options (preset);
  g_autoptr (GenGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  gint64 n = 0;

  /* Of 28 pixels its nets are dense where nobody says a width. */
  if (preset == &gen_preset_vae)
    options.format.width = options.format.height = 32;
  options.width = width;
  graph = preset->nets[net](&options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role == GEN_ROLE_CONSTANT && tensor->type == GEN_TYPE_FLOAT32)
      n += gen_shape_elements (&tensor->shape);
  }
  return n;
}

/* A preset is as wide by itself as it says that it is. */
static void
test_widths (void)
{
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++)
    for (guint k = 0; k < GEN_RECIPE_MAX_NETS && (*preset)->nets[k] != NULL; k++) {
      const gint64 itself = count_numbers (*preset, k, 0);
      const int width = (*preset)->width;

      g_test_message ("%s, net %u", (*preset)->name, k);
      if (width == 0)
        g_assert_cmpint (count_numbers (*preset, k, 8), ==, itself);
      else
        g_assert_cmpint (count_numbers (*preset, k, width), ==, itself);
    }
}

static void
assert_describes (const char *name, const char *text)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  g_autofree char *all =
      gen_training_setting_describe (gen_setting_find (list, n, name, NULL), NULL);

  if (strstr (all, text) == NULL)
    g_error ("%s: '%s' does not say '%s'", name, all, text);
}

/* What settings say of presets, schedules and recipes follows from their lists. */
static void
test_texts (void)
{
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    if ((*preset)->width > 0)
      assert_describes ("width", (*preset)->name);
    if ((*preset)->medium == &gen_medium_sound)
      assert_describes ("length", (*preset)->name);
  }
  for (const GenSchedule *const *schedule = gen_schedule_list (); *schedule != NULL; schedule++)
    if ((*schedule)->beta != NULL)
      assert_describes ("noise-schedule", (*schedule)->name);
  assert_describes ("width", "(0 = 64 in dcgan; 16 in stylegan-lite, ");
  assert_describes ("width", "48 in unet-diffusion where it folds patches");
  assert_describes ("length", "a multiple of 16 as bandwidth-extender has it");
  assert_describes ("length", "4096, 8192, 16384 as wavegan has it");
  assert_describes ("sampling-steps", "(0 = 20 with diffusion; 4 with consistency)");
  assert_describes ("sampling-steps", "[diffusion, consistency] How often");
  assert_describes ("loss", "[adversarial, translation, unpaired-translation] ");
  assert_describes ("seed", "Same seed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/training/line", test_line);
  g_test_add_func ("/training/settings", test_settings);
  g_test_add_func ("/training/settings/refused", test_refused_settings);
  g_test_add_func ("/training/settings/presets", test_presets);
  g_test_add_func ("/training/settings/presets/suffice", test_presets_suffice);
  g_test_add_func ("/training/settings/said", test_said);
  g_test_add_func ("/training/settings/widths", test_widths);
  g_test_add_func ("/training/settings/texts", test_texts);
  return g_test_run ();
}
