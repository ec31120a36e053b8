/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as numbers of a model that makes figures of them. They go in as numbers, and not as the
 * plan's frames, so that a model of two inputs takes them, of sounds, too. */
#include <math.h>

#include "model-numbers.h"
#include "scorer-private.h"

static gboolean
suits (const GenScorer *scorer, const GenFormat *format, GError **error)
{
  const GenPort *input = &scorer->inputs[0];

  if (!scorer->rate_assumed && input->sample_rate > 0 && input->sample_rate != format->rate)
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
        "%s takes sound at %d Hz, and this is at %d: resample it in front", scorer->file,
        input->sample_rate, format->rate);
  else if (input->channels > 1 && format->channels > 1 && input->channels != format->channels)
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
        "%s takes sound of %d channels, and this has %d: convert it in front", scorer->file,
        input->channels, format->channels);
  else if (input->length > 0 && format->length > (gsize)input->length)
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
        "%s takes %" G_GINT64_FORMAT " samples, and windows have %" G_GSIZE_FORMAT
        ": make them %g seconds long",
        scorer->file, input->length, format->length, (double)input->length / format->rate);
  else
    return TRUE;
  return FALSE;
}

gboolean
gen_scorer_choose_format (
    const GenScorer *scorer, const GenFormat *format, GenFormat *taken, GError **error)
{
  const GenPort *input = &scorer->inputs[0];

  if (format->medium == &gen_medium_sound) {
    *taken = (GenFormat){ &gen_medium_sound, .channels = input->channels, .rate = format->rate,
      .length = input->length > 0 ? (gsize)input->length : format->length };
    return suits (scorer, format, error);
  }
  *taken = (GenFormat){ &gen_medium_picture, input->width > 0 ? input->width : format->width,
    input->height > 0 ? input->height : format->height, input->channels };
  return TRUE;
}

/* (transfer full) */
static float *
make_levels (const GenPort *port, int channels)
{
  float *levels = g_new (float, 256 * channels);

  for (int c = 0; c < channels; c++)
    for (int i = 0; i < 256; i++)
      levels[256 * c + i] = ((float)i / 255 - port->mean[c]) / port->std[c];
  return levels;
}

static void
picture_to_numbers (
    const GenPort *port, const float *of_bytes, const GenPicture *picture, float *numbers)
{
  const gsize area = (gsize)picture->width * (gsize)picture->height;
  const int channels = picture->channels;

  for (int c = 0; c < channels; c++) {
    const int from = port->bgr && c < 3 ? 2 - c : c;
    const gsize step = port->channels_last ? (gsize)channels : 1;
    float *out = numbers + (port->channels_last ? (gsize)c : (gsize)c * area);
    const float *of_byte = of_bytes + 256 * c;

    for (int y = 0; y < picture->height; y++) {
      const guint8 *row = picture->data + (gssize)y * picture->stride + from;

      for (int x = 0; x < picture->width; x++, out += step)
        *out = of_byte[row[x * channels]];
    }
  }
}

/* What is too short is heard again and again: silence would be judged as well. */
static void
sound_to_numbers (
    const GenPort *port, const GenFormat *taken, const GenSound *sound, float *numbers)
{
  const float scale = fmaxf (fabsf (gen_port_black (port, 0)), fabsf (gen_port_white (port, 0)));
  const gsize channels = (gsize)taken->channels;

  for (gsize c = 0; c < channels; c++) {
    const gsize step = port->channels_last ? channels : 1;
    float *out = numbers + (port->channels_last ? c : c * taken->length);

    for (gsize i = 0; i < taken->length; i++, out += step)
      *out = scale * gen_model_numbers_of_sound (sound, i % sound->frames, (int)c, taken->channels);
  }
}

static gboolean
fit (GenScorer *scorer, guint i, const GenSample *sample, float *numbers, GError **error)
{
  const GenPort *port = &scorer->inputs[i];
  GenPicture *fitted = &scorer->fitted;

  if (sample->medium == &gen_medium_sound) {
    sound_to_numbers (port, &scorer->taken, &sample->sound, numbers);
    return TRUE;
  }
  if (fitted->width != scorer->taken.width || fitted->height != scorer->taken.height) {
    gen_picture_clear (fitted);
    gen_picture_init (fitted, scorer->taken.width, scorer->taken.height, scorer->taken.channels);
  }
  if (!gen_picture_fit (&sample->picture, fitted, GEN_FIT_STRETCH, error))
    return FALSE;
  if (scorer->of_bytes[i] == NULL)
    scorer->of_bytes[i] = make_levels (port, fitted->channels);
  picture_to_numbers (port, scorer->of_bytes[i], fitted, numbers);
  return TRUE;
}

/* How many numbers a frame becomes. */
static gsize
count_numbers (const GenFormat *taken)
{
  const gsize places = taken->medium == &gen_medium_sound
                           ? taken->length
                           : (gsize)taken->width * (gsize)taken->height;

  return places * (gsize)taken->channels;
}

gboolean
gen_scorer_fit (GenScorer *scorer, guint i, const GenSample *sample, void *numbers, GError **error)
{
  const GenDataType type = gen_player_model (scorer->player)->inputs[scorer->places[i]].type;
  const gsize n = count_numbers (&scorer->taken);

  if (!gen_model_numbers_are_integers (type))
    return fit (scorer, i, sample, numbers, error);
  if (scorer->n_numbers != n) {
    g_free (scorer->numbers);
    scorer->numbers = g_new (float, n);
    scorer->n_numbers = n;
  }
  if (!fit (scorer, i, sample, scorer->numbers, error))
    return FALSE;
  gen_model_numbers_write (type, scorer->numbers, n, numbers);
  return TRUE;
}
