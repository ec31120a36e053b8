/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectra of transforms that are longer than a frame, against sums of sines and cosines: the frame
 * lies in the middle of what is transformed. */
#include <generative/player.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

enum { SAMPLES = 900, HOP = 10, LENGTH = 50 };

/* A graph that makes Relu of the real and imaginary parts, which hangs on where a frame lies. */
static GenModel *
make_model (int fft, const char *spectrum, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("relu");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, fft / 2 + 1, 1, 2));

  gen_graph_add_output (graph, gen_unary (graph, "Relu", x, NULL));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.spectrum"), g_strdup (spectrum));
  return gen_model_new (graph, error);
}

static void
play (GenModel *model, const float *sound, float *made)
{
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  const GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .from_frames = TRUE,
    .to_frames = TRUE };

  g_assert_cmpint (model->inputs[0].length, ==, HOP);
  g_assert_true (gen_player_prepare (player, &use, NULL, NULL));
  for (int at = 0; at < SAMPLES; at += HOP) {
    const GenFrame in = { .planes = { (void *)(sound + at) } }, out = { .planes = { made + at } };

    gen_player_bind_input_frame (player, 0, &in);
    gen_player_bind_output_frame (player, 0, &out);
    g_assert_true (gen_player_run (player, NULL));
  }
}

static double
hann (int i)
{
  return 0.5 - 0.5 * cos (2 * G_PI * i / LENGTH);
}

/* What is made of the frame of `LENGTH` samples, there and back. */
static void
transform (const double *frame, int fft, double *made)
{
  const int first = (fft - LENGTH) / 2;

  memset (made, 0, LENGTH * sizeof *made);
  for (int k = 0; k <= fft / 2; k++) {
    const double times = k == 0 || 2 * k == fft ? 1 : 2;
    double real = 0, imaginary = 0;

    for (int i = 0; i < LENGTH; i++) {
      real += frame[i] * cos (2 * G_PI * k * (first + i) / fft);
      imaginary -= frame[i] * sin (2 * G_PI * k * (first + i) / fft);
    }
    real = MAX (real, 0) * times / fft;
    imaginary = MAX (imaginary, 0) * times / fft;
    for (int i = 0; i < LENGTH; i++)
      made[i] += real * cos (2 * G_PI * k * (first + i) / fft) -
                 imaginary * sin (2 * G_PI * k * (first + i) / fft);
  }
}

/* Frames under a window of Hann before and behind, added, by what both come to. Each ends where the
 * samples of a run do. */
static void
add_frames (const float *sound, int fft, double *sum)
{
  double frame[LENGTH], made[LENGTH];

  memset (sum, 0, (SAMPLES + LENGTH) * sizeof *sum);
  for (int end = HOP; end <= SAMPLES; end += HOP) {
    for (int i = 0; i < LENGTH; i++) {
      const int at = end - LENGTH + i;

      frame[i] = at < 0 ? 0 : sound[at] * hann (i);
    }
    transform (frame, fft, made);
    for (int i = 0; i < LENGTH; i++) {
      double weight = 0;

      for (int k = i % HOP; k < LENGTH; k += HOP)
        weight += hann (k) * hann (k);
      sum[end - HOP + i] += made[i] * hann (i) / weight;
    }
  }
}

static void
test_sums (void)
{
  static const int lengths[] = { LENGTH, 64, 77, 128 };
  const GenRandom random = gen_random_new (9, "noise", 0);
  float sound[SAMPLES], made[SAMPLES];
  g_autofree double *sum = g_new (double, SAMPLES + LENGTH);

  gen_random_normal (&random, 0, 0, sound, SAMPLES);
  for (gsize n = 0; n < G_N_ELEMENTS (lengths); n++) {
    g_autofree char *text =
        g_strdup_printf ("complex,length=%d,hop=%d,window=hann,fft=%d", LENGTH, HOP, lengths[n]);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = make_model (lengths[n], text, &error);
    g_autofree char *words = NULL;

    g_assert_no_error (error);
    words = gen_model_describe_spectra (model);
    g_assert_true ((strstr (words, "transforms of") != NULL) == (lengths[n] != LENGTH));
    g_assert_true ((strstr (model->spectra->text, "fft=") != NULL) == (lengths[n] != LENGTH));
    play (model, sound, made);
    add_frames (sound, lengths[n], sum);
    for (int i = 0; i < SAMPLES; i++)
      if (fabs (made[i] - sum[i]) > 1e-5)
        g_error ("fft=%d: sample %d is %g, not %g", lengths[n], i, made[i], sum[i]);
  }
}

/* A length that nobody has said is that of the transform. */
static void
test_whole (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = make_model (64, "complex,fft=64,hop=16", &error);

  g_assert_no_error (error);
  g_assert_cmpint (model->spectra->length, ==, 64);
}

static void
test_refused (void)
{
  static const struct {
    const char *spectrum, *why;
  } cases[] = {
    { "complex,length=80,fft=64", "do not go into a transform of fft=64" },
    { "complex,length=50,fft=128", "an axis of 65" },
    { "complex,length=50", "an axis of 26" },
    { "complex,fft=a", "whole number" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = make_model (64, cases[i].spectrum, &error);

    g_assert_null (model);
    g_assert_nonnull (error);
    if (strstr (error->message, cases[i].why) == NULL)
      g_error ("'%s' does not say '%s'", error->message, cases[i].why);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spectra-fft/sums", test_sums);
  g_test_add_func ("/spectra-fft/whole", test_whole);
  g_test_add_func ("/spectra-fft/refused", test_refused);
  return g_test_run ();
}
