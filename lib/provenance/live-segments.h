/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream of fragmented MP4, cut into its initialization segment and its media segments. */
#pragma once

#include "bmff.h"

/* A whole segment; `start` is where it was in the stream. */
typedef gboolean (*GenLiveTake) (
    GBytes *segment, gboolean init, guint64 start, gpointer user_data, GError **error);

typedef struct _GenLiveCutter GenLiveCutter;

GenLiveCutter *gen_live_cutter_new (GenLiveTake take, gpointer user_data);
void gen_live_cutter_free (GenLiveCutter *cutter);
/* The bytes that come next. */
gboolean gen_live_cutter_write (
    GenLiveCutter *cutter, const guint8 *data, gsize size, GError **error);
/* That was all. */
gboolean gen_live_cutter_finish (GenLiveCutter *cutter, GError **error);

/* --- what segments say of times, of the first track --- */

typedef struct {
  guint32 scale;    /* ticks a second; 1 where it is not said */
  guint32 duration; /* of a sample of which nothing else is said */
} GenLiveTimes;

GenLiveTimes gen_live_times_of (GBytes *init);
/* Ticks of all fragments of a segment. */
guint32 gen_live_duration_of (const GenLiveTimes *times, GBytes *segment);
/* The number of a segment's first fragment (mfhd); 1 where it has none. */
guint32 gen_live_number_of (GBytes *segment);
