/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models whose shapes hang on what they compute. A session makes the numbers of the pictures; only
 * then is it known how many there are and of which size. The caps follow, and a plan for that size,
 * the ending, puts the numbers into the frame. */
#include "generator.h"

#include <string.h>

#include "../shared/debug.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* What a run has made. */
typedef struct {
  int pictures, height, width; /* of each */
  int columns, rows;           /* of the wall that they make */
} Made;

/* --- running --- */

static gboolean
read_made (const GstGenerator *self, Made *made, GError **error)
{
  const GenBinding *numbers = gen_player_output (self->player);
  const GenPort *port = &self->ports.output;
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
  made->columns = gst_generator_wall_columns (&self->ports, MAX (made->pictures, 1));
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
remember (GstGenerator *self, const GstGeneratorInput *input, const Made *made)
{
  self->made_of = *input;
  self->made_width = made->columns * made->width;
  self->made_height = made->rows * made->height;
}

/* --- negotiating --- */

void
gst_generator_probe (GstGenerator *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;
  GstGeneratorInput input;
  GenModelUse use;
  Made made = { 0 };

  if (!gst_generator_read_caps (self, caps, &input, &use, &error))
    return;
  if (self->made_width > 0 && memcmp (&input, &self->made_of, sizeof input) == 0)
    return;
  remember (self, &input, &made);
  self->input = input;
  gst_generator_describe_tensors (self, &self->ports);
  if (!gst_generator_compile (self, &use, &error))
    return;
  if (gen_player_run_on_zeros (self->player, &error) && read_made (self, &made, &error))
    remember (self, &input, &made);
  else
    GST_INFO_OBJECT (self, "of nothing but zeros: %s", error->message);
}

/* Negotiate anew, for the size that was made. What has been made stays: caps may want another
 * player, as strides of pools differ from those that caps say. */
static gboolean
renegotiate (GstGenerator *self)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  const GenModelUse use = *gen_player_use (self->player);

  gst_pad_mark_reconfigure (GST_BASE_TRANSFORM_SRC_PAD (base));
  return gst_base_transform_reconfigure (base) && self->made_width == self->out_info.width &&
         self->made_height == self->out_info.height && gst_generator_compile (self, &use, NULL);
}

/* Let the caps be those of what was made. */
static GstFlowReturn
follow_size (GstGenerator *self, const Made *made)
{
  remember (self, &self->input, made);
  if (self->made_width == self->out_info.width && self->made_height == self->out_info.height)
    return GST_FLOW_OK;
  GST_DEBUG_OBJECT (self, "frames are %d x %d now", self->made_width, self->made_height);
  if (renegotiate (self))
    return GST_FLOW_OK;
  if (GST_PAD_IS_FLUSHING (GST_BASE_TRANSFORM_SRC_PAD (self)))
    return GST_FLOW_FLUSHING;
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("The model makes %d x %d pixels of this frame, which the next element does not take: put "
       "videoscale behind",
          self->made_width, self->made_height),
      (NULL));
  return GST_FLOW_NOT_NEGOTIATED;
}

/* --- frames --- */

/* Compile anew when the frame does not lie as caps said. */
static gboolean
follow_layout (GstGenerator *self, const Slot *slot, GError **error)
{
  const GenModelUse *now = gen_player_use (self->player);
  GenModelUse use = *now;

  if (!use.from_frames)
    return TRUE;
  if (!gst_generative_layout_of_frame (
          &slot->in_frame.video, use.input.channels, 1, TRUE, &use.from)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "the planes of a frame differ in their strides");
    return FALSE;
  }
  return gen_frame_layout_equal (&use.from, &now->from) ||
         gst_generator_compile (self, &use, error);
}

static gboolean
run (GstGenerator *self, const Slot *slot, GError **error)
{
  const GenModelUse *use = gen_player_use (self->player);

  if (use->from_frames) {
    const GenFrame frame = gst_generative_frame_part (
        &slot->in_frame, &use->from, 0, 0, GST_VIDEO_FRAME_HEIGHT (&slot->in_frame.video));

    gen_player_bind_input_frame (self->player, 0, &frame);
  } else {
    for (guint t = 0; t < self->n_tensors; t++)
      gen_player_bind_numbers (self->player, self->places[t], slot->tensors[t]);
  }
  return gen_player_run (self->player, error);
}

static gboolean
run_or_fall_back (GstGenerator *self, const Slot *slot, GError **error)
{
  const GenModelUse use = *gen_player_use (self->player);
  g_autoptr (GError) failure = NULL;

  if (run (self, slot, &failure))
    return TRUE;
  if (gst_generator_fall_back (self, failure))
    return gst_generator_compile (self, &use, error) && run (self, slot, error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Run on the slot's input. */
static GstFlowReturn
make (GstGenerator *self, Slot *slot, Made *made)
{
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!gst_generator_map_input (self, slot))
    return GST_FLOW_ERROR;
  good = follow_layout (self, slot, &error) && run_or_fall_back (self, slot, &error) &&
         read_made (self, made, &error);
  gst_generator_unmap_input (self, slot);
  if (good)
    return GST_FLOW_OK;
  gst_generative_post_error (GST_ELEMENT (self), error);
  return GST_FLOW_ERROR;
}

/* The numbers that were made, into the slot's output. */
static GstFlowReturn
write_frame (GstGenerator *self, Slot *slot, const Made *made)
{
  g_autoptr (GError) error = NULL;
  gboolean written;
  GenFrameLayout to;
  GenFrame frame;

  if (!gst_generative_frame_map (&slot->out_frame, &self->playing, self->player, &self->out_info,
          slot->output, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  if (!gst_generative_layout_of_frame (
          &slot->out_frame.video, self->ports.output.channels, made->columns, FALSE, &to)) {
    gst_video_frame_unmap (&slot->out_frame.video);
    GST_ELEMENT_ERROR (
        self, STREAM, FORMAT, ("The planes of a frame differ in their strides"), (NULL));
    return GST_FLOW_ERROR;
  }
  frame = gst_generative_frame_part (
      &slot->out_frame, &to, 0, 0, GST_VIDEO_FRAME_HEIGHT (&slot->out_frame.video));
  written = gen_player_write_frame (
      self->player, made->pictures, made->height, made->width, &to, &frame, &error);
  if (written) {
    gst_generator_notice_not_finite (self, slot, 1);
    self->frame++;
  } else {
    gst_generative_post_error (GST_ELEMENT (self), error);
  }
  gst_video_frame_unmap (&slot->out_frame.video);
  return written ? GST_FLOW_OK : GST_FLOW_ERROR;
}

GstFlowReturn
gst_generator_staged_output (GstGenerator *self, GstBuffer **output)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  Slot slot = { .input = g_steal_pointer (&base->queued_buf) };
  const int width = self->out_info.width, height = self->out_info.height;
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GstClockTime start = gst_util_get_timestamp ();
  GstFlowReturn result;
  Made made;

  *output = NULL;
  if (slot.input == NULL)
    return GST_FLOW_OK;
  result = make (self, &slot, &made);
  if (result == GST_FLOW_OK && made.pictures == 0) {
    GST_DEBUG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": dropped, the model makes nothing of it",
        GST_GENERATIVE_FRAME_ARGS (slot.input));
    result = GST_BASE_TRANSFORM_FLOW_DROPPED;
  }
  if (result == GST_FLOW_OK)
    result = follow_size (self, &made);
  if (result == GST_FLOW_OK)
    result =
        gst_generator_get_parent_class ()->prepare_output_buffer (base, slot.input, &slot.output);
  if (result == GST_FLOW_OK)
    result = write_frame (self, &slot, &made);
  if (result == GST_FLOW_OK)
    GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": %d pictures of %d x %d in %.3f ms",
        GST_GENERATIVE_FRAME_ARGS (slot.input), made.pictures, made.width, made.height,
        gst_generative_since (began));
  /* A size that is met anew is compiled for, which is no run. */
  if (result == GST_FLOW_OK && self->out_info.width == width && self->out_info.height == height)
    gst_generator_note_run (self, start);
  gst_buffer_unref (slot.input);
  if (result == GST_FLOW_OK)
    *output = slot.output;
  else
    gst_clear_buffer (&slot.output);
  return result;
}
