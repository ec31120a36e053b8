/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes, presets and their like say that they read are settings, and a setting that is not
 * read is refused. */
#include <generative/training.h>

#include <string.h>

#include "../scratch.h"
#include "setting-changes.h"

static char *scratch;

static void
check_names (const char *const *names)
{
  for (; names != NULL && *names != NULL; names++)
    setting_find (*names);
}

/* All that is said to be read is a setting. */
static void
test_names (void)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++)
    check_names ((*preset)->reads);
  for (const GenOptimizer *const *rule = gen_optimizer_list (); *rule != NULL; rule++)
    check_names ((*rule)->reads);
  for (const GenRateSchedule *const *rate = gen_rate_schedule_list (); *rate != NULL; rate++)
    check_names ((*rate)->reads);
  for (const GenLoss *const *loss = gen_loss_list (); *loss != NULL; loss++)
    check_names ((*loss)->reads);
  for (const GenDegradation *const *each = gen_degradation_list (); *each != NULL; each++)
    check_names ((*each)->reads);
  for (guint i = 0; i < n; i++)
    check_names (list[i].with);
}

static void
test_rate_schedules (void)
{
  static const char *const names[] = { "final-rate", "rate-decay", "decay-steps", "rate-patience" };
  const GenRatePlace place = { 70, 100, 2 };

  for (const GenRateSchedule *const *rate = gen_rate_schedule_list (); *rate != NULL; rate++)
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      g_auto (GenTrainingSettings) settings = { 0 };
      const gboolean reads = (*rate)->reads != NULL && g_strv_contains ((*rate)->reads, names[i]);
      double before;

      gen_training_settings_init (&settings);
      settings.rate.decay_steps = 20;
      before = gen_rate_schedule_share (*rate, &settings.rate, &place);
      setting_change (&settings, setting_find (names[i]));
      /* Patience is training's, and ends plateaus. */
      if (strcmp (names[i], "rate-patience") == 0)
        g_assert_true (reads == (*rate == &gen_rate_schedule_plateau));
      else
        g_assert_true (
            reads == (before != gen_rate_schedule_share (*rate, &settings.rate, &place)));
    }
}

/* --- what is refused --- */

static const GenTrainingCallbacks callbacks = { 0 };

/* Say `name=value …` and begin; the error's text, or NULL where it may begin. (transfer full) */
static char *
begin (const char *said)
{
  g_auto (GenTrainingSettings) settings = { 0 };
  g_auto (GStrv) all = g_strsplit (said, " ", -1);
  g_autoptr (GenTraining) training = NULL;
  g_autoptr (GError) error = NULL;

  gen_training_settings_init (&settings);
  g_free (settings.checkpoint);
  settings.checkpoint = g_build_filename (scratch, "none", NULL);
  for (guint i = 0; all[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (all[i], "=", 2);
    GVariant *value = gen_setting_parse (setting_find (pair[0]), pair[1], &error);
    g_autoptr (GVariant) kept = value;

    g_assert_no_error (error);
    g_assert_true (gen_setting_set (&settings, setting_find (pair[0]), value, &error));
    gen_training_settings_say (&settings, setting_find (pair[0]));
  }
  training = gen_training_new (&settings, &callbacks, NULL, &error);
  if (training != NULL)
    return NULL;
  g_assert_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
  return g_strdup (error->message);
}

static void
test_refused (void)
{
  static const struct {
    const char *said, *text; /* NULL: it is not refused */
  } all[] = {
    { "recipe=classifier r1=1", "r1: recipe classifier has no use for it; it is for adversarial" },
    { "recipe=classifier r1=0", NULL },
    { "preset=transformer attack=fgsm",
        "attack: recipe language cannot attack samples: the predictor takes codes, whole numbers, "
        "and "
        "no gradient goes back to samples; it is for all but consistency, language, "
        "generator-distillation" },
    { "preset=vae mask-ratio=0.5", "mask-ratio: recipe variational has no use for it; it is for "
                                   "masked" },
    { "preset=vae patch-size=2",
        "patch-size: preset vae has no use for it; it is for vq-vae, unet-diffusion" },
    { "preset=vq-vae ema=0.9",
        "ema: recipe vector-quantized has no use for it; it is for all but autoencoder, "
        "vector-quantized, masked" },
    { "preset=vae codes=12", "codes: preset vae has no use for it; it is for vq-vae" },
    { "preset=vae classes=3", "classes: it changes nothing without conditional" },
    { "preset=vae classes=3 conditional=true", NULL },
    { "preset=classifier classes=3", NULL },
    { "preset=r3gan-lite conditional=true",
        "conditional: preset r3gan-lite has no use for it; it is for mlp, dcgan, wavegan, vae, "
        "sound-vae, unet-diffusion, transformer" },
    { "preset=mlp width=4", "width: preset mlp has no use for it; it is for all but mlp" },
    { "penalty-interval=4",
        "penalty-interval: it changes nothing without r1, r2 or gradient-penalty" },
    { "penalty-interval=4 r2=1", NULL },
    { "penalty-interval=1", NULL },
    { "preset=r3gan-lite penalty-interval=4", NULL },
    { "penalty=exact gradient-penalty=10", "penalty: it changes nothing without r1 or r2" },
    { "optimizer=rmsprop beta1=0.9",
        "beta1: optimizer rmsprop has no use for it; it is for all but rmsprop" },
    { "optimizer=sgd beta2=0.9", "beta2: optimizer sgd has no use for it; it is for adam, adamw, "
                                 "rmsprop, lion, schedule-free" },
    { "final-rate=0.5", "final-rate: learning-rate-schedule constant has no use for it; it is for "
                        "cosine, linear" },
    { "final-rate=0.5 learning-rate-schedule=linear", NULL },
    { "loss=wasserstein label-smoothing=0.1", "label-smoothing: loss wasserstein has no use for "
                                              "it; it is for all but wasserstein" },
    { "recipe=classifier label-smoothing=0.1", NULL },
    { "recipe=classifier attack=pgd attack-epsilon=0.2 attack-steps=3", NULL },
    { "recipe=classifier attack-epsilon=0.2",
        "attack-epsilon: attack none has no use for it; it is for all but none" },
    { "recipe=classifier attack=fgsm attack-steps=3",
        "attack-steps: attack fgsm has no use for it; it is for pgd, pgd-l2" },
    { "recipe=variational attack=pgd", NULL },
    { "recipe=restoration degradation-factor=3", NULL },
    { "recipe=restoration degradation=noise degradation-factor=3",
        "degradation-factor: degradation noise has no use for it; it is for downscale, jpeg, "
        "bandwidth" },
    { "recipe=autoencoder encoder-model=a.onnx decoder-model=b.onnx latent-size=8",
        "latent-size: nets that no preset makes have no use for it; it is for mlp, dcgan, "
        "stylegan-lite, r3gan-lite, wavegan, vae, autoencoder, vq-vae, sound-vae" },
    { "recipe=autoencoder encoder-model=a.onnx decoder-model=b.onnx length=8", NULL },
    { "recipe=diffusion denoiser-model=a.onnx guidance=3", NULL },
    { "recipe=diffusion guidance=3", "guidance: it changes nothing without conditional" },
    { "preset=dcgan generator-model=a.onnx discriminator-model=b.onnx",
        "preset: nets are given as models, and dcgan would make others; weights has nets of a "
        "preset begin with a model's" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    g_autofree char *text = begin (all[i].said);

    g_test_message ("%s", all[i].said);
    g_assert_cmpstr (text, ==, all[i].text);
  }
}

/* Whatever recipe, what is not of it is refused, and named. */
static void
test_all_refused (void)
{
  guint n, n_refused = 0;
  const GenSetting *list = gen_training_setting_list (&n);

  for (const GenRecipe *const *recipe = gen_recipe_list () + 1; *recipe != NULL; recipe++)
    for (guint i = 0; i < n; i++) {
      g_auto (GenTrainingSettings) settings = { 0 };
      g_autoptr (GenTraining) training = NULL;
      g_autoptr (GError) error = NULL;

      if (list[i].type == GEN_SETTING_TEXT || !list[i].of_learning ||
          gen_training_setting_is_of (&list[i], *recipe))
        continue;
      gen_training_settings_init (&settings);
      settings.trainer.recipe = *recipe;
      for (const GenPreset *const *preset = gen_preset_list () + 1; *preset != NULL; preset++)
        if ((*preset)->recipe == *recipe || (*preset)->recipe == (*recipe)->presets_of)
          settings.preset = *preset;
      if ((*recipe)->any_preset)
        settings.preset = &gen_preset_vae;
      setting_change (&settings, &list[i]);
      gen_training_settings_say (&settings, &list[i]);
      training = gen_training_new (&settings, &callbacks, NULL, &error);
      g_assert_null (training);
      g_assert_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
      g_assert_true (g_str_has_prefix (error->message, list[i].name));
      n_refused++;
    }
  g_assert_cmpuint (n_refused, >, 400);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  g_test_add_func ("/training/uses/names", test_names);
  g_test_add_func ("/training/uses/rate-schedules", test_rate_schedules);
  g_test_add_func ("/training/uses/refused", test_refused);
  g_test_add_func ("/training/uses/refused/all", test_all_refused);
  result = g_test_run ();
  scratch_remove (scratch);
  return result;
}
