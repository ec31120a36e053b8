/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first part of the presets classifier and masked-autoencoder: from a picture of 28x28, 32x32
 * or 64x64 pixels to one vector of features. Its weights have the same names and shapes in
 * both, so that one can begin with what the other has learned. */
#pragma once

#include "layers.h"

/* Channels beside the picture, where nothing is said of them. */
#define GEN_TRUNK_WIDTH 32

typedef struct {
  int halvings;            /* of the picture's extents */
  gint64 channels, extent; /* behind them */
  gint64 features;
} GenTrunk;

/* FALSE where there is none of that size; `preset` is named in the error. */
gboolean gen_trunk_measure (
    GenTrunk *trunk, const char *preset, const GenPresetOptions *options, GError **error);
/* Channels of the layer that makes `halvings` halvings. */
gint64 gen_trunk_channels (const GenPresetOptions *options, int halvings);
/* BatchNormalization and ReLU. */
GenTensor *gen_trunk_activate (GenLayers *layers, const char *name, GenTensor *x, GError **error);
/* Features [batch, features] of the input "picture", which it adds. */
GenTensor *gen_trunk_append (
    const GenTrunk *trunk, GenLayers *layers, const GenPresetOptions *options, GError **error);
