/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run of what several have bound to players of their own, each for one frame: by a plan of many
 * frames, which reads and writes where they do. */
#include "shared-private.h"

#include <string.h>

#include "../model/player-private.h"

/* --- parameters --- */

static gboolean
numbers_same (const GenNumbers *a, const GenNumbers *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return a->n == b->n && memcmp (a->values, b->values, a->n * sizeof *a->values) == 0;
}

gboolean
gen_shared_same_parameters (const GenPlayer *a, const GenPlayer *b)
{
  for (guint i = 0; i < a->model->graph->inputs->len; i++)
    if (!numbers_same (a->parameters[i], b->parameters[i]))
      return FALSE;
  return TRUE;
}

/* Let `player` have those of `like`. */
static void
take_parameters (GenPlayer *player, const GenPlayer *like)
{
  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const GenBinding *input;

    if (like->parameters[i] == NULL)
      continue;
    input = gen_plan_input (player->now->plan, gen_player_place (player, i));
    gen_numbers_write (like->parameters[i], input->type, input->data,
        input->size / gen_data_type_size (input->type));
  }
}

/* --- what flows --- */

/* Whether input number `i` of the model are numbers that each frame has of its own. */
static gboolean
is_of_frames (const GenPlayer *player, guint i)
{
  const GenModelUse *use = &player->now->use;

  return player->model->inputs[i].part == GEN_PART_FLOW &&
         !(use->from_frames && gen_model_use_feeds (player->model, use, i));
}

gboolean
gen_shared_fits (const GenPlayer *player, GenPlayer *one, int frames)
{
  const GenPlan *many = player->now->plan, *alone = one->now->plan;

  for (guint i = 0; i < player->model->graph->inputs->len; i++)
    if (is_of_frames (player, i) &&
        gen_plan_input (many, gen_player_place (player, i))->size !=
            (gsize)frames * gen_plan_input (alone, gen_player_place (one, i))->size)
      return FALSE;
  return gen_shared_states_fit (player, one, frames) &&
         (player->now->use.to_frames ||
             gen_plan_output (many, 0)->size == (gsize)frames * gen_plan_output (alone, 0)->size);
}

static void
copy_numbers (GenPlayer *player, guint frame, const GenPlayer *from)
{
  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const GenBinding *one;
    guint8 *all;

    if (!is_of_frames (player, i))
      continue;
    one = gen_plan_input (from->now->plan, gen_player_place (from, i));
    all = gen_plan_input (player->now->plan, gen_player_place (player, i))->data;
    memcpy (all + frame * one->size, one->data, one->size);
  }
}

/* Frame number `frame` is that of `from`; NULL: nobody's. */
static void
bind_frame (GenPlayer *player, guint frame, const GenPlayer *from)
{
  const GenModelUse *use = &player->now->use;
  const guint in = gen_use_frame_inputs (use) / (guint)use->frames;
  const guint out = use->to_frames ? gen_use_frame_outputs (use) / (guint)use->frames : 0;
  GenPlan *plan = player->now->plan;

  for (guint p = 0; p < in; p++)
    gen_plan_bind_input (
        plan, frame * in + p, from != NULL ? gen_plan_input (from->now->plan, p)->data : NULL);
  for (guint p = 0; p < out; p++)
    gen_plan_bind_output (
        plan, frame * out + p, from != NULL ? gen_plan_output (from->now->plan, p)->data : NULL);
  if (from != NULL)
    copy_numbers (player, frame, from);
}

static void
bind (GenPlayer *player, GenSharedMember *const *members, guint n)
{
  take_parameters (player, members[0]->player);
  for (guint i = 0; i < (guint)player->now->use.frames; i++)
    bind_frame (player, i, i < n ? members[i]->player : NULL);
  for (guint i = 0; i < n; i++)
    gen_shared_take_states (player, i, members[i]->player);
}

/* --- what is made --- */

static void
hand_out_numbers (GenPlayer *player, GenSharedMember *const *members, guint n)
{
  const guint8 *all = gen_plan_output (player->now->plan, 0)->data;

  for (guint i = 0; i < n; i++) {
    const GenBinding *one = gen_plan_output (members[i]->player->now->plan, 0);

    memcpy (one->data, all + i * one->size, one->size);
  }
}

/* What is told of one frame is told of the first of its player. */
static void
hand_out_told (GenPlayer *player, GenSharedMember *const *members, guint n)
{
  const guint64 told = gen_player_take_not_finite (player);

  for (guint i = 0; i < n; i++)
    members[i]->player->not_finite |= told >> i & 1;
}

gboolean
gen_shared_run (GenPlayer *player, GenSharedMember *const *members, guint n, GError **error)
{
  bind (player, members, n);
  if (!gen_player_run (player, error))
    return FALSE;
  if (!player->now->use.to_frames)
    hand_out_numbers (player, members, n);
  for (guint i = 0; i < n; i++)
    gen_shared_give_states (player, i, members[i]->player);
  hand_out_told (player, members, n);
  return TRUE;
}
