/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>
#include <generative/keyframes.h>

G_BEGIN_DECLS

/**
 * Latents: the vectors of noise that a generator turns into pictures or sound, one or more
 * for each frame. Frame N is a pure function of the settings and N: it is the same whatever
 * was computed before, on every machine, bit for bit for `none` and to the last digit of a
 * double's sine for the walks.
 */

/* What the numbers of a keyframe are drawn from. */
typedef enum {
  GEN_DISTRIBUTION_NORMAL,    /* mean 0, variance 1 */
  GEN_DISTRIBUTION_UNIFORM,   /* between -1 and 1 */
  GEN_DISTRIBUTION_TRUNCATED, /* normal, drawn again until within ±truncation: the truncation
                                 trick of Brock, Donahue and Simonyan 2019 */
  GEN_DISTRIBUTION_SPHERICAL, /* evenly over the sphere of radius sqrt (length), about which
                                 normal vectors lie */
} GenDistribution;

/* How the frames between keyframes are made. */
typedef enum {
  GEN_WALK_NONE,   /* each frame is a keyframe of its own */
  GEN_WALK_LINEAR, /* a straight line from keyframe to keyframe: shorter in the middle, where
                      normal vectors hardly ever lie */
  GEN_WALK_SLERP,  /* along the great circle (Shoemake 1985), while the length goes evenly from
                      one keyframe's to the next one's */
  GEN_WALK_LOOP,   /* as SLERP, over `keyframes` keyframes and from the last back to the first */
} GenWalk;

typedef struct {
  gsize length; /* numbers in a vector, at least 1 */
  gsize count;  /* vectors in a frame, at least 1; each walks by itself */
  GenDistribution distribution;
  double truncation; /* TRUNCATED: the bound, at least GEN_LATENT_TRUNCATION_MIN */
  guint64 seed;
  guint32 stream; /* of the seed: 0, or another for a second latent of the same frames */
  GenWalk walk;
  guint keyframes; /* LOOP: in a round, at least 1 */
  double speed;    /* keyframes a second, not negative; no matter for NONE */
  double advance;  /* keyframes that a walk is further than it would be; less than 0: less far, at
                      its beginning at the least */
  gboolean repeat; /* all vectors of a frame are the first one */
  /* Those to walk along instead of drawn ones, which gen_keyframes_fit must have accepted for
     `length` and `count`; NULL: none. Then speed and advance are in seconds of theirs, LOOP goes
     round all of them, and NONE stands still at each until the next one's time. */
  const GenKeyframes *path;
} GenLatent;

#define GEN_LATENT_TRUNCATION_MIN 0.01

#define GEN_LATENT_DEFAULTS                                                                        \
  ((GenLatent){ .length = 100, .count = 1, .truncation = 2.0, .keyframes = 8, .speed = 1.0 })

/**
 * gen_latent_fill: the latents of frame number `frame`, where `rate_numerator` /
 * `rate_denominator` frames (both at least 1) make a second. `out` receives `count` vectors of
 * `length` numbers, one after the other.
 *
 * Frame N stands at keyframe N * speed / rate + advance. Keyframe k is draw k of the seed's Philox
 * stream `stream`; its vector v begins at number v * length, so that more vectors leave the first
 * ones as they are. A walk keeps UNIFORM and TRUNCATED numbers within their bounds, by
 * clipping what a great circle carries over them, and SPHERICAL ones on the sphere; so it does with
 * those of a path. A loop repeats bit for bit when speed times
 * `rate_denominator` is an exact fraction of a power of two, as 0.25, 1 and 1.5 are.
 */
GEN_API void gen_latent_fill (
    const GenLatent *latent, guint64 frame, int rate_numerator, int rate_denominator, float *out);

/**
 * gen_latent_class: the class of vector `vector` of frame `frame`, one of `classes` (at least 1),
 * all equally likely. It is drawn anew with each keyframe, so that a walk keeps its class until
 * it reaches the next one; from a stream of the seed of its own.
 */
GEN_API guint32 gen_latent_class (const GenLatent *latent, guint64 frame, int rate_numerator,
    int rate_denominator, gsize vector, guint32 classes);

G_END_DECLS
