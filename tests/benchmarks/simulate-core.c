/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A core: sessions whose frames are due at their rate, each at its own time, and runs one after
 * another, as GenBatchPolicy decides. A frame that is due before the last one is made is dropped,
 * as a live source does. */
#include "simulate.h"

#include <math.h>

#include "../../lib/serve/batch-policy.h"

#define PATIENCE 5000 /* microseconds, as property shared-wait has it */
/* Of runs, some are held up by what else a machine does. */
#define HELD_UP 0.01
#define HELD_UP_TIMES 5

typedef struct {
  guint session;
  double due; /* its next frame */
  gboolean busy;
} Client;

typedef struct {
  const CoreModel *model;
  GenBatchPolicy *policy;
  GRand *rand;
  Client *clients;
  guint n;
  GenBatchDecision run; /* the one under way */
  double now, free;     /* when it will be over */
  double busy, overdue; /* time; and frames times time */
  double due, dropped, made, runs;
  CoreFigures *figures;
} Core;

/* --- latencies --- */

static guint
find_bucket (double milliseconds)
{
  const double bucket = 4 * log2 (fmax (milliseconds, 0.1) / 0.1);

  return (guint)fmin (bucket, LATENCIES - 1);
}

double
find_quantile (const double *latencies, double share)
{
  double all = 0, sum = 0;
  guint i = 0;

  for (guint k = 0; k < LATENCIES; k++)
    all += latencies[k];
  while (i + 1 < LATENCIES && (sum += latencies[i]) < share * all)
    i++;
  return 0.1 * exp2 ((i + 1) / 4.0);
}

/* --- frames --- */

static void
come (Core *core, Client *client)
{
  const GenBatchRequest request = { .session = client->session,
    .arrival = (gint64)core->now,
    .patience = PATIENCE,
    .deadline = GEN_BATCH_NO_DEADLINE,
    .cost = 1,
    .data = client };

  core->due++;
  if (client->busy)
    core->dropped++;
  else
    gen_batch_policy_submit (core->policy, &request);
  client->busy = TRUE;
  client->due += 1e6 / core->model->rate;
}

static void
finish_run (Core *core)
{
  for (guint i = 0; i < core->run.n; i++) {
    Client *client = core->run.members[i].request.data;
    const double took = core->now - (double)core->run.members[i].request.arrival;

    core->figures->latencies[find_bucket (took / 1e3)]++;
    client->busy = FALSE;
    core->made++;
  }
  core->run.n = 0;
}

static void
begin_run (Core *core)
{
  const CoreModel *model = core->model;
  double run = model->run[core->run.size], took;

  /* Latents, buffers and threads besides, and noise. */
  took = run * (1 + 0.05 * fabs (g_rand_double (core->rand) + g_rand_double (core->rand) - 1));
  if (g_rand_double (core->rand) < HELD_UP)
    took *= HELD_UP_TIMES;
  gen_batch_policy_note (core->policy, core->run.size, took);
  took += model->frame * core->run.n;
  core->free = core->now + took;
  core->busy += took;
  core->runs++;
}

/* The time of what happens next, `until` at the latest. */
static double
find_next (Core *core, double until)
{
  for (guint i = 0; i < core->n; i++)
    until = fmin (until, core->clients[i].due);
  if (core->run.n > 0)
    until = fmin (until, core->free);
  return until;
}

static void
step (Core *core, double end)
{
  double next = end;

  if (core->run.n == 0) {
    gen_batch_policy_decide (core->policy, (gint64)core->now, &core->run);
    if (core->run.n > 0)
      begin_run (core);
    else if (core->run.until != GEN_BATCH_NEVER)
      next = fmin (next, fmax ((double)core->run.until, core->now + 1));
  }
  next = find_next (core, next);
  core->overdue += gen_batch_policy_overdue (core->policy, (gint64)next) * (next - core->now);
  core->now = next;
  if (core->run.n > 0 && core->free <= core->now)
    finish_run (core);
  for (guint i = 0; i < core->n; i++)
    if (core->clients[i].due <= core->now)
      come (core, &core->clients[i]);
}

void
simulate_core (
    const CoreModel *model, guint sessions, double seconds, guint64 seed, CoreFigures *figures)
{
  g_autoptr (GenBatchPolicy) policy = gen_batch_policy_new (1);
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32)seed);
  g_autofree Client *clients = g_new0 (Client, sessions);
  Core *core = g_new0 (Core, 1);

  *figures = (CoreFigures){ .sessions = sessions };
  *core = (Core){ .model = model,
    .policy = policy,
    .rand = rand,
    .clients = clients,
    .n = sessions,
    .figures = figures };
  for (guint size = 1; size <= MOST_FRAMES; size++)
    if (model->run[size] > 0) {
      gen_batch_policy_allow (policy, size, TRUE);
      gen_batch_policy_note (policy, size, model->run[size]);
    }
  for (guint i = 0; i < sessions; i++)
    clients[i] = (Client){ .session = gen_batch_policy_add (policy),
      .due = 1 + g_rand_double (rand) * 1e6 / model->rate };
  while (core->now < seconds * 1e6)
    step (core, seconds * 1e6);
  figures->utilisation = fmin (core->busy / (seconds * 1e6), 1);
  figures->dropped = core->dropped / fmax (core->due, 1);
  figures->queue = core->overdue / (seconds * 1e6);
  figures->batch = core->made / fmax (core->runs, 1);
  for (guint i = 0; i < LATENCIES; i++)
    figures->latencies[i] /= fmax (core->made, 1);
  g_free (core);
}

/* --- all numbers of sessions --- */

CoreTable
simulate_table (const CoreModel *model, guint64 seed)
{
  CoreTable table = { .figures = g_array_new (FALSE, FALSE, sizeof (CoreFigures)) };
  CoreFigures figures = { 0 };

  g_array_append_val (table.figures, figures);
  for (guint n = 1; n < 4096 && figures.dropped < 0.2; n = MAX (n + 1, n * 9 / 8)) {
    simulate_core (model, n, CLAMP (2000.0 / n, 3, 30), seed + n, &figures);
    g_array_append_val (table.figures, figures);
    if (figures.dropped < 0.001 && figures.utilisation < 0.95 &&
        find_quantile (figures.latencies, 0.99) <= 1e3 / model->rate)
      table.capacity = n;
  }
  return table;
}

void
core_table_clear (CoreTable *table)
{
  g_clear_pointer (&table->figures, g_array_unref);
}

static double
between (double a, double b, double share)
{
  return a + (b - a) * share;
}

CoreFigures
core_table_look_up (const CoreTable *table, double sessions)
{
  const CoreFigures *of = (const CoreFigures *)(const void *)table->figures->data;
  const guint last = table->figures->len - 1;
  CoreFigures figures = { .sessions = sessions };
  guint i = 0;
  double share;

  while (i + 1 < last && of[i + 1].sessions < sessions)
    i++;
  share = fmin ((sessions - of[i].sessions) / (of[i + 1].sessions - of[i].sessions), 1);
  figures.utilisation = between (of[i].utilisation, of[i + 1].utilisation, share);
  figures.dropped = between (of[i].dropped, of[i + 1].dropped, share);
  figures.queue = between (of[i].queue, of[i + 1].queue, share);
  figures.batch = between (of[i].batch, of[i + 1].batch, share);
  for (guint k = 0; k < LATENCIES; k++)
    figures.latencies[k] = between (of[i].latencies[k], of[i + 1].latencies[k], share);
  return figures;
}
