/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Worker threads that take parts of jobs. See team.h for the design.
 *
 * The state of a job is one 64-bit word: the number of the step in the upper half, and in the
 * lower half one bit for each part that somebody has taken. Taking a part is one
 * compare-and-swap, which fails by itself when the step has moved on. */
#include "team.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>

#include <generative/device.h>

/* Rounds of looking for work before a worker sleeps, and before a waiting thread offers
 * its core to others: some tens of microseconds. */
#define SPIN_ROUNDS 2000
/* As many as a word has bits. */
#define MAX_WORKERS 64

typedef struct {
  const GenJob *job;
  _Atomic guint64 taken; /* step << 32 | parts taken */
  _Atomic guint32 done;  /* parts of the step that are finished */
} Run;

typedef struct {
  GMutex mutex;
  GCond cond;
  _Atomic (Run *) offered; /* a run to join */
  _Atomic (Run *) joined;  /* the run being worked on */
  atomic_bool busy;        /* claimed by a run */
  atomic_bool asleep;      /* set under the mutex */
  int rank;
} Worker;

typedef struct {
  int n;
  Worker *workers;
} Team;

static inline void
relax (int round)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ volatile("isb"); /* stalls a little, as pause does; `yield` does nothing on most cores */
#endif
  if (round > SPIN_ROUNDS)
    g_thread_yield ();
}

/* Take part in `run` until all steps are done; `rank` is the part to prefer, so that a
 * thread meets the same data in run after run. */
static void
work (Run *run, int rank)
{
  const GenJob *job = run->job;

  for (int round = 0;; round++) {
    guint64 taken = atomic_load_explicit (&run->taken, memory_order_acquire);
    int step = taken >> 32;
    guint32 mask = (guint32)taken, open;
    int parts, part;

    if (step >= job->n_steps)
      return;
    parts = job->parts[step];
    open = ~mask & (guint32)(((guint64)1 << parts) - 1);
    if (open == 0) {
      relax (round);
      continue;
    }
    part = open & ((guint32)1 << (rank % parts)) ? rank % parts : __builtin_ctz (open);
    if (!atomic_compare_exchange_weak_explicit (&run->taken, &taken, taken | ((guint64)1 << part),
            memory_order_acq_rel, memory_order_relaxed))
      continue;
    job->run (job->data, step, part, parts);
    if (atomic_fetch_add_explicit (&run->done, 1, memory_order_acq_rel) + 1 == (guint32)parts) {
      atomic_store_explicit (&run->done, 0, memory_order_relaxed);
      atomic_store_explicit (&run->taken, (guint64)(step + 1) << 32, memory_order_release);
    }
    round = 0;
  }
}

static gpointer
worker_main (gpointer data)
{
  Worker *worker = data;

  omp_set_num_threads (1);
  for (int round = 0;; round++) {
    Run *run = atomic_load_explicit (&worker->offered, memory_order_acquire);

    if (run == NULL) {
      if (round < SPIN_ROUNDS) {
        relax (round);
        continue;
      }
      g_mutex_lock (&worker->mutex);
      worker->asleep = TRUE;
      while (atomic_load (&worker->offered) == NULL)
        g_cond_wait (&worker->cond, &worker->mutex);
      worker->asleep = FALSE;
      g_mutex_unlock (&worker->mutex);
      round = 0;
      continue;
    }
    /* Say that the run is in use before taking the offer: its owner withdraws the offer
     * first and then looks whether it was taken. */
    atomic_store (&worker->joined, run);
    if (atomic_compare_exchange_strong (&worker->offered, &run, NULL))
      work (atomic_load (&worker->joined), worker->rank);
    atomic_store (&worker->joined, NULL);
    round = 0;
  }
  return NULL;
}

/* The one team of the process. pthread_once and not GLib's once: it is what race detectors
 * understand. */
static Team team;

static void
start_team (void)
{
  team.n = MIN (gen_cpu_count () - 1, MAX_WORKERS);
  team.workers = g_new0 (Worker, team.n);
  for (int i = 0; i < team.n; i++) {
    g_mutex_init (&team.workers[i].mutex);
    g_cond_init (&team.workers[i].cond);
    team.workers[i].rank = i + 1;
    g_thread_unref (g_thread_new ("generative", worker_main, &team.workers[i]));
  }
}

int
gen_team_enter (void)
{
  int saved = omp_get_max_threads ();

  if (saved != 1)
    omp_set_num_threads (1);
  return saved;
}

void
gen_team_leave (int saved)
{
  if (saved != 1)
    omp_set_num_threads (saved);
}

void
gen_team_run (const GenJob *job, int threads)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  Run run = { .job = job };
  guint64 helpers = 0;
  int saved = gen_team_enter ();
  int n = 1;

  if (threads > 1)
    pthread_once (&once, start_team);
  for (int i = 0; n < threads && i < team.n; i++) {
    Worker *worker = &team.workers[i];

    if (atomic_exchange_explicit (&worker->busy, TRUE, memory_order_acquire))
      continue;
    helpers |= (guint64)1 << i;
    n++;
    atomic_store (&worker->offered, &run);
    g_mutex_lock (&worker->mutex);
    if (worker->asleep)
      g_cond_signal (&worker->cond);
    g_mutex_unlock (&worker->mutex);
  }

  work (&run, 0);

  for (int i = 0; helpers != 0; i++, helpers >>= 1) {
    Worker *worker;

    if (!(helpers & 1))
      continue;
    worker = &team.workers[i];
    atomic_store (&worker->offered, NULL);
    for (int round = 0; atomic_load (&worker->joined) == &run; round++)
      relax (round);
    atomic_store_explicit (&worker->busy, FALSE, memory_order_release);
  }
  gen_team_leave (saved);
}
