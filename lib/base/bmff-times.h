/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What segments of fragmented MP4 say of times, of the first track. */
#pragma once

#include "bmff-box.h"

typedef struct {
  guint32 scale;    /* ticks a second; 1 where it is not said */
  guint32 duration; /* of a sample of which nothing else is said */
  guint32 flags;    /* the same */
} GenBmffTimes;

GEN_PRIVATE_API GenBmffTimes gen_bmff_times_of (GBytes *init);
/* Ticks of all fragments of a segment. */
GEN_PRIVATE_API guint32 gen_bmff_duration_of (const GenBmffTimes *times, GBytes *segment);
/* The number of a segment's first fragment (mfhd); 1 where it has none. */
guint32 gen_bmff_number_of (GBytes *segment);
/* Ticks in front of a segment (tfdt); 0 where it does not say so. */
GEN_PRIVATE_API guint64 gen_bmff_start_of (GBytes *segment);
/* Whether its first sample needs none that is in front of it. */
GEN_PRIVATE_API gboolean gen_bmff_is_independent (const GenBmffTimes *times, GBytes *segment);
