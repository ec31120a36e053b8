/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of a service: what was counted, what is so at the moment, and how long things took, by
 * names and labels, as Prometheus has them. Whoever counts takes a counter once, which may take a
 * lock and memory, and adds to it as often as it likes from any thread, which takes neither:
 *
 *   static const GenCounterFamily requests = { "generative_requests_total", "Requests answered",
 *     GEN_COUNTER_TOTAL, { "route", "status" } };
 *   GenCounter *counter = gen_counters_take (counters, &requests,
 *       (const char *[]){ "/v1/models", "200" });
 *
 *   gen_counter_add (counter, 1);
 *
 * A name is of base units (seconds, bytes) and says so; that of a total ends in _total. The values
 * of a label are few: a route and not an address, a mount and not a session. */
#pragma once

#include <glib.h>

#include "../private-api.h"

#define GEN_COUNTER_MOST_LABELS 4
#define GEN_COUNTER_MOST_BOUNDS 24

typedef enum {
  GEN_COUNTER_TOTAL,         /* only grows: gen_counter_add */
  GEN_COUNTER_TOTAL_SECONDS, /* the same, of nanoseconds that are told as seconds */
  GEN_COUNTER_GAUGE,         /* goes up and down: gen_counter_set, gen_counter_change */
  GEN_COUNTER_HISTOGRAM,     /* how many were how large: gen_counter_observe */
} GenCounterType;

typedef struct {
  const char *name; /* as it is told */
  const char *help; /* a sentence, without its full stop */
  GenCounterType type;
  const char *labels[GEN_COUNTER_MOST_LABELS + 1]; /* names, up to a NULL */
  double
      bounds[GEN_COUNTER_MOST_BOUNDS]; /* of a histogram: the upper ends of its classes, ascending
                                        * and positive, up to a 0; beyond the last comes +Inf */
} GenCounterFamily;

/* Classes for times of frames and requests, in seconds: within each a figure is known to a factor
 * of about two. */
#define GEN_COUNTER_SECONDS                                                                        \
  {                                                                                                \
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.25, \
        2.5, 5, 10, 30                                                                             \
  }

typedef struct _GenCounters GenCounters;
typedef struct _GenCounter GenCounter;

GEN_PRIVATE_API GenCounters *gen_counters_new (void);
GEN_PRIVATE_API GenCounters *gen_counters_ref (GenCounters *counters);
/* Where it was the last one that anybody has of them, nobody may count any more. */
GEN_PRIVATE_API void gen_counters_unref (GenCounters *counters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenCounters, gen_counters_unref)

/* The counter of a family with these values of its labels, one each, which is made where it is not
 * there yet, at 0. The family is a constant; those of one name are the same. Whoever takes one may
 * release it: what nobody has any more is no longer told. */
GEN_PRIVATE_API GenCounter *gen_counters_take (
    GenCounters *counters, const GenCounterFamily *family, const char *const *values);
GEN_PRIVATE_API void gen_counters_release (GenCounters *counters, GenCounter *counter);

/* From any thread; neither locks nor allocates. */
GEN_PRIVATE_API void gen_counter_add (GenCounter *total, guint64 n);
GEN_PRIVATE_API void gen_counter_set (GenCounter *gauge, double value);
GEN_PRIVATE_API void gen_counter_change (GenCounter *gauge, double difference);
GEN_PRIVATE_API void gen_counter_observe (GenCounter *histogram, double value);

/* A total (in seconds, where it is told so), a gauge, or how many a histogram has observed. */
GEN_PRIVATE_API double gen_counter_get (const GenCounter *counter);

/* What all counters of a family have together: its total, the sum of its gauges, or how many its
 * histograms have observed; 0 where there is none. */
GEN_PRIVATE_API double gen_counters_sum (GenCounters *counters, const char *name);

/* What all histograms of a family have together. `observed` has a number for each class, the last
 * one that of +Inf. */
typedef struct {
  const GenCounterFamily *family; /* NULL: there is none */
  guint n;                        /* of classes */
  guint64 observed[GEN_COUNTER_MOST_BOUNDS + 1];
  double sum;
} GenCounterClasses;

GEN_PRIVATE_API void gen_counters_classes (
    GenCounters *counters, const char *name, GenCounterClasses *classes);
/* What came in since `earlier`, of the same family. */
GEN_PRIVATE_API void gen_counter_classes_subtract (
    GenCounterClasses *classes, const GenCounterClasses *earlier);
/* Below which a share of what was observed lies, by a straight line within a class, as
 * histogram_quantile() of Prometheus has it; NaN where nothing was observed. */
GEN_PRIVATE_API double gen_counter_classes_quantile (
    const GenCounterClasses *classes, double share);

typedef void (*GenCountersFunc) (const GenCounterFamily *family, const char *const *values,
    const GenCounter *counter, gpointer data);

/* Each counter, families in the order in which they were first taken. `func` takes or releases
 * none. */
GEN_PRIVATE_API void gen_counters_foreach (
    GenCounters *counters, GenCountersFunc func, gpointer data);
/* All of them in Prometheus' text format, version 0.0.4. */
GEN_PRIVATE_API void gen_counters_append_text (GenCounters *counters, GString *text);
