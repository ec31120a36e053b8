/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each second a sample is taken of all counters, in one walk. Figures are what two samples differ
 * by, or what the last one has. */
#include "figures.h"

#include <generative/metric.h>
#include <math.h>
#include <string.h>

#include "families.h"

/* Seconds that rates and quantiles are over. */
#define WINDOW 10

typedef struct {
  gint64 time; /* microseconds; 0: it is none */
  double requests, failed, refused;
  double frames, dropped, errors, processor;
  double sessions, sessions_most, connections, waiting, queued, memory, device_memory;
  GenCounterClasses latency;
} Sample;

struct _ServeFigures {
  GenCounters *counters;
  Sample samples[WINDOW + 1];
  guint next;     /* place of the next one */
  GArray *fields; /* GenField */
  double *values;
  guint *measured; /* of figures of quality: how many elements measure it */
};

/* --- samples --- */

typedef struct {
  Sample *sample;
  ServeFigures *figures;
} Walk;

static void
add_requests (Walk *walk, const char *const *values, double value)
{
  const int status = atoi (values[2]);

  walk->sample->requests += value;
  walk->sample->failed += status >= 500 && status != 503 ? value : 0;
  walk->sample->refused += status == 429 || status == 503 ? value : 0;
}

/* Of all stages, what generators make, since a frame goes on through many. */
static void
add_frames (Walk *walk, const char *const *values, double value)
{
  walk->sample->frames += strcmp (values[1], "generator") == 0 ? value : 0;
}

#define ADD(name, field)                                                                           \
  static void name (Walk *walk, const char *const *values, double value)                           \
  {                                                                                                \
    walk->sample->field += value;                                                                  \
  }
ADD (add_dropped, dropped)
ADD (add_errors, errors)
ADD (add_processor, processor)
ADD (add_sessions, sessions)
ADD (add_sessions_most, sessions_most)
ADD (add_connections, connections)
ADD (add_waiting, waiting)
ADD (add_queued, queued)
ADD (add_memory, memory)

/* Of a device that is lost nothing is known. */
static void
add_device_memory (Walk *walk, const char *const *values, double value)
{
  walk->sample->device_memory += isnan (value) ? 0 : value;
}

/* A mean of what elements say, each as much as the other. */
static void
add_quality (Walk *walk, const char *const *values, double value)
{
  ServeFigures *figures = walk->figures;

  for (guint i = 0; i < figures->fields->len && !isnan (value); i++) {
    const char *name = g_array_index (figures->fields, GenField, i).name;

    if (!g_str_has_prefix (name, "quality-") || strcmp (name + strlen ("quality-"), values[2]) != 0)
      continue;
    figures->values[i] = figures->measured[i] == 0 ? value : figures->values[i] + value;
    figures->measured[i]++;
    return;
  }
}

static const struct {
  const char *family;
  void (*add) (Walk *walk, const char *const *values, double value);
} sources[] = {
  { "generative_serve_requests_total", add_requests },
  { "generative_stage_frames_total", add_frames },
  { "generative_stage_dropped_total", add_dropped },
  { "generative_serve_dropped_total", add_dropped },
  { "generative_errors_total", add_errors },
  { "process_cpu_seconds_total", add_processor },
  { "generative_serve_sessions", add_sessions },
  { "generative_serve_sessions_limit", add_sessions_most },
  { "generative_serve_connections", add_connections },
  { "generative_serve_requests_waiting", add_waiting },
  { "generative_queue_buffers", add_queued },
  { "process_resident_memory_bytes", add_memory },
  { "generative_device_memory_used_bytes", add_device_memory },
  { "generative_quality", add_quality },
};

/* GenCountersFunc */
static void
take_counter (const GenCounterFamily *family, const char *const *values, const GenCounter *counter,
    gpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    if (strcmp (sources[i].family, family->name) == 0) {
      sources[i].add (data, values, gen_counter_get (counter));
      return;
    }
}

static void
take_sample (ServeFigures *figures, Sample *sample, gint64 now)
{
  Walk walk = { sample, figures };

  *sample = (Sample){ .time = now };
  gen_counters_foreach (figures->counters, take_counter, &walk);
  gen_counters_classes (figures->counters, serve_count_request_seconds.name, &sample->latency);
}

/* --- the figures --- */

static double
rate (double before, double now, double seconds)
{
  return seconds > 0 ? (now - before) / seconds : (double)NAN;
}

static double
share (double part, double whole)
{
  return whole > 0 ? part / whole : (double)NAN;
}

/* What they measure: `now` is the last sample, `before` the first one of the window. */
#define FIGURE(name, expression)                                                                   \
  static double name (const Sample *before, const Sample *now, double seconds)                     \
  {                                                                                                \
    return expression;                                                                             \
  }
FIGURE (measure_sessions, now->sessions)
FIGURE (measure_sessions_share, share (now->sessions, now->sessions_most))
FIGURE (measure_connections, now->connections)
FIGURE (measure_requests, rate (before->requests, now->requests, seconds))
FIGURE (measure_failed, share (now->failed - before->failed, now->requests - before->requests))
FIGURE (measure_refused, share (now->refused - before->refused, now->requests - before->requests))
FIGURE (measure_frames, rate (before->frames, now->frames, seconds))
FIGURE (measure_dropped, rate (before->dropped, now->dropped, seconds))
FIGURE (measure_dropped_share, share (now->dropped - before->dropped,
                                   now->frames - before->frames + now->dropped - before->dropped))
FIGURE (measure_errors, now->errors - before->errors)
FIGURE (measure_waiting, now->waiting)
FIGURE (measure_queued, now->queued)
FIGURE (measure_memory, now->memory / 1e6)
FIGURE (measure_device_memory, now->device_memory / 1e6)
FIGURE (measure_processor, rate (before->processor, now->processor, seconds))

static double
measure_latency (const Sample *before, const Sample *now, double part)
{
  GenCounterClasses classes = now->latency;

  gen_counter_classes_subtract (&classes, &before->latency);
  return gen_counter_classes_quantile (&classes, part);
}
FIGURE (measure_latency_50, measure_latency (before, now, 0.5))
FIGURE (measure_latency_95, measure_latency (before, now, 0.95))
FIGURE (measure_latency_99, measure_latency (before, now, 0.99))

static const struct {
  const char *name, *blurb;
  double (*measure) (const Sample *before, const Sample *now, double seconds);
} list[] = {
  { "sessions", "sessions that play", measure_sessions },
  { "sessions-share", "the share of limits.sessions that plays (0 to 1)", measure_sessions_share },
  { "connections", "connections of HTTP", measure_connections },
  { "requests", "requests a second", measure_requests },
  { "failed-share", "the share of requests that the server failed at (0 to 1)", measure_failed },
  { "refused-share", "the share of requests that were refused for being too many (0 to 1)",
      measure_refused },
  { "latency-50", "seconds within which half of the answers came", measure_latency_50 },
  { "latency-95", "seconds within which 95% of the answers came", measure_latency_95 },
  { "latency-99", "seconds within which 99% of the answers came", measure_latency_99 },
  { "frames", "frames a second that generators make", measure_frames },
  { "dropped", "frames a second that are dropped, anywhere", measure_dropped },
  { "dropped-share", "the share of frames that are dropped (0 to 1)", measure_dropped_share },
  { "errors", "errors of pipelines in the last ten seconds", measure_errors },
  { "waiting", "requests that wait for being generated", measure_waiting },
  { "queued", "buffers that wait in queues", measure_queued },
  { "memory", "memory of the process, in megabytes", measure_memory },
  { "device-memory", "memory that is used of graphics processors, in megabytes",
      measure_device_memory },
  { "processor", "processor cores that the process is busy on", measure_processor },
};

static void
add_fields (ServeFigures *figures)
{
  const GenMetric *const *metrics = gen_metric_list ();

  for (guint i = 0; i < G_N_ELEMENTS (list); i++)
    g_array_append_val (figures->fields, ((GenField){ .name = list[i].name }));
  for (guint i = 0; metrics[i] != NULL; i++)
    for (int k = 0; k < metrics[i]->n_fields; k++) {
      g_autofree char *name = g_strconcat ("quality-", metrics[i]->fields[k].name, NULL);
      const GenField field = { .name = g_intern_string (name) };

      if (metrics[i]->fields[k].type != GEN_FIELD_TEXT)
        g_array_append_val (figures->fields, field);
    }
}

ServeFigures *
serve_figures_new (GenCounters *counters)
{
  ServeFigures *figures = g_new0 (ServeFigures, 1);

  figures->counters = gen_counters_ref (counters);
  figures->fields = g_array_new (FALSE, FALSE, sizeof (GenField));
  add_fields (figures);
  figures->values = g_new (double, figures->fields->len);
  figures->measured = g_new0 (guint, figures->fields->len);
  for (guint i = 0; i < figures->fields->len; i++)
    figures->values[i] = NAN;
  return figures;
}

void
serve_figures_free (ServeFigures *figures)
{
  gen_counters_unref (figures->counters);
  g_array_unref (figures->fields);
  g_free (figures->values);
  g_free (figures->measured);
  g_free (figures);
}

/* The first one that the window has, or the last one. */
static const Sample *
first_sample (const ServeFigures *figures, guint last)
{
  for (guint i = 1; i <= WINDOW; i++) {
    const Sample *sample = &figures->samples[(last + i) % (WINDOW + 1)];

    if (sample->time != 0)
      return sample;
  }
  return &figures->samples[last];
}

void
serve_figures_look (ServeFigures *figures, gint64 now)
{
  const guint place = figures->next;
  Sample *sample = &figures->samples[place];
  const Sample *before;

  for (guint i = 0; i < figures->fields->len; i++) {
    figures->values[i] = NAN;
    figures->measured[i] = 0;
  }
  take_sample (figures, sample, now);
  before = first_sample (figures, place);
  for (guint i = 0; i < G_N_ELEMENTS (list); i++)
    figures->values[i] =
        list[i].measure (before, sample, (double)(now - before->time) / G_USEC_PER_SEC);
  for (guint i = G_N_ELEMENTS (list); i < figures->fields->len; i++)
    if (figures->measured[i] > 1)
      figures->values[i] /= figures->measured[i];
  figures->next = (place + 1) % (WINDOW + 1);
}

const GenField *
serve_figures_fields (const ServeFigures *figures, guint *n)
{
  *n = figures->fields->len;
  return (const GenField *)(gpointer)figures->fields->data;
}

const double *
serve_figures_values (const ServeFigures *figures)
{
  return figures->values;
}

const char *
serve_figures_blurb (guint i)
{
  return i < G_N_ELEMENTS (list) ? list[i].blurb : NULL;
}
