/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/medium.h>
#include <json-glib/json-glib.h>

/* Samples of one format in memory, as numbers: pictures from 0 to 1, sounds from -1 to 1. */
typedef struct {
  GenFormat format;
  gsize numbers; /* of each */
  GArray *all;   /* of float */
  GPtrArray *names;
} EditedSamples;

void edited_samples_init (EditedSamples *samples, const GenFormat *format);
void edited_samples_clear (EditedSamples *samples);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EditedSamples, edited_samples_clear)
/* Add the file `path`, or where it is a folder, or `said` (what training_data_open takes) tells how
 * it is to be read, the dataset that it is. FALSE with `error`. */
gboolean edited_samples_add (
    EditedSamples *samples, const char *path, JsonObject *said, GError **error);

/* How black stands in the numbers of a format. */
float edited_samples_black (const GenFormat *format);
/* Write `n` samples of `format` as one picture, row by row in `columns`. */
gboolean edited_samples_draw (const GenFormat *format, const float *numbers, guint n, guint columns,
    const char *path, GError **error);
