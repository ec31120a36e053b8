/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures that go in beside those that are played: from a file, or from a pad of their own, in
 * step by running time. */
#pragma once

#include "../shared/playing.h"
#include "caps.h"

#include <generative/picture.h>

#define GST_GENERATOR_SINK_PREFIX "sink_"

/* Where one comes from. */
typedef struct {
  GstPad *pad;        /* or NULL, for a file */
  char *path;         /* of it */
  GenPicture decoded; /* as the file has it, */
  GenPicture fitted;  /* and as the model wants it */

  /* Of a pad, under the lock. */
  GstVideoInfo info; /* of `next` */
  GstSegment segment;
  GstBuffer *next;                     /* that has come, and whose time may not have */
  GstClockTime next_time;              /* its running time */
  GstClockTime known_until;            /* nothing else comes before it */
  gboolean ended, flushing, restarted; /* it has been flushed since a frame was taken */

  /* The streaming thread's. */
  GstBuffer *now;
  GstVideoInfo now_info;
  GstVideoFrame mapped;
  GstVideoConverter *scaler; /* of frames that were on their way when the size became known: */
  GstVideoInfo scaled_from, scaled_to;
} GstGeneratorSide;

typedef struct {
  GMutex lock;
  GCond changed;
  gboolean stopping;                /* whoever waits goes */
  gboolean interrupted, main_ended; /* what is played flushes; nothing of it comes any more */
  gboolean seeking;                 /* one of them may be elsewhere already, and others not yet */
  GstGeneratorSide sides[GEN_MODEL_MAX_SIDES]; /* in the order of the ports' `beside` */
  guint n;
} GstGeneratorSides;

/* Add the names in "name=file,name=file" (or NULL) to `names`. */
gboolean gst_generator_add_files (const char *text, GStrv *names, GError **error);

void gst_generator_sides_init (GstGeneratorSides *sides);
void gst_generator_sides_clear (GstGeneratorSides *sides);
/* `files` are those of property inputs. */
void gst_generator_sides_begin (GstGeneratorSides *sides, GstElement *element, const char *files,
    const GstGeneratorPorts *ports);
void gst_generator_sides_end (GstGeneratorSides *sides);
/* Let nobody wait any more. For any thread. */
void gst_generator_sides_stop (GstGeneratorSides *sides);
/* An event of what is played comes: flushes interrupt waiting for others, which need not wait for
 * it behind its end. For any thread. */
void gst_generator_sides_note (GstGeneratorSides *sides, GstEvent *event);

/* What `use`, whose size is known, takes besides. */
gboolean gst_generator_sides_negotiate (
    GstGeneratorSides *sides, const GstGeneratorPorts *ports, GenModelUse *use, GError **error);
/* Wait until it is known which frames go with the one of `time`, a running time. GST_FLOW_EOS:
 * there are none at all from one of the pads. */
GstFlowReturn gst_generator_sides_wait (GstGeneratorSides *sides, GstClockTime time);
/* The name of such a pad. */
const char *gst_generator_sides_find_empty (const GstGeneratorSides *sides);
/* Whether frames lie as `use` says, which is changed where they do not: it is to be compiled then.
 */
gboolean gst_generator_sides_map (GstGeneratorSides *sides, GenModelUse *use, GError **error);
void gst_generator_sides_bind (GstGeneratorSides *sides, GenPlayer *player);
void gst_generator_sides_unmap (GstGeneratorSides *sides);

/* Before a seek goes to what is played: nothing is matched until it has gone to the pads, too,
 * which it does where it is `done`. */
void gst_generator_sides_begin_seek (GstGeneratorSides *sides, GstEvent *event);
void gst_generator_sides_end_seek (GstGeneratorSides *sides, GstEvent *event, gboolean done);
/* The functions of a pad: what it takes of the model of `ports`, `use` saying of which size, and
 * what comes. (transfer full) */
GstCaps *gst_generator_side_caps (
    const GstGeneratorPorts *ports, const GenModelUse *use, const char *name);
/* That caps do not fit it that come there; NULL where the model has no such input. (transfer full)
 */
char *gst_generator_side_describe_misfit (const GstGeneratorPorts *ports, const GenModelUse *use,
    const char *name, const GstCaps *offered);
GstFlowReturn gst_generator_sides_chain (GstGeneratorSides *sides, GstPad *pad, GstBuffer *buffer);
gboolean gst_generator_sides_event (GstGeneratorSides *sides, GstPad *pad, GstEvent *event);
/* `pad` goes: what came from it last stays. */
void gst_generator_sides_release (GstGeneratorSides *sides, GstPad *pad);
