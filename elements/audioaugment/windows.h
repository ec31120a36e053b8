/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>
#include <gst/gst.h>

/* Cuts a stream of buffers of any size into windows of `length` frames. A window's number and where
 * it begins follow from the positions of its frames alone, time times rate, so that they are the
 * same wherever one has sought to. Where the stream begins, jumps or ends within a window, what
 * there is of it comes as a part. */
typedef struct {
  GstAudioInfo info;
  guint64 length;
  GstBufferPool *pool; /* of windows */

  GstBuffer *input; /* what is being cut, NULL when it is used up */
  guint64 taken;    /* frames of it that are gone */
  guint64 position; /* of the next frame */
  gboolean sure;    /* that the next input follows */
  gboolean timed;   /* the input has times */
  gboolean discont; /* the next buffer that goes out does not follow the last one */

  GstBuffer *window; /* that is being filled, NULL when none is open */
  guint64 first;     /* position of its first frame */
  guint64 filled;    /* frames of it */
  gboolean gap;      /* all of them are of gaps */
} GstSoundWindows;

/* Begin anew with windows of `length` > 0 frames of `info`. */
void gst_sound_windows_open (GstSoundWindows *self, const GstAudioInfo *info, guint64 length);
/* Forget what has come, as at a flush. */
void gst_sound_windows_forget (GstSoundWindows *self);
/* And give back the memory. */
void gst_sound_windows_close (GstSoundWindows *self);

/* The next of the stream, which is taken, after the last one is used up. Where `discont` is TRUE
 * then, it does not follow, and a window that is open has to end. */
void gst_sound_windows_push (GstSoundWindows *self, GstBuffer *input);
/* Frames of the input that are left. */
guint64 gst_sound_windows_left (const GstSoundWindows *self);

/* The next `frames` frames as they are: all of the input is the very buffer. No window is open. */
GstBuffer *gst_sound_windows_pass (GstSoundWindows *self, guint64 frames);
/* Fill the window with what is left of the input. It is returned when it has all its frames, else
 * NULL. An input that is exactly a window becomes it. (transfer full) */
GstBuffer *gst_sound_windows_fill (GstSoundWindows *self);
/* The window that is open, as far as it has come; NULL when none is. (transfer full) */
GstBuffer *gst_sound_windows_end (GstSoundWindows *self);
