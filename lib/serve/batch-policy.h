/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "run-times.h"

G_BEGIN_DECLS

/**
 * GenBatchPolicy: which frames of which sessions are made in one run, and when. It knows no clock,
 * no thread and no model: requests and times go in, decisions come out, so that a server, an
 * element and a simulation ask the very same one. Times are microseconds of any clock.
 *
 * Rules:
 *   - A run has one of the sizes for which there are plans; where fewer frames wait, the rest of
 *     it is padding, which is counted. Sizes are chosen for all that waits to be done soonest.
 *   - A frame waits for others at most as long as it says (`patience`), and only where a run of
 *     several is worth it, there is room, and a session is about to come: one alone never waits.
 *     When the run before it takes longer, it waits for that.
 *   - Sessions take turns (deficit round robin, Shreedhar and Varghese 1996): each may have one
 *     frame of cost 1 made until all others that wait have had theirs. Requests of different kinds
 *     share no run; the kind of the session whose turn it is goes first.
 *   - A run is made smaller where a frame that can still be in time would else be late, and those
 *     that are urgent go before their turn, once: then it is that of the session passed over.
 *   - A frame that cannot be in time any more is made, and is said to be late: whoever asked knows
 *     what it is still good for.
 *
 * Nothing is allocated but where sessions are added.
 */
typedef struct _GenBatchPolicy GenBatchPolicy;

#define GEN_BATCH_MAX GEN_RUN_TIMES_MAX
#define GEN_BATCH_MAX_COST 64
/* Of a request that may come at any time. */
#define GEN_BATCH_NO_DEADLINE G_MAXINT64
/* Nothing waits. */
#define GEN_BATCH_NEVER G_MAXINT64

typedef struct {
  guint session;   /* whose it is */
  guint64 kind;    /* those of one kind can share a run */
  gint64 arrival;  /* when it came */
  gint64 patience; /* how long it waits for others, at most */
  gint64 deadline; /* when it is to be made, or GEN_BATCH_NO_DEADLINE */
  guint cost;      /* what it counts in its session's turn, [1, GEN_BATCH_MAX_COST] */
  gpointer data;   /* the caller's */
} GenBatchRequest;

typedef struct {
  GenBatchRequest request;
  gboolean late; /* it is not going to be in time */
} GenBatchMember;

typedef struct {
  guint n;    /* frames to run now, which wait no more; 0: none */
  guint size; /* by the plan of that size */
  GenBatchMember members[GEN_BATCH_MAX];
  gint64 until; /* when n is 0: ask again then at the latest, or when another has come */
} GenBatchDecision;

typedef struct {
  guint64 runs, frames; /* that were decided */
  guint64 padding;      /* places in runs that had no frame */
  guint64 late;         /* frames that were said to be late */
  guint64 refused;      /* requests of sessions that had as many waiting as they may */
} GenBatchFigures;

/* Of each session at most `queue` requests wait, [1, 64]. (transfer full) */
GEN_PRIVATE_API GenBatchPolicy *gen_batch_policy_new (guint queue);
GEN_PRIVATE_API void gen_batch_policy_free (GenBatchPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenBatchPolicy, gen_batch_policy_free)

/* There is a plan of `size` frames, [1, GEN_BATCH_MAX], or there is none any more. Without any,
 * nothing is run. */
GEN_PRIVATE_API void gen_batch_policy_allow (
    GenBatchPolicy *policy, guint size, gboolean is_allowed);
/* A session has come, whose number is returned; one that has gone takes its requests along. */
GEN_PRIVATE_API guint gen_batch_policy_add (GenBatchPolicy *policy);
GEN_PRIVATE_API void gen_batch_policy_remove (GenBatchPolicy *policy, guint session);

/* FALSE where the session has as many waiting as it may: its own frame is lost, nobody else's. */
GEN_PRIVATE_API gboolean gen_batch_policy_submit (
    GenBatchPolicy *policy, const GenBatchRequest *request);
/* Take back the request of `session` with these `data`. FALSE where it does not wait. */
GEN_PRIVATE_API gboolean gen_batch_policy_withdraw (
    GenBatchPolicy *policy, guint session, gconstpointer data);
/* What is to be done at `now`, of one who is ready for a run. */
GEN_PRIVATE_API void gen_batch_policy_decide (
    GenBatchPolicy *policy, gint64 now, GenBatchDecision *decision);
/* A run of `size` took so long. */
GEN_PRIVATE_API void gen_batch_policy_note (
    GenBatchPolicy *policy, guint size, double microseconds);

GEN_PRIVATE_API guint gen_batch_policy_waiting (const GenBatchPolicy *policy);
/* Of these, how many wait longer than they want at `now`: a sign of too little time, which waiting
 * for company is not. */
GEN_PRIVATE_API guint gen_batch_policy_overdue (const GenBatchPolicy *policy, gint64 now);
/* Of the session whose turn it is, the request that waits first; NULL where none does. */
GEN_PRIVATE_API const GenBatchRequest *gen_batch_policy_next (const GenBatchPolicy *policy);
GEN_PRIVATE_API const GenRunTimes *gen_batch_policy_times (const GenBatchPolicy *policy);
GEN_PRIVATE_API GenBatchFigures gen_batch_policy_figures (const GenBatchPolicy *policy);

G_END_DECLS
