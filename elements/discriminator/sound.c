/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The discriminator on sound: how long windows are, and the score of one. */
#include "discriminator.h"

#include <math.h>
#include <string.h>

/* Of a window of a model that takes any length, where nobody says it. */
#define DEFAULT_SECONDS 1

void
gst_discriminator_warn_of_rate (GstDiscriminator *self, const GenModel *model)
{
  const GenPort *said = gen_model_find_input (model, GEN_PORT_SOUND);

  if (self->sample_rate > 0 || (said != NULL && said->sample_rate > 0))
    return;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("%s: nothing tells how many samples a second its input '%s' takes; %d are assumed. Metadata "
       "generative.sample-rate in the model would tell, as would property sample-rate",
          model->path, self->input.name, self->input.sample_rate),
      (NULL));
}

/* Seconds in frames of the model's rate. */
static gint64
to_frames (const GstDiscriminator *self, double seconds)
{
  return MAX (llround (seconds * self->input.sample_rate), 1);
}

static gint64
window_length (GstDiscriminator *self)
{
  double seconds;

  if (self->input.length > 0)
    return self->input.length;
  GST_OBJECT_LOCK (self);
  seconds = self->window > 0 ? self->window : DEFAULT_SECONDS;
  GST_OBJECT_UNLOCK (self);
  return to_frames (self, seconds);
}

gboolean
gst_discriminator_check_window (GstDiscriminator *self, const GenModel *model, GError **error)
{
  const gint64 length = self->input.length;
  double window;

  GST_OBJECT_LOCK (self);
  window = self->window;
  GST_OBJECT_UNLOCK (self);
  if (length <= 0 || window == 0 || to_frames (self, window) == length)
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "Property window is %g seconds, but %s takes %" G_GINT64_FORMAT
      " samples at %d Hz, which are %g: leave it unset",
      window, model->path, length, self->input.sample_rate,
      (double)length / self->input.sample_rate);
  return FALSE;
}

void
gst_discriminator_append_sound (GstCaps *caps, const GenPort *port)
{
  GstCaps *all = gst_caps_from_string (GST_SCORE_FILTER_SOUND_CAPS);

  gst_caps_set_simple (
      all, "rate", G_TYPE_INT, port->sample_rate, "channels", G_TYPE_INT, port->channels, NULL);
  gst_caps_append (caps, all);
}

gboolean
gst_discriminator_fit_sound (GstDiscriminator *self, const GstAudioInfo *info, GError **error)
{
  GenModelUse use = { .input = self->input,
    .output = self->output,
    .frames = 1,
    .pictures = 1,
    .length = window_length (self),
    .from_frames = TRUE,
    .from_sound = { .int16 = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16 } };

  if (!gst_discriminator_play (self, &use, error))
    return FALSE;
  g_free (self->padded);
  self->padded = g_malloc ((gsize)use.length * (gsize)GST_AUDIO_INFO_BPF (info));
  return TRUE;
}

void
gst_discriminator_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  const gint64 length = window_length (self);
  double seconds;

  GST_OBJECT_LOCK (self);
  seconds = self->hop;
  GST_OBJECT_UNLOCK (self);
  *window = (guint64)length;
  *hop = (guint64)(seconds > 0 ? MIN (to_frames (self, seconds), length) : length);
}

gboolean
gst_discriminator_holds (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  gboolean drops;

  GST_OBJECT_LOCK (self);
  drops = self->action == GST_DISCRIMINATOR_DROP;
  GST_OBJECT_UNLOCK (self);
  return drops;
}

/* The samples of `window`, as many as the model takes. */
static GenFrame
fill (GstDiscriminator *self, const GstGenerativeFrame *window)
{
  const GstAudioInfo *info = &gst_score_filter_get_format (GST_SCORE_FILTER (self))->sound;
  const gsize wanted =
      (gsize)gen_player_use (self->player)->length * (gsize)GST_AUDIO_INFO_BPF (info);

  if (window->map.size == wanted)
    return gst_generative_sound_part (window, 0);
  memcpy (self->padded, window->map.data, window->map.size);
  memset (self->padded + window->map.size, 0, wanted - window->map.size);
  return (GenFrame){ .planes = { self->padded } };
}

gboolean
gst_discriminator_score_sound (
    GstDiscriminator *self, const GstGenerativeFrame *window, double *values, GError **error)
{
  const GenFrame frame = fill (self, window);
  const float *score = gst_discriminator_run (self, &frame, 1, error);

  if (score == NULL)
    return FALSE;
  for (int i = 0; i < GST_DISCRIMINATOR_N_FIELDS; i++)
    values[i] = NAN;
  values[GST_DISCRIMINATOR_SCORE] = score[0];
  return TRUE;
}
