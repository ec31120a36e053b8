/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "intelligibility.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "../ops/signal/fourier.h"

#define RATE 10000
#define PIECE 256
#define HOP (PIECE / 2)
#define SIZE 512
#define BANDS GEN_INTELLIGIBILITY_BANDS
#define PIECES GEN_INTELLIGIBILITY_PIECES
#define LOWEST 150.0
/* Decibels below the loudest piece. */
#define RANGE 40.0
/* Of the filter that changes the rate: decibels, and its slope's width in shares of the band. */
#define REJECTION 60.0
#define ROLL_OFF 0.1

struct _GenIntelligibility {
  GenFourier *fourier;
  double *scratch;
  double window[PIECE];
  int edges[BANDS + 1][2]; /* of each band, its first bin and the one behind its last */
  /* The filter from `rate` to RATE. */
  int rate;
  gint64 up, down, reach; /* taps from -reach to reach at `up` times the rate */
  double *taps;
};

static void
find_bands (GenIntelligibility *self)
{
  for (int b = 0; b < BANDS; b++)
    for (int i = 0; i < 2; i++)
      self->edges[b][i] = (int)lround (LOWEST * pow (2, (2 * b - 1 + 2 * i) / 6.0) * SIZE / RATE);
}

gpointer
gen_intelligibility_open (const GenMetricSettings *settings)
{
  GenIntelligibility *self = g_new0 (GenIntelligibility, 1);

  self->fourier = gen_fourier_new (SIZE);
  self->scratch = g_new (double, gen_fourier_scratch_size (self->fourier));
  for (int i = 0; i < PIECE; i++)
    self->window[i] = 0.5 - 0.5 * cos (2 * G_PI * (i + 1) / (PIECE + 1));
  find_bands (self);
  return self;
}

void
gen_intelligibility_close (gpointer intelligibility)
{
  GenIntelligibility *self = intelligibility;

  gen_fourier_free (self->fourier);
  g_free (self->scratch);
  g_free (self->taps);
  g_free (self);
}

/* --- to 10 kHz --- */

/* The modified Bessel function of the first kind and order 0, by its series. */
static double
bessel (double x)
{
  double sum = 1, term = 1;

  for (int k = 1; term > sum * DBL_EPSILON; k++) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

static gint64
common_divisor (gint64 a, gint64 b)
{
  return b == 0 ? a : common_divisor (b, a % b);
}

/* A sinc under Kaiser's window that cuts off at the lower of both rates, whose sum is `up`. */
static void
prepare_filter (GenIntelligibility *self, int rate)
{
  const gint64 divisor = common_divisor (RATE, rate);
  const double beta = 0.1102 * (REJECTION - 8.7);
  double cutoff, sum = 0;

  if (rate == self->rate)
    return;
  self->rate = rate;
  self->up = RATE / divisor;
  self->down = rate / divisor;
  cutoff = 0.5 / (double)MAX (self->up, self->down);
  self->reach = (gint64)ceil ((REJECTION - 8) / (28.714 * cutoff * ROLL_OFF));
  g_free (self->taps);
  self->taps = g_new (double, 2 * self->reach + 1);
  for (gint64 t = -self->reach; t <= self->reach; t++) {
    const double x = 2 * G_PI * cutoff * (double)t;
    const double place = (double)t / (double)self->reach;
    const double tap =
        (t == 0 ? 1 : sin (x) / x) * bessel (beta * sqrt (MAX (1 - place * place, 0)));

    self->taps[t + self->reach] = tap;
    sum += tap;
  }
  for (gint64 i = 0; i <= 2 * self->reach; i++)
    self->taps[i] *= (double)self->up / sum;
}

static GArray *
mix (const GenSound *sound)
{
  GArray *mixed = g_array_sized_new (FALSE, FALSE, sizeof (double), (guint)sound->frames);

  for (gsize i = 0; i < sound->frames; i++) {
    double sum = 0;

    for (int c = 0; c < sound->channels; c++)
      sum += sound->data[i * (gsize)sound->channels + (gsize)c];
    sum /= sound->channels;
    g_array_append_val (mixed, sum);
  }
  return mixed;
}

static double
resample_at (const GenIntelligibility *self, const double *from, gint64 n, gint64 place)
{
  /* Places are counted at `up` times the rate. */
  const gint64 first = (place - self->reach + self->up - 1) / self->up;
  const gint64 last = (place + self->reach) / self->up;
  double sum = 0;

  for (gint64 k = place > self->reach ? first : 0; k <= MIN (last, n - 1); k++)
    sum += from[k] * self->taps[place - k * self->up + self->reach];
  return sum;
}

/* The mean of the channels at 10 kHz. */
static GArray *
read_sound (GenIntelligibility *self, const GenSound *sound)
{
  g_autoptr (GArray) mixed = mix (sound);
  const double *from = (const double *)(void *)mixed->data;
  const gint64 n = mixed->len;
  GArray *result;

  if (sound->rate == RATE)
    return g_steal_pointer (&mixed);
  prepare_filter (self, sound->rate);
  result = g_array_new (FALSE, FALSE, sizeof (double));
  for (gint64 place = 0; place < n * self->up; place += self->down) {
    const double value = resample_at (self, from, n, place);

    g_array_append_val (result, value);
  }
  return result;
}

/* --- what is not silent --- */

static double
energy_of (const GenIntelligibility *self, const double *from)
{
  double sum = 0;

  for (int i = 0; i < PIECE; i++)
    sum += (from[i] * self->window[i]) * (from[i] * self->window[i]);
  return 20 * log10 (sqrt (sum) + DBL_EPSILON);
}

/* Pieces that lie wholly within, but for one that ends with it. */
static guint
count_pieces (guint n)
{
  return n > PIECE ? (n - PIECE + HOP - 1) / HOP : 0;
}

/* Both sounds of the pieces in which the reference is loud enough, overlapped and added again. */
static void
leave_silence_out (const GenIntelligibility *self, GArray *sounds[2])
{
  const guint n = count_pieces (MIN (sounds[0]->len, sounds[1]->len));
  const double *reference = (const double *)(void *)sounds[1]->data;
  g_autofree double *energies = g_new (double, MAX (n, 1));
  double loudest = -INFINITY;
  guint kept = 0;

  for (guint i = 0; i < n; i++) {
    energies[i] = energy_of (self, reference + (gsize)i * HOP);
    loudest = MAX (loudest, energies[i]);
  }
  for (int s = 0; s < 2; s++) {
    const double *from = (const double *)(void *)sounds[s]->data;
    GArray *result = g_array_new (FALSE, TRUE, sizeof (double));

    kept = 0;
    for (guint i = 0; i < n; i++) {
      if (loudest - RANGE - energies[i] >= 0)
        continue;
      g_array_set_size (result, kept * HOP + PIECE);
      for (guint k = 0; k < PIECE; k++)
        g_array_index (result, double, kept *HOP + k) += from[(gsize)i * HOP + k] * self->window[k];
      kept++;
    }
    g_array_unref (sounds[s]);
    sounds[s] = result;
  }
}

/* --- bands --- */

/* Both are transformed at once, as real and imaginary part. */
static void
find_magnitudes (GenIntelligibility *self, const double *a, const double *b, double out[2][BANDS])
{
  double re[SIZE] = { 0 }, im[SIZE] = { 0 };

  for (int i = 0; i < PIECE; i++) {
    re[i] = a[i] * self->window[i];
    im[i] = b[i] * self->window[i];
  }
  gen_fourier_run (self->fourier, re, im, self->scratch);
  for (int band = 0; band < BANDS; band++) {
    double powers[2] = { 0 };

    for (int k = self->edges[band][0]; k < self->edges[band][1]; k++) {
      const int l = SIZE - k;

      powers[0] += ((re[k] + re[l]) * (re[k] + re[l]) + (im[k] - im[l]) * (im[k] - im[l])) / 4;
      powers[1] += ((im[k] + im[l]) * (im[k] + im[l]) + (re[l] - re[k]) * (re[l] - re[k])) / 4;
    }
    for (int s = 0; s < 2; s++)
      out[s][band] = sqrt (powers[s]);
  }
}

double
gen_intelligibility_mean (GenIntelligibility *self, const GenSound *sound,
    const GenSound *reference,
    double (*compare) (GenIntelligibilitySegment sound, GenIntelligibilitySegment reference))
{
  GArray *sounds[2] = { read_sound (self, sound), read_sound (self, reference) };
  GenIntelligibilitySegment segments[2];
  double (*bands)[2][BANDS];
  double sum = 0;
  guint n;

  leave_silence_out (self, sounds);
  n = count_pieces (sounds[0]->len);
  bands = g_malloc_n (MAX (n, 1), sizeof *bands);
  for (guint i = 0; i < n; i++)
    find_magnitudes (self, &g_array_index (sounds[0], double, i *HOP),
        &g_array_index (sounds[1], double, i *HOP), bands[i]);
  for (guint first = 0; first + PIECES <= n; first++) {
    for (int s = 0; s < 2; s++)
      for (int b = 0; b < BANDS; b++)
        for (guint k = 0; k < PIECES; k++)
          segments[s][b][k] = bands[first + k][s][b];
    sum += compare (segments[0], segments[1]);
  }
  g_free (bands);
  for (int s = 0; s < 2; s++)
    g_array_unref (sounds[s]);
  return n >= PIECES ? sum / (n - PIECES + 1) : GEN_MISSING;
}
