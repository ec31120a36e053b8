/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bias has found: as JSON, which a report takes as well, and of that a table. */
#include "bias.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/base/json-members.h"
#include "command.h"

/* Classes that are named in a sentence. */
#define NAMED 5

/* --- JSON --- */

static void
set_interval (JsonObject *object, const char *name, double lower, double upper)
{
  JsonArray *interval;

  if (!isfinite (lower) || !isfinite (upper))
    return;
  interval = json_array_new ();
  json_array_add_double_element (interval, lower);
  json_array_add_double_element (interval, upper);
  json_object_set_array_member (object, name, interval);
}

static JsonObject *
describe_group (const GenGroup *group, const GenGroupResult *result)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "samples", group->n);
  gen_json_set_finite (object, "mean", result->mean);
  set_interval (object, "interval", result->lower, result->upper);
  gen_json_set_finite (object, "difference", result->difference);
  set_interval (object, "difference-interval", result->difference_lower, result->difference_upper);
  gen_json_set_finite (object, "p", result->p);
  gen_json_set_finite (object, "p-adjusted", result->adjusted);
  json_object_set_string_member (object, "verdict", gen_group_verdict_name (result->verdict));
  return object;
}

static char *
list_names (JsonObject *groups, const char *verdict)
{
  GString *text = g_string_new (NULL);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  guint n = 0;

  json_object_iter_init_ordered (&iter, groups);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (g_strcmp0 (gen_json_text_in (json_node_get_object (node), "verdict"), verdict) == 0 &&
        n++ < NAMED)
      g_string_append_printf (text, "%s%s", n > 1 ? ", " : "", name);
  if (n > NAMED)
    g_string_append_printf (text, " and %u more", n - NAMED);
  return g_string_free (text, FALSE);
}

/* Who is served worse, or why that cannot be said. (transfer full) */
static char *
make_sentence (JsonObject *groups, const GenGroupSettings *settings)
{
  g_autofree char *best = list_names (groups, gen_group_verdict_name (GEN_GROUP_BEST));
  g_autofree char *worse = list_names (groups, gen_group_verdict_name (GEN_GROUP_WORSE));
  g_autofree char *few = list_names (groups, gen_group_verdict_name (GEN_GROUP_TOO_FEW));
  GString *text = g_string_new (NULL);

  if (*best == '\0')
    g_string_append_printf (text,
        "nothing can be said: fewer than two groups have %u samples or more", settings->least);
  else if (*worse != '\0')
    g_string_append_printf (text, "served worse than %s: %s", best, worse);
  else
    g_string_append_printf (
        text, "no group can be told to be served worse than %s by so many samples", best);
  if (*few != '\0' && *best != '\0')
    g_string_append_printf (
        text, "; nothing is said of %s, of fewer than %u samples", few, settings->least);
  return g_string_free (text, FALSE);
}

/* The mean of all values together, with its interval; nothing where errors alone are known. */
static void
describe_all (JsonObject *object, const BiasFigure *figure, const GenGroupSettings *settings)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (JsonObject) all = NULL;
  GenGroupResult result;
  GenGroup group;

  for (guint i = 0; figure->values != NULL && i < figure->values->len; i++) {
    const GArray *some = figure->values->pdata[i];

    if (some->len > 0)
      g_array_append_vals (values, some->data, some->len);
  }
  if (values->len == 0)
    return;
  group = (GenGroup){ .values = (const double *)(const void *)values->data, .n = values->len };
  gen_groups_compare (&group, 1, figure->better, settings, &result);
  all = json_object_new ();
  json_object_set_int_member (all, "samples", group.n);
  gen_json_set_finite (all, "mean", result.mean);
  set_interval (all, "interval", result.lower, result.upper);
  json_object_set_object_member (object, "all", json_object_ref (all));
}

/* A figure while it is told of. */
typedef struct {
  const BiasFigure *figure;
  GenGroup *groups;
  GenGroupResult *results;
} Told;

static int
compare_groups (gconstpointer a, gconstpointer b)
{
  return strcmp (((const GenGroup *)a)->name, ((const GenGroup *)b)->name);
}

/* By their names, whatever came first. */
static GenGroup *
list_groups (const BiasSet *set, const BiasFigure *figure)
{
  GenGroup *groups = g_new0 (GenGroup, set->groups->len);

  for (guint i = 0; i < set->groups->len; i++) {
    groups[i].name = set->groups->pdata[i];
    if (figure->values != NULL && i < figure->values->len) {
      const GArray *values = figure->values->pdata[i];

      groups[i].values = (const double *)(const void *)values->data;
      groups[i].n = values->len;
    } else if (figure->means != NULL && i < figure->means->len) {
      const BiasMean *mean = &g_array_index (figure->means, BiasMean, i);

      groups[i].mean = mean->mean;
      groups[i].standard_error = mean->standard_error;
      groups[i].n = mean->n;
      groups[i].degrees = mean->degrees;
    }
  }
  qsort (groups, set->groups->len, sizeof *groups, compare_groups);
  return groups;
}

static guint
count_samples (const GenGroup *groups, guint n)
{
  guint samples = 0;

  for (guint i = 0; i < n; i++)
    samples += groups[i].n;
  return samples;
}

/* Of all samples together. */
static double
mean_of_all (const GenGroup *groups, const GenGroupResult *results, guint n)
{
  double sum = 0, count = 0;

  for (guint i = 0; i < n; i++)
    if (groups[i].n > 0) {
      sum += results[i].mean * groups[i].n;
      count += groups[i].n;
    }
  return count > 0 ? sum / count : (double)NAN;
}

static JsonObject *
describe_settings (const char *by, const GenGroupSettings *settings, guint tests)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "by", by);
  json_object_set_double_member (object, "confidence", settings->confidence);
  json_object_set_int_member (object, "least-samples", settings->least);
  json_object_set_int_member (object, "resamples", settings->resamples);
  json_object_set_int_member (object, "permutations", settings->permutations);
  json_object_set_int_member (object, "seed", (gint64)settings->seed);
  json_object_set_string_member (object, "adjustment", "Holm");
  json_object_set_int_member (object, "tests", tests);
  return object;
}

static void
describe_figure (
    JsonObject *all, JsonObject *bias, const Told *told, guint n, const GenGroupSettings *settings)
{
  JsonObject *object = json_object_new (), *groups = json_object_new ();
  g_autofree char *sentence = NULL;

  for (guint i = 0; i < n; i++) {
    if (told->groups[i].n == 0)
      continue;
    json_object_set_object_member (
        groups, told->groups[i].name, describe_group (&told->groups[i], &told->results[i]));
  }
  sentence = make_sentence (groups, settings);
  gen_json_set_finite (all, told->figure->name, mean_of_all (told->groups, told->results, n));
  json_object_set_string_member (object, "better", gen_better_name (told->figure->better));
  describe_all (object, told->figure, settings);
  json_object_set_object_member (object, "groups", groups);
  json_object_set_string_member (object, "verdict", sentence);
  json_object_set_object_member (bias, told->figure->name, object);
}

JsonObject *
bias_describe (const BiasSet *set, const char *by, const GenGroupSettings *settings)
{
  const guint n = set->groups->len, m = set->figures->len;
  JsonObject *all = json_object_new (), *bias = json_object_new (), *figures = json_object_new ();
  g_autofree Told *told = g_new (Told, m);
  g_autoptr (GPtrArray) results = g_ptr_array_new ();
  guint tests = 0, samples = 0;

  for (guint f = 0; f < m; f++) {
    told[f].figure = set->figures->pdata[f];
    told[f].groups = list_groups (set, told[f].figure);
    told[f].results = g_new (GenGroupResult, n);
    gen_groups_compare (told[f].groups, n, told[f].figure->better, settings, told[f].results);
    for (guint i = 0; i < n; i++) {
      g_ptr_array_add (results, &told[f].results[i]);
      tests += !isnan (told[f].results[i].p);
    }
    samples = MAX (samples, count_samples (told[f].groups, n));
  }
  gen_groups_judge ((GenGroupResult *const *)results->pdata, results->len, settings);
  for (guint f = 0; f < m; f++) {
    describe_figure (all, figures, &told[f], n, settings);
    g_free (told[f].groups);
    g_free (told[f].results);
  }
  json_object_set_int_member (all, "samples", samples);
  json_object_set_object_member (bias, "settings", describe_settings (by, settings, tests));
  if (set->ungrouped > 0)
    json_object_set_int_member (bias, "of-no-group", set->ungrouped);
  json_object_set_object_member (bias, "figures", figures);
  json_object_set_object_member (all, "bias", bias);
  return all;
}

/* --- text --- */

static void
print_padded (const char *text, int width)
{
  g_print ("%s%*s", text, MAX (width - (int)g_utf8_strlen (text, -1), 1), "");
}

static char *
interval_text (JsonObject *group, const char *number, const char *interval)
{
  const double value = gen_json_number_in (group, number);
  double ends[2];

  if (!isfinite (value))
    return g_strdup ("-");
  if (!gen_json_interval_in (group, interval, ends))
    return g_strdup_printf ("%.4g", value);
  return g_strdup_printf ("%.4g [%.4g, %.4g]", value, ends[0], ends[1]);
}

/* What a file says may be missing, and may have lines in it. (transfer full) */
static char *
word_in (JsonObject *object, const char *name)
{
  const char *text = gen_json_text_in (object, name);

  return command_escape (text != NULL ? text : "?");
}

static void
print_group (const char *name, JsonObject *group)
{
  g_autofree char *escaped = command_escape (name);
  g_autofree char *mean = interval_text (group, "mean", "interval");
  g_autofree char *difference = interval_text (group, "difference", "difference-interval");
  g_autofree char *verdict = word_in (group, "verdict");
  const double p = gen_json_number_in (group, "p-adjusted");

  print_padded (escaped, 20);
  g_print (" %8.0f  ", gen_json_number_in (group, "samples"));
  print_padded (mean, 28);
  print_padded (difference, 28);
  if (isfinite (p))
    g_print ("%-9.2g", p);
  else
    g_print ("%-9s", "-");
  g_print ("%s\n", verdict);
}

static void
print_figure (const char *name, JsonObject *figure)
{
  g_autofree char *escaped = command_escape (name), *better = word_in (figure, "better");
  g_autofree char *verdict = word_in (figure, "verdict");
  JsonObject *groups = gen_json_object_in (figure, "groups");
  JsonObjectIter iter;
  const char *group;
  JsonNode *node;

  if (groups == NULL)
    return;
  g_print ("%s (%s is better)\n", escaped, better);
  g_print ("%-20s %8s  %-28s%-28s%-9s%s\n", "group", "samples", "mean", "behind the best",
      "p, Holm", "");
  json_object_iter_init_ordered (&iter, groups);
  while (json_object_iter_next_ordered (&iter, &group, &node))
    print_group (group, gen_json_object_in (groups, group));
  g_print ("%s: %s\n\n", escaped, verdict);
}

void
bias_print (JsonObject *described)
{
  JsonObject *bias = gen_json_object_in (described, "bias");
  JsonObject *figures = gen_json_object_in (bias, "figures"),
             *settings = gen_json_object_in (bias, "settings");
  g_autofree char *by = word_in (settings, "by");
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (figures == NULL)
    return;
  json_object_iter_init_ordered (&iter, figures);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    print_figure (name, gen_json_object_in (figures, name));
  g_print ("By %s. Intervals of %.0f%% by %.0f resamples; p of %.0f tests, adjusted by Holm.\n", by,
      100 * gen_json_number_in (settings, "confidence"), gen_json_number_in (settings, "resamples"),
      gen_json_number_in (settings, "tests"));
  if (isfinite (gen_json_number_in (bias, "of-no-group")))
    command_warn ("%.0f samples are of no group, or of a class that is not known, and do not count",
        gen_json_number_in (bias, "of-no-group"));
}
