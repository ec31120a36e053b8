/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of a folder as training takes them: decoded, a random part of each resized to 224 by
 * 224, flipped, jittered, and made numbers of. tests/benchmarks/data_pipeline.py runs it beside
 * others.
 *
 *   data-pipeline FOLDER THREADS EPOCHS [PROPERTIES-OF-DATASETSRC]
 *
 * Prints how many pictures came, the seconds that passed from the first one on, and those of
 * processor time.
 */
#include <generative/picture.h>
#include <gst/gst.h>

#include <stdio.h>
#include <time.h>

enum { SIDE = 224, BATCH = 64 };

#define AUGMENT "videoaugment flip=horizontal brightness=0.2 contrast=0.2 saturation=0.2 hue=10.8"

typedef struct {
  float *batch; /* [BATCH, 3, SIDE, SIDE] */
  guint64 pictures;
  double began, began_processor;
  double sum; /* of what nobody looks at else */
} Reader;

static double
seconds_of (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The picture as normalised numbers, plane by plane, into its place of the batch. */
static GstPadProbeReturn
take_picture (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Reader *reader = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  float *planes = reader->batch + (gsize)(reader->pictures % BATCH) * 3 * SIDE * SIDE;
  GstMapInfo map;
  GenPicture picture = { .width = SIDE, .height = SIDE, .channels = 3, .stride = 3 * SIDE };

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  picture.data = map.data;
  gen_picture_to_planes (&picture, -2, 2, planes);
  gst_buffer_unmap (buffer, &map);
  reader->sum += planes[0];
  if (reader->pictures++ == 0) {
    reader->began = seconds_of (CLOCK_MONOTONIC);
    reader->began_processor = seconds_of (CLOCK_PROCESS_CPUTIME_ID);
  }
  return GST_PAD_PROBE_OK;
}

static gboolean
play (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;
  gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s\n", error->message);
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autofree char *launch = NULL;
  g_autoptr (GstElement) pipeline = NULL, sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GError) error = NULL;
  Reader reader = { 0 };
  gboolean played;

  gst_init (&argc, &argv);
  if (argc < 4) {
    g_printerr ("usage: data-pipeline FOLDER THREADS EPOCHS [PROPERTIES-OF-DATASETSRC]\n");
    return 2;
  }
  launch = g_strdup_printf ("datasetsrc location=\"%s\" threads=%s epochs=%s %s ! "
                            "video/x-raw,format=RGB,width=%d,height=%d ! " AUGMENT
                            " ! fakesink name=sink sync=false",
      argv[1], argv[2], argv[3], argc > 4 ? argv[4] : "fit=random-crop crop-area=0.08", SIDE, SIDE);
  pipeline = gst_parse_launch (launch, &error);
  if (error != NULL) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  reader.batch = g_new0 (float, (gsize)BATCH * 3 * SIDE * SIDE);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, take_picture, &reader, NULL);
  played = play (pipeline);
  printf ("%" G_GUINT64_FORMAT " %.6f %.6f\n", reader.pictures - 1,
      seconds_of (CLOCK_MONOTONIC) - reader.began,
      seconds_of (CLOCK_PROCESS_CPUTIME_ID) - reader.began_processor);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_free (reader.batch);
  return played ? 0 : 1;
}
