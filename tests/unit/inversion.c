/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Latents and styles of samples: what a model has made is found again, whatever is looked for
 * beside it; and models, settings and samples of which nothing can be found. */
#include <generative/inversion.h>
#include <generative/npy.h>

#include <string.h>

#include "editing-nets.h"

static double
decibels (double square)
{
  return -10 * log10 (square);
}

/* `n` samples that the space itself makes, of latents that nobody begins with. */
static float *
make_samples (GenLatentSpace *space, guint n)
{
  const gsize place = gen_latent_space_vectors (space) * gen_latent_space_length (space);
  g_autofree float *places = g_new (float, n *place);
  float *samples = g_new (float, n *NET_PIXELS);
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_latent_space_draw (space, 1000, n, places, &error));
  g_assert_true (gen_latent_space_make (space, places, n, samples, &error));
  g_assert_no_error (error);
  return samples;
}

/* --- what is found --- */

static void
check_found (const char *path, GenSpaceKind kind, double least)
{
  g_autoptr (GenLatentSpace) space = net_open (path, kind);
  const gsize place = gen_latent_space_vectors (space) * gen_latent_space_length (space);
  g_autofree float *samples = make_samples (space, 5), *places = g_new (float, 5 * place);
  g_autofree float *made = g_new (float, 5 * NET_PIXELS);
  const GenInversionSettings settings = GEN_INVERSION_DEFAULTS;
  g_autoptr (GError) error = NULL;
  GenInverted found[5];

  gen_invert (space, &settings, samples, 5, NULL, NULL, places, found, &error);
  g_assert_no_error (error);
  g_assert_true (gen_latent_space_make (space, places, 5, made, &error));
  for (int i = 0; i < 5; i++) {
    double sum = 0;

    for (int k = 0; k < NET_PIXELS; k++)
      sum += pow ((double)made[i * NET_PIXELS + k] - samples[i * NET_PIXELS + k], 2);
    g_test_message (
        "%.1f dB, of the mean %.1f", decibels (found[i].square), decibels (found[i].from));
    g_assert_cmpfloat_with_epsilon (sum / NET_PIXELS, found[i].square, 1e-6);
    g_assert_cmpfloat (decibels (found[i].square), >, least);
    g_assert_cmpfloat (found[i].from, >, 30 * found[i].square);
    g_assert_cmpfloat (found[i].loss, >, -1e-5);
  }
}

static void
test_own (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *generator = net_save_generator (folder), *style = net_save_style_net (folder);
  g_autofree char *dealt = net_save_styles (folder, TRUE);

  check_found (generator, GEN_SPACE_LATENT, 40);
  check_found (style, GEN_SPACE_LATENT, 30);
  check_found (style, GEN_SPACE_STYLE, 35);
  check_found (style, GEN_SPACE_STYLES, 35);
  check_found (dealt, GEN_SPACE_STYLES, 35);
  scratch_remove (folder);
}

/* Any net tells how alike two pictures look: one that sees the mean of each quarter. */
static void
test_features (void)
{
  g_autofree char *folder = scratch_new (), *path = net_save_generator (folder), *features = NULL;
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  g_autofree float *samples = make_samples (space, 2);
  GenInversionSettings settings = GEN_INVERSION_DEFAULTS;
  GenGraph *graph = gen_graph_new ("features");
  GenTensor *x = gen_graph_add_input (
      graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, NET_EXTENT, NET_EXTENT));
  float places[2 * NET_LATENT];
  g_autoptr (GError) error = NULL;
  GenInverted found[2], without[2];

  x = gen_graph_op (graph, "AveragePool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 4, 4 }, "strides", GEN_INTS, 2, (gint64[]){ 4, 4 }, NULL);
  g_assert_no_error (error);
  features = net_save (graph, net_op (graph, "Flatten", x), folder, "features.onnx");
  settings.steps = 5;
  settings.starts = 1;
  settings.likeness = 100;
  settings.features = features;
  g_assert_true (gen_invert (space, &settings, samples, 2, NULL, NULL, places, found, &error));
  settings.features = NULL;
  g_assert_true (gen_invert (space, &settings, samples, 2, NULL, NULL, places, without, &error));
  /* It is they that counted. */
  for (int i = 0; i < 2; i++)
    g_assert_cmpfloat (fabs (found[i].loss - without[i].loss), >, 0.01 * without[i].loss);
  settings = GEN_INVERSION_DEFAULTS;
  settings.features = features;
  g_assert_true (gen_invert (space, &settings, samples, 2, NULL, NULL, places, found, &error));
  g_assert_no_error (error);
  for (int i = 0; i < 2; i++)
    g_assert_cmpfloat (decibels (found[i].square), >, 35);
  scratch_remove (folder);
}

/* A model that takes one latent at a time is asked once for each. */
static void
test_one_at_a_time (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "one.onnx", NULL);
  GenInversionSettings settings = GEN_INVERSION_DEFAULTS;
  g_autoptr (GenGraph) graph = gen_graph_new ("one");
  g_autoptr (GenLatentSpace) space = NULL;
  g_autofree float *samples = NULL;
  float places[3 * NET_LATENT];
  g_autoptr (GError) error = NULL;
  GenInverted found[3];

  gen_graph_add_output (graph,
      net_picture (graph,
          net_op (graph, "Tanh",
              net_dense (graph, net_begin (graph, NET_LATENT), NET_LATENT, NET_PIXELS, 1.7, 0.3))));
  g_assert_true (gen_onnx_save (graph, path, &error));
  space = net_open (path, GEN_SPACE_LATENT);
  samples = make_samples (space, 3);
  settings.starts = 2;
  g_assert_true (gen_invert (space, &settings, samples, 3, NULL, NULL, places, found, &error));
  g_assert_no_error (error);
  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat (decibels (found[i].square), >, 40);
  scratch_remove (folder);
}

/* A sound is found by its spectra and its samples. */
static void
test_sound (void)
{
  enum { LENGTH = 2048 };
  static const gint64 shape[] = { -1, 1, LENGTH };
  g_autofree char *folder = scratch_new (), *path = NULL;
  GenGraph *graph = gen_graph_new ("sounds");
  GenTensor *y = net_begin (graph, 4);
  const GenInversionSettings settings = GEN_INVERSION_DEFAULTS;
  g_autoptr (GenLatentSpace) space = NULL;
  g_autofree float *sounds = g_new (float, 2 * LENGTH);
  float places[2 * 4];
  g_autoptr (GError) error = NULL;
  GenInverted found[2];

  y = net_op (graph, "Tanh", net_dense (graph, y, 4, LENGTH, 0.11, 0.3));
  y = net_add (graph, "Reshape", y, gen_graph_ints (graph, shape, 3));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("16000"));
  path = net_save (graph, y, folder, "sounds.onnx");
  space = net_open (path, GEN_SPACE_LATENT);
  g_assert_true (gen_latent_space_format (space)->medium == &gen_medium_sound);
  g_assert_cmpint (gen_latent_space_format (space)->rate, ==, 16000);
  g_assert_cmpuint (gen_latent_space_format (space)->length, ==, LENGTH);
  g_assert_true (gen_latent_space_draw (space, 1000, 2, places, &error));
  g_assert_true (gen_latent_space_make (space, places, 2, sounds, &error));
  gen_invert (space, &settings, sounds, 2, NULL, NULL, places, found, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 2; i++) {
    g_test_message (
        "%.1f dB, of the mean %.1f", decibels (found[i].square / 4), decibels (found[i].from / 4));
    g_assert_cmpfloat (decibels (found[i].square / 4), >, 40);
    g_assert_cmpfloat (found[i].from, >, 30 * found[i].square);
  }
  scratch_remove (folder);
}

/* A sample is found alone as among others. */
static void
test_alone (void)
{
  g_autofree char *folder = scratch_new (), *path = net_save_generator (folder);
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  g_autofree float *samples = make_samples (space, 3);
  GenInversionSettings settings = GEN_INVERSION_DEFAULTS;
  float all[3 * NET_LATENT], one[NET_LATENT];
  g_autoptr (GError) error = NULL;
  GenInverted found[3], alone;

  settings.steps = 40;
  g_assert_true (gen_invert (space, &settings, samples, 3, NULL, NULL, all, found, &error));
  g_assert_true (
      gen_invert (space, &settings, samples + 2 * NET_PIXELS, 1, NULL, NULL, one, &alone, &error));
  g_assert_no_error (error);
  for (int k = 0; k < NET_LATENT; k++)
    g_assert_cmpfloat_with_epsilon (all[2 * NET_LATENT + k], one[k], 1e-3);
  g_assert_cmpuint (alone.steps, ==, found[2].steps);
  scratch_remove (folder);
}

/* An encoder that knows the latent is believed: one step from there is as good as many. */
static void
test_encoder (void)
{
  g_autofree char *folder = scratch_new (), *path = net_save_generator (folder), *encoder = NULL;
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  g_autofree float *samples = make_samples (space, 2);
  GenInversionSettings settings = GEN_INVERSION_DEFAULTS;
  GenGraph *graph = gen_graph_new ("encoder");
  static const gint64 flat[] = { -1, NET_PIXELS };
  float latents[2 * NET_LATENT], places[2 * NET_LATENT];
  g_autoptr (GError) error = NULL;
  GenInverted found[2], blind[2];
  GenTensor *x, *y;

  /* What comes out for any picture is the latent of the first. */
  g_assert_true (gen_latent_space_draw (space, 1000, 2, latents, &error));
  x = gen_graph_add_input (
      graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, NET_EXTENT, NET_EXTENT));
  y = net_add (graph, "Reshape", x, gen_graph_ints (graph, flat, 2));
  y = net_dense (graph, y, NET_PIXELS, NET_LATENT, 1, 0);
  y = net_add (graph, "Add", y,
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, NET_LATENT),
          g_bytes_new (latents, NET_LATENT * sizeof *latents)));
  encoder = net_save (graph, y, folder, "encoder.onnx");
  settings.encoder = encoder;
  settings.steps = 1;
  settings.starts = 2;
  settings.rate = 1e-4;
  g_assert_true (gen_invert (space, &settings, samples, 2, NULL, NULL, places, found, &error));
  settings.encoder = NULL;
  g_assert_true (gen_invert (space, &settings, samples, 2, NULL, NULL, places, blind, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (decibels (found[0].square), >, 60);
  g_assert_cmpfloat (decibels (blind[0].square), <, 30);
  scratch_remove (folder);
}

/* Styles that are alike make what the latent makes, and so does the model that is written, also of
 * a net that deals them to its layers itself. */
static void
test_styles (gconstpointer dealt)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = net_save_styles (folder, GPOINTER_TO_INT (dealt));
  g_autofree char *written = g_build_filename (folder, "synthesis.onnx", NULL);
  float made[3][4 * NET_PIXELS], places[4 * NET_LAYERS * NET_STYLE];
  g_autoptr (GError) error = NULL;

  for (int kind = GEN_SPACE_LATENT; kind <= GEN_SPACE_STYLES; kind++) {
    g_autoptr (GenLatentSpace) space = net_open (path, kind);

    g_assert_cmpint (gen_latent_space_kind (space), ==, kind);
    g_assert_cmpuint (gen_latent_space_vectors (space), ==, kind == 2 ? NET_LAYERS : 1);
    g_assert_cmpuint (gen_latent_space_length (space), ==, kind == 0 ? NET_LATENT : NET_STYLE);
    g_assert_true (gen_latent_space_draw (space, 7, 4, places, &error));
    g_assert_true (gen_latent_space_make (space, places, 4, made[kind], &error));
    if (kind == GEN_SPACE_STYLES)
      g_assert_true (gen_onnx_save (gen_latent_space_graph (space), written, &error));
  }
  g_assert_no_error (error);
  for (int i = 0; i < 4 * NET_PIXELS; i++) {
    g_assert_cmpfloat_with_epsilon (made[0][i], made[1][i], 1e-5);
    g_assert_cmpfloat_with_epsilon (made[0][i], made[2][i], 1e-5);
  }
  {
    g_autoptr (GenLatentSpace) space = net_open (written, GEN_SPACE_LATENT);

    g_assert_cmpuint (gen_latent_space_vectors (space), ==, NET_LAYERS);
    g_assert_cmpuint (gen_latent_space_length (space), ==, NET_STYLE);
    g_assert_true (gen_latent_space_make (space, places, 4, made[0], &error));
    for (int i = 0; i < 4 * NET_PIXELS; i++)
      g_assert_cmpfloat_with_epsilon (made[0][i], made[2][i], 1e-5);
  }
  scratch_remove (folder);
}

/* --- stopping --- */

typedef struct {
  guint64 until, calls, total;
} Stop;

static gboolean
stop_at (guint64 done, guint64 total, double square, gpointer user_data)
{
  Stop *stop = user_data;

  stop->calls++;
  stop->total = total;
  g_assert_cmpuint (done, ==, stop->calls);
  return done < stop->until;
}

/* What was found by then is kept; of samples that nobody came to there is the mean. */
static void
test_stop (void)
{
  g_autofree char *folder = scratch_new (), *path = net_save_generator (folder);
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  g_autofree float *samples = make_samples (space, 40), *places = g_new (float, 40 * NET_LATENT);
  const GenInversionSettings settings = GEN_INVERSION_DEFAULTS;
  g_autoptr (GError) error = NULL;
  Stop stop = { .until = 30 };
  GenInverted found[40];

  g_assert_true (gen_invert (space, &settings, samples, 40, stop_at, &stop, places, found, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (stop.calls, ==, 30);
  g_assert_cmpuint (stop.total, ==, 2 * 400 + 10 * 50);
  g_assert_cmpfloat (found[0].square, <, found[0].from / 2);
  g_assert_true (isnan (found[39].loss));
  g_assert_true (isnan (found[39].square));
  g_assert_cmpuint (found[39].steps, ==, 0);
  for (int k = 0; k < NET_LATENT; k++)
    g_assert_cmpfloat (places[39 * NET_LATENT + k], ==, 0);
  scratch_remove (folder);
}

/* --- what cannot be --- */

static void
assert_refused (const char *path, const GenLatentSpaceOptions *options, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_latent_space_new (path, options, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

/* A picture, or the latent with something else. */
static char *
save_odd_net (const char *folder, const char *what)
{
  g_autofree char *name = g_strconcat (what, ".onnx", NULL);
  GenGraph *graph = gen_graph_new (what);
  GenTensor *x, *y;

  if (g_str_equal (what, "picture")) {
    x = gen_graph_add_input (
        graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, NET_EXTENT, NET_EXTENT));
    return net_save (graph, net_op (graph, "Tanh", x), folder, name);
  }
  if (g_str_equal (what, "vector"))
    return net_save (graph,
        net_op (
            graph, "Tanh", net_dense (graph, net_begin (graph, NET_LATENT), NET_LATENT, 3, 1, 1)),
        folder, name);
  x = net_begin (graph, NET_LATENT);
  y = net_dense (graph, x, NET_LATENT, NET_PIXELS, 1.7, 0.6);
  if (g_str_equal (what, "class"))
    y = net_add (graph, "Add", y,
        net_dense (graph, gen_graph_add_input (graph, "class", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3)),
            3, NET_PIXELS, 2.1, 1));
  if (g_str_equal (what, "two"))
    y = net_add (graph, "Add", y,
        net_op (graph, "Flatten",
            gen_graph_add_input (
                graph, "beside", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, NET_EXTENT, NET_EXTENT))));
  if (g_str_equal (what, "rounds"))
    y = net_op (graph, "Floor", y);
  if (g_str_equal (what, "not-finite"))
    y = net_op (graph, "Log", net_op (graph, "Neg", net_op (graph, "Exp", y)));
  return net_save (graph, net_picture (graph, net_op (graph, "Tanh", y)), folder, name);
}

static void
test_refused_models (void)
{
  g_autofree char *folder = scratch_new (), *generator = net_save_generator (folder);
  g_autofree char *picture = save_odd_net (folder, "picture");
  g_autofree char *vector = save_odd_net (folder, "vector");
  g_autofree char *two = save_odd_net (folder, "two"), *class = save_odd_net (folder, "class");
  GenLatentSpaceOptions options = GEN_LATENT_SPACE_DEFAULTS;
  GenSpaceKind kind;
  g_autoptr (GError) error = NULL;

  assert_refused ("/nonexistent.onnx", &options, "/nonexistent.onnx");
  assert_refused (picture, &options, "an input of latents is wanted");
  assert_refused (vector, &options, "a generator of pictures or sounds is wanted");
  assert_refused (two, &options, "its input 'beside' takes something besides the latent");
  assert_refused (class, &options, "its input 'class' takes something besides the latent");
  options.class_number = 3;
  assert_refused (class, &options, "class 3 is none of its 3");
  options.kind = GEN_SPACE_STYLE;
  assert_refused (generator, &options, "it has no style");
  g_assert_false (gen_space_kind_find ("w", &kind, &error));
  g_assert_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING);
  scratch_remove (folder);
}

/* A model that is told a class is looked into as one of that class. */
static void
test_class (void)
{
  g_autofree char *folder = scratch_new (), *path = save_odd_net (folder, "class");
  GenLatentSpaceOptions options = GEN_LATENT_SPACE_DEFAULTS;
  float place[NET_LATENT] = { 0 }, made[2][NET_PIXELS];

  for (int i = 0; i < 2; i++) {
    g_autoptr (GenLatentSpace) space = NULL;
    g_autoptr (GError) error = NULL;

    options.class_number = 2 * i;
    space = gen_latent_space_new (path, &options, &error);
    g_assert_no_error (error);
    g_assert_true (gen_latent_space_make (space, place, 1, made[i], &error));
  }
  /* Of no latent there is what the class adds: row 2 i of its weights. */
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < NET_PIXELS; k++) {
      const double n = 2 * i * NET_PIXELS + k;
      const double weight = sin (2.1 * (n + 1) + 0.01 * (double)((int)(n * n) % 97));

      g_assert_cmpfloat_with_epsilon (made[i][k], 0.5 + 0.5 * tanh (weight), 1e-5);
    }
  scratch_remove (folder);
}

static void
assert_not_found (
    const char *path, const GenInversionSettings *settings, float number, const char *words)
{
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  float samples[NET_PIXELS], places[NET_LATENT];
  g_autoptr (GError) error = NULL;
  GenInverted found;

  for (int i = 0; i < NET_PIXELS; i++)
    samples[i] = number;
  g_assert_false (gen_invert (space, settings, samples, 1, NULL, NULL, places, &found, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

static void
test_not_found (void)
{
  g_autofree char *folder = scratch_new (), *generator = net_save_generator (folder);
  g_autofree char *rounds = save_odd_net (folder, "rounds");
  g_autofree char *not_finite = save_odd_net (folder, "not-finite");
  g_autofree char *vector = save_odd_net (folder, "vector");
  const GenInversionSettings fine = GEN_INVERSION_DEFAULTS;
  GenInversionSettings settings = fine;

  settings.steps = 20;
  assert_not_found (generator, &settings, NAN, "not finite");
  assert_not_found (not_finite, &settings, 0.5, "not finite");
  settings.encoder = vector;
  assert_not_found (generator, &settings, 0.5, "an encoder makes a vector");
  settings = fine;
  settings.features = generator;
  assert_not_found (generator, &settings, 0.5, "features: ");
  settings = fine;
  settings.steps = 0;
  assert_not_found (generator, &settings, 0.5, "steps is 0");
  settings = fine;
  settings.starts = -1;
  assert_not_found (generator, &settings, 0.5, "starts is -1");
  settings = fine;
  settings.rate = NAN;
  assert_not_found (generator, &settings, 0.5, "rate is nan");
  settings = fine;
  settings.prior = -1;
  assert_not_found (generator, &settings, 0.5, "prior is -1");
  assert_not_found (rounds, &fine, 0.5, "rounds.onnx: ");
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inversion/own", test_own);
  g_test_add_func ("/inversion/features", test_features);
  g_test_add_func ("/inversion/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/inversion/sound", test_sound);
  g_test_add_func ("/inversion/alone", test_alone);
  g_test_add_func ("/inversion/encoder", test_encoder);
  g_test_add_data_func ("/inversion/styles", GINT_TO_POINTER (FALSE), test_styles);
  g_test_add_data_func ("/inversion/styles/dealt", GINT_TO_POINTER (TRUE), test_styles);
  g_test_add_func ("/inversion/stop", test_stop);
  g_test_add_func ("/inversion/refused-models", test_refused_models);
  g_test_add_func ("/inversion/class", test_class);
  g_test_add_func ("/inversion/not-found", test_not_found);
  return g_test_run ();
}
