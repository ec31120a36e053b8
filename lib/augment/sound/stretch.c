/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time stretch by overlap and add of similar pieces (WSOLA: Verhelst and Roelands, 1993). Pieces of
 * 40 ms, half of which overlap, are taken from about where the speed has them, and there from where
 * they look most like what followed the piece before. That is searched for in the mean of all
 * channels, which stay together. It is good for voices and single notes; of chords and drums some
 * sound doubled at speeds far from 1. */
#include "stretch.h"

#include <math.h>
#include <string.h>

#include "../../simd.h"

#define HALF 0.02   /* seconds of half a piece */
#define SEARCH 0.01 /* seconds to either side */
#define COARSE 4    /* frames that are one in the first search */
#define STRANDS 16

typedef struct {
  gsize half, search;
  float *mixed;  /* the channels' sum, with `margin` frames of silence to either side */
  float *coarse; /* sums of each COARSE of them */
  gint64 frames; /* of the sound */
  gint64 margin;
  float *window;
} Stretch;

/* How alike two pieces are: their product, by the root of the energy of the second. Sums are in
 * strands whose order does not depend on the vector unit. */
GEN_CLONES (double, likeness, (const float *a, const float *b, gsize n), (a, b, n))
{
  float products[STRANDS] = { 0 }, energies[STRANDS] = { 0 };
  double product = 0, energy = 0;

  for (gsize i = 0; i + STRANDS <= n; i += STRANDS)
    for (int s = 0; s < STRANDS; s++) {
      products[s] += a[i + s] * b[i + s];
      energies[s] += b[i + s] * b[i + s];
    }
  for (int s = 0; s < STRANDS; s++) {
    product += (double)products[s];
    energy += (double)energies[s];
  }
  return energy > 0 ? product / sqrt (energy) : 0;
}

static void
stretch_init (Stretch *self, const GenSound *from)
{
  const gsize channels = (gsize)from->channels;

  self->half = MAX ((gsize)(HALF * from->rate), STRANDS * COARSE);
  self->search = MAX ((gsize)(SEARCH * from->rate), 1);
  self->frames = (gint64)from->frames;
  self->margin = (gint64)(4 * self->half + 2 * self->search) / COARSE * COARSE;
  self->mixed = g_new0 (float, from->frames + 2 * (gsize)self->margin);
  self->window = g_new (float, 2 * self->half);
  for (gsize t = 0; t < from->frames; t++)
    for (gsize c = 0; c < channels; c++)
      self->mixed[(gsize)self->margin + t] += from->data[t * channels + c];
  self->coarse = g_new0 (float, (from->frames + 2 * (gsize)self->margin) / COARSE + 1);
  for (gsize t = 0; t < from->frames + 2 * (gsize)self->margin; t++)
    self->coarse[t / COARSE] += self->mixed[t];
  for (gsize i = 0; i < 2 * self->half; i++)
    self->window[i] = (float)(0.5 - 0.5 * cos (G_PI * ((double)i + 0.5) / (double)self->half));
}

/* Of the pieces of `n` numbers that begin at [first, last] of `all`, the one most like that at
 * `wanted`; `best` where none is better. */
static gint64
search (const float *all, gint64 wanted, gint64 first, gint64 last, gsize n, gint64 best)
{
  double most = likeness (all + wanted, all + best, n);

  for (gint64 at = first; at <= last; at++) {
    const double alike = likeness (all + wanted, all + at, n);

    if (alike > most) {
      most = alike;
      best = at;
    }
  }
  return best;
}

/* The middle of the piece that is about `nominal`, behind one whose continuation is `natural`. What
 * is silent, or has no better place, stays there. */
static gint64
place (const Stretch *self, gint64 nominal, gint64 natural)
{
  const gint64 half = (gint64)self->half, reach = (gint64)self->search / COARSE;
  const gint64 offset = self->margin - half, most = self->frames + half;
  const gint64 from = MIN (nominal, most) + offset, wanted = MIN (natural, most) + offset;
  const gint64 near = from / COARSE;
  const gint64 coarse = search (
      self->coarse, wanted / COARSE, near - reach, near + reach, 2 * self->half / COARSE, near);
  const gint64 found = coarse == near ? from : coarse * COARSE;

  return search (self->mixed, wanted, found - COARSE, found + COARSE, 2 * self->half, found) -
         offset;
}

/* The piece about `middle` is added about frame `at` of the target. */
static void
add_piece (const Stretch *self, const GenSound *from, gint64 middle, gint64 at, GenSound *to)
{
  const gint64 half = (gint64)self->half, channels = from->channels;
  const gint64 first = MAX (MAX (-half, -middle), -at);
  const gint64 end = MIN (MIN (half, self->frames - middle), (gint64)to->frames - at);

  for (gint64 i = first; i < end; i++) {
    const float *in = from->data + (middle + i) * channels;
    float *out = to->data + (at + i) * channels, weight = self->window[i + half];

    for (gint64 c = 0; c < channels; c++)
      out[c] += weight * in[c];
  }
}

void
gen_augment_stretch (const GenSound *from, double speed, GenSound *to)
{
  Stretch self;
  gint64 middle = 0, at = 0;

  stretch_init (&self, from);
  memset (to->data, 0, to->frames * (gsize)to->channels * sizeof (float));
  do {
    add_piece (&self, from, middle, at, to);
    at += (gint64)self.half;
    middle = place (&self, (gint64)rint ((double)at * speed), middle + (gint64)self.half);
  } while (at < (gint64)(to->frames + self.half) && middle < self.frames + (gint64)self.half);
  g_free (self.mixed);
  g_free (self.coarse);
  g_free (self.window);
}
