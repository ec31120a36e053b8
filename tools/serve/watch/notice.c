/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notice.h"

#include <math.h>

#include <generative/report.h>

#include "../../../lib/base/json-file.h"
#include "families.h"

/* One line a way. */
static const ServeNoticeWay *const ways[] = {
  &serve_notice_command,
  &serve_notice_webhook,
  NULL,
};

char *
serve_notice_to_json (const ServeNotice *notice)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "alert", notice->settings->record.name);
  json_object_set_string_member (object, "state", notice->state);
  json_object_set_string_member (object, "when", notice->settings->when);
  json_object_set_string_member (object, "figure", notice->figure);
  gen_json_set_number (object, "value", notice->value);
  gen_json_set_number (object, "bound", notice->bound);
  json_object_set_string_member (object, "time", notice->time);
  json_object_set_string_member (object, "host", g_get_host_name ());
  json_node_take_object (node, object);
  return gen_json_to_text (node, FALSE);
}

char *
serve_notice_to_text (const ServeNotice *notice)
{
  return g_strdup_printf ("alert %s %ss: %s; %s is %.6g", notice->settings->record.name,
      notice->state, notice->settings->when, notice->figure, notice->value);
}

void
serve_notice_count (GenCounters *counters, const ServeNoticeWay *way, gboolean delivered)
{
  const char *const values[] = { way->name, delivered ? "delivered" : "failed" };

  gen_counter_add (gen_counters_take (counters, &serve_count_notices, values), 1);
}

static void
log_notice (const ServeNotice *notice)
{
  g_autofree char *text = serve_notice_to_text (notice);
  g_autofree char *value = g_strdup_printf ("%.6g", notice->value);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "GENERATIVE_ALERT",
      notice->settings->record.name, "GENERATIVE_STATE", notice->state, "GENERATIVE_FIGURE",
      notice->figure, "GENERATIVE_VALUE", value, "MESSAGE", "%s", text);
}

void
serve_notice_send (const ServeNotice *notice, GenCounters *counters)
{
  log_notice (notice);
  for (guint i = 0; ways[i] != NULL; i++)
    if (ways[i]->is_wanted (notice->settings))
      ways[i]->send (notice, counters);
}
