/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "join.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <generative/atomic-file.h>
#include <gio/gio.h>

#include "film-sound.h"

#define BUFFER_SIZE (1 << 16)

typedef struct {
  const char *output;
  GenAtomicFile *file;
  int fd;
  AVIOContext *io;
  AVFormatContext *format;
  GenFilmSound *sound; /* NULL: there is none */
  AVRational rate;
  gint64 pictures; /* before the range that is being added */
  guint64 delay;   /* the largest of all ranges */
} Join;

static void
join_clear (Join *join)
{
  avformat_free_context (join->format);
  if (join->io != NULL) {
    av_freep (&join->io->buffer);
    avio_context_free (&join->io);
  }
  gen_film_sound_free (join->sound);
  g_clear_pointer (&join->file, gen_atomic_file_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Join, join_clear)

/* --- the file --- */

/* What FFmpeg 7 hands over is not to be changed. */
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(61, 0, 0)
typedef const uint8_t Written;
#else
typedef uint8_t Written;
#endif

static int
write_bytes (void *opaque, Written *bytes, int size)
{
  Join *join = opaque;

  for (int at = 0; at < size;) {
    const ssize_t n = write (join->fd, bytes + at, (gsize)(size - at));

    if (n < 0 && errno != EINTR)
      return AVERROR (errno);
    at += n > 0 ? (int)n : 0;
  }
  return size;
}

static gint64
seek_bytes (void *opaque, gint64 offset, int whence)
{
  Join *join = opaque;
  const gint64 at = lseek (join->fd, offset, whence & ~AVSEEK_FORCE);

  if ((whence & ~AVSEEK_FORCE) == AVSEEK_SIZE)
    return AVERROR (ENOSYS);
  return at >= 0 ? at : AVERROR (errno);
}

gboolean
gen_films_check_output (const char *output, GError **error)
{
  if (av_guess_format (NULL, output, NULL) != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s: its name does not say what kind of film it is to be: .mkv, .mp4 and .webm do", output);
  return FALSE;
}

static gboolean
open_output (Join *join, GError **error)
{
  if (!gen_films_check_output (join->output, error))
    return FALSE;
  avformat_alloc_output_context2 (&join->format, NULL, NULL, join->output);
  join->file = gen_atomic_file_new (join->output, error);
  join->fd = join->file != NULL ? gen_atomic_file_fd (join->file, error) : -1;
  if (join->fd < 0)
    return FALSE;
  join->io = avio_alloc_context (
      av_malloc (BUFFER_SIZE), BUFFER_SIZE, 1, join, NULL, write_bytes, seek_bytes);
  join->format->pb = join->io;
  /* FLAC in MP4 was called experimental for years after it had been specified. */
  join->format->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  /* No times of day, no names of versions, no random numbers. */
  join->format->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
  return TRUE;
}

/* --- streams --- */

static gboolean
add_pictures (Join *join, const GenFilm *film, GError **error)
{
  AVStream *stream = avformat_new_stream (join->format, NULL);
  const int code = avcodec_parameters_copy (stream->codecpar, film->codecs[0]);

  /* Another kind of file has another word for the same codec. */
  stream->codecpar->codec_tag = 0;
  stream->time_base = av_inv_q (film->rate);
  stream->avg_frame_rate = stream->r_frame_rate = film->rate;
  stream->sample_aspect_ratio = film->shape;
  return code >= 0 || gen_film_fail (error, film->path, "cannot be joined", code);
}

static gboolean
add_sound (Join *join, const GenFilm *film, const char *codec, GError **error)
{
  AVStream *stream;
  int code;

  if (film->sound < 0)
    return TRUE;
  if (codec == NULL) {
    const AVCodec *usual = avcodec_find_encoder (join->format->oformat->audio_codec);

    codec = usual == NULL || g_str_equal (usual->name, "vorbis") ? "flac" : usual->name;
    /* What is not asked for loses nothing, where the file can have that. */
    if (avformat_query_codec (join->format->oformat, AV_CODEC_ID_FLAC, FF_COMPLIANCE_NORMAL) == 1)
      codec = "flac";
  }
  join->sound = gen_film_sound_new (film->codecs[1], codec, join->format->oformat, error);
  if (join->sound == NULL)
    return FALSE;
  stream = avformat_new_stream (join->format, NULL);
  stream->time_base = gen_film_sound_encoder (join->sound)->time_base;
  code = avcodec_parameters_from_context (stream->codecpar, gen_film_sound_encoder (join->sound));
  return code >= 0 || gen_film_fail (error, film->path, "cannot be joined", code);
}

static gboolean
begin (Join *join, const GenFilm *first, const char *sound_codec, GError **error)
{
  int code;

  if (!add_pictures (join, first, error) || !add_sound (join, first, sound_codec, error))
    return FALSE;
  join->rate = first->rate;
  code = avformat_write_header (join->format, NULL);
  return code >= 0 || gen_film_fail (error, join->output, "cannot hold such a film", code);
}

/* --- ranges --- */

static gboolean
is_like (const AVCodecParameters *a, const AVCodecParameters *b)
{
  return a->codec_id == b->codec_id && a->format == b->format && a->width == b->width &&
         a->height == b->height && a->sample_rate == b->sample_rate &&
         a->ch_layout.nb_channels == b->ch_layout.nb_channels &&
         a->extradata_size == b->extradata_size &&
         (a->extradata_size == 0 ||
             memcmp (a->extradata, b->extradata, (gsize)a->extradata_size) == 0);
}

static gboolean
check_like (const GenFilm *film, const GenFilm *first, GError **error)
{
  if (film->sound == first->sound && av_cmp_q (film->rate, first->rate) == 0 &&
      is_like (film->codecs[0], first->codecs[0]) &&
      (film->sound < 0 || is_like (film->codecs[1], first->codecs[1])))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s is of another size, rate, format or encoder than %s: one of them was made otherwise",
      film->path, first->path);
  return FALSE;
}

static gboolean
write_packet (Join *join, AVPacket *packet, int stream, AVRational unit, GError **error)
{
  int code;

  packet->stream_index = stream;
  packet->pos = -1;
  av_packet_rescale_ts (packet, unit, join->format->streams[stream]->time_base);
  code = av_interleaved_write_frame (join->format, packet);
  return code >= 0 || gen_film_fail (error, join->output, "cannot be written", code);
}

static gboolean
write_sound (AVPacket *packet, gpointer data, GError **error)
{
  Join *join = data;

  return write_packet (join, packet, 1, gen_film_sound_encoder (join->sound)->time_base, error);
}

/* Times are those of the picture's number, in the whole film. */
static gboolean
write_picture (Join *join, GenFilm *film, gint64 decoded, GError **error)
{
  AVPacket *packet = film->packet;

  packet->pts = join->pictures + gen_film_picture (film, packet);
  packet->dts = join->pictures + decoded - (gint64)join->delay;
  packet->duration = 1;
  return write_packet (join, packet, 0, av_inv_q (join->rate), error);
}

static gboolean
add_film (Join *join, GenFilm *film, GError **error)
{
  gint64 decoded = 0;
  int more;

  if (!gen_film_begin (film, error))
    return FALSE;
  while ((more = gen_film_read (film, error)) > 0) {
    const gboolean written =
        film->packet->stream_index == film->video
            ? write_picture (join, film, decoded++, error)
            : gen_film_sound_add (join->sound, film->packet, write_sound, join, error);

    if (!written)
      return FALSE;
  }
  gen_film_end (film);
  join->pictures += decoded;
  return more == 0;
}

static gboolean
finish (Join *join, GError **error)
{
  int code;

  if (join->sound != NULL && !gen_film_sound_add (join->sound, NULL, write_sound, join, error))
    return FALSE;
  code = av_write_trailer (join->format);
  if (code >= 0)
    avio_flush (join->io);
  if (code >= 0)
    code = join->io->error;
  return code >= 0 ? gen_atomic_file_commit (join->file, error)
                   : gen_film_fail (error, join->output, "cannot be written", code);
}

/* Look at all of them. How far decoding is ahead in any is told, so that times of decoding never go
 * back. */
static GPtrArray *
open_films (Join *join, const char *const *paths, guint n, GError **error)
{
  g_autoptr (GPtrArray) films = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_film_free);

  for (guint i = 0; i < n; i++) {
    GenFilm *film = gen_film_open (paths[i], error);

    if (film == NULL)
      return NULL;
    g_ptr_array_add (films, film);
    if (!check_like (film, films->pdata[0], error))
      return NULL;
    join->delay = MAX (join->delay, film->delay);
  }
  return g_steal_pointer (&films);
}

gboolean
gen_films_join (
    const char *const *paths, guint n, const char *output, const char *sound_codec, GError **error)
{
  g_auto (Join) join = { .output = output };
  g_autoptr (GPtrArray) films = open_films (&join, paths, n, error);

  if (films == NULL || !open_output (&join, error) ||
      !begin (&join, films->pdata[0], sound_codec, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!add_film (&join, films->pdata[i], error))
      return FALSE;
  return finish (&join, error);
}
