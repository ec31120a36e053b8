/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was found of a live stream so far, which the looks at the two kinds of segments share. */
#pragma once

#include <generative/provenance-live.h>

#include "report.h"

#define GEN_LIVE_SEGMENT_INVALID "livevideo.segment.invalid"

/* What was found of one. */
typedef struct {
  gboolean init;
  gboolean numbered; /* it says which one it is: */
  gint64 number;
  char *manifest;
  GPtrArray *statuses; /* of GenStatus */
  GenProvenanceState state;
} GenLiveSegment;

struct _GenProvenanceLiveReport {
  GBytes *authorities;
  GenProvenanceReport *init; /* the last one */
  GPtrArray *keys;           /* of GenListedKey, its; NULL: segments have manifests */
  GPtrArray *segments;       /* of GenLiveSegment */
  gboolean numbered;         /* there was one that was signed: */
  gint64 number;             /* of the last of them */
  char *manifest, *stream;   /* its */
};

/* Take down what is wrong. */
void gen_live_fail (GenLiveSegment *segment, const char *code, const char *explanation);
/* The number that is in a map which is signed. */
void gen_live_read_number (GenLiveSegment *segment, const struct cbor_item_t *map);
/* Whether it follows that of the last one; `code` where it does not. */
void gen_live_check_number (
    const GenProvenanceLiveReport *report, GenLiveSegment *segment, const char *code);
/* What comes next is held against it. One that comes again does not turn the order back. */
void gen_live_remember (GenProvenanceLiveReport *report, const GenLiveSegment *segment);

/* live-report-message.c: a segment that is signed by a session key. */
void gen_live_look_at_message (
    GenProvenanceLiveReport *report, GenLiveSegment *segment, GBytes *file);
