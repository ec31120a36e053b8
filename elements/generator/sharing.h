/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of several elements of the process in common runs (shared-player.h). */
#pragma once

#include <generative/shared-player.h>
#include <gst/gst.h>

/* Their order is that of the properties. */
enum {
  GST_GENERATOR_SHARED,
  GST_GENERATOR_SHARED_WAIT,
  GST_GENERATOR_SHARED_SIZE,
  GST_GENERATOR_SHARED_EXACT,
  GST_GENERATOR_N_SHARING,
};

/* Under the element's object lock. */
typedef struct {
  gboolean shared, exact;
  GstClockTime wait;
  guint size;
} GstGeneratorSharingSettings;

/* Install the properties; their numbers are `first` and those behind it. */
void gst_generator_sharing_install (GObjectClass *klass, guint first);
/* The defaults. */
void gst_generator_sharing_init (GstGeneratorSharingSettings *settings);
/* The property GST_GENERATOR_SHARED… `number`, under the object lock; FALSE where it is none. */
gboolean gst_generator_sharing_set (
    GstGeneratorSharingSettings *settings, guint number, const GValue *value);
gboolean gst_generator_sharing_get (
    const GstGeneratorSharingSettings *settings, guint number, GValue *value);

typedef struct {
  const GstGeneratorSharingSettings *settings;
  gboolean possible; /* of the way in which the model plays; the streaming thread's */

  gint64
      due; /* of g_get_monotonic_time, when the next frame is to be made; the streaming thread's */

  /* Changed by the streaming thread alone, under the object lock. */
  GenSharedMember *member; /* or NULL: it plays by itself */
} GstGeneratorSharing;

/* How it goes with all that share runs, under the object lock; NULL: it plays by itself. (transfer
 * full) */
GstStructure *gst_generator_sharing_describe (const GstGeneratorSharing *sharing);

/* Play with all others that play what `player` does, as it has just been prepared, from now on;
 * where that cannot be it plays by itself, and the log says why. */
void gst_generator_sharing_join (
    GstGeneratorSharing *sharing, GstElement *element, GenPlayer *player);
/* Before `player` is prepared anew or freed. */
void gst_generator_sharing_leave (GstGeneratorSharing *sharing, GstElement *element);
/* gen_player_run. With a GError of G_IO_ERROR_CANCELLED the stream is being flushed. */
gboolean gst_generator_sharing_run (
    GstGeneratorSharing *sharing, GstElement *element, GenPlayer *player, GError **error);
/* How much later than by itself a frame may be made. */
GstClockTime gst_generator_sharing_wait (GstGeneratorSharing *sharing, GstElement *element);
/* From any thread: nobody waits for others any more, or may do so again. */
void gst_generator_sharing_interrupt (
    GstGeneratorSharing *sharing, GstElement *element, gboolean interrupted);
