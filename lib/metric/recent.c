/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Means of figures over the last seconds: measurements queue until they are older. */
#include <generative/recent.h>

#include "metrics.h"

/* Why there is none. */
#define NONE "no frame, or window, of that time has one"

struct _GenRecent {
  double span;
  GArray *fields; /* of GenField: those that have a mean */
  GArray *places; /* of guint: of each, its place among the figures */
  GArray *rows;   /* of double: a row each measurement, its time and the figures of those places */
  guint first;    /* the first row that is not too old */
};

GenRecent *
gen_recent_new (const GenMeter *meter, double span)
{
  GenRecent *recent = g_new0 (GenRecent, 1);
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  recent->span = span;
  recent->fields = g_array_new (FALSE, FALSE, sizeof (GenField));
  recent->places = g_array_new (FALSE, FALSE, sizeof (guint));
  recent->rows = g_array_new (FALSE, FALSE, sizeof (double));
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strconcat (fields[i].name, GEN_RECENT_SUFFIX, NULL);
    const GenField field = { g_intern_string (name), GEN_FIELD_NUMBER, NULL, NONE };

    if (fields[i].type != GEN_FIELD_NUMBER || !gen_meter_is_of_frames (meter, i))
      continue;
    g_array_append_val (recent->fields, field);
    g_array_append_val (recent->places, i);
  }
  return recent;
}

void
gen_recent_free (GenRecent *recent)
{
  if (recent == NULL)
    return;
  g_array_unref (recent->fields);
  g_array_unref (recent->places);
  g_array_unref (recent->rows);
  g_free (recent);
}

const GenField *
gen_recent_fields (const GenRecent *recent, guint *n)
{
  *n = recent->fields->len;
  return (const GenField *)recent->fields->data;
}

void
gen_recent_forget (GenRecent *recent)
{
  g_array_set_size (recent->rows, 0);
  recent->first = 0;
}

/* Rows that are too old make room once they are half of all, so that memory stays flat and no row
 * moves often. */
static void
leave_old (GenRecent *recent, gsize width, double time)
{
  const double *rows = (const double *)recent->rows->data;
  const guint count = (guint)(recent->rows->len / width);

  while (recent->first < count && rows[recent->first * width] <= time - recent->span)
    recent->first++;
  if (2 * recent->first < count)
    return;
  g_array_remove_range (recent->rows, 0, (guint)(recent->first * width));
  recent->first = 0;
}

static double
mean_of (const GenRecent *recent, gsize width, guint place)
{
  const double *rows = (const double *)recent->rows->data;
  const guint count = (guint)(recent->rows->len / width);
  double sum = 0;
  guint known = 0;

  for (guint i = recent->first; i < count; i++) {
    const double value = rows[i * width + 1 + place];

    if (!isfinite (value))
      continue;
    sum += value;
    known++;
  }
  return known > 0 ? sum / known : GEN_MISSING;
}

void
gen_recent_add (GenRecent *recent, double time, const double *values, double *means)
{
  const guint n = recent->places->len;
  const gsize width = 1 + n;

  leave_old (recent, width, time);
  g_array_append_val (recent->rows, time);
  for (guint i = 0; i < n; i++)
    g_array_append_val (recent->rows, values[g_array_index (recent->places, guint, i)]);
  for (guint i = 0; i < n; i++)
    means[i] = mean_of (recent, width, i);
}
