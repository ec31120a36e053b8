/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The convolutional halves of presets that make a code of a picture and a picture of a code, for
 * 28, 32 and 64 pixels. */
#pragma once

#include "layers.h"

/* A sentence for presets' descriptions. */
#define GEN_CODER_EXTENTS "28x28, 32x32 and 64x64 pixels, grey or colour"
/* Channels beside the picture, where nothing is said of them. */
#define GEN_CODER_WIDTH 32
/* Ended by 0. */
extern const int gen_coder_extents[];

/* FALSE where there are no nets of that size; `preset` is named in the error. */
gboolean gen_coder_check (const char *preset, const GenPresetOptions *options, GError **error);
/* The input "picture". */
GenTensor *gen_coder_begin (GenLayers *layers, const GenPresetOptions *options);
/* From `picture` to [batch, features]. */
GenTensor *gen_coder_encode (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *picture, GError **error);
/* From `code` [batch, length] to a picture, before any activation. */
GenTensor *gen_coder_decode (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *code, GError **error);
