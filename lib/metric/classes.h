/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The figures of each class by itself, and how far they lie apart. */
#pragma once

#include "meter.h"

/* Of what `meter` measures, whose instruments and fields are known. */
GenClasses *gen_classes_new (const GenMeter *meter);
void gen_classes_free (GenClasses *classes);

/* Of which class the frames that come are, and their samples; a label of -1 without a name: of
 * none. */
void gen_classes_set (GenClasses *classes, int label, const char *name);
/* What was measured of a frame. */
void gen_classes_add_frame (GenClasses *classes, const double *values);
/* A sample, of its own label or else of the frame's class; or one of the reference. */
void gen_classes_take (GenClasses *classes, const GenMetricSample *sample, gboolean reference);
/* Add "classes" to `summary`. */
gboolean gen_classes_summarise (GenClasses *classes, JsonObject *summary, GError **error);

/* --- class-gaps.c --- */

/* A class and its figures, one for each of the meter's fields: NaN where it has none. */
typedef struct {
  const char *name;
  guint64 samples; /* or frames, where there are no samples */
  const double *values;
} GenClassFigures;

/* How far figures of `fields` lie apart between classes, by the fields' names. (transfer full) */
JsonObject *gen_class_gaps (
    const GenClassFigures *classes, guint n, const GenField *fields, guint n_fields);
/* Why gaps between classes of so many samples are to be doubted, or NULL. (transfer full) */
char *gen_class_gaps_describe_doubt (const GenClassFigures *classes, guint n);
