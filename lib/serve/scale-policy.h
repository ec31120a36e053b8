/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

G_BEGIN_DECLS

/**
 * GenScalePolicy: how many replicas of a server are wanted. It knows no clock and starts nothing:
 * what is seen of the service goes in, a number comes out, so that a server exports as a metric
 * what a simulation has tried. Times are microseconds of any clock.
 *
 * Rules:
 *   - Wanted are as many as it takes for each to have `target` of its time used, for each to hold
 *     no more sessions than it can at that, and for queues to be short: the most of the three.
 *   - It takes `start_up` until a replica serves, so that growth within that time is counted in, as
 *     steady as it was in the last minute. Nobody counts on a fall, nor on a leap to be followed by
 *     others.
 *   - More are wanted at once, at most twice as many and `step` more; fewer only when as few have
 *     been enough for `settle`, and what differs by `tolerance` changes nothing.
 *   - Where somebody has been refused one more is wanted, whatever else says.
 */
typedef struct {
  guint least, most; /* replicas */
  double target;     /* of the time of one that is to be used, (0, 1] */
  double sessions;   /* that one can hold at most; 0: not known */
  double queue;      /* frames and requests overdue in one that are no worry, > 0 */
  double tolerance;  /* a part of what there is */
  guint step;        /* more at a time, besides twice as many */
  gint64 start_up;   /* until a replica serves */
  gint64 settle;     /* how long fewer must have been enough */
} GenScaleSettings;

#define GEN_SCALE_DEFAULTS                                                                         \
  (GenScaleSettings)                                                                               \
  {                                                                                                \
    .least = 1, .most = 100, .target = 0.7, .queue = 4, .tolerance = 0.1, .step = 2,               \
    .start_up = 30 * G_USEC_PER_SEC, .settle = 300 * G_USEC_PER_SEC                                \
  }

/* What is seen of the service. */
typedef struct {
  gint64 now;
  guint ready, starting; /* replicas that serve, and that will */
  double utilisation;    /* of those that serve, the part of their time that is used, on average */
  double sessions;       /* of all of them together */
  double queue;          /* frames that are overdue in all of them together: that wait for longer
                            than they would for company (gen_batch_policy_overdue); and requests of
                            which something has not been begun */
  guint refused;         /* sessions and frames since it was last asked */
} GenScaleLook;

enum { GEN_SCALE_BUCKETS = 32, GEN_SCALE_SPANS = 5 };

typedef struct {
  GenScaleSettings settings;
  guint wanted;    /* what was said last, */
  double foreseen; /* and of how much load, in replicas */
  /* Demand, in replicas, at the beginning of the last few spans of time, the latest one first. */
  double demand[GEN_SCALE_SPANS];
  gint64 since[GEN_SCALE_SPANS];
  guint n;
  /* The most that was wanted in each part of `settle` that has gone by. */
  gint64 bucket[GEN_SCALE_BUCKETS]; /* which part of time, */
  guint most[GEN_SCALE_BUCKETS];    /* and the number */
} GenScalePolicy;

GEN_PRIVATE_API void gen_scale_policy_init (
    GenScalePolicy *policy, const GenScaleSettings *settings);
GEN_PRIVATE_API guint gen_scale_policy_want (GenScalePolicy *policy, const GenScaleLook *look);

G_END_DECLS
