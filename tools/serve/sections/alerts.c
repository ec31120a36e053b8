/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [alerts.NAME]: a condition on figures of the server, and who is told. */
#include <generative/alert.h>
#include <gio/gio.h>

#include "../configuration.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeAlertSettings, name)

static const ServeKey keys[] = {
  { "when", SERVE_KEY_TEXT, FIELD (when),
      .blurb = "a condition on a figure, and for how long: \"latency-99 > 0.5 for 30s\"" },
  { "webhook", SERVE_KEY_TEXT, FIELD (webhook), .blurb = "a URL that a notice is posted to" },
  { "webhook-secret", SERVE_KEY_FILE, FIELD (webhook_secret),
      .blurb = "a file with the secret that notices are signed by, which nobody else may read" },
  { "command", SERVE_KEY_WORDS, FIELD (command),
      .blurb = "a program and its arguments, which reads the notice" },
  { "command-seconds", SERVE_KEY_INTEGER, FIELD (command_seconds), "30", 1, 3600,
      .blurb = "how many seconds the command may take" },
  { "end", SERVE_KEY_FLAG, FIELD (end), "false",
      .blurb = "whether the server ends when it begins, with status 3, to be started anew" },
};

static gboolean
check_webhook (const ServeAlertSettings *alert, GError **error)
{
  g_autoptr (GUri) uri = NULL;

  if (alert->webhook == NULL)
    return alert->webhook_secret == NULL || serve_record_fail (alert, "webhook-secret", error,
                                                "it signs what webhook is sent, which "
                                                "is missing");
  uri = g_uri_parse (alert->webhook, G_URI_FLAGS_NONE, NULL);
  return (uri != NULL && g_uri_get_host (uri) != NULL &&
             (g_str_equal (g_uri_get_scheme (uri), "https") ||
                 g_str_equal (g_uri_get_scheme (uri), "http"))) ||
         serve_record_fail (alert, "webhook", error,
             "\"%s\" is no URL, as https://example.org/alerts is", alert->webhook);
}

static gboolean
check (gpointer record, GError **error)
{
  const ServeAlertSettings *alert = record;
  g_autoptr (GenAlerts) alerts = NULL;
  g_autoptr (GError) problem = NULL;

  if (alert->when == NULL)
    return serve_record_fail (alert, "when", error, "it is missing: %s", keys[0].blurb);
  alerts = gen_alerts_parse (alert->when, &problem);
  if (alerts == NULL)
    return serve_record_fail (alert, "when", error, "%s", problem->message);
  if (gen_alerts_count (alerts) != 1)
    return serve_record_fail (
        alert, "when", error, "one condition is wanted: each has an [alerts.NAME] of its own");
  return check_webhook (alert, error);
}

const ServeSection serve_section_alerts = {
  .name = "alerts",
  .blurb = "A condition on figures of the server, and who is told",
  .named = TRUE,
  .size = sizeof (ServeAlertSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
  .check = check,
};
