/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectrogram mask: SpecAugment (Park et al. 2019) on the sound itself. Bands of the mel scale and
 * stretches of time are taken out of its short-time spectrum, and the rest is a sound again. Frames
 * are of 32 ms, a Hann window before and behind the transform, a quarter of one apart, so that what
 * is not masked stays as it is. They are counted from the beginning of the window: those of a part
 * are those of the whole, but for those that reach beyond its ends. */
#include <math.h>
#include <string.h>

#include "../../ops/signal/fourier.h"
#include "sound.h"

#define FRAME 0.032 /* seconds, or the next power of two */
#define HOPS 4      /* in a frame */
#define MOST 8      /* masks of a kind */

enum { BAND, STRETCH };

/* The step's values: what it masks, from where to where (Hz, or frames of the sound), and, of the
 * first step, how many there are, which it does all at once. */
enum { KIND, FROM, TO, COUNT };

typedef struct {
  gsize size, hop;
  GenFourier *fourier;
  double *window, *gains; /* of samples; of bins, both sides */
  double *re, *im, *scratch;
  float *target; /* what comes out */
} Spectra;

static double
mel_of (double frequency)
{
  return 2595 * log10 (1 + frequency / 700);
}

static double
frequency_of (double mel)
{
  return 700 * (pow (10, mel / 2595) - 1);
}

static void
spectra_init (Spectra *self, const GenAugmentSoundDraw *draw, const GenSound *part)
{
  self->size = 16;
  while ((double)self->size < FRAME * draw->rate)
    self->size *= 2;
  self->hop = self->size / HOPS;
  self->fourier = gen_fourier_new (self->size);
  self->window = g_new (double, self->size);
  self->gains = g_new (double, self->size);
  self->re = g_new (double, self->size);
  self->im = g_new (double, self->size);
  self->scratch = g_new (double, gen_fourier_scratch_size (self->fourier));
  self->target = g_new0 (float, part->frames *(gsize)part->channels);
  for (gsize i = 0; i < self->size; i++)
    self->window[i] = 0.5 - 0.5 * cos (2 * G_PI * (double)i / (double)self->size);
}

static void
spectra_clear (Spectra *self)
{
  gen_fourier_free (self->fourier);
  g_free (self->window);
  g_free (self->gains);
  g_free (self->re);
  g_free (self->im);
  g_free (self->scratch);
  g_free (self->target);
}

/* What is left of each bin, with the factors of the inverse and of windows that overlap: the
 * squares of HOPS Hann windows sum to 3/8 of their number. */
static void
find_gains (Spectra *self, const GenAugmentSoundStep *steps, int rate)
{
  const double left = 1 / ((double)self->size * HOPS * 3 / 8);

  for (gsize k = 0; k < self->size; k++) {
    const double frequency = (double)MIN (k, self->size - k) * rate / (double)self->size;

    self->gains[k] = left;
    for (int m = 0; m < (int)steps->values[COUNT]; m++)
      if ((int)steps[m].values[KIND] == BAND && frequency >= steps[m].values[FROM] &&
          frequency < steps[m].values[TO])
        self->gains[k] = 0;
  }
}

/* Whether the middle of the frame that begins `at` is in one of the stretches. */
static gboolean
is_masked (const Spectra *self, const GenAugmentSoundStep *steps, gint64 at)
{
  const double middle = (double)(at + (gint64)self->size / 2);

  for (int m = 0; m < (int)steps->values[COUNT]; m++)
    if ((int)steps[m].values[KIND] == STRETCH && middle >= steps[m].values[FROM] &&
        middle < steps[m].values[TO])
      return TRUE;
  return FALSE;
}

/* Samples of a channel from `at`, counted from the beginning of the part, on; silent beyond it. */
static void
read_frame (const Spectra *self, const GenSound *part, gsize c, gint64 at, double *to)
{
  const gint64 frames = (gint64)part->frames, channels = part->channels;

  for (gint64 i = 0; i < (gint64)self->size; i++)
    to[i] = at + i >= 0 && at + i < frames
                ? self->window[i] * (double)part->data[(at + i) * channels + (gint64)c]
                : 0;
}

static void
add_frame (const Spectra *self, const GenSound *part, gsize c, gint64 at, const double *from)
{
  const gint64 channels = part->channels;
  const gint64 end = MIN ((gint64)self->size, (gint64)part->frames - at);

  for (gint64 i = MAX (0, -at); i < end; i++)
    self->target[(at + i) * channels + (gint64)c] += (float)(self->window[i] * from[i]);
}

/* Two frames at once, which lie `apart`: the real part of a complex one and the imaginary one, as
 * gains are the same on both sides. */
static void
filter_pair (Spectra *self, const GenSound *part, gsize c, gint64 at, gint64 apart)
{
  read_frame (self, part, c, at, self->re);
  read_frame (self, part, c, at + apart, self->im);
  gen_fourier_run (self->fourier, self->re, self->im, self->scratch);
  for (gsize k = 0; k < self->size; k++) {
    self->re[k] *= self->gains[k];
    self->im[k] *= self->gains[k];
  }
  gen_fourier_run (self->fourier, self->im, self->re, self->scratch);
  add_frame (self, part, c, at, self->re);
  add_frame (self, part, c, at + apart, self->im);
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gint64 begin = (gint64)first, end = begin + (gint64)part->frames;
  gint64 waiting = G_MAXINT64, hop;
  Spectra self;

  if (part->frames == 0 || !isfinite (gen_augment_sound_level (part)))
    return;
  spectra_init (&self, draw, part);
  find_gains (&self, step, draw->rate);
  hop = (gint64)self.hop;
  for (gsize c = 0; c < (gsize)part->channels; c++) {
    /* Frames that reach into the part begin at multiples of a hop. */
    for (gint64 at = (begin / hop - HOPS + 1) * hop; at < end; at += hop) {
      if (is_masked (&self, step, at))
        continue;
      if (waiting == G_MAXINT64) {
        waiting = at;
        continue;
      }
      filter_pair (&self, part, c, waiting - begin, at - waiting);
      waiting = G_MAXINT64;
    }
    /* The last one has none beside it but what lies behind the part. */
    if (waiting != G_MAXINT64)
      filter_pair (&self, part, c, waiting - begin, end - waiting);
    waiting = G_MAXINT64;
  }
  memcpy (part->data, self.target, part->frames * (gsize)part->channels * sizeof (float));
  spectra_clear (&self);
}

/* A further mask, which the first step does along. */
static void
run_none (
    const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
}

static void
add_mask (GenAugmentSoundDraw *draw, int kind, double from, double to)
{
  double *values = gen_augment_sound_add (draw, run_none)->values;

  values[KIND] = kind;
  values[FROM] = kind == BAND ? frequency_of (from) : from;
  values[TO] = kind == BAND ? frequency_of (to) : to;
}

static void
spectrogram_mask (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const int counts[] = { [BAND] = (int)gen_augment_sound_parameter (draw, 0),
    [STRETCH] = (int)gen_augment_sound_parameter (draw, 1) };
  const double top = mel_of (draw->rate / 2.0);
  const double all[] = { [BAND] = top, [STRETCH] = (double)draw->length };
  const GenRandom random = gen_random_new (draw->seed, draw->augmentation->stream, 1);
  const int first = draw->n_steps;

  for (int kind = BAND; kind <= STRETCH; kind++)
    for (int m = 0; m < counts[kind]; m++) {
      float numbers[2];
      double width, from;

      gen_random_uniform (&random, draw->window, (guint64)(kind * MOST + m) * 2, numbers, 2);
      width = all[kind] * amount * numbers[0];
      from = (all[kind] - width) * numbers[1];
      add_mask (draw, kind, from, from + width);
    }
  if (draw->n_steps == first)
    return;
  draw->steps[first].run = run;
  draw->steps[first].values[COUNT] = draw->n_steps - first;
}

const GenAugmentation gen_augmentation_sound_spectrogram_mask = {
  .medium = &gen_medium_sound,
  .name = "spectrogram-mask",
  .stream = "sound-spectrogram-mask",
  .description = "Largest share that each mask of SpecAugment takes out of the spectrogram, of the "
                 "mel scale or of the window's time",
  .maximum = 1,
  .parameters = { { "bands", "How many bands of the mel scale are taken out of the spectrogram", 0,
                      MOST, 2 },
      { "stretches", "How many stretches of time are taken out of the spectrogram", 0, MOST, 2 } },
  .apply_sound = spectrogram_mask,
};
