/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families.h"

const GenCounterFamily serve_count_requests = { "generative_serve_requests_total",
  "Requests by HTTP that were answered", GEN_COUNTER_TOTAL, { "route", "method", "status" } };
const GenCounterFamily serve_count_request_seconds = { "generative_serve_request_seconds",
  "Time from a request's headers to the end of its answer, of a stream to its beginning",
  GEN_COUNTER_HISTOGRAM, { "route" }, GEN_COUNTER_SECONDS };
const GenCounterFamily serve_count_response_bytes = { "generative_serve_response_bytes_total",
  "Bytes of bodies that were sent", GEN_COUNTER_TOTAL, { "route" } };
const GenCounterFamily serve_count_requests_active = { "generative_serve_requests_active",
  "Requests that are being answered, streams among them", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_requests_waiting = { "generative_serve_requests_waiting",
  "Requests that wait for being generated", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_connections = { "generative_serve_connections",
  "Connections of HTTP", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_sessions = { "generative_serve_sessions", "Sessions that play",
  GEN_COUNTER_GAUGE, { "mount", "protocol" } };
const GenCounterFamily serve_count_sessions_total = { "generative_serve_sessions_total",
  "Sessions that have begun", GEN_COUNTER_TOTAL, { "mount", "protocol" } };
const GenCounterFamily serve_count_sessions_most = { "generative_serve_sessions_limit",
  "Sessions that may play at once", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_dropped = { "generative_serve_dropped_total",
  "Frames that viewers did not take in time, and did not get", GEN_COUNTER_TOTAL,
  { "mount", "protocol" } };
const GenCounterFamily serve_count_ready = { "generative_serve_ready",
  "Whether the server takes new sessions", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_wanted_replicas = { "generative_serve_wanted_replicas",
  "Replicas of this server that its own load wants", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_load = { "generative_serve_load_replicas",
  "Its load in replicas, as it will be when one that starts now serves: of several, the sum says "
  "how many are wanted",
  GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_shared_waiting = { "generative_serve_shared_waiting",
  "Frames that wait for a run that sessions share", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_shared_overdue = { "generative_serve_shared_overdue",
  "Of these, how many wait for longer than batch.wait-ms", GEN_COUNTER_GAUGE };
const GenCounterFamily serve_count_shared_runs = { "generative_serve_shared_runs_total",
  "Runs that sessions could share", GEN_COUNTER_TOTAL };
const GenCounterFamily serve_count_shared_frames = { "generative_serve_shared_frames_total",
  "Frames that were made in such runs", GEN_COUNTER_TOTAL };
const GenCounterFamily serve_count_shared_padding = { "generative_serve_shared_padding_total",
  "Places in such runs that had no frame", GEN_COUNTER_TOTAL };
const GenCounterFamily serve_count_device_used = { "generative_device_memory_used_bytes",
  "Memory of a graphics processor that is used, by all programs together", GEN_COUNTER_GAUGE,
  { "device", "name" } };
const GenCounterFamily serve_count_device_total = { "generative_device_memory_bytes",
  "Memory that a graphics processor has", GEN_COUNTER_GAUGE, { "device", "name" } };
const GenCounterFamily serve_count_device_busy = { "generative_device_busy_ratio",
  "The share of time that a graphics processor is busy, by all programs together",
  GEN_COUNTER_GAUGE, { "device", "name" } };
const GenCounterFamily serve_count_model = { "generative_serve_model_info",
  "The version of a model that is played", GEN_COUNTER_GAUGE, { "model", "version" } };
const GenCounterFamily serve_count_build = { "generative_serve_build_info",
  "The version of the server", GEN_COUNTER_GAUGE, { "version" } };
const GenCounterFamily serve_count_alert_active = { "generative_serve_alert_active",
  "Whether an alert has begun and not ended", GEN_COUNTER_GAUGE, { "alert" } };
const GenCounterFamily serve_count_alerts = { "generative_serve_alerts_total",
  "How often an alert has begun", GEN_COUNTER_TOTAL, { "alert" } };
const GenCounterFamily serve_count_notices = { "generative_serve_notices_total",
  "Notices of alerts, by way (webhook, command) and outcome (delivered, failed)", GEN_COUNTER_TOTAL,
  { "way", "outcome" } };
const GenCounterFamily serve_count_write_failures = { "generative_serve_write_failures_total",
  "Writes that failed, as on a disk that is full, by file (audit, state)", GEN_COUNTER_TOTAL,
  { "file" } };
const GenCounterFamily serve_count_start = { "process_start_time_seconds",
  "When the process began, in seconds since 1970", GEN_COUNTER_GAUGE };
