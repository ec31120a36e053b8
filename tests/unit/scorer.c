/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that make figures of frames and of pairs, of which every eye can tell what they make: what
 * goes in, what the figures are called, files that are no scorers, and how a meter has them.
 * tests/conformance/perceptual.py has LPIPS and DISTS. */
#include <generative/scorer.h>

#include <math.h>
#include <string.h>

#include "../scorers.h"
#include "../scratch.h"

#define SIZE SCORER_SIZE

static char *folder;

/* --- frames --- */

static void
paint (GenSample *sample, int width, int height, int red, int green, int blue)
{
  const int levels[] = { red, green, blue };

  gen_sample_init (sample, &(GenFormat){ &gen_medium_picture, width, height, 3 });
  for (int y = 0; y < height; y++)
    for (int i = 0; i < 3 * width; i++)
      sample->picture.data[y * sample->picture.stride + i] = (guint8)levels[i % 3];
}

static GenScorer *
open_scorer (const char *path, const GenMedium *medium)
{
  g_autoptr (GError) error = NULL;
  GenScorer *scorer = gen_scorer_open (path, medium, &error);

  g_assert_no_error (error);
  return scorer;
}

/* --- tests --- */

/* What is judged goes in first, unless the names say otherwise; sizes of any kind. */
static void
test_pairs (void)
{
  static const ScorerKind kinds[] = {
    { "frame", "reference", "more", -1, TRUE },
    { "a", "b", "more", -1, TRUE },
    { "a", "b", "more", SIZE, TRUE },
    { "reference", "frame", "less", -1, TRUE },
    { "ref", "dist", "less", SIZE, TRUE },
    { "a", "b", "more", -1, TRUE, FALSE, NULL, "0,255" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *path = scorer_save_means (folder, &kinds[i]);
    g_autoptr (GenScorer) scorer = open_scorer (path, &gen_medium_picture);
    const double sign = g_str_equal (kinds[i].output, "more") ? 1 : -1;
    const double white = kinds[i].range != NULL ? 255 : 1;

    g_assert_true (gen_metric_is_of_pairs (gen_scorer_metric (scorer)));
    g_assert_cmpstr (gen_scorer_metric (scorer)->name, ==, kinds[i].output);
    for (int size = SIZE; size <= 20; size += 12) {
      g_auto (GenSample) frame = { 0 }, reference = { 0 };
      g_autoptr (GError) error = NULL;
      double value;

      paint (&frame, size + 3, size, 30, 60, 90);
      paint (&reference, size + 3, size, 20, 40, 60);
      g_assert_true (gen_scorer_score (scorer, &frame, &reference, &value, &error));
      g_assert_no_error (error);
      g_assert_cmpfloat_with_epsilon (value, sign * white * 20 / 255, 1e-4);
      g_assert_true (gen_scorer_score (scorer, &frame, &frame, &value, NULL));
      g_assert_cmpfloat (value, ==, 0);
    }
  }
}

/* Numbers are as the model's metadata says, in its order of channels; grey is all of them. */
static void
test_numbers (void)
{
  static const ScorerKind rgb = { "x", NULL, "y", -1, FALSE, FALSE, NULL, "-1,1" };
  static const ScorerKind bgr = { "x", NULL, "y", -1, FALSE, FALSE, NULL, "-1,1", "bgr" };

  for (int i = 0; i < 2; i++) {
    g_autofree char *path = scorer_save_means (folder, i == 0 ? &rgb : &bgr);
    g_autoptr (GenScorer) scorer = open_scorer (path, &gen_medium_picture);
    g_auto (GenSample) frame = { 0 }, grey = { 0 };
    double values[3];

    g_assert_cmpint (gen_scorer_channels (scorer), ==, 3);
    paint (&frame, 5, 4, 0, 51, 255);
    g_assert_true (gen_scorer_score (scorer, &frame, NULL, values, NULL));
    g_assert_cmpfloat_with_epsilon (values[0], i == 0 ? -1 : 1, 1e-6);
    g_assert_cmpfloat_with_epsilon (values[1], -0.6, 1e-6);
    g_assert_cmpfloat_with_epsilon (values[2], i == 0 ? 1 : -1, 1e-6);
    gen_sample_init (&grey, &(GenFormat){ &gen_medium_picture, 3, 3, 1 });
    g_assert_true (gen_scorer_score (scorer, &grey, NULL, values, NULL));
    for (int c = 0; c < 3; c++)
      g_assert_cmpfloat_with_epsilon (values[c], -1, 1e-6);
  }
}

/* Names, and which figure is the better one. */
static void
test_names (void)
{
  static const struct {
    const char *output, *scores, *names[3];
    GenBetter better[3];
  } cases[] = {
    { "quality", NULL, { "quality-0", "quality-1", "quality-2" } },
    { "Identity:0", NULL, { "Identity-0-0", "Identity-0-1", "Identity-0-2" } },
    { "quality", "SIG=higher,BAK=lower,OVRL", { "SIG", "BAK", "OVRL" },
        { GEN_BETTER_HIGHER, GEN_BETTER_LOWER, GEN_BETTER_NEITHER } },
    { "quality", " a = higher , b_2, c.3=lower", { "a", "b_2", "c.3" },
        { GEN_BETTER_HIGHER, GEN_BETTER_NEITHER, GEN_BETTER_LOWER } },
    { "quality", "lpips,dists,else", { "lpips", "dists", "else" },
        { GEN_BETTER_LOWER, GEN_BETTER_LOWER, GEN_BETTER_NEITHER } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const ScorerKind kind = { "x", NULL, cases[i].output, -1, .scores = cases[i].scores };
    g_autofree char *path = scorer_save_means (folder, &kind);
    g_autoptr (GenScorer) scorer = open_scorer (path, &gen_medium_picture);
    const GenMetric *metric = gen_scorer_metric (scorer);

    g_assert_cmpint (metric->n_fields, ==, 3);
    for (int f = 0; f < 3; f++) {
      g_assert_cmpstr (metric->fields[f].name, ==, cases[i].names[f]);
      g_assert_cmpint (metric->fields[f].better, ==, cases[i].better[f]);
      g_assert_true (gen_scorer_find_field (scorer, cases[i].names[f]) == &metric->fields[f]);
    }
    g_assert_null (gen_scorer_find_field (scorer, "x"));
  }
}

/* The file beside a model says names as well. */
static void
test_sidecar (void)
{
  const ScorerKind kind = { "x", NULL, "y", -1, TRUE };
  g_autofree char *path = scorer_save_means (folder, &kind);
  g_autofree char *beside = g_strconcat (path, ".modelinfo", NULL);
  g_autoptr (GenScorer) scorer = NULL;

  g_assert_true (g_file_set_contents (
      beside, "[modelinfo]\nversion=1.0\n[generative]\nscores=nice=higher\n", -1, NULL));
  scorer = open_scorer (path, &gen_medium_picture);
  g_assert_cmpstr (gen_scorer_metric (scorer)->name, ==, "nice");
  g_assert_cmpint (gen_scorer_metric (scorer)->fields[0].better, ==, GEN_BETTER_HIGHER);
  g_unlink (beside);
}

static void
init_sound (GenSample *sample, gsize frames, int channels, int rate)
{
  gen_sample_init (sample,
      &(GenFormat){ &gen_medium_sound, .channels = channels, .rate = rate, .length = frames });
  for (gsize i = 0; i < frames; i++)
    for (int c = 0; c < channels; c++)
      sample->sound.data[i * (gsize)channels + (gsize)c] = c == 0 ? 0.5f : -0.25f;
}

/* What is too short is heard again, channels are brought to the model's, other rates are refused,
 * and so are windows that are too long. */
static void
test_sounds (void)
{
  static const struct {
    gint64 channels;
    gsize frames;
    int has;
    double magnitude, mean;
  } cases[] = {
    { 1, 1600, 1, 0.5, 0.5 },
    { 1, 700, 1, 0.5, 0.5 },
    { 1, 1, 1, 0.5, 0.5 },
    { 1, 1600, 2, 0.125, 0.125 },
  };
  g_autofree char *path = scorer_save_sound (folder, 1600, 1, "16000", "level,balance=lower");
  g_autoptr (GenScorer) scorer = open_scorer (path, &gen_medium_sound);
  g_auto (GenSample) other = { 0 }, longer = { 0 }, empty = { 0 };
  g_autoptr (GError) error = NULL;
  double values[2];

  g_assert_null (gen_scorer_describe_assumption (scorer));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenSample) sample = { 0 };

    init_sound (&sample, cases[i].frames, cases[i].has, 16000);
    g_assert_true (gen_scorer_score (scorer, &sample, NULL, values, &error));
    g_assert_no_error (error);
    g_assert_cmpfloat_with_epsilon (values[0], cases[i].magnitude, 1e-6);
    g_assert_cmpfloat_with_epsilon (values[1], cases[i].mean, 1e-6);
  }
  init_sound (&other, 1600, 1, 44100);
  g_assert_false (gen_scorer_score (scorer, &other, NULL, values, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "16000 Hz, and this is at 44100: resample"));
  g_clear_error (&error);
  init_sound (&longer, 1601, 1, 16000);
  g_assert_false (gen_scorer_score (scorer, &longer, NULL, values, &error));
  g_assert_nonnull (strstr (error->message, "make them 0.1 seconds long"));
  g_clear_error (&error);
  init_sound (&empty, 0, 1, 16000);
  g_assert_true (gen_scorer_score (scorer, &empty, NULL, values, &error));
  g_assert_cmpfloat (values[0], ==, GEN_MISSING);
}

/* A model that says no rate hears what comes, and that is said. */
static void
test_no_rate (void)
{
  g_autofree char *path = scorer_save_sound (folder, 1600, 1, NULL, NULL);
  g_autoptr (GenScorer) scorer = open_scorer (path, &gen_medium_sound);
  g_autofree char *assumption = gen_scorer_describe_assumption (scorer);
  g_auto (GenSample) sample = { 0 };
  double values[2];

  g_assert_nonnull (strstr (assumption, "generative.sample-rate"));
  init_sound (&sample, 100, 1, 11025);
  g_assert_true (gen_scorer_score (scorer, &sample, NULL, values, NULL));
  g_assert_cmpfloat_with_epsilon (values[1], 0.5, 1e-6);
}

static void
assert_refused (const char *path, const GenMedium *medium, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_scorer_open (path, medium, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, words));
}

/* Files that are no scorers, and names that are none. */
static void
test_refused (void)
{
  static const struct {
    const char *output, *scores, *words;
  } names[] = {
    { "y", "a,b", "names 2 figures (\"a,b\"), and the model makes 3 numbers of pictures" },
    { "y", "a,b,c,d", "names 4 figures" },
    { "y", "", "names 0 figures" },
    { "y", "a,,c", "should be a name for each number" },
    { "y", "a,b c,d", "should be a name for each number" },
    { "y", "a=best,b,c", "should be a name for each number" },
    { "y", "a,b,a", "two of its figures are called \"a\"" },
    { "y", "a,frame,c", "its figure cannot be called \"frame\"" },
    { "y", "a,b,c-missing", "its figure cannot be called \"c-missing\"" },
    { "y", "a,sharpness,c", "as one of the metric sharpness is" },
    { "y", "a,loudness-short-term,c", "as one of the metric loudness is" },
    { "y", "1,2,3,4,5,6,7,8,9,10", "should be a name for each number" },
  };
  g_autofree char *missing = g_build_filename (folder, "missing.onnx", NULL);
  g_autofree char *text = g_build_filename (folder, "text.onnx", NULL);
  g_autofree char *sound = NULL, *flat = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("flat");
  g_autoptr (GError) error = NULL;
  GenTensor *x;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const ScorerKind kind = { "x", NULL, names[i].output, -1, .scores = names[i].scores };
    g_autofree char *path = scorer_save_means (folder, &kind);

    assert_refused (path, &gen_medium_picture, names[i].words);
    assert_refused (path, &gen_medium_sound, "a scorer of sounds makes up to 8 numbers");
  }
  sound = scorer_save_sound (folder, 1600, 1, "16000", NULL);
  assert_refused (sound, &gen_medium_picture, "a scorer of pictures makes up to 8 numbers");
  assert_refused (missing, &gen_medium_picture, "");
  assert_refused (sound, &gen_medium_text, "these are texts");
  g_assert_true (g_file_set_contents (text, "no model", -1, NULL));
  assert_refused (text, &gen_medium_picture, "");

  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIZE, SIZE));
  gen_graph_add_output (graph, gen_unary (graph, "Flatten", x, &error));
  flat = scorer_save (graph, folder, "flat.onnx");
  assert_refused (flat, &gen_medium_picture, "makes up to 8 numbers");
  none = gen_scorers_open ("", &gen_medium_picture, &error);
  g_assert_null (none->pdata[0]);
}

/* The extents are another thing than what the graph was made with. */
static char *
save_empty (const GenShape *shape, int n_inputs)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("empty");
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[2] = { NULL, NULL }, *y;

  for (int i = 0; i < n_inputs; i++)
    inputs[i] = gen_graph_add_input (
        graph, i == 0 ? "x" : "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, SIZE, SIZE));
  y = n_inputs == 2 ? gen_binary (graph, "Add", inputs[0], inputs[1], &error) : inputs[0];
  y = gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", y, &error), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  for (int i = 0; i < n_inputs; i++)
    inputs[i]->shape = *shape;
  return scorer_save (graph, folder, "empty.onnx");
}

/* Whatever has an extent of 0 holds no frame. */
static void
test_empty (void)
{
  static const GenShape shapes[] = { { 4, { -1, 3, 0, 0 } }, { 4, { 1, 3, 0, -1 } },
    { 4, { 1, 3, -1, 0 } }, { 4, { 0, 3, -1, -1 } }, { 4, { 0, 3, 8, 8 } } };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (shapes); i++) {
    g_autofree char *path = save_empty (&shapes[i / 2], i % 2 == 0 ? 1 : 2);

    assert_refused (path, &gen_medium_picture, "which has an extent of 0");
  }
}

/* --- types --- */

/* A model whose one or two inputs of `type` become float32 before their sum is averaged. */
static char *
save_typed (GenDataType type, const GenShape *shape, int n_inputs, const char *rate)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("typed");
  g_autoptr (GError) error = NULL;
  GenTensor *y = NULL;

  for (int i = 0; i < n_inputs; i++) {
    GenTensor *x = gen_graph_add_input (graph, i == 0 ? "x" : "z", type, shape);

    x = gen_graph_op (graph, "Cast", &x, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
    y = y == NULL ? x : gen_binary (graph, "Add", y, x, &error);
  }
  y = gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", y, &error), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  scorer_say (graph, "generative.input-range", rate == NULL ? "0,100" : NULL);
  scorer_say (graph, "generative.sample-rate", rate);
  return scorer_save (graph, folder, "typed.onnx");
}

/* Pictures and pairs of a model that takes any type of number are those numbers, rounded. */
static void
test_types (void)
{
  static const struct {
    GenDataType type;
    double error; /* of what is not whole */
  } types[] = { { GEN_TYPE_UINT8, 0.5 }, { GEN_TYPE_INT8, 0.5 }, { GEN_TYPE_UINT16, 0.5 },
    { GEN_TYPE_INT16, 0.5 }, { GEN_TYPE_UINT32, 0.5 }, { GEN_TYPE_INT32, 0.5 },
    { GEN_TYPE_UINT64, 0.5 }, { GEN_TYPE_INT64, 0.5 }, { GEN_TYPE_FLOAT16, 0.05 },
    { GEN_TYPE_BFLOAT16, 0.5 }, { GEN_TYPE_FLOAT64, 1e-4 } };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (types); i++) {
    const int n = i % 2 == 0 ? 1 : 2;
    g_autofree char *path = save_typed (types[i / 2].type, &GEN_SHAPE (1, 3, SIZE, SIZE), n, NULL);
    g_autoptr (GenScorer) scorer = open_scorer (path, &gen_medium_picture);
    g_auto (GenSample) frame = { 0 };
    g_autoptr (GError) error = NULL;
    double values[3];

    paint (&frame, 9, 12, 51, 102, 200);
    g_assert_true (gen_scorer_score (scorer, &frame, n == 2 ? &frame : NULL, values, &error));
    g_assert_no_error (error);
    g_assert_cmpfloat_with_epsilon (values[0], n * 20, 1e-3);
    g_assert_cmpfloat_with_epsilon (values[1], n * 40, 1e-3);
    g_assert_cmpfloat_with_epsilon (values[2], n * 20000 / 255., n * types[i / 2].error);
  }
}

/* Sounds of int16 are whole numbers of full scale, and what is beyond it is as loud as that. */
static void
test_integer_sound (void)
{
  g_autofree char *path = save_typed (GEN_TYPE_INT16, &GEN_SHAPE (1, 1, 1600), 1, "16000");
  g_autoptr (GenScorer) scorer = open_scorer (path, &gen_medium_sound);
  g_auto (GenSample) sound = { 0 };
  const float levels[] = { 0.5f, -0.25f, 2, NAN };
  const double expected[] = { 16384, -8192, 32767, 0 };

  gen_sample_init (
      &sound, &(GenFormat){ &gen_medium_sound, .channels = 1, .rate = 16000, .length = 1600 });
  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++) {
    double value;

    for (gsize k = 0; k < 1600; k++)
      sound.sound.data[k] = levels[i];
    g_assert_true (gen_scorer_score (scorer, &sound, NULL, &value, NULL));
    g_assert_cmpfloat_with_epsilon (value, expected[i], 1);
  }
}

/* --- of a meter --- */

static GenMeter *
open_meter (GPtrArray *scorers, const char *metrics, gboolean judges, double recent, GError **error)
{
  return gen_meter_new (&(GenMeterSettings){ .metrics = metrics,
                            .scorers = (GenScorer *const *)scorers->pdata,
                            .judges = judges,
                            .recent = recent },
      error);
}

static GPtrArray *
open_scorers (const char *files)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *scorers = gen_scorers_open (files, &gen_medium_picture, &error);

  g_assert_no_error (error);
  return scorers;
}

static guint
find (const GenMeter *meter, const char *name)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return i;
  g_error ("no figure %s", name);
}

/* Figures of models stand beside others, have means over the last seconds, and are in the summary.
 */
static void
test_meter (void)
{
  static const ScorerKind kind = { "x", NULL, "y", -1, .scores = "red,green=higher,blue" };
  g_autofree char *path = scorer_save_means (folder, &kind);
  g_autoptr (GPtrArray) scorers = open_scorers (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = open_meter (scorers, "brightness,green", FALSE, 10, &error);
  g_autoptr (JsonObject) summary = NULL;
  double values[16];

  g_assert_no_error (error);
  for (int i = 0; i < 2; i++) {
    g_auto (GenSample) frame = { 0 };

    paint (&frame, 9, 7, 255, 51 + 102 * i, 0);
    gen_meter_set_time (meter, (guint64)i * G_USEC_PER_SEC * 1000);
    g_assert_true (gen_meter_measure (meter, &frame, values, &error));
    g_assert_no_error (error);
    g_assert_cmpfloat_with_epsilon (values[find (meter, "red")], 1, 1e-6);
    g_assert_cmpfloat_with_epsilon (values[find (meter, "green")], 0.2 + 0.4 * i, 1e-6);
    g_assert_cmpfloat_with_epsilon (values[find (meter, "green-recent")], 0.2 + 0.2 * i, 1e-6);
    g_assert_true (gen_meter_is_of_frames (meter, find (meter, "blue")));
    g_assert_true (isfinite (values[find (meter, "brightness")]));
  }
  summary = gen_meter_summarise (meter, &error);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (json_object_get_object_member (summary, "green"), "mean"), 0.4,
      1e-6);
}

static void
test_meter_of_pairs (void)
{
  static const ScorerKind kind = { "frame", "reference", "lpips", -1, TRUE };
  g_autofree char *path = scorer_save_means (folder, &kind);
  g_autoptr (GPtrArray) scorers = open_scorers (path);
  const char *const metrics[] = { "lpips", "psnr,lpips", "psnr", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (metrics); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenMeter) meter = open_meter (scorers, metrics[i], TRUE, 0, &error);
    g_auto (GenSample) frame = { 0 }, reference = { 0 };
    g_autoptr (JsonObject) summary = NULL;
    double values[16];

    g_assert_no_error (error);
    paint (&frame, 9, 7, 30, 60, 90);
    paint (&reference, 9, 7, 20, 40, 60);
    g_assert_true (gen_meter_judge (meter, &frame, &reference, values, &error));
    g_assert_cmpfloat_with_epsilon (values[find (meter, "lpips")], 20 / 255., 1e-6);
    summary = gen_meter_summarise (meter, NULL);
    g_assert_true (json_object_has_member (summary, "lpips"));
    g_assert_true (json_object_has_member (summary, "psnr") == (i > 0));
  }
}

/* What is no number is missing, and why is told; a model that does not take a frame ends it. */
static void
test_not_finite (void)
{
  static const ScorerKind kind = { "x", NULL, "log", -1, TRUE, TRUE };
  g_autofree char *path = scorer_save_means (folder, &kind);
  g_autoptr (GPtrArray) scorers = open_scorers (path);
  g_autoptr (GenMeter) meter = open_meter (scorers, "log", FALSE, 0, NULL);
  g_autoptr (JsonObject) summary = NULL;
  g_auto (GenSample) black = { 0 };
  double value;

  paint (&black, 4, 4, 0, 0, 0);
  g_assert_true (gen_meter_measure (meter, &black, &value, NULL));
  g_assert_cmpfloat (value, ==, GEN_MISSING);
  summary = gen_meter_summarise (meter, NULL);
  g_assert_true (json_object_get_null_member (summary, "log"));
  g_assert_cmpstr (json_object_get_string_member (summary, "log-missing"), ==,
      "the model made no finite number");
}

/* A net whose kernel is larger than the picture. */
static void
test_too_small (void)
{
  static const gint64 kernel[] = { SIZE, SIZE };
  g_autoptr (GenGraph) graph = gen_graph_new ("large");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) scorers = NULL;
  g_autoptr (GenMeter) meter = NULL;
  g_autofree char *path = NULL;
  g_auto (GenSample) small = { 0 }, large = { 0 };
  double value;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
  GenTensor *y =
      gen_graph_op (graph, "MaxPool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 2, kernel, NULL);

  y = gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", y, &error), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[2] = x->shape.dims[3] = -1;
  path = scorer_save (graph, folder, "large.onnx");
  scorers = open_scorers (path);
  meter = open_meter (scorers, "sharpness", FALSE, 0, &error);
  paint (&small, 4, 4, 1, 1, 1);
  paint (&large, 12, 9, 1, 1, 1);
  {
    double values[8];

    g_assert_false (gen_meter_measure (meter, &small, values, &error));
    g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, path));
    g_clear_error (&error);
    g_assert_true (gen_meter_measure (meter, &large, values, &error));
    value = values[1];
  }
  g_assert_true (isfinite (value));
}

/* Whatever does not go together is told before anything comes. */
static void
test_meter_refused (void)
{
  static const ScorerKind pair = { "a", "b", "far", -1, TRUE },
                          single = { "a", NULL, "far", -1, TRUE };
  g_autoptr (GPtrArray) none = open_scorers (NULL), one = NULL, two = NULL, of_pairs = NULL;
  g_autofree char *path = scorer_save_means (folder, &single),
                  *twice = g_strdup_printf ("%s, %s", path, path);
  const struct {
    GPtrArray **scorers;
    const char *metrics;
    gboolean judges;
    int code;
    const char *words;
  } cases[] = {
    { &none, "lpips", TRUE, GEN_METRIC_ERROR_SCORER, "metric lpips is made by a model" },
    { &of_pairs, "far,dists", TRUE, GEN_METRIC_ERROR_SCORER, "means.onnx makes far" },
    { &none, "psnr,dists", TRUE, GEN_METRIC_ERROR_SCORER, "metric dists is made by a model" },
    { &none, "lpips", FALSE, GEN_METRIC_ERROR_REFERENCE, "what it should be" },
    { &none, "far", FALSE, GEN_METRIC_ERROR_UNKNOWN, "there is no metric \"far\"" },
    { &two, "far", FALSE, GEN_METRIC_ERROR_SCORER, "two scorers have a figure called \"far\"" },
    { &one, "psnr", TRUE, GEN_METRIC_ERROR_SCORER, "looks at one frame alone" },
    { &of_pairs, "far", FALSE, GEN_METRIC_ERROR_SCORER, "compares a frame with" },
  };

  one = open_scorers (path);
  two = open_scorers (twice);
  g_free (scorer_save_means (folder, &pair));
  of_pairs = open_scorers (path);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (open_meter (*cases[i].scorers, cases[i].metrics, cases[i].judges, 0, &error));
    g_assert_error (error, GEN_METRIC_ERROR, cases[i].code);
    g_assert_nonnull (strstr (error->message, cases[i].words));
  }
}

int
main (int argc, char **argv)
{
  int failed;

  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/scorer/pairs", test_pairs);
  g_test_add_func ("/scorer/numbers", test_numbers);
  g_test_add_func ("/scorer/names", test_names);
  g_test_add_func ("/scorer/sidecar", test_sidecar);
  g_test_add_func ("/scorer/sounds", test_sounds);
  g_test_add_func ("/scorer/no-rate", test_no_rate);
  g_test_add_func ("/scorer/refused", test_refused);
  g_test_add_func ("/scorer/empty", test_empty);
  g_test_add_func ("/scorer/types", test_types);
  g_test_add_func ("/scorer/integer-sound", test_integer_sound);
  g_test_add_func ("/scorer/meter", test_meter);
  g_test_add_func ("/scorer/meter-of-pairs", test_meter_of_pairs);
  g_test_add_func ("/scorer/not-finite", test_not_finite);
  g_test_add_func ("/scorer/too-small", test_too_small);
  g_test_add_func ("/scorer/meter-refused", test_meter_refused);
  failed = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return failed;
}
