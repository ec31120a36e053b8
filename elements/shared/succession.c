/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "succession.h"

void
gst_succession_begin (
    GstSuccession *succession, const char *path, GstFileWatchFunc prepare, gpointer data)
{
  succession->watch = gst_file_watch_new (path, prepare, data);
}

static void
drop (GstSuccession *succession)
{
  gpointer next = gst_succession_take (succession);

  if (next != NULL)
    succession->free (next);
}

void
gst_succession_end (GstSuccession *succession)
{
  GstFileWatch *watch;

  GST_OBJECT_LOCK (succession->element);
  watch = g_steal_pointer (&succession->watch);
  GST_OBJECT_UNLOCK (succession->element);
  g_clear_pointer (&watch, gst_file_watch_free);
  drop (succession);
}

void
gst_succession_turn_to (GstSuccession *succession, const char *path)
{
  if (succession->watch != NULL)
    gst_file_watch_turn_to (succession->watch, path);
}

void
gst_succession_call (GstSuccession *succession)
{
  if (succession->watch != NULL)
    gst_file_watch_call (succession->watch, FALSE);
}

void
gst_succession_offer (GstSuccession *succession, gpointer next)
{
  drop (succession);
  g_atomic_pointer_set (&succession->next, next);
}

gboolean
gst_succession_is_ready (GstSuccession *succession)
{
  return g_atomic_pointer_get (&succession->next) != NULL;
}

gpointer
gst_succession_take (GstSuccession *succession)
{
  gpointer next = g_atomic_pointer_get (&succession->next);

  while (next != NULL && !g_atomic_pointer_compare_and_exchange (&succession->next, next, NULL))
    next = g_atomic_pointer_get (&succession->next);
  return next;
}

GenModel *
gst_succession_load_model (const char *path, const GenModelHints *hints, GError **error)
{
  if (path != NULL && *path != '\0')
    return gen_model_load_as (path, hints, error);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "property model is unset");
  return NULL;
}
