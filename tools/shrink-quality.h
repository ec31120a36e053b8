/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model that was made smaller is worth beside the one that it was. */
#pragma once

#include <generative/metric.h>
#include <generative/model.h>
#include <generative/run-set.h>
#include <json-glib/json-glib.h>

/* Figures of a graph. NaN: it was not measured. */
typedef struct {
  double sqnr, psnr; /* of its outputs beside those of the first one, in decibels */
  double frechet;    /* of what it makes, to the reference */
} Quality;

typedef struct _QualityMeter QualityMeter;

/* By what `set` has go into them, beside what `graph` makes, the graph of `model`. `reference`,
 * where it is not NULL, are real samples, as `said` has it, which what is made is compared with by
 * the features of `embedder` (NULL: the medium's default). */
QualityMeter *quality_meter_new (const GenModel *model, const GenGraph *graph, const GenRunSet *set,
    const char *reference, JsonObject *said, const char *embedder, GError **error);
void quality_meter_free (QualityMeter *meter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (QualityMeter, quality_meter_free)
/* Of the first graph itself. */
const Quality *quality_meter_first (const QualityMeter *meter);
/* How many samples it looks at, and by which features; NULL without a reference. */
guint64 quality_meter_count (const QualityMeter *meter);
const char *quality_meter_features (const QualityMeter *meter);
gboolean quality_meter_measure (
    QualityMeter *meter, const GenGraph *graph, Quality *quality, GError **error);

/* What may be lost: "frechet<3%", "psnr>40", "sqnr>20". */
typedef struct {
  const char *metric; /* static */
  double limit;
  gboolean relative; /* of what it was: at most so many hundredths worse */
} Budget;

gboolean budget_parse (Budget *budget, const char *text, GError **error);
/* Whether `now` keeps to it, where the first graph has `before`. */
gboolean budget_keeps (const Budget *budget, const Quality *before, const Quality *now);
