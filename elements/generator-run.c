/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The generator at work: frames in, frames out. */
#include "generator.h"

#include "cudaframes.h"
#include "debug.h"

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

/* Where the plan works on the GPU that has the frame, `on_device` becomes TRUE; else the frame
 * comes to the CPU. */
static gboolean
map_frame (GstGenerator *self, GstVideoFrame *frame, const GstVideoInfo *info, GstBuffer *buffer,
    GstMapFlags flags, gboolean *on_device, gpointer *stream)
{
  *on_device =
      self->player->cuda != NULL && gst_generative_cuda_has_memory (self->player->cuda, buffer);
  if (*on_device)
    return gst_generative_cuda_map (frame, info, buffer, flags, stream);
  *stream = NULL;
  return gst_video_frame_map (frame, (GstVideoInfo *)info, buffer, flags);
}

gboolean
gst_generator_map_input (GstGenerator *self, Slot *slot)
{
  if (self->player->use.from_frames)
    return map_frame (self, &slot->in_frame, &self->in_info, slot->input, GST_MAP_READ,
        &slot->in_on_device, &slot->in_stream);
  slot->in_stream = NULL;
  return map_latents (self, slot);
}

void
gst_generator_unmap_input (GstGenerator *self, Slot *slot)
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
        self, STREAM, FORMAT, ("The planes of a frame differ in their strides"), (NULL));
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

/* Tensors of all slots to one input each: bound when there is one buffer and the CPU reads it, else
 * side by side; a device takes them from memory of the plan's, which is pinned. */
static void
bind_latents (GstGenerator *self, guint n)
{
  GenPlan *plan = self->player->plan;
  gboolean bound = self->batch == 1 && self->player->use.plan.device == &gen_device_cpu;

  for (guint t = 0; t < self->n_tensors; t++) {
    guint place = self->places[t];

    if (bound && GPOINTER_TO_SIZE (self->slots[0].tensors[t]) % sizeof (gint64) == 0) {
      gen_plan_bind_input (plan, place, self->slots[0].tensors[t]);
      continue;
    }
    gen_plan_bind_input (plan, place, NULL);
    for (guint i = 0; i < n; i++)
      memcpy ((guint8 *)gen_plan_input (plan, place)->data + i * self->sizes[t],
          self->slots[i].tensors[t], self->sizes[t]);
  }
}

/* Frame `i` of a run is that of `slot`, or none. */
static void
bind_in_frame (const Player *player, guint i, const Slot *slot)
{
  guint planes = (guint)gen_frame_layout_planes (&player->use.from);

  for (guint p = 0; p < planes; p++) {
    const guint8 *data = NULL;

    if (slot != NULL)
      data = gst_generative_frame_plane (&slot->in_frame, &player->use.from, (int)p, 0, 0,
          GST_VIDEO_FRAME_HEIGHT (&slot->in_frame));

    if (slot != NULL && slot->in_on_device)
      gen_plan_bind_device_input (player->plan, i * planes + p, data);
    else
      gen_plan_bind_input (player->plan, i * planes + p, data);
  }
}

/* The same of what is made, `rows` rows from column `x` and row `y` on. */
static void
bind_out_frame (const Player *player, guint i, const Slot *slot, int x, int y, int rows)
{
  guint planes = (guint)gen_frame_layout_planes (&player->use.to);

  for (guint p = 0; p < planes; p++) {
    guint8 *data = NULL;

    if (slot != NULL)
      data = gst_generative_frame_plane (&slot->out_frame, &player->use.to, (int)p, x, y, rows);
    if (slot != NULL && slot->out_on_device)
      gen_plan_bind_device_output (player->plan, i * planes + p, data);
    else
      gen_plan_bind_output (player->plan, i * planes + p, data);
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

void
gst_generator_notice_not_finite (GstGenerator *self, GenPlan *plan, const Slot *slots, guint n)
{
  /* Of a batch that was not filled, the rest is what lay there. */
  guint64 frames = gen_model_take_not_finite (plan) & (G_MAXUINT64 >> (MAX_BATCH_SIZE - n)), number;
  const Slot *first;

  if (frames == 0 || self->told_not_finite)
    return;
  self->told_not_finite = TRUE;
  first = slots + __builtin_ctzll (frames);
  /* A latent knows its number. */
  number = self->player->use.from_frames || !GST_BUFFER_OFFSET_IS_VALID (first->input)
               ? self->frame + (guint64)(first - slots)
               : GST_BUFFER_OFFSET (first->input);
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("%s: in frame %" G_GUINT64_FORMAT " its output '%s' has numbers that are not finite (NaN or "
       "infinite), which show as black or white. Further frames are not reported",
          self->player->model->path, number, self->player->use.output.name),
      (NULL));
}

static gboolean
run_batch (GstGenerator *self, guint n, GError **error)
{
  if (!self->player->use.from_frames)
    bind_latents (self, n);
  for (guint i = 0; i < self->batch; i++) {
    const Slot *slot = i < n ? &self->slots[i] : NULL;

    if (self->player->use.from_frames)
      bind_in_frame (self->player, i, slot);
    bind_out_frame (self->player, i, slot, 0, 0, self->out_info.height);
  }
  if (!gen_plan_run (self->player->plan, error))
    return FALSE;
  gst_generator_notice_not_finite (self, self->player->plan, self->slots, n);
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
  const GenModelUse *use = &self->player->use;

  for (guint i = 0; i < n; i++) {
    Slot *slot = &self->slots[i];
    int places = self->input.columns * self->input.rows;

    for (int p = 0; p < places; p++) {
      int x = p % self->input.columns * use->output.width;
      int y = p / self->input.columns * use->output.height;

      if (p < self->input.pictures) {
        if (use->from_frames)
          bind_in_frame (self->player, 0, slot);
        else
          copy_latent (self, slot, p);
        bind_out_frame (self->player, 0, slot, x, y, use->output.height);
        if (!gen_plan_run (self->player->plan, error))
          return FALSE;
        gst_generator_notice_not_finite (self, self->player->plan, slot, 1);
        continue;
      }
      if (!slot->out_on_device)
        clear_pixels (&use->to, &slot->out_frame, x, y, use->output.width, use->output.height);
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
      self->player->cuda != NULL &&
      gst_generative_cuda_has_memory (self->player->cuda, slot->output))
    clear_on_device (self, slot->output);
  if (map_frame (self, &slot->out_frame, &self->out_info, slot->output, GST_MAP_WRITE,
          &slot->out_on_device, &slot->out_stream))
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
    gst_video_frame_unmap (&self->slots[i].out_frame);
    gst_generator_unmap_input (self, &self->slots[i]);
  }
}

/* Map the first `n` slots, for a player that fits how their frames lie. What went wrong is
 * posted. */
static GstFlowReturn
map_slots (GstGenerator *self, guint n)
{
  const gboolean on_device = self->player->cuda != NULL;
  GstFlowReturn result = GST_FLOW_OK;
  guint mapped = 0;

  while (mapped < n && result == GST_FLOW_OK) {
    result = map_slot (self, &self->slots[mapped]);
    if (result == GST_FLOW_OK && !follow_layouts (self, &self->slots[mapped++]))
      result = GST_FLOW_ERROR;
  }
  if (result == GST_FLOW_OK && on_device == (self->player->cuda != NULL))
    return GST_FLOW_OK;
  unmap_slots (self, mapped);
  /* The device has given way to the CPU, which cannot read what was mapped for it. */
  return result == GST_FLOW_OK ? map_slots (self, n) : result;
}

/* Let the run begin when what others have under way on its frames is done. */
static gboolean
wait_for_others (GstGenerator *self, guint n, GError **error)
{
  GenPlan *plan = self->player->plan;

  for (guint i = 0; i < n; i++) {
    const Slot *slot = &self->slots[i];

    if ((slot->in_stream != NULL && !gen_plan_wait_stream (plan, slot->in_stream, error)) ||
        (slot->out_stream != NULL && !gen_plan_wait_stream (plan, slot->out_stream, error)))
      return FALSE;
  }
  return TRUE;
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
  if (!wait_for_others (self, n, error) ||
      !(self->single ? run_single : run_batch) (self, n, error))
    result = GST_FLOW_ERROR;
  unmap_slots (self, n);
  gst_generator_note_run (self, start);
  return result;
}

/* The device has failed: the CPU goes on, with this very frame. */
static gboolean
go_on_without_device (GstGenerator *self, GError **error)
{
  g_autoptr (GenModel) model = gen_model_ref (self->player->model);
  GenModelUse use = self->player->use;

  gst_generator_forget_players (self);
  use.plan.device = &gen_device_cpu;
  gst_pad_mark_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (self));
  return gst_generator_compile (self, model, &use, error);
}

static GstFlowReturn
run_slots (GstGenerator *self, guint n)
{
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;
  GstFlowReturn result;

  if (self->player == NULL)
    return GST_FLOW_NOT_NEGOTIATED;
  result = try_slots (self, n, &error);
  if (error != NULL && gst_generator_fall_back (self, error)) {
    g_clear_error (&error);
    if (go_on_without_device (self, &error))
      result = try_slots (self, n, &error);
  }
  if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (self), error);
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

  if (self->player != NULL && self->player->session != NULL)
    return gst_generator_staged_output (self, output);
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
