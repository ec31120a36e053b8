/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uses the elements from a program: plays a walk between latents, and takes the pictures out of
 * the pipeline by a callback, as an application that draws them itself would.
 *
 *   cc play-walk.c $(pkg-config --cflags --libs gstreamer-1.0 gstreamer-video-1.0) -o play-walk
 *   ./play-walk generator.onnx
 */
#include <gst/gst.h>
#include <gst/video/video.h>

/* Called for each picture, on the pipeline's thread. */
static void
on_picture (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  guint *pictures = user_data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoFrame frame;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps) ||
      !gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ))
    return;
  if ((*pictures)++ == 0)
    g_print ("pictures of %d x %d, the first at %" GST_TIME_FORMAT "\n",
        GST_VIDEO_FRAME_WIDTH (&frame), GST_VIDEO_FRAME_HEIGHT (&frame),
        GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
  gst_video_frame_unmap (&frame);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL, generator = NULL, sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  guint pictures = 0;

  gst_init (&argc, &argv);
  if (argc != 2) {
    g_printerr ("usage: %s GENERATOR.onnx\n", argv[0]);
    return 2;
  }
  pipeline = gst_parse_launch ("latentsrc walk=slerp num-buffers=60 ! generator name=generator ! "
                               "fakesink name=sink signal-handoffs=true",
      &error);
  if (pipeline == NULL) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  generator = gst_bin_get_by_name (GST_BIN (pipeline), "generator");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (generator, "model", argv[1], NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_picture), &pictures);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("%s\n", error->message);
    return 1;
  }
  g_print ("%u pictures\n", pictures);
  return 0;
}
