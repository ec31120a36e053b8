/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound.h"

#include <math.h>
#include <string.h>

void
gst_discriminator_windows_clear (GstDiscriminatorWindows *windows)
{
  g_clear_pointer (&windows->padded, g_free);
}

/* Of a model whose length is free, and may be one alone. */
static void
explain_length (const GenPort *input, gint64 length, GError **error)
{
  g_autofree char *message = NULL;

  if (input->length > 0 || error == NULL || (*error)->domain != GEN_GRAPH_ERROR)
    return;
  message = (*error)->message;
  (*error)->message =
      g_strdup_printf ("%s; windows have %" G_GINT64_FORMAT
                       " samples: where it takes one length only, property window says which, such "
                       "as window=0.036 hop=0.032 of a detector of voices at 16 kHz that hears 512 "
                       "new samples with the last 64 of those before",
          message, length);
}

gboolean
gst_discriminator_windows_fit (
    GstDiscriminatorWindows *windows, const GstAudioInfo *info, gint64 length, GError **error)
{
  const GstDiscriminatorPorts *ports = &windows->judge->ports;
  const GenModelUse use = { .input = ports->input,
    .output = ports->output,
    .frames = 1,
    .pictures = 1,
    .length = length,
    .from_frames = TRUE,
    .from_sound = { .int16 = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16 } };

  windows->judge->sharing.possible = FALSE;
  if (!gst_discriminator_judge_play (windows->judge, &use, 1, error)) {
    explain_length (&ports->input, length, error);
    return FALSE;
  }
  windows->size = (gsize)length * (gsize)GST_AUDIO_INFO_BPF (info);
  g_free (windows->padded);
  windows->padded = g_malloc (windows->size);
  return TRUE;
}

/* The samples of `window`, as many as the model takes. */
static GenFrame
fill (GstDiscriminatorWindows *windows, const GstGenerativeFrame *window)
{
  const gsize size = window->map.size;

  if (size == windows->size)
    return gst_generative_sound_part (window, 0);
  memcpy (windows->padded, window->map.data, size);
  memset (windows->padded + size, 0, windows->size - size);
  return (GenFrame){ .planes = { windows->padded } };
}

gboolean
gst_discriminator_windows_score (GstDiscriminatorWindows *windows, const GstGenerativeFrame *window,
    double *values, GError **error)
{
  const GenFrame frame = fill (windows, window);
  const float *score = gst_discriminator_judge_run (windows->judge, &frame, 1, error);

  if (score == NULL) {
    explain_length (
        &windows->judge->ports.input, gen_player_use (windows->judge->player)->length, error);
    return FALSE;
  }
  for (int i = 0; i < GST_DISCRIMINATOR_N_FIELDS; i++)
    values[i] = NAN;
  values[GST_DISCRIMINATOR_SCORE] = score[0];
  values[GST_DISCRIMINATOR_PROBABILITY] =
      gst_discriminator_judge_probability (windows->judge, (double)score[0]);
  return TRUE;
}
