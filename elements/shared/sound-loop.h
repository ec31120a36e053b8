/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

/**
 * A sound that goes on where what should follow does not pass: what passed last, up to a length,
 * again and again. Where it begins anew it fades in, within 10 ms, while what came before goes on
 * backwards and fades out; so nothing clicks, and nothing of what does not pass is heard. What
 * passes next fades in likewise while the loop fades out.
 */
typedef struct {
  GstAudioInfo info;
  GArray *kept; /* of float, interleaved: the last `most` frames, with what was in front */
  guint64 most;
  GArray *come;     /* the same of what has come last */
  guint64 place;    /* the next frame of it to be played */
  gboolean plays;   /* else what is kept has been heard last */
  gboolean is_over; /* what comes next does not follow it */
} GstGenerativeLoop;

void gst_generative_loop_init (GstGenerativeLoop *loop);
void gst_generative_loop_clear (GstGenerativeLoop *loop);
/* Sound of `info` comes: nothing is kept of what came before. */
void gst_generative_loop_begin (GstGenerativeLoop *loop, const GstAudioInfo *info);
/* What comes next does not follow what is kept, nor what is played. */
void gst_generative_loop_interrupt (GstGenerativeLoop *loop);
/* `frames` frames pass, whose beginning is faded in where the loop has been playing. The last
 * `most` frames are kept. */
void gst_generative_loop_keep (
    GstGenerativeLoop *loop, gpointer samples, guint64 frames, guint64 most);
/* Write the next `frames` frames of the loop; something must have been kept. */
void gst_generative_loop_play (GstGenerativeLoop *loop, gpointer samples, guint64 frames);
