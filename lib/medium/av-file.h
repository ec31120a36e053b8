/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pictures and sounds have in common when libav opens their files. */
#pragma once

#include <glib.h>

#include <libavformat/avformat.h>

/* Raises the level of a codec's messages beyond all that are printed (and below 256, where
 * levels wrap around): what they would say comes back as a GError. */
#define GEN_AV_SILENCE 128

/* A demuxer for `io` (NULL: it is to open its file itself) whose messages are raised likewise. The
 * log of libav is the process's: whoever has set a callback or a level for it keeps these, and sees
 * what demuxers say if he asks for levels that high. */
AVFormatContext *gen_av_format_new (AVIOContext *io);

/* How much of a file tells its format. */
#define GEN_AV_SNIFF_BYTES 4096

/* Open `path`, whatever its name looks like, to read. NULL with `reason` (transfer full) where it
 * cannot be opened, or would be waited for. */
AVIOContext *gen_av_file_open (const char *path, char **reason);
/* The same of bytes that are in memory, which have to stay. */
AVIOContext *gen_av_bytes_open (GBytes *bytes);
/* Close either, if there is one. */
void gen_av_close (AVIOContext **io);
