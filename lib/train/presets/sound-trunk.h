/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first part of the presets sound-classifier and masked-sound-autoencoder: from a sound to one
 * vector of features. Its weights have the same names and shapes in both, so that one can begin
 * with what the other has learned. */
#pragma once

#include "sound-coder.h"

/* Channels beside the sound, where nothing is said of them. */
#define GEN_SOUND_TRUNK_WIDTH 16

typedef struct {
  GenSoundCoder coder;
  gint64 features;
} GenSoundTrunk;

/* FALSE where there is none for that length; `preset` is named in the error. */
gboolean gen_sound_trunk_measure (
    GenSoundTrunk *trunk, const char *preset, const GenPresetOptions *options, GError **error);
/* Features [batch, features] of the input "sound", which it adds. */
GenTensor *gen_sound_trunk_append (
    const GenSoundTrunk *trunk, GenLayers *layers, const GenPresetOptions *options, GError **error);
