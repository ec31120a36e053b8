/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions that wait stand in a row, and the first one's turn it is. Whoever has had its turn goes
 * to the end of the row, so that nobody waits for more than one turn of each other one. */
#include "batch-policy-private.h"

#include <string.h>

/* A run of two has to save that much of two runs for anybody to wait for it. */
#define LEAST_SAVING 0.05
/* How much of a new interval between its requests goes into what is expected of a session. */
#define SHARE 0.25

/* --- sessions --- */

GenBatchPolicy *
gen_batch_policy_new (guint queue)
{
  GenBatchPolicy *policy = g_new0 (GenBatchPolicy, 1);

  policy->queue = CLAMP (queue, 1, 64);
  return policy;
}

void
gen_batch_policy_free (GenBatchPolicy *policy)
{
  if (policy == NULL)
    return;
  g_free (policy->sessions);
  g_free (policy->requests);
  g_free (policy->row);
  g_free (policy);
}

void
gen_batch_policy_allow (GenBatchPolicy *policy, guint size, gboolean is_allowed)
{
  g_return_if_fail (size >= 1 && size <= GEN_BATCH_MAX);
  policy->allowed[size] = is_allowed;
  policy->largest = GEN_BATCH_MAX;
  while (policy->largest > 0 && !policy->allowed[policy->largest])
    policy->largest--;
}

static void
grow (GenBatchPolicy *policy)
{
  const guint before = policy->n_sessions, n = MAX (2 * before, 8);

  policy->sessions = g_renew (GenBatchSession, policy->sessions, n);
  memset (policy->sessions + before, 0, (n - before) * sizeof *policy->sessions);
  policy->requests = g_renew (GenBatchRequest, policy->requests, (gsize)n * policy->queue);
  policy->row = g_renew (guint, policy->row, n);
  policy->n_sessions = n;
}

guint
gen_batch_policy_add (GenBatchPolicy *policy)
{
  guint i = 0;

  while (i < policy->n_sessions && policy->sessions[i].is_there)
    i++;
  if (i == policy->n_sessions)
    grow (policy);
  policy->sessions[i] = (GenBatchSession){ .is_there = TRUE };
  return i;
}

GenBatchRequest *
gen_batch_request_of (const GenBatchPolicy *policy, guint session, guint i)
{
  const GenBatchSession *of = &policy->sessions[session];

  return &policy->requests[(gsize)session * policy->queue + (of->first + i) % policy->queue];
}

/* --- the row --- */

static void
leave_row (GenBatchPolicy *policy, guint place)
{
  policy->n_row--;
  memmove (
      policy->row + place, policy->row + place + 1, (policy->n_row - place) * sizeof *policy->row);
}

static guint
find_place (const GenBatchPolicy *policy, guint session)
{
  guint place = 0;

  while (policy->row[place] != session)
    place++;
  return place;
}

void
gen_batch_end_turn (GenBatchPolicy *policy, guint place)
{
  const guint session = policy->row[place];
  GenBatchSession *of = &policy->sessions[session];

  leave_row (policy, place);
  of->in_turn = of->passed = FALSE;
  if (of->n > 0)
    policy->row[policy->n_row++] = session;
  else
    of->deficit = 0;
}

static void
drop_request (GenBatchPolicy *policy, guint session, guint i)
{
  GenBatchSession *of = &policy->sessions[session];

  for (; i + 1 < of->n; i++)
    *gen_batch_request_of (policy, session, i) = *gen_batch_request_of (policy, session, i + 1);
  of->n--;
  policy->n_waiting--;
}

void
gen_batch_policy_remove (GenBatchPolicy *policy, guint session)
{
  GenBatchSession *of = &policy->sessions[session];

  if (of->n > 0) {
    policy->n_waiting -= of->n;
    leave_row (policy, find_place (policy, session));
  }
  *of = (GenBatchSession){ 0 };
}

/* --- requests --- */

static void
expect (GenBatchSession *of, gint64 arrival)
{
  const double since = (double)(arrival - of->last);

  if (of->last > 0 && since >= 0)
    of->interval = of->interval > 0
                       ? of->interval + SHARE * (MIN (since, 4 * of->interval) - of->interval)
                       : since;
  of->last = arrival;
}

gboolean
gen_batch_policy_submit (GenBatchPolicy *policy, const GenBatchRequest *request)
{
  GenBatchSession *of = &policy->sessions[request->session];

  expect (of, request->arrival);
  if (of->n == policy->queue) {
    policy->figures.refused++;
    return FALSE;
  }
  *gen_batch_request_of (policy, request->session, of->n) = *request;
  if (of->n++ == 0)
    policy->row[policy->n_row++] = request->session;
  policy->n_waiting++;
  return TRUE;
}

gboolean
gen_batch_policy_withdraw (GenBatchPolicy *policy, guint session, gconstpointer data)
{
  GenBatchSession *of = &policy->sessions[session];

  for (guint i = 0; i < of->n; i++)
    if (gen_batch_request_of (policy, session, i)->data == data) {
      drop_request (policy, session, i);
      if (of->n == 0)
        gen_batch_end_turn (policy, find_place (policy, session));
      return TRUE;
    }
  return FALSE;
}

/* --- when --- */

/* When the request is to start at the latest, if it is to wait no longer than it wants. */
static gint64
latest_start (const GenBatchPolicy *policy, const GenBatchRequest *request)
{
  const gint64 patient = request->arrival + request->patience;

  if (request->deadline == GEN_BATCH_NO_DEADLINE)
    return patient;
  return MIN (patient, request->deadline - gen_batch_most_of (policy, policy->largest));
}

/* Until when a session that has nothing waiting may still come, if it is one that comes by
 * `until`; 0 where it is not. */
static gint64
may_come (const GenBatchSession *of, gint64 until, gint64 patience)
{
  const gint64 expected = of->last + (gint64)of->interval;

  if (!of->is_there || of->n > 0 || of->interval <= 0 || expected > until)
    return 0;
  return expected + MAX ((gint64)(of->interval / 2), patience);
}

/* Whether it is worth while for one to wait for another. */
static gboolean
saves (const GenBatchPolicy *policy)
{
  const double one = gen_run_times_mean (&policy->times, 1);

  return policy->largest > 1 &&
         2 * one - gen_run_times_mean (&policy->times, 2) >= LEAST_SAVING * 2 * one;
}

/* Until when it pays to wait, of what waits at `now`; `now` or before: not any longer. */
static gint64
wait_until (const GenBatchPolicy *policy, gint64 now)
{
  gint64 until = GEN_BATCH_NEVER, come = 0, patience = 0;

  if (policy->n_waiting >= policy->largest || !saves (policy))
    return now;
  for (guint i = 0; i < policy->n_row; i++) {
    const GenBatchRequest *request = gen_batch_request_of (policy, policy->row[i], 0);

    until = MIN (until, latest_start (policy, request));
    patience = MAX (patience, request->patience);
  }
  for (guint i = 0; i < policy->n_sessions; i++)
    come = MAX (come, may_come (&policy->sessions[i], until, patience));
  return MIN (until, come);
}

/* --- decisions --- */

void
gen_batch_policy_decide (GenBatchPolicy *policy, gint64 now, GenBatchDecision *decision)
{
  decision->n = decision->size = 0;
  decision->until = GEN_BATCH_NEVER;
  if (policy->n_waiting == 0 || policy->largest == 0)
    return;
  decision->until = wait_until (policy, now);
  if (decision->until <= now)
    gen_batch_run_now (policy, now, decision);
}

void
gen_batch_policy_note (GenBatchPolicy *policy, guint size, double microseconds)
{
  gen_run_times_note (&policy->times, size, microseconds);
}

/* --- figures --- */

guint
gen_batch_policy_waiting (const GenBatchPolicy *policy)
{
  return policy->n_waiting;
}

guint
gen_batch_policy_overdue (const GenBatchPolicy *policy, gint64 now)
{
  guint overdue = 0;

  for (guint i = 0; i < policy->n_row; i++) {
    const guint session = policy->row[i];

    for (guint k = 0; k < policy->sessions[session].n; k++) {
      const GenBatchRequest *request = gen_batch_request_of (policy, session, k);

      overdue += request->arrival + request->patience < now;
    }
  }
  return overdue;
}

const GenBatchRequest *
gen_batch_policy_next (const GenBatchPolicy *policy)
{
  return policy->n_row > 0 ? gen_batch_request_of (policy, policy->row[0], 0) : NULL;
}

const GenRunTimes *
gen_batch_policy_times (const GenBatchPolicy *policy)
{
  return &policy->times;
}

GenBatchFigures
gen_batch_policy_figures (const GenBatchPolicy *policy)
{
  return policy->figures;
}
