/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainings that come to no good, and scores that only look like it. */
#include "trainer.h"

/* Steps until it diverges, at most 20; the first whose nets were not worth keeping. */
static int
diverge (const GenTrainerSettings *settings)
{
  g_autoptr (GError) error = NULL, bad = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small, settings, &error);
  float batch[BATCH * 64];
  GenTrainerFigures figures;
  int step = 0, kept = 0;

  g_assert_no_error (error);
  draw (batch, G_N_ELEMENTS (batch), 0);
  while (step < 20 && gen_trainer_step (trainer, batch, NULL, &figures, &error)) {
    step++;
    if (bad == NULL && gen_trainer_check (trainer, &bad))
      kept++;
  }
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
  g_assert_nonnull (strstr (error->message, "learning-rate"));
  if (step > 0) {
    g_assert_error (bad, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED);
    g_assert_nonnull (strstr (bad->message, "learning-rate"));
  }
  return kept;
}

/* What is far too fast ends within 20 steps, whatever the loss and the optimizer, and none of its
 * nets is worth keeping, not even those of the step before. Many of its losses are finite. */
static void
test_divergence (void)
{
  for (int l = 0; gen_loss_list ()[l] != NULL; l++)
    for (int o = 0; gen_optimizer_list ()[o] != NULL; o++)
      for (double rate = 1e6; rate <= 1e30; rate *= 1e24)
        g_assert_cmpint (diverge (&(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH,
                             .learning_rate = rate, .loss = gen_loss_list ()[l],
                             .optimizer = gen_optimizer_list ()[o], .threads = 2 }),
            ==, 0);
}

/* A critic that nothing binds may have scores of tens of thousands, and be right. */
static void
test_large_scores (void)
{
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH,
    .loss = &gen_loss_hinge, .threads = 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small, &settings, &error);
  float batch[BATCH * 64], scores[BATCH];
  float *last = NULL;
  gsize n = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < gen_trainer_n_weights (trainer); i++) {
    const GenBinding *weight = gen_trainer_weight (trainer, i);

    /* Its last layer's, from many to one. */
    if (g_str_has_prefix (weight->name, "discriminator.") && weight->shape.rank == 2 &&
        MIN (weight->shape.dims[0], weight->shape.dims[1]) == 1) {
      last = weight->data;
      n = weight->size / sizeof *last;
    }
  }
  g_assert_cmpuint (n, >, 0);
  for (gsize i = 0; i < n; i++)
    last[i] *= 1e6f;
  gen_trainer_states_changed (trainer);
  draw (batch, G_N_ELEMENTS (batch), 0);
  adversarial_score (trainer, batch, BATCH, scores);
  g_assert_cmpfloat (fabsf (scores[0]), >, 1e4);
  make_steps (trainer, 5);
  g_assert_true (gen_trainer_check (trainer, &error));
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer-divergence/divergence", test_divergence);
  g_test_add_func ("/trainer-divergence/large-scores", test_large_scores);
  return g_test_run ();
}
