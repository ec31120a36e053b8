/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model report: what reports tell, for people. */
#include <math.h>
#include <string.h>

#include <generative/atomic-file.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"
#include "bias.h"
#include "command.h"
#include "report.h"

/* --- text --- */

/* (transfer full) */
static char *
describe_cell (const Row *row, const Cell *cell)
{
  if (cell->text != NULL)
    return g_strdup (cell->text);
  if (isnan (cell->mean))
    return g_strdup ("-");
  if (row->unit != NULL)
    return g_strdup_printf ("%.6g %s", cell->mean * row->scale, row->unit);
  if (cell->interval > 0)
    return g_strdup_printf ("%.6g ± %.2g", cell->mean, cell->interval);
  if (isnan (cell->deviation))
    return g_strdup_printf ("%.6g", cell->mean);
  return g_strdup_printf ("%.6g ± %.3g", cell->mean, cell->deviation);
}

static void
print_run (const Run *run)
{
  if (run->trains) {
    g_print ("%s  %s: a training of %.0f steps\n", run->name, run->path,
        (double)json_object_get_int_member_with_default (run->summary, "steps", 0));
    return;
  }
  g_print (
      "%s  %s: %" G_GUINT64_FORMAT " %s", run->name, run->path, run_count (run), run_unit (run));
  if (run->timed)
    g_print (", up to %.3g s", run->end);
  g_print ("%s\n", run->summary == NULL ? ", no summary" : "");
}

static void
print_row (const Row *row, guint n)
{
  g_print ("%-30s %-7s", row->name, gen_better_name (row->better));
  for (guint i = 0; i < n; i++) {
    g_autofree char *text = describe_cell (row, &row->cells[i]);
    g_autofree char *marked = g_strconcat (text, row->best == (int)i ? " *" : "", NULL);
    const glong length = g_utf8_strlen (marked, -1);

    g_print ("  %s%*s", marked, i + 1 < n ? (int)MAX (24 - length, 0) : 0, "");
  }
  g_print ("\n");
}

static void
print_alerts (const Run *run)
{
  for (guint i = 0; i < json_array_get_length (run->alerts); i++) {
    JsonObject *alert = json_array_get_object_element (run->alerts, i);

    g_print ("%s  alert %s: %s at %.6g s, by %.6g\n", run->name,
        json_object_get_string_member_with_default (alert, "state", "?"),
        json_object_get_string_member_with_default (alert, "condition", "?"),
        (double)json_object_get_int_member_with_default (alert, "pts", 0) / 1e9,
        json_object_get_double_member_with_default (alert, "value", NAN));
  }
}

static void
print_text (GPtrArray *runs, GPtrArray *rows)
{
  gboolean marked = FALSE;

  for (guint r = 0; r < runs->len; r++)
    print_run (runs->pdata[r]);
  g_print ("\n%-30s %-7s", "figure", "better");
  for (guint r = 0; r < runs->len; r++)
    g_print ("  %-24s", ((const Run *)runs->pdata[r])->name);
  g_print ("\n");
  for (guint i = 0; i < rows->len; i++) {
    print_row (rows->pdata[i], runs->len);
    marked |= ((const Row *)rows->pdata[i])->best >= 0;
  }
  if (marked)
    g_print ("\n* the best of the row\n");
  report_print_classes (runs);
  for (guint r = 0; r < runs->len; r++)
    if (gen_json_object_in (((const Run *)runs->pdata[r])->summary, "bias") != NULL)
      bias_print (((const Run *)runs->pdata[r])->summary);
  for (guint r = 0; r < runs->len; r++)
    print_alerts (runs->pdata[r]);
}

/* --- JSON --- */

static JsonObject *
cell_to_json (const Cell *cell)
{
  JsonObject *object = json_object_new ();

  if (cell->text != NULL)
    json_object_set_string_member (object, "text", cell->text);
  gen_json_set_finite (object, isnan (cell->deviation) ? "value" : "mean", cell->mean);
  gen_json_set_finite (object, "standard-deviation", cell->deviation);
  gen_json_set_finite (object, "minimum", cell->minimum);
  gen_json_set_finite (object, "maximum", cell->maximum);
  if (cell->interval > 0)
    gen_json_set_finite (object, "interval", cell->interval);
  return object;
}

static JsonObject *
run_to_json (const Run *run)
{
  g_autofree char *path = g_utf8_make_valid (run->path, -1);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "name", run->name);
  json_object_set_string_member (object, "file", path);
  json_object_set_int_member (object, "frames", (gint64)run->frames);
  json_object_set_boolean_member (object, "summary", run->summary != NULL);
  json_object_set_array_member (object, "alerts", json_array_ref (run->alerts));
  if (run_classes (run) != NULL)
    json_object_set_object_member (object, "classes", json_object_ref (run_classes (run)));
  if (run_class_counts (run) != NULL)
    json_object_set_object_member (
        object, "class-counts", json_object_ref (run_class_counts (run)));
  return object;
}

static JsonObject *
row_to_json (const Row *row, GPtrArray *runs)
{
  JsonObject *object = json_object_new (), *values = json_object_new ();

  json_object_set_string_member (object, "name", row->name);
  if (row->better != GEN_BETTER_NEITHER)
    json_object_set_string_member (object, "better", gen_better_name (row->better));
  if (row->best >= 0)
    json_object_set_string_member (object, "best", ((const Run *)runs->pdata[row->best])->name);
  for (guint r = 0; r < runs->len; r++)
    json_object_set_object_member (
        values, ((const Run *)runs->pdata[r])->name, cell_to_json (&row->cells[r]));
  json_object_set_object_member (object, "runs", values);
  return object;
}

static void
print_json (GPtrArray *runs, GPtrArray *rows)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  JsonArray *list = json_array_new (), *figures = json_array_new ();
  g_autofree char *text = NULL;

  for (guint r = 0; r < runs->len; r++)
    json_array_add_object_element (list, run_to_json (runs->pdata[r]));
  for (guint i = 0; i < rows->len; i++)
    json_array_add_object_element (figures, row_to_json (rows->pdata[i], runs));
  json_object_set_array_member (object, "runs", list);
  json_object_set_array_member (object, "figures", figures);
  text = gen_json_to_text (node, TRUE);
  g_print ("%s\n", text);
}

/* --- all of it --- */

static GPtrArray *
read_runs (char **paths, GError **error)
{
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func ((GDestroyNotify)run_free);

  for (char **path = paths; *path != NULL; path++) {
    Run *run = run_read (*path, runs->len, error);

    if (run == NULL)
      return NULL;
    g_ptr_array_add (runs, run);
    if (run->left_out > 0)
      command_warn ("%s: %u figures, alerts or examples are left out: they are too many, or have "
                    "members that are of another kind than a report's",
          *path, run->left_out);
    if (run->cut)
      command_warn ("%s: %s", *path,
          run->trains ? "a log is empty, or ends within a record, which is left out"
                      : "the last line is not whole, and left out");
    if (run->summaries > 1)
      command_warn ("%s: there are %u summaries, of which the last counts", *path, run->summaries);
  }
  return g_steal_pointer (&runs);
}

/* FALSE where the page would take the place of what it is made of, by whatever name. */
static gboolean
check_page (const char *page, char **paths, GError **error)
{
  GStatBuf to, from;

  if (page == NULL || g_stat (page, &to) < 0)
    return TRUE;
  for (char **path = paths; *path != NULL; path++)
    if (g_stat (*path, &from) == 0 && from.st_dev == to.st_dev && from.st_ino == to.st_ino) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
          "--html %s: this is the report itself, which the page would replace: give the page a "
          "file of its own",
          page);
      return FALSE;
    }
  return TRUE;
}

static gboolean
write_page (const char *path, GPtrArray *runs, GPtrArray *rows, GError **error)
{
  char *page = report_to_page (runs, rows);
  g_autoptr (GBytes) bytes = g_bytes_new_take (page, strlen (page));

  return gen_atomic_write (path, bytes, error);
}

static int
run (int argc, char **argv)
{
  g_autofree char *page = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "html", 'o', 0, G_OPTION_ARG_FILENAME, &page,
        "Write it as a page in one file, with plots, examples and players", "FILE" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };
  g_autoptr (GPtrArray) runs = NULL, rows = NULL;
  GError *error = NULL;

  if (!command_parse (&command_report, entries,
          "A FILE is a report of qualitymeter, discriminator and the like: JSON Lines, as "
          "report=FILE writes them; what\ncompare --json and bias --json have printed; a "
          "checkpoint's folder, or "
          "the "
          "log-dir of a training. Several\nare set side by side, and the best of each figure is "
          "marked. With examples=N, qualitymeter keeps pictures and\nsounds in its report that "
          "the page shows.\n\n  generative-model report before.jsonl after.jsonl --html "
          "report.html\n",
          1, -1, &argc, &argv))
    return STATUS_USAGE;
  if (check_page (page, argv + 1, &error))
    runs = read_runs (argv + 1, &error);
  if (runs == NULL)
    return command_fail (error);
  rows = report_rows (runs);
  (json ? print_json : print_text) (runs, rows);
  if (page != NULL && !write_page (page, runs, rows, &error))
    return command_fail (error);
  return STATUS_FINE;
}

const Command command_report = {
  .name = "report",
  .arguments = "FILE…",
  .summary = "Show what reports tell, side by side, or as a page",
  .run = run,
};
