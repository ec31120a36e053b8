/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two ways of packing pictures share: bytes of R'G'B' (pack_picture.c) and of Y'CbCr
 * (pack_ycbcr.c). */
#pragma once

#include "mathematics.h"
#include "picture.h"

/* The activations that are computed while numbers are packed, each X (name, kind, what it makes of
 * v by alpha and beta, nanoseconds a number). */
#define GEN_PACK_ACTIVATIONS(X)                                                                    \
  X (none, NONE, v, 0.25)                                                                          \
  X (relu, RELU, v < 0 ? 0 : v, 0.3)                                                               \
  X (leaky_relu, LEAKY_RELU, v < 0 ? v * alpha : v, 0.3)                                           \
  X (sigmoid, SIGMOID, gen_sigmoid (v), 0.8)                                                       \
  X (tanh, TANH, gen_tanh (v), 0.9)                                                                \
  X (clip, CLIP, v<alpha ? alpha : v> beta ? beta : v, 0.3)

/* A level that a byte can hold. What is not a number becomes black. */
static inline float
gen_pack_level (float v)
{
  v = v > 0.0f ? v : 0.0f;
  return v < 255.0f ? v : 255.0f;
}

/* Let `kernel`, of a PackPicture whose geometry has a colour, do its work. */
void gen_pack_ycbcr (GenKernel *kernel, const GenPictureGeometry *geometry);
