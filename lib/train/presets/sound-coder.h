/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The halves of presets that make numbers of a sound and a sound of numbers, for sounds of 4096,
 * 8192 and 16384 frames. */
#pragma once

#include "layers.h"

/* A phrase for presets' descriptions. */
#define GEN_SOUND_CODER_LENGTHS "sounds of 4096, 8192 and 16384 frames, mono or stereo"
/* Ended by 0. */
extern const int gen_sound_coder_lengths[];

typedef struct {
  int layers;      /* between the sound and the shortest one, each of which quarters the length */
  gint64 shortest; /* frames */
  gint64 width;    /* channels beside the sound; each layer away from it doubles them */
} GenSoundCoder;

/* FALSE where there are no nets for sounds of that length; `preset` is named in the error. `width`
 * is that of options that say none. */
gboolean gen_sound_coder_measure (GenSoundCoder *coder, const char *preset,
    const GenPresetOptions *options, int width, GError **error);
/* The input "sound". */
GenTensor *gen_sound_coder_begin (GenLayers *layers, const GenPresetOptions *options);
/* Channels behind `i` layers, from 1. */
gint64 gen_sound_coder_channels (const GenSoundCoder *coder, int i);
/* BatchNormalization and ReLU. */
GenTensor *gen_sound_coder_activate (
    GenLayers *layers, const char *name, GenTensor *x, GError **error);
/* From `sound` to [batch, channels, shortest]; names of layers begin with `prefix`. */
GenTensor *gen_sound_coder_encode (const GenSoundCoder *coder, GenLayers *layers,
    const char *prefix, GenTensor *sound, GError **error);
/* From `code` [batch, length] to a sound of `outputs` channels, before any activation. */
GenTensor *gen_sound_coder_decode (
    const GenSoundCoder *coder, GenLayers *layers, gint64 outputs, GenTensor *code, GError **error);
