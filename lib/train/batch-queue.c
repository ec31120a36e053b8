/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/batch-queue.h>

#include <string.h>

/* Batches that may wait, the one being trained on included. */
#define BATCHES 4

struct _GenBatchQueue {
  const GenTrainer *trainer;
  GenTrainerBatch batches[BATCHES];
  guint batch_size;
  gsize frame_floats;
  guint n_frames;  /* of a sample */
  float *frames;   /* those that came last, the newest at the end, where there are several */
  guint run;       /* how many of them follow each other */
  float low, high; /* numbers for black and white, silence being between them */

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
  queue->frame_floats = gen_trainer_frame_size (trainer);
  queue->n_frames = gen_trainer_n_frames (trainer);
  queue->frames = g_new (float, queue->n_frames * queue->frame_floats);
  queue->skip = skip;
  queue->limit = G_MAXUINT64;
  gen_trainer_range (trainer, &queue->low, &queue->high);
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
  g_free (queue->frames);
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

/* Remember a frame. FALSE as long as there are not enough. */
static gboolean
follow (GenBatchQueue *queue, const GenSample *sample)
{
  const gsize before = (queue->n_frames - 1) * queue->frame_floats;

  if (queue->n_frames == 1)
    return TRUE;
  memmove (queue->frames, queue->frames + queue->frame_floats, before * sizeof (float));
  sample->medium->to_numbers (sample, queue->low, queue->high, queue->frames + before);
  queue->run = MIN (queue->run + 1, queue->n_frames);
  return queue->run == queue->n_frames;
}

static void
write_numbers (const GenBatchQueue *queue, const GenSample *sample, float *numbers)
{
  if (queue->n_frames == 1)
    sample->medium->to_numbers (sample, queue->low, queue->high, numbers);
  else
    memcpy (numbers, queue->frames, queue->n_frames * queue->frame_floats * sizeof (float));
}

void
gen_batch_queue_break (GenBatchQueue *queue)
{
  queue->run = 0;
}

GenBatchQueueResult
gen_batch_queue_add (GenBatchQueue *queue, const GenSample *sample, int label, GError **error)
{
  GenBatchQueueResult result;
  GenTrainerBatch *batch;
  guint place;

  if (!gen_trainer_check_label (queue->trainer, label, error))
    return GEN_BATCH_QUEUE_FAILED;
  if (!follow (queue, sample) || pass_over (queue))
    return GEN_BATCH_QUEUE_ADDED;
  g_mutex_lock (&queue->lock);
  result = wait_for_place (queue);
  batch = &queue->batches[queue->write % BATCHES];
  place = queue->filled;
  g_mutex_unlock (&queue->lock);
  if (result != GEN_BATCH_QUEUE_ADDED)
    return result;
  write_numbers (queue, sample,
      (float *)gen_feed_data (batch->samples) + place * queue->n_frames * queue->frame_floats);
  if (batch->labels != NULL)
    ((gint64 *)gen_feed_data (batch->labels))[place] = label;
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
