/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the server tells besides what the tracer of the plugin does (elements/tracer/families.h), a
 * constant each. */
#pragma once

#include "../../../lib/serve/counters.h"

extern const GenCounterFamily serve_count_requests;
extern const GenCounterFamily serve_count_request_seconds;
extern const GenCounterFamily serve_count_response_bytes;
extern const GenCounterFamily serve_count_requests_active;
extern const GenCounterFamily serve_count_requests_waiting;
extern const GenCounterFamily serve_count_connections;
extern const GenCounterFamily serve_count_sessions;
extern const GenCounterFamily serve_count_sessions_total;
extern const GenCounterFamily serve_count_sessions_most;
extern const GenCounterFamily serve_count_dropped;
extern const GenCounterFamily serve_count_ready;
extern const GenCounterFamily serve_count_wanted_replicas;
extern const GenCounterFamily serve_count_load;
extern const GenCounterFamily serve_count_shared_waiting;
extern const GenCounterFamily serve_count_shared_overdue;
extern const GenCounterFamily serve_count_shared_runs;
extern const GenCounterFamily serve_count_shared_frames;
extern const GenCounterFamily serve_count_shared_padding;
extern const GenCounterFamily serve_count_device_used;
extern const GenCounterFamily serve_count_device_total;
extern const GenCounterFamily serve_count_device_busy;
extern const GenCounterFamily serve_count_model;
extern const GenCounterFamily serve_count_build;
extern const GenCounterFamily serve_count_alert_active;
extern const GenCounterFamily serve_count_alerts;
extern const GenCounterFamily serve_count_notices;
extern const GenCounterFamily serve_count_write_failures;
extern const GenCounterFamily serve_count_start;
