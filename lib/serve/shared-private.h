/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/shared-player.h>
#include <pthread.h>

#include "batch-policy.h"

G_STATIC_ASSERT (GEN_SHARED_NO_DEADLINE == GEN_BATCH_NO_DEADLINE);

/* Members that play the same. Its locks are POSIX's, not GLib's: the thread sanitizer would not
 * see those. */
typedef struct {
  /* What they have in common. */
  GenModel *model;
  GenModelUse use; /* of one frame */
  GenPlanOptions plan;
  GenSharedOptions options;

  /* Under the lock of all groups. */
  guint n_members;
  GThread *compiler; /* of plans for more frames; NULL before there are two members */

  gint closing; /* atomic: no further plan is wanted */
  pthread_mutex_t lock;
  pthread_cond_t settled;

  /* Under its own lock. */
  GenBatchPolicy *policy;
  GPtrArray *members;
  guint64 kinds;           /* that were given so far */
  GenSharedMember *keeper; /* who waits for a time, */
  gint64 keeps_until;      /* this one */
  guint largest;
  gboolean compiling;
  char *refused;

  gboolean running; /* somebody makes a run: the decision and the players are his */
  GenBatchDecision decision;
  GenPlayer *players[GEN_SHARED_MAX_FRAMES + 1]; /* by frames a run; of one, a member's own plays */
} GenSharedGroup;

typedef enum {
  GEN_SHARED_IDLE,
  GEN_SHARED_WAITING,
  GEN_SHARED_RUNNING,
  GEN_SHARED_DONE,
} GenSharedState;

struct _GenSharedMember {
  GenPlayer *player;
  GenSharedGroup *group;

  /* Under the group's lock. */
  guint session; /* of the policy */
  guint64 kind;  /* of the frame that waits */
  GenSharedState state;
  gboolean cancelled;
  GError *error; /* of a run that is done */
  pthread_cond_t changed;
};

/* --- shared-group.c --- */

/* The group of those that play as `player` does, which the caller is a member of from now on. */
GenSharedGroup *gen_shared_group_join (
    GenPlayer *player, const GenSharedOptions *options, GError **error);
void gen_shared_group_leave (GenSharedGroup *group);
void gen_shared_init_cond (pthread_cond_t *cond);

/* --- shared-player.c --- */

/* Let the member whose turn it is see to what waits. Under the group's lock. */
void gen_shared_wake_next (GenSharedGroup *group);

/* --- shared-run.c --- */

/* Whether frames of both can share a run. */
gboolean gen_shared_same_parameters (const GenPlayer *a, const GenPlayer *b);
/* Whether the plan of `player`, which has been prepared for several frames, has `frames` times what
 * `one`, of one frame, has. */
gboolean gen_shared_fits (const GenPlayer *player, GenPlayer *one, int frames);
/* Make what the `n` members have bound in one run of `player`. */
gboolean gen_shared_run (
    GenPlayer *player, GenSharedMember *const *members, guint n, GError **error);

/* --- shared-states.c --- */

/* Whether what `player`, of `frames` frames a run, remembers is that many times what `one` does. */
gboolean gen_shared_states_fit (const GenPlayer *player, const GenPlayer *one, int frames);
/* Frame number `frame` of the run goes on with what `from` remembers, */
void gen_shared_take_states (GenPlayer *player, guint frame, GenPlayer *from);
/* and `to` remembers what became of that. */
void gen_shared_give_states (GenPlayer *player, guint frame, GenPlayer *to);

/* --- shared-trial.c --- */

/* Whether a frame is the same in runs of `player`, which is prepared for several, as alone in
 * `one`. */
gboolean gen_shared_try (GenPlayer *player, GenPlayer *one, GError **error);
