/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports are read, and set side by side. */
#include <math.h>
#include <string.h>

#include "report.h"

static void
free_series (gpointer data)
{
  Series *series = data;

  g_free (series->name);
  g_array_unref (series->frames);
  g_array_unref (series->times);
  g_array_unref (series->values);
  g_free (series);
}

static Series *
series_of (Run *run, const char *name)
{
  Series *series = g_hash_table_lookup (run->by_name, name);

  if (series != NULL)
    return series;
  series = g_new0 (Series, 1);
  series->name = g_strdup (name);
  series->frames = g_array_new (FALSE, FALSE, sizeof (guint64));
  series->times = g_array_new (FALSE, FALSE, sizeof (double));
  series->values = g_array_new (FALSE, FALSE, sizeof (double));
  g_hash_table_insert (run->by_name, series->name, series);
  g_ptr_array_add (run->series, series);
  return series;
}

static gboolean
is_number (JsonNode *node)
{
  const GType type =
      JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  return type == G_TYPE_DOUBLE || type == G_TYPE_INT64;
}

/* What tells which frame it is, and is no figure. */
static gboolean
is_place (const char *name)
{
  return g_str_equal (name, "frame") || g_str_equal (name, "pts") ||
         g_str_equal (name, "reference-time");
}

static void
take_measurement (Run *run, JsonObject *object)
{
  const guint64 frame =
      (guint64)json_object_get_int_member_with_default (object, "frame", (gint64)run->frames);
  const gboolean timed = json_object_has_member (object, "pts");
  const double time =
      timed ? (double)json_object_get_int_member (object, "pts") / 1e9 : (double)frame;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  run->timed |= timed;
  run->frames++;
  run->end = fmax (run->end, time);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    const double value = is_number (node) ? json_node_get_double (node) : NAN;
    Series *series;

    if (!isfinite (value) || is_place (name))
      continue;
    series = series_of (run, name);
    g_array_append_val (series->frames, frame);
    g_array_append_val (series->times, time);
    g_array_append_val (series->values, value);
  }
}

static JsonObject *
inner_object (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
take_line (Run *run, JsonObject *object)
{
  JsonObject *summary = inner_object (object, "summary");
  JsonObject *alert = inner_object (object, "alert"), *example = inner_object (object, "example");

  if (summary != NULL) {
    g_clear_pointer (&run->summary, json_object_unref);
    run->summary = json_object_ref (summary);
    run->summaries++;
  } else if (alert != NULL) {
    json_array_add_object_element (run->alerts, json_object_ref (alert));
  } else if (example != NULL) {
    json_array_add_object_element (run->examples, json_object_ref (example));
  } else {
    take_measurement (run, object);
  }
}

/* One whole line. */
static gboolean
read_line (Run *run, const char *line, guint number, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (JsonNode) node = json_from_string (line, &cause);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
    take_line (run, json_node_get_object (node));
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: line %u is no object of JSON%s%s: a report has one in each line, as qualitymeter "
      "writes them with report=FILE",
      run->path, number, cause != NULL ? ": " : "", cause != NULL ? cause->message : "");
  return FALSE;
}

/* What a writer that was killed has left at the end is no whole line. */
static gboolean
read_lines (Run *run, char *text, GError **error)
{
  guint number = 0;

  for (char *line = text; *line != '\0';) {
    char *end = strchr (line, '\n');

    number++;
    if (end == NULL) {
      run->cut = !read_line (run, line, number, NULL);
      break;
    }
    *end = '\0';
    if (*g_strstrip (line) != '\0' && !read_line (run, line, number, error))
      return FALSE;
    line = end + 1;
  }
  if (run->frames > 0 || run->summary != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: there is no measurement and no summary in it", run->path);
  return FALSE;
}

Run *
run_read (const char *path, guint index, GError **error)
{
  g_autoptr (Run) run = g_new0 (Run, 1);
  g_autofree char *text = NULL;

  run->path = g_strdup (path);
  if (index < 26)
    g_snprintf (run->name, sizeof run->name, "%c", 'A' + (char)index);
  else
    g_snprintf (run->name, sizeof run->name, "%u", index % 100);
  run->series = g_ptr_array_new_with_free_func (free_series);
  run->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  run->alerts = json_array_new ();
  run->examples = json_array_new ();
  if (!g_file_get_contents (path, &text, NULL, error) || !read_lines (run, text, error))
    return NULL;
  return g_steal_pointer (&run);
}

void
run_free (Run *run)
{
  if (run == NULL)
    return;
  g_hash_table_unref (run->by_name);
  g_ptr_array_unref (run->series);
  g_clear_pointer (&run->summary, json_object_unref);
  json_array_unref (run->alerts);
  json_array_unref (run->examples);
  g_free (run->path);
  g_free (run);
}

const Series *
run_find (const Run *run, const char *name)
{
  return g_hash_table_lookup (run->by_name, name);
}

double
series_value_of (const Series *series, guint64 frame)
{
  guint from = 0, to = series->frames->len;

  while (from < to) {
    const guint middle = from + (to - from) / 2;

    if (g_array_index (series->frames, guint64, middle) < frame)
      from = middle + 1;
    else
      to = middle;
  }
  return from < series->frames->len && g_array_index (series->frames, guint64, from) == frame
             ? g_array_index (series->values, double, from)
             : NAN;
}

/* --- side by side --- */

static Cell
cell_of_series (const Series *series)
{
  GenTally tally = { 0 };

  for (guint i = 0; i < series->values->len; i++)
    gen_tally_add (&tally, g_array_index (series->values, double, i));
  return (Cell){ tally.mean, tally.count > 1 ? sqrt (tally.squares / (double)(tally.count - 1)) : 0,
    tally.minimum, tally.maximum, NULL };
}

static double
number_in (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && is_number (node) ? json_node_get_double (node) : NAN;
}

/* Why a summary has no figure. */
static const char *
reason_in (JsonObject *summary, const char *name)
{
  g_autofree char *missing = g_strconcat (name, "-missing", NULL);

  return json_object_get_string_member_with_default (summary, missing, NULL);
}

static Cell
cell_of_summary (JsonObject *summary, const char *name, JsonNode *node)
{
  Cell cell = { NAN, NAN, NAN, NAN, NULL };

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *tally = json_node_get_object (node);

    return (Cell){ number_in (tally, "mean"), number_in (tally, "standard-deviation"),
      number_in (tally, "minimum"), number_in (tally, "maximum"), NULL };
  }
  if (is_number (node))
    cell.mean = json_node_get_double (node);
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    cell.text = json_node_get_string (node);
  else
    cell.text = reason_in (summary, name);
  return cell;
}

/* A report without a summary, of what was killed, has its measurements. */
static Cell
cell_of (const Run *run, const char *name)
{
  JsonNode *node = run->summary != NULL ? json_object_get_member (run->summary, name) : NULL;
  const Series *series = run_find (run, name);

  if (node != NULL)
    return cell_of_summary (run->summary, name, node);
  if (series != NULL)
    return cell_of_series (series);
  return (Cell){ NAN, NAN, NAN, NAN, NULL };
}

/* The run whose figure is better than all others; -1 where there is none, or nobody can say. */
static int
find_best (const Row *row, guint n)
{
  guint numbers = 0;
  int best = -1;
  gboolean tie = FALSE;

  for (guint i = 0; row->better != GEN_BETTER_NEITHER && i < n; i++) {
    const double mean = row->cells[i].mean;
    double other;

    if (!isfinite (mean))
      continue;
    numbers++;
    other = best >= 0 ? row->cells[best].mean : NAN;
    if (best >= 0 && mean == other)
      tie = TRUE;
    if (best >= 0 && !(row->better == GEN_BETTER_HIGHER ? mean > other : mean < other))
      continue;
    best = (int)i;
    tie = FALSE;
  }
  return numbers > 1 && !tie ? best : -1;
}

static void
free_row (gpointer data)
{
  g_free (((Row *)data)->cells);
  g_free (data);
}

/* What describes other figures is no figure. */
static gboolean
is_figure (const char *name, JsonNode *node)
{
  return !g_str_has_suffix (name, "-missing") && !g_str_has_suffix (name, "-doubt") &&
         !JSON_NODE_HOLDS_ARRAY (node) &&
         (!JSON_NODE_HOLDS_OBJECT (node) ||
             json_object_has_member (json_node_get_object (node), "mean"));
}

static void
add_row (GPtrArray *rows, GHashTable *seen, GPtrArray *runs, const char *name)
{
  const GenField *field = gen_metric_find_field (name, NULL);
  Row *row;

  if (!g_hash_table_add (seen, (gpointer)name))
    return;
  row = g_new0 (Row, 1);
  row->name = name;
  row->better = field != NULL ? field->better : GEN_BETTER_NEITHER;
  row->cells = g_new (Cell, runs->len);
  for (guint i = 0; i < runs->len; i++)
    row->cells[i] = cell_of (runs->pdata[i], name);
  row->best = find_best (row, runs->len);
  g_ptr_array_add (rows, row);
}

GPtrArray *
report_rows (GPtrArray *runs)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *rows = g_ptr_array_new_with_free_func (free_row);

  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    if (run->summary != NULL) {
      json_object_iter_init_ordered (&iter, run->summary);
      while (json_object_iter_next_ordered (&iter, &name, &node))
        if (is_figure (name, node))
          add_row (rows, seen, runs, name);
    }
    for (guint s = 0; s < run->series->len; s++)
      add_row (rows, seen, runs, ((const Series *)run->series->pdata[s])->name);
  }
  return rows;
}

const char *
report_better (GenBetter better)
{
  return better == GEN_BETTER_HIGHER ? "higher" : better == GEN_BETTER_LOWER ? "lower" : "";
}
