/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sound of a film that is joined: samples of its ranges, one after the other, to one encoder.
 */
#pragma once

#include "film.h"

typedef struct _GenFilmSound GenFilmSound;

/* Takes packets that are encoded, which it keeps. */
typedef gboolean (*GenFilmSoundFunc) (AVPacket *packet, gpointer data, GError **error);

/* For raw samples as `like` says, by the encoder `codec` of libav, for files of `format`. Its
 * packets have times in samples. (transfer full) */
GenFilmSound *gen_film_sound_new (
    const AVCodecParameters *like, const char *codec, const AVOutputFormat *format, GError **error);
void gen_film_sound_free (GenFilmSound *sound);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenFilmSound, gen_film_sound_free)

/* What a muxer is told of it. */
const AVCodecContext *gen_film_sound_encoder (const GenFilmSound *sound);
/* A packet of raw samples; NULL: no more come. */
gboolean gen_film_sound_add (GenFilmSound *sound, const AVPacket *packet, GenFilmSoundFunc func,
    gpointer data, GError **error);
