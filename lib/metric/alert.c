/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alerts: what is written is read once, into a bound and a time each; then each is one comparison a
 * measurement. */
#include <generative/alert.h>

#include <string.h>

#include <generative/nearest.h>

#define NO_TIME G_MAXUINT64
#define SECOND 1000000000.0
/* The longest time, a century: what is longer is a slip. */
#define MAX_SECONDS 3.2e9
/* How many names of figures are told of, where one is not among them. */
#define MOST_NAMES 24

typedef struct {
  char *condition, *name;
  guint place; /* of the name in the text, from 1 on */
  gboolean above, or_equal;
  double bound;
  guint64 least; /* nanoseconds that it takes to begin, and to end */

  guint field;
  double value; /* the last one */
  gboolean active;
  guint64 since; /* when it began not to be as `active` says, or NO_TIME */
  guint64 begun; /* when it was told of */
  guint64 times, lasted;
} Alert;

struct _GenAlerts {
  GArray *list; /* Alert */
  guint64 now;  /* when the last measurement was */
};

/* --- reading --- */

typedef struct {
  const char *text, *at;
} Reader;

static void
skip_space (Reader *reader)
{
  while (g_ascii_isspace (*reader->at))
    reader->at++;
}

static guint
place_of (const Reader *reader)
{
  return (guint)g_utf8_pointer_to_offset (reader->text, reader->at) + 1;
}

static gboolean
refuse (const Reader *reader, const char *wanted, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "character %u, before \"%.20s\": %s, as in \"sharpness < 20 for 5s\"", place_of (reader),
      reader->at, wanted);
  return FALSE;
}

static gboolean
is_of_name (char c)
{
  return c != '\0' && strchr ("<>=, \t\n", c) == NULL;
}

static gboolean
read_name (Reader *reader, Alert *alert, GError **error)
{
  const char *start;

  skip_space (reader);
  start = reader->at;
  alert->place = place_of (reader);
  while (is_of_name (*reader->at))
    reader->at++;
  if (reader->at == start)
    return refuse (reader, "the name of a figure is wanted", error);
  alert->name = g_strndup (start, (gsize)(reader->at - start));
  return TRUE;
}

static gboolean
read_bound (Reader *reader, Alert *alert, GError **error)
{
  char *end;

  skip_space (reader);
  if (*reader->at != '<' && *reader->at != '>')
    return refuse (reader, "<, <=, > or >= is wanted", error);
  alert->above = *reader->at++ == '>';
  alert->or_equal = *reader->at == '=';
  reader->at += alert->or_equal;
  alert->bound = g_ascii_strtod (reader->at, &end);
  if (end == reader->at || !isfinite (alert->bound))
    return refuse (reader, "a number is wanted", error);
  reader->at = end;
  return TRUE;
}

static double
seconds_of_unit (Reader *reader)
{
  static const struct {
    const char *name;
    double seconds;
  } units[] = { { "ms", 0.001 }, { "min", 60 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    const gsize length = strlen (units[i].name);

    if (strncmp (reader->at, units[i].name, length) != 0 || g_ascii_isalnum (reader->at[length]))
      continue;
    reader->at += length;
    return units[i].seconds;
  }
  return NAN;
}

static gboolean
read_time (Reader *reader, Alert *alert, GError **error)
{
  const char *start;
  double seconds;
  char *end;

  skip_space (reader);
  if (strncmp (reader->at, "for", 3) != 0 || !g_ascii_isspace (reader->at[3]))
    return TRUE;
  reader->at += 3;
  skip_space (reader);
  start = reader->at;
  seconds = g_ascii_strtod (reader->at, &end);
  if (end != start) {
    reader->at = end;
    skip_space (reader);
    seconds *= seconds_of_unit (reader);
  }
  if (end == start || !(seconds >= 0 && seconds <= MAX_SECONDS)) {
    reader->at = start;
    return refuse (reader, "a time is wanted, a number with ms, s, min or h", error);
  }
  alert->least = (guint64)(seconds * SECOND + 0.5);
  return TRUE;
}

static gboolean
read_alert (Reader *reader, Alert *alert, GError **error)
{
  const char *start;

  skip_space (reader);
  start = reader->at;
  if (!read_name (reader, alert, error) || !read_bound (reader, alert, error) ||
      !read_time (reader, alert, error))
    return FALSE;
  alert->condition = g_strchomp (g_strndup (start, (gsize)(reader->at - start)));
  skip_space (reader);
  if (*reader->at != '\0' && *reader->at != ',')
    return refuse (reader, "\"for\" and a time, a comma or the end is wanted", error);
  return TRUE;
}

static void
clear_alert (gpointer data)
{
  Alert *alert = data;

  g_free (alert->condition);
  g_free (alert->name);
}

/* Who reads messages and files must be able to tell alerts apart. */
static gboolean
is_new (const GenAlerts *alerts, const Alert *alert, GError **error)
{
  for (guint i = 0; i < alerts->list->len; i++)
    if (g_str_equal (g_array_index (alerts->list, Alert, i).condition, alert->condition)) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "character %u: \"%s\" is there twice", alert->place, alert->condition);
      return FALSE;
    }
  return TRUE;
}

GenAlerts *
gen_alerts_parse (const char *text, GError **error)
{
  g_autoptr (GenAlerts) alerts = g_new0 (GenAlerts, 1);
  Reader reader = { text, text };

  alerts->now = NO_TIME;
  alerts->list = g_array_new (FALSE, TRUE, sizeof (Alert));
  g_array_set_clear_func (alerts->list, clear_alert);
  for (;;) {
    Alert alert = { .since = NO_TIME };

    if (!read_alert (&reader, &alert, error) || !is_new (alerts, &alert, error)) {
      clear_alert (&alert);
      return NULL;
    }
    g_array_append_val (alerts->list, alert);
    if (*reader.at == '\0')
      return g_steal_pointer (&alerts);
    reader.at++;
  }
}

void
gen_alerts_free (GenAlerts *alerts)
{
  if (alerts == NULL)
    return;
  g_array_unref (alerts->list);
  g_free (alerts);
}

/* --- binding --- */

/* Figures that can have a bound. (transfer container) */
static GPtrArray *
list_names (const GenField *fields, guint n_fields)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint f = 0; f < n_fields; f++)
    if (fields[f].type != GEN_FIELD_TEXT)
      g_ptr_array_add (names, (char *)fields[f].name);
  g_ptr_array_add (names, NULL);
  return names;
}

/* Names with commas between, of a long list its beginning. (transfer full) */
static char *
join_names (const GPtrArray *names)
{
  const guint n = names->len - 1;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < MIN (n, MOST_NAMES); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (const char *)names->pdata[i]);
  if (n > MOST_NAMES)
    g_string_append_printf (text, ", and %u more", n - MOST_NAMES);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
bind_alert (Alert *alert, const GenField *fields, guint n_fields, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *hint = NULL, *all = NULL;

  alert->active = FALSE;
  alert->since = NO_TIME;
  for (guint f = 0; f < n_fields; f++)
    if (fields[f].type != GEN_FIELD_TEXT && g_str_equal (fields[f].name, alert->name)) {
      alert->field = f;
      return TRUE;
    }
  names = list_names (fields, n_fields);
  hint = gen_nearest_hint (alert->name, (const char *const *)names->pdata);
  all = join_names (names);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "character %u, \"%s\": the figure \"%s\" is not measured%s; there are %s", alert->place,
      alert->condition, alert->name, hint, all);
  return FALSE;
}

gboolean
gen_alerts_bind (GenAlerts *alerts, const GenField *fields, guint n_fields, GError **error)
{
  for (guint i = 0; i < alerts->list->len; i++)
    if (!bind_alert (&g_array_index (alerts->list, Alert, i), fields, n_fields, error))
      return FALSE;
  return TRUE;
}

/* --- checking --- */

/* A figure that cannot be given is not known to be beyond a bound. */
static gboolean
holds (const Alert *alert, double value)
{
  if (!isfinite (value))
    return FALSE;
  if (value == alert->bound)
    return alert->or_equal;
  return alert->above ? value > alert->bound : value < alert->bound;
}

static guint64
time_between (guint64 from, guint64 to)
{
  return from != NO_TIME && to != NO_TIME && to > from ? to - from : 0;
}

/* Whether the alert begins or ends by `value`. */
static gboolean
changes (Alert *alert, double value, guint64 now)
{
  if (holds (alert, value) == alert->active) {
    alert->since = NO_TIME;
    return FALSE;
  }
  if (alert->since == NO_TIME || alert->since > now)
    alert->since = now;
  return time_between (alert->since, now) >= alert->least;
}

static void
change (Alert *alert, guint64 now, GenAlertFunc tell, gpointer data)
{
  alert->active = !alert->active;
  if (alert->active) {
    alert->times++;
    alert->begun = now;
  } else {
    alert->lasted += time_between (alert->begun, now);
  }
  tell (&(GenAlertChange){ alert->condition, alert->name, alert->value, alert->bound, alert->since,
            now, alert->active },
      data);
  alert->since = NO_TIME;
}

void
gen_alerts_check (
    GenAlerts *alerts, guint64 pts, const double *values, GenAlertFunc tell, gpointer data)
{
  const guint64 now = pts != NO_TIME ? pts : alerts->now;

  alerts->now = now;
  for (guint i = 0; i < alerts->list->len; i++) {
    Alert *alert = &g_array_index (alerts->list, Alert, i);
    const double value = values[alert->field];

    if (isnan (value))
      continue;
    if (isfinite (value))
      alert->value = value;
    if (changes (alert, value, now))
      change (alert, now, tell, data);
  }
}

void
gen_alerts_interrupt (GenAlerts *alerts)
{
  for (guint i = 0; i < alerts->list->len; i++)
    g_array_index (alerts->list, Alert, i).since = NO_TIME;
}

void
gen_alerts_end (GenAlerts *alerts, GenAlertFunc tell, gpointer data)
{
  for (guint i = 0; i < alerts->list->len; i++) {
    Alert *alert = &g_array_index (alerts->list, Alert, i);

    if (!alert->active)
      continue;
    alert->since = alerts->now;
    change (alert, alerts->now, tell, data);
  }
}

/* --- what there was --- */

guint
gen_alerts_count (const GenAlerts *alerts)
{
  return alerts->list->len;
}

const char *
gen_alerts_get (const GenAlerts *alerts, guint i, guint64 *times, gboolean *active)
{
  const Alert *alert = &g_array_index (alerts->list, Alert, i);

  *times = alert->times;
  *active = alert->active;
  return alert->condition;
}

JsonArray *
gen_alerts_to_json (const GenAlerts *alerts)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < alerts->list->len; i++) {
    const Alert *alert = &g_array_index (alerts->list, Alert, i);
    const guint64 open = alert->active ? time_between (alert->begun, alerts->now) : 0;
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "condition", alert->condition);
    json_object_set_int_member (object, "times", (gint64)alert->times);
    json_object_set_double_member (object, "seconds", (double)(alert->lasted + open) / SECOND);
    json_object_set_boolean_member (object, "active", alert->active);
    json_array_add_object_element (array, object);
  }
  return array;
}
