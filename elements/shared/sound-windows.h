/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

#include "sample-queue.h"

/**
 * Windows of a sound that comes in buffers of any size. Sound without a jump is a stretch: its
 * first window begins with it, the next ones `hop` frames later each. Frames are counted from the
 * stretch's beginning, and so is time: what buffers say is looked at where a stretch begins, and
 * to tell that another one does. An item of a dataset is a stretch as well, wherever it lies.
 */
typedef struct {
  /* What they are of. */
  guint64 window, hop; /* frames, from 1 on; hop is at most window */
  gsize frame_size;    /* bytes */
  guint64 rate;

  /* The stretch. */
  GstGenerativeQueue queue;
  GQueue said;     /* of buffers that are kept: all but their samples, and which frames these are */
  guint64 first;   /* where the next window begins, and with it the queue */
  guint64 come;    /* frames so far */
  guint64 covered; /* of these, those that were in a window */
  GstClockTime pts;
  guint64 offset; /* of its first frame, as the buffer says; GST_BUFFER_OFFSET_NONE as well */
  guint64 item;   /* of a dataset, by its number in the stream, or GST_GENERATIVE_NO_ITEM */
} GstGenerativeWindows;

void gst_generative_windows_init (GstGenerativeWindows *windows);
void gst_generative_windows_clear (GstGenerativeWindows *windows);

/* Sound of `info` comes; there is no stretch yet. */
void gst_generative_windows_begin (
    GstGenerativeWindows *windows, const GstAudioInfo *info, guint64 window, guint64 hop);
/* Forget the stretch. */
void gst_generative_windows_forget (GstGenerativeWindows *windows);

/* Whether `buffer` does not follow what has come of the stretch. */
gboolean gst_generative_windows_jumps (const GstGenerativeWindows *windows, GstBuffer *buffer);
/* Whether it is of another item of a dataset than what has come. */
gboolean gst_generative_windows_leaves_item (
    const GstGenerativeWindows *windows, GstBuffer *buffer);
/* How many frames complete the next window; 0: it is whole. */
guint64 gst_generative_windows_missing (const GstGenerativeWindows *windows);
/* So many frames of `buffer`, from `from` on, have come: no more than are missing. They are copied,
 * so that the buffer's memory goes back to whom it belongs to; where `keeps` is set, its flags and
 * metas are kept for what passes on. */
void gst_generative_windows_push (
    GstGenerativeWindows *windows, GstBuffer *buffer, guint64 from, guint64 frames, gboolean keeps);
/* When a frame of the stretch begins, or none. */
GstClockTime gst_generative_windows_time (const GstGenerativeWindows *windows, guint64 frame);
/* The next window has been measured. Returns where the one after it begins, to which frames are to
 * leave the queue. */
guint64 gst_generative_windows_measured (GstGenerativeWindows *windows);
/* Let the frames before `end` leave the queue; */
void gst_generative_windows_leave (GstGenerativeWindows *windows, guint64 end);
/* as a buffer, but for those before `sent`: NULL where none are left. (transfer full) */
GstBuffer *gst_generative_windows_take (GstGenerativeWindows *windows, guint64 sent, guint64 end);
