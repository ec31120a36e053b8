/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tracer tells, a constant each (families.c). */
#pragma once

#include "../../lib/serve/counters.h"

extern const GenCounterFamily gst_trace_frames;
extern const GenCounterFamily gst_trace_bytes;
extern const GenCounterFamily gst_trace_seconds;
extern const GenCounterFamily gst_trace_dropped;
extern const GenCounterFamily gst_trace_queue_buffers;
extern const GenCounterFamily gst_trace_queue_bytes;
extern const GenCounterFamily gst_trace_queue_seconds;
extern const GenCounterFamily gst_trace_errors;
extern const GenCounterFamily gst_trace_warnings;
extern const GenCounterFamily gst_trace_quality;
extern const GenCounterFamily gst_trace_training;
extern const GenCounterFamily gst_trace_gate_closed;
extern const GenCounterFamily gst_trace_alert_active;
extern const GenCounterFamily gst_trace_alerts;
extern const GenCounterFamily gst_trace_model;
extern const GenCounterFamily gst_trace_reloads;
extern const GenCounterFamily gst_trace_shared_members;
extern const GenCounterFamily gst_trace_shared_frames;
extern const GenCounterFamily gst_trace_memory;
extern const GenCounterFamily gst_trace_processor;
