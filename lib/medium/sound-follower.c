/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How loud a sound is, by bands. Two channels are the real and the imaginary part of one transform:
 * its two sides together have the energies of both. */
#include <generative/sound-follower.h>

#include <math.h>
#include <string.h>

#include "../ops/signal/fourier.h"

/* Moments in a second, and steps in a window. */
#define MOMENTS 100
#define STEPS 4

/* The bands' upper ends, in Hz; the first one begins above the mean, the last has none. */
static const double bounds[] = { 250, 4000 };

struct _GenSoundFollower {
  guint rate, channels;
  gsize step, length;     /* frames of a step, and of a window */
  double attack, release; /* parts of the way that are gone in a step */

  GenFourier *fourier;
  double *window, *re, *im, *scratch;
  float *heard; /* the last `length` frames, interleaved: a ring, whose oldest frame is `oldest` */
  gsize oldest, audible; /* frames to go until all that was heard in the ring is silent */

  guint64 position;
  double values[GEN_SOUND_VALUES];
  GQueue moments; /* of GenSoundMoment */
};

/* How much of the way is gone in a step that takes `step` seconds. */
static double
part_of_way (double step, double seconds)
{
  return seconds > 0 ? 1 - exp (-step / seconds) : 1;
}

GenSoundFollower *
gen_sound_follower_new (guint rate, guint channels, double attack, double release)
{
  GenSoundFollower *follower;

  g_return_val_if_fail (rate > 0, NULL);
  g_return_val_if_fail (channels > 0 && channels <= GEN_SOUND_MAX_CHANNELS, NULL);
  follower = g_new0 (GenSoundFollower, 1);
  follower->rate = rate;
  follower->channels = channels;
  follower->step = MAX ((rate + MOMENTS / 2) / MOMENTS, 1);
  follower->length = STEPS * follower->step;
  follower->attack = part_of_way ((double)follower->step / rate, attack);
  follower->release = part_of_way ((double)follower->step / rate, release);
  follower->fourier = gen_fourier_new (follower->length);
  follower->window = g_new (double, follower->length);
  follower->re = g_new (double, follower->length);
  follower->im = g_new (double, follower->length);
  follower->scratch = g_new (double, MAX (gen_fourier_scratch_size (follower->fourier), 1));
  follower->heard = g_new0 (float, follower->length *channels);
  for (gsize i = 0; i < follower->length; i++)
    follower->window[i] = 0.5 - 0.5 * cos (2 * G_PI * (double)i / (double)follower->length);
  g_queue_init (&follower->moments);
  return follower;
}

void
gen_sound_follower_free (GenSoundFollower *follower)
{
  if (follower == NULL)
    return;
  g_queue_clear_full (&follower->moments, g_free);
  gen_fourier_free (follower->fourier);
  g_free (follower->window);
  g_free (follower->re);
  g_free (follower->im);
  g_free (follower->scratch);
  g_free (follower->heard);
  g_free (follower);
}

guint
gen_sound_follower_step (const GenSoundFollower *follower)
{
  return (guint)follower->step;
}

void
gen_sound_follower_begin (GenSoundFollower *follower, guint64 position)
{
  g_queue_clear_full (&follower->moments, g_free);
  memset (follower->heard, 0, follower->length * follower->channels * sizeof (float));
  memset (follower->values, 0, sizeof follower->values);
  follower->oldest = follower->audible = 0;
  follower->position = position;
}

guint64
gen_sound_follower_position (const GenSoundFollower *follower)
{
  return follower->position;
}

static GenSoundValue
find_band (const GenSoundFollower *follower, gsize bin)
{
  const double frequency = (double)bin * follower->rate / (double)follower->length;

  for (gsize i = 0; i < G_N_ELEMENTS (bounds); i++)
    if (frequency < bounds[i])
      return (GenSoundValue)(GEN_SOUND_BASS + i);
  return GEN_SOUND_TREBLE;
}

/* Add the energies of channel `first` and the one behind it. */
static void
add_energies (GenSoundFollower *follower, guint first, double energies[GEN_SOUND_VALUES])
{
  const gsize n = follower->length, channels = follower->channels;
  const gboolean two = first + 1 < channels;

  for (gsize i = 0; i < n; i++) {
    const float *frame = follower->heard + (follower->oldest + i) % n * channels + first;

    follower->re[i] = follower->window[i] * frame[0];
    follower->im[i] = two ? follower->window[i] * frame[1] : 0;
    energies[GEN_SOUND_LEVEL] +=
        follower->re[i] * follower->re[i] + follower->im[i] * follower->im[i];
  }
  gen_fourier_run (follower->fourier, follower->re, follower->im, follower->scratch);
  for (gsize i = 1; i < n; i++)
    energies[find_band (follower, MIN (i, n - i))] +=
        (follower->re[i] * follower->re[i] + follower->im[i] * follower->im[i]) / (double)n;
}

static void
measure (GenSoundFollower *follower, double measured[GEN_SOUND_VALUES])
{
  double energies[GEN_SOUND_VALUES] = { 0 }, whole = 0;

  for (gsize i = 0; i < follower->length; i++)
    whole += follower->window[i] * follower->window[i];
  for (guint c = 0; c < follower->channels; c += 2)
    add_energies (follower, c, energies);
  for (int i = 0; i < GEN_SOUND_VALUES; i++)
    measured[i] = MIN (sqrt (2 * energies[i] / (whole * follower->channels)), 1);
}

static void
add_moment (GenSoundFollower *follower)
{
  double measured[GEN_SOUND_VALUES] = { 0 };
  GenSoundMoment *moment = g_new (GenSoundMoment, 1);

  if (follower->audible > 0)
    measure (follower, measured);
  for (int i = 0; i < GEN_SOUND_VALUES; i++) {
    const double way = measured[i] - follower->values[i];

    follower->values[i] += way * (way > 0 ? follower->attack : follower->release);
  }
  moment->end = follower->position;
  memcpy (moment->values, follower->values, sizeof moment->values);
  g_queue_push_tail (&follower->moments, moment);
}

static void
keep (GenSoundFollower *follower, const float *samples, gsize n)
{
  const gsize channels = follower->channels;

  for (gsize i = 0; i < n; i++) {
    float *frame = follower->heard + follower->oldest * channels;
    gboolean silent = TRUE;

    for (gsize c = 0; c < channels; c++) {
      const float sample = samples != NULL ? samples[i * channels + c] : 0;

      frame[c] = isfinite (sample) ? sample : 0;
      silent = silent && frame[c] == 0;
    }
    follower->oldest = (follower->oldest + 1) % follower->length;
    if (!silent)
      follower->audible = follower->length;
    else if (follower->audible > 0)
      follower->audible--;
  }
}

void
gen_sound_follower_hear (GenSoundFollower *follower, const float *samples, gsize n)
{
  while (n > 0) {
    const gsize left = follower->step - (gsize)(follower->position % follower->step);
    const gsize count = MIN (n, left);

    keep (follower, samples, count);
    follower->position += count;
    if (count == left)
      add_moment (follower);
    if (samples != NULL)
      samples += count * follower->channels;
    n -= count;
  }
}

gboolean
gen_sound_follower_take (GenSoundFollower *follower, guint64 end, GenSoundMoment *moment)
{
  const GenSoundMoment *oldest = g_queue_peek_head (&follower->moments);

  if (oldest == NULL || oldest->end > end)
    return FALSE;
  *moment = *oldest;
  g_free (g_queue_pop_head (&follower->moments));
  return TRUE;
}
