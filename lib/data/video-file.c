/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Films through libav.
 *
 * Frames are known by their time stamps: those of the packets, sorted, are the list of frames, and
 * what the decoder gives back is looked up in it. */
#include "video-file.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "have.h"

#include "../medium/av-file.h"
#include "../medium/picture-private.h"
#include "dataset-private.h"
#include "webp-animation.h"

/* Years of film. */
#define MAX_FRAMES ((guint)1 << 27)
#define NO_FRAME G_MAXUINT32

/* An open file, at some place. */
typedef struct {
  AVIOContext *io;
  AVFormatContext *format;
  AVCodecContext *codec;
  AVPacket *packet;
  AVFrame *frame;
  int stream;
  guint32 last; /* the frame that was decoded last; NO_FRAME: none since it was opened */
  gboolean drained;
} Decoder;

struct _GenVideoFile {
  char *path;
  GArray *times;         /* of gint64: of each frame, in the stream's unit */
  GArray *keys;          /* of gint64: those of key frames */
  AVRational unit, rate; /* of times, in seconds; and frames a second, where that is known */
  gboolean
      counted; /* packets have no times: frames are known by their numbers from the beginning */
  GMutex lock;
  GPtrArray *idle;             /* of Decoder */
  GenWebpAnimation *animation; /* NULL: libav decodes it */
};

static gboolean
fail (GError **error, const char *path, const char *what, int code)
{
  char reason[AV_ERROR_MAX_STRING_SIZE] = "";

  if (code < 0)
    av_strerror (code, reason, sizeof reason);
  g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE, "%s: %s%s%s", path, what,
      code < 0 ? ": " : "", reason);
  return FALSE;
}

/* --- a decoder --- */

static void
decoder_free (gpointer data)
{
  Decoder *decoder = data;

  if (decoder == NULL)
    return;
  av_frame_free (&decoder->frame);
  av_packet_free (&decoder->packet);
  avcodec_free_context (&decoder->codec);
  avformat_close_input (&decoder->format);
  gen_av_close (&decoder->io);
  g_free (decoder);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Decoder, decoder_free)

static gboolean
open_format (Decoder *decoder, const char *path, const AVCodec **codec, GError **error)
{
  AVDictionary *options = NULL;
  int code;

  decoder->format = gen_av_format_new (decoder->io);
  av_dict_set (&options, "protocol_whitelist", "none", 0);
  /* An animation is shown once. */
  av_dict_set (&options, "ignore_loop", "1", 0);
  code = avformat_open_input (&decoder->format, path, NULL, &options);
  av_dict_free (&options);
  if (code < 0)
    return fail (error, path, "no film that libav can read", code);
  code = avformat_find_stream_info (decoder->format, NULL);
  if (code >= 0)
    code = av_find_best_stream (decoder->format, AVMEDIA_TYPE_VIDEO, -1, -1, codec, 0);
  if (code == AVERROR_STREAM_NOT_FOUND) {
    g_set_error (
        error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_NONE, "%s: there are no pictures in it", path);
    return FALSE;
  }
  if (code < 0)
    return fail (error, path, "no film in it that can be decoded", code);
  decoder->stream = code;
  for (unsigned i = 0; i < decoder->format->nb_streams; i++)
    if ((int)i != decoder->stream)
      decoder->format->streams[i]->discard = AVDISCARD_ALL;
  return TRUE;
}

static Decoder *
decoder_new (const char *path, GError **error)
{
  g_autoptr (Decoder) decoder = g_new0 (Decoder, 1);
  g_autofree char *reason = NULL;
  const AVCodec *codec = NULL;
  int code;

  decoder->io = gen_av_file_open (path, &reason);
  if (decoder->io == NULL) {
    g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE, "%s: %s", path, reason);
    return NULL;
  }
  if (!open_format (decoder, path, &codec, error))
    return NULL;
  decoder->codec = avcodec_alloc_context3 (codec);
  code = avcodec_parameters_to_context (
      decoder->codec, decoder->format->streams[decoder->stream]->codecpar);
  if (code >= 0) {
    decoder->codec->thread_count = 1; /* frames are decoded side by side instead */
    decoder->codec->max_pixels = GEN_PICTURE_MAX_PIXELS;
    decoder->codec->log_level_offset = GEN_AV_SILENCE;
    decoder->codec->pkt_timebase = decoder->format->streams[decoder->stream]->time_base;
    code = avcodec_open2 (decoder->codec, codec, NULL);
  }
  if (code < 0) {
    fail (error, path, "the decoder cannot be opened", code);
    return NULL;
  }
  decoder->packet = av_packet_alloc ();
  decoder->frame = av_frame_alloc ();
  decoder->last = NO_FRAME;
  return g_steal_pointer (&decoder);
}

/* The next frame of the stream, or an error of libav's. */
static int
decoder_next (Decoder *decoder)
{
  for (;;) {
    int code = avcodec_receive_frame (decoder->codec, decoder->frame);

    if (code != AVERROR (EAGAIN))
      return code;
    code = av_read_frame (decoder->format, decoder->packet);
    if (code < 0 && code != AVERROR_EOF)
      return code;
    if (code >= 0 && decoder->packet->stream_index != decoder->stream) {
      av_packet_unref (decoder->packet);
      continue;
    }
    decoder->drained = code == AVERROR_EOF;
    code = avcodec_send_packet (decoder->codec, decoder->drained ? NULL : decoder->packet);
    av_packet_unref (decoder->packet);
    /* What is damaged is missed by its time. */
    if (code < 0 && code != AVERROR_INVALIDDATA)
      return code;
  }
}

/* --- the list of frames --- */

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;

  return first < second ? -1 : first > second;
}

static gint64
frame_time (const AVFrame *frame)
{
  return frame->pts != AV_NOPTS_VALUE ? frame->pts : frame->best_effort_timestamp;
}

/* The number of the last of `times` that is not behind `time`; -1 where all are. */
static gint64
find_time (const GArray *times, gint64 time)
{
  gint64 low = -1, high = (gint64)times->len - 1;

  while (low < high) {
    gint64 middle = low + (high - low + 1) / 2;

    if (g_array_index (times, gint64, middle) <= time)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

/* Two frames of one time cannot be told from each other. */
static gboolean
has_doubles (const GArray *times)
{
  for (guint i = 1; i < times->len; i++)
    if (g_array_index (times, gint64, i) == g_array_index (times, gint64, i - 1))
      return TRUE;
  return FALSE;
}

/* Numbers in the place of times, and no key frame but the first. */
static void
number_frames (GenVideoFile *video)
{
  for (guint i = 0; i < video->times->len; i++)
    g_array_index (video->times, gint64, i) = i;
  g_array_set_size (video->keys, 0);
}

static gboolean
list_frames (GenVideoFile *video, Decoder *decoder, GError **error)
{
  const AVStream *stream = decoder->format->streams[decoder->stream];
  int code;

  video->unit = stream->time_base;
  video->rate = stream->avg_frame_rate.num > 0 ? stream->avg_frame_rate : stream->r_frame_rate;
  while ((code = av_read_frame (decoder->format, decoder->packet)) >= 0) {
    const AVPacket *packet = decoder->packet;
    gint64 time = packet->pts;

    if (packet->stream_index == decoder->stream && (packet->flags & AV_PKT_FLAG_DISCARD) == 0 &&
        video->times->len < MAX_FRAMES) {
      video->counted |= time == AV_NOPTS_VALUE;
      g_array_append_val (video->times, time);
      if ((packet->flags & AV_PKT_FLAG_KEY) != 0)
        g_array_append_val (video->keys, time);
    }
    av_packet_unref (decoder->packet);
  }
  if (code != AVERROR_EOF)
    return fail (error, video->path, "damaged or cut short", code);
  if (video->times->len == 0)
    return fail (error, video->path, "no frames in it", 0);
  g_array_sort (video->times, compare_times);
  g_array_sort (video->keys, compare_times);
  video->counted |= has_doubles (video->times);
  if (video->counted)
    number_frames (video);
  return TRUE;
}

/* --- animated WebP, of which libav decodes nothing --- */

static gboolean
is_animated_webp (const char *path)
{
  guint8 start[GEN_WEBP_HEADER];

  return gen_webp_is_animated (start, gen_dataset_read_start (path, start, sizeof start));
}

#ifdef GEN_HAVE_WEBPDEMUX
static gboolean
open_animation (GenVideoFile *video, GError **error)
{
  video->animation = gen_webp_animation_open (video->path, error);
  for (guint32 i = 0;
       video->animation != NULL && i < gen_webp_animation_get_count (video->animation); i++)
    g_array_append_val (video->times, (gint64){ i });
  return video->animation != NULL;
}

static void
visit_animation (GenVideoFile *video, GenVideoVisit visit, gpointer data)
{
  AVFrame *frame = av_frame_alloc ();

  for (guint32 i = 0; i < video->times->len; i++) {
    g_auto (GenPicture) picture = { 0 };

    if (!gen_webp_animation_load (video->animation, i, &picture, NULL))
      continue;
    frame->format = AV_PIX_FMT_RGBA;
    frame->data[0] = picture.data;
    frame->linesize[0] = picture.stride;
    frame->width = picture.width;
    frame->height = picture.height;
    visit (i, frame, data);
  }
  av_frame_free (&frame);
}
#else
#define gen_webp_animation_free(animation)
#define gen_webp_animation_load(animation, frame, picture, error) FALSE
#define visit_animation(video, visit, data)

static gboolean
open_animation (GenVideoFile *video, GError **error)
{
  return fail (error, video->path,
      "an animated WebP, whose frames nobody finds: this build has no libwebpdemux", 0);
}
#endif

GenVideoFile *
gen_video_file_open (const char *path, GError **error)
{
  g_autoptr (GenVideoFile) video = g_new0 (GenVideoFile, 1);
  g_autoptr (Decoder) decoder = NULL;

  video->path = g_strdup (path);
  video->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  video->keys = g_array_new (FALSE, FALSE, sizeof (gint64));
  video->idle = g_ptr_array_new_with_free_func (decoder_free);
  g_mutex_init (&video->lock);
  if (is_animated_webp (path))
    return open_animation (video, error) ? g_steal_pointer (&video) : NULL;
  decoder = decoder_new (path, error);
  if (decoder == NULL || !list_frames (video, decoder, error))
    return NULL;
  return g_steal_pointer (&video);
}

void
gen_video_file_free (GenVideoFile *video)
{
  if (video == NULL)
    return;
  gen_webp_animation_free (video->animation);
  g_ptr_array_unref (video->idle);
  g_array_unref (video->times);
  g_array_unref (video->keys);
  g_mutex_clear (&video->lock);
  g_free (video->path);
  g_free (video);
}

const char *
gen_video_file_get_path (const GenVideoFile *video)
{
  return video->path;
}

guint32
gen_video_file_get_count (const GenVideoFile *video)
{
  return video->times->len;
}

#define SECOND G_GINT64_CONSTANT (1000000000)
#define USUAL_RATE 25

/* How long a frame is shown. */
static gint64
frame_duration (const GenVideoFile *video)
{
  return video->rate.num > 0 && video->rate.den > 0
             ? av_rescale (SECOND, video->rate.den, video->rate.num)
             : SECOND / USUAL_RATE;
}

gint64
gen_video_file_get_time (const GenVideoFile *video, guint32 frame)
{
  const guint32 last = video->times->len - 1;
  const gint64 duration = frame_duration (video);
  gint64 time;

  /* Times may be numbers alone. */
  if (video->counted || video->unit.num <= 0 || video->unit.den <= 0)
    return frame * duration;
  time = g_array_index (video->times, gint64, MIN (frame, last)) -
         g_array_index (video->times, gint64, 0);
  return av_rescale (time, SECOND * video->unit.num, video->unit.den) +
         (frame > last ? duration : 0);
}

/* --- loading --- */

/* A key frame lies between the last one and the one that is wanted, or it lies behind. */
static gboolean
has_to_jump (const GenVideoFile *video, const Decoder *decoder, guint32 frame)
{
  if (decoder->drained || (decoder->last != NO_FRAME && decoder->last >= frame))
    return TRUE;
  if (decoder->last == NO_FRAME)
    return find_time (video->keys, g_array_index (video->times, gint64, frame)) > 0;
  return find_time (video->keys, g_array_index (video->times, gint64, frame)) >
         find_time (video->keys, g_array_index (video->times, gint64, decoder->last));
}

/* The idle decoder that stands nearest before a frame, or any; NULL where all are busy. */
static Decoder *
take_decoder (GenVideoFile *video, guint32 frame)
{
  guint best = 0;
  guint32 nearest = G_MAXUINT32;
  Decoder *decoder = NULL;

  g_mutex_lock (&video->lock);
  for (guint i = 0; i < video->idle->len; i++) {
    const Decoder *one = g_ptr_array_index (video->idle, i);

    if (one->drained || one->last == NO_FRAME || one->last >= frame || frame - one->last >= nearest)
      continue;
    best = i;
    nearest = frame - one->last;
  }
  if (video->idle->len > 0)
    decoder = g_ptr_array_steal_index_fast (video->idle, best);
  g_mutex_unlock (&video->lock);
  return decoder;
}

/* The number of the frame that was decoded, by the one before it. */
static guint32
count_on (Decoder *decoder)
{
  decoder->last = decoder->last == NO_FRAME ? 0 : decoder->last + 1;
  return decoder->last;
}

/* Decode on to the frame; FALSE where it was passed, or cannot be decoded. */
static gboolean
decode_to (const GenVideoFile *video, Decoder *decoder, guint32 frame, int *code)
{
  const gint64 time = g_array_index (video->times, gint64, frame);

  while ((*code = decoder_next (decoder)) >= 0) {
    const gint64 now = video->counted ? count_on (decoder) : frame_time (decoder->frame);

    if (now < time)
      continue;
    decoder->last = (guint32)MAX (find_time (video->times, now), 0);
    return now == time;
  }
  return FALSE;
}

/* Go to where decoding has to begin; from the beginning where the file cannot say where it is. */
static gboolean
jump (const GenVideoFile *video, Decoder **decoder, guint32 frame, GError **error)
{
  const gint64 time = g_array_index (video->times, gint64, frame);

  (*decoder)->drained = FALSE;
  (*decoder)->last = NO_FRAME;
  if (video->keys->len > 1 &&
      av_seek_frame ((*decoder)->format, (*decoder)->stream, time, AVSEEK_FLAG_BACKWARD) >= 0) {
    avcodec_flush_buffers ((*decoder)->codec);
    return TRUE;
  }
  decoder_free (*decoder);
  *decoder = decoder_new (video->path, error);
  return *decoder != NULL;
}

static gboolean
load (GenVideoFile *video, Decoder **decoder, guint32 frame, GenPicture *picture, GError **error)
{
  int code = 0;
  gboolean found;

  if (has_to_jump (video, *decoder, frame) && !jump (video, decoder, frame, error))
    return FALSE;
  found = decode_to (video, *decoder, frame, &code);
  if (!found && (*decoder)->last != NO_FRAME && (*decoder)->last > frame) {
    /* It went too far: from the beginning, then. */
    decoder_free (*decoder);
    *decoder = decoder_new (video->path, error);
    if (*decoder == NULL)
      return FALSE;
    found = decode_to (video, *decoder, frame, &code);
  }
  if (!found || (*decoder)->frame->decode_error_flags != 0) {
    g_autofree char *what = g_strdup_printf ("frame %u: damaged or cut short", frame);

    return fail (error, video->path, what, code == AVERROR_EOF ? 0 : code);
  }
  return gen_picture_from_frame ((*decoder)->frame, picture) ||
         fail (error, video->path, "its pixel format is not supported", 0);
}

gboolean
gen_video_file_load (GenVideoFile *video, guint32 frame, GenPicture *picture, GError **error)
{
  Decoder *decoder;
  gboolean loaded;

  *picture = (GenPicture){ 0 };
  if (video->animation != NULL)
    return gen_webp_animation_load (video->animation, frame, picture, error);
  decoder = take_decoder (video, frame);
  if (decoder == NULL)
    decoder = decoder_new (video->path, error);
  if (decoder == NULL)
    return FALSE;
  loaded = load (video, &decoder, frame, picture, error);
  if (decoder == NULL)
    return FALSE;
  g_mutex_lock (&video->lock);
  g_ptr_array_add (video->idle, decoder);
  g_mutex_unlock (&video->lock);
  return loaded;
}

/* The number of the frame that was decoded; NO_FRAME where it is none of the list. */
static guint32
number_of (const GenVideoFile *video, Decoder *decoder)
{
  gint64 now, frame;

  if (video->counted)
    return count_on (decoder);
  now = frame_time (decoder->frame);
  frame = find_time (video->times, now);
  return frame >= 0 && g_array_index (video->times, gint64, frame) == now ? (guint32)frame
                                                                          : NO_FRAME;
}

gboolean
gen_video_file_visit (GenVideoFile *video, GenVideoVisit visit, gpointer data, GError **error)
{
  g_autoptr (Decoder) decoder = NULL;
  int code;

  if (video->animation != NULL) {
    visit_animation (video, visit, data);
    return TRUE;
  }
  decoder = decoder_new (video->path, error);
  if (decoder == NULL)
    return FALSE;
  while ((code = decoder_next (decoder)) >= 0) {
    guint32 frame = number_of (video, decoder);

    if (frame < video->times->len)
      visit (frame, decoder->frame, data);
  }
  return code == AVERROR_EOF || fail (error, video->path, "damaged or cut short", code);
}

gboolean
gen_video_file_is_named (const char *name)
{
  return av_match_ext (name, "mp4,m4v,mov,mkv,webm,avi,mpg,mpeg,ts,m2ts,wmv,flv,ogv,3gp,y4m,mxf");
}

gboolean
gen_video_file_is_animation_named (const char *name)
{
  return av_match_ext (name, "gif,apng,png,webp");
}
