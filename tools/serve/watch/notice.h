/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told of an alert that begins or ends, and the ways in which: a file each, and a line in
 * the list of notice.c. */
#pragma once

#include <json-glib/json-glib.h>

#include "../../../lib/serve/counters.h"
#include "../configuration.h"

typedef struct {
  const ServeAlertSettings *settings;
  const char *state; /* "begin", "end" */
  const char *figure;
  double value, bound;
  char *time; /* of the world, as ISO 8601 has it */
} ServeNotice;

typedef struct {
  const char *name;
  /* Whether the settings ask for it. */
  gboolean (*is_wanted) (const ServeAlertSettings *settings);
  /* Tell, and count in `counters` how that went, once it is known: nobody waits for it. */
  void (*send) (const ServeNotice *notice, GenCounters *counters);
} ServeNoticeWay;

extern const ServeNoticeWay serve_notice_webhook, serve_notice_command;

/* By all ways that are wanted, and in the log. */
void serve_notice_send (const ServeNotice *notice, GenCounters *counters);
/* {"alert":…,"state":…,"when":…,"figure":…,"value":…,"bound":…,"time":…,"host":…} (transfer full)
 */
char *serve_notice_to_json (const ServeNotice *notice);
/* A sentence. (transfer full) */
char *serve_notice_to_text (const ServeNotice *notice);
/* How it went. */
void serve_notice_count (GenCounters *counters, const ServeNoticeWay *way, gboolean delivered);
