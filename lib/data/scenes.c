/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenes.h"

#include <string.h>

#include <libavutil/frame.h>
#include <libswscale/swscale.h>

#include "../medium/picture-private.h"

enum { WIDTH = 64, HEIGHT = 36, PIXELS = WIDTH * HEIGHT };

typedef struct {
  struct SwsContext *scaler; /* for frames as the last one was */
  guint8 now[PIXELS], last[PIXELS];
  gboolean has_last;
  float *changes; /* at each frame; 0 where it cannot be decoded */
} Measurement;

static float
mean_difference (const guint8 *a, const guint8 *b)
{
  guint sum = 0;

  for (int i = 0; i < PIXELS; i++)
    sum += (guint)ABS (a[i] - b[i]);
  return (float)sum / (PIXELS * 255);
}

static void
measure (guint32 number, const AVFrame *frame, gpointer data)
{
  Measurement *measurement = data;
  guint8 *const out[4] = { measurement->now };
  const int stride[4] = { WIDTH };

  measurement->scaler = sws_getCachedContext (measurement->scaler, frame->width, frame->height,
      gen_picture_av_without_range (frame->format), WIDTH, HEIGHT, AV_PIX_FMT_GRAY8, SWS_AREA, NULL,
      NULL, NULL);
  if (measurement->scaler == NULL)
    return;
  sws_scale (measurement->scaler, (const guint8 *const *)frame->data, frame->linesize, 0,
      frame->height, out, stride);
  if (measurement->has_last)
    measurement->changes[number] = mean_difference (measurement->now, measurement->last);
  memcpy (measurement->last, measurement->now, PIXELS);
  measurement->has_last = TRUE;
}

GArray *
gen_scenes_find (GenVideoFile *film, double threshold, GError **error)
{
  const guint32 frames = gen_video_file_get_count (film);
  g_autofree float *changes = g_new0 (float, (gsize)frames + 1);
  Measurement measurement = { .changes = changes };
  const gboolean visited = gen_video_file_visit (film, measure, &measurement, error);
  GArray *cuts;

  sws_freeContext (measurement.scaler);
  if (!visited)
    return NULL;
  cuts = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint32 frame = 1; frame < frames; frame++)
    if (changes[frame] - MAX (changes[frame - 1], changes[frame + 1]) > threshold)
      g_array_append_val (cuts, frame);
  return cuts;
}
