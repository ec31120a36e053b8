/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/* How long runs of so many frames take, in microseconds, as it turns out: of each size a mean that
 * follows what is noted, and how far runs are from it. Sizes that have not run yet are read off
 * between those that have. One run that something else held up moves a mean by a little only. */

#define GEN_RUN_TIMES_MAX 64

typedef struct {
  double mean, deviation;
  guint n; /* runs that were noted */
} GenRunTime;

typedef struct {
  GenRunTime of[GEN_RUN_TIMES_MAX + 1]; /* by size, from 1 on */
} GenRunTimes;

GEN_PRIVATE_API void gen_run_times_note (GenRunTimes *times, guint size, double microseconds);
/* What a run of `size` frames is likely to take; where none has been noted at all, a microsecond
 * and how other sizes would be to that. */
GEN_PRIVATE_API double gen_run_times_mean (const GenRunTimes *times, guint size);
/* What nearly all take at most: for what must not come late. */
GEN_PRIVATE_API double gen_run_times_most (const GenRunTimes *times, guint size);
