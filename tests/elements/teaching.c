/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* modeltrainer with recipes in which a student learns from a model: presets of other recipes, what
 * is told and written, resuming, playing, and what is said where something lacks. */
#include "trainings.h"

/* Teachers: a decoder of four numbers, and a net from pictures to pictures. */
static char *
teachers_new (void)
{
  char *folder = scratch_new ();
  g_autofree char *vae = g_strdup_printf (SOURCE
      "modeltrainer preset=vae device=cpu latent-size=4 batch-size=8 silent=true checkpoint=%s/vae",
      16, folder);
  g_autofree char *cleaner = g_strdup_printf (SOURCE
      "modeltrainer preset=cleaner width=2 device=cpu batch-size=8 silent=true "
      "checkpoint=%s/cleaner",
      16, folder);

  play (vae, NULL);
  play (cleaner, NULL);
  return folder;
}

#define DISTIL                                                                                     \
  "modeltrainer name=t device=cpu batch-size=8 silent=true seed=3 ema=0.9 "                        \
  "teacher-model=%s/%s checkpoint=%s/%s max-steps=%d %s "

/* Ten steps in one go and in two are the same bits. */
static void
check_resume (const char *folder, const char *teacher, const char *settings)
{
  const char *format = SOURCE DISTIL "%s";
  g_autofree char *all = g_strdup_printf (
      format, 80, folder, teacher, folder, "whole", 10, settings, "overwrite=true");
  g_autofree char *first =
      g_strdup_printf (format, 80, folder, teacher, folder, "parts", 4, settings, "overwrite=true");
  g_autofree char *second =
      g_strdup_printf (format, 80, folder, teacher, folder, "parts", 10, settings, "resume=true");
  g_autofree char *whole = g_build_filename (folder, "whole", NULL);
  g_autofree char *parts = g_build_filename (folder, "parts", NULL);

  play (all, NULL);
  play (first, NULL);
  play (second, NULL);
  assert_same (whole, parts, GEN_CHECKPOINT_STATE);
  assert_same (whole, parts, "student.onnx");
  assert_same (whole, parts, "ema.onnx");
}

/* Of latents and of pictures: what is learned, told and played. */
static void
test_learns (void)
{
  static const char *const validated[] = { "loss-on-validation", "psnr-on-validation", NULL };
  g_autofree char *folder = teachers_new ();
  Told latents = { "validation", validated }, pictures = { "validation", validated };
  g_autofree char *by_latents =
      g_strdup_printf (DISTIL SOURCE "t.sink " SOURCE "t.validation", folder, "vae/decoder.onnx",
          folder, "a", 3, "recipe=generator-distillation preset=mlp latent-size=4", 40, 24);
  g_autofree char *by_pictures = g_strdup_printf (DISTIL SOURCE "t.sink " SOURCE "t.validation",
      folder, "cleaner/restorer.onnx", folder, "b", 3,
      "recipe=distillation preset=inpainter width=2", 40, 24);
  g_autofree char *drawn =
      g_strdup_printf ("latentsrc num-buffers=2 ! generator model=%s/a/ema.onnx ! "
                       "video/x-raw,format=GRAY8,width=28,height=28 ! filesink location=%s/drawn",
          folder, folder);
  g_autofree char *numbers = NULL;
  gsize n;

  play (by_latents, &latents);
  g_assert_cmpuint (latents.n, ==, 1);
  play (by_pictures, &pictures);
  g_assert_cmpuint (pictures.n, ==, 1);
  play (drawn, NULL);
  numbers = read_file (folder, "drawn", &n);
  g_assert_cmpuint (n, ==, 2 * 28 * 28);
  check_resume (
      folder, "vae/decoder.onnx", "recipe=generator-distillation preset=mlp latent-size=4");
  check_resume (folder, "cleaner/restorer.onnx", "recipe=distillation preset=cleaner width=2");
  scratch_remove (folder);
}

#define CONSISTENCY                                                                                \
  "modeltrainer name=t recipe=consistency device=cpu batch-size=4 silent=true seed=3 ema=0.9 "     \
  "checkpoint=%s/%s max-steps=%d %s "

/* Of a denoiser, as which the student begins: four steps in one go and in two, what is told, what
 * it was and has become, and that the file plays by itself. */
static void
test_consistency (void)
{
  static const char *const validated[] = { "loss-on-validation", NULL };
  g_autofree char *folder = scratch_new ();
  g_autofree char *taught = g_strdup_printf ("teacher-model=%s/denoiser/ema.onnx", folder);
  g_autofree char *again = g_strconcat (taught, " resume=true", NULL);
  g_autofree char *denoiser = g_strdup_printf (SOURCE
      "modeltrainer preset=unet-diffusion width=2 device=cpu batch-size=4 ema=0.9 "
      "max-steps=2 learning-rate=0.05 silent=true checkpoint=%s/denoiser",
      8, folder);
  g_autofree char *validating = g_strdup_printf (
      CONSISTENCY SOURCE "t.sink " SOURCE "t.validation", folder, "told", 2, taught, 8, 8);
  g_autofree char *whole = g_strdup_printf (SOURCE CONSISTENCY, 16, folder, "whole", 4, taught);
  g_autofree char *first = g_strdup_printf (SOURCE CONSISTENCY, 16, folder, "parts", 2, taught);
  g_autofree char *second = g_strdup_printf (SOURCE CONSISTENCY, 16, folder, "parts", 4, again);
  g_autofree char *alone = g_strdup_printf (SOURCE CONSISTENCY, 8, folder, "alone", 2, "width=2");
  g_autofree char *drawn =
      g_strdup_printf ("latentsrc num-buffers=2 ! generator model=%s/whole/ema.onnx ! "
                       "video/x-raw,format=GRAY8,width=28,height=28 ! filesink location=%s/drawn",
          folder, folder);
  g_autofree char *wrong = g_strdup_printf (SOURCE
      "modeltrainer recipe=generator-distillation preset=mlp device=cpu silent=true %s "
      "checkpoint=%s/wrong",
      16, taught, folder);
  g_autofree char *one = g_build_filename (folder, "whole", NULL);
  g_autofree char *other = g_build_filename (folder, "parts", NULL);
  g_autofree char *said = NULL, *report = NULL, *numbers = NULL;
  Told told = { "validation", validated };
  gsize n;

  play (denoiser, NULL);
  said = play_to_error (wrong);
  g_assert_nonnull (strstr (said, "the teacher is a denoiser"));
  g_assert_nonnull (strstr (said, "recipe=consistency"));
  play (validating, &told);
  g_assert_cmpuint (told.n, ==, 2);
  play (whole, NULL);
  play (first, NULL);
  play (second, NULL);
  assert_same (one, other, GEN_CHECKPOINT_STATE);
  assert_same (one, other, "denoiser.onnx");
  assert_same (one, other, "ema.onnx");
  report = read_file (folder, "told/comparison/report.md", &n);
  g_assert_nonnull (strstr (report, "teacher-model"));
  play (drawn, NULL);
  numbers = read_file (folder, "drawn", &n);
  g_assert_cmpuint (n, ==, 2 * 28 * 28);
  /* Without a teacher, by the preset of denoisers. */
  play (alone, NULL);
  scratch_remove (folder);
}

static void
assert_fails (const char *settings, const char *words)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch = g_strdup_printf (
      SOURCE "modeltrainer device=cpu silent=true checkpoint=%s %s", 16, folder, settings);
  g_autofree char *text = play_to_error (launch);

  if (strstr (text, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", text, words);
  scratch_remove (folder);
}

static void
test_fails (void)
{
  assert_fails (
      "recipe=distillation teacher-model=none.onnx", "such as mlp, classifier or cleaner");
  assert_fails ("recipe=distillation preset=autoencoder teacher-model=none.onnx",
      "wants one that has a net like the teacher");
  assert_fails ("recipe=generator-distillation preset=mlp teacher-model=none.onnx", "none.onnx");
  assert_fails ("recipe=generator-distillation preset=mlp",
      "teacher-model: recipe generator-distillation wants the model");
  assert_fails (
      "recipe=diffusion preset=mlp", "preset mlp is of recipe adversarial, not diffusion");
  assert_fails ("recipe=consistency teacher-model=none.onnx", "none.onnx");
  assert_fails (
      "recipe=consistency preset=mlp", "preset mlp is of recipe adversarial, not diffusion");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/teaching/learns", test_learns);
  g_test_add_func ("/teaching/consistency", test_consistency);
  g_test_add_func ("/teaching/fails", test_fails);
  return g_test_run ();
}
