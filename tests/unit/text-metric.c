/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics and features of texts: by hand where a text is short (tests/conformance/metrics.py has
 * others' numbers), what is said of texts of which there is little to say, and what comes of more
 * words than are kept. */
#include <generative/metric.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

static GenSample
sample_of (const char *text, gsize length)
{
  return (GenSample){ &gen_medium_text, .text = { .data = (char *)text, .length = length } };
}

static GenMeter *
meter_new (const char *metrics)
{
  const GenMeterSettings settings = { .medium = &gen_medium_text, .metrics = metrics };
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&settings, &error);

  g_assert_no_error (error);
  return meter;
}

static double
value_of (const GenMeter *meter, const double *values, const char *name)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return values[i];
  g_assert_not_reached ();
}

static void
measure_bytes (GenMeter *meter, const char *text, gsize length, double values[64])
{
  const GenSample sample = sample_of (text, length);
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_meter_measure (meter, &sample, values, &error));
  g_assert_no_error (error);
}

static void
measure (GenMeter *meter, const char *text, double values[64])
{
  measure_bytes (meter, text, strlen (text), values);
}

static JsonObject *
summarise (GenMeter *meter)
{
  g_autoptr (GError) error = NULL;
  JsonObject *summary = gen_meter_summarise (meter, &error);

  g_assert_no_error (error);
  return summary;
}

/* Which words a text has. */
static void
test_words (void)
{
  static const struct {
    const char *text;
    int words, kinds;
  } cases[] = {
    { "The cat, the CAT.", 4, 2 },
    { "It's raining; it’s pouring", 4, 3 },
    { "'quoted' O'Neill's rock'n'roll", 3, 3 },
    { "x_y a-b 3.14 ½", 7, 7 },
    { "ÄPFEL äpfel", 2, 1 },
    { "東京は大きい", 6, 6 },
    { "カタカナ", 1, 1 },
    { "हिन्दी में", 2, 2 },
    { "ไทย", 3, 3 },
    { "e\u0301te\u0301 \u0301", 1, 1 },
    { "!!! … — 🙂", 0, 0 },
    { "", 0, 0 },
    { "one", 1, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenMeter) meter = meter_new ("length,distinct-1");
    g_autoptr (JsonObject) summary = NULL;
    double values[64];

    measure (meter, cases[i].text, values);
    g_assert_cmpfloat (value_of (meter, values, "length"), ==, cases[i].words);
    g_assert_cmpfloat (value_of (meter, values, "length-characters"), ==,
        (double)g_utf8_strlen (cases[i].text, -1));
    summary = summarise (meter);
    g_assert_cmpint (json_object_get_int_member (summary, "distinct-words"), ==, cases[i].words);
    if (cases[i].words == 0)
      g_assert_cmpstr (
          json_object_get_string_member (summary, "distinct-1-missing"), ==, "there is no word");
    else
      g_assert_cmpfloat_with_epsilon (json_object_get_double_member (summary, "distinct-1"),
          (double)cases[i].kinds / cases[i].words, 1e-12);
  }
}

static void
test_repetition (void)
{
  g_autoptr (GenMeter) meter = meter_new ("repetition");
  double values[64];

  measure (meter, "a b c d, a b c d!", values);
  g_assert_cmpfloat_with_epsilon (value_of (meter, values, "repetition"), 1 - 4.0 / 5, 1e-12);
  g_assert_cmpfloat_with_epsilon (value_of (meter, values, "repetition-3"), 1 - 4.0 / 6, 1e-12);
  g_assert_cmpfloat_with_epsilon (value_of (meter, values, "repetition-2"), 1 - 4.0 / 7, 1e-12);
  /* Nothing of a text is left for the next one. */
  measure (meter, "a b c d", values);
  g_assert_cmpfloat (value_of (meter, values, "repetition"), ==, 0);
  measure (meter, "a b", values);
  g_assert_true (isinf (value_of (meter, values, "repetition")));
  g_assert_true (isinf (value_of (meter, values, "repetition-3")));
  g_assert_cmpfloat (value_of (meter, values, "repetition-2"), ==, 0);
}

/* Rows do not reach from one text into the next. */
static void
test_between_texts (void)
{
  g_autoptr (GenMeter) meter = meter_new ("distinct-1,entropy");
  g_autoptr (JsonObject) summary = NULL;
  double values[64];

  for (int i = 0; i < 8; i++)
    measure (meter, i % 2 == 0 ? "yes" : "no no", values);
  summary = summarise (meter);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "distinct-1"), 2.0 / 12, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "distinct-2"), 1.0 / 4, 1e-12);
  g_assert_true (json_object_get_null_member (summary, "distinct-3"));
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (summary, "entropy"),
      -(log2 (1.0 / 3) / 3 + 2 * log2 (2.0 / 3) / 3), 1e-12);
  g_assert_cmpfloat (json_object_get_double_member (summary, "entropy-2"), ==, 0);
}

/* Known truths: the same text again and again, and texts that share no word. */
static void
test_self_bleu (void)
{
  g_autoptr (GenMeter) same = meter_new ("self-bleu"), other = meter_new ("self-bleu");
  g_autoptr (JsonObject) a = NULL, b = NULL;
  double values[64];

  measure (same, "so it goes on and on", values);
  g_assert_true (isnan (value_of (same, values, "self-bleu")));
  a = summarise (same);
  g_assert_true (json_object_get_null_member (a, "self-bleu"));
  for (int i = 0; i < 400; i++) {
    g_autofree char *text = g_strdup_printf ("a%d b%d c%d d%d e%d", i, i, i, i, i);

    measure (same, "so it goes on and on", values);
    measure (other, text, values);
  }
  json_object_unref (a);
  a = summarise (same);
  b = summarise (other);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (a, "self-bleu"), 1, 1e-12);
  g_assert_cmpfloat (json_object_get_double_member (b, "self-bleu"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (b, "self-bleu-samples"), ==, 400);
}

/* What is no text has no figures, and is left out of those of all. */
static void
test_hostile (void)
{
  static const struct {
    const char *bytes;
    gsize length;
    gboolean valid;
  } cases[] = {
    { "\xff\xfe", 2, FALSE },
    { "cut \xc3", 5, FALSE },
    { "\xed\xa0\x80 surrogate", 13, FALSE },
    { "\xc0\xaf overlong", 11, FALSE },
    { "a\0b", 3, FALSE },
    { "\0a", 2, FALSE },
    { "ended\0\0", 7, TRUE },
    { "\0", 1, TRUE },
    { "", 0, TRUE },
    { NULL, 0, TRUE },
  };
  g_autoptr (GenMeter) meter = meter_new (NULL);
  g_autoptr (JsonObject) summary = NULL;
  guint left_out = 0;
  double values[64];

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    measure_bytes (meter, cases[i].bytes, cases[i].length, values);
    left_out += !cases[i].valid;
    g_assert_true (isfinite (value_of (meter, values, "length")) == cases[i].valid);
    g_assert_cmpuint (gen_meter_left_out (meter), ==, left_out);
  }
  summary = summarise (meter);
  g_assert_cmpint (json_object_get_int_member (summary, "left-out"), ==, left_out);
  g_assert_cmpint (json_object_get_int_member (summary, "distinct-words"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (summary, "self-bleu-missing"), ==,
      "it compares two texts with words at least");
}

/* One line of 10 MB. */
static void
test_long (void)
{
  g_autoptr (GenMeter) meter = meter_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  double values[64];

  while (text->len < 10 * 1000 * 1000)
    g_string_append (text, "over and over again ");
  measure_bytes (meter, text->str, text->len, values);
  g_assert_cmpfloat (value_of (meter, values, "length"), ==, (double)text->len / 20 * 4);
  g_assert_cmpfloat_with_epsilon (value_of (meter, values, "repetition"), 1, 1e-5);
}

/* A word as frequent as all others together, of which there are more than are kept. */
static void
test_more_than_kept (void)
{
  enum { TEXTS = 600, WORDS = 1000 };
  g_autoptr (GenMeter) meter = meter_new ("distinct-1,entropy");
  g_autoptr (JsonObject) summary = NULL;
  const double rare = (double)TEXTS * WORDS, all = 2 * rare;
  double values[64];

  for (int i = 0; i < TEXTS; i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    for (int w = 0; w < WORDS; w++)
      g_string_append_printf (text, "the %d ", i * WORDS + w);
    measure (meter, text->str, values);
  }
  summary = summarise (meter);
  g_assert_cmpint (json_object_get_int_member (summary, "distinct-words"), ==, (gint64)all);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "distinct-1"), (rare + 1) / all, 0.005);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "entropy"), 0.5 + log2 (all) / 2, 1e-6);
}

/* A text that stands in the reference, and one that does not. */
static void
test_copies (void)
{
  const GenMeterSettings settings = {
    .medium = &gen_medium_text, .metrics = "nearest,diversity", .has_reference = TRUE
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "texts.txt", NULL);
  const GenDatasetSettings lines = { .lines = TRUE };
  const GenFormat format = { .medium = &gen_medium_text };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenMeter) meter = NULL;
  g_autoptr (JsonObject) copied = NULL, summary = NULL;
  double values[64];

  g_assert_true (g_file_set_contents (path,
      "We few, we happy few, we band of brothers\nNow is the winter of our discontent\n"
      "To be or not to be\n",
      -1, NULL));
  dataset = gen_dataset_open (path, &lines, &error);
  g_assert_no_error (error);
  meter = gen_meter_new (&settings, &error);
  g_assert_no_error (error);
  g_assert_true (gen_meter_refer_dataset (meter, dataset, &format, 0, NULL, &error));
  g_assert_no_error (error);
  measure (meter, "NOW is the winter of our discontent!", values);
  copied = summarise (meter);
  g_assert_cmpfloat (json_object_get_double_member (copied, "nearest"), ==, 0);
  measure (meter, "Nothing of the kind has been heard", values);
  summary = summarise (meter);
  g_assert_cmpfloat (json_object_get_double_member (summary, "nearest"), >, 0.01);
  g_assert_cmpfloat (json_object_get_double_member (summary, "nearest-least"), ==, 0);
  g_assert_cmpfloat (json_object_get_double_member (summary, "diversity"), >, 0.05);
  g_assert_cmpfloat (json_object_get_double_member (summary, "diversity"), <, 0.125);
  scratch_remove (folder);
}

/* Of another medium, and by a file. */
static void
test_refused (void)
{
  GenMeterSettings settings = { .metrics = "distinct-1" };
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_meter_new (&settings, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN);
  g_assert_nonnull (strstr (error->message, "is of texts, and these are pictures"));
  g_clear_error (&error);
  settings = (GenMeterSettings){ .medium = &gen_medium_text, .metrics = "loudness" };
  g_assert_null (gen_meter_new (&settings, &error));
  g_assert_nonnull (strstr (error->message, "is of sounds, and these are texts"));
  g_clear_error (&error);
  settings.metrics = "distinct-2";
  g_assert_null (gen_meter_new (&settings, &error));
  g_assert_nonnull (strstr (error->message, "it is a figure of the metric \"distinct-1\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text-metric/words", test_words);
  g_test_add_func ("/text-metric/repetition", test_repetition);
  g_test_add_func ("/text-metric/between-texts", test_between_texts);
  g_test_add_func ("/text-metric/self-bleu", test_self_bleu);
  g_test_add_func ("/text-metric/hostile", test_hostile);
  g_test_add_func ("/text-metric/long", test_long);
  g_test_add_func ("/text-metric/more-than-kept", test_more_than_kept);
  g_test_add_func ("/text-metric/copies", test_copies);
  g_test_add_func ("/text-metric/refused", test_refused);
  return g_test_run ();
}
