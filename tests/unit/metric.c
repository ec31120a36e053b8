/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of metrics: names, settings, figures. */
#include "metric.h"

static void
test_settings (void)
{
  static const struct {
    const char *metrics;
    gboolean reference, labels;
    int code; /* -1: fine */
    guint n_fields;
    const char *text;
  } cases[] = {
    { NULL, FALSE, FALSE, -1, 16, NULL },
    { "auto", TRUE, FALSE, -1, 26, NULL },
    { "auto", TRUE, TRUE, -1, 31, NULL },
    { "brightness, sharpness ,brightness", FALSE, FALSE, -1, 2, NULL },
    { "colour", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "\"colour\"" },
    { "", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "sharpness" },
    { "auto,sharpness", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "\"auto\" stands alone" },
    { "sharpness, auto", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "\"auto\" stands alone" },
    { ",", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "metrics \",\" has a name that is empty" },
    { "sharpness, ", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "has a name that is empty" },
    { "frechet", FALSE, FALSE, GEN_METRIC_ERROR_REFERENCE, 0, "frechet" },
    { "modes", TRUE, FALSE, GEN_METRIC_ERROR_REFERENCE, 0, "classes" },
  };

  /* What is automatic hangs on the model of brisque (naturalness.c). */
  const guint packaged =
      g_file_test ("/usr/share/opencv4/quality/brisque_model_live.yml", G_FILE_TEST_EXISTS);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GenMeterSettings settings = { .metrics = cases[i].metrics,
      .has_reference = cases[i].reference,
      .has_labels = cases[i].labels };
    const gboolean automatic =
        g_strcmp0 (cases[i].metrics, "auto") == 0 || cases[i].metrics == NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GenMeter) meter = gen_meter_new (&settings, &error);
    guint n;

    if (cases[i].code < 0) {
      g_assert_no_error (error);
      gen_meter_fields (meter, &n);
      g_assert_cmpuint (n, ==, cases[i].n_fields + (automatic ? packaged : 0));
      continue;
    }
    g_assert_null (meter);
    g_assert_error (error, GEN_METRIC_ERROR, cases[i].code);
    g_assert_nonnull (strstr (error->message, cases[i].text));
  }
}

/* Each metric says what it is, its first field has its name, and no other has any of them. */
static void
test_list (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++) {
    g_assert_true (gen_metric_find ((*m)->name, NULL) == *m);
    g_assert_nonnull ((*m)->summary);
    g_assert_nonnull ((*m)->unit);
    g_assert_cmpint ((*m)->n_fields, <=, GEN_METRIC_MAX_FIELDS);
    g_assert_cmpstr ((*m)->fields[0].name, ==, (*m)->name);
    for (int i = 0; i < (*m)->n_fields; i++)
      g_assert_true (g_hash_table_add (names, (char *)(*m)->fields[i].name));
    g_assert_cmpint (((*m)->take != NULL) + ((*m)->measure != NULL) + ((*m)->compare != NULL) +
                         ((*m)->judge != NULL) + (*m)->needs_scorer,
        ==, 1);
    g_assert_cmpint (gen_metric_count_measured (*m), <=, (*m)->n_fields);
    g_assert_true ((gen_metric_count_measured (*m) < (*m)->n_fields) ==
                   ((*m)->figure != NULL || (*m)->compare != NULL || (*m)->needs_scorer));
  }
  for (const GenEmbedder *const *e = gen_embedder_list (); *e != NULL; e++) {
    g_autoptr (GenFeatures) features = gen_features_open ((*e)->name, (*e)->medium, NULL);

    g_assert_nonnull (features);
    for (int channels = 1; channels <= 3; channels += 2)
      g_assert_cmpint (features_length (features, channels), <=, GEN_FEATURES_MAX);
  }
}

/* What a metric is called elsewhere is no name of its own, nor of another one, and the error says
 * which is meant. */
static void
test_known_as (void)
{
  guint n = 0;

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    for (const char *const *name = (*metric)->known_as; name != NULL && *name != NULL; name++) {
      g_autofree char *meant = g_strdup_printf ("(did you mean \"%s\"?)", (*metric)->name);
      g_autofree char *upper = g_ascii_strup (*name, -1);
      g_autoptr (GError) error = NULL;

      g_assert_null (gen_metric_find (upper, &error));
      g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN);
      g_assert_nonnull (strstr (error->message, meant));
      for (const GenMetric *const *other = gen_metric_list (); *other != NULL; other++)
        g_assert_cmpstr ((*other)->name, !=, *name);
      n++;
    }
  g_assert_cmpuint (n, >, 10);
}

/* What is a figure of a metric is no metric, and the error says whose it is. */
static void
test_figures (void)
{
  guint n = 0;

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    for (int f = 0; f < (*metric)->n_fields; f++) {
      const char *name = (*metric)->fields[f].name;
      g_autofree char *meant =
          g_strdup_printf ("it is a figure of the metric \"%s\"", (*metric)->name);
      g_autoptr (GError) error = NULL;

      if (g_str_equal (name, (*metric)->name))
        continue;
      g_assert_null (gen_metric_find (name, &error));
      g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN);
      g_assert_nonnull (strstr (error->message, meant));
      n++;
    }
  g_assert_cmpuint (n, >, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/list", test_list);
  g_test_add_func ("/metric/known-as", test_known_as);
  g_test_add_func ("/metric/figures", test_figures);
  g_test_add_func ("/metric/settings", test_settings);
  return g_test_run ();
}
