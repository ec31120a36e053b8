/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of c2pasign share: the element, and the ways in which a stream is signed. */
#pragma once

#include <generative/provenance-live.h>
#include <gst/gst.h>

#include "texts.h"

GST_DEBUG_CATEGORY_EXTERN (c2pa_sign_debug);

#define GST_TYPE_C2PA_SIGN (gst_c2pa_sign_get_type ())
G_DECLARE_FINAL_TYPE (GstC2paSign, gst_c2pa_sign, GST, C2PA_SIGN, GstElement)

/* A way of signing. What is not there is done as for any stream. */
typedef struct {
  const char *name;
  gboolean goes_on; /* nothing is gone back to, and segments pass */
  GstFlowReturn (*chain) (GstC2paSign *self, GstBuffer *buffer); /* takes the buffer */
  /* A segment of bytes begins at `start`. FALSE: an error was posted. */
  gboolean (*segment) (GstC2paSign *self, guint64 start);
  /* All has come. FALSE: an error was posted. */
  gboolean (*finish) (GstC2paSign *self);
} GstC2paWay;

extern const GstC2paWay gst_c2pa_way_pictures;  /* each buffer is a file */
extern const GstC2paWay gst_c2pa_way_film;      /* a film, as its muxer writes it */
extern const GstC2paWay gst_c2pa_way_whole;     /* a file that has to be there first */
extern const GstC2paWay gst_c2pa_way_live;      /* a stream that has no end */
extern const GstC2paWay gst_c2pa_way_untouched; /* nothing is signed */

/* How the segments of a live stream are signed. */
typedef enum {
  GST_C2PA_LIVE_NONE, /* it is a file */
  GST_C2PA_LIVE_MANIFEST,
  GST_C2PA_LIVE_KEY,
} GstC2paLive;

struct _GstC2paSign {
  GstElement parent;
  GstPad *sink, *src;

  /* Properties, under the object lock; they may change until the element plays. */
  GstC2paTexts said;
  GenProvenanceAction action;
  GstC2paLive live_by;
  guint reserve, period;
  gboolean xmp, enabled;
  gboolean changed; /* since they were taken */

  /* From READY to NULL: what these say; what has changed until then is taken at PAUSED. */
  GstC2paTexts taken;
  GenProvenanceSigner *signer; /* NULL: not open, or off */
  gboolean off;                /* nothing is signed */
  GenProvenanceClaim claim;
  GenProvenanceDisclosure disclosure;
  char *model_name, *model_hash, *card_hash;
  GBytes *watermark_bytes;
  GstC2paLive taken_live;
  guint key_period;

  /* The streaming thread's. */
  const GstC2paWay *way; /* NULL: there were no caps yet */
  gboolean finished;
  /* Of a film. */
  GenProvenanceStream *film;
  guint64 next;         /* where downstream believes that the next byte goes */
  gboolean has_segment; /* downstream has one */
  GstBuffer *current;   /* that is being written, with `map` */
  GstMapInfo map;
  GstFlowReturn flow;
  /* Of a live stream. */
  GenProvenanceLive *live;
  GstClockTime segment_time; /* of the first buffer of the segment that is coming */
  /* Of a whole file. */
  int spool;  /* a file without a name; -1: none */
  guint64 at; /* where the next byte goes; of a live stream, too */
};

/* Downstream's next buffer is for that byte. */
gboolean gst_c2pa_sign_push_segment (GstC2paSign *self, guint64 start);
/* Post what is wrong. */
void gst_c2pa_sign_post (GstC2paSign *self, const GError *error);
