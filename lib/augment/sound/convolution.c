/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution by Fourier transforms of partitions (Stockham, 1966; partitioned evenly, with a line
 * of spectra of the blocks before). The transform is complex: two channels go through one as its
 * real and its imaginary part, since the response is real. */
#include "convolution.h"

#include <string.h>

#include "../../ops/signal/fourier.h"
#include "../../simd.h"

/* Frames of a block, of which the transform has two: few for short sounds. */
#define SHORTEST 256
#define LONGEST 4096

typedef struct {
  GenFourier *fourier;
  gsize block, partitions;
  double *response; /* of each partition the real parts of its spectrum and the imaginary ones */
  double *line;     /* spectra of as many blocks of the sound, the oldest overwritten */
  double *sum, *scratch;
} Convolution;

/* sum += a * b, complex. */
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

static void
transform (Convolution *self, double *spectrum)
{
  gen_fourier_run (self->fourier, spectrum, spectrum + 2 * self->block, self->scratch);
}

static void
convolution_init (Convolution *self, const float *response, gsize n)
{
  gsize block = SHORTEST, size;

  while (block < LONGEST && block < n)
    block *= 2;
  size = 4 * block;
  self->block = block;
  self->partitions = (n + block - 1) / block;
  self->fourier = gen_fourier_new (2 * block);
  self->response = g_new0 (double, size * self->partitions);
  self->line = g_new (double, size * self->partitions);
  self->sum = g_new (double, size);
  self->scratch = g_new (double, gen_fourier_scratch_size (self->fourier));
  for (gsize p = 0; p < self->partitions; p++) {
    double *spectrum = self->response + size * p;

    /* The inverse transform is without its factor. */
    for (gsize t = 0; t < block && p * block + t < n; t++)
      spectrum[t] = response[p * block + t] / (double)(2 * block);
    transform (self, spectrum);
  }
}

static void
convolution_clear (Convolution *self)
{
  gen_fourier_free (self->fourier);
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

/* Channels `c` and the next one. */
static void
convolve_pair (Convolution *self, const GenSound *from, GenSound *to, int c)
{
  const gsize block = self->block, size = 4 * block;

  memset (self->line, 0, size * self->partitions * sizeof *self->line);
  for (gsize at = 0, b = 0; at < to->frames; at += block, b++) {
    double *newest = self->line + size * (b % self->partitions);

    read_block (from, c, at, block, newest);
    transform (self, newest);
    memset (self->sum, 0, size * sizeof *self->sum);
    for (gsize p = 0; p < MIN (self->partitions, b + 1); p++)
      accumulate (self->sum, self->line + size * ((b - p) % self->partitions),
          self->response + size * p, 2 * block);
    /* The inverse: real and imaginary parts exchanged. */
    gen_fourier_run (self->fourier, self->sum + 2 * block, self->sum, self->scratch);
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
  convolution_init (&self, response, n);
  gen_sound_init (&from, sound->rate, sound->channels, sound->frames);
  memcpy (from.data, sound->data, sound->frames * (gsize)sound->channels * sizeof (float));
  for (int c = 0; c < sound->channels; c += 2)
    convolve_pair (&self, &from, sound, c);
  convolution_clear (&self);
}
