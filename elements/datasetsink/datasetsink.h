/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of datasetsink share: datasetsink.c (properties, start, events), items.c (what
 * buffers become), clips.c (frames that become one) and facts.c (what is known of an item). */
#pragma once

#include <generative/clip.h>
#include <generative/dataset-writer.h>
#include <gst/audio/audio.h>
#include <gst/base/gstbasesink.h>
#include <gst/video/video.h>

#define GST_TYPE_DATASET_SINK (gst_dataset_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstDatasetSink, gst_dataset_sink, GST, DATASET_SINK, GstBaseSink)

/* A sound that is gathered from several buffers. */
typedef struct {
  GByteArray *bytes;
  guint64 item;      /* of a dataset, by its number in the stream, or GST_GENERATIVE_NO_ITEM */
  GstBuffer *begins; /* the buffer that it begins in; NULL: nothing is gathered */
  guint64 frame;     /* its number */
} GstDatasetSound;

/* A clip that is gathered from several frames. */
typedef struct {
  GenClip *film;     /* NULL: nothing is gathered */
  GstBuffer *begins; /* its first frame */
  guint64 frame;     /* the number of that buffer */
} GstDatasetClip;

struct _GstDatasetSink {
  GstBaseSink parent;

  /* Under the object lock. */
  GenDatasetWriterSettings settings;
  int tile_width, tile_height;
  guint window, clip_length;
  const GenClipEncoding *clip_encoding;
  gboolean explained; /* what is taken, to who offers something else */
  guint64 items;      /* that are safe */

  /* From start to stop. */
  GenDatasetWriter *writer;
  gboolean failed, progressing;
  gint64 told;        /* when the last progress was */
  GHashTable *hashes; /* of models, by their files */

  /* The streaming thread's. */
  const GenMedium *medium; /* NULL until caps are known */
  GstVideoInfo video;
  GstAudioInfo audio;
  guint64 frame; /* buffers that have come */
  gboolean told_odd_label;
  GstDatasetSound sound;
  GstDatasetClip clip;
};

/* Part `part` of `parts` of a buffer, as an item. */
typedef struct {
  GstBuffer *buffer;
  guint64 frame; /* the number of the buffer */
  guint part, parts;
  guint frames; /* of a clip; 0: it is none */
} GstDatasetPart;

/* --- items.c --- */

/* What comes has these caps: what was gathered of others becomes an item. FALSE when an error was
 * posted. */
gboolean gst_dataset_sink_set_format (GstDatasetSink *self, GstCaps *caps);
/* A buffer becomes an item, several, or a part of one. */
GstFlowReturn gst_dataset_sink_take (GstDatasetSink *self, GstBuffer *buffer);
/* What is gathered becomes an item; */
gboolean gst_dataset_sink_end_item (GstDatasetSink *self);
/* or is forgotten. */
void gst_dataset_sink_forget_item (GstDatasetSink *self);
/* Part `part` of a buffer, which `sample` is, becomes an item; with `bits` of a sound. Where it is
 * a film, `film` is its file, and the sample its first frame. FALSE when an error was posted. */
gboolean gst_dataset_sink_add_item (GstDatasetSink *self, const GstDatasetPart *part,
    const GenSample *sample, int bits, GBytes *film);

/* --- clips.c --- */

/* The frame is of the clip that is gathered, or begins one. */
GstFlowReturn gst_dataset_sink_take_frame (
    GstDatasetSink *self, GstBuffer *buffer, const GenPicture *picture);
/* Whether frames become clips. */
gboolean gst_dataset_sink_has_clips (GstDatasetSink *self);
gboolean gst_dataset_sink_end_clip (GstDatasetSink *self);
void gst_dataset_sink_forget_clip (GstDatasetSink *self);

/* --- facts.c --- */

/* What is known of it. (transfer full) */
JsonObject *gst_dataset_sink_find_facts (GstDatasetSink *self, const GstDatasetPart *part);
/* Say once that there is a label that cannot be read. */
void gst_dataset_sink_check_label (GstDatasetSink *self, GstBuffer *buffer);
/* Its class: its number or -1, and its name or NULL. */
int gst_dataset_part_find_class (const GstDatasetPart *part, const char **name);

/* --- datasetsink.c --- */

/* Say what has become safe. */
void gst_dataset_sink_tell (GstDatasetSink *self);
/* What the writer could not do, with the code that suits it; said once. */
void gst_dataset_sink_post_error (GstDatasetSink *self, const GError *error);
