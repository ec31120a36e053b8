/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

/**
 * GenBatchQueue: batches on their way to a training. One thread fills it with samples, which go
 * into the feeds of a trainer and travel to its device as soon as a batch is full; the thread that
 * trains takes them. Whoever is faster waits for the other. Each function may be called by any
 * thread, those that fill by one at a time.
 */
typedef struct _GenBatchQueue GenBatchQueue;

/* A queue for `trainer`, which must outlive it. The first `skip` samples are passed over: a
 * training that goes on has seen them. (transfer full) */
GEN_API GenBatchQueue *gen_batch_queue_new (GenTrainer *trainer, guint64 skip, GError **error);
GEN_API void gen_batch_queue_free (GenBatchQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenBatchQueue, gen_batch_queue_free)

/* The samples that are added are those of all `n` members of a training, of which this is the one
 * of that number: it takes its part of each batch and leaves the others out. Before the first one.
 * Since: 0.2 */
GEN_API void gen_batch_queue_take_part (GenBatchQueue *queue, guint member, guint n);

/* --- who fills it --- */

typedef enum {
  GEN_BATCH_QUEUE_ADDED,
  GEN_BATCH_QUEUE_FLUSHING,
  GEN_BATCH_QUEUE_CLOSED, /* nothing is wanted any more */
  GEN_BATCH_QUEUE_FAILED, /* the error says why */
} GenBatchQueueResult;

/* Add a sample of the trainer's format, which is copied, and its class, -1 where there is none;
 * waits while there is no place for it. Where a sample of training is several frames (GenFramesOf),
 * each one that is added ends one, together with those before it, once there are as many; or it is
 * both of a pair, which it has side by side or one above the other; or it waits for one of the
 * other class, unless too many wait already: then it is left out. */
GEN_API GenBatchQueueResult gen_batch_queue_add (
    GenBatchQueue *queue, const GenSample *sample, int label, GError **error);
/* The same of a sample that is a mixture of `n` classes, from 1 on. Since: 0.2 */
GEN_API GenBatchQueueResult gen_batch_queue_add_mixture (GenBatchQueue *queue,
    const GenSample *sample, const GenClassShare *shares, guint n, GError **error);
/* What is added next does not follow what was added before. */
GEN_API void gen_batch_queue_break (GenBatchQueue *queue);
/* No sample comes behind those that were added. */
GEN_API void gen_batch_queue_end (GenBatchQueue *queue);
/* While `flushing`, nobody waits to add. When it ends, what training does not have yet is thrown
 * away, and so is an end. */
GEN_API void gen_batch_queue_set_flushing (GenBatchQueue *queue, gboolean flushing);
/* Samples of a batch that is not full. */
GEN_API guint gen_batch_queue_get_rest (GenBatchQueue *queue);

/* --- who trains --- */

/* The next batch, to be given back; NULL when there is none any more, or none is wanted. */
GEN_API GenTrainerBatch *gen_batch_queue_take (GenBatchQueue *queue);
GEN_API void gen_batch_queue_give_back (GenBatchQueue *queue);
/* How many batches are wanted in all; no limit at first. May change while somebody waits. */
GEN_API void gen_batch_queue_set_limit (GenBatchQueue *queue, guint64 batches);
/* Nothing is wanted any more. */
GEN_API void gen_batch_queue_close (GenBatchQueue *queue);

G_END_DECLS
