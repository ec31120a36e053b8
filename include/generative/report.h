/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <math.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * Measurements, and the report that they are written to: JSON Lines, one object a
 * measurement, the last line the summary:
 *
 *   {"frame":0,"pts":0,"sharpness":143.2,"brightness":0.31,"temporal-ssim":null,
 *    "temporal-ssim-missing":"no frame comes before this one"}     (all in one line)
 *   {"frame":1,"pts":33333333,"sharpness":141.9,"brightness":0.32,"temporal-ssim":0.98}
 *   {"summary":{"frames":2,…}}
 */

typedef enum {
  GEN_FIELD_NUMBER,
  GEN_FIELD_COUNT, /* a whole number */
  GEN_FIELD_TEXT,  /* `text`, the same in each measurement that has the field */
} GenFieldType;

/* Which of two figures is the better one. Since: 0.2 */
typedef enum {
  GEN_BETTER_NEITHER, /* it depends on what it is of, or is as good as it is like real data's */
  GEN_BETTER_HIGHER,
  GEN_BETTER_LOWER,
} GenBetter;

/* A field of a measurement. Its value is a double for each type; NaN says that this
 * measurement does not have the field, 0 will do for a TEXT that it has. A figure that is due and
 * cannot be given is not left out: its value is GEN_MISSING (as any other that is not finite), and
 * what is told in its place is `missing`, by the name of the field and "-missing". */
typedef struct {
  const char *name;
  GenFieldType type;
  const char *text;
  const char *missing; /* why the figure cannot be given; NULL: it is no finite number */
  GenBetter better;    /* Since: 0.2 */
} GenField;

#define GEN_MISSING ((double)INFINITY)

/* "higher", "lower", or "" where neither is. Since: 0.2 */
GEN_API const char *gen_better_name (GenBetter better);
/* Set a member of `object` to a number, or to null where it is not finite, which JSON has no number
 * for. Since: 0.2 */
GEN_API void gen_json_set_number (JsonObject *object, const char *name, double number);

/* The reason why a field's figure is missing. */
GEN_API const char *gen_field_missing (const GenField *field);

/**
 * GenReport: writes measurements to a file. Adding one takes well under a microsecond, since a
 * thread of the report's own turns them into text and writes them, whole lines at a time and
 * at least twice a second: a process that is killed leaves a file of whole lines, but for one that
 * it may just have been writing, which has no end of line.
 */
typedef struct _GenReport GenReport;

/* Create the file `path`, or empty it, for measurements of `fields`, which are copied. A file has
 * one report at a time. NULL with `error` (G_IO_ERROR or G_FILE_ERROR) when it cannot be written;
 * G_IO_ERROR_BUSY when another report, of this process or another one, is being written there,
 * which is left as it is. */
GEN_API GenReport *gen_report_new (
    const char *path, const GenField *fields, guint n_fields, GError **error);

/* What is added from now on has other `fields`, which are copied. What was added before is
 * written. */
GEN_API void gen_report_set_fields (GenReport *report, const GenField *fields, guint n_fields);

/* Add a measurement: `values` has a number for each field; a `pts` of G_MAXUINT64 is none.
 * FALSE with `error` when an earlier one could not be written (disk full): the report takes
 * no more, and says so only once. */
GEN_API gboolean gen_report_add (
    GenReport *report, guint64 frame, guint64 pts, const double *values, GError **error);

/* Write what is left, and {"name":object} as a line of its own: something that happened, or that
 * stands out. FALSE with `error` when something is missing in the file. Since: 0.2 */
GEN_API gboolean gen_report_add_object (
    GenReport *report, const char *name, JsonObject *object, GError **error);

/* Write what is left, and `summary` as a line of its own. A stream that goes on afterwards may
 * add more measurements and another summary. FALSE with `error` when something is missing in the
 * file. */
GEN_API gboolean gen_report_summarise (GenReport *report, JsonObject *summary, GError **error);

/* Write what is left, and close the file. */
GEN_API void gen_report_free (GenReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenReport, gen_report_free)

/**
 * GenTally: mean, standard deviation, least and greatest of a stream of numbers, by Welford's
 * method in double. Zeroed, it is empty. What is not finite is passed over.
 */
typedef struct {
  guint64 count;
  double mean, squares; /* the sum of squared distances from the mean */
  double minimum, maximum;
} GenTally;

GEN_API void gen_tally_add (GenTally *tally, double value);
/* {"mean":…,"standard-deviation":…,"minimum":…,"maximum":…}, of a sample (divided by n - 1).
 * (transfer full) */
GEN_API JsonObject *gen_tally_to_json (const GenTally *tally);

G_END_DECLS
