/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The generator at work: frames in, frames out. */
#include "generator.h"

#include "../shared/debug.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

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

gboolean
gst_generator_map_input (GstGenerator *self, Slot *slot)
{
  if (self->ports.input.kind == GEN_PORT_PICTURE)
    return gst_generative_frame_map (
        &slot->in_frame, &self->playing, self->player, &self->in_info, slot->input, GST_MAP_READ);
  return map_latents (self, slot);
}

void
gst_generator_unmap_input (GstGenerator *self, Slot *slot)
{
  if (self->ports.input.kind == GEN_PORT_PICTURE)
    gst_video_frame_unmap (&slot->in_frame.video);
  else
    unmap_latents (slot);
}

/* Compile anew when frames do not lie as caps said: pools may pad them. */
static gboolean
follow_layouts (GstGenerator *self, const Slot *slot)
{
  const GenModelUse *now = gen_player_use (self->player);
  GenModelUse use = *now;
  g_autoptr (GError) error = NULL;

  if ((!slot->out_frame.is_sound && !gst_generative_layout_of_frame (&slot->out_frame.video,
                                        use.output.channels, use.to.columns, FALSE, &use.to)) ||
      (use.from_frames && !gst_generative_layout_of_frame (
                              &slot->in_frame.video, use.input.channels, 1, TRUE, &use.from))) {
    GST_ELEMENT_ERROR (
        self, STREAM, FORMAT, ("The planes of a frame differ in their strides"), (NULL));
    return FALSE;
  }
  if (gen_frame_layout_equal (&use.to, &now->to) && gen_frame_layout_equal (&use.from, &now->from))
    return TRUE;
  GST_DEBUG_OBJECT (
      self, "frames have a stride of %" G_GSIZE_FORMAT " bytes: compiling anew", use.to.stride);
  if (gst_generator_compile (self, &use, &error))
    return TRUE;
  gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* Tensors of all slots to one input each: where they lie when there is one buffer, else side by
 * side. */
static void
bind_latents (GstGenerator *self, guint n)
{
  for (guint t = 0; t < self->n_tensors; t++) {
    guint8 *numbers;

    if (self->batch == 1) {
      gen_player_bind_numbers (self->player, self->places[t], self->slots[0].tensors[t]);
      continue;
    }
    numbers = gen_player_numbers (self->player, self->places[t]);
    for (guint i = 0; i < n; i++)
      memcpy (numbers + i * self->sizes[t], self->slots[i].tensors[t], self->sizes[t]);
  }
}

/* Frame `i` of a run is that of `slot`. */
static void
bind_in_frame (GstGenerator *self, guint i, const Slot *slot)
{
  const GenFrame frame = gst_generative_frame_part (&slot->in_frame,
      &gen_player_use (self->player)->from, 0, 0, GST_VIDEO_FRAME_HEIGHT (&slot->in_frame.video));

  gen_player_bind_input_frame (self->player, i, &frame);
}

/* The same of what is made, `rows` rows from column `x` and row `y` on. */
static void
bind_out_frame (GstGenerator *self, guint i, const Slot *slot, int x, int y, int rows)
{
  const GenFrame frame =
      gst_generative_frame_part (&slot->out_frame, &gen_player_use (self->player)->to, x, y, rows);

  gen_player_bind_output_frame (self->player, i, &frame);
}

/* All of it. */
static void
bind_whole_output (GstGenerator *self, guint i, const Slot *slot)
{
  GenFrame sound;

  if (!slot->out_frame.is_sound) {
    bind_out_frame (self, i, slot, 0, 0, self->out_info.height);
    return;
  }
  sound = gst_generative_sound_part (&slot->out_frame, 0);
  gen_player_bind_output_frame (self->player, i, &sound);
}

/* That for picture `p`, to a player that makes one at a time. */
static void
bind_part_of_output (GstGenerator *self, const Slot *slot, int p)
{
  const GenPort *output = &gen_player_use (self->player)->output;
  GenFrame sound;

  if (!slot->out_frame.is_sound) {
    bind_out_frame (self, 0, slot, p % self->input.columns * output->width,
        p / self->input.columns * output->height, output->height);
    return;
  }
  sound = gst_generative_sound_part (&slot->out_frame, gst_generator_sound_offset (self, p));
  gen_player_bind_output_frame (self->player, 0, &sound);
}

/* What goes with picture `p` of a slot, to a player that takes one picture at a time. */
static void
copy_latent (GstGenerator *self, const Slot *slot, int p)
{
  for (guint t = 0; t < self->n_tensors; t++) {
    gsize size = self->sizes[t] / (gsize)MAX (self->input.pictures, 1);

    memcpy (gen_player_numbers (self->player, self->places[t]), slot->tensors[t] + (gsize)p * size,
        size);
  }
}

void
gst_generator_notice_not_finite (GstGenerator *self, const Slot *slots, guint n)
{
  const GenModelUse *use = gen_player_use (self->player);
  /* Of a batch that was not filled, the rest is what lay there. */
  guint64 frames =
      gen_player_take_not_finite (self->player) & (G_MAXUINT64 >> (MAX_BATCH_SIZE - n));
  const Slot *first;
  guint64 number;

  if (frames == 0 || self->told_not_finite)
    return;
  self->told_not_finite = TRUE;
  first = slots + __builtin_ctzll (frames);
  /* A latent knows its number. */
  number = use->from_frames || !GST_BUFFER_OFFSET_IS_VALID (first->input)
               ? self->frame + (guint64)(first - slots)
               : GST_BUFFER_OFFSET (first->input);
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("%s: in frame %" G_GUINT64_FORMAT " its output '%s' has numbers that are not finite (NaN or "
       "infinite), which %s. Further frames are not reported",
          gen_player_model (self->player)->path, number, use->output.name,
          use->output.kind == GEN_PORT_SOUND ? "are silent" : "show as black or white"),
      (NULL));
}

static gboolean
run_batch (GstGenerator *self, guint n, GError **error)
{
  const gboolean from_frames = gen_player_use (self->player)->from_frames;

  if (!from_frames)
    bind_latents (self, n);
  for (guint i = 0; i < n; i++) {
    if (from_frames)
      bind_in_frame (self, i, &self->slots[i]);
    bind_whole_output (self, i, &self->slots[i]);
  }
  for (guint i = n; i < self->batch; i++) {
    if (from_frames)
      gen_player_bind_input_frame (self->player, i, NULL);
    gen_player_bind_output_frame (self->player, i, NULL);
  }
  if (!gen_player_run (self->player, error))
    return FALSE;
  gst_generator_notice_not_finite (self, self->slots, n);
  self->frame += n;
  return TRUE;
}

/* Of a frame, `width` x `height` pixels at column `x` and row `y`, to black. */
static void
clear_pixels (
    const GenFrameLayout *layout, const GstVideoFrame *frame, int x, int y, int width, int height)
{
  for (int p = 0; p < gen_frame_layout_planes (layout); p++) {
    gboolean chroma = layout->ycbcr && p > 0;
    int black = chroma                                                           ? 128
                : (layout->ycbcr && !layout->full_range) || layout->studio_range ? 16
                                                                                 : 0;
    gsize end = (gsize)gen_frame_layout_offset (layout, p, chroma ? width + 1 : width, 0, 1);
    int step = chroma ? 2 : 1;

    for (int row = y; row < y + height; row += step)
      memset (gst_generative_frame_plane (frame, layout, p, x, row, 1), black, end);
  }
}

/* A model that takes one picture at a time: each tile is a run. */
static gboolean
run_single (GstGenerator *self, guint n, GError **error)
{
  const GenModelUse *use = gen_player_use (self->player);

  for (guint i = 0; i < n; i++) {
    Slot *slot = &self->slots[i];
    int places =
        slot->out_frame.is_sound ? self->input.pictures : self->input.columns * self->input.rows;

    for (int p = 0; p < places; p++) {
      int x = p % self->input.columns * use->output.width;
      int y = p / self->input.columns * use->output.height;

      if (p < self->input.pictures) {
        if (use->from_frames)
          bind_in_frame (self, 0, slot);
        else
          copy_latent (self, slot, p);
        bind_part_of_output (self, slot, p);
        if (!gen_player_run (self->player, error))
          return FALSE;
        gst_generator_notice_not_finite (self, slot, 1);
        continue;
      }
      if (!slot->out_frame.on_device)
        clear_pixels (
            &use->to, &slot->out_frame.video, x, y, use->output.width, use->output.height);
    }
    self->frame++;
  }
  return TRUE;
}

/* A whole frame that the plan alone reaches, to black. */
static void
clear_on_device (GstGenerator *self, GstBuffer *buffer)
{
  GstVideoFrame frame;
  GenFrameLayout layout;

  if (!gst_video_frame_map (&frame, &self->out_info, buffer, GST_MAP_WRITE))
    return;
  if (gst_generative_layout_of_frame (&frame, self->ports.output.channels, 1, FALSE, &layout))
    clear_pixels (&layout, &frame, 0, 0, self->out_info.width, self->out_info.height);
  gst_video_frame_unmap (&frame);
}

static GstFlowReturn
map_slot (GstGenerator *self, Slot *slot)
{
  if (!gst_generator_map_input (self, slot))
    return GST_FLOW_ERROR;
  /* Tiles for which there is no picture, where none but the plan can reach them. */
  if (self->single && self->input.pictures < self->input.columns * self->input.rows &&
      gst_generative_frame_is_on_device (&self->playing, self->player, slot->output))
    clear_on_device (self, slot->output);
  if (self->ports.output.kind == GEN_PORT_SOUND
          ? gst_generative_sound_map (&slot->out_frame, slot->output, GST_MAP_WRITE)
          : gst_generative_frame_map (&slot->out_frame, &self->playing, self->player,
                &self->out_info, slot->output, GST_MAP_WRITE))
    return GST_FLOW_OK;
  gst_generator_unmap_input (self, slot);
  GST_ELEMENT_ERROR (
      self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
  return GST_FLOW_ERROR;
}

static void
unmap_slots (GstGenerator *self, guint n)
{
  for (guint i = 0; i < n; i++) {
    gst_generative_frame_unmap (&self->slots[i].out_frame);
    gst_generator_unmap_input (self, &self->slots[i]);
  }
}

/* Map the first `n` slots, for a player that fits how their frames lie. What went wrong is
 * posted. */
static GstFlowReturn
map_slots (GstGenerator *self, guint n)
{
  const gboolean on_device = gen_player_shares_context (self->player);
  GstFlowReturn result = GST_FLOW_OK;
  guint mapped = 0;

  while (mapped < n && result == GST_FLOW_OK) {
    result = map_slot (self, &self->slots[mapped]);
    if (result == GST_FLOW_OK && !follow_layouts (self, &self->slots[mapped++]))
      result = GST_FLOW_ERROR;
  }
  if (result == GST_FLOW_OK && on_device == gen_player_shares_context (self->player))
    return GST_FLOW_OK;
  unmap_slots (self, mapped);
  /* The device has given way to the CPU, which cannot read what was mapped for it. */
  return result == GST_FLOW_OK ? map_slots (self, n) : result;
}

void
gst_generator_note_run (GstGenerator *self, GstClockTime start)
{
  self->run_time = gst_util_get_timestamp () - start;
  gst_generative_latency_note (&self->latency, GST_ELEMENT (self), self->run_time);
}

/* Make the pictures of the first `n` slots, whose buffers are there. What went wrong is posted, or
 * in `error`. */
static GstFlowReturn
try_slots (GstGenerator *self, guint n, GError **error)
{
  GstFlowReturn result = map_slots (self, n);
  GstClockTime start = gst_util_get_timestamp ();

  if (result != GST_FLOW_OK)
    return result;
  if (!(self->single ? run_single : run_batch) (self, n, error))
    result = GST_FLOW_ERROR;
  unmap_slots (self, n);
  gst_generator_note_run (self, start);
  return result;
}

static GstFlowReturn
run_slots (GstGenerator *self, guint n)
{
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;
  GstFlowReturn result;
  GenModelUse use;

  if (gen_player_use (self->player) == NULL)
    return GST_FLOW_NOT_NEGOTIATED;
  use = *gen_player_use (self->player);
  result = try_slots (self, n, &error);
  /* The device has failed: the CPU goes on, with this very frame. */
  if (error != NULL && gst_generator_fall_back (self, error)) {
    g_clear_error (&error);
    gst_pad_mark_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (self));
    if (gst_generator_compile (self, &use, &error))
      result = try_slots (self, n, &error);
  }
  if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (self), error);
  for (guint i = 0; i < n && result == GST_FLOW_OK; i++)
    if (self->slots[i].out_frame.is_sound)
      gst_generator_finish_sound (self, self->slots[i].output);
  for (guint i = 0; i < n && result == GST_FLOW_OK; i++)
    GST_LOG_OBJECT (self,
        GST_GENERATIVE_FRAME_FORMAT ": made, in a run of %u frames that took %.3f ms",
        GST_GENERATIVE_FRAME_ARGS (self->slots[i].input), n, gst_generative_since (began));
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
  GstFlowReturn result = GST_FLOW_OK;
  guint n = self->n_gathered;

  for (guint i = 0; i < n && result == GST_FLOW_OK; i++)
    result = gst_generator_prepare_output_buffer (
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

  if (gst_generator_streams (&self->ports) && gen_player_use (self->player) != NULL)
    return gst_generator_stream_output (self, output);
  if (self->ports.staged && gen_player_use (self->player) != NULL)
    return gst_generator_staged_output (self, output);
  if (base->queued_buf != NULL && self->ports.output.kind == GEN_PORT_SOUND) {
    const GstFlowReturn flow = gst_generator_sound_follow (self, base->queued_buf);

    if (flow != GST_FLOW_OK)
      return flow;
  }
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
  GstFlowReturn result =
      gen_player_use (self->player) != NULL ? gst_generator_run (self) : GST_FLOW_NOT_NEGOTIATED;

  while (result == GST_FLOW_OK && self->n_given < self->n_made)
    result = gst_pad_push (
        GST_BASE_TRANSFORM_SRC_PAD (self), g_steal_pointer (&self->slots[self->n_given++].output));
  gst_generator_forget_batch (self);
  return result;
}
