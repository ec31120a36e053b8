/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a player holds from run to run: parameters, and what the model remembers. */
#include "player-private.h"

#include <string.h>

#include "parts.h"

/* How many inputs of a plan are planes of the frames that are played. */
guint
gen_use_frame_inputs (const GenModelUse *use)
{
  if (!use->from_frames)
    return 0;
  return (guint)use->frames * (guint)MAX (use->window, 1) *
         (guint)gen_frame_layout_planes (&use->from);
}

/* And how many of its outputs what is played is made of. */
guint
gen_use_frame_outputs (const GenModelUse *use)
{
  if (!use->to_frames)
    return 1;
  return (guint)use->frames * (guint)MAX (use->made, 1) *
         (use->output.kind == GEN_PORT_SOUND ? 1 : (guint)gen_frame_layout_planes (&use->to));
}

/* The same of the first `n` of `sides`. */
guint
gen_use_side_bindings (const GenModelUse *use, const GenModelSide *sides, guint n)
{
  guint count = 0;

  for (guint k = 0; k < n; k++)
    count += sides[k].in_frames
                 ? (guint)use->frames * (guint)gen_frame_layout_planes (&sides[k].layout)
                 : 1;
  return count;
}

/* Where input number `i` of the model is among those of the plan or session. */
guint
gen_player_place (const GenPlayer *player, guint i)
{
  const GenArrangement *now = player->now;
  const GenModelUse *use = &now->use;
  /* Frames come first. */
  guint place =
      gen_use_frame_inputs (use) + gen_use_side_bindings (use, use->inputs, use->n_inputs);

  for (guint k = 0; k < i; k++)
    if (!(use->from_frames && gen_model_use_feeds (player->model, use, k)) &&
        gen_model_use_side (player->model, use, k) < 0 &&
        player->model->inputs[k].part != GEN_PART_LENGTH &&
        (player->model->inputs[k].part != GEN_PART_STATE || now->session != NULL))
      place++;
  return place;
}

static void
write_parameter (GenPlayer *player, guint i)
{
  const guint place = gen_player_place (player, i);
  const GenArrangement *now = player->now;
  const GenBinding input =
      now->plan != NULL ? *gen_plan_input (now->plan, place) : now->inputs[place];

  gen_numbers_write (player->parameters[i], input.type, gen_player_numbers (player, i),
      input.size / gen_data_type_size (input.type));
}

void
gen_player_write_parameters (GenPlayer *player)
{
  for (guint i = 0; i < player->model->graph->inputs->len; i++)
    if (player->parameters[i] != NULL)
      write_parameter (player, i);
}

gboolean
gen_player_set_parameter (
    GenPlayer *player, const char *name, const GenNumbers *numbers, GError **error)
{
  const GenModel *model = player->model;
  guint i = 0;

  /* Which is for another model to be made of the file. */
  if (model->fixed != NULL && g_strv_contains ((const char *const *)model->fixed, name))
    return TRUE;
  while (i < model->graph->inputs->len &&
         (model->inputs[i].part != GEN_PART_PARAMETER || strcmp (model->inputs[i].name, name) != 0))
    i++;
  if (i == model->graph->inputs->len) {
    g_set_error (
        error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "the model has no parameter '%s'", name);
    return FALSE;
  }
  if (player->parameters[i] != NULL && player->parameters[i]->n != numbers->n) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "parameter '%s' has %u numbers, not %u", name, player->parameters[i]->n, numbers->n);
    return FALSE;
  }
  if (!gen_parts_check_numbers (model, i, "property parameters", numbers, error))
    return FALSE;
  g_free (player->parameters[i]);
  player->parameters[i] = gen_numbers_copy (numbers);
  if (player->now != NULL)
    write_parameter (player, i);
  return TRUE;
}

/* GenParameterFunc */
static gboolean
set_parameter (gpointer player, const char *name, const GenNumbers *numbers, GError **error)
{
  return gen_player_set_parameter (player, name, numbers, error);
}

gboolean
gen_player_set_parameters (GenPlayer *player, const char *text, GError **error)
{
  return gen_parameters_parse (text, set_parameter, player, error);
}

static gboolean
is_state (const GenPlayer *player, guint i)
{
  return player->model->inputs[i].part == GEN_PART_STATE;
}

/* Of a session, whose states are inputs like others. */
static void
reset_numbers (GenPlayer *player)
{
  GenArrangement *now = player->now;

  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const guint place = gen_player_place (player, i);

    if (!is_state (player, i))
      continue;
    now->inputs[place] = gen_session_input (now->session, place);
    memset (gen_player_numbers (player, i), 0, now->inputs[place].size);
  }
}

void
gen_player_reset (GenPlayer *player)
{
  GenArrangement *now = player->now;

  if (now == NULL)
    return;
  if (now->plan != NULL)
    gen_plan_set_draw (now->plan, 0);
  else
    gen_session_set_draw (now->session, 0);
  if (!gen_model_has_states (player->model))
    return;
  if (now->plan != NULL)
    gen_plan_reset_states (now->plan);
  else
    reset_numbers (player);
}

/* Let the states of a plan be those of another one that have their names and shapes. */
static void
copy_states (GenPlan *plan, GenPlan *before)
{
  if (!gen_plan_fetch_states (before, NULL))
    return;
  for (guint i = 0; i < gen_plan_n_states (plan); i++) {
    const GenBinding *to = gen_plan_state (plan, i);
    const GenBinding *from = gen_plan_find (before, to->name);

    if (from != NULL && from->type == to->type && gen_shape_equal (&from->shape, &to->shape))
      memcpy (to->data, from->data, to->size);
  }
  gen_plan_states_changed (plan);
}

/* And of a session's inputs. */
static void
copy_numbers (GenPlayer *player, const GenArrangement *before)
{
  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const guint place = gen_player_place (player, i);

    if (!is_state (player, i) || place >= before->n_inputs || before->numbers[place] == NULL)
      continue;
    player->now->inputs[place] = before->inputs[place];
    memcpy (gen_player_numbers (player, i), before->numbers[place], before->inputs[place].size);
  }
}

void
gen_player_continue_from (GenPlayer *player, const GenArrangement *before)
{
  gen_player_reset (player);
  if (before == NULL || !gen_model_has_states (player->model))
    return;
  if (player->now->plan != NULL && before->plan != NULL)
    copy_states (player->now->plan, before->plan);
  else if (player->now->session != NULL && before->session != NULL)
    copy_numbers (player, before);
}

void
gen_player_continue (GenPlayer *player, GenPlayer *before)
{
  if (player->now != NULL)
    gen_player_continue_from (player, before->now);
}

/* What a session made of its states, behind what it made to be seen, goes in with the next run. */
gboolean
gen_player_keep_states (GenPlayer *player, GError **error)
{
  GenArrangement *now = player->now;
  guint output = 1;

  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const GenBinding *made;
    const guint place = gen_player_place (player, i);

    if (!is_state (player, i))
      continue;
    made = gen_session_output (now->session, output++);
    if (!gen_shape_equal (&now->inputs[place].shape, &made->shape))
      return gen_model_refuse_growth (
          player->model, i, &now->inputs[place].shape, &made->shape, error);
    /* Which may lie where it came from. */
    memmove (gen_player_numbers (player, i), made->data, made->size);
  }
  return TRUE;
}
