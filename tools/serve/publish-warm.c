/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish-private.h"

/* How many frames are played. */
#define FRAMES "4"
/* How long that may take: compiling and measuring kernels is part of it. */
#define PATIENCE (120 * GST_SECOND)

typedef struct {
  GstElement *pipeline;
  ServeWarmed done;
  gpointer data;
} Warming;

static void
warming_free (gpointer data)
{
  Warming *warming = data;

  gst_object_unref (warming->pipeline);
  g_free (warming);
}

/* What it plays is nobody's: latents, a test picture or a test tone. */
static GstElement *
make_pipeline (const ServeModel *model, const ServeVersion *version, GError **error)
{
  const GenPort *takes = model->takes;
  g_autofree char *source =
      takes == NULL ? g_strdup_printf ("latentsrc num-buffers=" FRAMES " classes=%d class=%d",
                          model->classes, model->classes > 0 ? 0 : -1)
      : takes->kind == GEN_PORT_SOUND || takes->kind == GEN_PORT_SERIES
          ? g_strdup ("audiotestsrc num-buffers=64 ! audioconvert ! audioresample")
          : g_strdup ("videotestsrc num-buffers=" FRAMES " ! videoconvert ! videoscale");
  g_autofree char *line =
      g_strdup_printf ("%s ! generator name=generator ! fakesink sync=false", source);
  GstElement *pipeline = gst_parse_launch_full (line, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr (GstElement) generator = NULL;

  if (pipeline == NULL)
    return NULL;
  gst_object_ref_sink (pipeline);
  generator = gst_bin_get_by_name (GST_BIN (pipeline), "generator");
  serve_model_configure (model, generator);
  g_object_set (generator, "model", version->path, "shared", FALSE, NULL);
  return pipeline;
}

static void
play (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Warming *warming = data;
  g_autoptr (GstBus) bus = gst_element_get_bus (warming->pipeline);
  g_autoptr (GstMessage) message = NULL;
  GError *error = NULL;

  gst_element_set_state (warming->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, PATIENCE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (message == NULL)
    g_set_error_literal (
        &error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it has not played within two minutes");
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  gst_element_set_state (warming->pipeline, GST_STATE_NULL);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
end (GObject *source, GAsyncResult *result, gpointer data)
{
  const Warming *warming = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    return;
  g_task_propagate_boolean (G_TASK (result), &error);
  warming->done (error, warming->data);
}

void
serve_publish_warm (const ServeModel *model, const ServeVersion *version, GCancellable *cancellable,
    ServeWarmed done, gpointer data)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = make_pipeline (model, version, &error);
  g_autoptr (GTask) task = NULL;
  Warming *warming;

  if (pipeline == NULL) {
    done (error, data);
    return;
  }
  warming = g_new (Warming, 1);
  *warming = (Warming){ pipeline, done, data };
  task = g_task_new (NULL, cancellable, end, NULL);
  g_task_set_task_data (task, warming, warming_free);
  /* The thread looks after its pipeline to the end, whoever has lost interest. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, play);
}
