/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture, or a tensor of numbers, of each window of a sound. */
#include "generator.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* Kernels want numbers aligned. */
#define ALIGNMENT 63

static gsize
tensor_size (const GstGenerator *self)
{
  return (gsize)gen_shape_elements (&self->ports.numbers) * sizeof (float);
}

static gboolean
negotiate_tensors (GstGenerator *self, GstCaps *source, GenModelUse *use, GError **error)
{
  GstGenerativeTensors tensors;

  use->to_frames = FALSE;
  if (!gst_generative_tensors_read (gst_caps_get_structure (source, 0), &tensors, error))
    return FALSE;
  if (tensors.n == 1 &&
      gen_shape_elements (&tensors.shapes[0]) == gen_shape_elements (&self->ports.numbers))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the next element wants other tensors than the model makes");
  return FALSE;
}

gboolean
gst_generator_window_negotiate (
    GstGenerator *self, GstCaps *source, GenModelUse *use, GError **error)
{
  const GenPort *output = &self->ports.output;

  if (gst_generator_makes_tensors (&self->ports))
    return negotiate_tensors (self, source, use, error);
  if (!gst_video_info_from_caps (&self->out_info, source) ||
      !gst_generative_layout (&self->out_info, output->channels, 1, FALSE, &use->to)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the caps are no video, or its planes differ in their strides");
    return FALSE;
  }
  if (self->out_info.width == output->width && self->out_info.height == output->height)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the next element wants %d x %d pixels, but the model makes %d x %d: put videoscale behind",
      self->out_info.width, self->out_info.height, output->width, output->height);
  return FALSE;
}

GstFlowReturn
gst_generator_window_allocate (
    GstGenerator *self, GstClockTime start, GstClockTime duration, GstBuffer **buffer)
{
  const GstAllocationParams params = { .align = ALIGNMENT };
  g_autoptr (GstBuffer) like = gst_buffer_new ();
  GstFlowReturn flow = GST_FLOW_OK;

  if (gst_generator_makes_tensors (&self->ports))
    *buffer = gst_buffer_new_allocate (NULL, tensor_size (self), (GstAllocationParams *)&params);
  else
    flow = gst_generator_get_parent_class ()->prepare_output_buffer (
        GST_BASE_TRANSFORM (self), like, buffer);
  if (flow != GST_FLOW_OK)
    return flow;
  GST_BUFFER_PTS (*buffer) = start;
  GST_BUFFER_DURATION (*buffer) = duration;
  GST_BUFFER_OFFSET (*buffer) = self->frame;
  GST_BUFFER_OFFSET_END (*buffer) = self->frame + 1;
  return GST_FLOW_OK;
}

static gboolean
run (GstGenerator *self, gpointer samples, const GenFrame *out, GError **error)
{
  const GenFrame in = { .planes = { samples } };

  gen_player_bind_input_frame (self->player, 0, &in);
  gen_player_bind_output_frame (self->player, 0, out);
  return gen_player_run (self->player, error);
}

static gboolean
fail_to_write (GError **error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      "The next element's buffer cannot be written");
  return FALSE;
}

static gboolean
make_tensor (GstGenerator *self, gpointer samples, GstBuffer *buffer, GError **error)
{
  GenFrame out = { 0 };
  GstMapInfo map;
  gboolean good;

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    return fail_to_write (error);
  out.planes[0] = map.data;
  good = run (self, samples, &out, error);
  gst_buffer_unmap (buffer, &map);
  return good;
}

/* Pools may pad frames. */
static gboolean
follow_layout (GstGenerator *self, const GstVideoFrame *frame, GError **error)
{
  const GenModelUse *now = gen_player_use (self->player);
  GenModelUse use = *now;

  if (!gst_generative_layout_of_frame (frame, use.output.channels, 1, FALSE, &use.to))
    return fail_to_write (error);
  return gen_frame_layout_equal (&use.to, &now->to) || gst_generator_compile (self, &use, error);
}

static gboolean
make_picture (GstGenerator *self, gpointer samples, GstBuffer *buffer, GError **error)
{
  GstGenerativeFrame frame;
  gboolean good;

  if (!gst_generative_frame_map (
          &frame, &self->playing, self->player, &self->out_info, buffer, GST_MAP_WRITE))
    return fail_to_write (error);
  good = follow_layout (self, &frame.video, error);
  if (good) {
    const GenFrame out = gst_generative_frame_part (
        &frame, &gen_player_use (self->player)->to, 0, 0, self->out_info.height);

    good = run (self, samples, &out, error);
  }
  gst_generative_frame_unmap (&frame);
  return good;
}

gboolean
gst_generator_window_run (GstGenerator *self, gpointer samples, GstBuffer *buffer, GError **error)
{
  return (gst_generator_makes_tensors (&self->ports) ? make_tensor : make_picture) (
      self, samples, buffer, error);
}
