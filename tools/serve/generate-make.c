/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has been played becomes files: encoded into the one that it belongs to, and signed. In the
 * thread of whoever works. */
#include "generate-work-private.h"

/* Bytes of a file that nobody is in a hurry for, from which on they are told before it is done. */
#define WORTH_TELLING (256 * 1024)

gboolean
serve_work_is_wanted (ServeWork *work)
{
  gboolean wanted;

  g_mutex_lock (&work->lock);
  wanted = !work->cancelled && work->error == NULL;
  g_mutex_unlock (&work->lock);
  return wanted;
}

/* Under the lock. */
static void
put (ServeWorkFile *file, GBytes *bytes)
{
  g_queue_push_tail (&file->pieces, g_bytes_ref (bytes));
  file->work->waiting += g_bytes_get_size (bytes);
  if (!file->work->encoder->unhurried || file->work->waiting >= WORTH_TELLING)
    serve_work_tell (file->work);
}

static void
take_bytes (GBytes *bytes, gpointer data)
{
  ServeWorkFile *file = data;
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
close_file (ServeWork *work, ServeWorkFile *file, GError **error)
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
  serve_work_tell (work);
  g_mutex_unlock (&work->lock);
  if (file->encoder != NULL)
    work->encoder->free (g_steal_pointer (&file->encoder));
  return TRUE;
}

static gboolean
encode (ServeWork *work, ServeWorkFile *file, GstSample *sample, GError **error)
{
  if (file->encoder == NULL) {
    if (serve_signing_wants (work->signing, &work->encoder->format))
      file->whole = g_byte_array_new ();
    file->encoder = work->encoder->open (&work->options, take_bytes, file, error);
  }
  return file->encoder != NULL && work->encoder->add (file->encoder, sample, error);
}

/* --- results --- */

void
serve_work_note (ServeWork *work, GstTagList *tags, gint64 began)
{
  g_mutex_lock (&work->lock);
  if (work->options.tags == NULL && tags != NULL)
    work->options.tags = gst_tag_list_ref (tags);
  work->microseconds += g_get_monotonic_time () - began;
  work->n_timed++;
  g_mutex_unlock (&work->lock);
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

gboolean
serve_work_accept (ServeWork *work, guint number, GstSample *sample, GError **error)
{
  if (work->samples == NULL)
    return encode (work, &work->files[number], sample, error);
  keep_sample (work, number, sample);
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

gboolean
serve_work_finish (ServeWork *work, guint number, GError **error)
{
  return work->samples != NULL ? join (work, number, error)
                               : close_file (work, &work->files[number], error);
}
