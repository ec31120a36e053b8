/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that see several frames at once: a picture is made of those around it, or one that lies
 * between two. What there is not, before the first frame and behind the last one, is as these are.
 */
#include "allocation.h"
#include "mode.h"
#include "outputs.h"

#include "../shared/debug.h"
#include "../shared/model-file.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorLateness *lateness;
  /* The last frames, the newest at the end; as many as the model sees, or none. */
  GstBuffer *seen[GEN_MODEL_MAX_WINDOW];
  GstGeneratorMapped *mapped; /* in a run */
  guint window;               /* how many */
  guint waiting;              /* of those that came last, nothing has been made yet */
  GstBuffer *next;            /* to be handed out */
  gboolean elsewhere;         /* what is made is in the memory of another device */
} Frames;

static guint
newest (const Frames *self)
{
  return self->window - 1;
}

/* Frames come from the last one to the first: what the model sees is as it was forwards. */
static gboolean
runs_backwards (const Frames *self)
{
  return self->play->base->segment.rate < 0;
}

/* How many frames have to come behind the one that is made. */
static guint
awaited (const Frames *self)
{
  const guint ahead = self->play->ports.ahead;

  return runs_backwards (self) ? newest (self) - ahead : ahead;
}

static void
forget (Frames *self)
{
  for (guint i = 0; i < GEN_MODEL_MAX_WINDOW; i++)
    gst_clear_buffer (&self->seen[i]);
  gst_clear_buffer (&self->next);
  self->waiting = 0;
}

/* (transfer full) */
static void
see (Frames *self, GstBuffer *frame)
{
  if (self->seen[0] == NULL) {
    for (guint i = 0; i < newest (self); i++)
      self->seen[i] = gst_buffer_ref (frame);
  } else {
    gst_buffer_unref (self->seen[0]);
    memmove (self->seen, self->seen + 1, newest (self) * sizeof self->seen[0]);
  }
  self->seen[newest (self)] = frame;
}

/* --- a run --- */

static gboolean
follow_layouts (Frames *self, const GstGenerativeFrame *made, GError **error)
{
  const GenModelUse *now = gen_player_use (self->play->player);
  GenModelUse use = *now;

  if ((!made->is_sound &&
          !gst_generative_layout_of_frame (&made->video, use.output.channels, 1, FALSE, &use.to)) ||
      !gst_generative_layout_of_frame (
          &self->mapped[newest (self)].frame.video, use.input.channels, 1, TRUE, &use.from))
    return gst_generator_fail_spacing (error);
  return (gen_frame_layout_equal (&use.to, &now->to) &&
             gen_frame_layout_equal (&use.from, &now->from)) ||
         gst_generator_play_compile (self->play, &use, error);
}

/* Frame `i` of what is seen. One that lies otherwise than the newest one, as those of another pool
 * may, cannot be read with it: it stands for that. */
static const GstGeneratorMapped *
find_mapped (const Frames *self, guint i)
{
  const GenModelUse *use = gen_player_use (self->play->player);
  GenFrameLayout layout;

  if (gst_generative_layout_of_frame (
          &self->mapped[i].frame.video, use->input.channels, 1, TRUE, &layout) &&
      gen_frame_layout_equal (&layout, &use->from))
    return &self->mapped[i];
  return &self->mapped[newest (self)];
}

static gboolean
run (Frames *self, const GstGenerativeFrame *made, GError **error)
{
  GenFrame frame;

  if (!follow_layouts (self, made, error))
    return FALSE;
  for (guint i = 0; i < self->window; i++)
    gst_generator_bind_picture (
        find_mapped (self, i), self->play, runs_backwards (self) ? newest (self) - i : i);
  frame = made->is_sound
              ? gst_generative_sound_part (made, 0)
              : gst_generative_frame_part (made, &gen_player_use (self->play->player)->to, 0, 0,
                    self->format->out_info.height);
  gen_player_bind_output_frame (self->play->player, 0, &frame);
  if (!gst_generator_branches_bind (&self->play->branches, self->play->player, 0, error) ||
      !gen_player_run (self->play->player, error))
    return FALSE;
  if (made->is_sound && self->play->ports.output.type == GEN_TYPE_FLOAT32)
    gst_generator_play_notice_numbers (
        self->play, (const float *)(const void *)made->map.data, made->map.size / sizeof (float));
  return TRUE;
}

/* A picture, or numbers. */
static gboolean
map_made (Frames *self, GstGenerativeFrame *made, GstBuffer *output)
{
  if (!gst_generator_play_makes_frames (self->play))
    return gst_generative_sound_map (made, output, GST_MAP_WRITE);
  return gst_generative_frame_map (made, &self->play->playing, self->play->player,
      &self->format->out_info, output, GST_MAP_WRITE);
}

static GstFlowReturn
allocate (Frames *self, GstBuffer *like, GstBuffer **output)
{
  GstBaseTransform *base = self->play->base;
  GstFlowReturn flow;

  if (gst_generator_play_makes_frames (self->play))
    return gst_generator_play_allocate (self->play, like, output);
  flow = gst_generator_allocation_new (self->play, self->play->bytes, output);
  if (flow == GST_FLOW_OK)
    GST_BASE_TRANSFORM_GET_CLASS (base)->copy_metadata (base, like, *output);
  return flow;
}

static void
unmap_seen (Frames *self, guint n)
{
  for (guint i = 0; i < n; i++)
    gst_generator_unmap_input (&self->mapped[i], self->play, self->seen[i]);
}

/* Into `output`. What went wrong is posted, or in `error`. */
static GstFlowReturn
try_run (Frames *self, GstBuffer *output, GError **error)
{
  GstGenerativeFrame made;
  gboolean good;

  for (guint i = 0; i < self->window; i++)
    if (!gst_generator_map_input (&self->mapped[i], self->format, self->play, self->seen[i])) {
      unmap_seen (self, i);
      return GST_FLOW_ERROR;
    }
  if (!map_made (self, &made, output)) {
    unmap_seen (self, self->window);
    GST_ELEMENT_ERROR (
        self->play->base, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  good = run (self, &made, error);
  gst_generative_frame_unmap (&made);
  unmap_seen (self, self->window);
  return good ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* The CPU goes on where a device has failed, with these very frames. */
static GstFlowReturn
run_or_fall_back (Frames *self, GstBuffer *output)
{
  const GenModelUse use = *gen_player_use (self->play->player);
  g_autoptr (GError) error = NULL;
  GstFlowReturn result = try_run (self, output, &error);

  if (error != NULL && gst_generator_play_fall_back (self->play, error)) {
    g_clear_error (&error);
    gst_pad_mark_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (self->play->base));
    if (gst_generator_play_compile (self->play, &use, &error))
      result = try_run (self, output, &error);
  }
  if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (self->play->base), error);
  return result;
}

/* Make a picture, or a tensor, of what is seen, which goes with the frame `like`. */
static GstFlowReturn
make (Frames *self, GstBuffer *like, GstBuffer **output)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  const GstClockTime start = gst_util_get_timestamp ();
  GstFlowReturn result = allocate (self, like, output);

  if (result != GST_FLOW_OK)
    return result;
  result = run_or_fall_back (self, *output);
  if (result != GST_FLOW_OK) {
    gst_clear_buffer (output);
    return result;
  }
  gst_generator_branches_take (
      &self->play->branches, self->play->player, 0, like, &self->format->in_info);
  gst_generator_play_notice_not_finite (self->play, &like, 1);
  gst_generator_lateness_note_run (self->lateness, start);
  self->play->frame++;
  GST_LOG_OBJECT (self->play->base, GST_GENERATIVE_FRAME_FORMAT ": made of %u frames in %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (like), self->window, gst_generative_since (began));
  return result;
}

/* --- one for each --- */

/* The picture in the midst of what is seen. */
static GstFlowReturn
make_of_window (Frames *self, GstBuffer **output)
{
  return make (self, self->seen[newest (self) - awaited (self)], output);
}

static GstFlowReturn
take_frame (Frames *self, GstBuffer *frame, GstBuffer **output)
{
  see (self, frame);
  if (self->waiting < awaited (self)) {
    self->waiting++;
    return GST_FLOW_OK;
  }
  return make_of_window (self, output);
}

/* --- one between two --- */

/* Whether the next element looks where planes lie: then buffers of its pool say so. */
static gboolean
reads_meta (const Frames *self)
{
  g_autoptr (GstBufferPool) pool = gst_base_transform_get_buffer_pool (self->play->base);
  GstStructure *config = pool != NULL ? gst_buffer_pool_get_config (pool) : NULL;
  gboolean reads;

  if (config == NULL)
    return FALSE;
  reads = gst_buffer_pool_config_has_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_structure_free (config);
  return reads;
}

/* Whether the next element can read `frame`, which somebody else has laid out. */
static gboolean
can_go_on (const Frames *self, GstBuffer *frame)
{
  const GstVideoInfo *info = &self->format->out_info;
  const GstVideoMeta *meta = gst_buffer_get_video_meta (frame);

  if (self->elsewhere)
    return FALSE;
  for (guint p = 0; meta != NULL && p < meta->n_planes; p++)
    if (meta->offset[p] != info->offset[p] || meta->stride[p] != info->stride[p])
      return reads_meta (self);
  return TRUE;
}

/* `from` as the next element wants it, into `to`. */
static gboolean
copy_picture (const Frames *self, GstBuffer *from, GstBuffer *to)
{
  GstVideoFrame source, copy;
  gboolean good;

  if (!gst_video_frame_map (&source, &self->format->in_info, from, GST_MAP_READ))
    return FALSE;
  good = gst_video_frame_map (&copy, &self->format->out_info, to, GST_MAP_WRITE);
  if (good) {
    good = gst_video_frame_copy (&copy, &source);
    gst_video_frame_unmap (&copy);
  }
  gst_video_frame_unmap (&source);
  return good;
}

/* The same picture, in a buffer of its own where the next element cannot read that of `frame`. */
static GstFlowReturn
repeat (Frames *self, GstBuffer *frame, GstBuffer **copy)
{
  GstFlowReturn result;

  if (can_go_on (self, frame)) {
    *copy = gst_buffer_copy (frame);
    return GST_FLOW_OK;
  }
  result = gst_generator_play_allocate (self->play, frame, copy);
  if (result != GST_FLOW_OK || copy_picture (self, frame, *copy))
    return result;
  gst_clear_buffer (copy);
  GST_ELEMENT_ERROR (
      self->play->base, RESOURCE, READ, ("A frame cannot be read to be passed on"), (NULL));
  return GST_FLOW_ERROR;
}

/* `frame` for the first half of the time that it was to be shown, or the `second` one. */
static GstFlowReturn
halve (Frames *self, GstBuffer *frame, gboolean second, GstBuffer **half)
{
  const GstClockTime whole = GST_BUFFER_DURATION (frame);
  GstFlowReturn result = repeat (self, frame, half);

  if (result != GST_FLOW_OK)
    return result;
  if (GST_CLOCK_TIME_IS_VALID (whole))
    GST_BUFFER_DURATION (*half) = second ? whole - whole / 2 : whole / 2;
  if (second) {
    GST_BUFFER_PTS (*half) += whole / 2;
    GST_BUFFER_FLAG_UNSET (*half, GST_BUFFER_FLAG_DISCONT);
  }
  GST_BUFFER_DTS (*half) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_OFFSET (*half) = GST_BUFFER_OFFSET_END (*half) = GST_BUFFER_OFFSET_NONE;
  return GST_FLOW_OK;
}

/* Whether there is a second half of `frame`, behind which nothing follows. */
static gboolean
has_second_half (const GstBuffer *frame)
{
  return GST_BUFFER_PTS_IS_VALID (frame) && GST_BUFFER_DURATION_IS_VALID (frame);
}

/* The time of what lies between frames of `a` and `b`, up to the later one. */
static void
stamp_between (GstBuffer *between, GstClockTime a, GstClockTime b)
{
  GST_BUFFER_DTS (between) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_OFFSET (between) = GST_BUFFER_OFFSET_END (between) = GST_BUFFER_OFFSET_NONE;
  if (!GST_CLOCK_TIME_IS_VALID (a) || !GST_CLOCK_TIME_IS_VALID (b)) {
    GST_BUFFER_PTS (between) = GST_CLOCK_TIME_NONE;
    return;
  }
  GST_BUFFER_PTS (between) = MIN (a, b) + (MAX (a, b) - MIN (a, b)) / 2;
  GST_BUFFER_DURATION (between) = MAX (a, b) - GST_BUFFER_PTS (between);
}

/* The first frame; of those that come backwards it is the last one, which stands for what would lie
 * behind it. */
static GstFlowReturn
take_first (Frames *self, GstBuffer *frame, GstBuffer **output)
{
  GstFlowReturn result = halve (self, frame, FALSE, output);

  if (result != GST_FLOW_OK || !runs_backwards (self) || !has_second_half (frame))
    return result;
  self->next = g_steal_pointer (output);
  GST_BUFFER_FLAG_UNSET (self->next, GST_BUFFER_FLAG_DISCONT);
  return halve (self, frame, TRUE, output);
}

/* What lies between the last two frames, and then the last one. */
static GstFlowReturn
take_second (Frames *self, GstBuffer *frame, GstBuffer **output)
{
  const gboolean is_first = self->seen[0] == NULL;
  GstFlowReturn result;

  see (self, frame);
  if (is_first)
    return take_first (self, frame, output);
  result = halve (self, frame, FALSE, &self->next);
  if (result == GST_FLOW_OK)
    result = make (self, frame, output);
  if (result != GST_FLOW_OK) {
    gst_clear_buffer (&self->next);
    return result;
  }
  GST_BUFFER_DURATION (*output) = GST_BUFFER_DURATION (self->next);
  stamp_between (*output, GST_BUFFER_PTS (self->seen[0]), GST_BUFFER_PTS (frame));
  return GST_FLOW_OK;
}

/* The last frame stands for what would lie behind it. */
static GstFlowReturn
finish_between (Frames *self)
{
  GstBuffer *last, *half = NULL;
  GstFlowReturn flow;

  if (self->seen[0] == NULL || runs_backwards (self))
    return GST_FLOW_OK;
  last = self->seen[newest (self)];
  if (!has_second_half (last))
    return GST_FLOW_OK;
  flow = halve (self, last, TRUE, &half);
  return flow == GST_FLOW_OK ? gst_generator_play_push (self->play, half) : flow;
}

/* --- the mode --- */

static gboolean
frames_suits (const GstGeneratorPorts *ports)
{
  return ports->frames > 1;
}

static gpointer
frames_new (const GstGeneratorContext *context)
{
  Frames *self = g_new0 (Frames, 1);

  self->play = context->play;
  self->format = context->format;
  self->lateness = context->lateness;
  self->mapped = g_new0 (GstGeneratorMapped, GEN_MODEL_MAX_WINDOW);
  return self;
}

static void
frames_free (gpointer mode)
{
  Frames *self = mode;

  forget (self);
  g_free (self->mapped);
  g_free (self);
}

static void
frames_forget (gpointer mode)
{
  forget (mode);
}

/* The frames that come go on between those that are made. */
static gboolean
check_frames (const GstGeneratorFormat *format, const GenModelUse *use, GError **error)
{
  const GstVideoInfo *in = &format->in_info;

  if (use->output.width != in->width || use->output.height != in->height) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "frames of %d x %d go on as they are between those that are made, which are %d x %d: set "
        "property interpolate=false for these alone",
        in->width, in->height, use->output.width, use->output.height);
    return FALSE;
  }
  if (GST_VIDEO_INFO_FORMAT (in) == GST_VIDEO_INFO_FORMAT (&format->out_info))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "frames that come as %s go on as they are between those that are made, but the next element "
      "wants %s: put videoconvert behind",
      GST_VIDEO_INFO_NAME (&format->in_info), GST_VIDEO_INFO_NAME (&format->out_info));
  return FALSE;
}

/* A tensor of each window. */
static gboolean
negotiate_numbers (Frames *self, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  const GstGeneratorPorts *ports = &self->play->ports;
  GstGeneratorInput *input = &self->format->input;
  GenShape made;

  if (!gst_generator_format_read (self->format, self->play, sink, input, use, error) ||
      !gst_generator_numbers_shape (ports, &ports->output, input, &made, error) ||
      !gst_generator_check_tensor (source, &made, error))
    return FALSE;
  use->to_frames = FALSE;
  self->play->bytes = (gsize)gen_shape_elements (&made) * gen_data_type_size (ports->output.type);
  return TRUE;
}

static gboolean
frames_negotiate (gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  Frames *self = mode;
  GstGeneratorFormat *format = self->format;
  const GstGeneratorPorts *ports = &self->play->ports;
  GstVideoInfo info;

  self->window = (guint)ports->frames;
  if (gst_generator_makes_tensors (ports))
    return negotiate_numbers (self, sink, source, use, error);
  self->elsewhere = !gst_caps_features_is_equal (
      gst_caps_get_features (sink, 0), gst_caps_get_features (source, 0));
  if (!gst_generator_format_read (format, self->play, sink, &format->input, use, error) ||
      !gst_generator_output_size (
          ports, &format->input, &use->output.height, &use->output.width, error) ||
      !gst_generator_format_read_video (format, source, use, error) ||
      !gst_generator_format_check_size (
          format, self->play, use->output.width, use->output.height, error) ||
      (ports->between && !check_frames (format, use, error)))
    return FALSE;
  if (!gst_generator_branches_negotiate (
          &self->play->branches, ports, &format->input, sink, use, error))
    return FALSE;
  info = format->out_info;
  gst_generative_playing_fit_info (&self->play->playing, source, &info);
  return gst_generative_layout (&info, use->output.channels, 1, FALSE, &use->to) ||
         gst_generator_fail_spacing (error);
}

static GstGeneratorTiming
frames_timing (gpointer mode)
{
  const Frames *self = mode;
  const GstVideoInfo *info = &self->format->in_info;
  const GstGeneratorPorts *ports = &self->play->ports;
  const GstClockTime interval = info->fps_n > 0 ? gst_util_uint64_scale (GST_SECOND,
                                                      (guint64)info->fps_d, (guint64)info->fps_n)
                                                : 0;

  return (GstGeneratorTiming){
    .held = ports->between ? interval / 2 : interval * ports->ahead,
    .interval = interval,
    .batch = 1,
    .runs = 1,
  };
}

static gboolean
frames_pending (gpointer mode)
{
  const Frames *self = mode;

  return self->next != NULL;
}

/* The last frame stands for those that it waits for. */
static GstFlowReturn
frames_finish (gpointer mode)
{
  Frames *self = mode;
  GstFlowReturn flow = self->play->ports.between ? finish_between (self) : GST_FLOW_OK;

  for (; flow == GST_FLOW_OK && self->waiting > 0; self->waiting--) {
    GstBuffer *output = NULL;

    see (self, gst_buffer_ref (self->seen[newest (self)]));
    flow = make_of_window (self, &output);
    if (flow == GST_FLOW_OK)
      flow = gst_generator_play_push (self->play, output);
  }
  forget (self);
  return flow;
}

static GstFlowReturn
frames_output (gpointer mode, GstBuffer *input, GstBuffer **output)
{
  Frames *self = mode;
  GstFlowReturn flow = GST_FLOW_OK;

  *output = NULL;
  if (input == NULL) {
    *output = g_steal_pointer (&self->next);
    return GST_FLOW_OK;
  }
  if (GST_BUFFER_IS_DISCONT (input))
    flow = frames_finish (self);
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (input);
    return flow;
  }
  return (self->play->ports.between ? take_second : take_frame) (self, input, output);
}

const GstGeneratorMode gst_generator_frames = {
  .name = "frames",
  .suits = frames_suits,
  .new = frames_new,
  .free = frames_free,
  .negotiate = frames_negotiate,
  .timing = frames_timing,
  .output = frames_output,
  .pending = frames_pending,
  .finish = frames_finish,
  .flush = frames_forget,
};
