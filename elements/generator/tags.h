/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream's tags, to which is added that what is made is synthetic. */
#pragma once

#include "play.h"

/* The streaming thread's. */
typedef struct {
  gboolean wanted;    /* what is made is said to be so */
  gboolean due;       /* what has to be said has not been yet */
  GstTagList *before; /* the stream's own so far, or NULL */
} GstGeneratorTags;

void gst_generator_tags_begin (GstGeneratorTags *tags, gboolean wanted);
void gst_generator_tags_end (GstGeneratorTags *tags);
/* Note what an event says of the stream. FALSE: it need not go on, as it is said with the next
 * buffer. */
gboolean gst_generator_tags_note (GstGeneratorTags *tags, GstEvent *event);
/* Say what is due, in front of a buffer or an end. */
void gst_generator_tags_push (GstGeneratorTags *tags, GstGeneratorPlay *play);
