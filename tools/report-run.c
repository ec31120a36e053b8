/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports are read, and set side by side. */
#include <math.h>
#include <string.h>

#include <generative/random.h>

#include "interval.h"
#include "lines.h"
#include "report.h"
#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"

/* What is kept of a file. */
#define MOST_SERIES 2000
#define MOST_POINTS 8192
#define MOST_VALUES 8192
#define MOST_ALERTS 10000
#define MOST_EXAMPLES 5000

/* What compare --halves puts behind a figure's name. */
#define STANDARD_ERROR "-standard-error"

static void
free_series (gpointer data)
{
  Series *series = data;

  g_free (series->name);
  g_array_unref (series->points);
  g_array_unref (series->some);
  g_hash_table_unref (series->values);
  g_free (series);
}

/* NULL where there are too many. */
static Series *
series_of (Run *run, const char *name)
{
  Series *series = g_hash_table_lookup (run->by_name, name);

  if (series != NULL)
    return series;
  if (run->series->len == MOST_SERIES) {
    run->left_out++;
    return NULL;
  }
  series = g_new0 (Series, 1);
  series->name = g_strdup (name);
  series->per_point = 1;
  series->points = g_array_new (FALSE, FALSE, sizeof (PlotPoint));
  series->some = g_array_new (FALSE, FALSE, sizeof (double));
  series->values = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  g_hash_table_insert (run->by_name, series->name, series);
  g_ptr_array_add (run->series, series);
  return series;
}

static void
join_points (PlotPoint *point, const PlotPoint *next)
{
  point->sum += next->sum;
  point->count += next->count;
  point->least = fmin (point->least, next->least);
  point->greatest = fmax (point->greatest, next->greatest);
}

/* Two become one. */
static void
halve_points (Series *series)
{
  PlotPoint *points = (PlotPoint *)series->points->data;

  for (guint i = 0; i < MOST_POINTS / 2; i++) {
    points[i] = points[2 * i];
    join_points (&points[i], &points[2 * i + 1]);
  }
  g_array_set_size (series->points, MOST_POINTS / 2);
  series->per_point *= 2;
}

static void
add_point (Series *series, double time, double value)
{
  const PlotPoint point = { time, value, value, value, 1 };
  PlotPoint *last = series->points->len > 0
                        ? &g_array_index (series->points, PlotPoint, series->points->len - 1)
                        : NULL;

  if (last != NULL && last->count < series->per_point) {
    join_points (last, &point);
    return;
  }
  if (series->points->len == MOST_POINTS)
    halve_points (series);
  g_array_append_val (series->points, point);
}

/* Each value has the same chance to be among those that are kept (Vitter's algorithm R). */
static void
keep_value (Series *series, double value)
{
  const GenRandom random = gen_random_new (0, "report", 0);
  guint32 place;

  if (series->some->len < MOST_VALUES) {
    g_array_append_val (series->some, value);
    return;
  }
  place = gen_random_below (
      &random, 0, series->tally.count, (guint32)MIN (series->tally.count, G_MAXUINT32));
  if (place < MOST_VALUES)
    g_array_index (series->some, double, place) = value;
}

/* What tells which frame it is, and is no figure. */
static gboolean
is_place (const char *name)
{
  return g_str_equal (name, "frame") || g_str_equal (name, "pts") ||
         g_str_equal (name, "reference-time");
}

void
run_take (Run *run, const char *name, double place, double value)
{
  Series *series = isfinite (value) && !is_place (name) ? series_of (run, name) : NULL;

  run->end = fmax (run->end, place);
  if (series == NULL)
    return;
  gen_tally_add (&series->tally, value);
  add_point (series, place, value);
  keep_value (series, value);
}

static void
take_measurement (Run *run, JsonObject *object)
{
  const double frame = gen_json_number_in (object, "frame"),
               pts = gen_json_number_in (object, "pts");
  const gboolean timed = !isnan (pts);
  const double time = timed ? pts / 1e9 : isnan (frame) ? (double)run->frames : frame;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  run->timed |= timed;
  run->frames++;
  run->end = fmax (run->end, time);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    run_take (run, name, time, gen_json_is_number (node) ? json_node_get_double (node) : NAN);
}

/* Whether members that have these names are all of a kind, so that nobody asks for what they are
 * not. */
static gboolean
are_all (JsonObject *object, const char *const *names, gboolean texts)
{
  for (; *names != NULL; names++) {
    JsonNode *node = json_object_get_member (object, *names);

    if (node == NULL || JSON_NODE_HOLDS_NULL (node))
      continue;
    if (texts ? !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING
              : !gen_json_is_number (node))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_well_formed (JsonObject *object)
{
  static const char *const texts[] = { "data", "reference-data", "media-type", "condition", "state",
    "name", NULL };
  static const char *const numbers[] = { "frame", "pts", "value", "since", NULL };

  static const char *const truths[] = { "cut", "spread", NULL };

  for (const char *const *name = truths; *name != NULL; name++) {
    JsonNode *node = json_object_get_member (object, *name);

    if (node != NULL && !JSON_NODE_HOLDS_VALUE (node))
      return FALSE;
  }
  return are_all (object, texts, TRUE) && are_all (object, numbers, FALSE);
}

static void
keep_object (Run *run, JsonArray *list, guint most, JsonObject *object)
{
  if (json_array_get_length (list) < most && is_well_formed (object))
    json_array_add_object_element (list, json_object_ref (object));
  else
    run->left_out++;
}

static void
take_line (Run *run, JsonObject *object)
{
  JsonObject *summary = gen_json_object_in (object, "summary");
  JsonObject *alert = gen_json_object_in (object, "alert"),
             *example = gen_json_object_in (object, "example");
  JsonObject *pair = gen_json_object_in (object, "nearest-pair");

  if (summary != NULL) {
    g_clear_pointer (&run->summary, json_object_unref);
    run->summary = json_object_ref (summary);
    run->summaries++;
  } else if (alert != NULL) {
    keep_object (run, run->alerts, MOST_ALERTS, alert);
  } else if (example != NULL) {
    keep_object (run, run->examples, MOST_EXAMPLES, example);
  } else if (pair != NULL) {
    keep_object (run, run->pairs, MOST_EXAMPLES, pair);
  } else {
    take_measurement (run, object);
  }
}

/* One whole line. */
static gboolean
read_line (Run *run, const char *line, guint number, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (JsonNode) node = gen_json_from_figures (line, &cause);

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
read_lines (Run *run, GError **error)
{
  g_autoptr (Lines) lines = lines_open (run->path, error);
  char *line;

  if (lines == NULL)
    return FALSE;
  while ((line = lines_next (lines, error)) != NULL) {
    if (*g_strstrip (line) == '\0')
      continue;
    if (!lines_is_whole (lines))
      run->cut = !read_line (run, line, lines_number (lines), NULL);
    else if (!read_line (run, line, lines_number (lines), error))
      return FALSE;
  }
  if (lines_failed (lines))
    return FALSE;
  if (run->frames > 0 || run->summary != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: there is no measurement and no summary in it", run->path);
  return FALSE;
}

/* --- values of frames that are shown --- */

static guint64
frame_of (JsonObject *object)
{
  return (guint64)CLAMP (gen_json_number_in (object, "frame"), 0, 9e18);
}

static void
note_values (Run *run, JsonObject *object)
{
  const guint64 frame = frame_of (object);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    const Series *series = run_find (run, name);
    const double value = gen_json_is_number (node) ? json_node_get_double (node) : NAN;

    if (series != NULL && isfinite (value))
      g_hash_table_replace (
          series->values, g_memdup2 (&frame, sizeof frame), g_memdup2 (&value, sizeof value));
  }
}

/* Examples come behind all measurements: which frames are shown is known when these have gone by,
 * so that they are read again. */
static gboolean
read_values (Run *run, GError **error)
{
  g_autoptr (GHashTable) shown = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (Lines) lines = NULL;
  const char *line;

  for (guint i = 0; i < json_array_get_length (run->examples); i++) {
    const guint64 frame = frame_of (json_array_get_object_element (run->examples, i));

    g_hash_table_add (shown, g_memdup2 (&frame, sizeof frame));
  }
  if (g_hash_table_size (shown) == 0)
    return TRUE;
  lines = lines_open (run->path, error);
  while (lines != NULL && (line = lines_next (lines, error)) != NULL) {
    g_autoptr (JsonNode) node = NULL;
    guint64 frame;

    /* Lines of measurements begin so; others need not be parsed again. */
    if (!g_str_has_prefix (line, "{\"frame\":"))
      continue;
    frame = g_ascii_strtoull (line + strlen ("{\"frame\":"), NULL, 10);
    node = g_hash_table_contains (shown, &frame) ? gen_json_from_figures (line, NULL) : NULL;
    if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
      note_values (run, json_node_get_object (node));
  }
  return lines != NULL && !lines_failed (lines);
}

Run *
run_read (const char *path, guint index, GError **error)
{
  g_autoptr (Run) run = g_new0 (Run, 1);

  run->path = g_strdup (path);
  if (index < 26)
    g_snprintf (run->name, sizeof run->name, "%c", 'A' + (char)index);
  else
    g_snprintf (run->name, sizeof run->name, "%u", index % 100);
  run->series = g_ptr_array_new_with_free_func (free_series);
  run->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  run->alerts = json_array_new ();
  run->examples = json_array_new ();
  run->pairs = json_array_new ();
  if (run_is_of_training (path))
    return run_read_training (run, error) ? g_steal_pointer (&run) : NULL;
  if (run_is_of_comparison (path))
    return run_read_comparison (run, error) ? g_steal_pointer (&run) : NULL;
  if (!read_lines (run, error) || !read_values (run, error))
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
  json_array_unref (run->pairs);
  g_free (run->path);
  g_free (run);
}

static guint64
count_samples (const Run *run)
{
  JsonNode *node = run->summary != NULL ? json_object_get_member (run->summary, "samples") : NULL;

  return node != NULL && gen_json_is_number (node) ? (guint64)MAX (json_node_get_int (node), 0) : 0;
}

guint64
run_count (const Run *run)
{
  return run->frames > 0 ? run->frames : count_samples (run);
}

const char *
run_unit (const Run *run)
{
  return run->frames == 0 && count_samples (run) > 0 ? "samples" : "frames";
}

const Series *
run_find (const Run *run, const char *name)
{
  return g_hash_table_lookup (run->by_name, name);
}

double
series_value_of (const Series *series, guint64 frame)
{
  const double *value = g_hash_table_lookup (series->values, &frame);

  return value != NULL ? *value : (double)NAN;
}

JsonObject *
run_classes (const Run *run)
{
  JsonObject *classes = run->summary != NULL ? gen_json_object_in (run->summary, "classes") : NULL;

  return classes != NULL && gen_json_object_in (classes, "of") != NULL &&
                 gen_json_object_in (classes, "gaps") != NULL
             ? classes
             : NULL;
}

JsonObject *
run_class_counts (const Run *run)
{
  JsonObject *classes = run->summary != NULL ? gen_json_object_in (run->summary, "classes") : NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (classes == NULL || run_classes (run) != NULL || json_object_get_size (classes) == 0)
    return NULL;
  json_object_iter_init_ordered (&iter, classes);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (!gen_json_is_number (node))
      return NULL;
  return classes;
}

/* --- side by side --- */

static Cell
cell_of_series (const Series *series)
{
  const GenTally *tally = &series->tally;

  return (Cell){ tally->mean,
    tally->count > 1 ? sqrt (tally->squares / (double)(tally->count - 1)) : 0, tally->minimum,
    tally->maximum, NULL, 0 };
}

/* Why a summary has no figure. */
static const char *
reason_in (JsonObject *summary, const char *name)
{
  g_autofree char *missing = g_strconcat (name, "-missing", NULL);

  return gen_json_text_in (summary, missing);
}

static Cell
cell_of_summary (JsonObject *summary, const char *name, JsonNode *node)
{
  Cell cell = { NAN, NAN, NAN, NAN, NULL, 0 };
  g_autofree char *error = g_strconcat (name, STANDARD_ERROR, NULL);

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *tally = json_node_get_object (node);

    return (Cell){ gen_json_number_in (tally, "mean"),
      gen_json_number_in (tally, "standard-deviation"), gen_json_number_in (tally, "minimum"),
      gen_json_number_in (tally, "maximum"), NULL, 0 };
  }
  if (gen_json_is_number (node))
    cell.mean = json_node_get_double (node);
  if (gen_json_is_number (node))
    cell.interval = fmax (gen_json_number_in (summary, error) * INTERVAL, 0);
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    cell.text = json_node_get_boolean (node) ? "yes" : "no";
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
  return (Cell){ NAN, NAN, NAN, NAN, NULL, 0 };
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
         !g_str_has_suffix (name, STANDARD_ERROR) && !JSON_NODE_HOLDS_ARRAY (node) &&
         (!JSON_NODE_HOLDS_OBJECT (node) ||
             json_object_has_member (json_node_get_object (node), "mean"));
}

/* What a summary says of a figure that a model made, or that is of groups, and that no list has. */
static GenBetter
find_told_better (GPtrArray *runs, const char *name)
{
  for (guint i = 0; i < runs->len; i++) {
    JsonObject *summary = ((const Run *)runs->pdata[i])->summary;
    JsonObject *groups = gen_json_object_in (gen_json_object_in (summary, "bias"), "figures");
    JsonObject *scored = gen_json_object_in (gen_json_object_in (summary, "scorers"), name);
    JsonObject *told = scored != NULL ? scored : gen_json_object_in (groups, name);
    const char *better = gen_json_text_in (told, "better");

    for (int b = GEN_BETTER_HIGHER; b <= GEN_BETTER_LOWER; b++)
      if (g_strcmp0 (better, gen_better_name (b)) == 0)
        return b;
  }
  return GEN_BETTER_NEITHER;
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
  row->better = field != NULL ? field->better : find_told_better (runs, name);
  row->scale = 1;
  if (g_str_equal (name, "offset")) { /* nanoseconds, which nobody reads */
    row->scale = 1e-6;
    row->unit = "ms";
  } else if (g_str_has_prefix (name, "audio-video-offset")) {
    row->unit = "ms";
  }
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
