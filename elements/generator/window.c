/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "window.h"

#include "allocation.h"
#include "outputs.h"

static gsize
tensor_size (const GstGeneratorPlay *play)
{
  return (gsize)gen_shape_elements (&play->ports.numbers) * sizeof (float);
}

static gboolean
negotiate_tensors (GstGeneratorPlay *play, GstCaps *source, GenModelUse *use, GError **error)
{
  use->to_frames = FALSE;
  play->bytes = tensor_size (play);
  return gst_generator_check_tensor (source, &play->ports.numbers, error);
}

gboolean
gst_generator_window_negotiate (GstGeneratorPlay *play, GstGeneratorFormat *format, GstCaps *source,
    GenModelUse *use, GError **error)
{
  const GenPort *output = &play->ports.output;

  if (gst_structure_has_name (gst_caps_get_structure (source, 0), "other/tensors"))
    return negotiate_tensors (play, source, use, error);
  if (!gst_video_info_from_caps (&format->out_info, source) ||
      !gst_generative_layout (&format->out_info, output->channels, 1, FALSE, &use->to)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the caps are no video, or its planes differ in their strides");
    return FALSE;
  }
  return gst_generator_format_check_size (format, play, output->width, output->height, error);
}

GstFlowReturn
gst_generator_window_allocate (
    GstGeneratorPlay *play, GstClockTime start, GstClockTime duration, GstBuffer **buffer)
{
  g_autoptr (GstBuffer) like = gst_buffer_new ();
  GstFlowReturn flow = GST_FLOW_OK;

  if (!gst_generator_play_makes_frames (play))
    flow = gst_generator_allocation_new (play, tensor_size (play), buffer);
  else
    flow = gst_generator_play_allocate (play, like, buffer);
  if (flow != GST_FLOW_OK)
    return flow;
  GST_BUFFER_PTS (*buffer) = start;
  GST_BUFFER_DURATION (*buffer) = duration;
  GST_BUFFER_OFFSET (*buffer) = play->frame;
  GST_BUFFER_OFFSET_END (*buffer) = play->frame + 1;
  return GST_FLOW_OK;
}

static gboolean
run (GstGeneratorPlay *play, gpointer samples, const GenFrame *out, GError **error)
{
  const GenFrame in = { .planes = { samples } };

  gen_player_bind_input_frame (play->player, 0, &in);
  gen_player_bind_output_frame (play->player, 0, out);
  return gen_player_run (play->player, error);
}

static gboolean
fail_to_write (GError **error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      "The next element's buffer cannot be written");
  return FALSE;
}

static gboolean
make_tensor (GstGeneratorPlay *play, gpointer samples, GstBuffer *buffer, GError **error)
{
  GenFrame out = { 0 };
  GstMapInfo map;
  gboolean good;

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    return fail_to_write (error);
  out.planes[0] = map.data;
  good = run (play, samples, &out, error);
  if (good)
    gst_generator_play_notice_numbers (play, (const float *)map.data, map.size / sizeof (float));
  gst_buffer_unmap (buffer, &map);
  return good;
}

/* Pools may pad frames. */
static gboolean
follow_layout (GstGeneratorPlay *play, const GstVideoFrame *frame, GError **error)
{
  const GenModelUse *now = gen_player_use (play->player);
  GenModelUse use = *now;

  if (!gst_generative_layout_of_frame (frame, use.output.channels, 1, FALSE, &use.to))
    return fail_to_write (error);
  return gen_frame_layout_equal (&use.to, &now->to) ||
         gst_generator_play_compile (play, &use, error);
}

static gboolean
make_picture (GstGeneratorPlay *play, const GstGeneratorFormat *format, gpointer samples,
    GstBuffer *buffer, GError **error)
{
  GstGenerativeFrame frame;
  gboolean good;

  if (!gst_generative_frame_map (
          &frame, &play->playing, play->player, &format->out_info, buffer, GST_MAP_WRITE))
    return fail_to_write (error);
  good = follow_layout (play, &frame.video, error);
  if (good) {
    const GenFrame out = gst_generative_frame_part (
        &frame, &gen_player_use (play->player)->to, 0, 0, format->out_info.height);

    good = run (play, samples, &out, error);
  }
  gst_generative_frame_unmap (&frame);
  return good;
}

gboolean
gst_generator_window_run (GstGeneratorPlay *play, const GstGeneratorFormat *format,
    gpointer samples, GstBuffer *buffer, GError **error)
{
  if (!gst_generator_play_makes_frames (play))
    return make_tensor (play, samples, buffer, error);
  return make_picture (play, format, samples, buffer, error);
}
