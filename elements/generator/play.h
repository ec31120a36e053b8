/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays: the player of a model, which of its ports, what it is compiled for, and the device.
 */
#pragma once

#include <gst/base/gstbasetransform.h>

#include "../shared/playing.h"
#include "branches.h"
#include "caps.h"
#include "../shared/sharing.h"
#include "sides.h"

typedef struct {
  GstBaseTransform *base; /* the element, which says what happens */

  /* Under the element's object lock where others than the streaming thread read them. */
  GstGenerativePlaying playing;
  GstGeneratorPorts ports; /* model NULL while stopped */
  GenModelUse use;         /* frames 0 until caps are known */

  /* The streaming thread's. */
  GenPlayer *player; /* NULL while stopped */
  guint batch;       /* buffers in a run */
  gsize bytes;       /* of a buffer, at most, that holds no picture */
  guint64 frame;     /* the next one to be made */
  guint pictures;    /* that a buffer has, side by side */
  gboolean in_bytes; /* text comes as a stream of bytes, without times */
  gboolean told_not_finite, told_rate, told_loud;
  GstGeneratorBranches branches; /* what comes out besides, */
  GstGeneratorSides sides;       /* and goes in */
  GstGenerativeSharing sharing;  /* with whom */
} GstGeneratorPlay;

/* What is to play from the next frame on: a player that is prepared for the frames that come now
 * where it suits them, else not. */
typedef struct {
  GenPlayer *player;
  GstGeneratorPorts ports;
  guint batch;
} GstGeneratorSuccessor;

void gst_generator_successor_free (GstGeneratorSuccessor *successor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstGeneratorSuccessor, gst_generator_successor_free)

/* Play the model of `ports` (transfer full), on the device that is open. */
void gst_generator_play_begin (GstGeneratorPlay *play, const GstGeneratorPorts *ports, guint batch);
void gst_generator_play_end (GstGeneratorPlay *play);
/* From now on, `next` is what is played, whatever it takes and makes. (transfer full) */
void gst_generator_play_adopt (GstGeneratorPlay *play, GstGeneratorSuccessor *next);

/* For any thread: the ports, whose model is to be unreferenced. FALSE while stopped. */
gboolean gst_generator_play_get_ports (GstGeneratorPlay *play, GstGeneratorPorts *ports);
/* Whether it makes frames of pixels now, not numbers or sound. */
gboolean gst_generator_play_makes_frames (const GstGeneratorPlay *play);
/* The same of what it plays as. */
GenModelUse gst_generator_play_get_use (GstGeneratorPlay *play);

/* A player of `model`, as the properties have it. (transfer full) */
GenPlayer *gst_generator_play_new_player (GstGeneratorPlay *play, GenModel *model);
/* Let `player` play as `use` says, which is compiled where it has not been. For any thread. */
gboolean gst_generator_play_prepare (
    GstGeneratorPlay *play, GenPlayer *player, const GenModelUse *use, GError **error);
/* The same of the one that plays. */
gboolean gst_generator_play_compile (
    GstGeneratorPlay *play, const GenModelUse *use, GError **error);
/* Let `run` make something with the player, and where the device fails in that, give way to the
 * CPU, say so, and let it try again. `run` returns FALSE with its error, or without one where that
 * has been posted; so does this. */
typedef gboolean (*GstGeneratorRun) (gpointer data, GError **error);
gboolean gst_generator_play_run (
    GstGeneratorPlay *play, GstGeneratorRun run, gpointer data, GError **error);

/* Say, once a model, which of the `n` frames of the last run, made of `inputs`, is the first into
 * which numbers went of which there can be no picture or sound; */
void gst_generator_play_notice_not_finite (
    GstGeneratorPlay *play, GstBuffer *const *inputs, guint n);
/* that the frame that is being made is such, where it is made of `n` tiles in the last run; */
void gst_generator_play_notice_not_finite_tiles (GstGeneratorPlay *play, guint n);
/* and that there are such among the `n` numbers that the last run made and that go on as they are.
 */
void gst_generator_play_notice_numbers (GstGeneratorPlay *play, const float *numbers, gsize n);
/* Say, once a model, that the `size` bytes of samples that the last run made are far beyond full
 * scale. */
void gst_generator_play_notice_loud (GstGeneratorPlay *play, const void *samples, gsize size);
/* Say, once a model, that its sound is taken to be of the `rate` that comes. */
void gst_generator_play_tell_rate (GstGeneratorPlay *play, int rate);

/* A buffer as the next element wants it, with what goes with `like`. */
GstFlowReturn gst_generator_play_allocate (
    GstGeneratorPlay *play, GstBuffer *like, GstBuffer **buffer);
/* What is made, as a code of the IPTC's digital source types. */
const char *gst_generator_play_source (const GstGeneratorPlay *play);
/* Say of a buffer that is made which model made it. (transfer full) */
GstBuffer *gst_generator_play_mark (GstGeneratorPlay *play, GstBuffer *buffer);
/* With what goes with it on other pads. (transfer full) */
GstFlowReturn gst_generator_play_push (GstGeneratorPlay *play, GstBuffer *buffer);
