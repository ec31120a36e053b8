/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that make as many frames as they see at once: frames are gathered until there are as many,
 * and each comes out with its own time and metas. Where a clip ends before it is full, its last
 * frame stands for what is missing. */
#include "mode.h"

#include "../shared/debug.h"
#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

typedef struct {
  GstBuffer *input, *output;
  GstGeneratorMapped mapped; /* the input */
  GstGenerativeFrame frame;  /* the output */
} Slot;

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorLateness *lateness;
  guint window; /* frames of a full clip */
  guint n_gathered, n_made, n_given;
  Slot *slots; /* as they come */
} Clips;

static void
forget (Clips *self)
{
  for (guint i = 0; i < GEN_MODEL_MAX_WINDOW; i++) {
    gst_clear_buffer (&self->slots[i].input);
    gst_clear_buffer (&self->slots[i].output);
  }
  self->n_gathered = self->n_made = self->n_given = 0;
}

/* Which frame of a clip slot `i` is: the model sees them in the order of their time. */
static guint
place_of (const Clips *self, guint i)
{
  return self->play->base->segment.rate < 0 ? self->window - 1 - i : i;
}

/* --- a run --- */

static gboolean
fits_layout (const Clips *self, const GstGenerativeFrame *frame)
{
  const GenModelUse *use = gen_player_use (self->play->player);
  GenFrameLayout layout;

  return gst_generative_layout_of_frame (&frame->video, use->output.channels, 1, FALSE, &layout) &&
         gen_frame_layout_equal (&layout, &use->to);
}

/* Of `n` frames, the last of which is seen to the end of the clip. */
static gboolean
run (Clips *self, guint n, GError **error)
{
  GenPlayer *player = self->play->player;

  for (guint i = 0; i < self->window; i++) {
    const guint place = place_of (self, i);
    GenFrame frame;

    gst_generator_bind_picture (&self->slots[MIN (i, n - 1)].mapped, self->play, place);
    if (i >= n) {
      gen_player_bind_output_frame (player, place, NULL);
      continue;
    }
    if (!fits_layout (self, &self->slots[i].frame))
      return gst_generator_fail_spacing (error);
    frame = gst_generative_frame_part (
        &self->slots[i].frame, &gen_player_use (player)->to, 0, 0, self->format->out_info.height);
    gen_player_bind_output_frame (player, place, &frame);
  }
  return gen_player_run (player, error);
}

static void
unmap_slots (Clips *self, guint n)
{
  for (guint i = 0; i < n; i++) {
    gst_generative_frame_unmap (&self->slots[i].frame);
    gst_generator_unmap_input (&self->slots[i].mapped, self->play, self->slots[i].input);
  }
}

/* FALSE when an error was posted. */
static gboolean
map_slot (Clips *self, Slot *slot)
{
  if (!gst_generator_map_input (&slot->mapped, self->format, self->play, slot->input))
    return FALSE;
  if (gst_generative_frame_map (&slot->frame, &self->play->playing, self->play->player,
          &self->format->out_info, slot->output, GST_MAP_WRITE))
    return TRUE;
  gst_generator_unmap_input (&slot->mapped, self->play, slot->input);
  GST_ELEMENT_ERROR (
      self->play->base, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
  return FALSE;
}

/* Map the first `n` slots, for a player that fits how their frames lie. FALSE when an error was
 * posted. */
static gboolean
map_slots (Clips *self, guint n)
{
  const gboolean on_device = gen_player_shares_context (self->play->player);
  gboolean good;

  for (guint i = 0; i < n; i++)
    if (!map_slot (self, &self->slots[i])) {
      unmap_slots (self, i);
      return FALSE;
    }
  good = gst_generator_follow_layouts (self->play, &self->slots[0].mapped, &self->slots[0].frame);
  if (good && on_device == gen_player_shares_context (self->play->player))
    return TRUE;
  unmap_slots (self, n);
  /* The device has given way to the CPU, which cannot read what was mapped for it. */
  return good && map_slots (self, n);
}

/* What went wrong is posted, or in `error`. */
static gboolean
try_clip (Clips *self, guint n, GError **error)
{
  const GstClockTime start = gst_util_get_timestamp ();
  gboolean good;

  if (!map_slots (self, n))
    return FALSE;
  good = run (self, n, error);
  unmap_slots (self, n);
  gst_generator_lateness_note_run (self->lateness, start);
  return good;
}

/* The CPU goes on where a device has failed, with these very frames. */
static gboolean
make_clip (Clips *self, guint n)
{
  const GenModelUse use = *gen_player_use (self->play->player);
  g_autoptr (GError) error = NULL;
  gboolean good = try_clip (self, n, &error);

  if (error != NULL && gst_generator_play_fall_back (self->play, error)) {
    g_clear_error (&error);
    gst_pad_mark_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (self->play->base));
    good = gst_generator_play_compile (self->play, &use, &error) && try_clip (self, n, &error);
  }
  if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (self->play->base), error);
  return good;
}

/* Tell of numbers of which there can be no picture, by the frames that they were made of. */
static void
notice_not_finite (Clips *self, guint n)
{
  GstBuffer *inputs[GEN_MODEL_MAX_WINDOW];

  for (guint i = 0; i < self->window; i++)
    inputs[place_of (self, i)] = self->slots[MIN (i, n - 1)].input;
  gst_generator_play_notice_not_finite (self->play, inputs, self->window);
}

/* Frames of all that is gathered. */
static GstFlowReturn
run_gathered (Clips *self)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  const guint n = self->n_gathered;
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < n && flow == GST_FLOW_OK; i++)
    flow = gst_generator_play_allocate (self->play, self->slots[i].input, &self->slots[i].output);
  if (flow == GST_FLOW_OK && !make_clip (self, n))
    flow = GST_FLOW_ERROR;
  if (flow != GST_FLOW_OK) {
    forget (self);
    return flow;
  }
  notice_not_finite (self, n);
  self->play->frame += n;
  GST_LOG_OBJECT (self->play->base,
      GST_GENERATIVE_FRAME_FORMAT " and %u more: made in a run of %u frames that took %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (self->slots[0].input), n - 1, self->window,
      gst_generative_since (began));
  for (guint i = 0; i < n; i++)
    gst_clear_buffer (&self->slots[i].input);
  self->n_gathered = self->n_given = 0;
  self->n_made = n;
  return GST_FLOW_OK;
}

/* --- the mode --- */

static gboolean
clips_suits (const GstGeneratorPorts *ports)
{
  return ports->made > 1 && !ports->between;
}

static gpointer
clips_new (const GstGeneratorContext *context)
{
  Clips *self = g_new0 (Clips, 1);

  self->play = context->play;
  self->format = context->format;
  self->lateness = context->lateness;
  self->slots = g_new0 (Slot, GEN_MODEL_MAX_WINDOW);
  return self;
}

static void
clips_forget (gpointer mode)
{
  forget (mode);
}

static void
clips_free (gpointer mode)
{
  Clips *self = mode;

  forget (self);
  g_free (self->slots);
  g_free (self);
}

static gboolean
clips_negotiate (gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  Clips *self = mode;

  self->window = (guint)self->play->ports.frames;
  return gst_generator_format_read_frames (self->format, self->play, sink, source, use, error);
}

static GstGeneratorTiming
clips_timing (gpointer mode)
{
  const Clips *self = mode;
  const GstVideoInfo *info = &self->format->in_info;
  const GstClockTime interval = info->fps_n > 0 ? gst_util_uint64_scale (GST_SECOND,
                                                      (guint64)info->fps_d, (guint64)info->fps_n)
                                                : 0;

  return (GstGeneratorTiming){
    .held = (self->window - 1) * interval,
    .interval = interval,
    .batch = self->window,
    .runs = 1,
  };
}

static gboolean
clips_pending (gpointer mode)
{
  const Clips *self = mode;

  return self->n_given < self->n_made;
}

/* What has been gathered is all that there is of a clip. */
static GstFlowReturn
clips_finish (gpointer mode)
{
  Clips *self = mode;
  GstFlowReturn flow = GST_FLOW_OK;

  if (self->n_gathered == 0)
    return GST_FLOW_OK;
  flow = run_gathered (self);
  while (flow == GST_FLOW_OK && self->n_given < self->n_made)
    flow = gst_generator_play_push (
        self->play, g_steal_pointer (&self->slots[self->n_given++].output));
  forget (self);
  return flow;
}

static const int *
strides_of (const Clips *self, GstBuffer *frame)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (frame);

  return meta != NULL ? meta->stride : self->format->in_info.stride;
}

/* Whether `frame` can be in a clip with those that are gathered: frames of a run lie alike. */
static gboolean
can_join (const Clips *self, GstBuffer *frame)
{
  const int *one, *other;

  if (self->n_gathered == 0)
    return TRUE;
  one = strides_of (self, self->slots[0].input);
  other = strides_of (self, frame);
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (&self->format->in_info); p++)
    if (one[p] != other[p])
      return FALSE;
  return !GST_BUFFER_IS_DISCONT (frame);
}

static GstFlowReturn
clips_output (gpointer mode, GstBuffer *input, GstBuffer **output)
{
  Clips *self = mode;
  GstFlowReturn flow = GST_FLOW_OK;

  *output = NULL;
  if (input != NULL && !can_join (self, input))
    flow = clips_finish (self);
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (input);
    return flow;
  }
  if (input != NULL)
    self->slots[self->n_gathered++].input = input;
  if (self->n_gathered == self->window)
    flow = run_gathered (self);
  if (self->n_given < self->n_made)
    *output = g_steal_pointer (&self->slots[self->n_given++].output);
  return flow;
}

const GstGeneratorMode gst_generator_clips = {
  .name = "clips",
  .suits = clips_suits,
  .new = clips_new,
  .free = clips_free,
  .negotiate = clips_negotiate,
  .timing = clips_timing,
  .output = clips_output,
  .pending = clips_pending,
  .finish = clips_finish,
  .flush = clips_forget,
};
