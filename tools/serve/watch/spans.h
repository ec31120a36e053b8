/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Traces, as OpenTelemetry has them: a request is a span of the trace that its header traceparent
 * (W3C Trace Context) names, or of one of its own, and spans are posted to a collector by OTLP over
 * HTTP, as JSON, in batches. */
#pragma once

#include <glib.h>

typedef struct {
  char trace[33], parent[17], id[17]; /* hexadecimal digits; no parent: "" */
  gint64 began;                       /* microseconds since 1970 */
  gboolean sampled;                   /* whoever asks wants it to be kept */
} ServeSpan;

/* `traceparent` may be anything. */
void serve_span_begin (ServeSpan *span, const char *traceparent);

typedef struct _ServeSpans ServeSpans;

/* Post to `url`, such as http://localhost:4318/v1/traces. (transfer full) */
ServeSpans *serve_spans_new (const char *url);
ServeSpans *serve_spans_ref (ServeSpans *spans);
void serve_spans_unref (ServeSpans *spans);
/* A span of a request ends now. Where the collector is not there, the oldest are left out. */
void serve_spans_add (
    ServeSpans *spans, const ServeSpan *span, const char *method, const char *route, guint status);
/* Post what is there, and wait for nothing. */
void serve_spans_flush (ServeSpans *spans);
