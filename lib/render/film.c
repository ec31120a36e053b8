/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film.h"

#include <gio/gio.h>

#include "../medium/av-file.h"
#include "join.h"

gboolean
gen_film_fail (GError **error, const char *path, const char *what, int code)
{
  char reason[AV_ERROR_MAX_STRING_SIZE] = "";

  if (code < 0)
    av_strerror (code, reason, sizeof reason);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s%s%s", path, what,
      code < 0 ? ": " : "", reason);
  return FALSE;
}

void
gen_film_end (GenFilm *film)
{
  av_packet_free (&film->packet);
  avformat_close_input (&film->format);
  gen_av_close (&film->io);
}

void
gen_film_free (GenFilm *film)
{
  if (film == NULL)
    return;
  gen_film_end (film);
  for (guint i = 0; i < G_N_ELEMENTS (film->codecs); i++)
    avcodec_parameters_free (&film->codecs[i]);
  g_free (film->path);
  g_free (film);
}

gboolean
gen_film_begin (GenFilm *film, GError **error)
{
  g_autofree char *reason = NULL;
  int code;

  film->io = gen_av_file_open (film->path, &reason);
  if (film->io == NULL)
    return gen_film_fail (error, film->path, reason, 0);
  film->format = gen_av_format_new (film->io);
  code = avformat_open_input (&film->format, film->path, NULL, NULL);
  if (code >= 0)
    code = avformat_find_stream_info (film->format, NULL);
  if (code < 0)
    return gen_film_fail (error, film->path, "is no film", code);
  film->packet = av_packet_alloc ();
  return TRUE;
}

static AVCodecParameters *
copy_codec (const AVStream *stream)
{
  AVCodecParameters *copy = avcodec_parameters_alloc ();

  avcodec_parameters_copy (copy, stream->codecpar);
  return copy;
}

/* Which of its streams is what; there is one of each at most. */
static gboolean
find_streams (GenFilm *film, GError **error)
{
  AVStream *video;

  film->video = film->sound = -1;
  for (guint i = 0; i < film->format->nb_streams; i++) {
    const AVCodecParameters *codec = film->format->streams[i]->codecpar;
    int *place = codec->codec_type == AVMEDIA_TYPE_VIDEO   ? &film->video
                 : codec->codec_type == AVMEDIA_TYPE_AUDIO ? &film->sound
                                                           : NULL;

    if (place == NULL || *place >= 0)
      return gen_film_fail (error, film->path,
          "has another stream than one of pictures and one of sound, which are what is joined", 0);
    *place = (int)i;
  }
  if (film->video < 0)
    return gen_film_fail (error, film->path, "has no pictures", 0);
  if (film->sound >= 0 &&
      !g_str_has_prefix (
          avcodec_get_name (film->format->streams[film->sound]->codecpar->codec_id), "pcm_"))
    return gen_film_fail (error, film->path,
        "has encoded sound, between whose ranges something would be heard: leave its encoder out, "
        "and have it encoded as a whole (--sound-codec)",
        0);
  video = film->format->streams[film->video];
  film->codecs[0] = copy_codec (video);
  film->codecs[1] = film->sound >= 0 ? copy_codec (film->format->streams[film->sound]) : NULL;
  film->unit = video->time_base;
  film->shape = video->sample_aspect_ratio;
  film->rate = av_guess_frame_rate (film->format, video, NULL);
  if (film->rate.num <= 0 || film->rate.den <= 0)
    return gen_film_fail (error, film->path, "does not say how many pictures make a second", 0);
  return TRUE;
}

int
gen_film_read (GenFilm *film, GError **error)
{
  int code;

  av_packet_unref (film->packet);
  code = av_read_frame (film->format, film->packet);
  if (code == AVERROR_EOF)
    return 0;
  if (code >= 0)
    return 1;
  gen_film_fail (error, film->path, "cannot be read to its end", code);
  return -1;
}

gint64
gen_film_picture (const GenFilm *film, const AVPacket *packet)
{
  return av_rescale_q (packet->pts - film->first, film->unit, av_inv_q (film->rate));
}

/* The times of all pictures in the order of decoding. */
static GArray *
read_times (GenFilm *film, GError **error)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  int more;

  while ((more = gen_film_read (film, error)) > 0) {
    if (film->packet->stream_index != film->video)
      continue;
    if (film->packet->pts == AV_NOPTS_VALUE) {
      gen_film_fail (error, film->path, "has a picture without a time", 0);
      return NULL;
    }
    if (times->len == 0 && !(film->packet->flags & AV_PKT_FLAG_KEY)) {
      gen_film_fail (error, film->path, "does not begin with a key frame", 0);
      return NULL;
    }
    g_array_append_val (times, film->packet->pts);
  }
  return more == 0 ? g_steal_pointer (&times) : NULL;
}

/* Each picture's place has to be taken once. */
static gboolean
count_pictures (GenFilm *film, GError **error)
{
  g_autoptr (GArray) times = read_times (film, error);
  g_autofree gboolean *taken = NULL;
  AVPacket packet = { 0 };

  if (times == NULL)
    return FALSE;
  film->pictures = times->len;
  film->first = times->len > 0 ? g_array_index (times, gint64, 0) : 0;
  for (guint i = 0; i < times->len; i++)
    film->first = MIN (film->first, g_array_index (times, gint64, i));
  taken = g_new0 (gboolean, MAX (times->len, 1));
  for (guint i = 0; i < times->len; i++) {
    gint64 picture;

    packet.pts = g_array_index (times, gint64, i);
    picture = gen_film_picture (film, &packet);
    if (picture >= times->len || taken[picture]) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "%s: its pictures do not follow each other at %d/%d a second, as the one at place %u",
          film->path, film->rate.num, film->rate.den, i);
      return FALSE;
    }
    taken[picture] = TRUE;
    film->delay = MAX (film->delay, (guint64)MAX ((gint64)i - picture, 0));
  }
  return TRUE;
}

GenFilm *
gen_film_open (const char *path, GError **error)
{
  g_autoptr (GenFilm) film = g_new0 (GenFilm, 1);

  film->path = g_strdup (path);
  if (!gen_film_begin (film, error) || !find_streams (film, error) || !count_pictures (film, error))
    return NULL;
  gen_film_end (film);
  return g_steal_pointer (&film);
}

gboolean
gen_film_check (const char *path, guint64 frames, GError **error)
{
  g_autoptr (GenFilm) film = gen_film_open (path, error);

  if (film == NULL)
    return FALSE;
  if (film->pictures == frames)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s has %" G_GUINT64_FORMAT " pictures, and %" G_GUINT64_FORMAT " were to be made", path,
      film->pictures, frames);
  return FALSE;
}
