/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A generator that makes what its training has seen, for the next one to learn with. */
#include "../scratch.h"
#include "continual.h"

static void
generate_init (Run *run, const char *folder, const char *name, const char *weights)
{
  g_autofree char *checkpoint = g_build_filename (folder, name, NULL);

  run_init (run, checkpoint);
  run->settings.preset = &gen_preset_vae;
  run->settings.options.conditional = TRUE;
  run->settings.options.latent_size = 8;
  run->settings.trainer.ema = 0.9;
  run->settings.max_steps = 4;
  if (weights == NULL)
    return;
  run->first = 2;
  run->settings.weights = g_strdup (weights);
  run->settings.replay = 2;
}

/* A decoder teaches the next one, and a classifier; each is the same bit for bit in one go. */
static void
test_generators (void)
{
  g_autofree char *folder = scratch_new (), *before = learn_first (folder);
  g_autofree char *first = g_build_filename (folder, "decoder", NULL);
  g_autofree char *model = g_build_filename (first, "ema.onnx", NULL);
  g_auto (Run) base, whole, parts, again, classifier;

  generate_init (&base, folder, "decoder", NULL);
  g_assert_cmpint (train (&base), ==, GEN_TRAINING_DONE);
  generate_init (&whole, folder, "whole", first);
  g_assert_cmpint (train (&whole), ==, GEN_TRAINING_DONE);
  g_assert_nonnull (strstr (whole.told->str, "the decoder knows 2 classes besides"));
  generate_init (&parts, folder, "parts", first);
  parts.stop_after = 2;
  g_assert_cmpint (train (&parts), ==, GEN_TRAINING_STOPPED);
  generate_init (&again, folder, "parts", first);
  again.settings.resume = TRUE;
  g_assert_cmpint (train (&again), ==, GEN_TRAINING_DONE);
  assert_same (whole.settings.checkpoint, parts.settings.checkpoint, "state.safetensors");
  follow_init (&classifier, folder, "taught", before);
  classifier.settings.replay = 2;
  classifier.settings.replay_model = g_strdup (model);
  classifier.settings.max_steps = 3;
  g_assert_cmpint (train (&classifier), ==, GEN_TRAINING_DONE);
  scratch_remove (folder);
}

/* One that is told no classes has its samples judged by the classifier as it was; nets that are
 * told classes learn nothing of it. */
static void
test_judged (void)
{
  g_autofree char *folder = scratch_new (), *before = learn_first (folder);
  g_autofree char *first = g_build_filename (folder, "plain", NULL);
  g_autofree char *model = g_build_filename (first, "decoder.onnx", NULL);
  g_autofree char *known = g_build_filename (folder, "known", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (Run) base, told_one, classifier, next;

  generate_init (&base, folder, "plain", NULL);
  base.settings.options.conditional = FALSE;
  base.settings.trainer.ema = 0;
  g_assert_cmpint (train (&base), ==, GEN_TRAINING_DONE);
  follow_init (&classifier, folder, "judged", before);
  classifier.settings.replay = 2;
  classifier.settings.replay_model = g_strdup (model);
  classifier.settings.max_steps = 3;
  g_assert_cmpint (train (&classifier), ==, GEN_TRAINING_DONE);
  generate_init (&told_one, folder, "known", NULL);
  g_assert_cmpint (train (&told_one), ==, GEN_TRAINING_DONE);
  generate_init (&next, folder, "next", known);
  next.settings.replay_model = g_strdup (model);
  g_assert_false (open_training (&next, &error));
  g_assert_nonnull (strstr (error->message, "is told no classes"));
  g_clear_pointer (&next.training, gen_training_free);
  scratch_remove (folder);
}

/* Models that replay nothing. */
static void
test_models (void)
{
  g_autofree char *folder = scratch_new (), *first = learn_first (folder);
  g_autofree char *scores = g_build_filename (first, "classifier.onnx", NULL);
  g_autofree char *wide = g_build_filename (folder, "wide", NULL);
  g_autofree char *decoder = g_build_filename (wide, "decoder.onnx", NULL);
  const struct {
    const char *model, *says;
  } cases[] = {
    { "nothing.onnx", "nothing.onnx" },
    { NULL, "first' has no generator.onnx; generator wants a model that makes samples" },
    { scores, "samples of" },
    { decoder, "is told 7 classes, and the nets know 4" },
  };
  g_auto (Run) many;

  generate_init (&many, folder, "wide", NULL);
  many.settings.options.classes = 7;
  many.settings.max_steps = 1;
  train (&many);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Run) run;

    follow_init (&run, folder, "refused", first);
    run.settings.replay = 2;
    run.settings.replay_model = g_strdup (cases[i].model);
    assert_refused (&run, cases[i].says);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/continual-generators/generators", test_generators);
  g_test_add_func ("/continual-generators/judged", test_judged);
  g_test_add_func ("/continual-generators/models", test_models);
  return g_test_run ();
}
