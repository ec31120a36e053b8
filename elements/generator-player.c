/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays a model: compiled for the frames that are there, kept for when they come back to that
 * size, and changed between two frames when the model's file is replaced. */
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

/* Whether players for `a` and `b` read and write the same memory; a staged model's writes none. */
static gboolean
uses_agree (const GenModel *model, const GenModelUse *a, const GenModelUse *b)
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

/* Compile `model` as `use` says. */
static Player *
player_new (GstGenerator *self, GenModel *model, const GenModelUse *use, GError **error)
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

/* From now on `player` plays. (transfer full) */
static void
play (GstGenerator *self, Player *player)
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

    if (kept->model == model && uses_agree (model, &kept->use, use))
      player = g_ptr_array_steal_index (self->players, i);
  }
  if (player != NULL)
    GST_DEBUG_OBJECT (self, "what was compiled for these frames before plays again");
  if (player == NULL)
    player = player_new (self, model, use, &failure);
  if (player == NULL && gst_generator_fall_back (self, failure)) {
    g_clear_error (&failure);
    gst_generator_forget_players (self);
    changed.plan.device = &gen_device_cpu;
    player = player_new (self, model, &changed, &failure);
  }
  if (player == NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  player->use = changed;
  play (self, player);
  return TRUE;
}

void
gst_generator_forget_players (GstGenerator *self)
{
  g_ptr_array_set_size (self->players, 0);
  self->player = NULL;
}

void
gst_generator_adopt (GstGenerator *self, const Player *next)
{
  GenModel *old;

  GST_OBJECT_LOCK (self);
  old = self->ports.model;
  self->ports.model = gen_model_ref (next->model);
  self->ports.input = next->ports.input;
  self->ports.second = next->ports.second;
  self->ports.output = next->ports.output;
  GST_OBJECT_UNLOCK (self);
  gst_generator_describe_tensors (self, &self->ports);
  self->told_not_finite = FALSE;
  gen_model_unref (old);
}

/* --- reloading --- */

/* `use`, of another model's ports; the size of a picture stays what has been negotiated. */
static GenModelUse
with_ports (const GenModelUse *use, const GstGeneratorPorts *ports)
{
  GenModelUse changed = *use;

  changed.input = ports->input;
  changed.output = ports->output;
  changed.output.height = use->output.height;
  changed.output.width = use->output.width;
  return changed;
}

/* Load and compile the new file for the caps that are being played. */
static Player *
prepare_next (GstGenerator *self, const char *path, GError **error)
{
  g_autoptr (GenModel) model = gen_model_load (path, error);
  GstGeneratorPorts ports = { 0 }, now;
  GenModelUse use;
  Player *next;

  if (model == NULL || !gst_generator_find_ports (self, model, &ports, error))
    return NULL;
  GST_OBJECT_LOCK (self);
  now = self->ports;
  use = self->use;
  GST_OBJECT_UNLOCK (self);
  if (ports.input.kind != now.input.kind || ports.input.length != now.input.length ||
      ports.second.kind != now.second.kind || ports.second.type != now.second.type ||
      ports.second.length != now.second.length || ports.input.channels != now.input.channels ||
      ports.input.width != now.input.width || ports.input.height != now.input.height ||
      ports.output.channels != now.output.channels || ports.output.width != now.output.width ||
      ports.output.height != now.output.height ||
      (ports.input.batch == 1) != (now.input.batch == 1) || ports.staged != now.staged) {
    g_autofree char *text = gen_model_describe (model);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: the new model %s, which is not what is being played; stop the pipeline to change to "
        "it",
        path, text);
    return NULL;
  }
  use = with_ports (&use, &ports);
  next = player_new (self, model, &use, error);
  if (next != NULL)
    next->ports = ports;
  return next;
}

void
gst_generator_file_changed (gpointer data)
{
  GstGenerator *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Player *next;
  gboolean playing;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->settings.model);
  playing = self->ports.model != NULL && self->use.frames > 0;
  GST_OBJECT_UNLOCK (self);
  if (!playing)
    return;
  next = prepare_next (self, path, &error);
  if (next == NULL) {
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("The new model is not played, the old one goes on: %s", error->message), (NULL));
    return;
  }
  gst_generator_warn_of_ranges (self, &next->ports);
  gst_generator_player_free (gst_generator_take_next (self));
  g_atomic_pointer_set (&self->next, next);
  GST_INFO_OBJECT (self, "%s has changed, and is ready to be played from the next frame on", path);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generator-reload", "model", G_TYPE_STRING, path, NULL)));
}

/* Take over what the watch has made ready. Caps or strides may have changed since: then the
 * model is compiled again, here. */
gboolean
gst_generator_change_player (GstGenerator *self)
{
  Player *next = gst_generator_take_next (self);
  g_autoptr (GError) error = NULL;
  gboolean changed = TRUE;
  GenModelUse use;

  if (next == NULL)
    return TRUE;
  GST_INFO_OBJECT (self, "the new model plays from this frame on");
  gst_generator_adopt (self, next);
  use = with_ports (&self->player->use, &next->ports);
  gst_generator_forget_players (self);
  if (uses_agree (next->model, &next->use, &use)) {
    play (self, next);
    return TRUE;
  }
  changed = gst_generator_compile (self, next->model, &use, &error);
  if (!changed)
    gst_generative_post_error (GST_ELEMENT (self), error);
  gst_generator_player_free (next);
  return changed;
}
