/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What optimizers, losses, degradations and attacks say that they read of the settings is what
 * changes the step that they are part of. */
#include "../scratch.h"
#include "training-cases.h"

static char *scratch, *eye; /* a folder, and a model of pictures in it */

static void
compare (const GenTrainingSettings *plain, const TrainingCase *of, const char *kind,
    const char *member, const char *const *reads, const char *const *names)
{
  g_auto (DrawnTraining) drawn = { 0 };

  drawn_training_init (&drawn, of, plain);
  for (; *names != NULL; names++)
    if (drawn_training_reads (&drawn, setting_find (*names)) !=
        (reads != NULL && g_strv_contains (reads, *names)))
      g_error ("%s %s: what it says of %s is wrong", kind, member, *names);
}

static void
test_optimizers (void)
{
  const TrainingCase of = { &gen_recipe_autoencoder, &gen_preset_autoencoder };

  for (const GenOptimizer *const *rule = gen_optimizer_list (); *rule != NULL; rule++) {
    g_auto (GenTrainingSettings) plain = { 0 };

    training_case_fill (&plain, &of, eye);
    plain.trainer.optimizer = *rule;
    plain.trainer.ema = 0;
    compare (&plain, &of, "optimizer", (*rule)->name, (*rule)->reads,
        (const char *const[]){ "beta1", "beta2", "weight-decay", NULL });
  }
}

static void
test_losses (void)
{
  const TrainingCase of = { &gen_recipe_adversarial, &gen_preset_dcgan };

  for (const GenLoss *const *loss = gen_loss_list (); *loss != NULL; loss++) {
    g_auto (GenTrainingSettings) plain = { 0 };

    training_case_fill (&plain, &of, eye);
    plain.trainer.loss = *loss;
    compare (&plain, &of, "loss", (*loss)->name, (*loss)->reads,
        (const char *const[]){ "label-smoothing", NULL });
  }
}

static void
test_degradations (void)
{
  const TrainingCase of_pictures = { &gen_recipe_restoration, &gen_preset_cleaner, .width = 16,
    .height = 16 };
  const TrainingCase of_smaller = { &gen_recipe_restoration, &gen_preset_super_resolver,
    .width = 16, .height = 16 };
  const TrainingCase of_sounds = { &gen_recipe_restoration, &gen_preset_bandwidth_extender };

  for (const GenDegradation *const *each = gen_degradation_list () + 1; *each != NULL; each++) {
    g_auto (GenTrainingSettings) plain = { 0 };
    const TrainingCase *of = (*each)->medium == &gen_medium_sound ? &of_sounds
                             : (*each)->shrinks                   ? &of_smaller
                                                                  : &of_pictures;

    training_case_fill (&plain, of, eye);
    plain.trainer.degradation = *each;
    g_clear_pointer (&plain.trainer.perceptual_model, g_free);
    compare (&plain, of, "degradation", (*each)->name, (*each)->reads,
        (const char *const[]){ "degradation-strength", "degradation-factor", NULL });
  }
}

static void
test_attacks (void)
{
  const TrainingCase of = { &gen_recipe_classifier, &gen_preset_classifier };

  for (const GenAttack *const *each = gen_attack_list (); *each != NULL; each++) {
    g_auto (GenTrainingSettings) plain = { 0 };

    training_case_fill (&plain, &of, eye);
    plain.trainer.attack = *each;
    compare (&plain, &of, "attack", (*each)->name, (*each)->reads,
        (const char *const[]){
            "attack-epsilon", "attack-steps", "attack-step-size", "attack-share", NULL });
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  eye = training_case_eye_new (scratch);
  g_test_add_func ("/training/uses/optimizers", test_optimizers);
  g_test_add_func ("/training/uses/losses", test_losses);
  g_test_add_func ("/training/uses/degradations", test_degradations);
  g_test_add_func ("/training/uses/attacks", test_attacks);
  result = g_test_run ();
  scratch_remove (scratch);
  return result;
}
