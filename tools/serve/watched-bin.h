/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bin of which somebody sees all messages on their way to the pipeline, whoever that belongs to.
 */
#pragma once

#include <gst/gst.h>

#define SERVE_TYPE_WATCHED_BIN (serve_watched_bin_get_type ())
G_DECLARE_FINAL_TYPE (ServeWatchedBin, serve_watched_bin, SERVE, WATCHED_BIN, GstBin)

/* In the thread that posts. */
typedef void (*ServeMessageFunc) (GstMessage *message, gpointer data);

/* (transfer floating) */
GstElement *serve_watched_bin_new (void);
/* Once, before it plays. `free` is called with `data` when the bin is gone. */
void serve_watched_bin_watch (
    ServeWatchedBin *bin, ServeMessageFunc func, gpointer data, GDestroyNotify free);
