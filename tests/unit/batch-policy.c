/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which frames of which sessions share a run: rules one by one, and what always holds, by sessions
 * that come at random. */
#include <glib.h>

#include "../../lib/serve/batch-policy.h"

#define WAIT 5000

static GenBatchPolicy *
policy_of (guint queue, guint largest)
{
  GenBatchPolicy *policy = gen_batch_policy_new (queue);

  for (guint size = 1; size <= largest; size *= 2) {
    gen_batch_policy_allow (policy, size, TRUE);
    gen_batch_policy_note (policy, size, 1000.0 + 500.0 * size);
  }
  return policy;
}

static gboolean
submit (GenBatchPolicy *policy, guint session, gint64 arrival)
{
  const GenBatchRequest request = { .session = session,
    .arrival = arrival,
    .patience = WAIT,
    .deadline = GEN_BATCH_NO_DEADLINE,
    .cost = 1 };

  return gen_batch_policy_submit (policy, &request);
}

static gboolean
submit_by (GenBatchPolicy *policy, guint session, gint64 arrival, gint64 deadline)
{
  const GenBatchRequest request = {
    .session = session, .arrival = arrival, .patience = WAIT, .deadline = deadline, .cost = 1
  };

  return gen_batch_policy_submit (policy, &request);
}

static void
test_alone (void)
{
  g_autoptr (GenBatchPolicy) policy = policy_of (1, 8);
  const guint a = gen_batch_policy_add (policy);
  GenBatchDecision decision;

  gen_batch_policy_decide (policy, 0, &decision);
  g_assert_cmpuint (decision.n, ==, 0);
  g_assert_cmpint (decision.until, ==, GEN_BATCH_NEVER);
  for (gint64 now = 40000; now < 1000000; now += 40000) {
    g_assert_true (submit (policy, a, now));
    gen_batch_policy_decide (policy, now, &decision);
    g_assert_cmpuint (decision.n, ==, 1);
    g_assert_cmpuint (decision.size, ==, 1);
  }
}

/* What waits for a session that is about to come, and no longer than it wants. */
static void
test_waits (void)
{
  g_autoptr (GenBatchPolicy) policy = policy_of (1, 8);
  const guint a = gen_batch_policy_add (policy), b = gen_batch_policy_add (policy);
  GenBatchDecision decision;
  gint64 now = 0;

  for (guint i = 0; i < 4; i++) {
    now += 40000;
    submit (policy, a, now);
    submit (policy, b, now + 2000);
    gen_batch_policy_decide (policy, now + WAIT, &decision);
    g_assert_cmpuint (decision.n, ==, 2);
    g_assert_cmpuint (decision.size, ==, 2);
  }
  now += 40000;
  submit (policy, a, now);
  gen_batch_policy_decide (policy, now, &decision);
  g_assert_cmpuint (decision.n, ==, 0);
  g_assert_cmpint (decision.until, ==, now + WAIT);
  g_assert_cmpuint (gen_batch_policy_overdue (policy, now + WAIT), ==, 0);
  g_assert_cmpuint (gen_batch_policy_overdue (policy, now + WAIT + 1), ==, 1);
  gen_batch_policy_decide (policy, now + WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 1);
  /* And it is not waited for that has not come for long. */
  for (guint i = 0; i < 3; i++) {
    now += 40000;
    submit (policy, a, now);
    gen_batch_policy_decide (policy, now, &decision);
  }
  g_assert_cmpuint (decision.n, ==, 1);
}

/* Where a run of two takes as long as two runs, nobody waits. */
static void
test_worth (void)
{
  g_autoptr (GenBatchPolicy) policy = gen_batch_policy_new (1);
  const guint a = gen_batch_policy_add (policy), b = gen_batch_policy_add (policy);
  GenBatchDecision decision;

  for (guint size = 1; size <= 4; size *= 2) {
    gen_batch_policy_allow (policy, size, TRUE);
    gen_batch_policy_note (policy, size, 1000.0 * size);
  }
  for (gint64 now = 40000; now < 400000; now += 40000) {
    submit (policy, a, now);
    gen_batch_policy_decide (policy, now, &decision);
    g_assert_cmpuint (decision.n, ==, 1);
    submit (policy, b, now + 100);
    gen_batch_policy_decide (policy, now + 100, &decision);
    g_assert_cmpuint (decision.n, ==, 1);
  }
}

/* Sizes are those in which all is done soonest, and padding is counted. */
static void
test_sizes (void)
{
  g_autoptr (GenBatchPolicy) policy = policy_of (1, 8);
  GenBatchDecision decision;

  for (guint i = 0; i < 7; i++)
    submit (policy, gen_batch_policy_add (policy), 0);
  /* 8 take 5 ms; 4, 2 and 1 take 6.5. */
  gen_batch_policy_decide (policy, WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 7);
  g_assert_cmpuint (decision.size, ==, 8);
  g_assert_cmpuint (gen_batch_policy_figures (policy).padding, ==, 1);
  for (guint i = 0; i < 200; i++)
    gen_batch_policy_note (policy, 8, 9000);
  for (guint i = 0; i < 7; i++)
    submit (policy, i, 0);
  gen_batch_policy_decide (policy, WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 4);
  gen_batch_policy_decide (policy, WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 3);
  g_assert_cmpuint (decision.size, ==, 4);
  g_assert_cmpuint (gen_batch_policy_figures (policy).padding, ==, 2);
}

/* Of one size alone every run is that. */
static void
test_one_size (void)
{
  g_autoptr (GenBatchPolicy) policy = gen_batch_policy_new (1);
  GenBatchDecision decision;

  submit (policy, gen_batch_policy_add (policy), 0);
  gen_batch_policy_decide (policy, WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 0);
  gen_batch_policy_allow (policy, 8, TRUE);
  gen_batch_policy_decide (policy, WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 1);
  g_assert_cmpuint (decision.size, ==, 8);
}

static void
test_kinds (void)
{
  g_autoptr (GenBatchPolicy) policy = policy_of (1, 8);
  GenBatchDecision decision;
  guint seen = 0;

  for (guint i = 0; i < 6; i++) {
    const GenBatchRequest request = { .session = gen_batch_policy_add (policy),
      .kind = i % 2,
      .patience = WAIT,
      .deadline = GEN_BATCH_NO_DEADLINE,
      .cost = 1 };

    gen_batch_policy_submit (policy, &request);
  }
  for (guint run = 0; run < 2; run++) {
    gen_batch_policy_decide (policy, WAIT, &decision);
    g_assert_cmpuint (decision.n, ==, 3);
    for (guint i = 0; i < decision.n; i++)
      g_assert_cmpuint (decision.members[i].request.kind, ==, run);
    seen += decision.n;
  }
  g_assert_cmpuint (seen, ==, 6);
  g_assert_cmpuint (gen_batch_policy_waiting (policy), ==, 0);
}

static void
test_deadlines (void)
{
  g_autoptr (GenBatchPolicy) policy = policy_of (1, 8);
  GenBatchDecision decision;

  for (guint i = 0; i < 4; i++)
    submit_by (policy, gen_batch_policy_add (policy), 0, i == 3 ? 1800 : 100000);
  /* One alone takes 1.5 ms, all four 3: the last in the row goes first, */
  gen_batch_policy_decide (policy, 0, &decision);
  g_assert_cmpuint (decision.n, ==, 1);
  g_assert_cmpuint (decision.members[0].request.session, ==, 3);
  g_assert_false (decision.members[0].late);
  gen_batch_policy_decide (policy, 1500, &decision);
  g_assert_cmpuint (decision.n, ==, 3);
  /* and what cannot be in time is made with the others, and said to be late. */
  submit_by (policy, 0, 10000, 10100);
  submit_by (policy, 1, 10000, 100000);
  gen_batch_policy_decide (policy, 10000, &decision);
  g_assert_cmpuint (decision.n, ==, 2);
  g_assert_true (decision.members[0].late);
  g_assert_false (decision.members[1].late);
  g_assert_cmpuint (gen_batch_policy_figures (policy).late, ==, 1);
}

static void
test_leaving (void)
{
  g_autoptr (GenBatchPolicy) policy = policy_of (2, 8);
  const guint a = gen_batch_policy_add (policy), b = gen_batch_policy_add (policy);
  GenBatchRequest request = { .session = a, .deadline = GEN_BATCH_NO_DEADLINE, .cost = 1 };
  GenBatchDecision decision;
  int first, second, third;

  request.data = &first;
  g_assert_true (gen_batch_policy_submit (policy, &request));
  request.data = &second;
  g_assert_true (gen_batch_policy_submit (policy, &request));
  request.data = &third;
  g_assert_false (gen_batch_policy_submit (policy, &request));
  g_assert_cmpuint (gen_batch_policy_figures (policy).refused, ==, 1);
  submit (policy, b, 0);
  g_assert_true (gen_batch_policy_withdraw (policy, a, &first));
  g_assert_false (gen_batch_policy_withdraw (policy, a, &first));
  g_assert_cmpuint (gen_batch_policy_waiting (policy), ==, 2);
  g_assert_true (gen_batch_policy_next (policy)->data == &second);
  gen_batch_policy_remove (policy, a);
  g_assert_cmpuint (gen_batch_policy_waiting (policy), ==, 1);
  g_assert_cmpuint (gen_batch_policy_next (policy)->session, ==, b);
  gen_batch_policy_decide (policy, WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 1);
  g_assert_null (gen_batch_policy_next (policy));
  /* Its number is another one's now, who has nothing waiting. */
  g_assert_cmpuint (gen_batch_policy_add (policy), ==, a);
  gen_batch_policy_decide (policy, WAIT, &decision);
  g_assert_cmpuint (decision.n, ==, 0);
}

/* Of sessions that always have something waiting each gets as much, by cost. */
static void
test_shares (void)
{
  enum { SESSIONS = 13 };
  g_autoptr (GenBatchPolicy) policy = policy_of (4, 8);
  guint made[SESSIONS] = { 0 }, cost[SESSIONS];
  GenBatchDecision decision;

  for (guint i = 0; i < SESSIONS; i++) {
    cost[i] = i % 4 == 3 ? 3 : 1;
    gen_batch_policy_add (policy);
  }
  for (guint run = 0; run < 3000; run++) {
    /* The last one floods: it only loses its own. */
    for (guint i = 0; i < SESSIONS; i++)
      for (guint k = 0; k < (i == SESSIONS - 1 ? 50 : 1); k++) {
        const GenBatchRequest request = {
          .session = i, .deadline = GEN_BATCH_NO_DEADLINE, .cost = cost[i]
        };

        gen_batch_policy_submit (policy, &request);
      }
    gen_batch_policy_decide (policy, run, &decision);
    g_assert_cmpuint (decision.n, ==, 8);
    for (guint i = 0; i < decision.n; i++)
      made[decision.members[i].request.session]++;
  }
  for (guint i = 1; i < SESSIONS; i++)
    g_assert_cmpint (ABS ((int)(made[i] * cost[i]) - (int)made[0]), <=, 4);
}

/* --- at random --- */

enum { MOST_SESSIONS = 24 };

/* A session of an own rate, kind and deadline, that asks once for a frame, and goes on when it is
 * there. */
typedef struct {
  guint number;
  guint64 kind;
  gint64 interval, slack, next, asked;
  guint runs_since; /* it waits */
  gboolean waits;
} Client;

static void
ask (GenBatchPolicy *policy, Client *client, gint64 now)
{
  const GenBatchRequest request = { .session = client->number,
    .kind = client->kind,
    .arrival = client->next,
    .patience = WAIT,
    .deadline = client->slack > 0 ? client->next + client->slack : GEN_BATCH_NO_DEADLINE,
    .cost = 1,
    .data = client };

  g_assert_cmpint (client->next, <=, now);
  g_assert_true (gen_batch_policy_submit (policy, &request));
  client->waits = TRUE;
  client->asked = client->next;
  client->runs_since = 0;
}

/* The next time that a client comes or the policy wants to be asked. */
static gint64
next_event (const Client *clients, guint n, gint64 until)
{
  for (guint i = 0; i < n; i++)
    if (!clients[i].waits)
      until = MIN (until, clients[i].next);
  return until;
}

static void
check_run (GRand *rand, Client *clients, guint n, gint64 now, gint64 idle,
    const GenBatchDecision *decision)
{
  for (guint i = 0; i < decision->n; i++) {
    const GenBatchMember *member = &decision->members[i];
    Client *client = member->request.data;

    g_assert_true (client->waits);
    g_assert_cmpuint (member->request.kind, ==, decision->members[0].request.kind);
    /* Where nothing else ran it has waited as long as it wants, and no longer. */
    if (idle <= client->asked + WAIT)
      g_assert_cmpint (MAX (client->asked + WAIT, idle), >=, now);
    client->waits = FALSE;
    client->next = now + (gint64)(client->interval * g_rand_double_range (rand, 0.2, 1.8));
  }
  for (guint i = 0; i < n; i++)
    if (clients[i].waits) {
      clients[i].runs_since++;
      /* Each of the others once, and once more where all are in a hurry. */
      g_assert_cmpuint (clients[i].runs_since, <=, 2 * n);
    }
}

static void
run_random (guint seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  const guint n = (guint)g_rand_int_range (rand, 1, MOST_SESSIONS);
  g_autoptr (GenBatchPolicy) policy = policy_of (1, 1u << g_rand_int_range (rand, 0, 5));
  const guint kinds = (guint)g_rand_int_range (rand, 1, 4);
  const gboolean hurried = g_rand_boolean (rand);
  Client clients[MOST_SESSIONS];
  GenBatchDecision decision;
  gint64 now = 0, idle = 0;
  guint64 made = 0;

  for (guint i = 0; i < n; i++)
    clients[i] = (Client){ .number = gen_batch_policy_add (policy),
      .kind = (guint64)g_rand_int_range (rand, 0, (int)kinds),
      .interval = g_rand_int_range (rand, 500, 60000),
      .slack = hurried && g_rand_boolean (rand) ? g_rand_int_range (rand, 1000, 20000) : 0,
      .next = g_rand_int_range (rand, 1, 50000) };
  for (guint step = 0; step < 3000; step++) {
    for (guint i = 0; i < n; i++)
      if (!clients[i].waits && clients[i].next <= now)
        ask (policy, &clients[i], now);
    gen_batch_policy_decide (policy, now, &decision);
    if (decision.n == 0) {
      g_assert_cmpint (decision.until, >, now);
      now = next_event (clients, n, decision.until);
      continue;
    }
    g_assert_cmpuint (decision.n, <=, decision.size);
    made += decision.n;
    check_run (rand, clients, n, now, idle, &decision);
    now += (gint64)((1000 + 500 * decision.size) * g_rand_double_range (rand, 0.7, 1.5));
    gen_batch_policy_note (policy, decision.size, (double)(now - idle));
    idle = now;
  }
  g_assert_cmpuint (made, ==, gen_batch_policy_figures (policy).frames);
  g_assert_cmpuint (made, >, 0);
}

static void
test_random (void)
{
  for (guint seed = 0; seed < 200; seed++)
    run_random (seed);
}

/* --- how long runs take --- */

static void
test_run_times (void)
{
  GenRunTimes times = { 0 };

  g_assert_cmpfloat (gen_run_times_mean (&times, 2), >, gen_run_times_mean (&times, 1));
  gen_run_times_note (&times, 1, 1000);
  gen_run_times_note (&times, 4, 2500);
  g_assert_cmpfloat (gen_run_times_mean (&times, 2), ==, 1500);
  g_assert_cmpfloat (gen_run_times_mean (&times, 8), >, 2500);
  g_assert_cmpfloat (gen_run_times_mean (&times, 8), <, 5000);
  /* What else happened once moves little, */
  gen_run_times_note (&times, 1, 1e6);
  g_assert_cmpfloat (gen_run_times_mean (&times, 1), <, 1500);
  g_assert_cmpfloat (gen_run_times_most (&times, 1), >, gen_run_times_mean (&times, 1));
  /* and what stays is believed. */
  for (guint i = 0; i < 100; i++)
    gen_run_times_note (&times, 1, 3000);
  g_assert_cmpfloat (ABS (gen_run_times_mean (&times, 1) - 3000), <, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch-policy/alone", test_alone);
  g_test_add_func ("/batch-policy/waits", test_waits);
  g_test_add_func ("/batch-policy/worth", test_worth);
  g_test_add_func ("/batch-policy/sizes", test_sizes);
  g_test_add_func ("/batch-policy/one-size", test_one_size);
  g_test_add_func ("/batch-policy/kinds", test_kinds);
  g_test_add_func ("/batch-policy/deadlines", test_deadlines);
  g_test_add_func ("/batch-policy/leaving", test_leaving);
  g_test_add_func ("/batch-policy/shares", test_shares);
  g_test_add_func ("/batch-policy/random", test_random);
  g_test_add_func ("/batch-policy/run-times", test_run_times);
  return g_test_run ();
}
