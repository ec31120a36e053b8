/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for each other. Whoever finds that a run is due makes it, for itself and for others; one
 * of those that wait, the keeper, has a time after which it looks again, and all others are woken.
 * So there is no thread that a frame would have to be handed to and back: a member that is alone
 * plays as if it were none. */
#include "shared-private.h"

#include "../model/player-private.h"

/* --- runs --- */

void
gen_shared_wake_next (GenSharedGroup *group)
{
  const GenBatchRequest *request = gen_batch_policy_next (group->policy);
  GenSharedMember *member = request != NULL ? request->data : NULL;

  if (member != NULL)
    pthread_cond_signal (&member->changed);
}

/* The members of the decision, outside the lock. */
static gboolean
play (GenSharedGroup *group, GError **error)
{
  const GenBatchDecision *decision = &group->decision;
  GenSharedMember *members[GEN_BATCH_MAX];

  for (guint i = 0; i < decision->n; i++)
    members[i] = decision->members[i].request.data;
  if (decision->size == 1)
    return gen_player_run (members[0]->player, error);
  return gen_shared_run (group->players[decision->size], members, decision->n, error);
}

/* Make the run that has been decided, under the lock, which others have meanwhile. */
static void
lead (GenSharedGroup *group)
{
  const GenBatchDecision *decision = &group->decision;
  g_autoptr (GError) error = NULL;
  gint64 took;
  gboolean good;

  group->running = TRUE;
  group->keeper = NULL;
  for (guint i = 0; i < decision->n; i++)
    ((GenSharedMember *)decision->members[i].request.data)->state = GEN_SHARED_RUNNING;
  pthread_mutex_unlock (&group->lock);
  took = g_get_monotonic_time ();
  good = play (group, &error);
  took = g_get_monotonic_time () - took;
  pthread_mutex_lock (&group->lock);
  group->running = FALSE;
  if (good)
    gen_batch_policy_note (group->policy, decision->size, (double)took);
  for (guint i = 0; i < decision->n; i++) {
    GenSharedMember *member = decision->members[i].request.data;

    member->state = GEN_SHARED_DONE;
    member->error = good ? NULL : g_error_copy (error);
    pthread_cond_signal (&member->changed);
  }
  gen_shared_wake_next (group);
}

/* --- waiting --- */

/* Until something has changed, or it is time to look again. */
static void
wait_until (GenSharedGroup *group, GenSharedMember *member, gint64 until)
{
  const struct timespec time = { .tv_sec = until / G_USEC_PER_SEC,
    .tv_nsec = until % G_USEC_PER_SEC * 1000 };

  if (until == GEN_BATCH_NEVER || (group->keeper != NULL && group->keeps_until <= until)) {
    pthread_cond_wait (&member->changed, &group->lock);
    return;
  }
  group->keeper = member;
  group->keeps_until = until;
  pthread_cond_timedwait (&member->changed, &group->lock, &time);
  if (group->keeper == member)
    group->keeper = NULL;
}

static guint64
find_kind (GenSharedGroup *group, GenSharedMember *member)
{
  for (guint i = 0; i < group->members->len; i++) {
    const GenSharedMember *other = g_ptr_array_index (group->members, i);

    if (other != member && other->state == GEN_SHARED_WAITING &&
        gen_shared_same_parameters (other->player, member->player))
      return other->kind;
  }
  return ++group->kinds;
}

static void
submit (GenSharedGroup *group, GenSharedMember *member, gint64 patience, gint64 deadline)
{
  GenBatchRequest request = { .session = member->session,
    .arrival = g_get_monotonic_time (),
    .patience = CLAMP (patience, 0, G_MAXINT32),
    .deadline = deadline,
    .cost = 1,
    .data = member };

  member->kind = request.kind = find_kind (group, member);
  member->state = GEN_SHARED_WAITING;
  gen_batch_policy_submit (group->policy, &request);
}

/* FALSE where it is to be cancelled. */
static gboolean
wait_for_run (GenSharedGroup *group, GenSharedMember *member)
{
  while (member->state != GEN_SHARED_DONE) {
    if (member->cancelled && member->state == GEN_SHARED_WAITING) {
      gen_batch_policy_withdraw (group->policy, member->session, member);
      gen_shared_wake_next (group);
      return FALSE;
    }
    if (!group->running)
      gen_batch_policy_decide (group->policy, g_get_monotonic_time (), &group->decision);
    if (group->running)
      wait_until (group, member, GEN_BATCH_NEVER);
    else if (group->decision.n > 0)
      lead (group);
    else
      wait_until (group, member, group->decision.until);
  }
  return TRUE;
}

gboolean
gen_shared_member_run (GenSharedMember *member, gint64 patience, gint64 deadline, GError **error)
{
  GenSharedGroup *group = member->group;
  g_autoptr (GError) failure = NULL;
  gboolean made = FALSE;

  pthread_mutex_lock (&group->lock);
  if (!member->cancelled) {
    submit (group, member, patience, deadline);
    made = wait_for_run (group, member);
  }
  member->state = GEN_SHARED_IDLE;
  failure = g_steal_pointer (&member->error);
  pthread_mutex_unlock (&group->lock);
  if (!made)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "a frame is not wanted any more");
  else if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    return TRUE;
  return FALSE;
}

static void
set_cancelled (GenSharedMember *member, gboolean cancelled)
{
  pthread_mutex_lock (&member->group->lock);
  member->cancelled = cancelled;
  pthread_cond_signal (&member->changed);
  pthread_mutex_unlock (&member->group->lock);
}

void
gen_shared_member_cancel (GenSharedMember *member)
{
  set_cancelled (member, TRUE);
}

void
gen_shared_member_resume (GenSharedMember *member)
{
  set_cancelled (member, FALSE);
}

/* --- members --- */

GenSharedMember *
gen_shared_member_new (GenPlayer *player, const GenSharedOptions *options, GError **error)
{
  const GenSharedOptions sane = { .most = CLAMP (options->most, 1, GEN_SHARED_MAX_FRAMES),
    .exact = options->exact && options->most > 1 };
  GenSharedGroup *group = gen_shared_group_join (player, &sane, error);
  GenSharedMember *member;

  if (group == NULL)
    return NULL;
  member = g_new0 (GenSharedMember, 1);
  member->player = player;
  member->group = group;
  gen_shared_init_cond (&member->changed);
  pthread_mutex_lock (&group->lock);
  member->session = gen_batch_policy_add (group->policy);
  g_ptr_array_add (group->members, member);
  pthread_mutex_unlock (&group->lock);
  return member;
}

void
gen_shared_member_free (GenSharedMember *member)
{
  GenSharedGroup *group;

  if (member == NULL)
    return;
  group = member->group;
  pthread_mutex_lock (&group->lock);
  gen_batch_policy_remove (group->policy, member->session);
  g_ptr_array_remove (group->members, member);
  /* Nobody needs to wait for it any more. */
  gen_shared_wake_next (group);
  pthread_mutex_unlock (&group->lock);
  gen_shared_group_leave (group);
  pthread_cond_destroy (&member->changed);
  g_free (member);
}

void
gen_shared_member_settle (GenSharedMember *member)
{
  GenSharedGroup *group = member->group;

  pthread_mutex_lock (&group->lock);
  while (group->compiling)
    pthread_cond_wait (&group->settled, &group->lock);
  pthread_mutex_unlock (&group->lock);
}

GenSharedFigures
gen_shared_member_figures (GenSharedMember *member)
{
  GenSharedGroup *group = member->group;
  GenSharedFigures figures;
  GenBatchFigures of;

  pthread_mutex_lock (&group->lock);
  of = gen_batch_policy_figures (group->policy);
  figures = (GenSharedFigures){ .members = group->members->len,
    .largest = group->largest,
    .runs = of.runs,
    .frames = of.frames,
    .padding = of.padding,
    .late = of.late,
    .refused = g_strdup (group->refused) };
  pthread_mutex_unlock (&group->lock);
  return figures;
}
