/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks in files. What a decoder gives is looked at as it is where it has luma, and as RGB where it
 * has none, and for nets, which see colours. */
#include <generative/mark-span.h>

#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>

#include "../data/video-file.h"
#include "../medium/picture-private.h"

typedef struct {
  GenPictureMarkReader *reader;  /* one of both */
  GenLearnedMarkReader *learned; /* the caller's */
  int width, height;             /* that the net is compiled for */
  GenMarkSpans *spans;
  GenVideoFile *video;
  GError *error; /* the first one, behind which nothing is looked at */
} Watcher;

/* Of grey all colours are the one that there is. */
static GenMarkFrame
frame_of_picture (const GenPicture *picture)
{
  const int next = picture->channels >= 3 ? 1 : 0;

  return (GenMarkFrame){ .width = picture->width,
    .height = picture->height,
    .n = 3,
    .samples = { picture->data, picture->data + next, picture->data + 2 * next },
    .stride = { picture->stride, picture->stride, picture->stride },
    .step = picture->channels,
    .bits = 8,
    .full_range = TRUE };
}

/* The luma of a frame, where it has such in whole bytes or words of this machine's. */
static gboolean
find_luma (const AVFrame *decoded, GenMarkFrame *frame)
{
  const AVPixFmtDescriptor *format = av_pix_fmt_desc_get (decoded->format);
  const AVComponentDescriptor *luma = format != NULL ? &format->comp[0] : NULL;
  const guint64 others = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                         AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT |
                         (G_BYTE_ORDER == G_LITTLE_ENDIAN ? AV_PIX_FMT_FLAG_BE : 0);

  if (format == NULL || (format->flags & others) != 0 || luma->depth < 8 || luma->depth > 16 ||
      (luma->depth > 8 && luma->step != 2) || decoded->width <= 0 || decoded->height <= 0)
    return FALSE;
  *frame = (GenMarkFrame){ .width = decoded->width,
    .height = decoded->height,
    .n = 1,
    .samples = { decoded->data[luma->plane] + luma->offset },
    .stride = { decoded->linesize[luma->plane] },
    .step = luma->step,
    .bits = luma->depth,
    .shift = luma->shift };
  return TRUE;
}

/* --- frames --- */

static void
finish (Watcher *watcher)
{
  GenPictureMarkReading reading;

  if (watcher->learned != NULL ? gen_learned_mark_reader_finish (watcher->learned, &reading)
                               : gen_picture_mark_reader_finish (watcher->reader, &reading))
    gen_mark_spans_add (watcher->spans, &reading);
  gen_mark_spans_end (watcher->spans);
}

static gboolean
fit_net (Watcher *watcher, const GenMarkFrame *frame)
{
  if (frame->width == watcher->width && frame->height == watcher->height)
    return TRUE;
  finish (watcher);
  watcher->width = frame->width;
  watcher->height = frame->height;
  return gen_learned_mark_reader_set_size (
      watcher->learned, frame->width, frame->height, &watcher->error);
}

static void
add_frame (Watcher *watcher, const GenMarkFrame *frame, gint64 begin, gint64 end)
{
  GenPictureMarkReading reading;

  if (watcher->learned == NULL) {
    if (gen_picture_mark_reader_add (watcher->reader, frame, begin, end, &reading))
      gen_mark_spans_add (watcher->spans, &reading);
    return;
  }
  if (fit_net (watcher, frame) &&
      gen_learned_mark_reader_add (
          watcher->learned, frame, begin, end, &reading, &watcher->error) &&
      reading.end > 0)
    gen_mark_spans_add (watcher->spans, &reading);
}

/* GenVideoVisit */
static void
watch (guint32 number, const AVFrame *decoded, gpointer data)
{
  Watcher *watcher = data;
  const gint64 begin = gen_video_file_get_time (watcher->video, number);
  const gint64 end = gen_video_file_get_time (watcher->video, number + 1);
  g_auto (GenPicture) picture = { 0 };
  GenMarkFrame frame;

  if (watcher->error != NULL)
    return;
  if (watcher->learned == NULL && find_luma (decoded, &frame)) {
    add_frame (watcher, &frame, begin, end);
  } else if (gen_picture_from_frame (decoded, &picture)) {
    frame = frame_of_picture (&picture);
    add_frame (watcher, &frame, begin, end);
  }
}

/* FALSE with `error` where a net has failed, or the file is damaged. */
static gboolean
conclude (Watcher *watcher, GError **error)
{
  if (watcher->error == NULL) {
    finish (watcher);
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&watcher->error));
  return FALSE;
}

/* --- files --- */

static gboolean
read_picture (Watcher *watcher, const char *path, GError **error)
{
  g_auto (GenPicture) picture = { 0 };
  GenMarkFrame frame;

  if (!gen_picture_load (&picture, path, 3, error))
    return FALSE;
  frame = frame_of_picture (&picture);
  add_frame (watcher, &frame, 0, 0);
  return conclude (watcher, error);
}

/* By the watcher's reader. */
static gboolean
read_file (Watcher *watcher, const char *path, double *seconds, GError **error)
{
  g_autoptr (GenVideoFile) video = NULL;
  g_autoptr (GError) damage = NULL;
  guint32 count;

  if (seconds != NULL)
    *seconds = 0;
  /* Of an animation all frames are looked at, of what may be one and is not, its picture. */
  if (!gen_picture_recognise (path) || gen_video_file_is_animation_named (path))
    watcher->video = video = gen_video_file_open (path, error);
  if (video == NULL && !gen_picture_recognise (path))
    return FALSE;
  count = video != NULL ? gen_video_file_get_count (video) : 1;
  if (count == 1) {
    g_clear_error (error);
    return read_picture (watcher, path, error);
  }
  if (seconds != NULL)
    *seconds = (double)gen_video_file_get_time (video, count) / 1e9;
  if (!gen_video_file_visit (video, watch, watcher, &damage) && watcher->error == NULL)
    watcher->error = g_steal_pointer (&damage);
  return conclude (watcher, error);
}

gboolean
gen_picture_mark_read_file (const char *path, const GenMarkKey *key, GenMarkSpanFunc tell,
    gpointer data, double *seconds, GError **error)
{
  g_autoptr (GenPictureMarkReader) reader = gen_picture_mark_reader_new (key);
  g_autoptr (GenMarkSpans) spans = gen_mark_spans_new (tell, data);
  Watcher watcher = { .reader = reader, .spans = spans };

  return read_file (&watcher, path, seconds, error);
}

gboolean
gen_learned_mark_read_file (const char *path, GenLearnedMarkReader *reader, GenMarkSpanFunc tell,
    gpointer data, double *seconds, GError **error)
{
  g_autoptr (GenMarkSpans) spans = gen_mark_spans_new (tell, data);
  Watcher watcher = { .learned = reader, .spans = spans };
  GenPictureMarkReading of_another;

  /* What a file that broke off has left. */
  gen_learned_mark_reader_finish (reader, &of_another);
  return read_file (&watcher, path, seconds, error);
}
