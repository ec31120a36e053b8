/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, sentences and labels of what the tracer tells. `element` is the element's name, or empty
 * where the tracer tells by factories alone. Those of the process have the names that all clients
 * of Prometheus give them. */
#include "families.h"

#define STAGE "element", "factory"

const GenCounterFamily gst_trace_frames = { "generative_stage_frames_total",
  "Buffers that an element handed on, or took where it is a sink", GEN_COUNTER_TOTAL, { STAGE } };
const GenCounterFamily gst_trace_bytes = { "generative_stage_bytes_total",
  "Bytes of the buffers that an element handed on, or took where it is a sink", GEN_COUNTER_TOTAL,
  { STAGE } };
const GenCounterFamily gst_trace_seconds = { "generative_stage_seconds",
  "Time from when a buffer came into an element to when what is of the same time left it",
  GEN_COUNTER_HISTOGRAM, { STAGE }, GEN_COUNTER_SECONDS };
const GenCounterFamily gst_trace_dropped = { "generative_stage_dropped_total",
  "Buffers that an element left out, by reason: qos (too late), leaky (a full queue), valve, gate, "
  "rate, flush",
  GEN_COUNTER_TOTAL, { STAGE, "reason" } };
const GenCounterFamily gst_trace_queue_buffers = { "generative_queue_buffers",
  "Buffers that wait in an element", GEN_COUNTER_GAUGE, { STAGE } };
const GenCounterFamily gst_trace_queue_bytes = { "generative_queue_bytes",
  "Bytes that wait in an element", GEN_COUNTER_GAUGE, { STAGE } };
const GenCounterFamily gst_trace_queue_seconds = { "generative_queue_seconds",
  "Time of the stream that waits in an element", GEN_COUNTER_GAUGE, { STAGE } };
const GenCounterFamily gst_trace_errors = { "generative_errors_total",
  "Errors that were posted, by their domain", GEN_COUNTER_TOTAL, { STAGE, "domain" } };
const GenCounterFamily gst_trace_warnings = { "generative_warnings_total",
  "Warnings that were posted, by their domain", GEN_COUNTER_TOTAL, { STAGE, "domain" } };
const GenCounterFamily gst_trace_quality = { "generative_quality",
  "Mean of a figure that an element measured, over the tracer's window", GEN_COUNTER_GAUGE,
  { STAGE, "figure" } };
const GenCounterFamily gst_trace_training = { "generative_training", "Last figure of a training",
  GEN_COUNTER_GAUGE, { STAGE, "figure" } };
const GenCounterFamily gst_trace_gate_closed = { "generative_gate_closed",
  "Whether a gate is closed", GEN_COUNTER_GAUGE, { STAGE } };
const GenCounterFamily gst_trace_alert_active = { "generative_alert_active",
  "Whether the alert has begun and not ended", GEN_COUNTER_GAUGE, { STAGE, "condition" } };
const GenCounterFamily gst_trace_alerts = { "generative_alerts_total",
  "How often the alert has begun", GEN_COUNTER_TOTAL, { STAGE, "condition" } };
const GenCounterFamily gst_trace_model = { "generative_model_info",
  "The file of an element's model, and as its version the beginning of its SHA-256",
  GEN_COUNTER_GAUGE, { STAGE, "model", "version" } };
const GenCounterFamily gst_trace_reloads = { "generative_model_reloads_total",
  "How often a new model took the place of an element's old one", GEN_COUNTER_TOTAL, { STAGE } };
const GenCounterFamily gst_trace_shared_members = { "generative_shared_members",
  "Generators that make frames in common runs", GEN_COUNTER_GAUGE, { STAGE } };
const GenCounterFamily gst_trace_shared_frames = { "generative_shared_run_frames",
  "Frames in a common run, a mean since the last look", GEN_COUNTER_GAUGE, { STAGE } };
const GenCounterFamily gst_trace_memory = { "process_resident_memory_bytes",
  "Resident memory of the process", GEN_COUNTER_GAUGE };
const GenCounterFamily gst_trace_processor = { "process_cpu_seconds_total",
  "Processor time of the process, user and system", GEN_COUNTER_TOTAL_SECONDS };
