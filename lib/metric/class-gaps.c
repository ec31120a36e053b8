/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far the figures of classes lie apart: the greatest less the least, and whose they are. It is
 * the plainest measure of whether one class is served worse than another, and has a bias: of more
 * classes, and of smaller ones, it is larger by chance. */
#include <math.h>

#include "classes.h"

/* Classes of which one has so many times the samples of another are measured unequally. */
#define UNEQUAL 2

typedef struct {
  guint least, most; /* classes */
  guint n;           /* that have the figure */
} Ends;

static Ends
find_ends (const GenClassFigures *classes, guint n, guint field)
{
  Ends ends = { 0 };

  for (guint c = 0; c < n; c++) {
    const double value = classes[c].values[field];

    if (!isfinite (value))
      continue;
    if (ends.n == 0 || value < classes[ends.least].values[field])
      ends.least = c;
    if (ends.n == 0 || value > classes[ends.most].values[field])
      ends.most = c;
    ends.n++;
  }
  return ends;
}

static JsonObject *
describe_gap (const GenClassFigures *classes, const Ends *ends, const GenField *field, guint f)
{
  const double minimum = classes[ends->least].values[f], maximum = classes[ends->most].values[f];
  const gboolean most_is_best = field->better == GEN_BETTER_HIGHER;
  JsonObject *gap = json_object_new ();

  json_object_set_double_member (gap, "gap", maximum - minimum);
  json_object_set_double_member (gap, "minimum", minimum);
  json_object_set_string_member (gap, "lowest", classes[ends->least].name);
  json_object_set_double_member (gap, "maximum", maximum);
  json_object_set_string_member (gap, "highest", classes[ends->most].name);
  json_object_set_int_member (gap, "classes", ends->n);
  if (field->better == GEN_BETTER_NEITHER || minimum == maximum)
    return gap;
  json_object_set_string_member (
      gap, "best", classes[most_is_best ? ends->most : ends->least].name);
  json_object_set_string_member (
      gap, "worst", classes[most_is_best ? ends->least : ends->most].name);
  return gap;
}

JsonObject *
gen_class_gaps (const GenClassFigures *classes, guint n, const GenField *fields, guint n_fields)
{
  JsonObject *gaps = json_object_new ();

  for (guint f = 0; f < n_fields; f++) {
    const Ends ends = find_ends (classes, n, f);

    if (fields[f].type == GEN_FIELD_NUMBER && ends.n >= 2)
      json_object_set_object_member (
          gaps, fields[f].name, describe_gap (classes, &ends, &fields[f], f));
  }
  return gaps;
}

char *
gen_class_gaps_describe_doubt (const GenClassFigures *classes, guint n)
{
  const GenClassFigures *least = NULL, *most = NULL;

  for (guint c = 0; c < n; c++) {
    if (classes[c].samples == 0)
      continue;
    if (least == NULL || classes[c].samples < least->samples)
      least = &classes[c];
    if (most == NULL || classes[c].samples > most->samples)
      most = &classes[c];
  }
  if (least == NULL || most->samples < UNEQUAL * least->samples)
    return NULL;
  return g_strdup_printf ("classes have from %" G_GUINT64_FORMAT " (%s) to %" G_GUINT64_FORMAT
                          " samples (%s), and most figures of sets hang on how many there are: of "
                          "these, compare kernel-distance and frechet-infinity, or take as many of "
                          "each class",
      least->samples, least->name, most->samples, most->name);
}
