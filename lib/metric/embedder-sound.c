/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX embedders of sounds. A sound keeps its rate, which is to be the model's where that says one;
 * what is shorter than the model's length, or than the first sound where it takes any, is followed
 * by silence. Several channels become one by their mean, one becomes several by being repeated. */
#include "embedder-onnx.h"

#include <string.h>

#include "model-numbers.h"

/* A row of numbers is taken for a sound, where it may be as long as one. */
static gboolean
may_be_sound (const GenPort *port)
{
  return port->kind == GEN_PORT_SOUND ||
         (port->shape.rank == 2 &&
             (port->shape.dims[1] < 0 || port->shape.dims[1] >= GEN_PORT_SMALLEST_SOUND));
}

static gboolean
choose_input (Embedder *embedder, const GenModel *model)
{
  GenPort *input = &embedder->input;
  const GenPort *flows = NULL;

  for (guint i = 0; i < model->graph->inputs->len && flows == NULL; i++)
    if (model->inputs[i].part == GEN_PART_FLOW)
      flows = &model->inputs[i];
  if (flows == NULL || !may_be_sound (flows))
    return FALSE;
  *input = *flows;
  return gen_port_use_float32 (input) && gen_port_make_sound (input, input->sample_rate) &&
         input->channels > 0;
}

/* [N, D, T] or [N, T, D]: features are of a known number, places in time perhaps not. */
static gboolean
is_map (const Embedder *embedder, const GenPort *port, gint64 *features, gboolean *features_last)
{
  const gint64 *dims = port->shape.dims;

  if (port->shape.rank != 3)
    return FALSE;
  *features_last = dims[1] < 0 || (dims[2] > 0 && embedder->input.channels_last);
  *features = dims[*features_last ? 2 : 1];
  return *features > 1;
}

static gboolean
suits (const Embedder *embedder, const GenFormat *format, GError **error)
{
  const GenPort *input = &embedder->input;
  const char *path = gen_player_model (embedder->player)->path;

  if (input->sample_rate > 0 && input->sample_rate != format->rate)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s takes sound at %d Hz, and this is at %d: resample it in front", path,
        input->sample_rate, format->rate);
  else if (input->channels > 1 && format->channels > 1 && input->channels != format->channels)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s takes sound of %d channels, and this has %d: convert it in front", path,
        input->channels, format->channels);
  else if (input->length > 0 && format->length > (gsize)input->length)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s takes %" G_GINT64_FORMAT " frames, and windows have %" G_GSIZE_FORMAT
        ": make them %g seconds long",
        path, input->length, format->length, (double)input->length / format->rate);
  else
    return TRUE;
  return FALSE;
}

static gboolean
choose_format (const Embedder *embedder, const GenFormat *format, GenFormat *chosen, GError **error)
{
  const GenPort *input = &embedder->input;

  *chosen = (GenFormat){ &gen_medium_sound, .channels = input->channels, .rate = format->rate,
    .length =
        input->length > 0 ? (gsize)input->length : MAX (format->length, embedder->format.length) };
  return suits (embedder, format, error);
}

static gsize
sample_size (const Embedder *embedder)
{
  return embedder->format.length * (gsize)embedder->format.channels * sizeof (float);
}

static void
describe_use (const Embedder *embedder, GenModelUse *use)
{
  use->length = (gint64)embedder->format.length;
}

static gboolean
fit (const Embedder *embedder, const GenSample *sample, guint8 *slot, GError **error)
{
  const GenFormat *format = &embedder->format;
  const GenSound *sound = &sample->sound;
  float *out = (float *)(void *)slot;

  for (gsize i = 0; i < format->length; i++)
    for (int c = 0; c < format->channels; c++)
      *out++ = i < sound->frames ? gen_model_numbers_of_sound (sound, i, c, format->channels) : 0;
  return TRUE;
}

const EmbedderSide gen_embedder_side_sound = {
  .medium = &gen_medium_sound,
  .takes = "makes a vector [N, D] or map [N, D, T] of one sound [N, C, T], [N, T, C] or [N, T], "
           "with states and parameters besides,",
  .choose_input = choose_input,
  .is_map = is_map,
  .choose_format = choose_format,
  .sample_size = sample_size,
  .describe_use = describe_use,
  .fit = fit,
};
