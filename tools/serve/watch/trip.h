/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request from its headers to the end of its answer: counted, named by an id, and logged. */
#pragma once

#include "../http.h"
#include "../../../lib/serve/counters.h"
#include "spans.h"

/* Follow it. `route` may be NULL, `spans` too: then nobody collects traces. With `logs` it gets a
 * line in the log; one that the server fails at gets it in any case. */
void serve_trip_begin (ServeRequest *request, const ServeRoute *route, GenCounters *counters,
    ServeSpans *spans, gboolean logs);
