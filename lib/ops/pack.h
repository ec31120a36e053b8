/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two ways of packing pictures share: bytes of R'G'B' (pack_picture.c) and of Y'CbCr
 * (pack_ycbcr.c). */
#pragma once

#include <string.h>

#include "elementwise/mathematics.h"
#include "picture/picture.h"

/* What the kernels' states begin with. */
typedef struct {
  GenPictureGeometry geometry; /* of each frame */
  GenActivation activation;
  gboolean channels_last;
  guint64 not_finite; /* atomic: see gen_pack_take_not_finite */
} GenPack;

/* The bits of `v` without its sign: the greater, the farther from 0, and farthest what is infinite
 * and then what is not a number. */
static inline guint32
gen_pack_magnitude (float v)
{
  guint32 bits;

  memcpy (&bits, &v, sizeof bits);
  return bits & G_MAXINT32;
}

#define GEN_PACK_INFINITE 0x7f800000u
#define GEN_PACK_NAN 0x7f800001u

/* The activations that are computed while numbers are packed, each X (name, kind, what it makes of
 * v by alpha and beta, the magnitude of v from which on something is wrong, nanoseconds a number).
 * An activation that bounds what it makes may meet infinity. */
#define GEN_PACK_ACTIVATIONS(X)                                                                    \
  X (none, NONE, v, GEN_PACK_INFINITE, 0.25)                                                       \
  X (relu, RELU, v < 0 ? 0 : v, GEN_PACK_INFINITE, 0.3)                                            \
  X (leaky_relu, LEAKY_RELU, v < 0 ? v * alpha : v, GEN_PACK_INFINITE, 0.3)                        \
  X (sigmoid, SIGMOID, gen_sigmoid (v), GEN_PACK_NAN, 0.8)                                         \
  X (tanh, TANH, gen_tanh (v), GEN_PACK_NAN, 0.9)                                                  \
  X (clip, CLIP, v<alpha ? alpha : v> beta ? beta : v, GEN_PACK_NAN, 0.3)

/* A level that a byte can hold. What is not a number becomes black. */
static inline float
gen_pack_level (float v)
{
  v = v > 0.0f ? v : 0.0f;
  return v < 255.0f ? v : 255.0f;
}

/* Note that the numbers of frame `frame` reach `magnitude`, of which those from `limit` on should
 * not be there. */
static inline void
gen_pack_note (GenPack *pack, gsize frame, guint32 magnitude, guint32 limit)
{
  if (magnitude >= limit)
    __atomic_fetch_or (
        &pack->not_finite, G_GUINT64_CONSTANT (1) << MIN (frame, 63), __ATOMIC_RELAXED);
}

/* The frames that numbers were packed into which are not finite, since this was last asked: a bit
 * each, the last one for all further ones. `kernel` is one of PackPicture. */
guint64 gen_pack_take_not_finite (const GenKernel *kernel);

/* Let `kernel`, of a PackPicture whose geometry has a colour, do its work. */
void gen_pack_ycbcr (GenKernel *kernel, const GenPictureGeometry *geometry);
