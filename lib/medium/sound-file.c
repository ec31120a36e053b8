/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds in files: a whole one, a part of a long one, and what one has without decoding it. */
#include <generative/sound.h>

#include <libavutil/intreadwrite.h>
#include <string.h>

#include "../simd.h"
#include "av-file.h"
#include "sound-reader.h"
#include "sound-resampler.h"

/* Codecs but the lossless have to be in swing before they make what they make of the whole. */
#define PREROLL 0.5 /* seconds */
/* A jump is worth its while where more than this would be decoded for nothing. */
#define NEAR 1 /* second */
/* By how many frames of its codec what a file says of its length may be off. */
#define SLACK 4
#define UNKNOWN_FRAME 2048
/* No codec makes more samples of a byte: who promises them is damaged. */
#define MAX_SAMPLES_A_BYTE 8192

/* A decoder on its way, with the position of the frame that it holds. */
typedef struct {
  GenSoundReader *reader;
  gint64 zero;      /* the time stamp of sample 0 */
  guint64 position; /* of the frame's first sample */
  guint64 next;     /* behind its last one */
  int rate;
  gboolean lenient; /* what is decoded is thrown away, and may be damaged */
} Walk;

GEN_CLONES (gboolean, are_finite, (const float *x, gsize n), (x, n))
{
  guint32 infinite = 0;

  for (gsize i = 0; i < n; i++) {
    guint32 bits;

    memcpy (&bits, &x[i], sizeof bits);
    infinite |= (bits & 0x7f800000) == 0x7f800000;
  }
  return infinite == 0;
}

/* Whether the last page of an Ogg file ends before it should, which its reader does not miss. */
static gboolean
is_cut_ogg (AVIOContext *io)
{
  enum { HEADER = 27, MAX_PAGE = HEADER + 255 + 255 * 255 };
  g_autofree guint8 *tail = g_malloc (MAX_PAGE);
  gint64 size = avio_size (io);
  gint64 at;
  int length;

  if (size < 0 || avio_seek (io, MAX (size - MAX_PAGE, 0), SEEK_SET) < 0)
    return FALSE;
  length = avio_read (io, tail, MAX_PAGE);
  for (at = length - 4; at >= 0; at--)
    if (memcmp (tail + at, "OggS", 4) == 0)
      break;
  if (at < 0)
    return FALSE;
  if (at + HEADER > length || at + HEADER + tail[at + HEADER - 1] > length)
    return TRUE;
  for (int i = tail[at + HEADER - 1]; i > 0; i--)
    length -= tail[at + HEADER - 1 + i];
  return at + HEADER + tail[at + HEADER - 1] > length;
}

/* Whether a file in chunks (WAV, AIFF) is shorter than its header says, whose word libav does not
 * take. Who writes to a pipe says that it is as long as can be. */
static gboolean
is_cut_riff (AVIOContext *io)
{
  guint8 start[8];
  gint64 size = avio_size (io), promised;

  if (size < 0 || avio_seek (io, 0, SEEK_SET) < 0 || avio_read (io, start, 8) != 8)
    return FALSE;
  if (memcmp (start, "RIFF", 4) == 0)
    promised = AV_RL32 (start + 4);
  else if (memcmp (start, "FORM", 4) == 0)
    promised = AV_RB32 (start + 4);
  else
    return FALSE;
  /* The byte that makes chunks even is often left out. */
  return promised < G_MAXINT32 - (1 << 20) && size < 8 + promised - 1;
}

static gboolean
fail_decode (const GenSoundReader *reader, int code, GError **error)
{
  return gen_sound_fail (reader->path, "damaged or cut short", code, error);
}

/* How many samples a file of one stream must have, from what its container says at large. */
static gint64
least_of_container (const Walk *walk)
{
  const AVFormatContext *format = walk->reader->format;

  if (format->duration == AV_NOPTS_VALUE || format->nb_streams != 1)
    return 0;
  return av_rescale (format->duration, walk->rate, AV_TIME_BASE) - walk->rate / 10;
}

/* How many samples a file must have, as it says itself. */
static gint64
least_of_stream (const Walk *walk)
{
  const GenSoundReader *reader = walk->reader;
  gint64 promised = gen_sound_reader_promised (reader, walk->rate);

  if (promised < 0)
    return least_of_container (walk);
  if (gen_sound_reader_is_lossless (reader))
    return promised;
  return promised -
         SLACK * (reader->codec->frame_size > 0 ? reader->codec->frame_size : UNKNOWN_FRAME);
}

/* Whether a file that has been read to its end has what it says to have. */
static gboolean
check_end (const Walk *walk, GError **error)
{
  const GenSoundReader *reader = walk->reader;
  gint64 least = least_of_stream (walk);

  if ((gint64)walk->next < least) {
    g_autofree char *what =
        g_strdup_printf ("cut short: %" G_GUINT64_FORMAT " of at least %" G_GINT64_FORMAT " frames",
            walk->next, least);

    return gen_sound_fail (reader->path, what, 0, error);
  }
  if ((g_str_equal (reader->format->iformat->name, "ogg") && is_cut_ogg (reader->io)) ||
      is_cut_riff (reader->io))
    return gen_sound_fail (reader->path, "cut short", 0, error);
  return TRUE;
}

/* The first frame, or the one that follows the jump. */
static int
begin (Walk *walk)
{
  GenSoundReader *reader = walk->reader;
  int code = gen_sound_reader_next (reader, FALSE);

  if (code < 0)
    return code;
  walk->zero = reader->frame->pts;
  walk->rate = reader->frame->sample_rate;
  walk->position = 0;
  walk->next = (guint64)reader->frame->nb_samples;
  return 0;
}

/* The first frame, or an error. */
static gboolean
open_walk (Walk *walk, GError **error)
{
  const GenSoundReader *reader = walk->reader;
  g_autofree char *what = NULL;
  int code = begin (walk);

  if (code == AVERROR_EOF)
    return gen_sound_fail (reader->path, "no sound in it", 0, error);
  if (code < 0)
    return fail_decode (reader, code, error);
  if (walk->rate <= GEN_SOUND_MAX_RATE)
    return TRUE;
  what = g_strdup_printf (
      "it says %d frames a second, and sounds have at most %d", walk->rate, GEN_SOUND_MAX_RATE);
  return gen_sound_fail (reader->path, what, 0, error);
}

/* On to the next frame. */
static int
advance (Walk *walk)
{
  GenSoundReader *reader = walk->reader;
  int code = gen_sound_reader_next (reader, walk->lenient);

  if (code < 0)
    return code;
  /* What is passed over leaves no trace but in the time stamps. */
  if (walk->lenient && reader->frame->pts != AV_NOPTS_VALUE)
    walk->next = (guint64)MAX (0, av_rescale_q (reader->frame->pts - walk->zero,
                                      reader->stream->time_base, (AVRational){ 1, walk->rate }));
  walk->position = walk->next;
  walk->next += (guint64)reader->frame->nb_samples;
  return 0;
}

/* Make the walk's frame one that is not behind sample `at`, but near it where it can be. */
static int
jump (Walk *walk, guint64 at)
{
  GenSoundReader *reader = walk->reader;
  guint64 preroll = gen_sound_reader_is_lossless (reader) ? 0 : (guint64)(PREROLL * walk->rate);
  guint64 target = at > preroll ? at - preroll : 0;
  int code;

  if (target <= walk->position + (guint64)(NEAR * walk->rate) ||
      !gen_sound_reader_seek (reader, walk->zero, target, walk->rate))
    return 0;
  walk->lenient = TRUE;
  code = advance (walk);
  if (code < 0 || reader->frame->pts == AV_NOPTS_VALUE || walk->position > at) {
    /* It went too far: from the beginning, then. */
    g_autoptr (GError) error = NULL;
    const char *path = reader->path;
    GBytes *bytes = reader->bytes;

    walk->lenient = FALSE;
    gen_sound_reader_clear (reader);
    if (!gen_sound_reader_open (reader, path, bytes, &error))
      return AVERROR_INVALIDDATA;
    return begin (walk);
  }
  return 0;
}

/* Decode into the resampler from the input's sample `at` on until it is full, or to the end. */
static int
decode (Walk *walk, guint64 at, GenSoundResampler *resampler)
{
  AVFrame *frame = walk->reader->frame;
  int code = 0;

  while (code >= 0 && resampler->frames < resampler->limit) {
    if (!gen_sound_resampler_takes (resampler, frame))
      return AVERROR_INPUT_CHANGED;
    if (walk->next > at) {
      walk->lenient = FALSE;
      code = gen_sound_resampler_push (
          resampler, frame, at > walk->position ? (int)(at - walk->position) : 0);
    }
    if (code >= 0)
      code = advance (walk);
  }
  if (code == AVERROR_EOF && resampler->rate != resampler->from_rate) {
    int flushed = gen_sound_resampler_push (resampler, NULL, 0);

    return flushed < 0 ? flushed : code;
  }
  return code;
}

/* The samples become the sound's. */
static void
take (GenSoundResampler *resampler, GenSound *sound)
{
  gsize channels = (gsize)resampler->channels;

  *sound = (GenSound){
    .data = g_renew (float, resampler->samples, MAX (resampler->frames * channels, 1)),
    .frames = resampler->frames,
    .rate = resampler->rate,
    .channels = resampler->channels,
    .owned = TRUE,
  };
  resampler->samples = NULL;
}

/* What is wrong with what was read, if anything. */
static gboolean
check (const Walk *walk, const GenSoundResampler *resampler, int code, GError **error)
{
  const GenSoundReader *reader = walk->reader;

  if (code == AVERROR_EOF && !check_end (walk, error))
    return FALSE;
  if (code == AVERROR_INPUT_CHANGED)
    return gen_sound_fail (reader->path, "its rate or its channels change within it", 0, error);
  if (code < 0 && code != AVERROR_EOF)
    return fail_decode (reader, code, error);
  if (!are_finite (resampler->samples, resampler->frames * (gsize)resampler->channels))
    return gen_sound_fail (reader->path, "samples that are no numbers", 0, error);
  return TRUE;
}

static gboolean
fail_resample (const GenSoundResampler *resampler, const char *path, int code, GError **error)
{
  g_autofree char *what = g_strdup_printf ("%d channels at %d Hz cannot be made %d at %d Hz",
      resampler->from_channels, resampler->from_rate, resampler->channels, resampler->rate);

  return gen_sound_fail (path, what, code, error);
}

static gboolean
check_rates (const Walk *walk, int rate, GError **error)
{
  g_autofree char *what = NULL;

  if (rate == 0 || gen_sound_resampler_takes_rates (walk->rate, rate))
    return TRUE;
  what = g_strdup_printf ("it says %d frames a second, of which %d a second are not made: that is "
                          "too far off",
      walk->rate, rate);
  return gen_sound_fail (walk->reader->path, what, 0, error);
}

static gboolean
load_part (GenSound *sound, const char *path, GBytes *bytes, int rate, int channels, guint64 first,
    gsize frames, GError **error)
{
  g_auto (GenSoundReader) reader = { 0 };
  g_auto (GenSoundResampler) resampler = { 0 };
  Walk walk = { .reader = &reader };
  guint64 at;
  gint64 known;
  int code;

  *sound = (GenSound){ 0 };
  g_return_val_if_fail (rate >= 0 && channels >= 0, FALSE);
  if (!gen_sound_reader_open (&reader, path, bytes, error) || !open_walk (&walk, error) ||
      !check_rates (&walk, rate, error))
    return FALSE;
  code = gen_sound_resampler_open (&resampler, reader.frame, rate, channels);
  if (code < 0)
    return fail_resample (&resampler, path, code, error);

  at = gen_sound_resampler_begin (&resampler, first);
  resampler.skip = first - (guint64)av_rescale ((gint64)at, resampler.rate, resampler.from_rate);
  resampler.limit = frames;
  known = gen_sound_reader_promised (&reader, walk.rate);
  if (known < 0 || at < (guint64)known)
    code = jump (&walk, at);
  if (code >= 0)
    code = decode (&walk, at, &resampler);
  if (!check (&walk, &resampler, code, error))
    return FALSE;
  if (resampler.frames == 0 && frames > 0) {
    g_autofree char *what = g_strdup_printf ("it ends before frame %" G_GUINT64_FORMAT, first);

    return gen_sound_fail (path, what, 0, error);
  }
  take (&resampler, sound);
  return TRUE;
}

gboolean
gen_sound_load_part (GenSound *sound, const char *path, int rate, int channels, guint64 first,
    gsize frames, GError **error)
{
  return load_part (sound, path, NULL, rate, channels, first, frames, error);
}

gboolean
gen_sound_load_bytes (GenSound *sound, GBytes *bytes, const char *name, int rate, int channels,
    guint64 first, gsize frames, GError **error)
{
  return load_part (sound, name, bytes, rate, channels, first, frames, error);
}

gboolean
gen_sound_load (GenSound *sound, const char *path, int rate, int channels, GError **error)
{
  if (!gen_sound_load_part (sound, path, rate, channels, 0, (gsize)GEN_SOUND_MAX_FRAMES + 1, error))
    return FALSE;
  if (sound->frames <= GEN_SOUND_MAX_FRAMES)
    return TRUE;
  gen_sound_clear (sound);
  return gen_sound_fail (path, "longer than the longest sound that is held in memory", 0, error);
}

/* Samples at the end of a packet that its encoder put there, and the decoder takes away. */
static gint64
count_padding (const AVPacket *packet)
{
  enum { SIZE = 10, AT_END = 4 }; /* AV_PKT_DATA_SKIP_SAMPLES: two 32-bit numbers, and reasons */
  size_t size = 0;
  const guint8 *data = av_packet_get_side_data (packet, AV_PKT_DATA_SKIP_SAMPLES, &size);

  return data != NULL && size >= SIZE ? AV_RL32 (data + AT_END) : 0;
}

/* How many samples there are from the walk's frame on: as its packets say, or as they decode to. A
 * packet that the first frame came of is counted by the frame. */
static gint64
count_samples (Walk *walk)
{
  GenSoundReader *reader = walk->reader;
  gint64 total = 0, unsaid = 0, padding = 0;
  int code;

  if (!gen_sound_reader_has_fine_times (reader, walk->rate)) {
    while ((code = advance (walk)) >= 0)
      continue;
    return (gint64)walk->next;
  }
  while ((code = av_read_frame (reader->format, reader->packet)) >= 0) {
    if (reader->packet->stream_index == reader->stream->index) {
      total += reader->packet->duration;
      unsaid += reader->packet->duration == 0;
      padding += count_padding (reader->packet);
    }
    av_packet_unref (reader->packet);
  }
  return (gint64)walk->next - padding + unsaid * reader->codec->frame_size +
         av_rescale_q (total, reader->stream->time_base, (AVRational){ 1, walk->rate });
}

/* Whether a file of so many bytes can have that many samples. */
static gboolean
is_possible (const GenSoundReader *reader, gint64 count, gint64 size)
{
  int block = reader->stream->codecpar->block_align;

  if (size <= 0)
    return TRUE;
  if (is_cut_riff (reader->io))
    return FALSE;
  if (gen_sound_reader_is_pcm (reader) && block > 0)
    return count <= size / block;
  return count / MAX_SAMPLES_A_BYTE <= size;
}

static gboolean
probe (const char *path, GBytes *bytes, int *rate, int *channels, guint64 *frames, GError **error)
{
  g_auto (GenSoundReader) reader = { 0 };
  Walk walk = { .reader = &reader };
  gint64 count;

  if (!gen_sound_reader_open (&reader, path, bytes, error) || !open_walk (&walk, error))
    return FALSE;
  if (rate != NULL)
    *rate = walk.rate;
  if (channels != NULL)
    *channels = reader.frame->ch_layout.nb_channels;
  /* Tables of MPEG files count what their encoders put around the sound. */
  count = gen_sound_reader_is_mpeg (&reader) ? -1 : gen_sound_reader_promised (&reader, walk.rate);
  if (count <= 0)
    count = count_samples (&walk);
  if (!is_possible (&reader, count, avio_size (reader.io)))
    return gen_sound_fail (path, "cut short: it promises more than there is", 0, error);
  if (frames != NULL)
    *frames = (guint64)count;
  return TRUE;
}

gboolean
gen_sound_probe (const char *path, int *rate, int *channels, guint64 *frames, GError **error)
{
  return probe (path, NULL, rate, channels, frames, error);
}

gboolean
gen_sound_probe_bytes (
    GBytes *bytes, const char *name, int *rate, int *channels, guint64 *frames, GError **error)
{
  return probe (name, bytes, rate, channels, frames, error);
}

/* Files of sound among what libav recognises by content. */
static gboolean
is_sound (const AVInputFormat *format)
{
  static const char *const names[] = { "aac", "ac3", "aiff", "amr", "ape", "au", "caf", "flac",
    "mp3", "ogg", "tta", "voc", "w64", "wav", "wv", NULL };

  return g_strv_contains (names, format->name);
}

gboolean
gen_sound_is_named (const char *name)
{
  return av_match_ext (name, "wav,wave,flac,ogg,oga,opus,spx,mp3,mp2,m4a,m4b,aac,aif,aiff,aifc,au,"
                             "snd,caf,w64,wv,wma,ac3,amr,ape,tta,mka,voc");
}

gboolean
gen_sound_recognise (const char *path)
{
  guint8 start[GEN_AV_SNIFF_BYTES + AVPROBE_PADDING_SIZE] = { 0 };
  AVProbeData probe = { .filename = "", .buf = start };
  g_autofree char *reason = NULL;
  const AVInputFormat *format;
  AVIOContext *io;
  int score;

  if (gen_sound_is_named (path))
    return TRUE;
  /* Folders of a hundred thousand photographs need not be opened file by file. */
  if (av_match_ext (path, "png,jpg,jpeg,webp,gif,bmp,tif,tiff,txt,json,npy"))
    return FALSE;
  io = gen_av_file_open (path, &reason);
  if (io == NULL)
    return FALSE;
  probe.buf_size = avio_read (io, start, GEN_AV_SNIFF_BYTES);
  avio_closep (&io);
  if (probe.buf_size <= 0)
    return FALSE;
  format = av_probe_input_format3 (&probe, TRUE, &score);
  return format != NULL && score > AVPROBE_SCORE_RETRY && is_sound (format);
}
