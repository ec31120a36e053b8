/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution by Fourier transforms of partitions (Stockham, 1966; partitioned evenly, with a line
 * of spectra of the blocks before). The response is real: two channels go through one complex
 * transform as its real and its imaginary part; one channel alone goes through a transform of half
 * the length, its even samples as the real part and its odd ones as the imaginary one. */
#include "convolution.h"

#include <string.h>

#include "../../ops/signal/fourier.h"
#include "../../simd.h"

/* Frames of a block, of which the transform has two: few for short sounds. */
#define SHORTEST 256
#define LONGEST 4096

typedef struct {
  gboolean single; /* one channel, by transforms of half the length */
  GenFourier *fourier;
  gsize block, partitions;
  double *response; /* of each partition the real parts of its spectrum and the imaginary ones */
  gsize apart;      /* from real parts to imaginary ones, of which there are as many */
  double *roots;    /* single: of unity, of twice the order of `fourier`, as far as to -1 */
  double *line;     /* spectra of as many blocks of the sound, the oldest overwritten */
  double *sum, *scratch;
  double *numbers; /* single: a block and the one before it, in pairs */
} Convolution;

/* sum += a * b, complex, of `n` bins, whose imaginary parts lie behind the real ones. */
GEN_CLONES (
    void, accumulate, (double *sum, const double *a, const double *b, gsize n), (sum, a, b, n))
{
  const double *ar = a, *ai = a + n, *br = b, *bi = b + n;
  double *re = sum, *im = sum + n;

#pragma GCC ivdep
  for (gsize i = 0; i < n; i++) {
    re[i] += ar[i] * br[i] - ai[i] * bi[i];
    im[i] += ar[i] * bi[i] + ai[i] * br[i];
  }
}

/* Of the spectrum z of m numbers, which are pairs of real ones, bins 0 to m of the spectrum of
 * these: x[k] = (z[k] + z*[m - k] - i w^k (z[k] - z*[m - k])) / 2. */
GEN_CLONES (void, part_halves,
    (const double *zr, const double *zi, const double *roots, double *xr, double *xi, gsize m),
    (zr, zi, roots, xr, xi, m))
{
  xr[0] = zr[0] + zi[0];
  xi[0] = 0;
  xr[m] = zr[0] - zi[0];
  xi[m] = 0;
#pragma GCC ivdep
  for (gsize k = 1; k < m; k++) {
    const double er = zr[k] + zr[m - k], ei = zi[k] - zi[m - k];
    const double dr = zr[k] - zr[m - k], di = zi[k] + zi[m - k];
    const double wr = roots[2 * k], wi = roots[2 * k + 1];

    xr[k] = 0.5 * (er + wr * di + wi * dr);
    xi[k] = 0.5 * (ei + wi * di - wr * dr);
  }
}

/* The way back, times 2: z[k] = x[k] + x*[m - k] + i w^-k (x[k] - x*[m - k]). */
GEN_CLONES (void, join_halves,
    (const double *xr, const double *xi, const double *roots, double *zr, double *zi, gsize m),
    (xr, xi, roots, zr, zi, m))
{
#pragma GCC ivdep
  for (gsize k = 0; k < m; k++) {
    const double er = xr[k] + xr[m - k], ei = xi[k] - xi[m - k];
    const double dr = xr[k] - xr[m - k], di = xi[k] + xi[m - k];
    const double wr = roots[2 * k], wi = roots[2 * k + 1];

    zr[k] = er - (wr * di - wi * dr);
    zi[k] = ei + (wr * dr + wi * di);
  }
}

/* Of twice a block of numbers, one channel's in pairs, the spectrum; in place, or single elsewhere.
 */
static void
transform (Convolution *self, double *numbers, double *spectrum)
{
  if (!self->single) {
    gen_fourier_run (self->fourier, spectrum, spectrum + self->apart, self->scratch);
    return;
  }
  gen_fourier_run (self->fourier, numbers, numbers + self->block, self->scratch);
  part_halves (
      numbers, numbers + self->block, self->roots, spectrum, spectrum + self->apart, self->block);
}

/* Partition `p` of the response, by the inverse's factor. */
static void
add_partition (Convolution *self, const float *response, gsize n, gsize p)
{
  const gsize block = self->block;
  double *spectrum = self->response + 2 * self->apart * p;
  double *numbers = self->single ? self->numbers : spectrum;

  memset (numbers, 0, 2 * block * sizeof *numbers);
  for (gsize t = 0; t < block && p * block + t < n; t++)
    numbers[self->single ? t / 2 + t % 2 * block : t] =
        response[p * block + t] / (double)(2 * block);
  transform (self, numbers, spectrum);
}

static void
convolution_init (Convolution *self, const float *response, gsize n, int channels)
{
  gsize block = SHORTEST;

  while (block < LONGEST && block < n)
    block *= 2;
  self->single = channels == 1;
  self->block = block;
  self->apart = self->single ? block + 1 : 2 * block;
  self->partitions = (n + block - 1) / block;
  self->fourier = gen_fourier_new (self->single ? block : 2 * block);
  self->response = g_new0 (double, 2 * self->apart * self->partitions);
  self->line = g_new (double, 2 * self->apart * self->partitions);
  self->sum = g_new (double, 2 * self->apart);
  self->scratch = g_new (double, gen_fourier_scratch_size (self->fourier));
  if (self->single) {
    self->numbers = g_new (double, 2 * block);
    self->roots = g_new (double, 2 * block);
    gen_fourier_fill_roots (2 * block, block, self->roots);
  }
  for (gsize p = 0; p < self->partitions; p++)
    add_partition (self, response, n, p);
}

static void
convolution_clear (Convolution *self)
{
  gen_fourier_free (self->fourier);
  g_free (self->numbers);
  g_free (self->roots);
  g_free (self->response);
  g_free (self->line);
  g_free (self->sum);
  g_free (self->scratch);
}

/* The block of channels `c` and, where there is one, `c` + 1 that begins with frame `at`, behind
 * the one before it; what is beyond the sound's ends is silent. */
static void
read_block (const GenSound *sound, int c, gsize at, gsize block, double *spectrum)
{
  const gsize channels = (gsize)sound->channels;

  memset (spectrum, 0, 4 * block * sizeof *spectrum);
  for (gsize t = at < block ? block - at : 0; t < 2 * block && at + t < sound->frames + block;
       t++) {
    const float *frame = sound->data + (at + t - block) * channels + c;

    spectrum[t] = frame[0];
    if (c + 1 < sound->channels)
      spectrum[2 * block + t] = frame[1];
  }
}

/* The latter half of a block is what has not wrapped round. */
static void
write_block (GenSound *sound, int c, gsize at, gsize block, const double *sum)
{
  const gsize channels = (gsize)sound->channels;

  for (gsize t = 0; t < block && at + t < sound->frames; t++) {
    float *frame = sound->data + (at + t) * channels + c;

    frame[0] = (float)sum[block + t];
    if (c + 1 < sound->channels)
      frame[1] = (float)sum[3 * block + t];
  }
}

/* One channel's block that begins with frame `at`, behind the one before it, as pairs. */
static void
read_pairs (const GenSound *sound, gsize at, gsize block, double *re, double *im)
{
  const float *samples = sound->data;

  for (gsize t = 0; t < block; t++) {
    const gsize even = at + 2 * t, odd = even + 1; /* counted from a block before */

    re[t] = even >= block && even - block < sound->frames ? samples[even - block] : 0;
    im[t] = odd >= block && odd - block < sound->frames ? samples[odd - block] : 0;
  }
}

static void
write_pairs (GenSound *sound, gsize at, gsize block, const double *re, const double *im)
{
  for (gsize t = 0; t < block && at + t < sound->frames; t++)
    sound->data[at + t] = (float)(t % 2 == 0 ? re : im)[(block + t) / 2];
}

/* The inverse: real and imaginary parts exchanged. */
static void
take_back (Convolution *self)
{
  double *numbers = self->numbers;

  if (!self->single) {
    gen_fourier_run (self->fourier, self->sum + self->apart, self->sum, self->scratch);
    return;
  }
  join_halves (
      self->sum, self->sum + self->apart, self->roots, numbers, numbers + self->block, self->block);
  gen_fourier_run (self->fourier, numbers + self->block, numbers, self->scratch);
}

/* Channels `c` and the next one, or the only one. */
static void
convolve_channels (Convolution *self, const GenSound *from, GenSound *to, int c)
{
  const gsize block = self->block, size = 2 * self->apart;

  for (gsize at = 0, b = 0; at < to->frames; at += block, b++) {
    double *newest = self->line + size * (b % self->partitions);

    if (self->single)
      read_pairs (from, at, block, self->numbers, self->numbers + block);
    else
      read_block (from, c, at, block, newest);
    transform (self, self->numbers, newest);
    memset (self->sum, 0, size * sizeof *self->sum);
    for (gsize p = 0; p < MIN (self->partitions, b + 1); p++)
      accumulate (self->sum, self->line + size * ((b - p) % self->partitions),
          self->response + size * p, self->apart);
    take_back (self);
    if (self->single)
      write_pairs (to, at, block, self->numbers, self->numbers + block);
    else
      write_block (to, c, at, block, self->sum);
  }
}

void
gen_augment_convolve (GenSound *sound, const float *response, gsize n)
{
  Convolution self = { 0 };
  g_auto (GenSound) from = { 0 };

  if (sound->frames == 0)
    return;
  convolution_init (&self, response, n, sound->channels);
  gen_sound_init (&from, sound->rate, sound->channels, sound->frames);
  memcpy (from.data, sound->data, sound->frames * (gsize)sound->channels * sizeof (float));
  for (int c = 0; c < sound->channels; c += 2)
    convolve_channels (&self, &from, sound, c);
  convolution_clear (&self);
}
