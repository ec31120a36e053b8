/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service that is simulated: a core that makes frames, and a day of many of them. The policies
 * are those that serve (lib/serve); what they decide on is made up, of a node's figures that were
 * measured. */
#pragma once

#include <glib.h>

#include "../../lib/serve/scale-policy.h"

/* --- simulate-core.c --- */

#define MOST_FRAMES 64

/* A core, as shared-speed tells it, in microseconds. */
typedef struct {
  double run[MOST_FRAMES + 1]; /* of so many frames; 0: there is no such plan */
  double frame;                /* all else that a frame takes */
  double rate;                 /* frames a second of each session */
} CoreModel;

/* Latencies by their logarithm, from a tenth of a millisecond on, as shares of all frames. */
enum { LATENCIES = 72 };

typedef struct {
  double sessions;
  double utilisation; /* of its time */
  double dropped;     /* of the frames that were due */
  double queue;       /* that are overdue, on average */
  double batch;       /* frames a run */
  double latencies[LATENCIES];
} CoreFigures;

/* What becomes of `sessions` on a core in `seconds`. */
void simulate_core (
    const CoreModel *model, guint sessions, double seconds, guint64 seed, CoreFigures *figures);
/* The milliseconds within which a part `share` of frames is made. */
double find_quantile (const double *latencies, double share);

/* Figures for any number of sessions between those that were simulated. */
typedef struct {
  GArray *figures; /* CoreFigures, by sessions */
  guint capacity;  /* sessions that it holds: nearly all frames, within a frame's time */
} CoreTable;

CoreTable simulate_table (const CoreModel *model, guint64 seed);
void core_table_clear (CoreTable *table);
CoreFigures core_table_look_up (const CoreTable *table, double sessions);

/* --- simulate-day.c --- */

typedef struct {
  double sessions; /* at once, at the busiest time, on average */
  double hours;
  double length;   /* of a session in seconds, on average */
  double tail;     /* Pareto's alpha: the less, the longer are the longest */
  double failures; /* hours between failures of a node, on average; 0: they do not fail */
  guint cores;     /* of a node */
  guint fixed;     /* so many nodes all the time; 0: as the policy wants */
  guint64 seed;
  GenScaleSettings scale;
} DaySettings;

typedef struct {
  guint64 arrived, finished, refused, lost,
      there;     /* sessions; lost: with a node, and nobody took them */
  guint64 moved; /* to another node */
  guint most_sessions, most_nodes;
  double node_hours, frames, dropped;
  double latencies[LATENCIES];
  GArray *hourly; /* Hour */
} DayFigures;

typedef struct {
  double sessions, nodes, wanted, utilisation;
  guint64 refused;
} Hour;

void simulate_day (
    const CoreTable *table, double rate, const DaySettings *settings, DayFigures *figures);
