/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first sound in a file, frame of its codec by frame. */
#pragma once

#include <glib.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

typedef struct {
  const char *path;
  GBytes *bytes; /* the content, if it is not to be read from the path */
  AVIOContext *io;
  AVFormatContext *format;
  AVCodecContext *codec;
  AVPacket *packet;
  AVFrame *frame;
  AVStream *stream;
  gboolean drained; /* the decoder has been told of the end */
} GenSoundReader;

/* Open the file, or bytes that have its content (else NULL); errors are of GEN_SOUND_ERROR and name
 * it. gen_sound_reader_clear is due in any case. `path` and `bytes` must stay. */
gboolean gen_sound_reader_open (
    GenSoundReader *reader, const char *path, GBytes *bytes, GError **error);
void gen_sound_reader_clear (GenSoundReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenSoundReader, gen_sound_reader_clear)

/* The next samples, in `frame`; 0, AVERROR_EOF, or what went wrong. What is damaged is passed over
 * where `lenient`. */
int gen_sound_reader_next (GenSoundReader *reader, gboolean lenient);
/* Whether its time stamps tell one sample from the next. */
gboolean gen_sound_reader_has_fine_times (const GenSoundReader *reader, int rate);
/* How many samples the file says to have; -1 where it says nothing that can be relied on. */
gint64 gen_sound_reader_promised (const GenSoundReader *reader, int rate);
/* Whether the decoder gives back the very samples that went into the encoder. */
gboolean gen_sound_reader_is_lossless (const GenSoundReader *reader);
/* Whether it is MPEG audio of any layer. */
gboolean gen_sound_reader_is_mpeg (const GenSoundReader *reader);
/* Whether the file's samples are plain numbers. */
gboolean gen_sound_reader_is_pcm (const GenSoundReader *reader);
/* Go to sample `at` or one before it, `zero` being the time stamp of sample 0. The next frame's
 * time stamp tells where. FALSE where places in this file cannot be told to the sample. */
gboolean gen_sound_reader_seek (GenSoundReader *reader, gint64 zero, guint64 at, int rate);

/* An error about a file's content, with libav's reason where `code` is one. Always FALSE. */
gboolean gen_sound_fail (const char *path, const char *what, int code, GError **error);
