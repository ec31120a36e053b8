/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request asks for, and how far it has come. */
#include "generate-work-private.h"

#include <math.h>

/* Results that may be under way or wait to be taken. */
#define AHEAD 16
/* Bytes that may wait. */
#define WAITING_MOST (4 * 1024 * 1024)
/* Of a picture that is encoded in no time. */
#define QUICK_PIXELS (32 * 32)

ServeWork *
serve_work_new (GenServeRequest *request, const char *model, const char *hash,
    ServeSigning *signing, ServeWorkFunc ready, gpointer data)
{
  ServeWork *work = g_new0 (ServeWork, 1);

  *work = (ServeWork){ .ref_count = 1,
    .request = request,
    .encoder = serve_encoder_of (request->format),
    .parameters = gen_serve_request_format_parameters (request),
    .model = g_strdup (model),
    .hash = g_strdup (hash),
    .signing = serve_signing_ref (signing),
    .ready = ready,
    .data = data,
    .context = g_main_context_ref_thread_default (),
    .options = { .quality = request->quality,
        .width = request->width,
        .height = request->height,
        .count = request->count },
    .n_files = request->format->joins ? 1 : request->count };
  g_mutex_init (&work->lock);
  work->files = g_new0 (ServeWorkFile, work->n_files);
  for (guint i = 0; i < work->n_files; i++)
    work->files[i].work = work;
  if (request->format->joins) {
    work->samples = g_new0 (GstSample *, request->count);
    work->complete = g_new0 (gboolean, request->count);
  }
  return work;
}

ServeWork *
serve_work_ref (ServeWork *work)
{
  g_atomic_int_inc (&work->ref_count);
  return work;
}

static void
clear_file (ServeWork *work, ServeWorkFile *file)
{
  if (file->encoder != NULL)
    work->encoder->free (file->encoder);
  g_queue_clear_full (&file->pieces, (GDestroyNotify)g_bytes_unref);
  g_clear_pointer (&file->whole, g_byte_array_unref);
}

void
serve_work_unref (ServeWork *work)
{
  if (!g_atomic_int_dec_and_test (&work->ref_count))
    return;
  for (guint i = 0; i < work->n_files; i++)
    clear_file (work, &work->files[i]);
  for (guint i = 0; work->samples != NULL && i < work->request->count; i++)
    g_clear_pointer (&work->samples[i], gst_sample_unref);
  g_free (work->files);
  g_free (work->samples);
  g_free (work->parameters);
  g_free (work->model);
  g_free (work->hash);
  serve_signing_unref (work->signing);
  g_free (work->complete);
  gst_clear_tag_list (&work->options.tags);
  g_clear_error (&work->error);
  g_main_context_unref (work->context);
  g_mutex_clear (&work->lock);
  gen_serve_request_free (work->request);
  g_free (work);
}

const GenServeRequest *
serve_work_request (const ServeWork *work)
{
  return work->request;
}

const GenServeFormat *
serve_work_format (const ServeWork *work)
{
  return &work->encoder->format;
}

guint
serve_work_count_files (const ServeWork *work)
{
  return work->n_files;
}

gboolean
serve_work_wants_numbers (const ServeWork *work)
{
  return work->encoder == &serve_encoder_npy;
}

gboolean
serve_work_is_quick (const ServeWork *work)
{
  const GenServeFacts *facts = work->request->facts;

  return work->encoder->quick && work->request->width == 0 &&
         (gint64)facts->width * facts->height <= QUICK_PIXELS &&
         !serve_signing_wants (work->signing, &work->encoder->format);
}

const char *
serve_work_parameters (const ServeWork *work)
{
  return work->parameters;
}

gboolean
serve_work_agrees (const ServeWork *work, const ServeWork *other)
{
  return serve_work_wants_numbers (work) == serve_work_wants_numbers (other) &&
         work->request->rate_numerator == other->request->rate_numerator &&
         work->request->rate_denominator == other->request->rate_denominator &&
         g_strcmp0 (work->parameters, other->parameters) == 0;
}

/* --- telling --- */

static gboolean
call_ready (gpointer data)
{
  ServeWork *work = data;
  gboolean wanted;

  g_mutex_lock (&work->lock);
  work->told = FALSE;
  wanted = !work->cancelled;
  g_mutex_unlock (&work->lock);
  if (wanted)
    work->ready (work, work->data);
  return G_SOURCE_REMOVE;
}

/* Under the lock. */
void
serve_work_tell (ServeWork *work)
{
  g_autoptr (GSource) source = NULL;

  if (work->told || work->cancelled)
    return;
  work->told = TRUE;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (
      source, call_ready, serve_work_ref (work), (GDestroyNotify)serve_work_unref);
  g_source_attach (source, work->context);
}

void
serve_work_fail (ServeWork *work, GError *error)
{
  g_mutex_lock (&work->lock);
  if (work->error == NULL)
    work->error = g_steal_pointer (&error);
  serve_work_tell (work);
  g_mutex_unlock (&work->lock);
  g_clear_error (&error);
}

/* --- taking --- */

gboolean
serve_work_take (ServeWork *work, ServePiece *piece)
{
  gboolean found = FALSE;

  g_mutex_lock (&work->lock);
  if (work->error == NULL && work->n_taken < work->n_files) {
    ServeWorkFile *file = &work->files[work->n_taken];

    *piece = (ServePiece){ work->n_taken, g_queue_pop_head (&file->pieces) };
    found = piece->bytes != NULL || file->done;
    if (piece->bytes != NULL)
      work->waiting -= g_bytes_get_size (piece->bytes);
    else if (file->done)
      work->n_taken++;
  }
  g_mutex_unlock (&work->lock);
  return found;
}

gboolean
serve_work_is_done (ServeWork *work)
{
  gboolean done;

  g_mutex_lock (&work->lock);
  done = work->n_taken == work->n_files;
  g_mutex_unlock (&work->lock);
  return done;
}

const GError *
serve_work_get_error (ServeWork *work)
{
  const GError *error;

  g_mutex_lock (&work->lock);
  error = work->error;
  g_mutex_unlock (&work->lock);
  return error;
}

void
serve_work_cancel (ServeWork *work)
{
  g_mutex_lock (&work->lock);
  work->cancelled = TRUE;
  g_mutex_unlock (&work->lock);
}

/* --- making --- */

/* Under the lock. */
static gboolean
is_over (const ServeWork *work)
{
  return work->cancelled || work->error != NULL || work->n_begun == work->request->count;
}

gboolean
serve_work_next (ServeWork *work, guint *number)
{
  guint finished;
  gboolean may;

  g_mutex_lock (&work->lock);
  finished = work->samples != NULL ? work->n_joined : work->n_taken;
  may = !is_over (work) && work->n_begun < finished + AHEAD && work->waiting < WAITING_MOST;
  if (may)
    *number = work->n_begun++;
  g_mutex_unlock (&work->lock);
  return may;
}

gboolean
serve_work_is_exhausted (ServeWork *work)
{
  gboolean over;

  g_mutex_lock (&work->lock);
  over = is_over (work);
  g_mutex_unlock (&work->lock);
  return over;
}

double
serve_work_latency (ServeWork *work)
{
  double latency;

  g_mutex_lock (&work->lock);
  latency = work->n_timed > 0 ? (double)work->microseconds / work->n_timed / G_USEC_PER_SEC : NAN;
  g_mutex_unlock (&work->lock);
  return latency;
}
