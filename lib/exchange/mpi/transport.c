/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of the numbers of all processes, by MPI. Each process gets a share of the numbers from all
 * others, adds these up in the order of the tree, and gives all the sums: as much is moved as in
 * any other way, and the order is ours, which that of MPI_Allreduce is not. What is small goes to
 * everybody at once.
 *
 * Open MPI waits by looking again and again. Here it is looked for it between sleeps while nobody
 * waits, so that the net has the processor. */
#include <generative/exchange.h>

#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../sum-tree.h"
#include "../transport.h"

/* Numbers of all processes that go to everybody at once. */
#define SMALL 16384
/* MPI counts in int. */
#define MOST ((gsize)1 << 28)
/* Microseconds: how long it is looked for without a pause what somebody waits for, and between
 * two looks else. */
#define IMPATIENCE 500
#define PAUSE 100
#define LONG_PAUSE 1000

typedef struct {
  MPI_Comm processes;
  int process, n;
  float *scratch;
  gsize scratch_size; /* numbers */
  const float **rows;
  /* Of each process: its share of the numbers, what it is sent, and what it sends of the own. */
  int *counts, *places, *sent_counts, *own_counts, *own_places;
} Connection;

static gboolean
check (int code, GError **error)
{
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;

  if (code == MPI_SUCCESS)
    return TRUE;
  MPI_Error_string (code, text, &length);
  g_set_error (
      error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_FAILED, "exchange mpi: %.*s", length, text);
  return FALSE;
}

static void
pause_for (long microseconds)
{
  nanosleep (&(struct timespec){ .tv_nsec = microseconds * 1000 }, NULL);
}

/* Until it is done. */
static gboolean
wait_for (MPI_Request *request, const int *urgent, GError **error)
{
  const gint64 began = g_get_monotonic_time ();
  int done = 0;

  for (;;) {
    gint64 waited;

    if (!check (MPI_Test (request, &done, MPI_STATUS_IGNORE), error))
      return FALSE;
    if (done)
      return TRUE;
    waited = g_get_monotonic_time () - began;
    if (waited > 100 * IMPATIENCE)
      pause_for (LONG_PAUSE);
    else if (g_atomic_int_get (urgent) == 0 || waited > IMPATIENCE)
      pause_for (PAUSE);
    else
      sched_yield ();
  }
}

static float *
take_scratch (Connection *self, gsize n)
{
  if (n > self->scratch_size) {
    g_free (self->scratch);
    self->scratch = g_new (float, n);
    self->scratch_size = n;
  }
  return self->scratch;
}

/* Rows of `n` numbers, one behind the other. */
static const float *const *
find_rows (Connection *self, const float *first, gsize n)
{
  for (int i = 0; i < self->n; i++)
    self->rows[i] = first + (gsize)i * n;
  return self->rows;
}

static gboolean
sum_small (Connection *self, const float *from, float *to, gsize n, float factor, const int *urgent,
    GError **error)
{
  float *all = take_scratch (self, n * (gsize)self->n);
  MPI_Request request;

  if (!check (MPI_Iallgather (
                  from, (int)n, MPI_FLOAT, all, (int)n, MPI_FLOAT, self->processes, &request),
          error) ||
      !wait_for (&request, urgent, error))
    return FALSE;
  gen_sum_tree (find_rows (self, all, n), (guint)self->n, to, n, factor);
  return TRUE;
}

/* Each process has a share of the numbers, the last ones perhaps less. */
static void
share_out (Connection *self, gsize n)
{
  const gsize share = (n + (gsize)self->n - 1) / (gsize)self->n;

  for (int i = 0; i < self->n; i++) {
    const gsize at = MIN ((gsize)i * share, n);

    self->places[i] = (int)at;
    self->counts[i] = (int)MIN (share, n - at);
  }
  for (int i = 0; i < self->n; i++) {
    self->own_counts[i] = i != self->process ? self->counts[self->process] : 0;
    self->own_places[i] = i * self->counts[self->process];
    self->sent_counts[i] = i != self->process ? self->counts[i] : 0;
  }
}

static gboolean
sum_shares (Connection *self, const float *from, float *to, gsize n, float factor,
    const int *urgent, GError **error)
{
  float *own, *all;
  gsize n_own;
  MPI_Request request;

  share_out (self, n);
  n_own = (gsize)self->counts[self->process];
  own = to + self->places[self->process];
  all = take_scratch (self, n_own * (gsize)self->n);
  if (!check (MPI_Ialltoallv (from, self->sent_counts, self->places, MPI_FLOAT, all,
                  self->own_counts, self->own_places, MPI_FLOAT, self->processes, &request),
          error) ||
      !wait_for (&request, urgent, error))
    return FALSE;
  /* What is this process's own lies where it is. */
  find_rows (self, all, n_own);
  self->rows[self->process] = from + self->places[self->process];
  if (n_own > 0)
    gen_sum_tree (self->rows, (guint)self->n, own, n_own, factor);
  return check (MPI_Iallgatherv (MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, to, self->counts, self->places,
                    MPI_FLOAT, self->processes, &request),
             error) &&
         wait_for (&request, urgent, error);
}

static gboolean
sum (gpointer data, const float *from, float *to, gsize n, float factor, const int *urgent,
    GError **error)
{
  Connection *self = data;

  if (n * (gsize)self->n <= SMALL)
    return sum_small (self, from, to, n, factor, urgent, error);
  for (gsize at = 0; at < n; at += MOST)
    if (!sum_shares (self, from + at, to + at, MIN (n - at, MOST), factor, urgent, error))
      return FALSE;
  return TRUE;
}

static gboolean
gather (gpointer data, const void *mine, gsize size, void *all, const int *urgent, GError **error)
{
  Connection *self = data;
  MPI_Request request;

  if (size > G_MAXINT) {
    g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_FAILED,
        "exchange mpi: %" G_GSIZE_FORMAT " bytes of a process are more than MPI gathers at once, "
        "%d",
        size, G_MAXINT);
    return FALSE;
  }
  return check (MPI_Iallgather (
                    mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, self->processes, &request),
             error) &&
         wait_for (&request, urgent, error);
}

/* --- beginning and end --- */

/* MPI is begun once in a process, and ended with it. */
static void
finalize (void)
{
  int finalized = 0;

  MPI_Finalized (&finalized);
  if (!finalized)
    MPI_Finalize ();
}

static gboolean
begin (GError **error)
{
  int begun = 0, provided = MPI_THREAD_SINGLE;

  if (!check (MPI_Initialized (&begun), error))
    return FALSE;
  if (begun)
    return check (MPI_Query_thread (&provided), error);
  /* From here on an error is said, and is not the end of the process. */
  if (!check (MPI_Init_thread (NULL, NULL, MPI_THREAD_SERIALIZED, &provided), error))
    return FALSE;
  atexit (finalize);
  if (provided >= MPI_THREAD_SERIALIZED)
    return TRUE;
  g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
      "exchange mpi: this MPI takes calls from the main thread alone");
  return FALSE;
}

/* Slurm starts processes that do not find each other where it has not been told of MPI. */
static gboolean
check_size (int n, GError **error)
{
  const char *tasks = g_getenv ("SLURM_STEP_NUM_TASKS");

  if (n > 1 || tasks == NULL || atoi (tasks) < 2 || g_getenv ("OMPI_COMM_WORLD_SIZE") != NULL)
    return TRUE;
  g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
      "exchange mpi: srun has started %s processes, and they do not find each other: srun "
      "--mpi=pmix is wanted (srun --mpi=list says what there is), or mpirun in the place of srun",
      tasks);
  return FALSE;
}

static gboolean
join (Connection *self, GError **error)
{
  return check (MPI_Comm_dup (MPI_COMM_WORLD, &self->processes), error) &&
         check (MPI_Comm_set_errhandler (self->processes, MPI_ERRORS_RETURN), error) &&
         check (MPI_Comm_rank (self->processes, &self->process), error) &&
         check (MPI_Comm_size (self->processes, &self->n), error) && check_size (self->n, error);
}

static void
connection_free (Connection *self)
{
  g_free (self->scratch);
  g_free (self->rows);
  g_free (self->counts);
  g_free (self->places);
  g_free (self->sent_counts);
  g_free (self->own_counts);
  g_free (self->own_places);
  g_free (self);
}

static gpointer
open_connection (guint *process, guint *processes, GError **error)
{
  Connection *self;

  if (!begin (error))
    return NULL;
  self = g_new0 (Connection, 1);
  if (!join (self, error)) {
    connection_free (self);
    return NULL;
  }
  self->rows = g_new (const float *, self->n);
  self->counts = g_new (int, self->n);
  self->places = g_new (int, self->n);
  self->sent_counts = g_new (int, self->n);
  self->own_counts = g_new (int, self->n);
  self->own_places = g_new (int, self->n);
  *process = (guint)self->process;
  *processes = (guint)self->n;
  return self;
}

static void
close_connection (gpointer data, gboolean agreed)
{
  Connection *self = data;

  if (!agreed && self->n > 1)
    MPI_Abort (self->processes, EXIT_FAILURE);
  if (agreed)
    MPI_Comm_free (&self->processes);
  connection_free (self);
}

__attribute__ ((visibility ("default"))) const GenExchangeTransport gen_exchange_transport = {
  .open = open_connection,
  .close = close_connection,
  .sum = sum,
  .gather = gather,
};
