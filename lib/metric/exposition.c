/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prometheus' text format, version 0.0.4. A file is synced before it takes its name, which may take
 * as long as a disk likes: a thread writes what the stream has put in last. */
#include <generative/exposition.h>

#include <generative/atomic-file.h>
#include <generative/metric.h>

#define INTERVAL G_USEC_PER_SEC

typedef struct {
  char *condition;
  guint64 times;
  gboolean active;
} AlertState;

struct _GenExposition {
  char *path, *element;
  GThread *thread;

  GMutex lock;
  GCond changed;
  GArray *fields; /* GenField; texts are interned */
  double *values; /* a field each; NaN: there is none yet */
  guint64 frames;
  GArray *alerts; /* AlertState */
  gboolean dirty, closing;
  GError *failure; /* not told yet */
  gboolean failed; /* told, or about to be */
};

/* --- text --- */

void
gen_exposition_append_number (GString *text, double number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (number))
    g_string_append (text, "NaN");
  else if (isinf (number))
    g_string_append (text, number > 0 ? "+Inf" : "-Inf");
  else
    g_string_append (text, g_ascii_dtostr (digits, sizeof digits, number));
}

static void
append_escaped (GString *text, const char *value, gboolean quotes)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  for (const char *c = valid; *c != '\0'; c++) {
    if (*c == '\n') {
      g_string_append (text, "\\n");
      continue;
    }
    if (*c == '\\' || (quotes && *c == '"'))
      g_string_append_c (text, '\\');
    g_string_append_c (text, *c);
  }
}

void
gen_exposition_append_label (GString *text, const char *value)
{
  append_escaped (text, value, TRUE);
}

void
gen_exposition_append_name (GString *text, const char *name)
{
  /* As a word, promtool takes it for milliseconds that should be seconds. */
  if (g_str_has_prefix (name, "ms-")) {
    g_string_append (text, "ms");
    name += 3;
  }
  for (const char *c = name; *c != '\0'; c++)
    g_string_append_c (text, g_ascii_isalnum (*c) ? g_ascii_tolower (*c) : '_');
}

/* HELP and TYPE of a name. */
static void
append_head (GString *text, const char *name, const char *type, const char *help)
{
  g_string_append (text, "# HELP generative_");
  gen_exposition_append_name (text, name);
  g_string_append_c (text, ' ');
  append_escaped (text, help, FALSE);
  g_string_append (text, "\n# TYPE generative_");
  gen_exposition_append_name (text, name);
  g_string_append_printf (text, " %s\n", type);
}

/* One sample; `label` may be NULL. */
static void
append_sample (GString *text, const GenExposition *exposition, const char *name, const char *label,
    const char *value, double number)
{
  g_string_append (text, "generative_");
  gen_exposition_append_name (text, name);
  g_string_append (text, "{element=\"");
  gen_exposition_append_label (text, exposition->element);
  if (label != NULL) {
    g_string_append_printf (text, "\",%s=\"", label);
    gen_exposition_append_label (text, value);
  }
  g_string_append (text, "\"} ");
  gen_exposition_append_number (text, number);
  g_string_append_c (text, '\n');
}

/* What a figure is, from the list of metrics. (transfer full) */
static char *
describe_field (const char *name)
{
  const GenMetric *metric = NULL;
  const GenField *field = gen_metric_find_field (name, &metric);

  if (field == NULL)
    return g_strdup_printf ("The figure %s of the last measurement", name);
  if (field == &metric->fields[0])
    return g_strdup_printf ("%s (%s)", metric->summary, metric->unit);
  return g_strdup_printf ("%s, of the metric %s", name, metric->name);
}

/* The features that a figure is by: the text that its metric tells. */
static const char *
features_of (const GenExposition *exposition, const char *name)
{
  const GenMetric *metric = NULL;

  if (gen_metric_find_field (name, &metric) == NULL)
    return NULL;
  for (guint i = 0; i < exposition->fields->len; i++) {
    const GenField *field = &g_array_index (exposition->fields, GenField, i);
    const GenMetric *other = NULL;

    if (field->type == GEN_FIELD_TEXT && gen_metric_find_field (field->name, &other) != NULL &&
        other == metric)
      return field->text;
  }
  return NULL;
}

static void
append_figures (GString *text, const GenExposition *exposition)
{
  for (guint i = 0; i < exposition->fields->len; i++) {
    const GenField *field = &g_array_index (exposition->fields, GenField, i);
    const double value = exposition->values[i];
    const char *features = features_of (exposition, field->name);
    g_autofree char *help = NULL;

    if (field->type == GEN_FIELD_TEXT || isnan (value))
      continue;
    help = describe_field (field->name);
    append_head (text, field->name, "gauge", help);
    append_sample (text, exposition, field->name, features != NULL ? "features" : NULL, features,
        isinf (value) ? NAN : value);
  }
}

static void
append_alerts (GString *text, const GenExposition *exposition)
{
  if (exposition->alerts->len == 0)
    return;
  append_head (text, "alert_active", "gauge", "Whether the alert has begun and not ended");
  for (guint i = 0; i < exposition->alerts->len; i++) {
    const AlertState *alert = &g_array_index (exposition->alerts, AlertState, i);

    append_sample (
        text, exposition, "alert_active", "condition", alert->condition, alert->active ? 1 : 0);
  }
  append_head (text, "alerts_total", "counter", "How often the alert has begun");
  for (guint i = 0; i < exposition->alerts->len; i++) {
    const AlertState *alert = &g_array_index (exposition->alerts, AlertState, i);

    append_sample (
        text, exposition, "alerts_total", "condition", alert->condition, (double)alert->times);
  }
}

/* Under the lock. (transfer full) */
static GBytes *
make_text (const GenExposition *exposition)
{
  GString *text = g_string_new (NULL);

  append_head (
      text, "frames_total", "counter", "Frames, or windows of a sound, that were measured");
  append_sample (text, exposition, "frames_total", NULL, NULL, (double)exposition->frames);
  append_figures (text, exposition);
  append_alerts (text, exposition);
  return g_string_free_to_bytes (text);
}

/* --- writing --- */

/* Under the lock, which is given away while the disk works. */
static void
write_file (GenExposition *exposition)
{
  g_autoptr (GBytes) text = make_text (exposition);
  g_autoptr (GError) error = NULL;

  exposition->dirty = FALSE;
  g_mutex_unlock (&exposition->lock);
  gen_atomic_write (exposition->path, text, &error);
  g_mutex_lock (&exposition->lock);
  if (error == NULL)
    exposition->failed = FALSE;
  if (error != NULL && !exposition->failed) {
    exposition->failed = TRUE;
    g_clear_error (&exposition->failure);
    exposition->failure = g_steal_pointer (&error);
  }
}

static gpointer
write_files (gpointer data)
{
  GenExposition *exposition = data;

  g_mutex_lock (&exposition->lock);
  while (!exposition->closing || exposition->dirty) {
    const gint64 deadline = g_get_monotonic_time () + INTERVAL;

    if (exposition->dirty)
      write_file (exposition);
    while (!exposition->closing &&
           g_cond_wait_until (&exposition->changed, &exposition->lock, deadline))
      ;
  }
  g_mutex_unlock (&exposition->lock);
  return NULL;
}

static void
clear_state (gpointer state)
{
  g_free (((AlertState *)state)->condition);
}

GenExposition *
gen_exposition_new (const char *path, const char *element, GError **error)
{
  GenExposition *exposition = g_new0 (GenExposition, 1);
  g_autoptr (GBytes) text = NULL;

  exposition->path = g_strdup (path);
  exposition->element = g_strdup (element);
  exposition->fields = g_array_new (FALSE, FALSE, sizeof (GenField));
  exposition->alerts = g_array_new (FALSE, TRUE, sizeof (AlertState));
  g_array_set_clear_func (exposition->alerts, clear_state);
  g_mutex_init (&exposition->lock);
  g_cond_init (&exposition->changed);
  text = make_text (exposition);
  if (!gen_atomic_write (path, text, error)) {
    gen_exposition_free (exposition);
    return NULL;
  }
  exposition->thread = g_thread_new ("exposition", write_files, exposition);
  return exposition;
}

void
gen_exposition_set_fields (GenExposition *exposition, const GenField *fields, guint n_fields)
{
  g_mutex_lock (&exposition->lock);
  g_array_set_size (exposition->fields, 0);
  g_free (exposition->values);
  exposition->values = g_new (double, n_fields);
  for (guint i = 0; i < n_fields; i++) {
    GenField field = fields[i];

    field.name = g_intern_string (field.name);
    field.text = g_intern_string (field.text);
    g_array_append_val (exposition->fields, field);
    exposition->values[i] = NAN;
  }
  g_mutex_unlock (&exposition->lock);
}

/* Under the lock. */
static void
take_alerts (GenExposition *exposition, const GenAlerts *alerts)
{
  const guint n = alerts != NULL ? gen_alerts_count (alerts) : 0;

  g_array_set_size (exposition->alerts, n);
  for (guint i = 0; i < n; i++) {
    AlertState *state = &g_array_index (exposition->alerts, AlertState, i);
    const char *condition = gen_alerts_get (alerts, i, &state->times, &state->active);

    if (g_strcmp0 (state->condition, condition) == 0)
      continue;
    g_free (state->condition);
    state->condition = g_strdup (condition);
  }
}

gboolean
gen_exposition_put (GenExposition *exposition, guint64 frames, const double *values,
    const GenAlerts *alerts, GError **error)
{
  GError *failure;

  g_mutex_lock (&exposition->lock);
  for (guint i = 0; i < exposition->fields->len; i++)
    if (!isnan (values[i]))
      exposition->values[i] = values[i];
  exposition->frames = frames;
  take_alerts (exposition, alerts);
  exposition->dirty = TRUE;
  failure = g_steal_pointer (&exposition->failure);
  g_mutex_unlock (&exposition->lock);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, failure);
  return FALSE;
}

void
gen_exposition_free (GenExposition *exposition)
{
  if (exposition == NULL)
    return;
  g_mutex_lock (&exposition->lock);
  exposition->closing = TRUE;
  g_cond_broadcast (&exposition->changed);
  g_mutex_unlock (&exposition->lock);
  if (exposition->thread != NULL)
    g_thread_join (exposition->thread);
  g_array_unref (exposition->fields);
  g_array_unref (exposition->alerts);
  g_free (exposition->values);
  g_clear_error (&exposition->failure);
  g_mutex_clear (&exposition->lock);
  g_cond_clear (&exposition->changed);
  g_free (exposition->path);
  g_free (exposition->element);
  g_free (exposition);
}
