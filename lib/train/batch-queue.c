/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch-queue-private.h"

#include <string.h>

#include "sample-frames.h"
#include "sample-numbers.h"

/* Batches that may wait, the one being trained on included. */
#define BATCHES 4

struct _GenBatchQueue {
  const GenTrainer *trainer;
  GenTrainerBatch batches[BATCHES];
  guint fresh;       /* samples of a batch that are added */
  gsize sample_size; /* numbers in one */
  GenReplay *replay; /* of the others; NULL: there are none */
  guint64 first;     /* number of the first batch */
  const int *map;    /* of classes; NULL: they stay */
  guint n_mapped;
  GenSampleFrames frames;
  guint64 added; /* samples; the filling thread's */
  guint64 whole; /* of them, those that are samples of training; likewise */
  guint member, n_members;

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
  queue->fresh = (guint)gen_trainer_settings (trainer)->batch_size;
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
  g_clear_pointer (&queue->replay, gen_replay_free);
  g_free (queue);
}

void
gen_batch_queue_replay (GenBatchQueue *queue, GenReplay *replay, guint64 first)
{
  queue->replay = replay;
  queue->fresh -= gen_replay_count (replay);
  queue->first = first;
}

void
gen_batch_queue_map_classes (GenBatchQueue *queue, const int *map, guint n)
{
  queue->map = map;
  queue->n_mapped = n;
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

void
gen_batch_queue_take_part (GenBatchQueue *queue, guint member, guint n)
{
  queue->member = member;
  queue->n_members = n;
}

/* Whether a sample is in this member's part of its batch. */
static gboolean
is_own (GenBatchQueue *queue)
{
  const guint64 part = queue->whole++ / queue->fresh;

  return queue->n_members < 2 || part % queue->n_members == queue->member;
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

/* What is replayed goes to the last places of a batch, and all of it on its way. Until then nobody
 * else has it. */
static gboolean
complete (GenBatchQueue *queue, GenTrainerBatch *batch, GError **error)
{
  const guint n = queue->replay != NULL ? gen_replay_count (queue->replay) : 0;
  g_autofree gint64 *labels = g_new (gint64, MAX (n, 1));
  float *places = (float *)gen_feed_data (batch->samples) + queue->fresh * queue->sample_size;

  if (n > 0 && !gen_replay_fill (queue->replay, queue->first + queue->write, places, labels, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    const GenClassShare whole = { (int)labels[i], 1 };

    write_classes (queue, batch, queue->fresh + i, &whole, 1);
  }
  return gen_trainer_batch_send (batch, error);
}

/* The classes of a sample as the nets know them. (transfer full) */
static GenClassShare *
map_classes (const GenBatchQueue *queue, const GenClassShare *shares, guint n)
{
  GenClassShare *mapped = g_memdup2 (shares, n * sizeof *shares);

  for (guint i = 0; i < n && queue->map != NULL; i++)
    if (mapped[i].label >= 0 && mapped[i].label < (int)queue->n_mapped)
      mapped[i].label = queue->map[mapped[i].label];
  return mapped;
}

GenBatchQueueResult
gen_batch_queue_add (GenBatchQueue *queue, const GenSample *sample, int label, GError **error)
{
  const GenClassShare whole = { label, 1 };

  return gen_batch_queue_add_mixture (queue, sample, &whole, 1, error);
}

GenBatchQueueResult
gen_batch_queue_add_mixture (GenBatchQueue *queue, const GenSample *sample,
    const GenClassShare *given, guint n, GError **error)
{
  g_autofree GenClassShare *shares = map_classes (queue, given, n);
  GenBatchQueueResult result;
  GenTrainerBatch *batch;
  gboolean whole;
  guint place;

  if (!gen_trainer_check_shares (queue->trainer, shares, n, error) ||
      !gen_sample_check_numbers (sample, "data", queue->added++, error) ||
      !gen_sample_frames_add (&queue->frames, sample, shares->label, &whole, error))
    return GEN_BATCH_QUEUE_FAILED;
  if (!whole || !is_own (queue) || pass_over (queue))
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
  if (place + 1 == queue->fresh && !complete (queue, batch, error))
    return GEN_BATCH_QUEUE_FAILED;
  g_mutex_lock (&queue->lock);
  queue->filled = (place + 1) % queue->fresh;
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
