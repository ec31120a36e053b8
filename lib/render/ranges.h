/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work of many frames in ranges, each of which can be made by itself, and what stands for a range
 * in the words of a command. */
#pragma once

#include <glib.h>

#include "../private-api.h"

typedef struct {
  guint64 number;        /* from 0 on */
  guint64 start, frames; /* the first one, and how many */
} GenRange;

/* In how many ranges of `length` frames, the last of which may be shorter, `frames` come. */
GEN_PRIVATE_API guint64 gen_ranges_count (guint64 frames, guint64 length);
GEN_PRIVATE_API GenRange gen_ranges_get (guint64 frames, guint64 length, guint64 number);

/* `word` with numbers in place of {start}, {frames}, {end} (the first frame behind it) and {range}
 * (with `digits` digits at least), and `file` in place of {file}. Other braces stay. (transfer
 * full)
 */
GEN_PRIVATE_API char *gen_range_fill (
    const GenRange *range, guint digits, const char *file, const char *word);
/* Whether `word` has what gen_range_fill replaces, `name` being one of "start" and the like. */
GEN_PRIVATE_API gboolean gen_range_is_in (const char *word, const char *name);
