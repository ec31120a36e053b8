/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Means of figures over the last seconds: measurements queue until they are older. Nothing is ever
 * taken off a sum, in which what a great number has displaced would be lost for good. The queue has
 * two parts: a row of the older one has the sums from it to that part's end, and of the younger one
 * there is the sum of all. Where the older part has gone, the younger one becomes it. So each
 * measurement is added twice, however long the time is. */
#include <generative/recent.h>

#include "metrics.h"

/* Why there is none. */
#define NONE "no frame, or window, of that time has one"

/* Of a figure: those that are known, in the order that rows have them in. */
typedef struct {
  double sum, count;
} Sum;

struct _GenRecent {
  double span;
  GArray *fields;  /* of GenField: those that have a mean */
  GArray *places;  /* of guint: of each, its place among the figures */
  GArray *times;   /* of double: of the measurements */
  GArray *sums;    /* of Sum: of each measurement one for each figure */
  guint first;     /* the first measurement that is not too old */
  guint younger;   /* where the younger part begins */
  Sum *of_younger; /* one for each figure */
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
  recent->times = g_array_new (FALSE, FALSE, sizeof (double));
  recent->sums = g_array_new (FALSE, FALSE, sizeof (Sum));
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strconcat (fields[i].name, GEN_RECENT_SUFFIX, NULL);
    const GenField field = { g_intern_string (name), GEN_FIELD_NUMBER, NULL, NONE };

    if (fields[i].type != GEN_FIELD_NUMBER || !gen_meter_is_of_frames (meter, i))
      continue;
    g_array_append_val (recent->fields, field);
    g_array_append_val (recent->places, i);
  }
  recent->of_younger = g_new0 (Sum, recent->places->len);
  return recent;
}

void
gen_recent_free (GenRecent *recent)
{
  if (recent == NULL)
    return;
  g_array_unref (recent->fields);
  g_array_unref (recent->places);
  g_array_unref (recent->times);
  g_array_unref (recent->sums);
  g_free (recent->of_younger);
  g_free (recent);
}

const GenField *
gen_recent_fields (const GenRecent *recent, guint *n)
{
  *n = recent->fields->len;
  return (const GenField *)recent->fields->data;
}

static void
begin_younger (GenRecent *recent)
{
  recent->younger = recent->times->len;
  for (guint i = 0; i < recent->places->len; i++)
    recent->of_younger[i] = (Sum){ 0 };
}

void
gen_recent_forget (GenRecent *recent)
{
  g_array_set_size (recent->times, 0);
  g_array_set_size (recent->sums, 0);
  recent->first = 0;
  begin_younger (recent);
}

static Sum *
sums_of (const GenRecent *recent, guint measurement)
{
  return &g_array_index (recent->sums, Sum, (gsize)measurement * recent->places->len);
}

/* The younger part becomes the older one. */
static void
turn (GenRecent *recent)
{
  const guint n = recent->places->len, end = recent->times->len;

  for (guint row = end - 1; row-- > recent->younger;) {
    Sum *sums = sums_of (recent, row);
    const Sum *next = sums + n;

    for (guint i = 0; i < n; i++) {
      sums[i].sum += next[i].sum;
      sums[i].count += next[i].count;
    }
  }
  begin_younger (recent);
}

/* What is too old makes room once it is half of all, so that memory stays flat and nothing moves
 * often. */
static void
leave_old (GenRecent *recent, double time)
{
  const guint n = recent->places->len, count = recent->times->len;

  while (recent->first < count &&
         g_array_index (recent->times, double, recent->first) <= time - recent->span) {
    if (recent->first == recent->younger)
      turn (recent);
    recent->first++;
  }
  if (recent->first == 0 || 2 * recent->first < count)
    return;
  g_array_remove_range (recent->times, 0, recent->first);
  g_array_remove_range (recent->sums, 0, recent->first * n);
  recent->younger -= recent->first;
  recent->first = 0;
}

static double
mean_of (const GenRecent *recent, guint i)
{
  Sum all = recent->of_younger[i];

  if (recent->first < recent->younger) {
    const Sum *older = sums_of (recent, recent->first) + i;

    all.sum += older->sum;
    all.count += older->count;
  }
  return all.count > 0 ? all.sum / all.count : GEN_MISSING;
}

void
gen_recent_add (GenRecent *recent, double time, const double *values, double *means)
{
  leave_old (recent, time);
  g_array_append_val (recent->times, time);
  for (guint i = 0; i < recent->places->len; i++) {
    const double value = values[g_array_index (recent->places, guint, i)];
    const Sum sum = isfinite (value) ? (Sum){ value, 1 } : (Sum){ 0 };

    g_array_append_val (recent->sums, sum);
    recent->of_younger[i].sum += sum.sum;
    recent->of_younger[i].count += sum.count;
  }
  for (guint i = 0; i < recent->places->len; i++)
    means[i] = mean_of (recent, i);
}
