/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which a model plays: buffer by buffer, several frames for
 * one or for as many, as one stream, text by text, or not knowing what it will
 * make. One that is added is a file and a line of the list in mode.c. The element asks the one that
 * suits the ports what to do; it knows nothing of what they keep, nor they of it. */
#pragma once

#include "format.h"
#include "lateness.h"
#include "play.h"

/* What they work with. */
typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorLateness *lateness;
} GstGeneratorContext;

typedef struct {
  const char *name;
  gboolean shares; /* its frames may share runs with those of other elements */
  gboolean (*suits) (const GstGeneratorPorts *ports);

  /* What one keeps while it plays; all that follows is of the streaming thread. */
  gpointer (*new) (const GstGeneratorContext *context);
  void (*free) (gpointer mode);
  /* Another model plays in the same way from now on. NULL: that is nothing to it. */
  void (*change) (gpointer mode);

  /* See what size the frames will be that are made of the sink caps `sink`, where that is not the
   * ports' to say; 0 where it is not known. NULL: it is. */
  void (*probe) (gpointer mode, GstCaps *sink, int *width, int *height);
  /* What the player is to do between these caps, for which it is compiled then. FALSE with `error`
   * when they do not fit the model. */
  gboolean (*negotiate) (
      gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error);
  /* How long buffers take, as has been negotiated. */
  GstGeneratorTiming (*timing) (gpointer mode);

  /* Whether `input`, which does not say DISCONT, follows what came before it all the same. NULL: it
   * does. */
  gboolean (*follows) (gpointer mode, GstBuffer *input);
  /* Take `input` (transfer full), or NULL when all that it made has been handed out, and hand out
   * a buffer, or NULL where more has to come. */
  GstFlowReturn (*output) (gpointer mode, GstBuffer *input, GstBuffer **output);
  /* Whether something has come of which nothing has been made yet, so that the model has to stay.
   */
  gboolean (*pending) (gpointer mode);
  /* Make what can be made now of what has come, and push it. NULL: that is always done. */
  GstFlowReturn (*drain) (gpointer mode);
  /* The same of all, up to the end: nothing follows what has come. NULL: there is no more. */
  GstFlowReturn (*finish) (gpointer mode);
  /* A new segment begins, which may lie elsewhere in time. NULL: buffers tell. */
  void (*jump) (gpointer mode);
  /* Forget what has come and what was made of it. NULL: that is always done. */
  void (*flush) (gpointer mode);
} GstGeneratorMode;

extern const GstGeneratorMode gst_generator_batch, gst_generator_clips, gst_generator_frames,
    gst_generator_speech, gst_generator_staged, gst_generator_stream, gst_generator_tiles;

/* The one for what `ports` says. */
const GstGeneratorMode *gst_generator_mode_find (const GstGeneratorPorts *ports);
