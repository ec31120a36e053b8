/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Latents. A frame is the sum of two keyframes with a weight each: the distribution decides
 * what the keyframes are, the walk what the weights are. Nothing is kept between frames: a
 * keyframe costs 1.5 ns a number, less than looking after a cache would be worth. */
#include <generative/latent.h>

#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "keyframes-private.h"
#include "latent-private.h"

/* Vectors up to this length have their second keyframe drawn once; longer ones twice, once
 * for the angle and once for the sum. */
#define PIECE 1024

/* The numbers of later attempts lie so far behind those of the first in the draw. */
#define ATTEMPT_STRIDE (G_GUINT64_CONSTANT (1) << 40)

float
gen_latent_bound (const GenLatent *latent)
{
  return (float)MAX (latent->truncation, GEN_LATENT_TRUNCATION_MIN);
}

static void
truncated_normal (
    const GenRandom *random, guint64 keyframe, guint64 first, float bound, float *out, gsize n)
{
  gboolean outside = TRUE;

  gen_random_normal (random, keyframe, first, out, n);
  for (guint64 attempt = 1; outside; attempt++) {
    outside = FALSE;
    for (gsize i = 0; i < n; i++)
      outside |= fabsf (out[i]) > bound;
    if (!outside)
      return;
    for (gsize begin = 0; begin < n; begin += 64) {
      gsize end = MIN (begin + 64, n);
      float again[64];

      gen_random_normal (
          random, keyframe, first + begin + attempt * ATTEMPT_STRIDE, again, end - begin);
      for (gsize i = begin; i < end; i++)
        out[i] = fabsf (out[i]) > bound ? again[i - begin] : out[i];
    }
  }
}

/* Numbers [first, first + n) of draw `keyframe`. A SPHERICAL one is still normal here: its radius
 * is part of the weights. */
static void
draw_numbers (const GenLatent *latent, const GenRandom *random, guint64 keyframe, guint64 first,
    float *out, gsize n)
{
  switch (latent->distribution) {
  case GEN_DISTRIBUTION_NORMAL:
  case GEN_DISTRIBUTION_SPHERICAL:
    gen_random_normal (random, keyframe, first, out, n);
    break;
  case GEN_DISTRIBUTION_UNIFORM:
    gen_random_uniform (random, keyframe, first, out, n);
    for (gsize i = 0; i < n; i++)
      out[i] = 2.0f * out[i] - 1.0f;
    break;
  case GEN_DISTRIBUTION_TRUNCATED:
    truncated_normal (random, keyframe, first, gen_latent_bound (latent), out, n);
    break;
  }
}

/* Numbers [first, first + n) of a keyframe: of the path, where there is one. */
static void
draw_keyframe (const GenLatent *latent, const GenRandom *random, guint64 keyframe, guint64 first,
    float *out, gsize n)
{
  const GenKeyframe *frame;
  GenRandom own = *random;

  if (latent->path == NULL) {
    draw_numbers (latent, random, keyframe, first, out, n);
    return;
  }
  frame = gen_keyframes_get (latent->path, keyframe);
  if (frame->numbers != NULL) {
    memcpy (out, frame->numbers + first % frame->n, n * sizeof (float));
    return;
  }
  if (frame->has_seed)
    own = gen_random_new (frame->seed, GEN_STREAM_LATENT, latent->stream);
  draw_numbers (latent, &own, frame->frame, first, out, n);
}

/* The scalar product in double, summed in eight strands whose order does not depend on the
 * vector unit. */
GEN_CLONES (double, product, (const float *a, const float *b, gsize n), (a, b, n))
{
  double strands[8] = { 0 };
  gsize i = 0;

  for (; i + 8 <= n; i += 8)
    for (int s = 0; s < 8; s++)
      strands[s] += (double)a[i + s] * b[i + s];
  for (; i < n; i++)
    strands[i % 8] += (double)a[i] * b[i];
  return ((strands[0] + strands[4]) + (strands[1] + strands[5])) +
         ((strands[2] + strands[6]) + (strands[3] + strands[7]));
}

GEN_CLONES (void, weigh, (float *a, float weight_a, const float *b, float weight_b, gsize n),
    (a, weight_a, b, weight_b, n))
{
  for (gsize i = 0; i < n; i++)
    a[i] = weight_a * a[i] + weight_b * b[i];
}

GEN_CLONES (void, scale, (float *a, float weight, gsize n), (a, weight, n))
{
  for (gsize i = 0; i < n; i++)
    a[i] *= weight;
}

GEN_CLONES (void, clip, (float *a, float bound, gsize n), (a, bound, n))
{
  for (gsize i = 0; i < n; i++)
    a[i] = a[i] > bound ? bound : a[i] < -bound ? -bound : a[i];
}

void
gen_latent_clip (const GenLatent *latent, float *numbers, gsize n)
{
  if (latent->distribution == GEN_DISTRIBUTION_UNIFORM)
    clip (numbers, 1, n);
  else if (latent->distribution == GEN_DISTRIBUTION_TRUNCATED)
    clip (numbers, gen_latent_bound (latent), n);
}

double
gen_latent_product (const float *a, const float *b, gsize n)
{
  return product (a, b, n);
}

void
gen_latent_weigh (float *a, float weight_a, const float *b, float weight_b, gsize n)
{
  weigh (a, weight_a, b, weight_b, n);
}

/* The weights of keyframes a and b at `t` of the way from a to b, from their scalar products.
 * Directions turn along the great circle; where they are equal or opposite there is no one
 * great circle, and a straight line serves. */
void
gen_latent_walk_weights (const GenLatent *latent, double t, double aa, double ab, double bb,
    double *weight_a, double *weight_b)
{
  gboolean spherical = latent->distribution == GEN_DISTRIBUTION_SPHERICAL;
  double norm_a = sqrt (aa), norm_b = sqrt (bb), radius = sqrt ((double)latent->length);
  double unit_a = norm_a > 0 ? 1 / norm_a : 0, unit_b = norm_b > 0 ? 1 / norm_b : 0;
  double angle = acos (CLAMP (ab * unit_a * unit_b, -1, 1));
  double length = spherical ? radius : (1 - t) * norm_a + t * norm_b;

  if (latent->walk == GEN_WALK_LINEAR || sin (angle) < 1e-6) {
    *weight_a = (1 - t) * (spherical ? radius * unit_a : 1);
    *weight_b = t * (spherical ? radius * unit_b : 1);
    return;
  }
  *weight_a = length * unit_a * sin ((1 - t) * angle) / sin (angle);
  *weight_b = length * unit_b * sin (t * angle) / sin (angle);
}

static void
fill_vector (const GenLatent *latent, const GenRandom *random, guint64 from, guint64 to, double t,
    guint64 first, float *out)
{
  gsize n = latent->length;
  float piece[PIECE];
  double aa, ab = 0, bb = 0, weight_a, weight_b;

  draw_keyframe (latent, random, from, first, out, n);
  if (t == 0) {
    if (latent->distribution == GEN_DISTRIBUTION_SPHERICAL) {
      aa = product (out, out, n);
      scale (out, aa > 0 ? (float)sqrt ((double)n / aa) : 0, n);
    }
    if (latent->path != NULL)
      gen_latent_clip (latent, out, n);
    return;
  }

  aa = product (out, out, n);
  for (gsize begin = 0; begin < n; begin += PIECE) {
    gsize count = MIN (PIECE, n - begin);

    draw_keyframe (latent, random, to, first + begin, piece, count);
    ab += product (out + begin, piece, count);
    bb += product (piece, piece, count);
  }
  gen_latent_walk_weights (latent, t, aa, ab, bb, &weight_a, &weight_b);
  for (gsize begin = 0; begin < n; begin += PIECE) {
    gsize count = MIN (PIECE, n - begin);

    if (n > PIECE)
      draw_keyframe (latent, random, to, first + begin, piece, count);
    weigh (out + begin, (float)weight_a, piece, (float)weight_b, count);
  }

  gen_latent_clip (latent, out, n);
}

/* Where a frame stands: `t` of the way from keyframe `from` to keyframe `to`. */
typedef struct {
  guint64 from, to;
  double t;
} Place;

static Place
find_place_on_path (const GenLatent *latent, double time)
{
  Place place;

  gen_keyframes_find (
      latent->path, time, latent->walk == GEN_WALK_LOOP, &place.from, &place.to, &place.t);
  if (latent->walk == GEN_WALK_NONE)
    place.t = 0;
  return place;
}

static Place
find_place (const GenLatent *latent, guint64 frame, int rate_numerator, int rate_denominator)
{
  /* In units of 1 / rate_numerator keyframes, which are exact for longer. */
  double position =
      (double)frame * rate_denominator * latent->speed + latent->advance * rate_numerator;
  Place place = { frame, frame, 0 };

  position = MAX (position, 0);
  if (latent->path != NULL)
    return find_place_on_path (latent, position / rate_numerator);
  if (latent->walk == GEN_WALK_NONE)
    return place;
  if (latent->walk == GEN_WALK_LOOP)
    position = fmod (position, (double)latent->keyframes * rate_numerator);
  position = MIN (position / rate_numerator, 0x1p62);
  place.from = (guint64)position;
  place.t = position - (double)place.from;
  place.to = place.from + 1;
  if (latent->walk == GEN_WALK_LOOP) {
    place.from %= latent->keyframes;
    place.to %= latent->keyframes;
  }
  return place;
}

void
gen_latent_fill (
    const GenLatent *latent, guint64 frame, int rate_numerator, int rate_denominator, float *out)
{
  GenRandom random = gen_random_new (latent->seed, GEN_STREAM_LATENT, latent->stream);
  Place place;

  g_return_if_fail (latent->length > 0 && latent->count > 0);
  g_return_if_fail (rate_numerator > 0 && rate_denominator > 0);
  place = find_place (latent, frame, rate_numerator, rate_denominator);
  for (gsize v = 0; v < (latent->repeat ? 1 : latent->count); v++)
    fill_vector (latent, &random, place.from, place.to, place.t, (guint64)v * latent->length,
        out + v * latent->length);
  for (gsize v = 1; latent->repeat && v < latent->count; v++)
    memcpy (out + v * latent->length, out, latent->length * sizeof (float));
}

guint32
gen_latent_class (const GenLatent *latent, guint64 frame, int rate_numerator, int rate_denominator,
    gsize vector, guint32 classes)
{
  GenRandom random = gen_random_new (latent->seed, GEN_STREAM_CLASS, 0);
  Place place;

  g_return_val_if_fail (rate_numerator > 0 && rate_denominator > 0 && classes > 0, 0);
  place = find_place (latent, frame, rate_numerator, rate_denominator);
  return gen_random_below (&random, place.from, latent->repeat ? 0 : vector, classes);
}
