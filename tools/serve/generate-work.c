/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-work.h"

#include "generate-latents.h"

/* Results that may be under way or wait to be taken. */
#define AHEAD 16
/* Bytes that may wait. */
#define WAITING_MOST (4 * 1024 * 1024)

typedef struct {
  ServeWork *work;
  gpointer encoder;  /* NULL before the first sample */
  GQueue pieces;     /* GBytes */
  GByteArray *whole; /* of one that is to be signed, else NULL */
  gboolean done;
} File;

struct _ServeWork {
  gint ref_count;
  GenServeRequest *request;
  const ServeEncoder *encoder;
  char *parameters, *model, *hash;
  ServeSigning *signing;
  ServeWorkFunc ready;
  gpointer data;
  GMainContext *context;

  GMutex lock;
  ServeEncodeOptions options;
  File *files;
  guint n_files, n_begun, n_taken;
  gsize waiting; /* bytes */
  GError *error;
  gboolean cancelled, told;
  /* Of a file of all results. */
  GstSample **samples; /* by results; NULL where each has a file */
  gboolean *complete;
  guint n_joined;
  gboolean joining;
};

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
  work->files = g_new0 (File, work->n_files);
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
clear_file (ServeWork *work, File *file)
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
static void
tell (ServeWork *work)
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
  tell (work);
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
    File *file = &work->files[work->n_taken];

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

static gboolean
is_wanted (ServeWork *work)
{
  gboolean wanted;

  g_mutex_lock (&work->lock);
  wanted = !work->cancelled && work->error == NULL;
  g_mutex_unlock (&work->lock);
  return wanted;
}

/* Under the lock. */
static void
put (File *file, GBytes *bytes)
{
  g_queue_push_tail (&file->pieces, g_bytes_ref (bytes));
  file->work->waiting += g_bytes_get_size (bytes);
  tell (file->work);
}

static void
take_bytes (GBytes *bytes, gpointer data)
{
  File *file = data;
  const gsize size = g_bytes_get_size (bytes);

  if (size == 0)
    return;
  g_mutex_lock (&file->work->lock);
  if (file->whole != NULL)
    g_byte_array_append (file->whole, g_bytes_get_data (bytes, NULL), (guint)size);
  else
    put (file, bytes);
  g_mutex_unlock (&file->work->lock);
}

/* --- files --- */

static gboolean
close_file (ServeWork *work, File *file, GError **error)
{
  g_autoptr (GBytes) all = NULL, signed_file = NULL;

  if (file->encoder != NULL && !work->encoder->finish (file->encoder, error))
    return FALSE;
  if (file->whole != NULL) {
    all = g_byte_array_free_to_bytes (g_steal_pointer (&file->whole));
    signed_file =
        serve_signing_sign (work->signing, all, work->request, work->model, work->hash, error);
    if (signed_file == NULL)
      return FALSE;
  }
  g_mutex_lock (&work->lock);
  if (signed_file != NULL)
    put (file, signed_file);
  file->done = TRUE;
  tell (work);
  g_mutex_unlock (&work->lock);
  if (file->encoder != NULL)
    work->encoder->free (g_steal_pointer (&file->encoder));
  return TRUE;
}

static gboolean
encode (ServeWork *work, File *file, GstSample *sample, GError **error)
{
  if (file->encoder == NULL) {
    if (serve_signing_wants (work->signing, &work->encoder->format))
      file->whole = g_byte_array_new ();
    file->encoder = work->encoder->open (&work->options, take_bytes, file, error);
  }
  return file->encoder != NULL && work->encoder->add (file->encoder, sample, error);
}

/* --- results --- */

typedef struct {
  ServeWork *work;
  guint number;
  ServePlayer *player;
  GError *error;
} Making;

/* The same for all results of a model. */
static void
take_tags (ServeWork *work, ServePlayer *player)
{
  GstTagList *tags = serve_player_get_tags (player);

  g_mutex_lock (&work->lock);
  if (work->options.tags == NULL)
    work->options.tags = g_steal_pointer (&tags);
  g_mutex_unlock (&work->lock);
  gst_clear_tag_list (&tags);
}

/* Behind what has come of the same result, as of a long text. */
static void
keep_sample (ServeWork *work, guint number, GstSample *sample)
{
  GstSample *before = work->samples[number];
  GstBuffer *whole;

  if (before == NULL) {
    work->samples[number] = gst_sample_ref (sample);
    return;
  }
  whole = gst_buffer_append (gst_buffer_copy (gst_sample_get_buffer (before)),
      gst_buffer_ref (gst_sample_get_buffer (sample)));
  work->samples[number] = gst_sample_new (whole, gst_sample_get_caps (sample), NULL, NULL);
  gst_buffer_unref (whole);
  gst_sample_unref (before);
}

static gboolean
take_sample (GstSample *sample, gpointer data)
{
  Making *making = data;
  ServeWork *work = making->work;

  if (!is_wanted (work))
    return FALSE;
  take_tags (work, making->player);
  if (work->samples == NULL)
    return encode (work, &work->files[making->number], sample, &making->error);
  keep_sample (work, making->number, sample);
  return TRUE;
}

/* --- a file of all results --- */

/* The next result in order, where it has been made: FALSE, it has not. Under the lock. */
static gboolean
steal_next (ServeWork *work, GstSample **sample)
{
  if (work->n_joined == work->request->count || !work->complete[work->n_joined])
    return FALSE;
  *sample = g_steal_pointer (&work->samples[work->n_joined++]);
  return TRUE;
}

/* Whoever comes first adds what others make meanwhile. */
static gboolean
join (ServeWork *work, guint number, GError **error)
{
  GstSample *sample = NULL;
  gboolean good = TRUE, whole;

  g_mutex_lock (&work->lock);
  work->complete[number] = TRUE;
  if (work->joining) {
    g_mutex_unlock (&work->lock);
    return TRUE;
  }
  work->joining = TRUE;
  while (good && steal_next (work, &sample)) {
    g_mutex_unlock (&work->lock);
    good = sample == NULL || encode (work, &work->files[0], sample, error);
    g_clear_pointer (&sample, gst_sample_unref);
    g_mutex_lock (&work->lock);
  }
  work->joining = FALSE;
  whole = work->n_joined == work->request->count;
  g_mutex_unlock (&work->lock);
  return good && (!whole || close_file (work, &work->files[0], error));
}

/* --- a result --- */

void
serve_work_make (ServeWork *work, guint number, ServePlayer *player)
{
  const GenServeRequest *request = work->request;
  Making making = { work, number, player, NULL };
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!is_wanted (work))
    return;
  good = serve_player_play (player,
      serve_latents_make (request, serve_player_input (player), number), work->parameters,
      request->rate_numerator, request->rate_denominator, take_sample, &making, &error);
  if (making.error != NULL) {
    serve_work_fail (work, making.error);
    return;
  }
  if (good)
    good = work->samples != NULL ? join (work, number, &error)
                                 : close_file (work, &work->files[number], &error);
  if (!good)
    serve_work_fail (work, g_steal_pointer (&error));
}
