/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/learned-mark.h>
#include <generative/mark.h>
#include <generative/picture-mark.h>
#include <generative/sound-mark.h>

G_BEGIN_DECLS

/**
 * Where a stream is marked: readings of windows, which overlap, become spans of time in which one
 * mark was read. A window that could not be read between two that could leaves no gap. Spans begin
 * and end as windows do, so that their ends are known to about a second; those of sounds where the
 * mark does in them, which is known as well, but gaps of a few seconds are not. Since: 0.2
 */
typedef struct {
  gint64 begin, end; /* nanoseconds */
  guint64 bits;
  GenMarkPayload payload;
  guint windows;     /* in which it was read */
  double deviations; /* of the reading that is the most sure (GenPictureMarkReading,
                        GenSoundMarkReading) */
  double errors;     /* likewise */
  double scale_across, scale_down, rotation; /* of pictures */
  double left, top, right, bottom;           /* likewise */
  double speed;                              /* of sounds; 0: of pictures */
} GenMarkSpan;

typedef struct _GenMarkSpans GenMarkSpans;

/* What a span is told by: when it begins, and once more with all that is known when it has ended.
 */
typedef void (*GenMarkSpanFunc) (const GenMarkSpan *span, gboolean ended, gpointer data);

GEN_API GenMarkSpans *gen_mark_spans_new (GenMarkSpanFunc tell, gpointer data);
GEN_API void gen_mark_spans_free (GenMarkSpans *spans);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenMarkSpans, gen_mark_spans_free)
/* Readings come in the order of their windows. */
GEN_API void gen_mark_spans_add (GenMarkSpans *spans, const GenPictureMarkReading *reading);
GEN_API void gen_mark_spans_add_sound (GenMarkSpans *spans, const GenSoundMarkReading *reading);
/* Nothing follows, or what follows is elsewhere: the span that there is has ended. */
GEN_API void gen_mark_spans_end (GenMarkSpans *spans);
/* The one that the last window was in; NULL where it was in none. */
GEN_API const GenMarkSpan *gen_mark_spans_get (const GenMarkSpans *spans);

/* {"begin":0.0,"end":4.5,"payload":"10007abcde0003e8","operator":7,"model":"abcde",
 *  "time":"2024-01-01T16:40:00Z","windows":6,"deviations":24.1,"errors":0.02,
 *  "scale-across":1.0,"scale-down":1.0,"rotation":0.0,
 *  "left":0.0,"top":0.0,"right":1.0,"bottom":1.0}; times of the stream in seconds. Of sounds
 * there is "speed" in the place of all from scales on.
 * (transfer full) */
GEN_API JsonObject *gen_mark_span_to_json (const GenMarkSpan *span);

/**
 * gen_picture_mark_read_file: look for marks of `key` in a film, or in a single picture, whatever
 * libav decodes of it. `tell` as above. FALSE with `error` (GEN_PICTURE_ERROR) where it cannot be
 * read. `seconds`, which may be NULL, becomes how long it is; 0 of a single picture.
 */
GEN_API gboolean gen_picture_mark_read_file (const char *path, const GenMarkKey *key,
    GenMarkSpanFunc tell, gpointer data, double *seconds, GError **error);

/**
 * gen_learned_mark_read_file: the same by a net, of any size that it takes, which may change within
 * the film. `reader` is the caller's, and may go from file to file. Where the net fails there is an
 * error of its own (GEN_GRAPH_ERROR). Single pictures, which last no time, have what fits into one
 * slot: of 32 bits no mark.
 */
GEN_API gboolean gen_learned_mark_read_file (const char *path, GenLearnedMarkReader *reader,
    GenMarkSpanFunc tell, gpointer data, double *seconds, GError **error);

/* What was heard of a file. */
typedef struct {
  double seconds, silent; /* silence has no marks */
  guint windows;          /* that were read, or could not be */
} GenSoundMarkHeard;

/**
 * gen_sound_mark_read_file: look for marks of `key` in the first sound of a file, be it a film's.
 * `tell` as above. FALSE with `error` (GEN_SOUND_ERROR) where it has none, or cannot be read.
 * `heard` may be NULL.
 */
GEN_API gboolean gen_sound_mark_read_file (const char *path, const GenMarkKey *key,
    GenMarkSpanFunc tell, gpointer data, GenSoundMarkHeard *heard, GError **error);

G_END_DECLS
