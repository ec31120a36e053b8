/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run: how many frames it has, and whose. */
#include "batch-policy-private.h"

gint64
gen_batch_most_of (const GenBatchPolicy *policy, guint size)
{
  return (gint64)gen_run_times_most (&policy->times, size);
}

/* --- how many --- */

/* The size of the first run of those in which `n` frames are made soonest, with no run larger than
 * `limit`. */
static guint
choose_size (const GenBatchPolicy *policy, guint n, guint limit)
{
  double best[GEN_BATCH_MAX + 1] = { 0 };
  guint chosen = 0;

  for (guint m = 1; m <= n; m++) {
    best[m] = G_MAXDOUBLE;
    for (guint s = limit; s >= 1; s--) {
      const double time = policy->allowed[s]
                              ? gen_run_times_mean (&policy->times, s) + best[m - MIN (m, s)]
                              : G_MAXDOUBLE;

      if (time < best[m]) {
        best[m] = time;
        chosen = s;
      }
    }
  }
  return chosen;
}

/* How many requests of `kind` could be in a run, at most `limit`. */
static guint
count_kind (const GenBatchPolicy *policy, guint64 kind, guint limit)
{
  guint count = 0;

  for (guint i = 0; i < policy->n_row && count < limit; i++) {
    const guint session = policy->row[i];

    for (guint k = 0; k < policy->sessions[session].n && count < limit; k++) {
      if (gen_batch_request_of (policy, session, k)->kind != kind)
        break;
      count++;
    }
  }
  return count;
}

/* Whether it is in time in a run of `size` that begins now. */
static gboolean
is_in_time (const GenBatchPolicy *policy, const GenBatchRequest *request, gint64 now, guint size)
{
  return request->deadline == GEN_BATCH_NO_DEADLINE ||
         now + gen_batch_most_of (policy, size) <= request->deadline;
}

static guint
next_smaller (const GenBatchPolicy *policy, guint size)
{
  for (guint s = size - 1; s >= 1; s--)
    if (policy->allowed[s])
      return s;
  return size;
}

/* The largest run up to `size` in which none of `kind` is late that need not be. */
static guint
spare_urgent (const GenBatchPolicy *policy, guint64 kind, gint64 now, guint size)
{
  guint least = 1;

  while (least < size && !policy->allowed[least])
    least++;
  for (guint i = 0; i < policy->n_row; i++) {
    const GenBatchRequest *request = gen_batch_request_of (policy, policy->row[i], 0);

    if (request->kind != kind || !is_in_time (policy, request, now, least))
      continue;
    while (size > least && !is_in_time (policy, request, now, size))
      size = next_smaller (policy, size);
  }
  return size;
}

/* --- who --- */

static void
take (GenBatchPolicy *policy, guint session, gint64 now, GenBatchDecision *decision)
{
  GenBatchMember *member = &decision->members[decision->n++];
  GenBatchSession *of = &policy->sessions[session];

  member->request = *gen_batch_request_of (policy, session, 0);
  member->late = !is_in_time (policy, &member->request, now, decision->size);
  policy->figures.late += member->late;
  of->first = (of->first + 1) % policy->queue;
  of->n--;
  policy->n_waiting--;
}

/* Those that would be late after this run, and are in time in it, before their turn. */
static void
take_urgent (GenBatchPolicy *policy, guint64 kind, gint64 now, GenBatchDecision *decision)
{
  const gint64 next = now + gen_batch_most_of (policy, decision->size);
  guint place = 0;

  for (guint left = policy->n_row; left > 0 && decision->n < decision->size; left--) {
    const guint session = policy->row[place];
    const GenBatchRequest *request = gen_batch_request_of (policy, session, 0);

    if (request->kind != kind || !is_in_time (policy, request, now, decision->size) ||
        is_in_time (policy, request, next, decision->size)) {
      place++;
      continue;
    }
    take (policy, session, now, decision);
    gen_batch_end_turn (policy, place);
  }
}

/* What session may have in its turn, as long as there is room. Whether its turn is over. */
static gboolean
have_turn (
    GenBatchPolicy *policy, guint session, guint64 kind, gint64 now, GenBatchDecision *decision)
{
  GenBatchSession *of = &policy->sessions[session];

  if (!of->in_turn)
    of->deficit++;
  of->in_turn = TRUE;
  while (of->n > 0 && decision->n < decision->size) {
    const GenBatchRequest *request = gen_batch_request_of (policy, session, 0);

    if (request->kind != kind)
      return FALSE;
    if (request->cost > of->deficit)
      return TRUE;
    of->deficit -= request->cost;
    take (policy, session, now, decision);
  }
  return of->n == 0 || of->deficit == 0;
}

/* Turns, until the run is full or nobody has any of `kind`. */
static void
take_turns (GenBatchPolicy *policy, guint64 kind, gint64 now, GenBatchDecision *decision)
{
  guint left = policy->n_row, place = 0;

  while (decision->n < decision->size && policy->n_row > 0) {
    const guint session = policy->row[place];

    if (gen_batch_request_of (policy, session, 0)->kind != kind)
      place++;
    else if (have_turn (policy, session, kind, now, decision))
      gen_batch_end_turn (policy, place);
    else
      place++;
    /* Once through the row, and those that have more begin again. */
    if (--left > 0 && place < policy->n_row)
      continue;
    if (count_kind (policy, kind, 1) == 0)
      return;
    left = policy->n_row;
    place = 0;
  }
}

void
gen_batch_run_now (GenBatchPolicy *policy, gint64 now, GenBatchDecision *decision)
{
  const guint first = policy->row[0];
  GenBatchSession *turn = &policy->sessions[first];
  const guint64 kind = gen_batch_request_of (policy, first, 0)->kind;
  const guint n = count_kind (policy, kind, policy->largest);
  const guint size = choose_size (policy, n, policy->largest);

  decision->size = spare_urgent (policy, kind, now, size);
  if (decision->size < n && !turn->passed) {
    take_urgent (policy, kind, now, decision);
    turn->passed = policy->n_row > 0 && policy->row[0] == first && decision->n == decision->size;
  }
  take_turns (policy, kind, now, decision);
  policy->figures.runs++;
  policy->figures.frames += decision->n;
  policy->figures.padding += decision->size - decision->n;
}
