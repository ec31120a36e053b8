/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alarms.h"

#include <generative/alert.h>

#include "families.h"

typedef struct {
  const ServeAlertSettings *settings;
  GenAlerts *condition; /* a single one */
  GenCounter *active, *times;
  ServeAlarms *all;
} Alarm;

struct _ServeAlarms {
  ServeConfiguration *configuration; /* whose settings they are */
  const ServeFigures *figures;
  GenCounters *counters;
  GPtrArray *list; /* Alarm */
  gboolean ends;   /* the server, by what has been looked at last */
};

static void
free_alarm (gpointer data)
{
  Alarm *alarm = data;

  gen_counters_release (alarm->all->counters, alarm->active);
  gen_counters_release (alarm->all->counters, alarm->times);
  gen_alerts_free (alarm->condition);
  g_free (alarm);
}

/* What an alert waits for, or NULL with `error`. */
static GenAlerts *
read_condition (const ServeFigures *figures, const ServeAlertSettings *settings, GError **error)
{
  guint n;
  const GenField *fields = serve_figures_fields (figures, &n);
  g_autoptr (GenAlerts) condition = gen_alerts_parse (settings->when, error);
  g_autoptr (GError) problem = NULL;

  if (condition == NULL)
    return NULL;
  if (gen_alerts_bind (condition, fields, n, &problem))
    return g_steal_pointer (&condition);
  serve_record_fail (settings, "when", error,
      "%s; quality-NAME is a figure of a metric, of which docs/metrics.md has all",
      problem->message);
  return NULL;
}

static gboolean
add_alarm (ServeAlarms *alarms, const ServeAlertSettings *settings, GError **error)
{
  GenAlerts *condition = read_condition (alarms->figures, settings, error);
  Alarm *alarm;

  if (condition == NULL)
    return FALSE;
  alarm = g_new0 (Alarm, 1);
  alarm->settings = settings;
  alarm->condition = condition;
  alarm->all = alarms;
  alarm->active = gen_counters_take (
      alarms->counters, &serve_count_alert_active, (const char *[]){ settings->record.name });
  alarm->times = gen_counters_take (
      alarms->counters, &serve_count_alerts, (const char *[]){ settings->record.name });
  gen_counter_set (alarm->active, 0);
  g_ptr_array_add (alarms->list, alarm);
  return TRUE;
}

gboolean
serve_alarms_validate (
    const ServeConfiguration *configuration, const ServeFigures *figures, GError **error)
{
  const GPtrArray *settings = serve_configuration_list (configuration, &serve_section_alerts);

  for (guint i = 0; i < settings->len; i++) {
    g_autoptr (GenAlerts) condition = read_condition (figures, settings->pdata[i], error);

    if (condition == NULL)
      return FALSE;
  }
  return TRUE;
}

ServeAlarms *
serve_alarms_new (const ServeConfiguration *configuration, const ServeFigures *figures,
    GenCounters *counters, GError **error)
{
  ServeAlarms *alarms = g_new0 (ServeAlarms, 1);
  const GPtrArray *settings = serve_configuration_list (configuration, &serve_section_alerts);

  alarms->configuration = serve_configuration_ref (configuration);
  alarms->figures = figures;
  alarms->counters = gen_counters_ref (counters);
  alarms->list = g_ptr_array_new_with_free_func (free_alarm);
  for (guint i = 0; i < settings->len; i++)
    if (!add_alarm (alarms, settings->pdata[i], error)) {
      serve_alarms_free (alarms);
      return NULL;
    }
  return alarms;
}

void
serve_alarms_free (ServeAlarms *alarms)
{
  g_ptr_array_unref (alarms->list);
  gen_counters_unref (alarms->counters);
  serve_configuration_unref (alarms->configuration);
  g_free (alarms);
}

/* GenAlertFunc */
static void
tell (const GenAlertChange *change, gpointer data)
{
  Alarm *alarm = data;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
  const ServeNotice notice = {
    .settings = alarm->settings,
    .state = change->begins ? "begin" : "end",
    .figure = change->name,
    .value = change->value,
    .bound = change->bound,
    .time = time,
  };

  gen_counter_set (alarm->active, change->begins);
  gen_counter_add (alarm->times, change->begins);
  serve_notice_send (&notice, alarm->all->counters);
  alarm->all->ends |= change->begins && alarm->settings->end;
}

gboolean
serve_alarms_check (ServeAlarms *alarms, gint64 now)
{
  alarms->ends = FALSE;
  for (guint i = 0; i < alarms->list->len; i++) {
    Alarm *alarm = alarms->list->pdata[i];

    gen_alerts_check (
        alarm->condition, (guint64)now * 1000, serve_figures_values (alarms->figures), tell, alarm);
  }
  return alarms->ends;
}

JsonArray *
serve_alarms_describe (const ServeAlarms *alarms)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < alarms->list->len; i++) {
    const Alarm *alarm = alarms->list->pdata[i];
    JsonObject *object = json_object_new ();
    gboolean active;
    guint64 times;

    gen_alerts_get (alarm->condition, 0, &times, &active);
    json_object_set_string_member (object, "alert", alarm->settings->record.name);
    json_object_set_string_member (object, "when", alarm->settings->when);
    json_object_set_boolean_member (object, "active", active);
    json_object_set_int_member (object, "times", (gint64)times);
    json_array_add_object_element (array, object);
  }
  return array;
}
