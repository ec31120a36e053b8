/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* modeltrainer with the recipe language: figures, files, resuming, a model that plays by itself,
 * with its parameters and by class, and what is said where something lacks. */
#include "trainings.h"

#define FRAMES "video/x-raw,format=GRAY8,width=28,height=28"

/* Nets that make codes. */
static void
train_tokenizer (const char *folder, const char *settings)
{
  g_autofree char *launch = g_strdup_printf (SOURCE
      "modeltrainer preset=vq-vae device=cpu width=2 latent-size=4 codes=8 batch-size=8 "
      "learning-rate=0.01 silent=true checkpoint=%s/codes %s",
      40, folder, settings);

  play (launch, NULL);
}

/* (transfer full) */
static char *
tokenizer_new (void)
{
  char *folder = scratch_new ();

  train_tokenizer (folder, "");
  return folder;
}

#define LANGUAGE                                                                                   \
  "modeltrainer name=t preset=transformer tokenizer=%s/codes device=cpu width=8 batch-size=8 "     \
  "silent=true seed=3 ema=0.9 checkpoint=%s/%s max-steps=%d %s "

/* Ten steps in one go and in two are the same bits. */
static void
check_resume (const char *folder)
{
  const char *format = SOURCE LANGUAGE;
  g_autofree char *all =
      g_strdup_printf (format, 80, folder, folder, "whole", 10, "dropout=0.1 overwrite=true");
  g_autofree char *first =
      g_strdup_printf (format, 80, folder, folder, "parts", 4, "dropout=0.1 overwrite=true");
  g_autofree char *second =
      g_strdup_printf (format, 80, folder, folder, "parts", 10, "dropout=0.1 resume=true");
  g_autofree char *whole = g_build_filename (folder, "whole", NULL);
  g_autofree char *parts = g_build_filename (folder, "parts", NULL);

  play (all, NULL);
  play (first, NULL);
  play (second, NULL);
  assert_same (whole, parts, GEN_CHECKPOINT_STATE);
  assert_same (whole, parts, "predictor.onnx");
  assert_same (whole, parts, "ema.onnx");
  assert_same (whole, parts, "generator.onnx");
}

/* Three pictures with `settings`. (transfer full) */
static char *
draw (const char *folder, const char *settings)
{
  g_autofree char *launch =
      g_strdup_printf ("latentsrc num-buffers=3 ! generator model=%s/a/generator.onnx %s ! " FRAMES
                       " ! filesink location=%s/drawn",
          folder, settings, folder);
  gsize n;
  char *drawn;

  play (launch, NULL);
  drawn = read_file (folder, "drawn", &n);
  g_assert_cmpuint (n, ==, 3 * 28 * 28);
  return drawn;
}

static gboolean
are_same (const char *a, const char *b)
{
  return memcmp (a, b, 28 * 28) == 0;
}

/* What the most probable codes are made into hangs on no latent. */
static void
check_drawn (const char *folder)
{
  g_autofree char *drawn = draw (folder, ""), *again = draw (folder, "");
  g_autofree char *surest = draw (folder, "parameters=top_k=1");
  g_autofree char *coldest = draw (folder, "parameters=temperature=0");

  g_assert_true (are_same (drawn, again));
  g_assert_false (are_same (drawn, drawn + 28 * 28));
  g_assert_true (are_same (surest, surest + 28 * 28));
  g_assert_true (are_same (surest, coldest));
  g_assert_false (are_same (surest, drawn));
}

static void
test_learns (void)
{
  static const char *const validated[] = { "loss-on-validation", "accuracy-on-validation",
    "perplexity-on-validation", "marginal-entropy-on-validation", "frechet", NULL };
  g_autofree char *folder = tokenizer_new ();
  g_autofree char *launch = g_strdup_printf (
      LANGUAGE SOURCE "t.sink " SOURCE "t.validation", folder, folder, "a", 3, "", 40, 24);
  g_autofree char *more = g_strdup_printf (SOURCE LANGUAGE, 40, folder, folder, "b", 2, "");
  g_autofree char *finer = NULL, *report = NULL;
  Told told = { "validation", validated };
  gsize n;

  play (launch, &told);
  g_assert_cmpuint (told.n, ==, 1);
  check_drawn (folder);
  check_resume (folder);
  /* One that was given is compared with what becomes of it. */
  finer = g_strdup_printf ("%s weights=%s/a", more, folder);
  play (finer, NULL);
  report = read_file (folder, "b/comparison/report.md", &n);
  g_assert_nonnull (strstr (report, "Recipe `language`"));
  scratch_remove (folder);
}

/* Pictures in two folders, which are classes. */
static void
pictures_add (const char *folder)
{
  static const char *const patterns[] = { "ball", "checkers-4" };

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++) {
    g_autofree char *class = g_strdup_printf ("%s/data/%u", folder, i);
    g_autofree char *launch = g_strdup_printf ("videotestsrc pattern=%s num-buffers=8 ! " FRAMES
                                               " ! pngenc ! multifilesink location=%s/%%d.png",
        patterns[i], class);

    g_assert_cmpint (g_mkdir_with_parents (class, 0777), ==, 0);
    play (launch, NULL);
  }
}

/* A class is a parameter, or flows beside the latent, and others make other pictures. */
static void
test_classes (void)
{
  g_autofree char *folder = tokenizer_new (), *launch = NULL, *flowing = NULL;
  g_autofree char *none = NULL, *one = NULL, *flowed = NULL;
  gsize n;

  pictures_add (folder);
  launch = g_strdup_printf ("datasetsrc location=%s/data ! " FRAMES " ! " LANGUAGE, folder, folder,
      folder, "a", 30, "conditional=true learning-rate=0.01 batch-size=4");
  play (launch, NULL);
  none = draw (folder, "parameters=class=0");
  one = draw (folder, "parameters=class=1");
  g_assert_false (are_same (none, one));
  flowing = g_strdup_printf (
      "latentsrc num-buffers=3 classes=2 class=1 ! generator model=%s/a/generator.onnx ! " FRAMES
      " ! filesink location=%s/flowed",
      folder, folder);
  play (flowing, NULL);
  flowed = read_file (folder, "flowed", &n);
  g_assert_cmpmem (flowed, n, one, 3 * 28 * 28);
  scratch_remove (folder);
}

/* A training that is begun with other codes than those that its predictor knows. */
static void
assert_other_codes (const char *folder, const char *settings, const char *named)
{
  g_autofree char *launch =
      g_strdup_printf (SOURCE LANGUAGE, 40, folder, folder, "other", 4, settings);
  g_autofree char *text = play_to_error (launch);

  g_assert_true (g_str_has_prefix (text, named));
  g_assert_nonnull (strstr (text, "codes of another codebook than the tokenizer's"));
}

/* The tokenizer's folder has become another's since. */
static void
test_other_codes (void)
{
  g_autofree char *folder = tokenizer_new ();
  g_autofree char *launch = g_strdup_printf (SOURCE LANGUAGE, 40, folder, folder, "other", 2, "");
  g_autofree char *predictor = g_strconcat (folder, "/other/predictor.onnx", NULL);
  g_autofree char *weights = g_strdup_printf ("overwrite=true weights=%s", predictor);
  g_autofree char *model = g_strdup_printf (
      "overwrite=true preset=auto recipe=language width=0 predictor-model=%s", predictor);

  play (launch, NULL);
  train_tokenizer (folder, "seed=9 overwrite=true");
  assert_other_codes (folder, "resume=true", "resume: '");
  assert_other_codes (folder, weights, "weights: '");
  assert_other_codes (folder, model, "predictor-model: ");
  scratch_remove (folder);
}

static void
assert_fails (const char *folder, const char *caps, const char *settings, const char *words)
{
  g_autofree char *launch = g_strdup_printf ("videotestsrc num-buffers=16 ! %s ! modeltrainer "
                                             "device=cpu silent=true checkpoint=%s/bad %s",
      caps, folder, settings);
  g_autofree char *text = play_to_error (launch);

  if (strstr (text, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", text, words);
}

static void
test_fails (void)
{
  const char *fitting = FRAMES, *larger = "video/x-raw,format=GRAY8,width=32,height=32";
  g_autofree char *folder = tokenizer_new (), *tokenizer = g_strconcat ("tokenizer=", folder, NULL);
  g_autofree char *codes = g_strdup_printf ("preset=transformer tokenizer=%s/codes", folder);
  g_autofree char *idle = g_strdup_printf ("preset=mlp tokenizer=%s/codes", folder);
  g_autofree char *other = g_strdup_printf (
      "recipe=language tokenizer=%s/codes predictor-model=%s/codes/decoder.onnx", folder, folder);
  g_autofree char *recipe = g_strconcat ("recipe=language ", tokenizer, NULL);
  g_autofree char *own = g_strdup_printf (
      "preset=transformer tokenizer=%s/codes checkpoint=%s/codes overwrite=true", folder, folder);
  g_autofree char *decoder = g_build_filename (folder, "codes", "decoder.onnx", NULL);

  assert_fails (folder, fitting, "recipe=language", "tokenizer: recipe language wants the folder");
  assert_fails (folder, fitting, recipe, "/encoder.onnx'; a folder is wanted that recipe");
  assert_fails (folder, larger, codes,
      "the tokenizer takes pictures of 28 x 28 pixels, grey, but the data is");
  assert_fails (folder, fitting, idle, "tokenizer: recipe adversarial has no use for it");
  assert_fails (folder, fitting, other, "the predictor must have two inputs");
  assert_fails (folder, fitting, own, "is that of tokenizer, whose nets would be replaced");
  g_assert_true (g_file_test (decoder, G_FILE_TEST_EXISTS));
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/language/learns", test_learns);
  g_test_add_func ("/language/classes", test_classes);
  g_test_add_func ("/language/other-codes", test_other_codes);
  g_test_add_func ("/language/fails", test_fails);
  return g_test_run ();
}
