/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How nets are judged before and after a training, at its end, and by themselves. */
#include <gst/gst.h>

#include "training-tool.h"

/* The figures of a training's comparison, "before" or "after". (transfer full) */
static JsonObject *
read_figures (const Fixture *fixture, const char *checkpoint, const char *when)
{
  g_autoptr (JsonObject) report = read_json (fixture, checkpoint, "comparison/report.json");

  return json_object_ref (json_object_get_object_member (report, when));
}

/* What one training ends with the next one begins with; and one that was interrupted compares with
 * what was there before its first step. */
static void
test_compared (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"validation\":{\"split\":\"validation\",\"validation-fraction\":0.2},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"max-steps\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  static const struct {
    const char *checkpoint, *option, *weights;
    int steps;
  } trainings[] = {
    { "fresh", NULL, "", 2 },
    { "second", NULL, ",\"weights\":\"fresh\"", 3 },
    { "third", NULL, ",\"weights\":\"second\"", 2 },
    { "parts", NULL, ",\"weights\":\"fresh\"", 1 },
    { "parts", "--resume", ",\"weights\":\"fresh\"", 3 },
  };
  static const char *const files[] = { "report.json", "report.md", "before.png", "after.png" };
  g_autofree char *fresh = path_in (fixture, "fresh/comparison");
  g_autofree char *second = path_in (fixture, "second/comparison/after.png");
  g_autofree char *third = path_in (fixture, "third/comparison/before.png");
  g_autofree char *parts = path_in (fixture, "parts/comparison"), *overwritten = NULL;
  g_autoptr (JsonObject) ended = NULL, begun = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (trainings); i++) {
    g_autofree char *text = g_strdup_printf (
        settings, trainings[i].steps, trainings[i].checkpoint, trainings[i].weights);

    write_settings (fixture, text);
    g_assert_cmpint (train (fixture, trainings[i].option), ==, 0);
  }
  g_assert_nonnull (strstr (fixture->err, "before training and "));
  g_assert_false (g_file_test (fresh, G_FILE_TEST_EXISTS));
  ended = read_figures (fixture, "second", "after");
  begun = read_figures (fixture, "third", "before");
  g_assert_cmpint (json_object_get_int_member (ended, "step"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (begun, "step"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (begun, "samples"), >, 1);
  g_assert_cmpfloat (json_object_get_double_member (begun, "loss"), ==,
      json_object_get_double_member (ended, "loss"));
  assert_same_files (second, third);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *name = g_build_filename ("comparison", files[i], NULL);

    assert_same (fixture, "parts", "second", name);
  }
  /* One that begins with fresh nets leaves nothing of it. */
  overwritten = g_strdup_printf (settings, 1, "parts", "");
  write_settings (fixture, overwritten);
  g_assert_cmpint (train (fixture, "--overwrite"), ==, 0);
  g_assert_false (g_file_test (parts, G_FILE_TEST_EXISTS));
}

/* What the nets are judged by at the end: of the best ones, as their files have them, it is what
 * the validation found when the samples are those of the validation. */
static void
test_tested (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"validation\":{\"split\":\"validation\",\"validation-fraction\":0.2},"
      "\"test\":{\"split\":\"validation\",\"validation-fraction\":0.2},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,"
      "\"validation-interval\":1,\"learning-rate\":%g,\"max-steps\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  g_autofree char *fresh = g_strdup_printf (settings, 1e-3, 2, "fresh", "");
  g_autofree char *worse = g_strdup_printf (settings, 0.3, 4, "worse", ",\"weights\":\"fresh\"");
  g_autofree char *elsewhere =
      g_strdup_printf (settings, 1e-3, 1, "elsewhere", ",\"test\":{\"location\":\"nowhere\"}");
  g_autoptr (JsonObject) training = NULL, before = NULL, after = NULL, best = NULL;
  g_autofree char *path = path_in (fixture, "worse/comparison/report.md"), *report = NULL;
  JsonObject *test, *last, *verdict;

  write_settings (fixture, fresh);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_nonnull (strstr (fixture->err, " have loss "));
  training = read_json (fixture, "fresh", "training.json");
  test = json_object_get_object_member (training, "test");
  last = json_object_get_object_member (test, "last");
  g_assert_cmpfloat (json_object_get_double_member (last, "loss"), ==,
      json_object_get_double_member (training, "best-loss"));
  g_assert_false (json_object_has_member (test, "best"));

  write_settings (fixture, worse);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  before = read_figures (fixture, "worse", "before");
  after = read_figures (fixture, "worse", "after");
  best = read_figures (fixture, "worse", "best");
  g_assert_cmpstr (json_object_get_string_member (before, "split"), ==, "test");
  g_assert_cmpstr (json_object_get_string_member (after, "split"), ==, "test");
  g_assert_cmpfloat (json_object_get_double_member (before, "loss"), ==,
      json_object_get_double_member (last, "loss"));
  g_assert_cmpfloat (json_object_get_double_member (best, "loss"), <,
      json_object_get_double_member (after, "loss"));
  g_clear_pointer (&training, json_object_unref);
  training = read_json (fixture, "worse", "training.json");
  g_assert_cmpfloat (json_object_get_double_member (best, "loss"), ==,
      json_object_get_double_member (training, "best-loss"));
  g_assert_cmpint (json_object_get_int_member (best, "step"), ==,
      json_object_get_int_member (training, "best-step"));
  g_assert_true (g_file_get_contents (path, &report, NULL, NULL));
  g_assert_nonnull (
      strstr (report, "| before | after | change | the change is between | verdict | last step |"));
  g_assert_nonnull (strstr (report, "which are in `best`"));
  g_clear_pointer (&training, json_object_unref);
  training = read_json (fixture, "worse", "comparison/report.json");
  verdict = json_object_get_object_member (training, "verdict");
  g_assert_cmpstr (json_object_get_string_member (verdict, "nets"), ==, "best");
  g_assert_cmpint (
      json_object_get_int_member (verdict, "step"), ==, json_object_get_int_member (best, "step"));
  verdict = json_object_get_object_member (verdict, "figures");
  verdict = json_object_get_object_member (verdict, "loss");
  g_assert_cmpfloat (json_object_get_double_member (verdict, "change"), <=, 0);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (verdict, "change"),
      json_object_get_double_member (best, "loss") - json_object_get_double_member (before, "loss"),
      1e-6);
  g_assert_nonnull (strstr (report, "those of the test"));

  write_settings (fixture, elsewhere);
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "settings.json: test.location: "));
}

/* The figures' verdicts of a training. (transfer full) */
static JsonObject *
read_verdict (const Fixture *fixture, const char *checkpoint, const char *figure)
{
  g_autoptr (JsonObject) report = read_json (fixture, checkpoint, "comparison/report.json");
  JsonObject *verdict = json_object_get_object_member (report, "verdict");
  JsonObject *figures = json_object_get_object_member (verdict, "figures");

  g_assert_cmpstr (json_object_get_string_member (verdict, "figure"), ==, figure);
  return json_object_ref (json_object_get_object_member (figures, figure));
}

/* What `generative-model test` prints, of arguments with spaces between; its exit status. */
static int
judge (Fixture *fixture, const char *arguments, char **out)
{
  g_autoptr (GPtrArray) line = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_auto (GStrv) all = g_strsplit (arguments, " ", -1);
  g_autoptr (GError) error = NULL;
  int status;

  g_ptr_array_add (line, g_strdup ("test"));
  for (char **argument = all; *argument != NULL; argument++)
    g_ptr_array_add (line, g_strdup (*argument));
  g_ptr_array_add (line, NULL);
  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, out,
      &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s%s", *out, fixture->err);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* Nets in two folders, on the same samples, as the training that made one of the other says. */
static void
judge_against (Fixture *fixture)
{
  g_autoptr (JsonObject) trained = read_verdict (fixture, "better", "loss");
  g_autoptr (JsonNode) found = NULL;
  g_autofree char *text = NULL, *words = NULL, *same = NULL, *none = NULL;
  JsonObject *against;

  g_assert_cmpint (
      judge (fixture, "better pictures split=all --against fresh --json", &text), ==, 0);
  found = json_from_string (text, NULL);
  against = json_object_get_object_member (json_node_get_object (found), "against");
  g_assert_cmpstr (json_object_get_string_member (against, "verdict"), ==, "better");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (against, "loss-change"),
      json_object_get_double_member (trained, "change"), 1e-6);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (against, "loss-change-high"),
      json_object_get_double_member (trained, "high"), 1e-6);
  g_assert_cmpint (judge (fixture, "fresh pictures split=all --against better", &words), ==, 0);
  g_assert_nonnull (strstr (words, ", and that of the nets in 'better' "));
  g_assert_nonnull (strstr (words, ": worse (the change is between +"));
  g_assert_cmpint (judge (fixture, "fresh pictures split=all --against fresh", &same), ==, 0);
  g_assert_nonnull (strstr (same, "no difference that "));
  g_assert_cmpint (judge (fixture, "fresh pictures split=all --against nowhere", &none), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "nowhere"));
}

/* Whether nets are better is said as far as the samples of the test can show, and one that was
 * interrupted says the same. */
static void
test_verdict (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"test\":{\"split\":\"all\"},\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,"
      "\"learning-rate\":%s,\"max-steps\":%d,\"test-samples\":%d,\"checkpoint\":\"%s\"%s}";
  static const struct {
    const char *checkpoint, *rate, *option, *verdict, *said;
    int steps, samples;
  } trainings[] = {
    { "fresh", "1e-3", NULL, NULL, " have loss ", 2, 999 },
    { "better", "1e-2", NULL, "better", "after it: better (the change is between -", 12, 999 },
    { "parts", "1e-2", NULL, NULL, "after it: ", 3, 999 },
    { "parts", "1e-2", "--resume", "better", "after it: better (", 12, 999 },
    { "worse", "1", NULL, "worse", "after it: worse (the change is between +", 4, 999 },
    { "same", "1e-12,\"trainable\":\"head\"", NULL, "no difference",
        "after it: no difference that ", 2, 999 },
    { "few", "1e-2", NULL, "", "too few samples to tell that from chance (7)", 12, 7 },
  };
  g_autofree char *path = path_in (fixture, "better/comparison/report.md"), *report = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (trainings); i++) {
    g_autofree char *text = g_strdup_printf (settings, trainings[i].rate, trainings[i].steps,
        trainings[i].samples, trainings[i].checkpoint, i > 0 ? ",\"weights\":\"fresh\"" : "");
    g_autoptr (JsonObject) loss = NULL;

    write_settings (fixture, text);
    g_assert_cmpint (train (fixture, trainings[i].option), ==, 0);
    g_assert_nonnull (strstr (fixture->err, trainings[i].said));
    if (trainings[i].verdict == NULL)
      continue;
    loss = read_verdict (fixture, trainings[i].checkpoint, "loss");
    g_assert_cmpstr (json_object_get_string_member (loss, "verdict"), ==, trainings[i].verdict);
    g_assert_cmpstr (json_object_get_string_member (loss, "better"), ==, "lower");
  }
  assert_same (fixture, "parts", "better", "comparison/report.json");
  assert_same (fixture, "parts", "better", "comparison/report.md");
  g_assert_true (g_file_get_contents (path, &report, NULL, NULL));
  g_assert_nonnull (strstr (report, "Verdict by loss: better ("));
  judge_against (fixture);
  g_assert_nonnull (strstr (report, "| change | the change is between | verdict |"));
}

/* Of what is made of latents, by the Fréchet distances of parts. */
static void
test_verdict_of_sets (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures/00.png\",\"tile-width\":1,\"tile-height\":1,\"width\":28,"
      "\"height\":28,\"channels\":1},\"test\":{\"split\":\"all\"},\"preset\":\"mlp\","
      "\"batch-size\":8,\"learning-rate\":%s,\"max-steps\":%d,\"test-samples\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  g_autofree char *fresh = g_strdup_printf (settings, "1e-3", 1, 9, "fresh", "");
  g_autofree char *better =
      g_strdup_printf (settings, "2e-3", 60, 72, "better", ",\"weights\":\"fresh\"");
  g_autofree char *begun =
      g_strdup_printf (settings, "2e-3", 2, 72, "parts", ",\"weights\":\"fresh\"");
  g_autofree char *gone_on =
      g_strdup_printf (settings, "2e-3", 60, 72, "parts", ",\"weights\":\"fresh\"");
  g_autofree char *same = g_strdup_printf (
      settings, "1e-12,\"trainable\":\"head\"", 1, 72, "same", ",\"weights\":\"fresh\"");
  g_autofree char *few = g_strdup_printf (settings, "1e-3", 1, 40, "few", ",\"weights\":\"fresh\"");
  const char *const lines[] = { fresh, better, begun, gone_on, same };
  g_autoptr (JsonObject) distance = NULL, unmoved = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    write_settings (fixture, lines[i]);
    g_assert_cmpint (train (fixture, lines[i] == gone_on ? "--resume" : NULL), ==, 0);
  }
  distance = read_verdict (fixture, "better", "frechet");
  g_assert_cmpstr (json_object_get_string_member (distance, "verdict"), ==, "better");
  assert_same (fixture, "parts", "better", "comparison/report.json");
  unmoved = read_verdict (fixture, "same", "frechet");
  g_assert_cmpstr (json_object_get_string_member (unmoved, "verdict"), ==, "no difference");
  write_settings (fixture, few);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "too few samples to tell that from chance (40)"));
}

/* By another metric of what is made: it decides, and what was interrupted says the same. */
static void
test_verdict_by_metric (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures/00.png\",\"tile-width\":1,\"tile-height\":1,\"width\":28,"
      "\"height\":28,\"channels\":1},\"test\":{\"split\":\"all\"},\"preset\":\"mlp\","
      "\"batch-size\":8,\"learning-rate\":2e-3,\"max-steps\":%d,\"test-samples\":72,"
      "\"checkpoint\":\"%s\",\"validation-metric\":\"kernel-distance\"%s}";
  static const char *const begun = ",\"weights\":\"fresh\"";
  g_autofree char *fresh = g_strdup_printf (settings, 1, "fresh", "");
  g_autofree char *better = g_strdup_printf (settings, 60, "better", begun);
  g_autofree char *part = g_strdup_printf (settings, 2, "parts", begun);
  g_autofree char *gone_on = g_strdup_printf (settings, 60, "parts", begun);
  const char *const lines[] = { fresh, better, part, gone_on };
  g_autoptr (JsonObject) distance = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    write_settings (fixture, lines[i]);
    g_assert_cmpint (train (fixture, lines[i] == gone_on ? "--resume" : NULL), ==, 0);
  }
  distance = read_verdict (fixture, "better", "kernel-distance");
  g_assert_cmpstr (json_object_get_string_member (distance, "verdict"), ==, "better");
  g_assert_cmpstr (json_object_get_string_member (distance, "better"), ==, "lower");
  assert_same (fixture, "parts", "better", "comparison/report.json");
}

/* Of data that has classes, which these nets have no use for, though the training has noted how
 * many there are. */
static void
test_judged_without_classes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  write_sheet_settings (
      fixture, "\"preset\":\"autoencoder\",\"max-steps\":1,\"checkpoint\":\"unclassed\"");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_cmpint (judge (fixture, "unclassed pictures/00.png split=all", &text), ==, 0);
  g_assert_nonnull (strstr (text, "loss-on-test"));
}

/* A folder whose description says that fewer than no steps were made. */
static void
write_odd_step (const Fixture *fixture, const char *description)
{
  g_autofree char *folder = path_in (fixture, "odd"),
                  *path = path_in (fixture, "odd/training.json");
  g_auto (GStrv) parts = g_strsplit (description, "\"step\" : 3", -1);
  g_autofree char *text = g_strjoinv ("\"step\" : -1", parts);

  g_assert_cmpstr (text, !=, description);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Nets of a folder are judged as their training judged them at its end, and nothing is written. */
static void
test_judged (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *arguments, *text;
  } cases[] = {
    { "pictures pictures", "pictures: there is no training.json beside it" },
    { "fresh nowhere", "data.location: nowhere: no such" },
    { "fresh pictures splt=all",
        "splt=all: there is no setting \"splt\" (did you mean \"split\"?)" },
    { "fresh pictures width=20", "the encoder takes pictures of 28 x 28 pixels, grey" },
    { "fresh pictures --samples 1", "--samples is 1" },
    { "fresh pictures --samples 0", "--samples is 0, which should be from 2 to 65536" },
    { "fresh pictures --samples -3", "--samples is -3" },
    { "odd pictures", "odd/training.json: step is -1, and should be how many steps were made" },
  };
  g_autofree char *path = path_in (fixture, "fresh/training.json"), *out = NULL, *same = NULL,
                  *before = NULL, *after = NULL, *one = NULL;
  g_autoptr (JsonObject) training = NULL;
  g_autoptr (JsonNode) figures = NULL;
  JsonObject *last, *made;

  /* What is said of "data" there holds here. */
  write_settings (fixture,
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1,"
      "\"fit\":\"pad\",\"seed\":4,\"validation-fraction\":0.2},"
      "\"test\":{\"split\":\"validation\"},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"max-steps\":3,"
      "\"checkpoint\":\"fresh\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  training = read_json (fixture, "fresh", "training.json");
  last = json_object_get_object_member (json_object_get_object_member (training, "test"), "last");
  g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
  g_assert_cmpint (judge (fixture, "fresh pictures data.split=validation --json", &out), ==, 0);
  figures = json_from_string (out, NULL);
  made = json_node_get_object (figures);
  g_assert_cmpint (json_object_get_int_member (made, "step"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (made, "samples"), ==,
      json_object_get_int_member (last, "samples"));
  g_assert_cmpfloat (json_object_get_double_member (made, "loss-on-test"), ==,
      json_object_get_double_member (last, "loss"));
  g_assert_cmpint (judge (fixture, "fresh/encoder.onnx pictures split=validation", &same), ==, 0);
  g_assert_nonnull (strstr (same, "loss-on-test "));
  g_assert_nonnull (strstr (same, "test: of "));
  g_assert_true (g_file_get_contents (path, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, before);
  write_odd_step (fixture, before);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_clear_pointer (&one, g_free);
    g_assert_cmpint (judge (fixture, cases[i].arguments, &one), ==, 1);
    if (strstr (fixture->err, cases[i].text) == NULL)
      g_error ("'%s' does not say '%s'", fixture->err, cases[i].text);
  }
}

/* What takes codes is asked about pictures as its tokenizer takes them. */
static void
test_judged_codes (Fixture *fixture, gconstpointer data)
{
  static const char *const format =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"width\":4,\"batch-size\":4,\"max-steps\":2,\"checkpoint\":\"%s\",%s}";
  g_autofree char *codes = g_strdup_printf (format, "codes", "\"preset\":\"vq-vae\"");
  g_autofree char *prior =
      g_strdup_printf (format, "prior", "\"preset\":\"transformer\",\"tokenizer\":\"codes\"");
  g_autofree char *out = NULL;

  write_settings (fixture, codes);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, prior);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_cmpint (judge (fixture, "prior pictures", &out), ==, 0);
  g_assert_nonnull (strstr (out, "perplexity-on-test "));
}

static double
judge_loss (Fixture *fixture, const char *model)
{
  g_autofree char *arguments = g_strconcat (model, " pictures --json", NULL), *out = NULL;
  g_autoptr (JsonNode) figures = NULL;

  g_assert_cmpint (judge (fixture, arguments, &out), ==, 0);
  figures = json_from_string (out, NULL);
  return json_object_get_double_member (json_node_get_object (figures), "loss-on-test");
}

/* A folder is judged by the average of its nets, and a net by itself. */
static void
test_judged_average (Fixture *fixture, gconstpointer data)
{
  double average;

  write_settings (fixture,
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"preset\":\"vae\",\"width\":2,\"latent-size\":4,\"batch-size\":6,\"ema\":0.9,"
      "\"learning-rate\":0.01,\"max-steps\":5,\"checkpoint\":\"averaged\"}");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  average = judge_loss (fixture, "averaged");
  g_assert_cmpfloat (judge_loss (fixture, "averaged/ema.onnx"), ==, average);
  g_assert_cmpfloat (judge_loss (fixture, "averaged/encoder.onnx"), ==, average);
  g_assert_cmpfloat (judge_loss (fixture, "averaged/decoder.onnx"), !=, average);
}

/* Samples to validate by may be named later than the nets: then there is nothing to compare them
 * with, and what is made is compared. */
static void
test_compared_later (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"max-steps\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  g_autofree char *fresh = g_strdup_printf (settings, 1, "fresh", "");
  g_autofree char *begun = g_strdup_printf (settings, 1, "later", ",\"weights\":\"fresh\"");
  g_autofree char *gone_on = g_strdup_printf (settings, 2, "later",
      ",\"weights\":\"fresh\",\"validation\":{\"split\":\"validation\","
      "\"validation-fraction\":0.2}");
  g_autoptr (JsonObject) before = NULL, after = NULL;

  write_settings (fixture, fresh);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, begun);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_settings (fixture, gone_on);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "what the nets made before training and after it"));
  before = read_figures (fixture, "later", "before");
  after = read_figures (fixture, "later", "after");
  g_assert_false (json_object_has_member (before, "loss"));
  g_assert_true (json_object_has_member (after, "loss"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/training-tool-judged/compared", Fixture, NULL, set_up, test_compared, tear_down);
  g_test_add ("/training-tool-judged/tested", Fixture, NULL, set_up, test_tested, tear_down);
  g_test_add ("/training-tool-judged/verdict", Fixture, NULL, set_up, test_verdict, tear_down);
  g_test_add ("/training-tool-judged/verdict-of-sets", Fixture, NULL, set_up, test_verdict_of_sets,
      tear_down);
  g_test_add ("/training-tool-judged/judged-without-classes", Fixture, NULL, set_up,
      test_judged_without_classes, tear_down);
  g_test_add ("/training-tool-judged/verdict-by-metric", Fixture, NULL, set_up,
      test_verdict_by_metric, tear_down);
  g_test_add ("/training-tool-judged/judged", Fixture, NULL, set_up, test_judged, tear_down);
  g_test_add (
      "/training-tool-judged/judged-codes", Fixture, NULL, set_up, test_judged_codes, tear_down);
  g_test_add ("/training-tool-judged/judged-average", Fixture, NULL, set_up, test_judged_average,
      tear_down);
  g_test_add ("/training-tool-judged/compared-later", Fixture, NULL, set_up, test_compared_later,
      tear_down);
  return g_test_run ();
}
