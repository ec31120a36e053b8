/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>
#include <gst/video/video.h>

/* The src pad: a wall of samples of the same latents. The training thread makes one when the last
 * has been taken, and a task of the pad pushes it, so that a slow screen never holds training up.
 */
typedef struct {
  GstPad *pad;       /* not owned */
  GstVideoInfo wall; /* of all of them */
  char *stream;      /* its id */
  guint64 n_made;

  /* Under the lock; a change of it is told by `changed`. */
  GMutex lock;
  GCond changed;
  GstBuffer *waiting; /* to be pushed */
  gboolean ended, closed;
} GstTrainerPreview;

/* `pad` is that of an element that has the preview as long as it lives. */
void gst_trainer_preview_init (GstTrainerPreview *preview, GstPad *pad);
void gst_trainer_preview_clear (GstTrainerPreview *preview);

/* Before pads are active. */
void gst_trainer_preview_reset (GstTrainerPreview *preview);
/* Begin to push walls of such a size, format and colours, as a stream of that id. Not where nobody
 * is linked. */
void gst_trainer_preview_start (
    GstTrainerPreview *preview, const GstVideoInfo *wall, const char *stream);

typedef gboolean (*GstTrainerDraw) (gpointer data, GenPicture *wall, GError **error);
/* Have a wall of `step` drawn when the last one was taken and somebody looks; the `last` one in any
 * case. */
gboolean gst_trainer_preview_update (GstTrainerPreview *preview, guint64 step, gboolean last,
    GstTrainerDraw draw, gpointer data, GError **error);
/* No more are made: EOS follows what waits. */
void gst_trainer_preview_end (GstTrainerPreview *preview);
/* Nothing is pushed any more. */
void gst_trainer_preview_close (GstTrainerPreview *preview);
