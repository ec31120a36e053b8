/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports: what is written reads back, also after a kill and when the disk is full. */
#include <generative/report.h>

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/base/json-file.h"

static const GenField fields[] = {
  { "sharpness", GEN_FIELD_NUMBER, NULL, "no picture, \"really\"" },
  { "samples", GEN_FIELD_COUNT, NULL },
  { "features", GEN_FIELD_TEXT, "with \"quotes\"\n" },
};

static char *
temporary_path (void)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("report-XXXXXX.jsonl", &path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (close (fd), ==, 0);
  return path;
}

/* The objects of a file of whole lines; a last one that was `cut` off may be left out. */
static GPtrArray *
read_lines (const char *path, gboolean cut)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GPtrArray *objects = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  while (cut && length > 0 && text[length - 1] != '\n')
    length--;
  if (length == 0)
    return objects;
  g_assert_true (text[length - 1] == '\n');
  text[length - 1] = 0;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_ptr_array_add (objects, json_from_string (*line, &error));
    g_assert_no_error (error);
  }
  return objects;
}

static JsonObject *
object_at (GPtrArray *lines, guint i)
{
  return json_node_get_object (lines->pdata[i]);
}

static void
test_lines (void)
{
  g_autofree char *path = temporary_path ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenReport) report = gen_report_new (path, fields, 3, &error);
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autoptr (GPtrArray) lines = NULL;

  g_assert_no_error (error);
  json_object_set_int_member (summary, "frames", 3);
  g_assert_true (gen_report_add (report, 0, 0, (double[]){ 1.0 / 3, 12345678901, 0 }, &error));
  g_assert_true (gen_report_add (report, 1, G_MAXUINT64, (double[]){ -1e-300, NAN, NAN }, &error));
  g_assert_true (
      gen_report_add (report, 2, 66666666, (double[]){ GEN_MISSING, INFINITY, NAN }, &error));
  g_assert_true (gen_report_summarise (report, summary, &error));
  g_assert_no_error (error);
  g_assert_true (gen_report_add (report, 3, 99, (double[]){ 1, 1, 1 }, &error));
  g_assert_true (gen_report_summarise (report, summary, &error));

  lines = read_lines (path, FALSE);
  g_assert_cmpuint (lines->len, ==, 6);
  g_assert_cmpint (json_object_get_int_member (object_at (lines, 0), "frame"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (object_at (lines, 0), "pts"), ==, 0);
  g_assert_cmpfloat (
      json_object_get_double_member (object_at (lines, 0), "sharpness"), ==, 1.0 / 3);
  g_assert_cmpint (json_object_get_int_member (object_at (lines, 0), "samples"), ==, 12345678901);
  g_assert_cmpstr (
      json_object_get_string_member (object_at (lines, 0), "features"), ==, "with \"quotes\"\n");
  g_assert_false (json_object_has_member (object_at (lines, 1), "pts"));
  g_assert_cmpfloat (
      json_object_get_double_member (object_at (lines, 1), "sharpness"), ==, -1e-300);
  g_assert_false (json_object_has_member (object_at (lines, 1), "samples"));
  g_assert_false (json_object_has_member (object_at (lines, 1), "features"));
  g_assert_cmpint (json_object_get_int_member (object_at (lines, 2), "pts"), ==, 66666666);
  /* What cannot be given is null, and says why. */
  g_assert_true (json_object_get_null_member (object_at (lines, 2), "sharpness"));
  g_assert_cmpstr (json_object_get_string_member (object_at (lines, 2), "sharpness-missing"), ==,
      "no picture, \"really\"");
  g_assert_true (json_object_get_null_member (object_at (lines, 2), "samples"));
  g_assert_cmpstr (json_object_get_string_member (object_at (lines, 2), "samples-missing"), ==,
      "the figure is no finite number");
  g_assert_cmpuint (json_object_get_size (object_at (lines, 2)), ==, 6);
  g_assert_cmpint (json_object_get_int_member (
                       json_object_get_object_member (object_at (lines, 3), "summary"), "frames"),
      ==, 3);
  g_assert_cmpint (json_object_get_int_member (object_at (lines, 4), "frame"), ==, 3);
  g_assert_true (json_object_has_member (object_at (lines, 5), "summary"));
  g_unlink (path);
}

/* Fields that are known later, or change: what was added before is written by those before. */
static void
test_other_fields (void)
{
  static const GenField others[] = { { "loudness", GEN_FIELD_NUMBER, NULL, "silence" } };
  g_autofree char *path = temporary_path ();
  g_autoptr (GenReport) report = gen_report_new (path, NULL, 0, NULL);
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autoptr (GPtrArray) lines = NULL;
  const guint n = 5000;

  gen_report_set_fields (report, fields, 3);
  for (guint i = 0; i < n; i++)
    g_assert_true (gen_report_add (report, i, i, (double[]){ 0.5, 7, 0 }, NULL));
  gen_report_set_fields (report, others, 1);
  g_assert_true (gen_report_add (report, n, n, (double[]){ -23 }, NULL));
  g_assert_true (gen_report_add (report, n + 1, n, (double[]){ GEN_MISSING }, NULL));
  g_assert_true (gen_report_summarise (report, summary, NULL));
  lines = read_lines (path, FALSE);
  g_assert_cmpuint (lines->len, ==, n + 3);
  g_assert_cmpint (json_object_get_int_member (object_at (lines, n - 1), "samples"), ==, 7);
  g_assert_cmpfloat (json_object_get_double_member (object_at (lines, n), "loudness"), ==, -23);
  g_assert_false (json_object_has_member (object_at (lines, n), "samples"));
  g_assert_cmpstr (
      json_object_get_string_member (object_at (lines, n + 1), "loudness-missing"), ==, "silence");
  g_unlink (path);
}

/* More than the memory between stream and file holds, in order. */
static void
test_many (void)
{
  g_autofree char *path = temporary_path ();
  GenReport *report = gen_report_new (path, fields, 3, NULL);
  g_autoptr (GPtrArray) lines = NULL;

  for (int i = 0; i < 10000; i++)
    g_assert_true (gen_report_add (report, i, i, (double[]){ i * 0.1, i, NAN }, NULL));
  gen_report_free (report);
  lines = read_lines (path, FALSE);
  g_assert_cmpuint (lines->len, ==, 10000);
  for (int i = 0; i < 10000; i++) {
    g_assert_cmpint (json_object_get_int_member (object_at (lines, i), "frame"), ==, i);
    g_assert_cmpfloat (
        json_object_get_double_member (object_at (lines, i), "sharpness"), ==, i * 0.1);
  }
  g_unlink (path);
}

/* A process that is killed leaves whole lines, but for one that it may just have been writing. */
static void
test_kill (void)
{
  g_autofree char *path = temporary_path ();
  g_autoptr (GPtrArray) lines = NULL;
  pid_t child = fork ();
  int status;

  g_assert_cmpint (child, >=, 0);
  if (child == 0) {
    GenReport *report = gen_report_new (path, fields, 3, NULL);

    for (guint64 i = 0;; i++) {
      gen_report_add (report, i, i, (double[]){ i * 0.1, 1, 0 }, NULL);
      if (i % 100 == 0)
        g_usleep (1000);
    }
  }
  for (GStatBuf info = { 0 }; info.st_size < 100000;) {
    g_usleep (10000);
    g_assert_cmpint (g_stat (path, &info), ==, 0);
  }
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  lines = read_lines (path, TRUE);
  g_assert_cmpuint (lines->len, >, 500);
  for (guint i = 0; i < lines->len; i++)
    g_assert_cmpint (json_object_get_int_member (object_at (lines, i), "frame"), ==, i);
  g_unlink (path);
}

static void
test_unwritable (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_report_new ("/nowhere/at/all.jsonl", fields, 3, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (strstr (error->message, "/nowhere/at/all.jsonl"));
}

static void
test_folder (void)
{
  g_autofree char *folder = g_dir_make_tmp ("report-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_report_new (folder, fields, 3, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
  g_assert_nonnull (strstr (error->message, folder));
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* Whether another report of the file is refused, by whatever name, in a word that names it. */
static gboolean
is_taken (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenReport) report = gen_report_new (path, fields, 3, &error);

  if (report != NULL)
    return FALSE;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, path));
  return TRUE;
}

/* A file has one report at a time: the second is refused before it does any harm, and the first
 * goes on. */
static void
test_two (void)
{
  g_autofree char *path = temporary_path (), *link = g_strconcat (path, ".link", NULL);
  GenReport *first = gen_report_new (path, fields, 3, NULL);
  g_autoptr (GenReport) null = gen_report_new ("/dev/null", fields, 3, NULL);
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autoptr (GPtrArray) lines = NULL;

  g_assert_cmpint (symlink (path, link), ==, 0);
  g_assert_true (gen_report_add (first, 0, 0, (double[]){ 1, 2, 0 }, NULL));
  g_assert_true (gen_report_summarise (first, summary, NULL));
  g_assert_true (is_taken (path));
  g_assert_true (is_taken (link));
  g_assert_true (gen_report_add (first, 1, 1, (double[]){ 1, 2, 0 }, NULL));
  gen_report_free (first);
  lines = read_lines (path, FALSE);
  g_assert_cmpuint (lines->len, ==, 3);
  g_assert_false (is_taken (link));
  g_assert_nonnull (null);
  g_assert_false (is_taken ("/dev/null")); /* where nothing can be lost */
  g_unlink (link);
  g_unlink (path);
}

/* Nor do two processes share one; the death of one of them sets it free. */
static void
test_two_processes (void)
{
  g_autofree char *path = temporary_path ();
  char ready;
  pid_t child;
  int ends[2], status;

  g_assert_cmpint (pipe (ends), ==, 0);
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0) {
    GenReport *report = gen_report_new (path, fields, 3, NULL);

    if (report == NULL || write (ends[1], "r", 1) != 1)
      _exit (1);
    for (;;)
      pause ();
  }
  g_assert_cmpint (read (ends[0], &ready, 1), ==, 1);
  g_assert_true (is_taken (path));
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_false (is_taken (path));
  close (ends[0]);
  close (ends[1]);
  g_unlink (path);
}

/* A full disk is told once, and then nothing more is taken. */
static void
test_full (void)
{
  g_autoptr (GError) error = NULL, second = NULL;
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autoptr (GenReport) report = NULL;
  gboolean taken = TRUE;

  if (access ("/dev/full", W_OK) < 0) {
    g_test_skip ("no /dev/full");
    return;
  }
  report = gen_report_new ("/dev/full", fields, 3, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 100000 && taken; i++)
    taken = gen_report_add (report, i, i, (double[]){ 0, 0, 0 }, &error);
  g_assert_false (taken);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, "/dev/full"));
  g_assert_true (gen_report_add (report, 0, 0, (double[]){ 0, 0, 0 }, NULL));
  g_assert_false (gen_report_summarise (report, summary, &second));
  g_assert_error (second, G_IO_ERROR, G_IO_ERROR_FAILED);
}

static void
test_full_at_the_end (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autoptr (GenReport) report = NULL;

  if (access ("/dev/full", W_OK) < 0) {
    g_test_skip ("no /dev/full");
    return;
  }
  report = gen_report_new ("/dev/full", fields, 3, NULL);
  g_assert_true (gen_report_add (report, 0, 0, (double[]){ 0, 0, 0 }, NULL));
  g_assert_false (gen_report_summarise (report, summary, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static void
test_tally (void)
{
  GenTally tally = { 0 };
  g_autoptr (JsonObject) object = NULL, empty = NULL;

  empty = gen_tally_to_json (&tally);
  g_assert_cmpuint (json_object_get_size (empty), ==, 0);
  for (int i = 0; i < 1000; i++) {
    gen_tally_add (&tally, 1e9 + i % 10);
    gen_tally_add (&tally, NAN);
    gen_tally_add (&tally, GEN_MISSING);
  }
  object = gen_tally_to_json (&tally);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (object, "mean"), 1e9 + 4.5, 1e-6);
  /* numpy.std (numpy.tile (range (10), 100), ddof=1) */
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (object, "standard-deviation"), 2.8737186, 1e-6);
  g_assert_cmpfloat (json_object_get_double_member (object, "minimum"), ==, 1e9);
  g_assert_cmpfloat (json_object_get_double_member (object, "maximum"), ==, 1e9 + 9);
}

/* JSON has no infinity and no NaN: what is written with them nobody reads. */
static void
test_json_numbers (void)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = NULL;

  gen_json_set_number (object, "a", 0.5);
  gen_json_set_number (object, "b", NAN);
  gen_json_set_number (object, "c", -INFINITY);
  text = json_to_string (node, FALSE);
  g_assert_cmpstr (text, ==, "{\"a\":0.5,\"b\":null,\"c\":null}");
}

/* json-glib before 1.8 writes what has no point with one behind its exponent. */
static void
test_json_text (void)
{
  static const double numbers[] = { 1e-8, -1e-10, 3e20, 1.5e-8, 0.25, 7 };
  g_autoptr (JsonArray) array = json_array_new ();
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), array), back = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    json_array_add_double_element (array, numbers[i]);
  json_array_add_string_element (array, "\\\"run-1e-3.0");
  json_array_add_string_element (array, "\x01\x1f");
  text = gen_json_to_text (node, FALSE);
  g_assert_null (strchr (text, '\x1f'));
  back = json_from_string (text, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_assert_cmpfloat (
        json_array_get_double_element (json_node_get_array (back), i), ==, numbers[i]);
  g_assert_cmpstr (
      json_array_get_string_element (json_node_get_array (back), G_N_ELEMENTS (numbers)), ==,
      "\\\"run-1e-3.0");
  g_assert_cmpstr (
      json_array_get_string_element (json_node_get_array (back), G_N_ELEMENTS (numbers) + 1), ==,
      "\x01\x1f");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/lines", test_lines);
  g_test_add_func ("/report/other-fields", test_other_fields);
  g_test_add_func ("/report/many", test_many);
  g_test_add_func ("/report/kill", test_kill);
  g_test_add_func ("/report/unwritable", test_unwritable);
  g_test_add_func ("/report/folder", test_folder);
  g_test_add_func ("/report/two", test_two);
  g_test_add_func ("/report/two-processes", test_two_processes);
  g_test_add_func ("/report/full", test_full);
  g_test_add_func ("/report/full-at-the-end", test_full_at_the_end);
  g_test_add_func ("/report/tally", test_tally);
  g_test_add_func ("/report/json-numbers", test_json_numbers);
  g_test_add_func ("/report/json-text", test_json_text);
  return g_test_run ();
}
