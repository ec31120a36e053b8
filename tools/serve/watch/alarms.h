/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The alerts of a studio file: conditions on figures, and whom it is told. */
#pragma once

#include "../configuration.h"
#include "figures.h"
#include "notice.h"

typedef struct _ServeAlarms ServeAlarms;

/* Whether those of `configuration` can be waited for. */
gboolean serve_alarms_validate (
    const ServeConfiguration *configuration, const ServeFigures *figures, GError **error);
/* Those of `configuration`. NULL with `error`. (transfer full) */
ServeAlarms *serve_alarms_new (const ServeConfiguration *configuration, const ServeFigures *figures,
    GenCounters *counters, GError **error);
/* What has begun ends, untold. */
void serve_alarms_free (ServeAlarms *alarms);
/* Look at the figures at `now` (microseconds). TRUE: one has begun that ends the server. */
gboolean serve_alarms_check (ServeAlarms *alarms, gint64 now);
/* [{"alert":…,"when":…,"active":…,"times":…},…] (transfer full) */
JsonArray *serve_alarms_describe (const ServeAlarms *alarms);
