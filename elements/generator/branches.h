/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pads of their own for further outputs of a model: what they make goes on in step with what is
 * played, and how it fares is combined as tee does. */
#pragma once

#include "../shared/playing.h"
#include "caps.h"

#include <gst/base/gstflowcombiner.h>

#define GST_GENERATOR_SRC_PREFIX "src_"
/* Set on a pad before it is taken from the element. */
#define GST_GENERATOR_PAD_RELEASED GST_PAD_FLAG_LAST

/* What is made in a run, mapped. */
typedef struct {
  GstBuffer *buffer;
  GstGenerativeFrame frame;
} GstGeneratorMaking;

typedef struct {
  GstPad *pad;
  gboolean in_frames;
  GstBufferPool *pool;        /* NULL until caps are known */
  GstVideoInfo info;          /* of frames, */
  gsize size;                 /* bytes of numbers */
  GstGeneratorMaking *making; /* with each frame of this run */
  GQueue waiting;             /* buffers, each to be pushed with the frame that it was made with */
} GstGeneratorBranch;

/* The streaming thread's, from begin to end. */
typedef struct {
  GstElement *element;
  GstFlowCombiner *combiner;
  GstGeneratorBranch branches[GEN_MODEL_MAX_SIDES]; /* in the order of the ports' `further` */
  guint n;
} GstGeneratorBranches;

/* Names of the pads of `element` that begin with `prefix`, without it. Under the object lock.
 * (transfer full) */
GStrv gst_generator_list_pads (GstElement *element, const char *prefix);

void gst_generator_branches_begin (
    GstGeneratorBranches *branches, GstElement *element, const GstGeneratorPorts *ports);
void gst_generator_branches_end (GstGeneratorBranches *branches);

/* Agree with what is behind the pads on what is made of `input`, which the sink caps `caps` say:
 * `use` is told. FALSE with `error`, which names the pad. */
gboolean gst_generator_branches_negotiate (GstGeneratorBranches *branches,
    const GstGeneratorPorts *ports, const GstGeneratorInput *input, GstCaps *caps, GenModelUse *use,
    GError **error);
/* The same of pictures that are played tile by tile: all are of `height` x `width`, as what is
 * played is, and of a tile `use` says the size. */
gboolean gst_generator_branches_negotiate_tiles (GstGeneratorBranches *branches,
    const GstGeneratorPorts *ports, GstCaps *caps, int height, int width, GenModelUse *use,
    GError **error);
/* Before the first tile of a frame: a buffer for all that is made of it, to be taken as frame 0;
 * and before a run: what is made with tile `i` of it begins at `x` and `y`, and is `rows` high.
 * Where there is no such tile, nothing is. */
gboolean gst_generator_branches_open (GstGeneratorBranches *branches, GError **error);
void gst_generator_branches_bind_tile (
    GstGeneratorBranches *branches, GenPlayer *player, guint i, int x, int y, int rows);
void gst_generator_branches_bind_nothing (
    GstGeneratorBranches *branches, GenPlayer *player, guint i);
/* Before a run: a buffer of a pool for what is made with frame `i` of it; and after: it is to go
 * with the next frame that is pushed and has not been made yet, which is made of `input`, a picture
 * of `info` where that is not NULL. */
gboolean gst_generator_branches_bind (
    GstGeneratorBranches *branches, GenPlayer *player, guint i, GError **error);
void gst_generator_branches_take (GstGeneratorBranches *branches, GenPlayer *player, guint i,
    GstBuffer *input, const GstVideoInfo *info);

/* Push `buffer` (transfer full) on `pad`, and what goes with it on the others. */
GstFlowReturn gst_generator_branches_push (
    GstGeneratorBranches *branches, GstPad *pad, GstBuffer *buffer);
/* What is not pushed yet is dropped. */
void gst_generator_branches_forget (GstGeneratorBranches *branches);
/* An event of the sink pad goes to all. */
void gst_generator_branches_forward (GstGeneratorBranches *branches, GstEvent *event);
