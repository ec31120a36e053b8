/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reaper.h"

/* At once; what is slow to stop does not keep the others. */
#define THREADS 4

struct _ServeReaper {
  GThreadPool *pool;
};

typedef struct {
  GstElement *pipeline;
  gint64 when; /* of g_get_monotonic_time */
} Work;

static void
stop (gpointer data, gpointer user_data)
{
  Work *work = data;
  const gint64 wait = work->when - g_get_monotonic_time ();

  if (wait > 0)
    g_usleep ((gulong)wait);
  gst_element_set_state (work->pipeline, GST_STATE_NULL);
  gst_object_unref (work->pipeline);
  g_free (work);
}

ServeReaper *
serve_reaper_new (void)
{
  ServeReaper *reaper = g_new (ServeReaper, 1);

  reaper->pool = g_thread_pool_new (stop, NULL, THREADS, FALSE, NULL);
  return reaper;
}

void
serve_reaper_free (ServeReaper *reaper)
{
  g_thread_pool_free (reaper->pool, FALSE, TRUE);
  g_free (reaper);
}

void
serve_reaper_take (ServeReaper *reaper, GstElement *pipeline, guint milliseconds)
{
  Work *work = g_new (Work, 1);

  work->pipeline = pipeline;
  work->when = g_get_monotonic_time () + milliseconds * G_TIME_SPAN_MILLISECOND;
  g_thread_pool_push (reaper->pool, work, NULL);
}
