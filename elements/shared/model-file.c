/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a model: loading it with good words when that fails, and noticing when it is
 * replaced. */
#include "model-file.h"

#include <errno.h>
#include <sys/stat.h>

#include <generative/onnx.h>

#include "debug.h"

#define GST_CAT_DEFAULT gst_generative_debug

#define LOOK_EVERY (250 * G_TIME_SPAN_MILLISECOND)

void
gst_generative_post_error (GstElement *element, const GError *error)
{
  if (g_error_matches (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE))
    GST_ELEMENT_ERROR (element, RESOURCE, OPEN_READ, ("%s", error->message), (NULL));
  else if (g_error_matches (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID))
    GST_ELEMENT_ERROR (element, STREAM, FORMAT, ("%s", error->message), (NULL));
  else if (error->domain == GST_STREAM_ERROR)
    GST_ELEMENT_ERROR (element, STREAM, FORMAT, ("%s", error->message), (NULL));
  else if (error->domain == GEN_ONNX_ERROR ||
           g_error_matches (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR))
    GST_ELEMENT_ERROR (element, STREAM, NOT_IMPLEMENTED, ("%s", error->message), (NULL));
  else if (g_error_matches (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNAVAILABLE))
    GST_ELEMENT_ERROR (element, RESOURCE, SETTINGS,
        ("Property device: %s. Without a GPU, device=auto or device=cpu runs the model",
            error->message),
        (NULL));
  else if (error->domain == GEN_DEVICE_ERROR)
    GST_ELEMENT_ERROR (
        element, RESOURCE, SETTINGS, ("Property device: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (element, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
}

GenModel *
gst_generative_load_model (GstElement *element, const char *path, const GenModelHints *hints)
{
  g_autoptr (GError) error = NULL;
  GenModel *model;

  if (path == NULL || *path == '\0') {
    GST_ELEMENT_ERROR (element, RESOURCE, NOT_FOUND,
        ("Property model is not set: it should name an ONNX file"), (NULL));
    return NULL;
  }
  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    GST_ELEMENT_ERROR (
        element, RESOURCE, NOT_FOUND, ("Property model: there is no file \"%s\"", path), (NULL));
    return NULL;
  }
  model = gen_model_load_as (path, hints, &error);
  if (model == NULL)
    gst_generative_post_error (element, error);
  return model;
}

void
gst_generative_warn_of_range (GstElement *element, const GenModel *model, const GenPort *port,
    gboolean is_output, const char *property)
{
  g_autofree char *text = gen_model_describe_assumption (model, port, is_output);

  if (text != NULL)
    GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
        ("%s, as would property %s=%g,%g; where colours are washed out or too strong, it is "
         "another "
         "one: 0,1, -1,1 and 0,255 are usual",
            text, property, gen_port_black (port, 0), gen_port_white (port, 0)),
        (NULL));
}

/* --- watching --- */

typedef struct {
  dev_t device;
  ino_t inode;
  gint64 size, seconds, nanoseconds;
} Stamp;

struct _GstFileWatch {
  char *path;
  GstFileWatchFunc changed;
  gpointer data;
  Stamp loaded;
  GThread *thread;
  GMutex lock;
  GCond cond;
  gboolean called, replaced; /* somebody asked for a call */
  gboolean ended;
};

static gboolean
look (const char *path, Stamp *stamp)
{
  struct stat status;

  if (stat (path, &status) != 0)
    return FALSE;
  *stamp = (Stamp){ status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
    status.st_mtim.tv_nsec };
  return TRUE;
}

static gboolean
same (const Stamp *a, const Stamp *b)
{
  return a->device == b->device && a->inode == b->inode && a->size == b->size &&
         a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

/* Wait until somebody asks or it is time to look. Under the lock. */
static void
wait (GstFileWatch *watch)
{
  gint64 until = g_get_monotonic_time () + LOOK_EVERY;

  while (!watch->ended && !watch->called) {
    if (watch->path == NULL)
      g_cond_wait (&watch->cond, &watch->lock);
    else if (!g_cond_wait_until (&watch->cond, &watch->lock, until))
      return;
  }
}

/* Whether the file is another one and complete. Written anew in place, it may not be: wait until
 * two looks are the same. A rename is complete at once. Under the lock. */
static gboolean
has_changed (GstFileWatch *watch, Stamp *before)
{
  gboolean changed;
  Stamp now;

  if (watch->path == NULL || !look (watch->path, &now))
    return FALSE;
  changed =
      !same (&now, &watch->loaded) && (same (&now, before) || now.inode != watch->loaded.inode);
  if (changed)
    watch->loaded = now;
  *before = now;
  return changed;
}

static gpointer
watch_main (gpointer data)
{
  GstFileWatch *watch = data;
  Stamp before = watch->loaded;

  g_mutex_lock (&watch->lock);
  for (;;) {
    gboolean called, replaced;

    wait (watch);
    if (watch->ended)
      break;
    called = watch->called;
    replaced = has_changed (watch, &before) || (called && watch->replaced);
    watch->called = watch->replaced = FALSE;
    if (!called && !replaced)
      continue;
    g_mutex_unlock (&watch->lock);
    watch->changed (watch->data, replaced);
    g_mutex_lock (&watch->lock);
  }
  g_mutex_unlock (&watch->lock);
  return NULL;
}

GstFileWatch *
gst_file_watch_new (const char *path, GstFileWatchFunc changed, gpointer data)
{
  GstFileWatch *watch = g_new0 (GstFileWatch, 1);

  watch->path = g_strdup (path);
  watch->changed = changed;
  watch->data = data;
  if (path != NULL)
    look (path, &watch->loaded);
  g_mutex_init (&watch->lock);
  g_cond_init (&watch->cond);
  watch->thread = g_thread_new ("model-watch", watch_main, watch);
  return watch;
}

static void
call (GstFileWatch *watch, gboolean replaced)
{
  watch->called = TRUE;
  watch->replaced |= replaced;
  g_cond_signal (&watch->cond);
}

void
gst_file_watch_call (GstFileWatch *watch, gboolean replaced)
{
  g_mutex_lock (&watch->lock);
  call (watch, replaced);
  g_mutex_unlock (&watch->lock);
}

void
gst_file_watch_turn_to (GstFileWatch *watch, const char *path)
{
  g_mutex_lock (&watch->lock);
  if (watch->path != NULL && path != NULL) {
    g_free (watch->path);
    watch->path = g_strdup (path);
    watch->loaded = (Stamp){ 0 };
    look (path, &watch->loaded);
  }
  call (watch, TRUE);
  g_mutex_unlock (&watch->lock);
}

void
gst_file_watch_free (GstFileWatch *watch)
{
  g_mutex_lock (&watch->lock);
  watch->ended = TRUE;
  g_cond_signal (&watch->cond);
  g_mutex_unlock (&watch->lock);
  g_thread_join (watch->thread);
  g_mutex_clear (&watch->lock);
  g_cond_clear (&watch->cond);
  g_free (watch->path);
  g_free (watch);
}
