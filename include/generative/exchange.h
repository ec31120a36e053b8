/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * GenExchange: one training by several members, each with its copy of the nets and its part of
 * every batch: in processes that `mpirun` or `srun` has started, on one machine or on many, and in
 * threads of one process. What they exchange are sums of numbers (gradients, figures), and a few
 * bytes now and then (whether to go on).
 *
 * A sum is a tree over the members in their order: of the sum of the first half and that of the
 * second. So it is the same to the bit on all members, run after run, and whether four members are
 * four processes, two with two threads each or one with four: where numbers of members and of
 * processes are powers of two. Of others it is the same for the same layout.
 *
 * All members ask for the same exchanges in the same order. A sum is begun, goes on by itself on a
 * thread of the group, and is waited for where it is needed:
 *
 *   group = gen_exchange_group_new (&gen_exchange_engine_auto, 0, &error);
 *   member = gen_exchange_group_member (group, 0);
 *   gen_exchange_begin_sum (member, gradient, sum, n, 1);
 *   (what else there is to do)
 *   gen_exchange_end_sum (member, sum);
 *
 * What fails once stays failed: gen_exchange_check tells. Since: 0.2
 */
typedef struct _GenExchange GenExchange;
typedef struct _GenExchangeGroup GenExchangeGroup;

#define GEN_EXCHANGE_ERROR (gen_exchange_error_quark ())
GEN_API GQuark gen_exchange_error_quark (void);
typedef enum {
  GEN_EXCHANGE_ERROR_UNKNOWN,     /* there is no engine of that name */
  GEN_EXCHANGE_ERROR_UNAVAILABLE, /* this build has not got it, or it does not start */
  GEN_EXCHANGE_ERROR_FAILED,      /* it has given out */
  GEN_EXCHANGE_ERROR_MEMBER,      /* another member has failed, as the text says */
} GenExchangeError;

/* What moves numbers between processes. */
typedef struct {
  const char *name;
  const char *description;
  /* Whether this process was started as one of several by what the engine knows. NULL: never. */
  gboolean (*is_wanted) (void);
} GenExchangeEngine;

GEN_API extern const GenExchangeEngine gen_exchange_engine_auto; /* the one that is wanted */
GEN_API extern const GenExchangeEngine gen_exchange_engine_none;
GEN_API extern const GenExchangeEngine gen_exchange_engine_mpi;

/* All of them, ended by NULL. */
GEN_API const GenExchangeEngine *const *gen_exchange_engine_list (void);
/* The engine of that name, or NULL with `error`, which lists what there is. */
GEN_API const GenExchangeEngine *gen_exchange_engine_find (const char *name, GError **error);
/* The one that this process was started by; gen_exchange_engine_none where it is alone. */
GEN_API const GenExchangeEngine *gen_exchange_engine_wanted (void);

/* The members of this process among those of all processes, which are `members` together: a
 * multiple of how many processes there are, or 0, of each one. It waits for the other processes.
 * (transfer full) */
GEN_API GenExchangeGroup *gen_exchange_group_new (
    const GenExchangeEngine *engine, guint members, GError **error);
/* Where the members have not agreed that they are done (gen_exchange_finish), and there are other
 * processes, all end at once, this one included: they would wait for ever. */
GEN_API void gen_exchange_group_free (GenExchangeGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenExchangeGroup, gen_exchange_group_free)

/* Member `i` of this process, which is one thread's at a time. (transfer none) */
GEN_API GenExchange *gen_exchange_group_member (GenExchangeGroup *group, guint i);
/* How many of the members are in this process. */
GEN_API guint gen_exchange_group_n_members (const GenExchangeGroup *group);
/* Which of the processes this is, from 0 on, and how many there are. */
GEN_API guint gen_exchange_group_process (const GenExchangeGroup *group);
GEN_API guint gen_exchange_group_processes (const GenExchangeGroup *group);

/* Which of all members it is, from 0 on, and how many there are; 0 and 1 of NULL. */
GEN_API guint gen_exchange_rank (const GenExchange *exchange);
GEN_API guint gen_exchange_size (const GenExchange *exchange);

/* Begin to sum the `n` numbers at `from` over all members, and multiply the sums by `factor`, which
 * makes means of them, into `to`, which is not to overlap. Neither is touched until the end. */
GEN_API void gen_exchange_begin_sum (
    GenExchange *exchange, const float *from, float *to, gsize n, float factor);
/* Wait for the sum in `to`. After a failure there are any numbers. */
GEN_API void gen_exchange_end_sum (GenExchange *exchange, const float *to);
/* The `size` bytes of each member, one member after the other, in `all`. FALSE after a failure. */
GEN_API gboolean gen_exchange_gather (
    GenExchange *exchange, const void *mine, gsize size, void *all, GError **error);
/* This member cannot go on: everybody's exchanges fail from here on, those of other processes when
 * the group is freed. */
GEN_API void gen_exchange_give_up (GenExchange *exchange, const GError *reason);
/* Whether nothing has failed so far. */
GEN_API gboolean gen_exchange_check (GenExchange *exchange, GError **error);

/* Whether all members are well: one that is not says so by the error in `*error`, which stays; the
 * others get that of the first one, GEN_EXCHANGE_ERROR_MEMBER, with its number. */
GEN_API gboolean gen_exchange_agree (GenExchange *exchange, gboolean well, GError **error);
/* Wait until all members have come to their end, and need each other no more. */
GEN_API void gen_exchange_finish (GenExchange *exchange);

G_END_DECLS
