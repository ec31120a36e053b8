/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound at the edge of a graph: how samples in a buffer and numbers in a tensor stand for each
 * other. PackSound and UnpackSound read the same attributes, which are documented here. A buffer
 * has frames, a sample of each channel, one after another; a tensor is [N, channels, length], or
 * [N, length, channels] with `channels_last`, whose N sounds follow each other in time.
 *
 * What PackSound makes has as many outputs as there are buffers, and UnpackSound as many inputs,
 * with as many sounds each.
 *
 *   int16          int: 1 when a sample is an int16, else it is a float32; both as the machine has
 *                  them
 *   full_scale     float: the number that stands for 1.0 and for 32768 (default 1)
 *   channels_last  int: see above
 *   skip, keep     ints: PackSound leaves out that many frames at the beginning of each sound, and
 *                  takes so many (default: all that follow): what is made for the sake of its
 *                  neighbours alone is not written
 *   channels, length  ints: of the tensor that UnpackSound makes
 */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

typedef struct {
  gboolean int16, channels_last;
  float full_scale;
  gint64 sounds, channels, length; /* of the tensor */
  gint64 of_buffer;                /* sounds in each */
  gint64 skip, keep;               /* of each sound's frames */
  gsize sample;                    /* bytes */
} GenSoundGeometry;

/* Of a node of PackSound, and of UnpackSound. FALSE with `error` when the attributes do not fit its
 * operand. */
GEN_PRIVATE_API gboolean gen_sound_geometry_to_pack (
    const GenNode *node, GenSoundGeometry *geometry, GError **error);
GEN_PRIVATE_API gboolean gen_sound_geometry_to_unpack (
    const GenNode *node, GenSoundGeometry *geometry, GError **error);

/* The buffers that numbers were packed into which are not finite, since this was last asked: a bit
 * each, the last one for all further ones. `kernel` is one of PackSound. */
guint64 gen_pack_sound_take_not_finite (const GenKernel *kernel);
