/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that make as many frames as they see at once: frames are gathered until there are as many,
 * and each comes out with its own time and metas. Where a clip ends before it is full, its last
 * frame stands for what is missing. */
#include "slots.h"

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorSlots gathered;
  guint window; /* frames of a full clip */
} Clips;

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

/* Tell of numbers of which there can be no picture, by the frames that they were made of. */
static void
notice_not_finite (Clips *self)
{
  GstBuffer *inputs[GEN_MODEL_MAX_WINDOW];

  for (guint i = 0; i < self->window; i++)
    inputs[place_of (self, i)] = self->gathered.slots[MIN (i, self->gathered.n_gathered - 1)].input;
  gst_generator_play_notice_not_finite (self->play, inputs, self->window);
}

/* The last frame that is gathered is seen to the end of the clip. */
static gboolean
clips_run (gpointer mode, GError **error)
{
  Clips *self = mode;
  GenPlayer *player = self->play->player;
  GstGeneratorSlot *slots = self->gathered.slots;
  const guint n = self->gathered.n_gathered;

  for (guint i = 0; i < self->window; i++) {
    const guint place = place_of (self, i);
    GenFrame frame;

    gst_generator_bind_picture (&slots[MIN (i, n - 1)].mapped, self->play, place);
    if (i >= n) {
      gen_player_bind_output_frame (player, place, NULL);
      continue;
    }
    if (!fits_layout (self, &slots[i].frame))
      return gst_generator_fail_spacing (error);
    frame = gst_generative_frame_part (
        &slots[i].frame, &gen_player_use (player)->to, 0, 0, self->format->out_info.height);
    gen_player_bind_output_frame (player, place, &frame);
  }
  if (!gen_player_run (player, error))
    return FALSE;
  notice_not_finite (self);
  self->play->frame += n;
  return TRUE;
}

static GstFlowReturn
clips_allocate (gpointer mode, GstGeneratorSlot *slot)
{
  const Clips *self = mode;

  return gst_generator_play_allocate (self->play, slot->input, &slot->output);
}

static const GstGeneratorSlotsClass class = { .allocate = clips_allocate, .run = clips_run };

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
  gst_generator_slots_init (&self->gathered, context, GEN_MODEL_MAX_WINDOW);
  return self;
}

static void
clips_flush (gpointer mode)
{
  Clips *self = mode;

  gst_generator_slots_forget (&self->gathered);
}

static void
clips_free (gpointer mode)
{
  Clips *self = mode;

  gst_generator_slots_clear (&self->gathered);
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

  return self->gathered.n_given < self->gathered.n_made;
}

/* What has been gathered is all that there is of a clip. */
static GstFlowReturn
clips_finish (gpointer mode)
{
  Clips *self = mode;
  GstFlowReturn flow;

  if (self->gathered.n_gathered == 0)
    return GST_FLOW_OK;
  flow = gst_generator_slots_make (&self->gathered, &class, self);
  if (flow == GST_FLOW_OK)
    flow = gst_generator_slots_push (&self->gathered);
  gst_generator_slots_forget (&self->gathered);
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

  if (self->gathered.n_gathered == 0)
    return TRUE;
  one = strides_of (self, self->gathered.slots[0].input);
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
    gst_generator_slots_gather (&self->gathered, input);
  if (self->gathered.n_gathered == self->window)
    flow = gst_generator_slots_make (&self->gathered, &class, self);
  *output = gst_generator_slots_take (&self->gathered);
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
  .flush = clips_flush,
};
