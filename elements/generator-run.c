/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The generator at work: compiling for the frames that are there, taking over a new model
 * between two of them, and running. */
#include "generator.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

void
gst_generator_player_free (Player *player)
{
  if (player == NULL)
    return;
  g_clear_pointer (&player->plan, gen_plan_free);
  gen_model_unref (player->model);
  g_free (player);
}

/* Compile `model` as `use` says. */
static Player *
player_new (GenModel *model, const GenModelUse *use, GError **error)
{
  Player *player = g_new0 (Player, 1);

  player->model = gen_model_ref (model);
  player->use = *use;
  player->plan = gen_model_compile (model, use, error);
  if (player->plan == NULL)
    g_clear_pointer (&player, gst_generator_player_free);
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

gboolean
gst_generator_compile (GstGenerator *self, GenModel *model, const GenModelUse *use, GError **error)
{
  Player *player = player_new (model, use, error);

  if (player == NULL)
    return FALSE;
  gst_generator_player_free (self->player);
  self->player = player;
  GST_OBJECT_LOCK (self);
  self->use = *use;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
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
      (ports.input.batch == 1) != (now.input.batch == 1)) {
    g_autofree char *text = gen_model_describe (model);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: the new model %s, which is not what is being played; stop the pipeline to change to "
        "it",
        path, text);
    return NULL;
  }
  use = with_ports (&use, &ports);
  next = player_new (model, &use, error);
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
  gst_generator_player_free (gst_generator_take_next (self));
  g_atomic_pointer_set (&self->next, next);
  GST_INFO_OBJECT (self, "%s is played from the next frame on", path);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generator-reload", "model", G_TYPE_STRING, path, NULL)));
}

void
gst_generator_forget_batch (GstGenerator *self)
{
  for (guint i = 0; i < MAX_BATCH_SIZE; i++) {
    gst_clear_buffer (&self->slots[i].input);
    gst_clear_buffer (&self->slots[i].output);
  }
  self->n_gathered = self->n_made = self->n_given = 0;
}

/* --- frames --- */

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
  gen_model_unref (old);
}

/* Whether plans for `a` and `b` read and write the same memory. */
static gboolean
uses_agree (const GenModelUse *a, const GenModelUse *b)
{
  return a->frames == b->frames && a->pictures == b->pictures && a->height == b->height &&
         a->width == b->width && a->output.height == b->output.height &&
         a->output.width == b->output.width && gst_generative_layout_equal (&a->from, &b->from) &&
         gst_generative_layout_equal (&a->to, &b->to);
}

/* Take over what the watch has made ready. Caps or strides may have changed since: then the
 * model is compiled again, here. */
static gboolean
change_player (GstGenerator *self)
{
  Player *next = gst_generator_take_next (self);
  g_autoptr (GError) error = NULL;
  gboolean changed = TRUE;

  if (next == NULL)
    return TRUE;
  gst_generator_adopt (self, next);
  if (uses_agree (&next->use, &self->player->use)) {
    gst_generator_player_free (self->player);
    self->player = next;
    return TRUE;
  }
  next->use = with_ports (&self->player->use, &next->ports);
  changed = gst_generator_compile (self, next->model, &next->use, &error);
  if (!changed)
    gst_generative_post_error (GST_ELEMENT (self), error);
  gst_generator_player_free (next);
  return changed;
}

static void
unmap_latents (Slot *slot)
{
  for (guint i = 0; i < slot->n_maps; i++)
    gst_buffer_unmap (slot->input, &slot->maps[i]);
  slot->n_maps = 0;
}

/* The tensors of a buffer, which should each have a memory of their own; where they lie in one,
 * they follow each other. */
static gboolean
map_latents (GstGenerator *self, Slot *slot)
{
  gboolean apart = self->n_tensors > 1 && gst_buffer_n_memory (slot->input) == self->n_tensors;
  gsize size = 0, wanted = 0;

  slot->n_maps = 0;
  for (guint t = 0; t < self->n_tensors; t++) {
    if (apart || t == 0) {
      GstMapInfo *map = &slot->maps[slot->n_maps];

      if (!gst_buffer_map_range (slot->input, t, apart ? 1 : -1, map, GST_MAP_READ)) {
        unmap_latents (slot);
        return FALSE;
      }
      slot->n_maps++;
      slot->tensors[t] = map->data;
      size += map->size;
    } else {
      slot->tensors[t] = slot->tensors[t - 1] + self->sizes[t - 1];
    }
    wanted += self->sizes[t];
  }
  if (size == wanted && (!apart || slot->maps[0].size == self->sizes[0]))
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
      ("A buffer has %" G_GSIZE_FORMAT " bytes, but its caps say %" G_GSIZE_FORMAT, size, wanted),
      (NULL));
  unmap_latents (slot);
  return FALSE;
}

static gboolean
map_input (GstGenerator *self, Slot *slot)
{
  if (self->player->use.from_frames)
    return gst_video_frame_map (&slot->in_frame, &self->in_info, slot->input, GST_MAP_READ);
  return map_latents (self, slot);
}

static void
unmap_input (GstGenerator *self, Slot *slot)
{
  if (self->player->use.from_frames)
    gst_video_frame_unmap (&slot->in_frame);
  else
    unmap_latents (slot);
}

/* Compile anew when frames do not lie as caps said: pools may pad them. */
static gboolean
follow_layouts (GstGenerator *self, const Slot *slot)
{
  GenModelUse use = self->player->use;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;

  if (!gst_generative_layout_of_frame (
          &slot->out_frame, use.output.channels, use.to.columns, FALSE, &use.to) ||
      (use.from_frames && !gst_generative_layout_of_frame (
                              &slot->in_frame, use.input.channels, 1, TRUE, &use.from))) {
    GST_ELEMENT_ERROR (
        self, STREAM, FORMAT, ("The planes of a frame are not evenly spaced"), (NULL));
    return FALSE;
  }
  if (gst_generative_layout_equal (&use.to, &self->player->use.to) &&
      gst_generative_layout_equal (&use.from, &self->player->use.from))
    return TRUE;
  GST_DEBUG_OBJECT (
      self, "frames have a stride of %" G_GSIZE_FORMAT " bytes: compiling anew", use.to.stride);
  model = gen_model_ref (self->player->model);
  if (gst_generator_compile (self, model, &use, &error))
    return TRUE;
  gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* Tensors of all slots to one input each: bound when there is one buffer, else side by side. */
static void
bind_latents (GstGenerator *self, guint n)
{
  GenPlan *plan = self->player->plan;

  for (guint t = 0; t < self->n_tensors; t++) {
    guint place = self->places[t];

    if (self->batch == 1 && GPOINTER_TO_SIZE (self->slots[0].tensors[t]) % sizeof (gint64) == 0) {
      gen_plan_bind_input (plan, place, self->slots[0].tensors[t]);
      continue;
    }
    gen_plan_bind_input (plan, place, NULL);
    for (guint i = 0; i < n; i++)
      memcpy ((guint8 *)gen_plan_input (plan, place)->data + i * self->sizes[t],
          self->slots[i].tensors[t], self->sizes[t]);
  }
}

/* What goes with picture `p` of a slot, to a plan that takes one picture at a time. */
static void
copy_latent (GstGenerator *self, const Slot *slot, int p)
{
  for (guint t = 0; t < self->n_tensors; t++) {
    gsize size = self->sizes[t] / (gsize)MAX (self->input.pictures, 1);

    memcpy (gen_plan_input (self->player->plan, self->places[t])->data,
        slot->tensors[t] + (gsize)p * size, size);
  }
}

static void
run_batch (GstGenerator *self, guint n)
{
  GenPlan *plan = self->player->plan;

  if (!self->player->use.from_frames)
    bind_latents (self, n);
  for (guint i = 0; i < self->batch; i++) {
    if (self->player->use.from_frames)
      gen_plan_bind_input (plan, i, i < n ? self->slots[i].in_frame.data[0] : NULL);
    gen_plan_bind_output (plan, i, i < n ? self->slots[i].out_frame.data[0] : NULL);
  }
  gen_plan_run (plan);
}

/* A model that takes one picture at a time: each tile is a run. */
static void
run_single (GstGenerator *self, guint n)
{
  const GenModelUse *use = &self->player->use;
  GenPlan *plan = self->player->plan;

  for (guint i = 0; i < n; i++) {
    Slot *slot = &self->slots[i];
    int places = self->input.columns * self->input.rows;

    for (int p = 0; p < places; p++) {
      guint8 *tile =
          (guint8 *)slot->out_frame.data[0] +
          (gsize)(p / self->input.columns) * (gsize)use->output.height * use->to.stride +
          (gsize)(p % self->input.columns) * (gsize)use->output.width * (gsize)use->to.bytes;

      if (p < self->input.pictures) {
        if (use->from_frames)
          gen_plan_bind_input (plan, 0, slot->in_frame.data[0]);
        else
          copy_latent (self, slot, p);
        gen_plan_bind_output (plan, 0, tile);
        gen_plan_run (plan);
        continue;
      }
      for (int y = 0; y < use->output.height; y++)
        for (int plane = 0; plane < (use->to.planar ? use->to.n_order : 1); plane++)
          memset (tile + (gsize)y * use->to.stride + (gsize)plane * use->to.plane_size, 0,
              (gsize)use->output.width * (gsize)use->to.bytes);
    }
  }
}

static GstFlowReturn
map_slot (GstGenerator *self, Slot *slot)
{
  if (!map_input (self, slot))
    return GST_FLOW_ERROR;
  if (gst_video_frame_map (&slot->out_frame, &self->out_info, slot->output, GST_MAP_WRITE))
    return GST_FLOW_OK;
  unmap_input (self, slot);
  GST_ELEMENT_ERROR (
      self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
  return GST_FLOW_ERROR;
}

/* Make the pictures of the first `n` slots, whose buffers are there. */
static GstFlowReturn
run_slots (GstGenerator *self, guint n)
{
  GstFlowReturn result = GST_FLOW_OK;
  guint mapped = 0;

  if (!change_player (self))
    return GST_FLOW_ERROR;
  while (mapped < n && result == GST_FLOW_OK) {
    result = map_slot (self, &self->slots[mapped]);
    if (result == GST_FLOW_OK && !follow_layouts (self, &self->slots[mapped++]))
      result = GST_FLOW_ERROR;
  }
  if (result == GST_FLOW_OK && self->single)
    run_single (self, n);
  else if (result == GST_FLOW_OK)
    run_batch (self, n);
  for (guint i = 0; i < mapped; i++) {
    gst_video_frame_unmap (&self->slots[i].out_frame);
    unmap_input (self, &self->slots[i]);
  }
  return result;
}

/* A frame at a time. */
GstFlowReturn
gst_generator_transform (GstBaseTransform *base, GstBuffer *input, GstBuffer *output)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstFlowReturn result;

  self->slots[0].input = input;
  self->slots[0].output = output;
  result = run_slots (self, 1);
  self->slots[0].input = self->slots[0].output = NULL;
  return result;
}

/* Pictures for all that is gathered. */
static GstFlowReturn
gst_generator_run (GstGenerator *self)
{
  GstBaseTransformClass *parent = gst_generator_get_parent_class ();
  GstFlowReturn result = GST_FLOW_OK;
  guint n = self->n_gathered;

  for (guint i = 0; i < n && result == GST_FLOW_OK; i++)
    result = parent->prepare_output_buffer (
        GST_BASE_TRANSFORM (self), self->slots[i].input, &self->slots[i].output);
  if (result == GST_FLOW_OK)
    result = run_slots (self, n);
  if (result != GST_FLOW_OK) {
    gst_generator_forget_batch (self);
    return result;
  }
  for (guint i = 0; i < n; i++)
    gst_clear_buffer (&self->slots[i].input);
  self->n_gathered = self->n_given = 0;
  self->n_made = n;
  return GST_FLOW_OK;
}

/* Gather a batch, then hand out what was made of it. */
GstFlowReturn
gst_generator_generate_output (GstBaseTransform *base, GstBuffer **output)
{
  GstGenerator *self = GST_GENERATOR (base);

  if (self->batch == 1)
    return gst_generator_get_parent_class ()->generate_output (base, output);
  *output = NULL;
  if (base->queued_buf != NULL)
    self->slots[self->n_gathered++].input = g_steal_pointer (&base->queued_buf);
  if (self->n_given == self->n_made && self->n_gathered == self->batch) {
    GstFlowReturn result = gst_generator_run (self);

    if (result != GST_FLOW_OK)
      return result;
  }
  if (self->n_given < self->n_made)
    *output = g_steal_pointer (&self->slots[self->n_given++].output);
  return GST_FLOW_OK;
}

/* The rest of a batch that will not be filled. */
GstFlowReturn
gst_generator_drain (GstGenerator *self)
{
  GstFlowReturn result = self->player != NULL ? gst_generator_run (self) : GST_FLOW_NOT_NEGOTIATED;

  while (result == GST_FLOW_OK && self->n_given < self->n_made)
    result = gst_pad_push (
        GST_BASE_TRANSFORM_SRC_PAD (self), g_steal_pointer (&self->slots[self->n_given++].output));
  gst_generator_forget_batch (self);
  return result;
}
