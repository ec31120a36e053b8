/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/inspection.h>

#include "../dataset-private.h"
#include "file-traits.h"

extern const GenDataMeasure gen_data_measure_bytes;
extern const GenDataMeasure gen_data_measure_channels;
extern const GenDataMeasure gen_data_measure_characters;
extern const GenDataMeasure gen_data_measure_frames;
extern const GenDataMeasure gen_data_measure_height;
extern const GenDataMeasure gen_data_measure_peak;
extern const GenDataMeasure gen_data_measure_rate;
extern const GenDataMeasure gen_data_measure_saturation;
extern const GenDataMeasure gen_data_measure_seconds;
extern const GenDataMeasure gen_data_measure_width;

/* The findings that rest on other items. */
extern const GenDataFinding gen_data_finding_duplicate;
extern const GenDataFinding gen_data_finding_near_duplicate;

/* A measure of an item, by whatever it is defined. */
double gen_data_measure_take (const GenDataMeasure *measure, const GenInspected *item);

/* A sound as a picture: the logarithm of power in bands of equal ratios by slices of time. */
void gen_fingerprint_draw_sound (const GenSound *sound, float *picture);

/* The fingerprint of what is neither nearly one colour nor silent; FALSE of what is, and looks like
 * nothing. */
gboolean gen_fingerprint_take (const GenInspected *inspected, guint64 *fingerprint);
/* A file of `format`'s medium as it is, and what it is like; of a long sound its beginning. What it
 * leaves in `sample` with FALSE is nobody's. */
gboolean gen_inspect_load_file (
    const char *path, GenFormat *format, GenSample *sample, GError **error);
/* The luma of a picture, of its size. */
gboolean gen_inspect_take_luma (const GenSample *sample, GenSample *luma, GError **error);

/* The item before it that an item is like, GEN_DATA_NONE: none is. */
typedef struct {
  guint32 same, near;
} GenDataTwin;

/* Find the twins of all `n` items, one for each, among those that `left_out` (NULL: nothing) does
 * not mark. */
void gen_data_find_twins (const GenDataItem *items, const gboolean *left_out, guint32 n,
    int distance, GenDataTwin *twins);

struct _GenInspection {
  GenDataset *dataset;
  GenInspectionSettings settings;
  GenDataItem *items;
  double *values; /* a row of measures for each item */
  int n_measures;
  GStringChunk *texts;
  GArray *features; /* of float, of a sample of the items */
  gsize n_features; /* of an item */
  GenStatistics statistics;
  gboolean has_statistics;
};

/* (transfer full) */
char *gen_data_digest_to_text (const guint8 *digest);
