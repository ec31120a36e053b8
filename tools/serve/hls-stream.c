/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each track has a muxer of its own, whose fragments are the parts: mp4mux begins one with each key
 * frame, and when it has got as long as it is told. videorate and audiorate fill each track from
 * running time 0 on, so that the muxers, which both count from their first frame, agree. */
#include "hls.h"

#include <math.h>
#include <string.h>

#include <gst/pbutils/pbutils.h>

#include "hls-sign.h"

#define SEGMENT_SECONDS 2.0
#define PART_SECONDS (1.0 / 3)
#define SEGMENTS 10
/* Of containers and of bitrates that are not kept, in percent. */
#define BANDWIDTH_EXCESS 120
#define SOUND_BANDWIDTH 160000

/* --- lengths --- */

/* Frames of `numerator / denominator` seconds. The nanoseconds of so many of them, none less. */
static gint64
length_of (guint frames, gint64 numerator, gint64 denominator)
{
  return (gint64)gst_util_uint64_scale_ceil (
      frames * GEN_HLS_SECOND, (guint64)numerator, (guint64)denominator);
}

static guint
frames_of (double seconds, gint64 numerator, gint64 denominator)
{
  return (guint)fmax (1, round (seconds * (double)denominator / (double)numerator));
}

/* Segments of pictures are a whole number of parts, and those of sound as long. */
static void
set_lengths (HlsTrack *track, gint64 numerator, gint64 denominator, GenHlsSettings *settings)
{
  const guint frames = frames_of (PART_SECONDS, numerator, denominator);
  const guint parts = frames_of (SEGMENT_SECONDS, frames * numerator, denominator);

  settings->part = length_of (frames, numerator, denominator);
  /* The muxer ends one before it is longer. */
  track->fragment = (guint)(settings->part / (GEN_HLS_SECOND / 1000)) + 1;
  if (track->codec->is_audio)
    return;
  track->keys = frames * parts;
  settings->segment = length_of (track->keys, numerator, denominator);
}

static void
add_track (
    HlsStream *stream, const char *name, const ServeStreamCodec *codec, GenHlsSettings *settings)
{
  const ServeRate rate = stream->mount->framerate;
  HlsTrack *track = &stream->tracks[stream->n_tracks++];
  g_autofree char *file =
      g_strdup_printf ("%s-%" G_GINT64_MODIFIER "x", name, g_get_real_time () / G_USEC_PER_SEC);

  track->stream = stream;
  track->codec = codec;
  track->name = name;
  if (codec->is_audio)
    set_lengths (track, codec->frame, codec->rate, settings);
  else
    set_lengths (track, rate.denominator, rate.numerator, settings);
  settings->name = file;
  track->playlist = gen_hls_playlist_new (settings);
}

HlsStream *
hls_stream_new (ServeServer *server, ServeMount *mount, GError **error)
{
  GenHlsSettings settings = { .segment = (gint64)(SEGMENT_SECONDS * (double)GEN_HLS_SECOND),
    .most_segments = SEGMENTS };
  const ServeStreamCodec *video = NULL, *audio = NULL;
  HlsStream *stream;

  if (mount->has_video) {
    video = serve_stream_codec_for_video (mount->settings->codec, error);
    if (video == NULL)
      return NULL;
    if (!video->in_mp4)
      return serve_record_fail (mount->settings, "codec", error,
                 "HLS has no place for %s: codec=\"h264\", or protocols without hls", video->name),
             NULL;
  }
  if (mount->has_audio) {
    audio = serve_stream_codec_for_audio (error);
    if (audio == NULL)
      return NULL;
  }
  stream = g_new0 (HlsStream, 1);
  stream->server = server;
  stream->mount = serve_mount_ref (mount);
  stream->waiting = g_ptr_array_new ();
  if (video != NULL)
    add_track (stream, "video", video, &settings);
  if (audio != NULL)
    add_track (stream, "audio", audio, &settings);
  return stream;
}

void
hls_stream_free (HlsStream *stream)
{
  hls_stream_stop (stream);
  g_ptr_array_unref (stream->waiting);
  for (guint i = 0; i < stream->n_tracks; i++)
    gen_hls_playlist_free (stream->tracks[i].playlist);
  serve_mount_unref (stream->mount);
  g_free (stream);
}

/* --- what comes --- */

/* What players have to know of a track before they read any of it. */
static void
look_at_caps (HlsTrack *track)
{
  g_autoptr (GstElement) muxer = gst_bin_get_by_name (GST_BIN (track->bin), "muxer");
  GstPad *pad = muxer->sinkpads->data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  g_free (track->mime);
  track->mime = gst_codec_utils_caps_get_mime_codec (caps);
  gst_structure_get_int (structure, "width", &track->width);
  gst_structure_get_int (structure, "height", &track->height);
}

static void
take_init (HlsTrack *track, GBytes *bytes)
{
  track->times = gen_bmff_times_of (bytes);
  gen_hls_playlist_set_init (track->playlist, bytes);
  look_at_caps (track);
}

/* Ends are rounded, and not lengths, so that these add up. */
static void
take_part (HlsTrack *track, GBytes *bytes)
{
  const guint64 begin = gen_bmff_start_of (bytes);
  const guint64 ticks = gen_bmff_duration_of (&track->times, bytes);
  const gint64 end =
      (gint64)gst_util_uint64_scale (begin + ticks, (guint64)GEN_HLS_SECOND, track->times.scale);
  const GenHlsPart part = {
    .bytes = bytes,
    .duration = end - track->end,
    .time = serve_stream_player_get_start (track->stream->player) + track->end / 1000,
    .independent = gen_bmff_is_independent (&track->times, bytes),
  };

  track->end = end;
  gen_hls_playlist_add (track->playlist, &part);
}

static void
take (gpointer data, GBytes *bytes, gboolean init)
{
  HlsTrack *track = data;

  if (init)
    take_init (track, bytes);
  else
    take_part (track, bytes);
  hls_answer_waiting (track->stream);
}

/* --- playing --- */

static char *
describe_track (const HlsTrack *track)
{
  const ServeRate rate = track->stream->mount->framerate;
  g_autofree char *codec = serve_stream_codec_describe (track->codec);
  g_autofree char *fill = track->codec->is_audio
                              ? g_strdup ("audiorate tolerance=20000000")
                              : g_strdup_printf ("videorate ! video/x-raw,framerate=%d/%d",
                                    rate.numerator, rate.denominator);

  return g_strdup_printf (
      "%s ! %s ! mp4mux name=muxer fragment-duration=%u ! %s appsink name=sink sync=false", fill,
      codec, track->fragment,
      hls_sign_is_on (track->stream->server) ? "c2pasign name=signer !" : "");
}

static gboolean
play_track (HlsTrack *track, GError **error)
{
  HlsStream *stream = track->stream;
  g_autofree char *line = describe_track (track);
  g_autoptr (GstElement) sink = NULL, signer = NULL;

  track->bin = serve_stream_player_add (stream->player, track->name, line, error);
  if (track->bin == NULL)
    return FALSE;
  serve_stream_codec_prepare (track->codec, track->bin, stream->mount, track->keys);
  sink = gst_bin_get_by_name (GST_BIN (track->bin), "sink");
  signer = gst_bin_get_by_name (GST_BIN (track->bin), "signer");
  if (signer != NULL)
    hls_sign_configure (stream->server, stream->mount, signer);
  track->feed = hls_feed_new (sink, signer != NULL, take, track);
  track->end = 0;
  gen_hls_playlist_interrupt (track->playlist);
  return TRUE;
}

static void
has_ended (gpointer data)
{
  hls_stream_stop (data);
}

static gboolean
play_tracks (HlsStream *stream, GError **error)
{
  for (guint i = 0; i < stream->n_tracks; i++)
    if (!play_track (&stream->tracks[i], error))
      return FALSE;
  return serve_stream_player_start (stream->player, error);
}

gboolean
hls_stream_play (HlsStream *stream, GError **error)
{
  if (stream->player != NULL) {
    serve_session_touch (serve_stream_player_get_session (stream->player));
    return TRUE;
  }
  stream->player = serve_stream_player_new (
      stream->server, stream->mount, NULL, "hls", has_ended, stream, error);
  if (stream->player == NULL)
    return FALSE;
  if (play_tracks (stream, error))
    return TRUE;
  hls_stream_stop (stream);
  return FALSE;
}

void
hls_stream_stop (HlsStream *stream)
{
  for (guint i = 0; i < stream->n_tracks; i++) {
    g_clear_pointer (&stream->tracks[i].feed, hls_feed_detach);
    g_clear_pointer (&stream->tracks[i].mime, g_free);
  }
  g_clear_pointer (&stream->player, serve_stream_player_free);
  hls_answer_none (stream);
}

/* --- lists --- */

HlsTrack *
hls_stream_find_list (HlsStream *stream, const char *file)
{
  for (guint i = 0; i < stream->n_tracks; i++) {
    HlsTrack *track = &stream->tracks[i];
    const gsize length = strlen (track->name);

    if (strncmp (file, track->name, length) == 0 && strcmp (file + length, ".m3u8") == 0)
      return track;
  }
  return NULL;
}

gboolean
hls_stream_is_ready (const HlsStream *stream)
{
  for (guint i = 0; i < stream->n_tracks; i++)
    if (stream->tracks[i].mime == NULL || gen_hls_playlist_count (stream->tracks[i].playlist) == 0)
      return FALSE;
  return TRUE;
}

static guint64
bandwidth_of (const HlsTrack *track)
{
  const guint64 said = track->codec->is_audio
                           ? SOUND_BANDWIDTH
                           : 10u * BANDWIDTH_EXCESS *
                                 (guint64)serve_mount_get_bitrate (
                                     track->stream->mount, track->width, track->height);

  return MAX (said, gen_hls_playlist_get_peak (track->playlist));
}

char *
hls_stream_write (const HlsStream *stream)
{
  const HlsTrack *first = &stream->tracks[0], *sound = NULL;
  const ServeRate rate = stream->mount->framerate;
  GString *text = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n");
  guint64 bandwidth = bandwidth_of (first);

  if (stream->n_tracks > 1) {
    sound = &stream->tracks[1];
    bandwidth += bandwidth_of (sound);
    g_string_append_printf (text,
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"sound\",DEFAULT=YES,AUTOSELECT=YES,"
        "URI=\"%s.m3u8\"\n",
        sound->name);
  }
  g_string_append_printf (text,
      "#EXT-X-STREAM-INF:BANDWIDTH=%" G_GUINT64_FORMAT ",CODECS=\"%s%s%s\"", bandwidth, first->mime,
      sound != NULL ? "," : "", sound != NULL ? sound->mime : "");
  if (!first->codec->is_audio)
    g_string_append_printf (text, ",RESOLUTION=%dx%d,FRAME-RATE=%d.%03d", first->width,
        first->height, rate.numerator / rate.denominator,
        (int)((gint64)(rate.numerator % rate.denominator) * 1000 / rate.denominator));
  g_string_append_printf (
      text, "%s\n%s.m3u8\n", sound != NULL ? ",AUDIO=\"sound\"" : "", first->name);
  return g_string_free (text, FALSE);
}

char *
hls_track_write (const HlsTrack *track, gboolean skip)
{
  const HlsStream *stream = track->stream;
  const GenHlsPlaylist *others[HLS_TRACKS] = { NULL };
  g_autofree char *uri = NULL;
  const char *uris[HLS_TRACKS] = { NULL };

  if (stream->n_tracks > 1) {
    const HlsTrack *other = &stream->tracks[track == &stream->tracks[0] ? 1 : 0];

    uri = g_strconcat (other->name, ".m3u8", NULL);
    others[0] = other->playlist;
    uris[0] = uri;
  }
  return gen_hls_playlist_write (track->playlist, skip, others, uris);
}
