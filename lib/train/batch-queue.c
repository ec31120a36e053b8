/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/batch-queue.h>

#include <string.h>

#include "sample-frames.h"
#include "sample-numbers.h"

/* Batches that may wait, the one being trained on included. */
#define BATCHES 4

struct _GenBatchQueue {
  const GenTrainer *trainer;
  GenTrainerBatch batches[BATCHES];
  guint batch_size;
  gsize sample_size; /* numbers in one */
  GenSampleFrames frames;
  guint64 added; /* samples; the filling thread's */

  /* Under the lock; a change of it is told by `changed`. */
  GMutex lock;
  GCond changed;
  guint64 skip;
  guint64 read, write; /* batches taken out and put in */
  guint64 limit;       /* of `read` */
  guint filled;        /* samples of batch `write` */
  gboolean busy;       /* batch `read` is being trained on */
  gboolean flushing, ended, closed;
};

GenBatchQueue *
gen_batch_queue_new (GenTrainer *trainer, guint64 skip, GError **error)
{
  g_autoptr (GenBatchQueue) queue = g_new0 (GenBatchQueue, 1);

  g_mutex_init (&queue->lock);
  g_cond_init (&queue->changed);
  queue->trainer = trainer;
  queue->batch_size = (guint)gen_trainer_settings (trainer)->batch_size;
  queue->sample_size = gen_trainer_sample_size (trainer);
  gen_sample_frames_init (&queue->frames, trainer);
  queue->skip = skip;
  queue->limit = G_MAXUINT64;
  for (guint i = 0; i < BATCHES; i++)
    if (!gen_trainer_batch_init (trainer, &queue->batches[i], error))
      return NULL;
  return g_steal_pointer (&queue);
}

void
gen_batch_queue_free (GenBatchQueue *queue)
{
  for (guint i = 0; i < BATCHES; i++)
    gen_trainer_batch_clear (&queue->batches[i]);
  g_mutex_clear (&queue->lock);
  g_cond_clear (&queue->changed);
  gen_sample_frames_clear (&queue->frames);
  g_free (queue);
}

/* --- who fills it --- */

/* Wait until the batch being filled has a place. Under the lock. */
static GenBatchQueueResult
wait_for_place (GenBatchQueue *queue)
{
  while (!queue->flushing && !queue->closed && queue->write - queue->read >= BATCHES)
    g_cond_wait (&queue->changed, &queue->lock);
  if (queue->flushing)
    return GEN_BATCH_QUEUE_FLUSHING;
  return queue->closed ? GEN_BATCH_QUEUE_CLOSED : GEN_BATCH_QUEUE_ADDED;
}

/* Whether a sample has been seen by an earlier run. */
static gboolean
pass_over (GenBatchQueue *queue)
{
  gboolean passed;

  g_mutex_lock (&queue->lock);
  passed = queue->skip > 0;
  queue->skip -= passed;
  g_mutex_unlock (&queue->lock);
  return passed;
}

void
gen_batch_queue_break (GenBatchQueue *queue)
{
  gen_sample_frames_break (&queue->frames);
}

/* In place `place` of the batch: its class, or its shares of all. */
static void
write_classes (GenBatchQueue *queue, const GenTrainerBatch *batch, guint place,
    const GenClassShare *shares, guint n)
{
  const gsize classes = (gsize)gen_trainer_classes (queue->trainer);
  float *row;

  if (batch->labels != NULL)
    ((gint64 *)gen_feed_data (batch->labels))[place] = shares->label;
  if (batch->shares == NULL)
    return;
  row = (float *)gen_feed_data (batch->shares) + place * classes;
  memset (row, 0, classes * sizeof (float));
  for (guint i = 0; i < n; i++)
    row[shares[i].label] += (float)shares[i].weight;
}

GenBatchQueueResult
gen_batch_queue_add (GenBatchQueue *queue, const GenSample *sample, int label, GError **error)
{
  const GenClassShare whole = { label, 1 };

  return gen_batch_queue_add_mixture (queue, sample, &whole, 1, error);
}

GenBatchQueueResult
gen_batch_queue_add_mixture (GenBatchQueue *queue, const GenSample *sample,
    const GenClassShare *shares, guint n, GError **error)
{
  GenBatchQueueResult result;
  GenTrainerBatch *batch;
  gboolean whole;
  guint place;

  if (!gen_trainer_check_shares (queue->trainer, shares, n, error) ||
      !gen_sample_check_numbers (sample, "data", queue->added++, error) ||
      !gen_sample_frames_add (&queue->frames, sample, shares->label, &whole, error))
    return GEN_BATCH_QUEUE_FAILED;
  if (!whole || pass_over (queue))
    return GEN_BATCH_QUEUE_ADDED;
  g_mutex_lock (&queue->lock);
  result = wait_for_place (queue);
  batch = &queue->batches[queue->write % BATCHES];
  place = queue->filled;
  g_mutex_unlock (&queue->lock);
  if (result != GEN_BATCH_QUEUE_ADDED)
    return result;
  gen_sample_frames_write (
      &queue->frames, sample, (float *)gen_feed_data (batch->samples) + place * queue->sample_size);
  write_classes (queue, batch, place, shares, n);
  if (place + 1 == queue->batch_size && !gen_trainer_batch_send (batch, error))
    return GEN_BATCH_QUEUE_FAILED;
  g_mutex_lock (&queue->lock);
  queue->filled = (place + 1) % queue->batch_size;
  queue->write += queue->filled == 0;
  g_cond_broadcast (&queue->changed);
  g_mutex_unlock (&queue->lock);
  return GEN_BATCH_QUEUE_ADDED;
}

void
gen_batch_queue_end (GenBatchQueue *queue)
{
  g_mutex_lock (&queue->lock);
  queue->ended = TRUE;
  g_cond_broadcast (&queue->changed);
  g_mutex_unlock (&queue->lock);
}

void
gen_batch_queue_set_flushing (GenBatchQueue *queue, gboolean flushing)
{
  g_mutex_lock (&queue->lock);
  if (queue->flushing && !flushing) {
    queue->ended = FALSE;
    queue->write = queue->read + (queue->busy ? 1 : 0);
    queue->filled = 0;
  }
  queue->flushing = flushing;
  g_cond_broadcast (&queue->changed);
  g_mutex_unlock (&queue->lock);
}

guint
gen_batch_queue_get_rest (GenBatchQueue *queue)
{
  guint rest;

  g_mutex_lock (&queue->lock);
  rest = queue->filled;
  g_mutex_unlock (&queue->lock);
  return rest;
}

/* --- who trains --- */

/* Under the lock. */
static gboolean
has_enough (const GenBatchQueue *queue)
{
  return queue->closed || queue->read >= queue->limit;
}

GenTrainerBatch *
gen_batch_queue_take (GenBatchQueue *queue)
{
  GenTrainerBatch *batch = NULL;

  g_mutex_lock (&queue->lock);
  while (!has_enough (queue) && queue->read == queue->write && !queue->ended)
    g_cond_wait (&queue->changed, &queue->lock);
  if (!has_enough (queue) && queue->read < queue->write) {
    batch = &queue->batches[queue->read % BATCHES];
    queue->busy = TRUE;
  }
  g_mutex_unlock (&queue->lock);
  return batch;
}

void
gen_batch_queue_give_back (GenBatchQueue *queue)
{
  g_mutex_lock (&queue->lock);
  queue->busy = FALSE;
  queue->read++;
  g_cond_broadcast (&queue->changed);
  g_mutex_unlock (&queue->lock);
}

void
gen_batch_queue_set_limit (GenBatchQueue *queue, guint64 batches)
{
  g_mutex_lock (&queue->lock);
  queue->limit = batches;
  g_cond_broadcast (&queue->changed);
  g_mutex_unlock (&queue->lock);
}

void
gen_batch_queue_close (GenBatchQueue *queue)
{
  g_mutex_lock (&queue->lock);
  queue->closed = TRUE;
  g_cond_broadcast (&queue->changed);
  g_mutex_unlock (&queue->lock);
}
