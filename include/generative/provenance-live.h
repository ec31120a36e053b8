/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/provenance.h>

G_BEGIN_DECLS

/**
 * Live streams of fragmented MP4 (CMAF, as DASH and HLS have it) that are signed segment by segment
 * while they come, by section 19 of the C2PA's specification (2.3 and later): whoever tunes in can
 * tell of each segment that it is as it was signed, and of which of them none is missing. All of
 * this header: Since 0.2.
 */

/* Where the signatures are. */
typedef enum {
  /* Each segment has a manifest of its own (19.3), which names that of the segment before it
   * (c2pa.livevideo.segment): 2.1 KB a segment (ES256, one certificate), and each stands for
   * itself. */
  GEN_PROVENANCE_LIVE_MANIFEST,
  /* The initialization segment has a manifest, which lists a session key; each segment has a
   * message (emsg) signed by that key (19.4): 0.4 KB a segment. */
  GEN_PROVENANCE_LIVE_INFO,
} GenProvenanceLiveMethod;

/* --- signing --- */

/**
 * GenProvenanceLive: a stream that is cut into segments and signed as a muxer writes it.
 */
typedef struct _GenProvenanceLive GenProvenanceLive;

/* A signed segment; `init`: it is an initialization segment, which those behind it need. */
typedef gboolean (*GenProvenanceLiveWrite) (
    GBytes *segment, gboolean init, gpointer user_data, GError **error);

/* Seconds that a session key is used for by default. */
#define GEN_PROVENANCE_LIVE_PERIOD (24 * 60 * 60)

/* `claim` and `signer` are to stay until it is freed, and the signer as it is. A time stamp is
 * asked for of initialization segments alone: no segment waits for an answer. `period` is for how
 * many seconds a session key is used; when they are over, an initialization segment with a new one
 * is written in front of the next segment. (transfer full) */
GEN_API GenProvenanceLive *gen_provenance_live_new (const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, GenProvenanceLiveMethod method, guint period,
    GenProvenanceLiveWrite write, gpointer user_data);
GEN_API void gen_provenance_live_free (GenProvenanceLive *live);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenProvenanceLive, gen_provenance_live_free)
/* The bytes that come next, of however many segments. */
GEN_API gboolean gen_provenance_live_write (
    GenProvenanceLive *live, const guint8 *data, gsize size, GError **error);
/* That was all. */
GEN_API gboolean gen_provenance_live_finish (GenProvenanceLive *live, GError **error);

/* --- reading --- */

/**
 * GenProvenanceLiveReport: what the segments of a stream say, one after the other, and whether that
 * is so. The initialization segment says by which method they are signed.
 */
typedef struct _GenProvenanceLiveReport GenProvenanceLiveReport;

/* `authorities` as in gen_provenance_read. NULL with `error` where `init` is no MP4. (transfer
 * full) */
GEN_API GenProvenanceLiveReport *gen_provenance_live_report_new (
    GBytes *init, GBytes *authorities, GError **error);
GEN_API void gen_provenance_live_report_free (GenProvenanceLiveReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenProvenanceLiveReport, gen_provenance_live_report_free)
/* The next segment of the stream, or another initialization segment; what is found of it. */
GEN_API GenProvenanceState gen_provenance_live_report_add (
    GenProvenanceLiveReport *report, GBytes *segment);
/* Of all that have come, the worst. */
GEN_API GenProvenanceState gen_provenance_live_report_state (const GenProvenanceLiveReport *report);
/* Whether the last one has that status code (livevideo.segment.invalid and the like). */
GEN_API gboolean gen_provenance_live_report_has (
    const GenProvenanceLiveReport *report, const char *code);
/* All of it: validation_state, and of each segment its number, state and codes. (transfer full) */
GEN_API char *gen_provenance_live_report_json (const GenProvenanceLiveReport *report);

G_END_DECLS
