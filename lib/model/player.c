/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays a model: an arrangement for each use, the latest few of them. */
#include <generative/player.h>

#include <string.h>

#include "parts.h"

/* Those of two sizes, with the strides that were promised and those that came. */
#define MAX_ARRANGEMENTS 4
/* Of a staged model, for the sizes that it made last. */
#define MAX_ENDINGS 8

/* What puts numbers of a shape into a frame. */
typedef struct {
  GenShape shape;
  GenFrameLayout to;
  GenPlan *plan;
} Ending;

/* A model that has been compiled, or opened, for a use. */
typedef struct {
  GenModelUse use;
  GenPlan *plan;
  GenSession *session; /* in its place, of a staged model: it makes the numbers of pictures, */
  GPtrArray *endings;  /* and these put them into frames */
  GenBinding *inputs;  /* of the session, */
  gpointer *numbers;   /* and memory for them; as many as n_inputs */
  gsize *room;         /* bytes of it */
  guint n_inputs;
  gboolean in_context;
  gint64 first_run; /* how long it took, in microseconds; 0 before it */
} Arrangement;

struct _GenPlayer {
  GenModel *model;
  GenPlayerOptions options;
  GPtrArray *arrangements; /* those used last, the first being the one that plays */
  Arrangement *now;        /* or NULL */
  Ending *ending;          /* that wrote the last frame, or NULL */
  GPtrArray *fences;
  GenNumbers **parameters; /* of each of the model's inputs, or NULL */
};

/* --- uses --- */

gboolean
gen_frame_layout_equal (const GenFrameLayout *a, const GenFrameLayout *b)
{
  return a->columns == b->columns && a->bytes == b->bytes && a->planar == b->planar &&
         a->stride == b->stride && a->upward == b->upward && a->studio_range == b->studio_range &&
         a->ycbcr == b->ycbcr && a->full_range == b->full_range && a->luma[0] == b->luma[0] &&
         a->luma[1] == b->luma[1] && a->sited_x == b->sited_x && a->sited_y == b->sited_y &&
         a->chroma_stride == b->chroma_stride && a->n_order == b->n_order &&
         memcmp (a->order, b->order, sizeof a->order) == 0;
}

static gboolean
ports_equal (const GenPort *a, const GenPort *b)
{
  return g_strcmp0 (a->name, b->name) == 0 && a->kind == b->kind && a->type == b->type &&
         a->batch == b->batch && a->length == b->length && a->frames == b->frames &&
         a->channels == b->channels && a->height == b->height && a->width == b->width &&
         a->channels_last == b->channels_last && a->bgr == b->bgr &&
         memcmp (a->mean, b->mean, sizeof a->mean) == 0 && a->classes == b->classes &&
         memcmp (a->std, b->std, sizeof a->std) == 0;
}

static gboolean
sides_equal (const GenModelSide *a, const GenModelSide *b, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!ports_equal (&a[i].port, &b[i].port) || a[i].in_frames != b[i].in_frames ||
        (a[i].in_frames && !gen_frame_layout_equal (&a[i].layout, &b[i].layout)))
      return FALSE;
  return TRUE;
}

static gboolean
sound_layouts_equal (const GenSoundLayout *a, const GenSoundLayout *b)
{
  return a->int16 == b->int16 && a->skip == b->skip && a->keep == b->keep;
}

gboolean
gen_model_use_equal (const GenModelUse *a, const GenModelUse *b)
{
  return ports_equal (&a->input, &b->input) && ports_equal (&a->output, &b->output) &&
         ports_equal (&a->mask, &b->mask) && a->n_inputs == b->n_inputs &&
         a->n_outputs == b->n_outputs && sides_equal (a->inputs, b->inputs, a->n_inputs) &&
         sides_equal (a->outputs, b->outputs, a->n_outputs) && a->frames == b->frames &&
         a->window == b->window && a->pictures == b->pictures && a->height == b->height &&
         a->width == b->width && a->from_frames == b->from_frames && a->to_frames == b->to_frames &&
         a->in_parts == b->in_parts && a->luma == b->luma &&
         (!a->from_frames || gen_frame_layout_equal (&a->from, &b->from)) &&
         (!a->to_frames || gen_frame_layout_equal (&a->to, &b->to)) && a->length == b->length &&
         sound_layouts_equal (&a->from_sound, &b->from_sound) &&
         sound_layouts_equal (&a->to_sound, &b->to_sound);
}

/* --- arrangements --- */

static void
ending_free (gpointer data)
{
  Ending *ending = data;

  g_clear_pointer (&ending->plan, gen_plan_free);
  g_free (ending);
}

static void
arrangement_free (gpointer data)
{
  Arrangement *arrangement = data;

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
describe_inputs (Arrangement *arrangement)
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
static Arrangement *
arrange (GenPlayer *player, const GenModelUse *use, GError **error)
{
  const GenPlayerOptions *options = &player->options;
  Arrangement *arrangement = g_new0 (Arrangement, 1);
  GenModelUse compiled = *use;
  gint64 began = g_get_monotonic_time ();

  compiled.plan = options->plan;
  arrangement->use = compiled;
  arrangement->in_context = options->context != NULL && !player->model->staged &&
                            options->plan.device != &gen_device_cpu &&
                            options->enter (options->context);
  if (player->model->staged) {
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
  g_debug ("%s in %.1f ms: %d frames of %d pictures a run",
      arrangement->plan != NULL ? "compiled" : "opened, to be compiled with the first frame,",
      (double)(g_get_monotonic_time () - began) / 1e3, use->frames, use->pictures);
  return arrangement;
}

/* --- parameters and states --- */

/* How many inputs of a plan are planes of the frames that are played. */
static guint
count_frame_inputs (const GenModelUse *use)
{
  if (!use->from_frames)
    return 0;
  return (guint)use->frames * (guint)MAX (use->window, 1) *
         (guint)gen_frame_layout_planes (&use->from);
}

/* And how many of its outputs what is played is made of. */
static guint
count_frame_outputs (const GenModelUse *use)
{
  if (!use->to_frames)
    return 1;
  return (guint)use->frames *
         (use->output.kind == GEN_PORT_SOUND ? 1 : (guint)gen_frame_layout_planes (&use->to));
}

/* The same of the first `n` of `sides`. */
static guint
count_sides (const GenModelUse *use, const GenModelSide *sides, guint n)
{
  guint count = 0;

  for (guint k = 0; k < n; k++)
    count += sides[k].in_frames
                 ? (guint)use->frames * (guint)gen_frame_layout_planes (&sides[k].layout)
                 : 1;
  return count;
}

/* Where input number `i` of the model is among those of the plan or session. */
static guint
place_of (const GenPlayer *player, guint i)
{
  const Arrangement *now = player->now;
  const GenModelUse *use = &now->use;
  /* Frames come first. */
  guint place = count_frame_inputs (use) + count_sides (use, use->inputs, use->n_inputs);

  for (guint k = 0; k < i; k++)
    if (!(use->from_frames && gen_model_use_feeds (player->model, use, k)) &&
        gen_model_use_side (player->model, use, k) < 0 &&
        (player->model->inputs[k].part != GEN_PART_STATE || now->session != NULL))
      place++;
  return place;
}

static void
write_parameter (GenPlayer *player, guint i)
{
  const guint place = place_of (player, i);
  const Arrangement *now = player->now;
  const GenBinding input =
      now->plan != NULL ? *gen_plan_input (now->plan, place) : now->inputs[place];

  gen_numbers_write (player->parameters[i], input.type, gen_player_numbers (player, i),
      input.size / gen_data_type_size (input.type));
}

static void
write_parameters (GenPlayer *player)
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
  g_free (player->parameters[i]);
  player->parameters[i] = gen_numbers_copy (numbers);
  if (player->now != NULL)
    write_parameter (player, i);
  return TRUE;
}

static gboolean
say_parameter (
    gpointer player, const char *key, const char *name, const char *value, GError **error)
{
  g_autofree GenNumbers *numbers = gen_numbers_parse (value);

  if (numbers != NULL)
    return gen_player_set_parameter (player, name, numbers, error);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s has \"%s\" for '%s', which should be numbers with colons between", key, value, name);
  return FALSE;
}

gboolean
gen_player_set_parameters (GenPlayer *player, const char *text, GError **error)
{
  return gen_parts_say_all (player, "property parameters", text, say_parameter, error);
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
  Arrangement *now = player->now;

  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const guint place = place_of (player, i);

    if (!is_state (player, i))
      continue;
    now->inputs[place] = gen_session_input (now->session, place);
    memset (gen_player_numbers (player, i), 0, now->inputs[place].size);
  }
}

void
gen_player_reset (GenPlayer *player)
{
  Arrangement *now = player->now;

  if (now == NULL || !gen_model_has_states (player->model))
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
copy_numbers (GenPlayer *player, const Arrangement *before)
{
  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const guint place = place_of (player, i);

    if (!is_state (player, i) || place >= before->n_inputs || before->numbers[place] == NULL)
      continue;
    player->now->inputs[place] = before->inputs[place];
    memcpy (gen_player_numbers (player, i), before->numbers[place], before->inputs[place].size);
  }
}

static void
continue_from (GenPlayer *player, const Arrangement *before)
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
    continue_from (player, before->now);
}

/* --- which one plays --- */

/* The number of the arrangement for `use`, as many as there are where there is none. */
static guint
find_kept (const GenPlayer *player, const GenModelUse *use)
{
  guint i = 0;

  while (i < player->arrangements->len) {
    const Arrangement *kept = g_ptr_array_index (player->arrangements, i);

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
play (GenPlayer *player, Arrangement *arrangement)
{
  const Arrangement *before = player->now;

  player->now = arrangement;
  player->ending = NULL;
  if (arrangement != before)
    continue_from (player, before);
  write_parameters (player);
  if (player->arrangements->len == MAX_ARRANGEMENTS)
    g_ptr_array_remove_index (player->arrangements, MAX_ARRANGEMENTS - 1);
  g_ptr_array_insert (player->arrangements, 0, arrangement);
}

gboolean
gen_player_prepare (GenPlayer *player, const GenModelUse *use, GError **announced, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const guint kept = find_kept (player, use);
  Arrangement *arrangement = NULL;

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
bind_input_planes (Arrangement *now, guint first, guint n, const GenFrame *frame)
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
  const guint first = count_frame_inputs (use) + count_sides (use, use->inputs, side);

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
  const guint first = count_frame_outputs (use) + count_sides (use, use->outputs, side);

  wait_for (player, frame);
  bind_planes (player->now->plan, first + i * planes, planes, frame);
}

const GenBinding *
gen_player_side_output (const GenPlayer *player, guint side)
{
  const GenModelUse *use = &player->now->use;

  return gen_plan_output (
      player->now->plan, count_frame_outputs (use) + count_sides (use, use->outputs, side));
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
own_numbers (Arrangement *now, guint place)
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
  const guint place = place_of (player, i);
  Arrangement *now = player->now;

  if (now->plan != NULL) {
    gen_plan_bind_input (now->plan, place, NULL);
    return gen_plan_input (now->plan, place)->data;
  }
  return own_numbers (now, place);
}

void
gen_player_bind_numbers (GenPlayer *player, guint i, const void *data)
{
  const guint place = place_of (player, i);
  Arrangement *now = player->now;

  if (!can_bind (player, data))
    memcpy (gen_player_numbers (player, i), data,
        now->plan != NULL ? gen_plan_input (now->plan, place)->size : now->inputs[place].size);
  else if (now->plan != NULL)
    gen_plan_bind_input (now->plan, place, data);
  else
    now->inputs[place].data = (void *)data;
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

/* What a session made of its states, behind what it made to be seen, goes in with the next run. */
static void
keep_states (GenPlayer *player)
{
  Arrangement *now = player->now;
  guint output = 1;

  for (guint i = 0; i < player->model->graph->inputs->len; i++) {
    const GenBinding *made;
    const guint place = place_of (player, i);

    if (!is_state (player, i))
      continue;
    made = gen_session_output (now->session, output++);
    now->inputs[place].shape = made->shape;
    now->inputs[place].size = made->size;
    /* Which may lie where it came from. */
    memmove (gen_player_numbers (player, i), made->data, made->size);
  }
}

static gboolean
run_once (GenPlayer *player, GError **error)
{
  Arrangement *now = player->now;

  if (now->plan != NULL)
    return pass_fences (player, error) && gen_plan_run (now->plan, error);
  if (!gen_session_run (now->session, now->inputs, error))
    return FALSE;
  keep_states (player);
  return TRUE;
}

/* All runs that make a sample. One that is cut short has not begun. */
static gboolean
run (GenPlayer *player, GError **error)
{
  player->ending = NULL;
  for (int i = 0; i < player->model->runs; i++)
    if (!run_once (player, error)) {
      if (i > 0)
        gen_player_reset (player);
      return FALSE;
    }
  return TRUE;
}

gboolean
gen_player_run (GenPlayer *player, GError **error)
{
  Arrangement *now = player->now;
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
  Arrangement *now = player->now;
  gboolean good;

  for (guint i = 0; i < now->n_inputs; i++)
    memset (own_numbers (now, i), 0, now->inputs[i].size);
  write_parameters (player);
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
  const Arrangement *now = player->now;

  if (now->session != NULL)
    return gen_session_output (now->session, 0);
  return now->use.to_frames ? NULL : gen_plan_output (now->plan, 0);
}

static Ending *
find_ending (Arrangement *now, const GenModelUse *use, const GenShape *shape, GError **error)
{
  Ending *ending = NULL;

  for (guint i = 0; i < now->endings->len && ending == NULL; i++) {
    const Ending *kept = g_ptr_array_index (now->endings, i);

    if (gen_shape_equal (&kept->shape, shape) && gen_frame_layout_equal (&kept->to, &use->to))
      ending = g_ptr_array_steal_index (now->endings, i);
  }
  if (ending == NULL) {
    ending = g_new0 (Ending, 1);
    *ending = (Ending){ *shape, use->to, gen_model_compile_frame (use, shape, error) };
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
  Arrangement *now = player->now;
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

guint64
gen_player_take_not_finite (GenPlayer *player)
{
  if (player->now->plan != NULL)
    return gen_model_take_not_finite (player->now->plan);
  return player->ending != NULL ? gen_model_take_not_finite (player->ending->plan) : 0;
}
