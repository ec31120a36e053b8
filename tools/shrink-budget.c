/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be lost, in a metric. */
#include <math.h>
#include <string.h>

#include "shrink-quality.h"

/* Figures of Quality. */
static const struct {
  const char *name;
  gsize offset;
  gboolean less; /* is better */
} metrics[] = {
  { "frechet", G_STRUCT_OFFSET (Quality, frechet), TRUE },
  { "psnr", G_STRUCT_OFFSET (Quality, psnr), FALSE },
  { "sqnr", G_STRUCT_OFFSET (Quality, sqnr), FALSE },
};

static gboolean
fail (GError **error, const char *text, const char *why)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--budget '%s': %s; \"frechet<3%%\" is at most so much worse than it was, \"frechet<0.5\", "
      "\"psnr>40\" and \"sqnr>20\" are bounds",
      text, why);
  return FALSE;
}

static int
find_metric (const char *text, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    if (strlen (metrics[i].name) == length && strncmp (metrics[i].name, text, length) == 0)
      return (int)i;
  return -1;
}

gboolean
budget_parse (Budget *budget, const char *text, GError **error)
{
  const gsize length = strcspn (text, "<>");
  const int metric = find_metric (text, length);
  char *end;

  if (metric < 0 || text[length] == '\0')
    return fail (error, text, "it should name frechet, psnr or sqnr, and < or > behind it");
  if ((text[length] == '<') != metrics[metric].less)
    return fail (error, text, metrics[metric].less ? "less is better" : "more is better");
  *budget = (Budget){ .metric = metrics[metric].name };
  budget->limit = g_ascii_strtod (text + length + 1, &end);
  budget->relative = *end == '%';
  if (end == text + length + 1 || end[budget->relative] != '\0' || !(budget->limit >= 0))
    return fail (error, text, "a number that is not negative should stand behind");
  if (budget->relative && !metrics[metric].less)
    return fail (error, text, "it has no value before, of which there are hundredths");
  return TRUE;
}

gboolean
budget_keeps (const Budget *budget, const Quality *before, const Quality *now)
{
  const int metric = find_metric (budget->metric, strlen (budget->metric));
  const double was = G_STRUCT_MEMBER (double, before, metrics[metric].offset);
  const double is = G_STRUCT_MEMBER (double, now, metrics[metric].offset);

  if (!metrics[metric].less)
    return is >= budget->limit;
  return is <= (budget->relative ? was * (1 + budget->limit / 100) : budget->limit);
}
