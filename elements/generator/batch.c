/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffer by buffer: pictures, or sounds, of latents or of pictures, of several buffers in a run
 * where that is asked for. */
#include "allocation.h"
#include "outputs.h"
#include "slots.h"
#include "sound.h"

#include "../shared/origin-meta.h"
#include "../shared/stream-time.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

typedef GstGeneratorSlot Slot;

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorSlots gathered;
  GstGeneratorSounds sounds;
  gboolean single; /* the model takes one picture at a time: a wall is made tile by tile */
  gsize numbers;   /* bytes of what is made of a buffer, where that is a tensor, else 0 */
} Batch;

/* --- frames --- */

/* Tensors of all slots to one input each: where they lie when there is one buffer, else side by
 * side. */
static void
bind_latents (Batch *self, const Slot *slots, guint n)
{
  for (guint t = 0; t < self->format->n_tensors; t++) {
    guint8 *numbers;

    if (self->play->batch == 1) {
      gen_player_bind_numbers (
          self->play->player, self->format->places[t], slots[0].mapped.tensors[t]);
      continue;
    }
    numbers = gen_player_numbers (self->play->player, self->format->places[t]);
    for (guint i = 0; i < n; i++)
      memcpy (
          numbers + i * self->format->sizes[t], slots[i].mapped.tensors[t], self->format->sizes[t]);
  }
}

/* Frame `i` of a run is that of `slot`, `rows` rows from column `x` and row `y` on. */
static void
bind_out_frame (Batch *self, guint i, const Slot *slot, int x, int y, int rows)
{
  const GenFrame frame = gst_generative_frame_part (
      &slot->frame, &gen_player_use (self->play->player)->to, x, y, rows);

  gen_player_bind_output_frame (self->play->player, i, &frame);
}

/* Tensors of several buffers come in one piece. */
static gboolean
shares_numbers (const Batch *self)
{
  return self->numbers > 0 && gen_player_use (self->play->player)->frames > 1;
}

/* All of it. */
static void
bind_whole_output (Batch *self, guint i, const Slot *slot)
{
  GenFrame sound;

  if (shares_numbers (self)) {
    gen_player_bind_output_frame (self->play->player, 0, NULL);
    return;
  }
  if (!slot->frame.is_sound) {
    bind_out_frame (self, i, slot, 0, 0, self->format->out_info.height);
    return;
  }
  sound = gst_generative_sound_part (&slot->frame, 0);
  gen_player_bind_output_frame (self->play->player, i, &sound);
}

/* That for picture `p`, to a player that makes one at a time. */
static void
bind_part_of_output (Batch *self, const Slot *slot, int p)
{
  const GenPort *output = &gen_player_use (self->play->player)->output;
  GenFrame sound;

  if (!slot->frame.is_sound) {
    bind_out_frame (self, 0, slot, p % self->format->input.columns * output->width,
        p / self->format->input.columns * output->height, output->height);
    return;
  }
  sound = gst_generative_sound_part (&slot->frame,
      self->numbers > 0 ? self->numbers / (gsize)self->format->input.pictures * (gsize)p
                        : gst_generator_sounds_offset (&self->sounds, p));
  gen_player_bind_output_frame (self->play->player, 0, &sound);
}

/* What goes with picture `p` of a slot, to a player that takes one picture at a time. */
static void
copy_latent (Batch *self, const Slot *slot, int p)
{
  for (guint t = 0; t < self->format->n_tensors; t++) {
    gsize size = self->format->sizes[t] / (gsize)MAX (self->format->input.pictures, 1);

    memcpy (gen_player_numbers (self->play->player, self->format->places[t]),
        slot->mapped.tensors[t] + (gsize)p * size, size);
  }
}

/* Say where numbers have just been put into the frames of the `n` slots of which there can be no
 * picture. */
static void
notice_not_finite (Batch *self, const Slot *slots, guint n)
{
  GstBuffer *inputs[GST_GENERATOR_MAX_BATCH];

  for (guint i = 0; i < n; i++)
    inputs[i] = slots[i].input;
  gst_generator_play_notice_not_finite (self->play, inputs, n);
}

static gboolean
makes_sound (const Batch *self)
{
  return self->play->ports.output.kind == GEN_PORT_SOUND;
}

/* Where sounds have just been made. */
static void
notice_loud (Batch *self, const Slot *slots, guint n)
{
  for (guint i = 0; i < n && makes_sound (self); i++)
    gst_generator_play_notice_loud (self->play, slots[i].frame.map.data, slots[i].frame.map.size);
}

/* Where tensors have just been made: each into its own buffer, and what is not finite is told. */
static void
finish_numbers (Batch *self, const Slot *slots, guint n)
{
  for (guint i = 0; i < n && self->numbers > 0; i++) {
    guint8 *numbers = slots[i].frame.map.data;

    if (shares_numbers (self))
      memcpy (numbers,
          (const guint8 *)gen_player_output (self->play->player)->data + i * self->numbers,
          self->numbers);
    if (self->play->ports.output.type == GEN_TYPE_FLOAT32)
      gst_generator_play_notice_numbers (
          self->play, (const float *)(const void *)numbers, self->numbers / sizeof (float));
  }
}

/* What goes on on other pads with what the `n` slots from the first one of a run on make. */
static gboolean
bind_branches (Batch *self, guint n, GError **error)
{
  for (guint i = 0; i < n; i++)
    if (!gst_generator_branches_bind (&self->play->branches, self->play->player, i, error))
      return FALSE;
  return TRUE;
}

static void
take_branches (Batch *self, const Slot *slots, guint n)
{
  const gboolean of_picture = self->play->ports.input.kind == GEN_PORT_PICTURE;

  for (guint i = 0; i < n; i++)
    gst_generator_branches_take (&self->play->branches, self->play->player, i, slots[i].input,
        of_picture ? &self->format->in_info : NULL);
}

static gboolean
run_batch (Batch *self, GError **error)
{
  const Slot *slots = self->gathered.slots;
  const guint n = self->gathered.n_gathered;
  const gboolean from_frames = gen_player_use (self->play->player)->from_frames;

  if (!from_frames)
    bind_latents (self, slots, n);
  for (guint i = 0; i < n; i++) {
    if (from_frames)
      gst_generator_bind_picture (&slots[i].mapped, self->play, i);
    bind_whole_output (self, i, &slots[i]);
  }
  for (guint i = n; i < self->play->batch; i++) {
    if (from_frames)
      gen_player_bind_input_frame (self->play->player, i, NULL);
    if (!shares_numbers (self))
      gen_player_bind_output_frame (self->play->player, i, NULL);
  }
  if (!bind_branches (self, n, error) ||
      !gst_generative_sharing_run (
          &self->play->sharing, GST_ELEMENT (self->play->base), self->play->player, error))
    return FALSE;
  finish_numbers (self, slots, n);
  take_branches (self, slots, n);
  notice_not_finite (self, slots, n);
  notice_loud (self, slots, n);
  self->play->frame += n;
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
run_single (Batch *self, GError **error)
{
  const guint n = self->gathered.n_gathered;
  const GenModelUse *use = gen_player_use (self->play->player);

  for (guint i = 0; i < n; i++) {
    const Slot *slot = &self->gathered.slots[i];
    int places = slot->frame.is_sound ? self->format->input.pictures
                                      : self->format->input.columns * self->format->input.rows;

    for (int p = 0; p < places; p++) {
      int x = p % self->format->input.columns * use->output.width;
      int y = p / self->format->input.columns * use->output.height;

      if (p < self->format->input.pictures) {
        if (use->from_frames)
          gst_generator_bind_picture (&slot->mapped, self->play, 0);
        else
          copy_latent (self, slot, p);
        bind_part_of_output (self, slot, p);
        gst_generator_sides_bind (&self->play->sides, self->play->player);
        if (!bind_branches (self, 1, error) ||
            !gst_generative_sharing_run (
                &self->play->sharing, GST_ELEMENT (self->play->base), self->play->player, error))
          return FALSE;
        take_branches (self, slot, 1);
        notice_not_finite (self, slot, 1);
        continue;
      }
      if (!slot->frame.is_sound && !slot->frame.on_device)
        clear_pixels (&use->to, &slot->frame.video, x, y, use->output.width, use->output.height);
    }
    finish_numbers (self, slot, 1);
    notice_loud (self, slot, 1);
    self->play->frame++;
  }
  return TRUE;
}

/* A whole frame that the plan alone reaches, to black. */
static void
clear_on_device (Batch *self, GstBuffer *buffer)
{
  GstVideoFrame frame;
  GenFrameLayout layout;

  if (!gst_video_frame_map (&frame, &self->format->out_info, buffer, GST_MAP_WRITE))
    return;
  if (gst_generative_layout_of_frame (&frame, self->play->ports.output.channels, 1, FALSE, &layout))
    clear_pixels (
        &layout, &frame, 0, 0, self->format->out_info.width, self->format->out_info.height);
  gst_video_frame_unmap (&frame);
}

/* Map what goes in beside them, and compile anew where it does not lie as was thought. */
static gboolean
follow_sides (Batch *self, GError **error)
{
  GenModelUse use;

  if (self->play->sides.n == 0)
    return TRUE;
  use = *gen_player_use (self->play->player);
  return gst_generator_sides_map (&self->play->sides, &use, error) &&
         (gen_model_use_equal (&use, gen_player_use (self->play->player)) ||
             gst_generator_play_compile (self->play, &use, error));
}

static gboolean
batch_run (gpointer mode, GError **error)
{
  Batch *self = mode;
  const gboolean good =
      follow_sides (self, error) && (self->single ? run_single : run_batch) (self, error);

  gst_generator_sides_unmap (&self->play->sides);
  return good;
}

/* A frame, of whose tiles all that there is no picture for are black where none but the plan can
 * reach them. */
static GstFlowReturn
allocate_frame (Batch *self, Slot *slot)
{
  const GstGeneratorInput *input = &self->format->input;
  const GstFlowReturn flow = gst_generator_play_allocate (self->play, slot->input, &slot->output);

  if (flow == GST_FLOW_OK && self->single && input->pictures < input->columns * input->rows &&
      gst_generative_frame_is_on_device (&self->play->playing, self->play->player, slot->output))
    clear_on_device (self, slot->output);
  return flow;
}

static GstFlowReturn
batch_allocate (gpointer mode, Slot *slot)
{
  Batch *self = mode;
  GstBaseTransform *base = self->play->base;
  GstFlowReturn flow;

  if (gst_generator_play_makes_frames (self->play))
    return allocate_frame (self, slot);
  if (self->numbers > 0) {
    flow = gst_generator_allocation_new (self->play, self->numbers, &slot->output);
    if (flow == GST_FLOW_OK)
      GST_BASE_TRANSFORM_GET_CLASS (base)->copy_metadata (base, slot->input, slot->output);
    return flow;
  }
  flow = gst_generator_allocation_new (
      self->play, gst_generator_sounds_size (&self->sounds), &slot->output);
  if (flow == GST_FLOW_OK)
    gst_generator_sounds_stamp (&self->sounds, slot->input, slot->output);
  if (flow == GST_FLOW_OK)
    gst_generative_origin_copy (slot->input, slot->output);
  return flow;
}

/* Until what goes in beside it has come as well. */
static GstFlowReturn
wait_for_sides (Batch *self)
{
  GstBaseTransform *base = self->play->base;
  const GstClockTime time =
      gst_generative_running_time (&base->segment, GST_BUFFER_PTS (self->gathered.slots[0].input));
  const GstFlowReturn flow = gst_generator_sides_wait (&self->play->sides, time);

  if (flow != GST_FLOW_EOS)
    return flow;
  GST_ELEMENT_ERROR (base, STREAM, FAILED,
      ("%s: pad %s has ended without a frame, and the model makes nothing without one. Frames of "
       "another size or format than the pad takes do not come: videoconvert and videoscale in "
       "front "
       "of it may help",
          self->play->ports.model->path, gst_generator_sides_find_empty (&self->play->sides)),
      (NULL));
  return GST_FLOW_ERROR;
}

static const GstGeneratorSlotsClass class = { .allocate = batch_allocate, .run = batch_run };

/* Pictures for all that is gathered. */
static GstFlowReturn
run_gathered (Batch *self)
{
  GstFlowReturn result = wait_for_sides (self);

  if (result != GST_FLOW_OK) {
    gst_generator_slots_forget (&self->gathered);
    return result;
  }
  result = gst_generator_slots_make (&self->gathered, &class, self);
  for (guint i = 0; i < self->gathered.n_made && makes_sound (self); i++)
    gst_generator_sounds_finish (&self->sounds, self->gathered.slots[i].output);
  return result;
}

/* --- the mode --- */

static gboolean
batch_suits (const GstGeneratorPorts *ports)
{
  return !gst_generator_streams (ports) && !ports->staged;
}

static gpointer
batch_new (const GstGeneratorContext *context)
{
  Batch *self = g_new0 (Batch, 1);

  self->play = context->play;
  self->format = context->format;
  gst_generator_slots_init (&self->gathered, context, GST_GENERATOR_MAX_BATCH);
  gst_generator_sounds_forget (&self->sounds);
  return self;
}

static void
batch_free (gpointer mode)
{
  Batch *self = mode;

  gst_generator_slots_clear (&self->gathered);
  gst_generator_sounds_clear (&self->sounds);
  g_free (self);
}

/* A sound of each latent or picture. */
static gboolean
negotiate_sound (Batch *self, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  GstGeneratorInput *input = &self->format->input;

  if (!gst_generator_format_read (self->format, self->play, sink, input, use, error) ||
      !gst_generator_sounds_negotiate (
          &self->sounds, &self->play->ports, input, source, use, error))
    return FALSE;
  self->play->bytes = gst_generator_sounds_size (&self->sounds);
  return TRUE;
}

static gboolean
negotiate_pictures (Batch *self, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  const GstGeneratorPorts *ports = &self->play->ports;
  GstGeneratorFormat *format = self->format;
  const GstGeneratorInput *input = &format->input;
  int height, width;
  GstVideoInfo info;

  if (!gst_generator_format_read (format, self->play, sink, &format->input, use, error) ||
      !gst_generator_output_size (ports, input, &height, &width, error) ||
      !gst_generator_format_read_video (format, source, use, error) ||
      !gst_generator_format_check_size (format, self->play, width, height, error))
    return FALSE;
  gst_generator_fit_mask (ports, GST_VIDEO_INFO_HAS_ALPHA (&format->out_info), use);
  info = format->out_info;
  gst_generative_playing_fit_info (&self->play->playing, source, &info);
  use->output.height = height / input->rows;
  use->output.width = width / input->columns;
  return gst_generative_layout (
             &info, use->output.channels, self->single ? 1 : input->columns, FALSE, &use->to) ||
         gst_generator_fail_spacing (error);
}

/* A tensor of each buffer. */
static gboolean
negotiate_numbers (Batch *self, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  const GstGeneratorPorts *ports = &self->play->ports;
  GstGeneratorInput *input = &self->format->input;
  GenShape made;

  if (!gst_generator_format_read (self->format, self->play, sink, input, use, error) ||
      !gst_generator_numbers_shape (ports, &ports->output, input, &made, error) ||
      !gst_generator_check_rows (ports, &ports->output, use, &made, error) ||
      !gst_generator_check_tensor (source, &made, error))
    return FALSE;
  gst_generator_fit_mask (ports, FALSE, use);
  use->to_frames = FALSE;
  use->to = (GenFrameLayout){ 0 };
  self->numbers = (gsize)gen_shape_elements (&made) * gen_data_type_size (ports->output.type);
  self->play->bytes = self->numbers;
  return TRUE;
}

static gboolean
negotiate_output (Batch *self, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  self->single = self->play->ports.input.batch == 1;
  self->numbers = 0;
  if (makes_sound (self))
    return negotiate_sound (self, sink, source, use, error);
  if (gst_structure_has_name (gst_caps_get_structure (source, 0), "other/tensors"))
    return negotiate_numbers (self, sink, source, use, error);
  return negotiate_pictures (self, sink, source, use, error);
}

static gboolean
batch_negotiate (gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  Batch *self = mode;
  GstGeneratorPlay *play = self->play;

  return negotiate_output (self, sink, source, use, error) &&
         gst_generator_sides_negotiate (&play->sides, &play->ports, use, error) &&
         gst_generator_branches_negotiate (
             &play->branches, &play->ports, &self->format->input, sink, use, error);
}

static GstGeneratorTiming
batch_timing (gpointer mode)
{
  const Batch *self = mode;
  const GstVideoInfo *info = &self->format->out_info;
  const guint pictures = (guint)self->format->input.pictures, batch = self->play->batch;
  GstClockTime interval = 0;

  if (makes_sound (self))
    interval = gst_generator_sounds_duration (&self->sounds);
  else if (info->fps_n > 0)
    interval = gst_util_uint64_scale (GST_SECOND, (guint64)info->fps_d, (guint64)info->fps_n);
  return (GstGeneratorTiming){
    .held = (batch - 1) * interval,
    .interval = interval,
    .batch = batch,
    .runs = self->single ? batch * pictures : 1,
  };
}

/* The rest of a batch that will not be filled. */
static GstFlowReturn
batch_drain (gpointer mode)
{
  Batch *self = mode;
  GstFlowReturn result;

  if (self->gathered.n_gathered == 0)
    return GST_FLOW_OK;
  result = run_gathered (self);
  if (result == GST_FLOW_OK)
    result = gst_generator_slots_push (&self->gathered);
  gst_generator_slots_forget (&self->gathered);
  return result;
}

/* And the end of the last sound, which nothing follows. */
static GstFlowReturn
batch_finish (gpointer mode)
{
  Batch *self = mode;
  GstFlowReturn flow = batch_drain (self);
  GstBuffer *end = flow == GST_FLOW_OK ? gst_generator_sounds_take_end (&self->sounds) : NULL;

  return end != NULL ? gst_generator_play_push (self->play, end) : flow;
}

/* Gather a batch, then hand out what was made of it. */
static GstFlowReturn
batch_output (gpointer mode, GstBuffer *input, GstBuffer **output)
{
  Batch *self = mode;
  GstFlowReturn result = GST_FLOW_OK;

  *output = NULL;
  if (input != NULL && self->sounds.join.frames > 0 && GST_BUFFER_IS_DISCONT (input))
    result = batch_finish (self);
  if (result != GST_FLOW_OK) {
    gst_buffer_unref (input);
    return result;
  }
  if (input != NULL)
    gst_generator_slots_gather (&self->gathered, input);
  if (self->gathered.n_given == self->gathered.n_made &&
      self->gathered.n_gathered == self->play->batch)
    result = run_gathered (self);
  *output = gst_generator_slots_take (&self->gathered);
  return result;
}

static gboolean
batch_pending (gpointer mode)
{
  const Batch *self = mode;

  return self->gathered.n_gathered > 0;
}

static void
batch_jump (gpointer mode)
{
  Batch *self = mode;

  gst_generator_sounds_forget (&self->sounds);
}

static void
batch_flush (gpointer mode)
{
  Batch *self = mode;
  const GstGeneratorSlots *gathered = &self->gathered;

  if (gathered->n_gathered > 0 || gathered->n_given < gathered->n_made)
    GST_DEBUG_OBJECT (self->play->base, "a flush: %u gathered and %u made frames are dropped",
        gathered->n_gathered, gathered->n_made - gathered->n_given);
  gst_generator_slots_forget (&self->gathered);
  gst_generator_sounds_forget (&self->sounds);
}

const GstGeneratorMode gst_generator_batch = {
  .name = "batch",
  .shares = TRUE,
  .suits = batch_suits,
  .new = batch_new,
  .free = batch_free,
  .negotiate = batch_negotiate,
  .timing = batch_timing,
  .output = batch_output,
  .pending = batch_pending,
  .drain = batch_drain,
  .finish = batch_finish,
  .jump = batch_jump,
  .flush = batch_flush,
};
