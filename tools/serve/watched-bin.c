/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watched-bin.h"

struct _ServeWatchedBin {
  GstBin parent;
  ServeMessageFunc func;
  gpointer data;
  GDestroyNotify free;
};

G_DEFINE_FINAL_TYPE (ServeWatchedBin, serve_watched_bin, GST_TYPE_BIN)

static void
serve_watched_bin_handle_message (GstBin *bin, GstMessage *message)
{
  const ServeWatchedBin *self = SERVE_WATCHED_BIN (bin);

  if (self->func != NULL)
    self->func (message, self->data);
  GST_BIN_CLASS (serve_watched_bin_parent_class)->handle_message (bin, message);
}

static void
serve_watched_bin_finalize (GObject *object)
{
  ServeWatchedBin *self = SERVE_WATCHED_BIN (object);

  if (self->free != NULL)
    self->free (self->data);
  G_OBJECT_CLASS (serve_watched_bin_parent_class)->finalize (object);
}

static void
serve_watched_bin_class_init (ServeWatchedBinClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = serve_watched_bin_finalize;
  GST_BIN_CLASS (klass)->handle_message = serve_watched_bin_handle_message;
}

static void
serve_watched_bin_init (ServeWatchedBin *self)
{
}

GstElement *
serve_watched_bin_new (void)
{
  return g_object_new (SERVE_TYPE_WATCHED_BIN, NULL);
}

void
serve_watched_bin_watch (
    ServeWatchedBin *bin, ServeMessageFunc func, gpointer data, GDestroyNotify free)
{
  bin->func = func;
  bin->data = data;
  bin->free = free;
}
