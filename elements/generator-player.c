/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays a model: compiled for the frames that are there, and kept for when they come back to
 * that size. */
#include "generator.h"

#include "cudaframes.h"
#include "debug.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* Players that are kept: those of two sizes, with the strides that caps say and those of pools. */
#define MAX_PLAYERS 4

void
gst_generator_player_free (Player *player)
{
  if (player == NULL)
    return;
  g_clear_pointer (&player->plan, gen_plan_free);
  g_clear_pointer (&player->session, gen_session_free);
  g_clear_pointer (&player->endings, g_ptr_array_unref);
  gen_model_unref (player->model);
  g_clear_object (&player->cuda);
  g_free (player);
}

gboolean
gst_generator_uses_agree (const GenModel *model, const GenModelUse *a, const GenModelUse *b)
{
  return a->plan.device == b->plan.device && a->frames == b->frames && a->pictures == b->pictures &&
         a->height == b->height && a->width == b->width &&
         gst_generative_layout_equal (&a->from, &b->from) &&
         (model->staged ||
             (a->output.height == b->output.height && a->output.width == b->output.width &&
                 gst_generative_layout_equal (&a->to, &b->to)));
}

/* The context that a plan is to work in, so that it can use the neighbours' frames as they are. A
 * staged model reads and writes the system's. */
static GstObject *
get_context (GstGenerator *self, const GenModel *model, const GenModelUse *use)
{
  GstObject *context = NULL;

  GST_OBJECT_LOCK (self);
  if (self->cuda != NULL && use->plan.device == &gen_device_cuda && !model->staged)
    context = gst_object_ref (self->cuda);
  GST_OBJECT_UNLOCK (self);
  return context;
}

Player *
gst_generator_player_new (
    GstGenerator *self, GenModel *model, const GenModelUse *use, GError **error)
{
  g_autofree char *options = gst_generative_describe_options (&use->plan);
  Player *player = g_new0 (Player, 1);
  gint64 began = g_get_monotonic_time ();

  player->cuda = get_context (self, model, use);
  if (player->cuda != NULL && !gst_generative_cuda_enter (player->cuda))
    g_clear_object (&player->cuda);
  player->model = gen_model_ref (model);
  player->use = *use;
  player->run_time = GST_CLOCK_TIME_NONE;
  if (model->staged) {
    player->session = gen_model_open (model, use, error);
    player->endings = g_ptr_array_new_with_free_func (gst_generator_ending_free);
  } else {
    player->plan = gen_model_compile (model, use, error);
  }
  if (player->cuda != NULL)
    gst_generative_cuda_leave ();
  if (player->plan == NULL && player->session == NULL)
    g_clear_pointer (&player, gst_generator_player_free);
  else
    GST_INFO_OBJECT (self, "%s in %.1f ms: %d frames of %d pictures a run; %s",
        player->plan != NULL ? "compiled" : "opened, to be compiled with the first frame,",
        gst_generative_since (began), use->frames, use->pictures, options);
  return player;
}

Player *
gst_generator_take_next (GstGenerator *self)
{
  Player *next = g_atomic_pointer_get (&self->next);

  while (next != NULL && !g_atomic_pointer_compare_and_exchange (&self->next, next, NULL))
    next = g_atomic_pointer_get (&self->next);
  return next;
}

gboolean
gst_generator_find_ports (
    GstGenerator *self, GenModel *model, GstGeneratorPorts *ports, GError **error)
{
  g_autofree char *input_range = NULL, *output_range = NULL;
  int width, height;

  GST_OBJECT_LOCK (self);
  input_range = g_strdup (self->settings.input_range);
  output_range = g_strdup (self->settings.output_range);
  width = self->settings.width;
  height = self->settings.height;
  ports->columns = (int)self->settings.columns;
  GST_OBJECT_UNLOCK (self);
  return gst_generator_choose_ports (ports, model, width, height, error) &&
         gst_generative_override_range (&ports->input, "input-range", input_range, error) &&
         gst_generative_override_range (&ports->output, "output-range", output_range, error);
}

void
gst_generator_warn_of_ranges (GstGenerator *self, const GstGeneratorPorts *ports)
{
  GstElement *element = GST_ELEMENT (self);

  if (ports->input.kind == GEN_PORT_PICTURE)
    gst_generative_warn_of_range (element, ports->model, &ports->input, FALSE, "input-range");
  gst_generative_warn_of_range (element, ports->model, &ports->output, TRUE, "output-range");
}

void
gst_generator_play (GstGenerator *self, Player *player)
{
  if (self->players->len == MAX_PLAYERS)
    g_ptr_array_remove_index (self->players, MAX_PLAYERS - 1);
  g_ptr_array_insert (self->players, 0, player);
  self->player = player;
  GST_OBJECT_LOCK (self);
  self->use = player->use;
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_generator_fall_back (GstGenerator *self, const GError *error)
{
  gboolean falls;

  if (error->domain != GEN_DEVICE_ERROR)
    return FALSE;
  GST_OBJECT_LOCK (self);
  falls = self->settings.device == GST_GENERATIVE_DEVICE_AUTO &&
          self->use.plan.device != &gen_device_cpu;
  if (falls) {
    self->use.plan.device = &gen_device_cpu;
    self->ports.prefers_cuda = FALSE;
  }
  GST_OBJECT_UNLOCK (self);
  if (falls)
    GST_INFO_OBJECT (self, "falls back to the CPU: %s", error->message);
  if (falls)
    gst_generative_announce_cpu (GST_ELEMENT (self), error);
  return falls;
}

gboolean
gst_generator_compile (GstGenerator *self, GenModel *model, const GenModelUse *use, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GenModelUse changed = *use;
  Player *player = NULL;

  for (guint i = 0; i < self->players->len && player == NULL; i++) {
    const Player *kept = g_ptr_array_index (self->players, i);

    if (kept->model == model && gst_generator_uses_agree (model, &kept->use, use))
      player = g_ptr_array_steal_index (self->players, i);
  }
  if (player != NULL)
    GST_DEBUG_OBJECT (self, "what was compiled for these frames before plays again");
  if (player == NULL)
    player = gst_generator_player_new (self, model, use, &failure);
  if (player == NULL && gst_generator_fall_back (self, failure)) {
    g_clear_error (&failure);
    gst_generator_forget_players (self);
    changed.plan.device = &gen_device_cpu;
    player = gst_generator_player_new (self, model, &changed, &failure);
  }
  if (player == NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  player->use = changed;
  gst_generator_play (self, player);
  return TRUE;
}

void
gst_generator_forget_players (GstGenerator *self)
{
  g_ptr_array_set_size (self->players, 0);
  self->player = NULL;
}

GenModelUse
gst_generator_use_of (const GenModelUse *use, const GstGeneratorPorts *ports, guint batch)
{
  GenModelUse changed = *use;

  changed.input = ports->input;
  changed.output = ports->output;
  changed.output.height = use->output.height;
  changed.output.width = use->output.width;
  if (use->frames > 0)
    changed.frames = ports->input.batch == 1 ? 1 : (int)batch;
  return changed;
}

void
gst_generator_time_player (Player *player)
{
  GstClockTime start = gst_util_get_timestamp ();

  if (player->plan == NULL || GST_CLOCK_TIME_IS_VALID (player->run_time))
    return;
  /* What goes wrong here does so again at the first frame, which reports it. */
  gen_plan_run (player->plan, NULL);
  gen_model_take_not_finite (player->plan);
  player->run_time = gst_util_get_timestamp () - start;
}
