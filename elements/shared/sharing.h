/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of several elements of the process in common runs (shared-player.h). */
#pragma once

#include <generative/shared-player.h>
#include <gst/gst.h>

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_SHARED,
  GST_GENERATIVE_SHARED_WAIT,
  GST_GENERATIVE_SHARED_SIZE,
  GST_GENERATIVE_SHARED_EXACT,
  GST_GENERATIVE_N_SHARING,
};

/* Under the element's object lock. */
typedef struct {
  gboolean shared, exact;
  GstClockTime wait;
  guint size;
} GstGenerativeSharingSettings;

/* Install the properties; their numbers are `first` and those behind it. */
void gst_generative_sharing_install (GObjectClass *klass, guint first);
/* And one that can be read alone, of gst_generative_sharing_describe. */
void gst_generative_sharing_install_figures (GObjectClass *klass, guint number);
/* The defaults. */
void gst_generative_sharing_init (GstGenerativeSharingSettings *settings);
/* The property GST_GENERATIVE_SHARED… `number`, under the object lock; FALSE where it is none. */
gboolean gst_generative_sharing_set (
    GstGenerativeSharingSettings *settings, guint number, const GValue *value);
gboolean gst_generative_sharing_get (
    const GstGenerativeSharingSettings *settings, guint number, GValue *value);

typedef struct {
  const GstGenerativeSharingSettings *settings;
  GstDebugCategory *category; /* in which it is told */
  gboolean possible;          /* of the way in which the model plays; the streaming thread's */

  gint64
      due; /* of g_get_monotonic_time, when the next frame is to be made; the streaming thread's */

  /* Changed by the streaming thread alone, under the object lock. */
  GenSharedMember *member; /* or NULL: it plays by itself */
} GstGenerativeSharing;

/* How it goes with all that share runs, under the object lock; NULL: it plays by itself. (transfer
 * full) */
GstStructure *gst_generative_sharing_describe (const GstGenerativeSharing *sharing);

/* Play with all others that play what `player` does, as it has just been prepared, from now on;
 * where that cannot be it plays by itself, and the log says why. */
void gst_generative_sharing_join (
    GstGenerativeSharing *sharing, GstElement *element, GenPlayer *player);
/* Before `player` is prepared anew or freed. */
void gst_generative_sharing_leave (GstGenerativeSharing *sharing, GstElement *element);
/* gen_player_run. With a GError of G_IO_ERROR_CANCELLED the stream is being flushed. */
gboolean gst_generative_sharing_run (
    GstGenerativeSharing *sharing, GstElement *element, GenPlayer *player, GError **error);
/* How much later than by itself a frame may be made. */
GstClockTime gst_generative_sharing_wait (GstGenerativeSharing *sharing, GstElement *element);
/* From any thread: nobody waits for others any more, or may do so again. */
void gst_generative_sharing_interrupt (
    GstGenerativeSharing *sharing, GstElement *element, gboolean interrupted);
