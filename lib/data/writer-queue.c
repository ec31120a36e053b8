/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encoding on several threads. The first item of the queue is taken out when it is encoded, so that
 * order is kept; what is in it is bounded, so that who adds faster than is encoded waits. */
#include "dataset-writer-private.h"

#include <string.h>

/* Items for each thread: one that is encoded, and one that is ready to be. */
#define DEPTH 2

typedef struct {
  GenGivenItem item;
  GenSample sample; /* its own */
  GError *error;
  gboolean done; /* under the lock of the queue */
} Job;

struct _GenWriterQueue {
  GThreadPool *threads;
  GMutex lock;
  GCond finished;
  GQueue jobs; /* of Job, those that were put in first at its head; the adding thread's */
  guint room;
};

/* --- items --- */

gboolean
gen_given_item_encode (GenGivenItem *item, GError **error)
{
  const GenEncoding *encoding = item->encoding;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *xmp = NULL;

  if (encoding == NULL)
    return TRUE;
  bytes = encoding->encode (item->sample, &item->options, error);
  if (bytes == NULL)
    return FALSE;
  if (item->source == NULL || encoding->embed == NULL) {
    item->bytes = g_steal_pointer (&bytes);
    return TRUE;
  }
  xmp = gen_xmp_digital_source_type (item->source);
  item->bytes = encoding->embed (bytes, xmp);
  return TRUE;
}

void
gen_given_item_clear (GenGivenItem *item)
{
  g_clear_pointer (&item->class_name, g_free);
  g_clear_pointer (&item->source, g_free);
  g_clear_pointer (&item->extension, g_free);
  g_clear_pointer (&item->facts, json_object_unref);
  g_clear_pointer (&item->bytes, g_bytes_unref);
}

static void
copy_sample (const GenSample *from, GenSample *to)
{
  const GenFormat format = gen_sample_format (from);

  gen_sample_init (to, &format);
  if (from->medium == &gen_medium_picture)
    for (int y = 0; y < format.height; y++)
      memcpy (to->picture.data + (gssize)y * to->picture.stride,
          from->picture.data + (gssize)y * from->picture.stride,
          (gsize)format.width * (gsize)format.channels);
  else if (from->medium == &gen_medium_sound)
    memcpy (to->sound.data, from->sound.data,
        from->sound.frames * (gsize)from->sound.channels * sizeof (float));
  else
    memcpy (to->text.data, from->text.data, from->text.length);
}

static void
job_free (Job *job)
{
  gen_given_item_clear (&job->item);
  gen_sample_clear (&job->sample);
  g_clear_error (&job->error);
  g_free (job);
}

/* --- the queue --- */

static void
encode (gpointer data, gpointer user_data)
{
  GenWriterQueue *queue = user_data;
  Job *job = data;

  gen_given_item_encode (&job->item, &job->error);
  g_mutex_lock (&queue->lock);
  job->done = TRUE;
  g_cond_signal (&queue->finished);
  g_mutex_unlock (&queue->lock);
}

GenWriterQueue *
gen_writer_queue_new (int threads)
{
  GenWriterQueue *queue = g_new0 (GenWriterQueue, 1);

  g_mutex_init (&queue->lock);
  g_cond_init (&queue->finished);
  g_queue_init (&queue->jobs);
  queue->room = DEPTH * (guint)threads;
  queue->threads = g_thread_pool_new (encode, queue, threads, FALSE, NULL);
  return queue;
}

void
gen_writer_queue_free (GenWriterQueue *queue)
{
  gen_writer_queue_clear (queue);
  g_thread_pool_free (queue->threads, FALSE, TRUE);
  g_cond_clear (&queue->finished);
  g_mutex_clear (&queue->lock);
  g_free (queue);
}

void
gen_writer_queue_push (GenWriterQueue *queue, GenGivenItem *item)
{
  Job *job = g_new0 (Job, 1);

  job->item = *item;
  *item = (GenGivenItem){ 0 };
  if (job->item.encoding != NULL)
    copy_sample (job->item.sample, &job->sample);
  job->item.sample = &job->sample;
  g_queue_push_tail (&queue->jobs, job);
  g_thread_pool_push (queue->threads, job, NULL);
}

/* Whether the first job is done, which is waited for where `wait` is set. */
static gboolean
is_done (GenWriterQueue *queue, const Job *job, gboolean wait)
{
  gboolean done;

  g_mutex_lock (&queue->lock);
  while (wait && !job->done)
    g_cond_wait (&queue->finished, &queue->lock);
  done = job->done;
  g_mutex_unlock (&queue->lock);
  return done;
}

gboolean
gen_writer_queue_pop (GenWriterQueue *queue, gboolean wait, GenGivenItem *item, GError **reason)
{
  Job *job = g_queue_peek_head (&queue->jobs);

  if (job == NULL || !is_done (queue, job, wait || queue->jobs.length >= queue->room))
    return FALSE;
  g_queue_pop_head (&queue->jobs);
  if (job->error != NULL)
    g_propagate_error (reason, g_steal_pointer (&job->error));
  *item = job->item;
  item->sample = NULL;
  job->item = (GenGivenItem){ 0 };
  job_free (job);
  return TRUE;
}

void
gen_writer_queue_clear (GenWriterQueue *queue)
{
  Job *job;

  while ((job = g_queue_peek_head (&queue->jobs)) != NULL) {
    is_done (queue, job, TRUE);
    job_free (g_queue_pop_head (&queue->jobs));
  }
}
