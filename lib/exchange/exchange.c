/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group of members, and what they ask for: one request after the other, each once all members of
 * this process have come to it. What is in this process is added up, the engine adds up what is in
 * the others, and the sum is copied to all. So members know of no processes, and the order of the
 * tree is the same however they are spread. A thread does it while members do other things; one
 * that waits does it itself, which spares waking somebody. */
#include <generative/exchange.h>

#include <string.h>

#include "../graph/kernel.h"
#include "engine.h"
#include "exchange-private.h"
#include "sum-tree.h"

/* What a member says when it fails. */
#define TEXT_SIZE 500

G_DEFINE_QUARK (gen - exchange - error - quark, gen_exchange_error)

typedef enum {
  REQUEST_SUM,
  REQUEST_GATHER,
} RequestKind;

typedef struct {
  RequestKind kind;
  gsize size;    /* numbers of a sum, bytes of a gathering */
  float factor;  /* of a sum */
  guint arrived; /* members that have asked for it, */
  guint left;    /* and those that have not seen it done */
  gboolean done;
  const void **from; /* of each member of this process */
  void **to;
} Request;

struct _GenExchange {
  GenExchangeGroup *group;
  guint number;
  guint64 asked; /* requests so far */
  GenNccl *nccl; /* its own; NULL: what lies on devices is summed here, too */
};

struct _GenExchangeGroup {
  const GenExchangeTransport *transport; /* NULL: there is one process */
  gpointer connection;
  guint process, processes;
  GenExchange *members;
  guint n_members;
  float *scratch; /* the thread's */
  gsize scratch_size;
  GThread *thread;

  GMutex lock;
  GCond asked, done;
  GPtrArray *requests; /* that some member has not seen done, the oldest first */
  guint64 first;       /* the number of that one */
  guint64 next;        /* of the one that is done next */
  gboolean busy;       /* somebody does it */
  guint finished;      /* members */
  gboolean closing;
  GError *error;
  int urgent; /* atomic: members that wait */
};

/* --- the thread --- */

static float *
take_scratch (GenExchangeGroup *group, gsize bytes)
{
  if (bytes > group->scratch_size) {
    gen_aligned_free (group->scratch);
    group->scratch = gen_aligned_alloc (bytes);
    group->scratch_size = bytes;
  }
  return group->scratch;
}

static gboolean
do_sum (GenExchangeGroup *group, const Request *request, GError **error)
{
  const float *const *rows = (const float *const *)request->from;
  const float *sum = rows[0];

  if (group->n_members > 1 || group->transport == NULL) {
    float *here = group->transport == NULL ? request->to[0]
                                           : take_scratch (group, request->size * sizeof (float));

    gen_sum_tree (rows, group->n_members, here, request->size,
        group->transport == NULL ? request->factor : 1);
    sum = here;
  }
  if (group->transport != NULL && !group->transport->sum (group->connection, sum, request->to[0],
                                      request->size, request->factor, &group->urgent, error))
    return FALSE;
  if (group->transport != NULL)
    sum = request->to[0];
  for (guint i = 0; i < group->n_members; i++)
    if (request->to[i] != sum)
      memcpy (request->to[i], sum, request->size * sizeof (float));
  return TRUE;
}

static gboolean
do_gather (GenExchangeGroup *group, const Request *request, GError **error)
{
  const gsize here = group->n_members * request->size;
  g_autofree char *mine = g_malloc (MAX (here, 1));

  for (guint i = 0; i < group->n_members; i++)
    memcpy (mine + i * request->size, request->from[i], request->size);
  if (group->transport == NULL)
    memcpy (request->to[0], mine, here);
  else if (!group->transport->gather (
               group->connection, mine, here, request->to[0], &group->urgent, error))
    return FALSE;
  for (guint i = 1; i < group->n_members; i++)
    memcpy (request->to[i], request->to[0], here * group->processes);
  return TRUE;
}

/* The next one, where all members have asked for it and nobody does it yet. Under the lock. */
static Request *
find_next (const GenExchangeGroup *group)
{
  const guint64 place = group->next - group->first;
  Request *request;

  if (group->busy || place >= group->requests->len)
    return NULL;
  request = g_ptr_array_index (group->requests, (guint)place);
  return request->arrived == group->n_members ? request : NULL;
}

/* Do it. The lock is held on entry and on return. */
static void
work (GenExchangeGroup *group, Request *request)
{
  g_autoptr (GError) error = NULL;
  const gboolean well = group->error == NULL;
  gboolean done = FALSE;

  group->busy = TRUE;
  g_mutex_unlock (&group->lock);
  if (well)
    done = request->kind == REQUEST_SUM ? do_sum (group, request, &error)
                                        : do_gather (group, request, &error);
  g_mutex_lock (&group->lock);
  if (well && !done && group->error == NULL)
    group->error = g_steal_pointer (&error);
  request->done = TRUE;
  group->busy = FALSE;
  group->next++;
  g_cond_broadcast (&group->done);
  if (find_next (group) != NULL)
    g_cond_signal (&group->asked);
}

static gpointer
run (gpointer data)
{
  GenExchangeGroup *group = data;

  g_mutex_lock (&group->lock);
  while (!group->closing) {
    Request *request = find_next (group);

    if (request != NULL)
      work (group, request);
    else
      g_cond_wait (&group->asked, &group->lock);
  }
  g_mutex_unlock (&group->lock);
  return NULL;
}

/* --- what members ask for --- */

static void
request_free (gpointer data)
{
  Request *request = data;

  g_free (request->from);
  g_free (request->to);
  g_free (request);
}

static Request *
request_new (const GenExchangeGroup *group, RequestKind kind, gsize size, float factor)
{
  Request *request = g_new0 (Request, 1);

  request->kind = kind;
  request->size = size;
  request->factor = factor;
  request->left = group->n_members;
  request->from = g_new0 (const void *, group->n_members);
  request->to = g_new0 (void *, group->n_members);
  return request;
}

static void
ask (GenExchange *exchange, RequestKind kind, const void *from, void *to, gsize size, float factor)
{
  GenExchangeGroup *group = exchange->group;
  Request *request;

  g_mutex_lock (&group->lock);
  if (exchange->asked - group->first == group->requests->len)
    g_ptr_array_add (group->requests, request_new (group, kind, size, factor));
  request = g_ptr_array_index (group->requests, (guint)(exchange->asked - group->first));
  if ((request->kind != kind || request->size != size || request->factor != factor) &&
      group->error == NULL)
    g_set_error (&group->error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_FAILED,
        "exchange: members of one process ask for different sums");
  request->from[exchange->number] = from;
  request->to[exchange->number] = to;
  request->arrived++;
  exchange->asked++;
  /* Who waits for it now does it himself. */
  if (kind == REQUEST_SUM)
    g_cond_signal (&group->asked);
  g_mutex_unlock (&group->lock);
}

/* The latest request of the member that writes to `to`. Under the lock. */
static Request *
find_request (const GenExchange *exchange, const void *to)
{
  const GenExchangeGroup *group = exchange->group;

  for (guint i = (guint)(exchange->asked - group->first); i > 0; i--) {
    Request *request = g_ptr_array_index (group->requests, i - 1);

    if (request->to[exchange->number] == to)
      return request;
  }
  return NULL;
}

/* Members leave requests in any order. Under the lock. */
static void
leave (GenExchangeGroup *group, Request *request)
{
  request->left--;
  while (group->requests->len > 0 &&
         ((const Request *)g_ptr_array_index (group->requests, 0))->left == 0) {
    g_ptr_array_remove_index (group->requests, 0);
    group->first++;
  }
}

static gboolean
wait_for (GenExchange *exchange, const void *to, GError **error)
{
  GenExchangeGroup *group = exchange->group;
  Request *request;
  gboolean well;

  g_mutex_lock (&group->lock);
  request = find_request (exchange, to);
  g_atomic_int_inc (&group->urgent);
  while (!request->done && (group->error == NULL || request->arrived == group->n_members)) {
    Request *next = find_next (group);

    if (next != NULL)
      work (group, next);
    else
      g_cond_wait (&group->done, &group->lock);
  }
  g_atomic_int_add (&group->urgent, -1);
  request->to[exchange->number] = NULL;
  leave (group, request);
  well = group->error == NULL;
  if (!well)
    g_propagate_error (error, g_error_copy (group->error));
  g_mutex_unlock (&group->lock);
  return well;
}

void
gen_exchange_begin_sum (GenExchange *exchange, const float *from, float *to, gsize n, float factor)
{
  ask (exchange, REQUEST_SUM, from, to, n, factor);
}

void
gen_exchange_end_sum (GenExchange *exchange, const float *to)
{
  wait_for (exchange, to, NULL);
}

gboolean
gen_exchange_gather (GenExchange *exchange, const void *mine, gsize size, void *all, GError **error)
{
  ask (exchange, REQUEST_GATHER, mine, all, size, 1);
  return wait_for (exchange, all, error);
}

gboolean
gen_exchange_check (GenExchange *exchange, GError **error)
{
  GenExchangeGroup *group = exchange->group;
  gboolean well;

  g_mutex_lock (&group->lock);
  well = group->error == NULL;
  if (!well)
    g_propagate_error (error, g_error_copy (group->error));
  g_mutex_unlock (&group->lock);
  return well;
}

void
gen_exchange_give_up (GenExchange *exchange, const GError *reason)
{
  GenExchangeGroup *group = exchange->group;

  g_mutex_lock (&group->lock);
  if (group->error == NULL)
    g_set_error (&group->error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_MEMBER,
        "process %u of %u: %s", group->process, group->processes, reason->message);
  g_cond_broadcast (&group->done);
  g_mutex_unlock (&group->lock);
}

typedef struct {
  gboolean well;
  char text[TEXT_SIZE];
} Word;

gboolean
gen_exchange_agree (GenExchange *exchange, gboolean well, GError **error)
{
  const guint size = gen_exchange_size (exchange);
  g_autofree Word *all = g_new0 (Word, size);
  Word mine = { .well = well };

  if (!well && error != NULL && *error != NULL)
    g_strlcpy (mine.text, (*error)->message, sizeof mine.text);
  if (!gen_exchange_gather (exchange, &mine, sizeof mine, all, well ? error : NULL) || !well)
    return FALSE;
  for (guint i = 0; i < size; i++)
    if (!all[i].well) {
      g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_MEMBER, "process %u of %u: %s",
          i / exchange->group->n_members, exchange->group->processes, all[i].text);
      return FALSE;
    }
  return TRUE;
}

void
gen_exchange_finish (GenExchange *exchange)
{
  GenExchangeGroup *group = exchange->group;
  const gboolean well = gen_exchange_agree (exchange, TRUE, NULL);

  g_mutex_lock (&group->lock);
  group->finished += well;
  g_mutex_unlock (&group->lock);
}

/* --- what lies on devices --- */

GenNccl *
gen_exchange_nccl (const GenExchange *exchange)
{
  return exchange == NULL ? NULL : exchange->nccl;
}

void
gen_exchange_set_nccl (GenExchange *exchange, GenNccl *nccl)
{
  exchange->nccl = nccl;
}

guint
gen_exchange_members_here (const GenExchange *exchange)
{
  return exchange->group->n_members;
}

/* --- groups --- */

static void
stop_thread (GenExchangeGroup *group)
{
  g_mutex_lock (&group->lock);
  group->closing = TRUE;
  g_cond_signal (&group->asked);
  g_mutex_unlock (&group->lock);
  g_clear_pointer (&group->thread, g_thread_join);
}

void
gen_exchange_group_free (GenExchangeGroup *group)
{
  const gboolean agreed = group->finished == group->n_members;

  for (guint i = 0; i < group->n_members; i++)
    if (group->members[i].nccl != NULL)
      gen_nccl_free (group->members[i].nccl, agreed);
  /* The thread may be waiting for processes that wait for something else. */
  if (group->transport != NULL && !agreed)
    group->transport->close (group->connection, FALSE);
  if (group->thread != NULL)
    stop_thread (group);
  if (group->transport != NULL && agreed)
    group->transport->close (group->connection, TRUE);
  gen_aligned_free (group->scratch);
  g_ptr_array_unref (group->requests);
  g_clear_error (&group->error);
  g_free (group->members);
  g_mutex_clear (&group->lock);
  g_cond_clear (&group->asked);
  g_cond_clear (&group->done);
  g_free (group);
}

static GenExchangeGroup *
group_new (guint threads)
{
  GenExchangeGroup *group = g_new0 (GenExchangeGroup, 1);

  group->processes = 1;
  group->n_members = threads;
  group->members = g_new0 (GenExchange, threads);
  for (guint i = 0; i < threads; i++)
    group->members[i] = (GenExchange){ .group = group, .number = i };
  group->requests = g_ptr_array_new_with_free_func (request_free);
  g_mutex_init (&group->lock);
  g_cond_init (&group->asked);
  g_cond_init (&group->done);
  return group;
}

GenExchangeGroup *
gen_exchange_group_new (const GenExchangeEngine *engine, guint members, GError **error)
{
  GenExchangeGroup *group;
  const GenExchangeTransport *transport;
  gpointer connection = NULL;
  guint process = 0, processes = 1;

  if (engine == &gen_exchange_engine_auto)
    engine = gen_exchange_engine_wanted ();
  if (!gen_exchange_engine_load (engine, &transport, error) ||
      (transport != NULL && (connection = transport->open (&process, &processes, error)) == NULL))
    return NULL;
  if (members % processes != 0) {
    g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
        "exchange: %u parts are not the same number for each of %u processes", members, processes);
    if (transport != NULL)
      transport->close (connection, TRUE);
    return NULL;
  }
  group = group_new (MAX (members / processes, 1));
  group->transport = transport;
  group->connection = connection;
  group->process = process;
  group->processes = processes;
  group->thread = g_thread_new ("exchange", run, group);
  return group;
}

guint
gen_exchange_group_n_members (const GenExchangeGroup *group)
{
  return group->n_members;
}

GenExchange *
gen_exchange_group_member (GenExchangeGroup *group, guint i)
{
  return &group->members[i];
}

guint
gen_exchange_group_process (const GenExchangeGroup *group)
{
  return group->process;
}

guint
gen_exchange_group_processes (const GenExchangeGroup *group)
{
  return group->processes;
}

guint
gen_exchange_rank (const GenExchange *exchange)
{
  if (exchange == NULL)
    return 0;
  return exchange->group->process * exchange->group->n_members + exchange->number;
}

guint
gen_exchange_size (const GenExchange *exchange)
{
  return exchange == NULL ? 1 : exchange->group->processes * exchange->group->n_members;
}
