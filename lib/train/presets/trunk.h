/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first part of the presets classifier and masked-autoencoder: from a picture of 28x28, 32x32
 * or 64x64 pixels to features of 7x7 or 8x8 places. Its weights have the same names and shapes in
 * both, so that one can begin with what the other has learned. */
#pragma once

#include "layers.h"

/* What comes out of it. */
typedef struct {
  gint64 channels, extent; /* of features */
  int halvings;
} GenTrunk;

/* FALSE where there is none of that size; `preset` is named in the error. */
gboolean gen_trunk_measure (
    GenTrunk *trunk, const char *preset, const GenPresetOptions *options, GError **error);
/* Channels of the layer that makes `halvings` halvings. */
gint64 gen_trunk_channels (const GenPresetOptions *options, int halvings);
/* Features [batch, channels, extent, extent] of the input "picture", which it adds. */
GenTensor *gen_trunk_append (
    const GenTrunk *trunk, GenLayers *layers, const GenPresetOptions *options, GError **error);
