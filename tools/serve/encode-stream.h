/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that elements of GStreamer make: a launch line from raw media to bytes. */
#pragma once

#include "encode.h"

typedef struct {
  /* Behind the source, and in front of the sink. */
  const char *launch;
  /* Whether its muxer goes back when all is known, so that there is nothing before the end. */
  gboolean goes_back;
  /* What differs from one file to the next though the samples are the same, as dates do, is made
   * the same in what comes; NULL: nothing does. */
  void (*settle) (guint8 *data, gsize size);
} ServeStreamKind;

typedef struct _ServeStream ServeStream;

/* `kind` and `options` stay. (transfer full) */
ServeStream *serve_stream_open (const ServeStreamKind *kind, const ServeEncodeOptions *options,
    ServeEncodeFunc made, gpointer data, GError **error);
/* The times are those that follow from the samples before. */
gboolean serve_stream_add (gpointer stream, GstSample *sample, GError **error);
gboolean serve_stream_finish (gpointer stream, GError **error);
void serve_stream_free (gpointer stream);

/* Whether there are elements of all of these names, which NULL ends. */
gboolean serve_stream_has (const char *const *elements);
