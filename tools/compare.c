/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model compare: how one set of samples differs from another, by every metric of
 * distributions that features alone will do for. */
#include <math.h>
#include <string.h>

#include "command.h"
#include "compare-pairs.h"
#include "compare-statistics.h"
#include "feature-set.h"
#include "training-data.h"

/* Of a normal distribution, 95 % is within so many deviations. */
#define INTERVAL 1.96

typedef struct {
  char *metrics, *embedder, *resizing;
  gint64 seed;
  int halves;
  gboolean json, pairs;
  JsonObject *said[2]; /* of the samples and of the reference */
  FeatureSet samples, reference;
  GenTally *spread; /* of a figure each, over halves */
} Comparison;

static void
comparison_clear (Comparison *comparison)
{
  g_free (comparison->metrics);
  g_free (comparison->embedder);
  g_free (comparison->resizing);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&comparison->said[i], json_object_unref);
  feature_set_clear (&comparison->samples);
  feature_set_clear (&comparison->reference);
  g_free (comparison->spread);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Comparison, comparison_clear)

/* --- what is measured --- */

/* Those that features alone will do for. (transfer full) */
static char *
list_metrics (gboolean all)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++)
    if ((*m)->needs_features && !(*m)->needs_labels && (all || !(*m)->needs_classifier))
      g_string_append_printf (names, "%s%s", names->len > 0 ? "," : "", (*m)->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* (transfer full) */
static char *
list_pair_metrics (void)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++)
    if ((*m)->judge != NULL)
      g_string_append_printf (names, "%s%s", names->len > 0 ? "," : "", (*m)->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static GenMeter *
open_meter (const Comparison *comparison, GError **error)
{
  g_autofree char *all = list_metrics (FALSE);
  const GenMeterSettings settings = {
    .metrics = comparison->metrics != NULL ? comparison->metrics : all,
    .features_name = comparison->samples.features,
    .seed = (guint64)comparison->seed,
    .has_reference = TRUE,
  };

  return gen_meter_new (&settings, error);
}

/* All rows, or those that are drawn into half `half` of them. */
static gboolean
take_rows (GenMeter *meter, const GenFeatureRows *rows, gboolean reference, const GenRandom *random,
    guint64 half, GError **error)
{
  const guint n = random != NULL ? rows->n / 2 : rows->n;
  g_autofree guint32 *order = g_new (guint32, rows->n);

  if (random != NULL)
    gen_random_permutation (random, half, order, rows->n);
  for (guint i = 0; i < n; i++) {
    const float *row = gen_feature_rows_at (rows, random != NULL ? order[i] : i);

    if (!gen_meter_take_features (meter, row, rows->length, -1, reference, error))
      return FALSE;
  }
  return TRUE;
}

/* --- how sure it is --- */

static gboolean
measure_half (Comparison *comparison, guint64 half, GError **error)
{
  const GenRandom samples = gen_random_new ((guint64)comparison->seed, "halves", 0);
  const GenRandom reference = gen_random_new ((guint64)comparison->seed, "halves", 1);
  g_autoptr (GenMeter) meter = open_meter (comparison, error);
  g_autoptr (JsonObject) summary = NULL;
  const GenField *fields;
  guint n;

  if (meter == NULL ||
      !take_rows (meter, &comparison->reference.rows, TRUE, &reference, half, error) ||
      !take_rows (meter, &comparison->samples.rows, FALSE, &samples, half, error) ||
      (summary = gen_meter_summarise (meter, error)) == NULL)
    return FALSE;
  fields = gen_meter_fields (meter, &n);
  if (comparison->spread == NULL)
    comparison->spread = g_new0 (GenTally, n);
  for (guint i = 0; i < n; i++)
    if (fields[i].type == GEN_FIELD_NUMBER)
      gen_tally_add (&comparison->spread[i],
          json_object_get_double_member_with_default (summary, fields[i].name, NAN));
  return TRUE;
}

/* The standard error of figure `i`: the deviation over halves of the set is that of the whole,
 * since a half is as much less as it shares with the others (the delete-half jackknife; Shao and
 * Wu, "A general theory for jackknife variance estimation", 1989). NaN where it is not known. */
static double
find_standard_error (const Comparison *comparison, guint i)
{
  const GenTally *tally = comparison->spread != NULL ? &comparison->spread[i] : NULL;

  return tally != NULL && tally->count > 1 ? sqrt (tally->squares / (double)(tally->count - 1))
                                           : NAN;
}

/* --- what is told --- */

static void
print_json (const Comparison *comparison, const GenMeter *meter, JsonObject *summary)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), summary);
  g_autofree char *text = NULL;
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  for (guint i = 0; i < n; i++) {
    const double deviation = find_standard_error (comparison, i);
    g_autofree char *name = g_strconcat (fields[i].name, "-standard-error", NULL);

    if (!isnan (deviation))
      json_object_set_double_member (summary, name, deviation);
  }
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}

static void
print_text (const Comparison *comparison, const GenMeter *meter, JsonObject *summary)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);
  g_autofree char *doubts = gen_meter_describe_doubts (meter);

  g_print ("%u samples and %u of the reference, by %s\n\n", comparison->samples.rows.n,
      comparison->reference.rows.n, comparison->samples.features);
  for (guint i = 0; i < n; i++) {
    const double deviation = find_standard_error (comparison, i);

    if (fields[i].type != GEN_FIELD_NUMBER || !json_object_has_member (summary, fields[i].name))
      continue;
    if (json_object_get_null_member (summary, fields[i].name))
      g_print ("%-28s %s\n", fields[i].name, gen_field_missing (&fields[i]));
    else if (isnan (deviation))
      g_print (
          "%-28s %.6g\n", fields[i].name, json_object_get_double_member (summary, fields[i].name));
    else
      g_print ("%-28s %.6g ± %.2g\n", fields[i].name,
          json_object_get_double_member (summary, fields[i].name), INTERVAL * deviation);
  }
  if (doubts != NULL)
    command_warn ("%s", doubts);
}

/* --- all of it --- */

/* One of the sets is known by its statistics alone. */
static gboolean
compare_by_statistics (Comparison *comparison, const char *const *locations, GError **error)
{
  const FeatureSetSettings settings[] = {
    { comparison->embedder, comparison->resizing, comparison->said[0], (guint64)comparison->seed,
        "samples", NULL },
    { comparison->embedder, comparison->resizing, comparison->said[1], (guint64)comparison->seed,
        "reference", NULL },
  };

  if (comparison->halves == 0)
    return compare_statistics (locations, settings, comparison->metrics, comparison->json, error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--halves takes halves of the samples, of which a file of statistics knows nothing: name the "
      "samples themselves");
  return FALSE;
}

static gboolean
read_sets (Comparison *comparison, const char *samples, const char *reference, GError **error)
{
  FeatureSetSettings settings = { comparison->embedder, comparison->resizing, comparison->said[1],
    (guint64)comparison->seed, "reference", NULL };

  if (!feature_set_read (&comparison->reference, reference, &settings, NULL, error))
    return FALSE;
  settings.said = comparison->said[0];
  settings.name = "samples";
  return feature_set_read (
      &comparison->samples, samples, &settings, &comparison->reference.format, error);
}

static gboolean
check_sets (const Comparison *comparison, GError **error)
{
  const FeatureSet *samples = &comparison->samples, *reference = &comparison->reference;

  if (samples->rows.length == reference->rows.length &&
      (samples->format.medium == NULL || reference->format.medium == NULL ||
          g_str_equal (samples->features, reference->features)))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "the samples are known by %d features (%s), and the reference by %d (%s): they must be the "
      "same",
      samples->rows.length, samples->features, reference->rows.length, reference->features);
  return FALSE;
}

static gboolean
compare (Comparison *comparison, GError **error)
{
  g_autoptr (GenMeter) meter = NULL;
  g_autoptr (JsonObject) summary = NULL;

  if (!check_sets (comparison, error) || (meter = open_meter (comparison, error)) == NULL ||
      !take_rows (meter, &comparison->reference.rows, TRUE, NULL, 0, error) ||
      !take_rows (meter, &comparison->samples.rows, FALSE, NULL, 0, error) ||
      (summary = gen_meter_summarise (meter, error)) == NULL)
    return FALSE;
  for (int i = 0; i < comparison->halves; i++)
    if (!measure_half (comparison, (guint64)i, error))
      return FALSE;
  (comparison->json ? print_json : print_text) (comparison, meter, summary);
  return TRUE;
}

/* Of one set where its name is in front, else of both. */
static gboolean
say (Comparison *comparison, const char *name, const char *value, GError **error)
{
  static const char *const sets[] = { "samples.", "reference." };

  for (int i = 0; i < 2; i++)
    if (g_str_has_prefix (name, sets[i]))
      return training_data_say (comparison->said[i], name + strlen (sets[i]), value, error);
  return training_data_say (comparison->said[0], name, value, error) &&
         training_data_say (comparison->said[1], name, value, error);
}

static gboolean
read_said (Comparison *comparison, char **arguments, GError **error)
{
  for (int i = 0; i < 2; i++)
    comparison->said[i] = json_object_new ();
  for (char **text = arguments; *text != NULL; text++) {
    g_auto (GStrv) parts = g_strsplit (*text, "=", 2);

    if (parts[1] != NULL && say (comparison, parts[0], parts[1], error))
      continue;
    if (parts[1] == NULL)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "NAME=VALUE is wanted behind the two sets");
    g_prefix_error (error, "%s: ", *text);
    return FALSE;
  }
  return TRUE;
}

static char *
describe (void)
{
  g_autofree char *all = list_metrics (TRUE), *pairs = list_pair_metrics ();
  GString *text = g_string_new (NULL);

  g_string_printf (text,
      "A set is what datasetsrc reads, a folder of pictures or sounds, a sheet, an archive, or a "
      "matrix\nof features (.npy), or for frechet alone a file of statistics (.npz). The samples "
      "are made like the reference's first one. What comes "
      "behind is said\nof both, or of the one whose name is in front:\n\n"
      "  generative-model compare made real width=64 height=64 reference.split=test\n\n"
      "Metrics: %s\nof pairs: %s\n\nNames:\n",
      all, pairs);
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static gboolean
compare_sets (Comparison *comparison, const char *const *locations, GError **error)
{
  if (comparison->pairs)
    return compare_pairs (
        locations, comparison->said, comparison->metrics, comparison->json, error);
  if (statistics_are_in (locations[0]) || statistics_are_in (locations[1]))
    return compare_by_statistics (comparison, locations, error);
  return read_sets (comparison, locations[0], locations[1], error) && compare (comparison, error);
}

static int
run (int argc, char **argv)
{
  g_auto (Comparison) comparison = { 0 };
  const GOptionEntry entries[] = {
    { "metrics", 'm', 0, G_OPTION_ARG_STRING, &comparison.metrics,
        "What to measure, with commas between (all but inception-score)", "NAMES" },
    { "embedder", 'e', 0, G_OPTION_ARG_FILENAME, &comparison.embedder,
        "Features to compare by: a name, or an ONNX file", "NAME|FILE" },
    { "resizing", 'r', 0, G_OPTION_ARG_STRING, &comparison.resizing, resizing_text (), "NAME" },
    { "halves", 'c', 0, G_OPTION_ARG_INT, &comparison.halves,
        "Find 95% intervals by so many random halves of both (0: none)", "N" },
    { "pairs", 'p', 0, G_OPTION_ARG_NONE, &comparison.pairs,
        "Judge each sample by the one of the same place in the reference, what it should be",
        NULL },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &comparison.seed, "Of what is drawn by chance", "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &comparison.json, "Print JSON", NULL },
    { NULL },
  };
  g_autofree char *details = describe ();
  g_autoptr (GError) error = NULL;

  if (!command_parse (&command_compare, entries, details, 2, -1, &argc, &argv))
    return STATUS_USAGE;
  if (comparison.halves < 0 || comparison.halves == 1) {
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--halves is %d, which should be 0, or 2 or more", comparison.halves);
    return command_fail (g_steal_pointer (&error));
  }
  if (!read_said (&comparison, argv + 3, &error))
    return command_fail (g_steal_pointer (&error));
  if (!compare_sets (&comparison, (const char *const[]){ argv[1], argv[2] }, &error))
    return command_fail (g_steal_pointer (&error));
  return STATUS_FINE;
}

const Command command_compare = {
  .name = "compare",
  .arguments = "SAMPLES REFERENCE [NAME=VALUE…]",
  .summary = "Say how one set of samples differs from another",
  .run = run,
};
