/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bounded choice of the samples that a training has seen, with their classes, for trainings to
 * come: what a checkpoint's state has of what was learned from.
 *
 * A sample has a key, a hash of its numbers, and those of the smallest keys stay: a reservoir whose
 * random priorities are the samples' own. So it is a uniform choice of all that were seen, however
 * often and in whatever order they came, over all trainings that went on with it, and the same bit
 * for bit when a training is interrupted. By class, the class that has the most gives way. */
#pragma once

#include <generative/safetensors.h>

#include "../private-api.h"

typedef enum {
  GEN_MEMORY_RESERVOIR,
  GEN_MEMORY_BY_CLASS,
} GenMemoryPolicy;

typedef struct _GenSampleMemory GenSampleMemory;

/* Of `capacity` samples of `shape`, whose black and white are `low` and `high`. (transfer full) */
GEN_PRIVATE_API GenSampleMemory *gen_sample_memory_new (
    gsize capacity, GenMemoryPolicy policy, const GenShape *shape, float low, float high);
GEN_PRIVATE_API void gen_sample_memory_free (GenSampleMemory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSampleMemory, gen_sample_memory_free)

/* See a sample of class `label`, or of none, -1, in the training of now. */
GEN_PRIVATE_API void gen_sample_memory_see (
    GenSampleMemory *self, const float *sample, gint64 label);

/* Whether it would change by seeing that. It does not by what it has not wanted before, unless that
 * came with others that it has seen since. */
gboolean gen_sample_memory_wants (const GenSampleMemory *self, const float *sample, gint64 label);

GEN_PRIVATE_API gsize gen_sample_memory_count (const GenSampleMemory *self);
/* Those of sample `i`: its numbers, its class, and how many trainings ago it came. */
GEN_PRIVATE_API const float *gen_sample_memory_sample (const GenSampleMemory *self, gsize i);
GEN_PRIVATE_API gint64 gen_sample_memory_label (const GenSampleMemory *self, gsize i);
GEN_PRIVATE_API gint64 gen_sample_memory_age (const GenSampleMemory *self, gsize i);

/* Append what a file has of it to `tensors`, GenSafetensor, which lasts until the next sample is
 * seen. */
GEN_PRIVATE_API void gen_sample_memory_list (const GenSampleMemory *self, GArray *tensors);
/* Whether a tensor of that name is a memory's. */
gboolean gen_sample_memory_is_tensor (const char *name);
gboolean gen_sample_memory_is_in (const GenSafetensors *file);
/* See what `file`, read of `path`, has, `older` trainings ago more than it says. FALSE where it is
 * of other samples, or damaged (GEN_TRAINER_ERROR_STATE). */
GEN_PRIVATE_API gboolean gen_sample_memory_load (GenSampleMemory *self, const GenSafetensors *file,
    const char *path, gint64 older, GError **error);
