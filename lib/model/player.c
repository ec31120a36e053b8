/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays a model: an arrangement for each use, the latest few of them. */
#include "player-private.h"

#include <string.h>

#include "../ops/number.h"
#include "parts.h"

/* Those of two sizes, with the strides that were promised and those that came. */
#define MAX_ARRANGEMENTS 4
/* Of a staged model, for the sizes that it made last. */
#define MAX_ENDINGS 8

/* --- arrangements --- */

static void
ending_free (gpointer data)
{
  GenEnding *ending = data;

  g_clear_pointer (&ending->plan, gen_plan_free);
  g_free (ending);
}

static void
arrangement_free (gpointer data)
{
  GenArrangement *arrangement = data;

  for (guint i = 0; arrangement->numbers != NULL && i < arrangement->n_inputs; i++)
    g_free (arrangement->numbers[i]);
  g_free (arrangement->numbers);
  g_free (arrangement->room);
  g_free (arrangement->inputs);
  g_clear_pointer (&arrangement->endings, g_ptr_array_unref);
  g_clear_pointer (&arrangement->plan, gen_plan_free);
  g_clear_pointer (&arrangement->session, gen_session_free);
  g_free (arrangement);
}

static void
describe_inputs (GenArrangement *arrangement)
{
  const guint n = gen_session_n_inputs (arrangement->session);

  arrangement->n_inputs = n;
  arrangement->inputs = g_new0 (GenBinding, n);
  arrangement->numbers = g_new0 (gpointer, n);
  arrangement->room = g_new0 (gsize, n);
  for (guint i = 0; i < n; i++)
    arrangement->inputs[i] = gen_session_input (arrangement->session, i);
}

/* In the context in which frames lie, where the device has one; a staged model reads and writes
 * the system's. */
static GenArrangement *
arrange (GenPlayer *player, const GenModelUse *use, GError **error)
{
  const GenPlayerOptions *options = &player->options;
  const gboolean opens = gen_model_opens (player->model, use);
  GenArrangement *arrangement = g_new0 (GenArrangement, 1);
  GenModelUse compiled = *use;
  gint64 began = g_get_monotonic_time ();

  compiled.plan = options->plan;
  arrangement->use = compiled;
  arrangement->in_context = options->context != NULL && !opens &&
                            options->plan.device != &gen_device_cpu &&
                            options->enter (options->context);
  if (opens) {
    arrangement->session = gen_model_open (player->model, &compiled, error);
    arrangement->endings = g_ptr_array_new_with_free_func (ending_free);
  } else {
    arrangement->plan = gen_model_compile (player->model, &compiled, error);
  }
  if (arrangement->in_context)
    options->leave (options->context);
  if (arrangement->plan == NULL && arrangement->session == NULL) {
    arrangement_free (arrangement);
    return NULL;
  }
  if (arrangement->session != NULL)
    describe_inputs (arrangement);
  else
    arrangement->packs = gen_packs_find (arrangement->plan);
  g_debug ("%s in %.1f ms: %d frames of %d pictures a run",
      arrangement->plan != NULL ? "compiled" : "opened, to be compiled with the first frame,",
      (double)(g_get_monotonic_time () - began) / 1e3, use->frames, use->pictures);
  return arrangement;
}

/* --- which one plays --- */

/* The number of the arrangement for `use`, as many as there are where there is none. */
static guint
find_kept (const GenPlayer *player, const GenModelUse *use)
{
  guint i = 0;

  while (i < player->arrangements->len) {
    const GenArrangement *kept = g_ptr_array_index (player->arrangements, i);

    if (gen_model_use_equal (&kept->use, use))
      break;
    i++;
  }
  return i;
}

gboolean
gen_player_keeps (const GenPlayer *player, const GenModelUse *use)
{
  return find_kept (player, use) < player->arrangements->len;
}

static void
play (GenPlayer *player, GenArrangement *arrangement)
{
  const GenArrangement *before = player->now;

  player->now = arrangement;
  player->ending = NULL;
  if (arrangement != before)
    gen_player_continue_from (player, before);
  gen_player_write_parameters (player);
  if (player->arrangements->len == MAX_ARRANGEMENTS)
    g_ptr_array_remove_index (player->arrangements, MAX_ARRANGEMENTS - 1);
  g_ptr_array_insert (player->arrangements, 0, arrangement);
}

gboolean
gen_player_prepare (GenPlayer *player, const GenModelUse *use, GError **announced, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const guint kept = find_kept (player, use);
  GenArrangement *arrangement = NULL;

  g_ptr_array_set_size (player->fences, 0);
  if (kept < player->arrangements->len)
    arrangement = g_ptr_array_steal_index (player->arrangements, kept);
  if (arrangement == NULL)
    arrangement = arrange (player, use, &failure);
  if (arrangement == NULL && gen_player_fall_back (player, failure)) {
    g_propagate_error (announced, g_steal_pointer (&failure));
    arrangement = arrange (player, use, &failure);
  }
  if (arrangement == NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  play (player, arrangement);
  return TRUE;
}

gboolean
gen_player_fall_back (GenPlayer *player, const GError *error)
{
  if (error == NULL || error->domain != GEN_DEVICE_ERROR || !player->options.falls_back ||
      player->options.plan.device == &gen_device_cpu)
    return FALSE;
  player->options.plan.device = &gen_device_cpu;
  gen_player_forget (player);
  return TRUE;
}

void
gen_player_forget (GenPlayer *player)
{
  g_ptr_array_set_size (player->arrangements, 0);
  g_clear_pointer (&player->chroma, gen_plan_free);
  player->now = NULL;
  player->ending = NULL;
}

/* --- the player --- */

GenPlayer *
gen_player_new (GenModel *model, const GenPlayerOptions *options)
{
  GenPlayer *player = g_new0 (GenPlayer, 1);

  player->model = gen_model_ref (model);
  player->options = *options;
  if (player->options.plan.device == NULL)
    player->options.plan.device = &gen_device_cpu;
  if (player->options.context != NULL)
    g_object_ref (player->options.context);
  player->arrangements = g_ptr_array_new_with_free_func (arrangement_free);
  player->fences = g_ptr_array_new ();
  player->parameters = g_new0 (GenNumbers *, model->graph->inputs->len + 1);
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->parameters[i] != NULL)
      player->parameters[i] = gen_numbers_copy (model->parameters[i]);
  return player;
}

void
gen_player_free (GenPlayer *player)
{
  if (player == NULL)
    return;
  g_ptr_array_unref (player->arrangements);
  g_ptr_array_unref (player->fences);
  g_clear_pointer (&player->chroma, gen_plan_free);
  for (guint i = 0; i < player->model->graph->inputs->len; i++)
    g_free (player->parameters[i]);
  g_free (player->parameters);
  gen_model_unref (player->model);
  g_clear_object (&player->options.context);
  g_free (player);
}

GenModel *
gen_player_model (const GenPlayer *player)
{
  return player->model;
}

const GenPlanOptions *
gen_player_options (const GenPlayer *player)
{
  return &player->options.plan;
}

const GenModelUse *
gen_player_use (const GenPlayer *player)
{
  return player->now != NULL ? &player->now->use : NULL;
}

gboolean
gen_player_shares_context (const GenPlayer *player)
{
  return player->now != NULL && player->now->in_context;
}

/* --- a run --- */

static void
wait_for (GenPlayer *player, const GenFrame *frame)
{
  if (frame != NULL && frame->fence != NULL)
    g_ptr_array_add (player->fences, frame->fence);
}

static void
bind_input_planes (GenArrangement *now, guint first, guint n, const GenFrame *frame)
{
  for (guint p = 0; p < n; p++) {
    void *data = frame != NULL ? frame->planes[p] : NULL;

    if (now->session != NULL)
      now->inputs[first + p].data = data;
    else if (frame != NULL && frame->on_device)
      gen_plan_bind_device_input (now->plan, first + p, data);
    else
      gen_plan_bind_input (now->plan, first + p, data);
  }
}

void
gen_player_bind_input_frame (GenPlayer *player, guint i, const GenFrame *frame)
{
  const guint planes = (guint)gen_frame_layout_planes (&player->now->use.from);

  wait_for (player, frame);
  bind_input_planes (player->now, i * planes, planes, frame);
}

void
gen_player_bind_side_input (GenPlayer *player, guint side, guint i, const GenFrame *frame)
{
  const GenModelUse *use = &player->now->use;
  const guint planes = (guint)gen_frame_layout_planes (&use->inputs[side].layout);
  const guint first = gen_use_frame_inputs (use) + gen_use_side_bindings (use, use->inputs, side);

  wait_for (player, frame);
  bind_input_planes (player->now, first + i * planes, planes, frame);
}

static void
bind_planes (GenPlan *plan, guint first, guint n, const GenFrame *frame)
{
  for (guint p = 0; p < n; p++) {
    void *data = frame != NULL ? frame->planes[p] : NULL;

    if (frame != NULL && frame->on_device)
      gen_plan_bind_device_output (plan, first + p, data);
    else
      gen_plan_bind_output (plan, first + p, data);
  }
}

void
gen_player_bind_output_frame (GenPlayer *player, guint i, const GenFrame *frame)
{
  guint planes = (guint)gen_frame_layout_planes (&player->now->use.to);

  wait_for (player, frame);
  bind_planes (player->now->plan, i * planes, planes, frame);
}

void
gen_player_bind_side_output (GenPlayer *player, guint side, guint i, const GenFrame *frame)
{
  const GenModelUse *use = &player->now->use;
  const GenModelSide *of = &use->outputs[side];
  const guint planes = of->in_frames ? (guint)gen_frame_layout_planes (&of->layout) : 1;
  const guint first = gen_use_frame_outputs (use) + gen_use_side_bindings (use, use->outputs, side);

  wait_for (player, frame);
  bind_planes (player->now->plan, first + i * planes, planes, frame);
}

const GenBinding *
gen_player_side_output (const GenPlayer *player, guint side)
{
  const GenModelUse *use = &player->now->use;

  return gen_plan_output (player->now->plan,
      gen_use_frame_outputs (use) + gen_use_side_bindings (use, use->outputs, side));
}

void
gen_player_keep_part (GenPlayer *player, guint i, const GenKeptPart *part)
{
  GenPlan *plan = player->now->plan;
  GenKeptPart *parts = gen_plan_input (plan, gen_plan_n_inputs (plan) - 1)->data;

  parts[i] = *part;
}

/* Kernels want numbers aligned, which tensors behind each other need not be; a device takes them
 * from memory of the plan's, which is pinned. */
static gboolean
can_bind (const GenPlayer *player, const void *data)
{
  return player->options.plan.device == &gen_device_cpu &&
         GPOINTER_TO_SIZE (data) % sizeof (gint64) == 0;
}

/* A session has no memory for its inputs. */
static void *
own_numbers (GenArrangement *now, guint place)
{
  if (now->numbers[place] == NULL || now->inputs[place].size > now->room[place]) {
    now->room[place] = MAX (now->inputs[place].size, 1);
    g_free (now->numbers[place]);
    now->numbers[place] = g_malloc0 (now->room[place]);
  }
  return now->inputs[place].data = now->numbers[place];
}

void *
gen_player_numbers (GenPlayer *player, guint i)
{
  const guint place = gen_player_place (player, i);
  GenArrangement *now = player->now;

  if (now->plan != NULL) {
    gen_plan_bind_input (now->plan, place, NULL);
    return gen_plan_input (now->plan, place)->data;
  }
  return own_numbers (now, place);
}

void
gen_player_bind_numbers (GenPlayer *player, guint i, const void *data)
{
  const guint place = gen_player_place (player, i);
  GenArrangement *now = player->now;

  if (!can_bind (player, data))
    memcpy (gen_player_numbers (player, i), data,
        now->plan != NULL ? gen_plan_input (now->plan, place)->size : now->inputs[place].size);
  else if (now->plan != NULL)
    gen_plan_bind_input (now->plan, place, data);
  else
    now->inputs[place].data = (void *)data;
}

void
gen_player_set_tokens (GenPlayer *player, guint i, const gint64 *ids, gsize n)
{
  const guint place = gen_player_place (player, i);
  GenArrangement *now = player->now;
  GenBinding *input = &now->inputs[place];

  input->shape = GEN_SHAPE (1, (gint64)n);
  input->size = n * gen_data_type_size (input->type);
  own_numbers (now, place);
  for (gsize k = 0; k < n; k++)
    gen_number_set (input->type, input->data, k, (double)ids[k]);
}

/* Let the run begin when what others have under way on its frames is done. */
static gboolean
pass_fences (GenPlayer *player, GError **error)
{
  for (guint i = 0; i < player->fences->len; i++)
    if (!gen_plan_wait (player->now->plan, g_ptr_array_index (player->fences, i), error))
      return FALSE;
  g_ptr_array_set_size (player->fences, 0);
  return TRUE;
}

static gboolean
run_once (GenPlayer *player, GError **error)
{
  GenArrangement *now = player->now;

  if (now->plan != NULL)
    return pass_fences (player, error) && gen_plan_run (now->plan, error);
  return gen_session_run (now->session, now->inputs, error) &&
         gen_player_keep_states (player, error);
}

/* All runs that make a sample. One that is cut short has not begun. */
static gboolean
run (GenPlayer *player, GError **error)
{
  player->ending = NULL;
  for (int i = 0; i < player->model->runs; i++)
    if (!run_once (player, error)) {
      const GenExtents extents = gen_model_extents (&player->now->use);

      gen_model_explain (player->model, &extents, error);
      if (i > 0)
        gen_player_reset (player);
      return FALSE;
    }
  return TRUE;
}

gboolean
gen_player_run (GenPlayer *player, GError **error)
{
  GenArrangement *now = player->now;
  gint64 began;

  if (G_LIKELY (now->first_run > 0))
    return run (player, error);
  began = g_get_monotonic_time ();
  if (!run (player, error))
    return FALSE;
  now->first_run = MAX (g_get_monotonic_time () - began, 1);
  return TRUE;
}

gboolean
gen_player_run_on_zeros (GenPlayer *player, GError **error)
{
  GenArrangement *now = player->now;
  gboolean good;

  for (guint i = 0; i < now->n_inputs; i++)
    memset (own_numbers (now, i), 0, now->inputs[i].size);
  gen_player_write_parameters (player);
  good = gen_player_run (player, error);
  gen_player_reset (player);
  return good;
}

gint64
gen_player_warm_up (GenPlayer *player)
{
  /* What goes wrong here does so again at the next run, which reports it. */
  if (player->now->first_run == 0 && player->now->plan != NULL && gen_player_run (player, NULL))
    gen_player_take_not_finite (player);
  gen_player_reset (player);
  return player->now->first_run;
}

const GenBinding *
gen_player_output (const GenPlayer *player)
{
  const GenArrangement *now = player->now;

  if (now->session != NULL)
    return gen_session_output (now->session, 0);
  return now->use.to_frames ? NULL : gen_plan_output (now->plan, 0);
}

static GenEnding *
find_ending (GenArrangement *now, const GenModelUse *use, const GenShape *shape, GError **error)
{
  GenEnding *ending = NULL;

  for (guint i = 0; i < now->endings->len && ending == NULL; i++) {
    const GenEnding *kept = g_ptr_array_index (now->endings, i);

    if (gen_shape_equal (&kept->shape, shape) && gen_frame_layout_equal (&kept->to, &use->to) &&
        kept->to_sound.int16 == use->to_sound.int16)
      ending = g_ptr_array_steal_index (now->endings, i);
  }
  if (ending == NULL) {
    ending = g_new0 (GenEnding, 1);
    *ending =
        (GenEnding){ *shape, use->to, use->to_sound, gen_model_compile_frame (use, shape, error) };
  }
  if (ending->plan == NULL) {
    ending_free (ending);
    return NULL;
  }
  if (now->endings->len == MAX_ENDINGS)
    g_ptr_array_remove_index (now->endings, MAX_ENDINGS - 1);
  g_ptr_array_insert (now->endings, 0, ending);
  return ending;
}

gboolean
gen_player_write_frame (GenPlayer *player, int pictures, int height, int width,
    const GenFrameLayout *to, const GenFrame *frame, GError **error)
{
  GenArrangement *now = player->now;
  const GenBinding *made = gen_player_output (player);
  GenModelUse use = now->use;

  use.frames = 1;
  use.pictures = pictures;
  use.output.height = height;
  use.output.width = width;
  use.to = *to;
  player->ending = find_ending (now, &use, &made->shape, error);
  if (player->ending == NULL)
    return FALSE;
  gen_plan_bind_input (player->ending->plan, 0, made->data);
  bind_planes (player->ending->plan, 0, gen_plan_n_outputs (player->ending->plan), frame);
  return gen_plan_run (player->ending->plan, error);
}

gboolean
gen_player_write_sound (GenPlayer *player, const GenSoundLayout *to, void *data, GError **error)
{
  GenArrangement *now = player->now;
  const GenBinding *made = gen_player_output (player);
  const GenShape shape = GEN_SHAPE (1, 1, gen_shape_elements (&made->shape));
  GenModelUse use = now->use;

  use.frames = use.pictures = 1;
  use.to_sound = *to;
  player->ending = find_ending (now, &use, &shape, error);
  if (player->ending == NULL)
    return FALSE;
  gen_plan_bind_input (player->ending->plan, 0, made->data);
  gen_plan_bind_output (player->ending->plan, 0, data);
  return gen_plan_run (player->ending->plan, error);
}

guint64
gen_player_take_not_finite (GenPlayer *player)
{
  const guint64 told = player->not_finite;

  player->not_finite = 0;
  if (player->now->plan != NULL)
    return told | gen_packs_take_not_finite (&player->now->packs);
  return player->ending != NULL ? gen_model_take_not_finite (player->ending->plan) : 0;
}
