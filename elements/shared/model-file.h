/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>
#include <gst/gst.h>

/* What the elements that play models have in common: the model's file, and what they say when
 * something is wrong with it. */

/* Post `error` as an element error, with the code that suits it. */
void gst_generative_post_error (GstElement *element, const GError *error);

/* Load the model that property `model` names; posts an error and returns NULL when there is
 * none. (transfer full) */
GenModel *gst_generative_load_model (
    GstElement *element, const char *path, const GenModelHints *hints);

/* The rate of sounds of which nobody says it. */
#define GST_GENERATIVE_ASSUMED_RATE 16000

/* Warn where it is not known which numbers of `port` are black and white; `property` would tell. */
void gst_generative_warn_of_range (GstElement *element, const GenModel *model, const GenPort *port,
    gboolean is_output, const char *property);

/**
 * A watch on a file, with a thread of its own that does what takes long: `changed` is called there
 * when the file has been replaced or rewritten and has then been left alone for a moment, with
 * `replaced` TRUE, and when somebody asks for it. The file is looked at four times a second, which
 * works on every file system and costs nothing to speak of.
 */
typedef struct _GstFileWatch GstFileWatch;
typedef void (*GstFileWatchFunc) (gpointer data, gboolean replaced);

/* `path` NULL: no file is looked at. */
GstFileWatch *gst_file_watch_new (const char *path, GstFileWatchFunc changed, gpointer data);
/* Have `changed` called soon, with `replaced` as given. */
void gst_file_watch_call (GstFileWatch *watch, gboolean replaced);
/* The same of another file, which is looked at from now on if one was before. */
void gst_file_watch_turn_to (GstFileWatch *watch, const char *path);
/* Ends the thread, and waits for a call of `changed` under way. */
void gst_file_watch_free (GstFileWatch *watch);
