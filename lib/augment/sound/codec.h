/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sound as it comes out of a lossy codec. */
#pragma once

#include <generative/augment.h>

#include <libavcodec/codec_id.h>
#include <libavutil/samplefmt.h>

#define GEN_AUGMENT_CODEC_RATES 12

typedef struct {
  const char *kind;    /* as people call it */
  const char *encoder; /* libav's name of it */
  enum AVCodecID id;
  enum AVSampleFormat format;         /* of floats, that the encoder takes */
  int rates[GEN_AUGMENT_CODEC_RATES]; /* that it takes, from the lowest on, and 0 */
} GenAugmentCodec;

/* Whether this libav has both halves of it; FALSE with `error` (G_IO_ERROR), which names what is
 * missing. */
gboolean gen_augment_codec_check (const GenAugmentCodec *codec, GError **error);
/* Code the part at `bitrate` bits a second for each channel and decode it again. No sample changes
 * its place: what the codec is late by is taken off. Channels go in pairs. What is silent, or has
 * samples that are no numbers, stays as it is. */
void gen_augment_codec_run (const GenAugmentCodec *codec, double bitrate, GenSound *part);
