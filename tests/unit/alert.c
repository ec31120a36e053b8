/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alerts: when they begin and end, what is refused and how it is told; and figures as Prometheus
 * reads them. */
#include <generative/alert.h>
#include <generative/exposition.h>
#include <generative/metric.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>

#define MS G_GUINT64_CONSTANT (1000000)

static const GenField fields[] = {
  { "sharpness", GEN_FIELD_NUMBER },
  { "loudness-short-term", GEN_FIELD_NUMBER },
  { "frechet-features", GEN_FIELD_TEXT, "hog \"4\"\\\n" },
  { "frechet", GEN_FIELD_NUMBER },
};

typedef struct {
  GString *told; /* "sharpness+120 " begins at 120 ms, "-" ends */
  GenAlertChange last;
} Told;

static void
note (const GenAlertChange *change, gpointer data)
{
  Told *told = data;

  g_string_append_printf (told->told, "%s%c%" G_GUINT64_FORMAT " ", change->name,
      change->begins ? '+' : '-', change->pts / MS);
  told->last = *change;
}

static GenAlerts *
bound_alerts (const char *text)
{
  g_autoptr (GError) error = NULL;
  GenAlerts *alerts = gen_alerts_parse (text, &error);

  g_assert_no_error (error);
  g_assert_true (gen_alerts_bind (alerts, fields, G_N_ELEMENTS (fields), &error));
  g_assert_no_error (error);
  return alerts;
}

/* A measurement every 100 ms, of sharpness alone. */
static void
play (GenAlerts *alerts, const double *values, guint n, Told *told)
{
  for (guint i = 0; i < n; i++)
    gen_alerts_check (alerts, i * 100 * MS, (double[]){ values[i], NAN, 0, NAN }, note, told);
}

static void
test_hysteresis (void)
{
  const double values[] = { 9, 9, 1, 9, 1, 1, 1, 1, 9, 1, 9, 9, NAN, 9, 9, GEN_MISSING };
  g_autoptr (GenAlerts) alerts = bound_alerts (" sharpness < 5 for 300ms ");
  g_autoptr (JsonArray) json = NULL;
  Told told = { g_string_new (NULL), { 0 } };
  JsonObject *one;

  play (alerts, values, G_N_ELEMENTS (values), &told);
  /* It holds from 400 to 700, and not from 1000 on; one frame either way changes nothing. */
  g_assert_cmpstr (told.told->str, ==, "sharpness+700 sharpness-1300 ");
  g_assert_cmpuint (told.last.since, ==, 1000 * MS);
  g_assert_cmpfloat (told.last.bound, ==, 5);
  g_assert_cmpfloat (told.last.value, ==, 9);
  g_assert_cmpstr (told.last.condition, ==, "sharpness < 5 for 300ms");
  json = gen_alerts_to_json (alerts);
  one = json_array_get_object_element (json, 0);
  g_assert_cmpint (json_object_get_int_member (one, "times"), ==, 1);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (one, "seconds"), 0.6, 1e-9);
  g_assert_false (json_object_get_boolean_member (one, "active"));
  g_string_free (told.told, TRUE);
}

/* Of a figure that cannot be given the condition does not hold: neither does the alert go on, nor
 * is the time made up of what there was before. One that is not due changes nothing. */
static void
test_missing (void)
{
  const double none = GEN_MISSING;
  const double ends[] = { 1, 1, 1, none, NAN, none, none, none, none },
               breaks[] = { 1, 1, none, 1, NAN, 1, none, 1 }, above[] = { none, none, 9, none };
  g_autoptr (GenAlerts) ending = bound_alerts ("sharpness < 5 for 200ms"),
                        broken = bound_alerts ("sharpness < 5 for 300ms"),
                        high = bound_alerts ("sharpness > 5");
  Told told = { g_string_new (NULL), { 0 } };

  play (ending, ends, G_N_ELEMENTS (ends), &told);
  g_assert_cmpstr (told.told->str, ==, "sharpness+200 sharpness-500 ");
  g_assert_cmpfloat (told.last.value, ==, 1);
  g_assert_cmpuint (told.last.since, ==, 300 * MS);
  g_string_truncate (told.told, 0);
  play (broken, breaks, G_N_ELEMENTS (breaks), &told);
  g_assert_cmpstr (told.told->str, ==, "");
  play (high, above, G_N_ELEMENTS (above), &told);
  g_assert_cmpstr (told.told->str, ==, "sharpness+200 sharpness-300 ");
  g_string_free (told.told, TRUE);
}

static void
test_at_once (void)
{
  const double values[] = { 5, 6, 5, 4, 6 };
  g_autoptr (GenAlerts) above = bound_alerts ("sharpness>5"),
                        least = bound_alerts ("sharpness>=5,loudness-short-term<-40");
  Told told = { g_string_new (NULL), { 0 } };

  play (above, values, G_N_ELEMENTS (values), &told);
  g_assert_cmpstr (told.told->str, ==, "sharpness+100 sharpness-200 sharpness+400 ");
  g_string_truncate (told.told, 0);
  play (least, values, G_N_ELEMENTS (values), &told);
  g_assert_cmpstr (told.told->str, ==, "sharpness+0 sharpness-300 sharpness+400 ");
  gen_alerts_end (least, note, &told);
  g_assert_cmpstr (told.told->str, ==, "sharpness+0 sharpness-300 sharpness+400 sharpness-400 ");
  g_string_free (told.told, TRUE);
}

/* What held before a gap has not held since; and time that goes back is no long time. */
static void
test_interrupt (void)
{
  g_autoptr (GenAlerts) alerts = bound_alerts ("sharpness<5 for 1s");
  Told told = { g_string_new (NULL), { 0 } };
  const double low[] = { 1, NAN, 0, NAN };

  gen_alerts_check (alerts, 900 * MS, low, note, &told);
  gen_alerts_interrupt (alerts);
  gen_alerts_check (alerts, 2000 * MS, low, note, &told);
  gen_alerts_check (alerts, 100 * MS, low, note, &told);
  gen_alerts_check (alerts, 1050 * MS, low, note, &told);
  g_assert_cmpstr (told.told->str, ==, "");
  gen_alerts_check (alerts, 1100 * MS, low, note, &told);
  g_assert_cmpstr (told.told->str, ==, "sharpness+1100 ");
  g_string_free (told.told, TRUE);
}

static void
test_refused (void)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
    { "", "character 1" },
    { "sharpness", "character 10, before \"\": <, <=, > or >= is wanted" },
    { "sharpness<", "a number is wanted" },
    { "sharpness<nan", "a number is wanted" },
    { "sharpness<5 for", "character 13" },
    { "sharpness<5 for 3", "character 17, before \"3\": a time is wanted" },
    { "sharpness<5 for -3s", "a time is wanted" },
    { "sharpness<5 for 3 days", "a time is wanted" },
    { "sharpness<5,", "character 13" },
    { "sharpness<5 frechet>1", "character 13, before \"frechet>1\": \"for\" and a time" },
    { "frechet>1,frechet>1", "character 11: \"frechet>1\" is there twice" },
    { "frechet>1, sharpnes<5", "character 12, \"sharpnes<5\": the figure \"sharpnes\" is not "
                               "measured (did you mean \"sharpness\"?)" },
    { "frechet-features>1", "there are sharpness, loudness-short-term, frechet" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenAlerts) alerts = gen_alerts_parse (cases[i].text, &error);

    g_assert_true (
        alerts == NULL || !gen_alerts_bind (alerts, fields, G_N_ELEMENTS (fields), &error));
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].says));
  }
}

static void
test_times (void)
{
  static const struct {
    const char *text;
    guint64 seconds;
  } cases[] = { { "sharpness<1 for 2h", 7200 }, { "sharpness<1 for 3 min", 180 },
    { "sharpness<1 for 3m", 180 }, { "sharpness<1 for 4000ms", 4 }, { "sharpness<1 for 5 s", 5 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenAlerts) alerts = bound_alerts (cases[i].text);
    Told told = { g_string_new (NULL), { 0 } };
    const double low[] = { 0, NAN, 0, NAN };

    gen_alerts_check (alerts, 0, low, note, &told);
    gen_alerts_check (alerts, cases[i].seconds * 1000 * MS - 1, low, note, &told);
    g_assert_cmpuint (told.told->len, ==, 0);
    gen_alerts_check (alerts, cases[i].seconds * 1000 * MS, low, note, &told);
    g_assert_cmpuint (told.told->len, >, 0);
    g_string_free (told.told, TRUE);
  }
}

/* --- Prometheus --- */

/* A program that knows the format agrees, where there is one. */
static void
assert_promtool_accepts (const char *path)
{
  g_autofree char *promtool = g_find_program_in_path ("promtool");
  g_autofree char *command = NULL, *out = NULL, *err = NULL;
  int status;

  if (promtool == NULL)
    return;
  command = g_strdup_printf ("sh -c '%s check metrics < %s'", promtool, path);
  g_assert_true (g_spawn_command_line_sync (command, &out, &err, &status, NULL));
  g_test_message ("%s%s", out, err);
  /* 3: it reads all of it, and has another taste in names: bits a character are no bytes. */
  g_assert_true (WIFEXITED (status) && (WEXITSTATUS (status) == 0 || WEXITSTATUS (status) == 3));
}

static void
test_exposition (void)
{
  g_autofree char *folder = g_dir_make_tmp ("exposition-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.prom", NULL);
  g_autoptr (GenAlerts) alerts = bound_alerts ("sharpness < 5");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GenExposition *exposition = gen_exposition_new (path, "a \"meter\"\\", &error);
  Told told = { g_string_new (NULL), { 0 } };
  const double values[] = { 1.5, GEN_MISSING, 0, NAN };

  g_assert_no_error (error);
  gen_exposition_set_fields (exposition, fields, G_N_ELEMENTS (fields));
  gen_alerts_check (alerts, 0, values, note, &told);
  g_assert_true (gen_exposition_put (exposition, 1, values, alerts, &error));
  g_assert_true (
      gen_exposition_put (exposition, 2, (double[]){ NAN, NAN, 0, 0.25 }, alerts, &error));
  gen_exposition_free (exposition);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_test_message ("%s", text);
#define ELEMENT "{element=\"a \\\"meter\\\"\\\\\""
  g_assert_nonnull (strstr (text, "\ngenerative_frames_total" ELEMENT "} 2\n"));
  g_assert_nonnull (strstr (text, "\n# TYPE generative_sharpness gauge\n"));
  /* What was not due stays, and what cannot be given is no number. */
  g_assert_nonnull (strstr (text, "\ngenerative_sharpness" ELEMENT "} 1.5\n"));
  g_assert_nonnull (strstr (text, "\ngenerative_loudness_short_term" ELEMENT "} NaN\n"));
  g_assert_nonnull (
      strstr (text, "\ngenerative_frechet" ELEMENT ",features=\"hog \\\"4\\\"\\\\\\n\"} 0.25\n"));
  g_assert_nonnull (
      strstr (text, "\ngenerative_alert_active" ELEMENT ",condition=\"sharpness < 5\"} 1\n"));
  g_assert_nonnull (
      strstr (text, "\ngenerative_alerts_total" ELEMENT ",condition=\"sharpness < 5\"} 1\n"));
  assert_promtool_accepts (path);
  g_string_free (told.told, TRUE);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_numbers (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  gen_exposition_append_number (text, NAN);
  g_string_append_c (text, ' ');
  gen_exposition_append_number (text, INFINITY);
  g_string_append_c (text, ' ');
  gen_exposition_append_number (text, -INFINITY);
  g_string_append_c (text, ' ');
  gen_exposition_append_number (text, -1e-300);
  g_assert_cmpstr (text->str, ==, "NaN +Inf -Inf -1e-300");
}

/* All figures that there are, as the format wants names and helps. */
static void
test_all_figures (void)
{
  g_autofree char *folder = g_dir_make_tmp ("exposition-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "all.prom", NULL);
  g_autoptr (GArray) all = g_array_new (FALSE, TRUE, sizeof (GenField));
  g_autofree double *values = NULL;
  GenExposition *exposition;

  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++)
    for (int f = 0; f < (*m)->n_fields; f++) {
      GenField field = (*m)->fields[f];

      if (field.type == GEN_FIELD_TEXT && field.text == NULL)
        field.text = "hog-4x4x8";
      g_array_append_val (all, field);
    }
  values = g_new0 (double, all->len);
  exposition = gen_exposition_new (path, "all", NULL);
  gen_exposition_set_fields (exposition, (const GenField *)all->data, all->len);
  g_assert_true (gen_exposition_put (exposition, 1, values, NULL, NULL));
  gen_exposition_free (exposition);
  assert_promtool_accepts (path);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_no_folder (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_exposition_new ("/nowhere/at/all.prom", "a", &error));
  g_assert_nonnull (strstr (error->message, "/nowhere/at/all.prom"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/alert/hysteresis", test_hysteresis);
  g_test_add_func ("/alert/missing", test_missing);
  g_test_add_func ("/alert/at-once", test_at_once);
  g_test_add_func ("/alert/interrupt", test_interrupt);
  g_test_add_func ("/alert/refused", test_refused);
  g_test_add_func ("/alert/times", test_times);
  g_test_add_func ("/exposition/file", test_exposition);
  g_test_add_func ("/exposition/numbers", test_numbers);
  g_test_add_func ("/exposition/all-figures", test_all_figures);
  g_test_add_func ("/exposition/no-folder", test_no_folder);
  return g_test_run ();
}
