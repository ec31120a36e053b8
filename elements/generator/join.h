/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds that overlap: the end of each is mixed with the beginning of the next one. */
#pragma once

#include <gst/audio/audio.h>

/* How one gives way to the other. */
typedef enum {
  /* Squares of the two factors add up to 1: sounds that have nothing to do with each other stay as
   * loud as they are. */
  GST_GENERATOR_JOIN_POWER,
  /* The factors themselves do, as halves of a Hann window: of two that say the same, that remains.
   */
  GST_GENERATOR_JOIN_SUM,
} GstGeneratorJoinCurve;

typedef struct {
  guint64 frames; /* that two share; 0: none, and nothing is to be done */
  int channels;
  gboolean int16;
  GstGeneratorJoinCurve curve;
  float *rising, *falling; /* factors, one for each of these frames */
  guint8 *end;             /* of the last sound */
  gsize size;              /* of it, in bytes */
  gboolean pending;        /* there is one */
} GstGeneratorJoin;

/* Join sounds of `info` over `frames` frames from now on. An end that waits is forgotten, but where
 * nothing changes. */
void gst_generator_join_begin (
    GstGeneratorJoin *join, const GstAudioInfo *info, guint64 frames, GstGeneratorJoinCurve curve);
void gst_generator_join_clear (GstGeneratorJoin *join);
/* The next sound is a first one. */
void gst_generator_join_forget (GstGeneratorJoin *join);

/* Mix the end that waits into the beginning of `samples`, a sound of `frames` frames, at least
 * twice as many as are shared, and keep its own end. All but that end is then done. */
void gst_generator_join_mix (GstGeneratorJoin *join, guint8 *samples, guint64 frames);
/* The end that waits, which nothing follows any more: a buffer of it, or NULL. (transfer full) */
GstBuffer *gst_generator_join_take (GstGeneratorJoin *join);
