/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that see several frames at once: a picture is made of those around it, or one or more that
 * lie between two. What there is not, before the first frame and behind the last one, is as these
 * are.
 */
#include "allocation.h"
#include "mode.h"
#include "outputs.h"
#include "repeat.h"

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
  GQueue next;                /* buffers to be handed out */
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

/* How many pictures a run makes. */
static guint
n_made (const Frames *self)
{
  return (guint)self->play->ports.made;
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
  g_queue_clear_full (&self->next, (GDestroyNotify)gst_buffer_unref);
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

/* Into frame `m` of a run. */
static gboolean
bind_made (Frames *self, const GstGenerativeFrame *made, guint m, GError **error)
{
  const GenModelUse *use = gen_player_use (self->play->player);
  GenFrameLayout layout;
  GenFrame frame;

  if (!made->is_sound &&
      (!gst_generative_layout_of_frame (&made->video, use->output.channels, 1, FALSE, &layout) ||
          !gen_frame_layout_equal (&layout, &use->to)))
    return gst_generator_fail_spacing (error);
  frame = made->is_sound
              ? gst_generative_sound_part (made, 0)
              : gst_generative_frame_part (made, &use->to, 0, 0, self->format->out_info.height);
  gen_player_bind_output_frame (self->play->player, m, &frame);
  return TRUE;
}

static gboolean
run (Frames *self, const GstGenerativeFrame *made, GError **error)
{
  if (!follow_layouts (self, &made[0], error))
    return FALSE;
  for (guint i = 0; i < self->window; i++)
    gst_generator_bind_picture (
        find_mapped (self, i), self->play, runs_backwards (self) ? newest (self) - i : i);
  for (guint m = 0; m < n_made (self); m++)
    if (!bind_made (self, &made[m], m, error))
      return FALSE;
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
map_one (Frames *self, GstGenerativeFrame *made, GstBuffer *output)
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

/* Map what is to be made. FALSE when an error was posted. */
static gboolean
map_made (Frames *self, GstBuffer *const *outputs, GstGenerativeFrame *made)
{
  for (guint m = 0; m < n_made (self); m++) {
    if (map_one (self, &made[m], outputs[m]))
      continue;
    while (m-- > 0)
      gst_generative_frame_unmap (&made[m]);
    GST_ELEMENT_ERROR (
        self->play->base, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return FALSE;
  }
  return TRUE;
}

/* What goes into a run, and where it leads. */
typedef struct {
  Frames *self;
  GstBuffer *const *outputs;
} Run;

static gboolean
run_mapped (gpointer data, GError **error)
{
  const Run *of = data;
  Frames *self = of->self;
  GstGenerativeFrame made[GST_GENERATOR_MAX_BETWEEN];
  gboolean good;

  for (guint i = 0; i < self->window; i++)
    if (!gst_generator_map_input (&self->mapped[i], self->format, self->play, self->seen[i])) {
      unmap_seen (self, i);
      return FALSE;
    }
  if (!map_made (self, of->outputs, made)) {
    unmap_seen (self, self->window);
    return FALSE;
  }
  good = run (self, made, error);
  for (guint m = 0; m < n_made (self); m++)
    gst_generative_frame_unmap (&made[m]);
  unmap_seen (self, self->window);
  return good;
}

static GstFlowReturn
run_to (Frames *self, GstBuffer *const *outputs)
{
  Run run = { self, outputs };
  g_autoptr (GError) error = NULL;

  if (gst_generator_play_run (self->play, run_mapped, &run, &error))
    return GST_FLOW_OK;
  if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (self->play->base), error);
  return GST_FLOW_ERROR;
}

/* Make pictures, or a tensor, of what is seen, as many as a run makes, which go with the frame
 * `like`. */
static GstFlowReturn
make (Frames *self, GstBuffer *like, GstBuffer **outputs)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  const GstClockTime start = gst_util_get_timestamp ();
  GstBuffer *of[GST_GENERATOR_MAX_BETWEEN];
  GstFlowReturn result = GST_FLOW_OK;

  for (guint m = 0; m < n_made (self); m++) {
    of[m] = like;
    outputs[m] = NULL;
  }
  for (guint m = 0; m < n_made (self) && result == GST_FLOW_OK; m++)
    result = allocate (self, like, &outputs[m]);
  if (result == GST_FLOW_OK)
    result = run_to (self, outputs);
  for (guint m = 0; m < n_made (self) && result != GST_FLOW_OK; m++)
    gst_clear_buffer (&outputs[m]);
  if (result != GST_FLOW_OK)
    return result;
  gst_generator_branches_take (
      &self->play->branches, self->play->player, 0, like, &self->format->in_info);
  gst_generator_play_notice_not_finite (self->play, of, n_made (self));
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

/* --- some between two --- */

/* Into how many parts the time of a frame goes. */
static guint
n_parts (const Frames *self)
{
  return n_made (self) + 1;
}

/* `frame` for part `k` of the time that it was to be shown, to be handed out. */
static GstFlowReturn
queue_part (Frames *self, GstBuffer *frame, guint k)
{
  GstBuffer *part = NULL;
  GstFlowReturn result = gst_generator_repeat_part (
      self->play, self->format, self->elsewhere, frame, k, n_parts (self), &part);

  if (result == GST_FLOW_OK)
    g_queue_push_tail (&self->next, part);
  return result;
}

/* Whether there is more of `frame` than its first part, where nothing follows it. */
static gboolean
has_more (const GstBuffer *frame)
{
  return GST_BUFFER_PTS_IS_VALID (frame) && GST_BUFFER_DURATION_IS_VALID (frame);
}

/* The first frame; of those that come backwards it is the last one, which stands for what would lie
 * behind it. */
static GstFlowReturn
take_first (Frames *self, GstBuffer *frame)
{
  GstFlowReturn result = GST_FLOW_OK;

  if (runs_backwards (self) && has_more (frame))
    for (guint k = n_made (self); k > 0 && result == GST_FLOW_OK; k--)
      result = queue_part (self, frame, k);
  if (result == GST_FLOW_OK)
    result = queue_part (self, frame, 0);
  if (result == GST_FLOW_OK && self->next.length > 1)
    GST_BUFFER_FLAG_UNSET (GST_BUFFER (g_queue_peek_tail (&self->next)), GST_BUFFER_FLAG_DISCONT);
  return result;
}

/* What lies between the last two frames, and then the last one. */
static GstFlowReturn
take_second (Frames *self, GstBuffer *frame)
{
  GstBuffer *made[GST_GENERATOR_MAX_BETWEEN];
  GstFlowReturn result = make (self, frame, made);

  if (result != GST_FLOW_OK)
    return result;
  for (guint i = 0; i < n_made (self); i++) {
    const guint m = runs_backwards (self) ? n_made (self) - 1 - i : i;

    gst_generator_stamp_part (
        made[m], GST_BUFFER_PTS (self->seen[0]), GST_BUFFER_PTS (frame), m + 1, n_parts (self));
    g_queue_push_tail (&self->next, made[m]);
  }
  return queue_part (self, frame, 0);
}

/* How long `frame` is to be shown, by itself or by its caps; not valid where neither tells. */
static GstClockTime
duration_of (const Frames *self, const GstBuffer *frame)
{
  const GstVideoInfo *info = &self->format->in_info;

  if (GST_BUFFER_DURATION_IS_VALID (frame) && GST_BUFFER_DURATION (frame) > 0)
    return GST_BUFFER_DURATION (frame);
  return info->fps_n > 0
             ? gst_util_uint64_scale (GST_SECOND, (guint64)info->fps_d, (guint64)info->fps_n)
             : GST_CLOCK_TIME_NONE;
}

/* Whether `input` follows the last frame: nothing lies between two where another one is missing, or
 * where time goes back. Cameras may be off by half of a frame. */
static gboolean
frames_follows (gpointer mode, GstBuffer *input)
{
  const Frames *self = mode;
  const GstBuffer *last = self->seen[newest (self)];
  const GstBuffer *first = runs_backwards (self) ? input : last;
  const GstBuffer *second = runs_backwards (self) ? last : input;
  GstClockTime duration;

  if (!self->play->ports.between || last == NULL || !GST_BUFFER_PTS_IS_VALID (first) ||
      !GST_BUFFER_PTS_IS_VALID (second))
    return TRUE;
  duration = duration_of (self, first);
  return GST_BUFFER_PTS (first) <= GST_BUFFER_PTS (second) &&
         (!GST_CLOCK_TIME_IS_VALID (duration) ||
             GST_BUFFER_PTS (second) - GST_BUFFER_PTS (first) <= duration + duration / 2);
}

static GstFlowReturn
take_either (Frames *self, GstBuffer *frame, GstBuffer **output)
{
  const gboolean is_first = self->seen[0] == NULL;
  GstFlowReturn result;

  see (self, frame);
  result = (is_first ? take_first : take_second) (self, frame);
  if (result == GST_FLOW_OK)
    *output = g_queue_pop_head (&self->next);
  else
    g_queue_clear_full (&self->next, (GDestroyNotify)gst_buffer_unref);
  return result;
}

/* The last frame stands for what would lie behind it. */
static GstFlowReturn
finish_between (Frames *self)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *last;

  if (self->seen[0] == NULL || runs_backwards (self))
    return GST_FLOW_OK;
  last = self->seen[newest (self)];
  if (!has_more (last))
    return GST_FLOW_OK;
  for (guint k = 1; k < n_parts (self) && flow == GST_FLOW_OK; k++) {
    flow = queue_part (self, last, k);
    if (flow == GST_FLOW_OK)
      flow = gst_generator_play_push (self->play, g_queue_pop_head (&self->next));
  }
  return flow;
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
  const GstGeneratorPorts *ports = &self->play->ports;

  self->window = (guint)ports->frames;
  if (gst_generator_makes_tensors (ports))
    return negotiate_numbers (self, sink, source, use, error);
  self->elsewhere = !gst_caps_features_is_equal (
      gst_caps_get_features (sink, 0), gst_caps_get_features (source, 0));
  return gst_generator_format_read_frames (self->format, self->play, sink, source, use, error) &&
         gst_generator_branches_negotiate (
             &self->play->branches, ports, &self->format->input, sink, use, error) &&
         (!ports->between || check_frames (self->format, use, error));
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
    .held = ports->between ? interval * n_made (self) / n_parts (self) : interval * ports->ahead,
    .interval = interval,
    .batch = 1,
    .runs = 1,
  };
}

static gboolean
frames_pending (gpointer mode)
{
  const Frames *self = mode;

  return self->next.length > 0;
}

/* The last frame stands for those that it waits for; of a stream shorter than that, for those
 * before the first one is in its place as well. */
static GstFlowReturn
frames_finish (gpointer mode)
{
  Frames *self = mode;
  GstFlowReturn flow = self->play->ports.between ? finish_between (self) : GST_FLOW_OK;

  if (self->waiting > 0)
    for (guint i = self->waiting; i < awaited (self); i++)
      see (self, gst_buffer_ref (self->seen[newest (self)]));
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
    *output = g_queue_pop_head (&self->next);
    return GST_FLOW_OK;
  }
  if (GST_BUFFER_IS_DISCONT (input))
    flow = frames_finish (self);
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (input);
    return flow;
  }
  return (self->play->ports.between ? take_either : take_frame) (self, input, output);
}

const GstGeneratorMode gst_generator_frames = {
  .name = "frames",
  .suits = frames_suits,
  .new = frames_new,
  .free = frames_free,
  .negotiate = frames_negotiate,
  .timing = frames_timing,
  .follows = frames_follows,
  .output = frames_output,
  .pending = frames_pending,
  .finish = frames_finish,
  .flush = frames_forget,
};
