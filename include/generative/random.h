/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3", SC'11). A number is a pure
 * function of (key, counter): no state, any order, the same on every device.
 *
 * The house's use of the 128-bit counter: word 0 and 1 are the index of the
 * block of four numbers within a draw, word 2 and 3 the number of the draw
 * (frame, step). The 64-bit key is the user's seed, mixed with the name of the
 * stream so that two users of a seed do not share numbers.
 */
typedef struct {
  guint32 key[2];
} GenRandom;

/**
 * gen_random_new: the stream `stream` of `seed`, or, where a user has several of a kind, the one of
 * `number`. Streams of other names, numbers or seeds are independent: whoever needs random numbers
 * takes a name of his own, and need not know how many numbers others take. The name is what a
 * stream is known by for good; another one draws other numbers.
 */
GEN_API GenRandom gen_random_new (guint64 seed, const char *stream, guint64 number);

/* The streams of this library. Besides them, each augmentation has one (augment.h), each metric
 * that samples one of its own name, and each tensor of a preset's first weights one of its net's
 * and its own name
 * ("dcgan generator/up0.weight"). */
#define GEN_STREAM_LATENT "latent"                   /* number: GenLatent.stream */
#define GEN_STREAM_CLASS "class"                     /* that goes with a latent */
#define GEN_STREAM_DIRECTION "latent-direction"      /* draw: the direction */
#define GEN_STREAM_SPLIT "split"                     /* of a data set */
#define GEN_STREAM_SHUFFLE "shuffle"                 /* draw: the epoch */
#define GEN_STREAM_SHUFFLE_BUFFER "shuffle-buffer"   /* number: 1 of the shards; draw: the epoch */
#define GEN_STREAM_SHARE "worker-share"              /* of what lasts; draw: the epoch */
#define GEN_STREAM_BALANCE "balance"                 /* number: the class + 1; draw: the round */
#define GEN_STREAM_CROP "crop"                       /* of a picture; number: the item */
#define GEN_STREAM_SAMPLE_NOISE "sample-noise"       /* what augmentation adds to pictures */
#define GEN_STREAM_SOUND_NOISE "sound-samples"       /* and to sounds; draw: the window */
#define GEN_STREAM_NODE "node"                       /* of a graph; number: its id */
#define GEN_STREAM_SAMPLING "sampling"               /* noise of samplers; draw: the step */
#define GEN_STREAM_DEGRADATION "degradation"         /* of samples; draw: the step */
#define GEN_STREAM_TRAINING_LATENT "training-latent" /* draw: the step */
#define GEN_STREAM_TRAINING_TIME "training-time"     /* of noise; draw: the step */
#define GEN_STREAM_TRAINING_NOISE "training-noise"   /* number: the layer; draw: the step */
#define GEN_STREAM_TRAINING_CLASS "training-class"   /* whether it is told; draw: the step */
#define GEN_STREAM_RETAINED_CLASS "retained-class"   /* of before; draw: the step */
#define GEN_STREAM_REPLAY "replay"                   /* what is replayed; draw: the batch */
#define GEN_STREAM_INTERPOLATION "interpolation"     /* number: the update; element: the sample */
#define GEN_STREAM_ADAPTER "adapter"                 /* number: of the weight's name */
#define GEN_STREAM_SPECTRAL_NORM "spectral-norm"     /* number: the weight */
#define GEN_STREAM_PHASE_SHUFFLE "phase-shuffle"     /* number: the layer; draw: the step */
#define GEN_STREAM_VALIDATION_LATENT "validation-latent" /* number: 1 of the test */
#define GEN_STREAM_PREVIEW_LATENT "preview-latent"
#define GEN_STREAM_CHECK_LATENT "check-latent" /* of nets before they are written */
#define GEN_STREAM_MODEL_INPUT "model-input"   /* the tool's; number: of the input */

/* Philox 4x32-10 itself: `out` from `counter` and `key`. */
GEN_API void gen_philox4x32 (const guint32 counter[4], const guint32 key[2], guint32 out[4]);

/* Four random words: block number `block` of draw number `draw`. */
GEN_API void gen_random_block (
    const GenRandom *random, guint64 draw, guint64 block, guint32 out[4]);

/* `n` numbers of draw `draw`, starting at the stream's element `first`:
 * uniform in (0, 1) (never 0 and never 1), or standard normal (Box-Muller over
 * pairs of words of one block). Element i is the same whatever `first` is. */
GEN_API void gen_random_uniform (
    const GenRandom *random, guint64 draw, guint64 first, float *out, gsize n);
GEN_API void gen_random_normal (
    const GenRandom *random, guint64 draw, guint64 first, float *out, gsize n);
/* An unbiased integer in [0, bound). */
GEN_API guint32 gen_random_below (
    const GenRandom *random, guint64 draw, guint64 index, guint32 bound);
/* The Fisher-Yates permutation of 0 … n-1 of draw `draw`. */
GEN_API void gen_random_permutation (
    const GenRandom *random, guint64 draw, guint32 *out, guint32 n);

G_END_DECLS
