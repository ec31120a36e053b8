/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As wavegan's nets, filters are 25 long and make the length a quarter, or fourfold, doubling or
 * halving the channels; between them are normalisations over the batch. Weights start uniform, of
 * variance 2 / inputs before ReLU and 1 / inputs in the last layer. */
#include "sound-coder.h"

#include <generative/trainer.h>

const int gen_sound_coder_lengths[] = { 4096, 8192, 16384, 0 };

gboolean
gen_sound_coder_measure (GenSoundCoder *coder, const char *preset, const GenPresetOptions *options,
    int width, GError **error)
{
  const GenFormat *format = &options->format;
  g_autofree char *text = NULL;

  coder->width = options->width > 0 ? options->width : width;
  if (format->medium == &gen_medium_sound && (format->channels == 1 || format->channels == 2))
    for (const int *length = gen_sound_coder_lengths; *length != 0; length++)
      if (format->length == (gsize)*length) {
        coder->layers = *length == 4096 ? 4 : 5;
        coder->shortest = *length >> (2 * coder->layers);
        return TRUE;
      }
  text = gen_format_describe (format);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset %s takes sounds of 4096, 8192 or 16384 frames, mono or stereo, not %s", preset, text);
  return FALSE;
}

GenTensor *
gen_sound_coder_begin (GenLayers *layers, const GenPresetOptions *options)
{
  return gen_graph_add_input (layers->graph, "sound", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, (gint64)options->format.length));
}

gint64
gen_sound_coder_channels (const GenSoundCoder *coder, int i)
{
  return coder->width << (i - 1);
}

GenTensor *
gen_sound_coder_activate (GenLayers *layers, const char *name, GenTensor *x, GError **error)
{
  return gen_unary (layers->graph, "Relu", gen_layers_normalize (layers, name, x, error), error);
}

GenTensor *
gen_sound_coder_encode (const GenSoundCoder *coder, GenLayers *layers, const char *prefix,
    GenTensor *sound, GError **error)
{
  GenTensor *y = sound;

  layers->gain = (float)G_SQRT2;
  for (int i = 1; i <= coder->layers; i++) {
    g_autofree char *down = g_strdup_printf ("%sdown%d", prefix, i);
    g_autofree char *normalize = g_strdup_printf ("%sdown%d.normalize", prefix, i);

    y = gen_layers_down_sound (layers, down, y, gen_sound_coder_channels (coder, i), error);
    y = gen_sound_coder_activate (layers, normalize, y, error);
  }
  layers->gain = 1;
  return y;
}

GenTensor *
gen_sound_coder_decode (
    const GenSoundCoder *coder, GenLayers *layers, gint64 outputs, GenTensor *code, GError **error)
{
  const gint64 channels = gen_sound_coder_channels (coder, coder->layers);
  GenTensor *y;

  layers->gain = (float)G_SQRT2;
  y = gen_layers_dense (layers, "up0", code, channels * coder->shortest, FALSE, error);
  y = gen_layers_reshape (layers, y, (gint64[]){ channels, coder->shortest }, 2, error);
  for (int i = 1; i <= coder->layers; i++) {
    const gboolean is_last = i == coder->layers;
    g_autofree char *normalize = g_strdup_printf ("up%d.normalize", i - 1);
    g_autofree char *up = g_strdup_printf ("up%d", i);

    y = gen_sound_coder_activate (layers, normalize, y, error);
    layers->gain = is_last ? 1 : (float)G_SQRT2;
    y = gen_layers_up_sound (layers, up, y,
        is_last ? outputs : gen_sound_coder_channels (coder, coder->layers - i), error);
  }
  return y;
}
