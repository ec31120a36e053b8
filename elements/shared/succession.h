/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model-file.h"

/* What takes the place of what an element plays, while it plays: it is made ready on the thread of
 * a file watch, and waits there until the element takes it over between two frames. */
typedef struct {
  GstElement *element;
  GDestroyNotify free; /* what waits, where nobody takes it */
  gpointer next;       /* atomic */
  GstFileWatch *watch; /* under the element's object lock; NULL where none is needed yet */
} GstSuccession;

/* Have `prepare` called when the file at `path` changes (NULL: no file is looked at), or when that
 * is asked for; under the object lock. */
void gst_succession_begin (
    GstSuccession *succession, const char *path, GstFileWatchFunc prepare, gpointer data);
/* Waits for a call under way, and drops what waits. Not under the object lock. */
void gst_succession_end (GstSuccession *succession);
/* Have it called for the file at `path` from now on, or once for what there is; under the object
 * lock. Nothing is done before the beginning. */
void gst_succession_turn_to (GstSuccession *succession, const char *path);
void gst_succession_call (GstSuccession *succession);

/* `next` is ready, and takes the place of what waited. (transfer full) */
void gst_succession_offer (GstSuccession *succession, gpointer next);
gboolean gst_succession_is_ready (GstSuccession *succession);
/* What waits, or NULL. (transfer full) */
gpointer gst_succession_take (GstSuccession *succession);

/* Load the model that property `model` names, for the place of one that plays. (transfer full) */
GenModel *gst_succession_load_model (const char *path, const GenModelHints *hints, GError **error);
