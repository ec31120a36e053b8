/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models whose shapes hang on what they compute. A session makes the numbers of the pictures; only
 * then is it known how many there are and of which size. The caps follow, and a plan for that size,
 * the ending, puts the numbers into the frame. */
#include "mode.h"

#include <string.h>

#include "../shared/debug.h"
#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* What a run has made. */
typedef struct {
  int pictures, height, width; /* of each */
  int columns, rows;           /* of the wall that they make */
} Made;

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorLateness *lateness;
  /* The size of the frame that the model has made of such an input; 0 where it has not, or has made
   * nothing. */
  GstGeneratorInput made_of;
  int made_width, made_height;
  gboolean making; /* a frame, for which caps may change */
} Staged;

typedef struct {
  GstBuffer *input, *output;
  GstGeneratorMapped mapped; /* the input */
  GstGenerativeFrame frame;  /* the output */
} Slot;

/* --- running --- */

static gboolean
read_made (const Staged *self, Made *made, GError **error)
{
  const GenBinding *numbers = gen_player_output (self->play->player);
  const GenPort *port = &self->play->ports.output;
  const GenShape *shape = &numbers->shape;
  int channels = port->channels_last ? 3 : 1, height = port->channels_last ? 1 : 2;
  gint64 n = gen_shape_elements (shape), of_one;

  *made = (Made){ .height = port->height, .width = port->width };
  if (shape->rank == 4 && shape->dims[channels] == port->channels) {
    made->height = (int)MIN (shape->dims[height], G_MAXINT);
    made->width = (int)MIN (shape->dims[height + 1], G_MAXINT);
  }
  of_one = (gint64)port->channels * MAX (made->height, 0) * MAX (made->width, 0);
  made->pictures = of_one > 0 ? (int)MIN (n / of_one, G_MAXINT) : 0;
  if (made->pictures == 0 && n == 0)
    return TRUE;
  made->columns = gst_generator_wall_columns (&self->play->ports, MAX (made->pictures, 1));
  made->rows = (made->pictures + made->columns - 1) / made->columns;
  if (numbers->type == GEN_TYPE_FLOAT32 && of_one > 0 && n % of_one == 0 &&
      (gint64)made->columns * made->width <= G_MAXINT16 &&
      (gint64)made->rows * made->height <= G_MAXINT16)
    return TRUE;
  g_autofree char *text = gen_shape_to_string (shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "the model made %s %s of output '%s', which are no pictures of %d channels that a frame can "
      "hold",
      gen_data_type_name (numbers->type), text, numbers->name, port->channels);
  return FALSE;
}

static void
remember (Staged *self, const GstGeneratorInput *input, const Made *made)
{
  self->made_of = *input;
  self->made_width = made->columns * made->width;
  self->made_height = made->rows * made->height;
}

/* --- negotiating --- */

/* See what the model makes of zeros, of the input that `caps` say. */
static void
try_on_zeros (Staged *self, GstCaps *caps)
{
  GstGeneratorFormat *format = self->format;
  g_autoptr (GError) error = NULL;
  GstGeneratorInput input;
  GenModelUse use;
  Made made = { 0 };

  if (!gst_generator_format_read (format, self->play, caps, &input, &use, &error))
    return;
  if (self->made_width > 0 && memcmp (&input, &self->made_of, sizeof input) == 0)
    return;
  remember (self, &input, &made);
  format->input = input;
  gst_generator_format_describe_tensors (format, &self->play->ports);
  if (!gst_generator_play_compile (self->play, &use, &error))
    return;
  if (gen_player_run_on_zeros (self->play->player, &error) && read_made (self, &made, &error))
    remember (self, &input, &made);
  else
    GST_INFO_OBJECT (self->play->base, "of nothing but zeros: %s", error->message);
}

static void
staged_probe (gpointer mode, GstCaps *sink, int *width, int *height)
{
  Staged *self = mode;

  try_on_zeros (self, sink);
  *width = self->made_width;
  *height = self->made_height;
}

static gboolean
staged_negotiate (gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  Staged *self = mode;
  GstGeneratorFormat *format = self->format;

  if (!gst_generator_format_read (format, self->play, sink, &format->input, use, error) ||
      !gst_generator_format_read_video (format, source, use, error))
    return FALSE;
  /* One that has made nothing yet may come to make that size. */
  return self->made_height == 0 || gst_generator_format_check_size (format, self->play,
                                       self->made_width, self->made_height, error);
}

/* Negotiate anew, for the size that was made. What has been made stays: caps may want another
 * player, as strides of pools differ from those that caps say. */
static gboolean
renegotiate (Staged *self)
{
  GstBaseTransform *base = self->play->base;
  const GenModelUse use = *gen_player_use (self->play->player);

  gst_pad_mark_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (base));
  return gst_base_transform_reconfigure (base) &&
         self->made_width == self->format->out_info.width &&
         self->made_height == self->format->out_info.height &&
         gst_generator_play_compile (self->play, &use, NULL);
}

/* Let the caps be those of what was made. */
static GstFlowReturn
follow_size (Staged *self, const Made *made)
{
  remember (self, &self->format->input, made);
  if (self->made_width == self->format->out_info.width &&
      self->made_height == self->format->out_info.height)
    return GST_FLOW_OK;
  GST_DEBUG_OBJECT (
      self->play->base, "frames are %d x %d now", self->made_width, self->made_height);
  if (renegotiate (self))
    return GST_FLOW_OK;
  if (GST_PAD_IS_FLUSHING (GST_BASE_TRANSFORM_SRC_PAD (self->play->base)))
    return GST_FLOW_FLUSHING;
  GST_ELEMENT_ERROR (self->play->base, CORE, NEGOTIATION,
      ("The model makes %d x %d pixels of this frame, which the next element does not take: put "
       "videoscale behind",
          self->made_width, self->made_height),
      (NULL));
  return GST_FLOW_NOT_NEGOTIATED;
}

/* --- frames --- */

/* Compile anew when the frame does not lie as caps said. */
static gboolean
follow_layout (Staged *self, const Slot *slot, GError **error)
{
  const GenModelUse *now = gen_player_use (self->play->player);
  GenModelUse use = *now;

  if (!use.from_frames)
    return TRUE;
  if (!gst_generative_layout_of_frame (
          &slot->mapped.frame.video, use.input.channels, 1, TRUE, &use.from)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "the planes of a frame differ in their strides");
    return FALSE;
  }
  return gen_frame_layout_equal (&use.from, &now->from) ||
         gst_generator_play_compile (self->play, &use, error);
}

typedef struct {
  Staged *self;
  const Slot *slot;
} Run;

static gboolean
run (gpointer data, GError **error)
{
  const Run *of = data;
  const Staged *self = of->self;
  const Slot *slot = of->slot;
  const GenModelUse *use = gen_player_use (self->play->player);

  if (use->from_frames) {
    gst_generator_bind_picture (&slot->mapped, self->play, 0);
  } else {
    for (guint t = 0; t < self->format->n_tensors; t++)
      gen_player_bind_numbers (
          self->play->player, self->format->places[t], slot->mapped.tensors[t]);
  }
  return gen_player_run (self->play->player, error);
}

/* Run on the slot's input. */
static GstFlowReturn
make (Staged *self, Slot *slot, Made *made)
{
  Run of = { self, slot };
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!gst_generator_map_input (&slot->mapped, self->format, self->play, slot->input))
    return GST_FLOW_ERROR;
  good = follow_layout (self, slot, &error) &&
         gst_generator_play_run (self->play, run, &of, &error) && read_made (self, made, &error);
  gst_generator_unmap_input (&slot->mapped, self->play, slot->input);
  if (good)
    return GST_FLOW_OK;
  gst_generative_post_error (GST_ELEMENT (self->play->base), error);
  return GST_FLOW_ERROR;
}

/* The numbers that were made, into the slot's output. */
static GstFlowReturn
write_frame (Staged *self, Slot *slot, const Made *made)
{
  g_autoptr (GError) error = NULL;
  gboolean written;
  GenFrameLayout to;
  GenFrame frame;

  if (!gst_generative_frame_map (&slot->frame, &self->play->playing, self->play->player,
          &self->format->out_info, slot->output, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (
        self->play->base, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (!gst_generative_layout_of_frame (
          &slot->frame.video, self->play->ports.output.channels, made->columns, FALSE, &to)) {
    gst_video_frame_unmap (&slot->frame.video);
    GST_ELEMENT_ERROR (self->play->base, STREAM, FORMAT,
        ("The planes of a frame differ in their strides"), (NULL));
    return GST_FLOW_ERROR;
  }
  frame = gst_generative_frame_part (
      &slot->frame, &to, 0, 0, GST_VIDEO_FRAME_HEIGHT (&slot->frame.video));
  written = gen_player_write_frame (
      self->play->player, made->pictures, made->height, made->width, &to, &frame, &error);
  if (written) {
    gst_generator_play_notice_not_finite (self->play, &slot->input, 1);
    self->play->frame++;
  } else {
    gst_generative_post_error (GST_ELEMENT (self->play->base), error);
  }
  gst_video_frame_unmap (&slot->frame.video);
  return written ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* A frame of the slot's input. */
static GstFlowReturn
make_frame (Staged *self, Slot *slot)
{
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GstFlowReturn result;
  Made made;

  result = make (self, slot, &made);
  if (result == GST_FLOW_OK && made.pictures == 0) {
    GST_DEBUG_OBJECT (self->play->base,
        GST_GENERATIVE_FRAME_FORMAT ": dropped, the model makes nothing of it",
        GST_GENERATIVE_FRAME_ARGS (slot->input));
    result = GST_BASE_TRANSFORM_FLOW_DROPPED;
  }
  if (result == GST_FLOW_OK)
    result = follow_size (self, &made);
  if (result == GST_FLOW_OK)
    result = gst_generator_play_allocate (self->play, slot->input, &slot->output);
  if (result == GST_FLOW_OK)
    result = write_frame (self, slot, &made);
  if (result == GST_FLOW_OK)
    GST_LOG_OBJECT (self->play->base,
        GST_GENERATIVE_FRAME_FORMAT ": %d pictures of %d x %d in %.3f ms",
        GST_GENERATIVE_FRAME_ARGS (slot->input), made.pictures, made.width, made.height,
        gst_generative_since (began));
  return result;
}

/* --- the mode --- */

static gboolean
staged_suits (const GstGeneratorPorts *ports)
{
  return ports->staged;
}

/* Another model may make frames of another size. */
static void
staged_change (gpointer mode)
{
  Staged *self = mode;

  self->made_of = (GstGeneratorInput){ 0 };
  self->made_width = self->made_height = 0;
}

static gpointer
staged_new (const GstGeneratorContext *context)
{
  Staged *self = g_new0 (Staged, 1);

  self->play = context->play;
  self->format = context->format;
  self->lateness = context->lateness;
  return self;
}

static GstGeneratorTiming
staged_timing (gpointer mode)
{
  const Staged *self = mode;
  const GstVideoInfo *info = &self->format->out_info;

  return (GstGeneratorTiming){
    .interval = info->fps_n > 0
                    ? gst_util_uint64_scale (GST_SECOND, (guint64)info->fps_d, (guint64)info->fps_n)
                    : 0,
  };
}

static GstFlowReturn
staged_output (gpointer mode, GstBuffer *input, GstBuffer **output)
{
  Staged *self = mode;
  Slot slot = { .input = input };
  const GstVideoInfo before = self->format->out_info, *now = &self->format->out_info;
  GstClockTime start = gst_util_get_timestamp ();
  GstFlowReturn result;

  *output = NULL;
  if (input == NULL)
    return GST_FLOW_OK;
  self->making = TRUE;
  result = make_frame (self, &slot);
  self->making = FALSE;
  /* A size that is met anew is compiled for, which is no run. */
  if (result == GST_FLOW_OK && now->width == before.width && now->height == before.height)
    gst_generator_lateness_note_run (self->lateness, start);
  gst_buffer_unref (input);
  if (result == GST_FLOW_OK)
    *output = slot.output;
  else
    gst_clear_buffer (&slot.output);
  return result;
}

static gboolean
staged_pending (gpointer mode)
{
  const Staged *self = mode;

  return self->making;
}

const GstGeneratorMode gst_generator_staged = {
  .name = "staged",
  .suits = staged_suits,
  .new = staged_new,
  .free = g_free,
  .change = staged_change,
  .probe = staged_probe,
  .negotiate = staged_negotiate,
  .timing = staged_timing,
  .output = staged_output,
  .pending = staged_pending,
};
