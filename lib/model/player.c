/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays a model: an arrangement for each use, the latest few of them. */
#include <generative/player.h>

#include <string.h>

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
         a->batch == b->batch && a->length == b->length && a->channels == b->channels &&
         a->height == b->height && a->width == b->width && a->channels_last == b->channels_last &&
         memcmp (a->mean, b->mean, sizeof a->mean) == 0 &&
         memcmp (a->std, b->std, sizeof a->std) == 0;
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
         a->frames == b->frames && a->pictures == b->pictures && a->height == b->height &&
         a->width == b->width && a->from_frames == b->from_frames && a->to_frames == b->to_frames &&
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
  if (player->arrangements->len == MAX_ARRANGEMENTS)
    g_ptr_array_remove_index (player->arrangements, MAX_ARRANGEMENTS - 1);
  g_ptr_array_insert (player->arrangements, 0, arrangement);
  player->now = arrangement;
  player->ending = NULL;
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
  return player;
}

void
gen_player_free (GenPlayer *player)
{
  if (player == NULL)
    return;
  g_ptr_array_unref (player->arrangements);
  g_ptr_array_unref (player->fences);
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

void
gen_player_bind_input_frame (GenPlayer *player, guint i, const GenFrame *frame)
{
  Arrangement *now = player->now;
  guint planes = (guint)gen_frame_layout_planes (&now->use.from);

  wait_for (player, frame);
  for (guint p = 0; p < planes; p++) {
    void *data = frame != NULL ? frame->planes[p] : NULL;

    if (now->session != NULL)
      now->inputs[i * planes + p].data = data;
    else if (frame != NULL && frame->on_device)
      gen_plan_bind_device_input (now->plan, i * planes + p, data);
    else
      gen_plan_bind_input (now->plan, i * planes + p, data);
  }
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

/* Kernels want numbers aligned, which tensors behind each other need not be; a device takes them
 * from memory of the plan's, which is pinned. */
static gboolean
can_bind (const GenPlayer *player, const void *data)
{
  return player->options.plan.device == &gen_device_cpu &&
         GPOINTER_TO_SIZE (data) % sizeof (gint64) == 0;
}

void *
gen_player_numbers (GenPlayer *player, guint i)
{
  Arrangement *now = player->now;

  if (now->plan != NULL) {
    gen_plan_bind_input (now->plan, i, NULL);
    return gen_plan_input (now->plan, i)->data;
  }
  if (now->numbers[i] == NULL)
    now->numbers[i] = g_malloc0 (MAX (now->inputs[i].size, 1));
  return now->inputs[i].data = now->numbers[i];
}

void
gen_player_bind_numbers (GenPlayer *player, guint i, const void *data)
{
  Arrangement *now = player->now;

  if (!can_bind (player, data))
    memcpy (gen_player_numbers (player, i), data,
        now->plan != NULL ? gen_plan_input (now->plan, i)->size : now->inputs[i].size);
  else if (now->plan != NULL)
    gen_plan_bind_input (now->plan, i, data);
  else
    now->inputs[i].data = (void *)data;
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
run (GenPlayer *player, GError **error)
{
  Arrangement *now = player->now;

  player->ending = NULL;
  if (now->plan != NULL)
    return pass_fences (player, error) && gen_plan_run (now->plan, error);
  return gen_session_run (now->session, now->inputs, error);
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

  for (guint i = 0; i < now->n_inputs; i++)
    memset (gen_player_numbers (player, i), 0, now->inputs[i].size);
  return gen_player_run (player, error);
}

gint64
gen_player_warm_up (GenPlayer *player)
{
  /* What goes wrong here does so again at the next run, which reports it. */
  if (player->now->first_run == 0 && player->now->plan != NULL && gen_player_run (player, NULL))
    gen_player_take_not_finite (player);
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
