/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model remembers of each member's frames. It lies in the member's own plan, where a reset
 * finds it, goes into the member's place in the plan of a run, and comes back from there: weights
 * are what members share, never what they have seen. A sampler's states are of its steps alone, and
 * begin anew with each frame. */
#include "shared-private.h"

#include <string.h>

#include "../model/player-private.h"

/* The axis along which `many` holds `frames` times `one`; -1 where it does not. */
static int
find_axis (const GenShape *one, const GenShape *many, int frames)
{
  int axis = -1;

  if (one->rank != many->rank)
    return -1;
  for (int d = 0; d < one->rank; d++) {
    if (one->dims[d] == many->dims[d])
      continue;
    if (axis >= 0 || many->dims[d] != frames * one->dims[d])
      return -1;
    axis = d;
  }
  return axis;
}

static gboolean
has_states (const GenPlayer *player)
{
  return player->model->sampler == &gen_sampler_once && gen_model_has_states (player->model);
}

gboolean
gen_shared_states_fit (const GenPlayer *player, const GenPlayer *one, int frames)
{
  const GenPlan *many = player->now->plan, *alone = one->now->plan;

  if (!has_states (player))
    return TRUE;
  for (guint i = 0; i < gen_plan_n_states (alone); i++) {
    const GenBinding *from = gen_plan_state (alone, i), *to = gen_plan_state (many, i);

    if (to == NULL || strcmp (from->name, to->name) != 0 || from->type != to->type ||
        find_axis (&from->shape, &to->shape, frames) < 0)
      return FALSE;
  }
  return TRUE;
}

/* Place number `frame` of `many`, which has `frames`, from `one`, or the way back. */
static void
copy_state (const GenBinding *many, guint frame, int frames, const GenBinding *one, gboolean back)
{
  const int axis = find_axis (&one->shape, &many->shape, frames);
  gsize rows = 1, size;

  for (int d = 0; d < axis; d++)
    rows *= (gsize)one->shape.dims[d];
  size = one->size / MAX (rows, 1);
  for (gsize r = 0; r < rows; r++) {
    guint8 *place = (guint8 *)many->data + (r * (gsize)frames + frame) * size;
    guint8 *own = (guint8 *)one->data + r * size;

    memcpy (back ? own : place, back ? place : own, size);
  }
}

static void
copy_states (GenPlayer *player, guint frame, GenPlayer *member, gboolean back)
{
  const GenPlan *many = player->now->plan, *alone = member->now->plan;

  if (!has_states (player))
    return;
  for (guint i = 0; i < gen_plan_n_states (alone); i++)
    copy_state (
        gen_plan_state (many, i), frame, player->now->use.frames, gen_plan_state (alone, i), back);
}

void
gen_shared_take_states (GenPlayer *player, guint frame, GenPlayer *from)
{
  copy_states (player, frame, from, FALSE);
}

void
gen_shared_give_states (GenPlayer *player, guint frame, GenPlayer *to)
{
  copy_states (player, frame, to, TRUE);
}
