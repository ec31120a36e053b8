/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "batch-policy.h"

typedef struct {
  gboolean is_there;
  guint deficit; /* what it may still have made in this turn */
  gboolean in_turn;
  gboolean passed; /* others went before it in its turn */
  /* How it has come so far: */
  gint64 last;     /* its last request, */
  double interval; /* and how long after the one before, as a rule; 0: not known */
  guint first, n;  /* its requests: a ring of policy->queue from `first` on */
} GenBatchSession;

struct _GenBatchPolicy {
  guint queue;
  GenBatchSession *sessions;
  GenBatchRequest *requests; /* policy->queue of each session */
  guint *row;                /* sessions that wait, in the order of their turns */
  guint n_sessions, n_row, n_waiting;
  gboolean allowed[GEN_BATCH_MAX + 1];
  guint largest; /* of the allowed */
  GenRunTimes times;
  GenBatchFigures figures;
};

/* --- batch-policy.c --- */

/* Request number `i` of those of `session` that wait. */
GenBatchRequest *gen_batch_request_of (const GenBatchPolicy *policy, guint session, guint i);
/* The turn of the session at `place` of the row is over. */
void gen_batch_end_turn (GenBatchPolicy *policy, guint place);

/* --- batch-run.c --- */

/* How long nearly all runs of `size` take at most, in microseconds. */
gint64 gen_batch_most_of (const GenBatchPolicy *policy, guint size);
/* Decide on a run that begins now; something waits. */
void gen_batch_run_now (GenBatchPolicy *policy, gint64 now, GenBatchDecision *decision);
