/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model compare: how one set of samples differs from another, by every metric of
 * distributions that features alone will do for. */
#include <math.h>
#include <string.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "compare-classes.h"
#include "compare-pairs.h"
#include "compare-statistics.h"
#include "compare-texts.h"
#include "feature-set.h"
#include "interval.h"
#include "training-data.h"

/* Pairs that are shown where people read. */
#define PAIRS_SHOWN 5

typedef struct {
  char *metrics, *embedder, *resizing, *scorer, *language_model;
  gint64 seed;
  int halves;
  char *of_features, *of_texts; /* which metrics look at what */
  gboolean json, pairs, by_class;
  JsonObject *said[2]; /* of the samples and of the reference */
  FeatureSet samples, reference;
  Classes classes;
  GenTally *spread; /* of a figure each, over halves */
  ClassSpread *class_spread;
} Comparison;

static void
comparison_clear (Comparison *comparison)
{
  g_free (comparison->metrics);
  g_free (comparison->embedder);
  g_free (comparison->resizing);
  g_free (comparison->language_model);
  g_free (comparison->of_features);
  g_free (comparison->of_texts);
  g_free (comparison->scorer);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&comparison->said[i], json_object_unref);
  feature_set_clear (&comparison->samples);
  feature_set_clear (&comparison->reference);
  classes_clear (&comparison->classes);
  g_free (comparison->spread);
  class_spread_free (comparison->class_spread);
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

/* Those that look at texts themselves. (transfer full) */
static char *
list_text_metrics (gboolean all)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++)
    if ((*m)->medium == &gen_medium_text && (all || !(*m)->needs_language_model))
      g_string_append_printf (names, "%s%s", names->len > 0 ? "," : "", (*m)->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* Those that were named, or all, by what they look at. */
static gboolean
sort_metrics (Comparison *comparison, GError **error)
{
  g_autoptr (GString) of_features = g_string_new (NULL), of_texts = g_string_new (NULL);
  g_auto (GStrv) names =
      g_strsplit (comparison->metrics != NULL ? comparison->metrics : "", ",", -1);

  if (comparison->metrics == NULL) {
    comparison->of_features = list_metrics (FALSE);
    comparison->of_texts = list_text_metrics (comparison->language_model != NULL);
    return TRUE;
  }
  for (char **name = names; *name != NULL; name++) {
    const GenMetric *metric = gen_metric_find (g_strstrip (*name), error);
    GString *list;

    if (metric == NULL)
      return FALSE;
    list = metric->medium == &gen_medium_text ? of_texts : of_features;
    g_string_append_printf (list, "%s%s", list->len > 0 ? "," : "", metric->name);
  }
  comparison->of_features = g_strdup (of_features->str);
  comparison->of_texts = g_strdup (of_texts->str);
  return TRUE;
}

/* (transfer full) */
static char *
list_pair_metrics (void)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++)
    if (gen_metric_is_of_pairs (*m) && (*m)->reference_medium == NULL)
      g_string_append_printf (names, "%s%s", names->len > 0 ? "," : "", (*m)->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static GenMeter *
open_meter (const Comparison *comparison, GError **error)
{
  const GenMeterSettings settings = {
    .metrics = comparison->of_features,
    .features_name = comparison->samples.features,
    .seed = (guint64)comparison->seed,
    .has_reference = TRUE,
    .classes = comparison->by_class,
    .class_names =
        comparison->by_class ? (const char *const *)comparison->classes.names->pdata : NULL,
  };

  return gen_meter_new (&settings, error);
}

/* All rows, or those that are drawn into half `half` of them. */
static gboolean
take_rows (const Comparison *comparison, GenMeter *meter, gboolean reference,
    const GenRandom *random, guint64 half, GError **error)
{
  const FeatureSet *set = reference ? &comparison->reference : &comparison->samples;
  const GenFeatureRows *rows = &set->rows;
  const guint n = random != NULL ? rows->n / 2 : rows->n;
  g_autofree guint32 *order = g_new (guint32, rows->n);

  if (random != NULL)
    gen_random_permutation (random, half, order, rows->n);
  for (guint i = 0; i < n; i++) {
    const guint place = random != NULL ? order[i] : i;

    gen_meter_name_next (meter, set->names->pdata[place]);
    if (!gen_meter_take_features (meter, gen_feature_rows_at (rows, place), rows->length,
            classes_find (&comparison->classes, set, reference, place), reference, error))
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

  if (meter == NULL || !take_rows (comparison, meter, TRUE, &reference, half, error) ||
      !take_rows (comparison, meter, FALSE, &samples, half, error) ||
      (summary = gen_meter_summarise (meter, error)) == NULL)
    return FALSE;
  if (comparison->class_spread != NULL)
    class_spread_add (comparison->class_spread, summary);
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
add_standard_errors (const Comparison *comparison, const GenMeter *meter, JsonObject *summary)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  for (guint i = 0; i < n; i++) {
    const double deviation = find_standard_error (comparison, i);
    g_autofree char *name = g_strconcat (fields[i].name, "-standard-error", NULL);

    if (!isnan (deviation))
      json_object_set_double_member (summary, name, deviation);
  }
}

/* `meter` and `summary` are NULL where no metric of features was named. */
static gboolean
print_json (
    const Comparison *comparison, const GenMeter *meter, JsonObject *summary, GError **error)
{
  g_autoptr (JsonObject) object = summary != NULL ? json_object_ref (summary) : json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = NULL;

  if (meter != NULL)
    add_standard_errors (comparison, meter, object);
  /* A set is of samples, whatever they were. */
  if (json_object_has_member (object, "frames"))
    json_object_remove_member (object, "frames");
  if (comparison->samples.meter != NULL &&
      !compare_texts_add (comparison->samples.meter, comparison->reference.meter, object, error))
    return FALSE;
  text = gen_json_to_text (root, TRUE);
  g_print ("%s\n", text);
  return TRUE;
}

/* Text that has letters of several bytes is filled up by its letters. */
static void
print_figure (const GenField *field, JsonObject *summary, double deviation)
{
  const GenMetric *metric = NULL;
  const GenField *own = gen_metric_find_field (field->name, &metric);
  /* The unit is that of what the metric is for. */
  const gboolean has_unit =
      own != NULL && (own == &metric->fields[0] || own->better != GEN_BETTER_NEITHER);
  g_autofree char *text = NULL;

  if (json_object_get_null_member (summary, field->name)) {
    g_print ("%-28s %s\n", field->name, gen_field_missing (field));
    return;
  }
  text = isnan (deviation)
             ? g_strdup_printf ("%.6g", json_object_get_double_member (summary, field->name))
             : g_strdup_printf ("%.6g ± %.2g", json_object_get_double_member (summary, field->name),
                   INTERVAL * deviation);
  g_print ("%-28s %s%*s %-7s %s\n", field->name, text, MAX (24 - (int)g_utf8_strlen (text, -1), 0),
      "", gen_better_name (field->better), has_unit ? metric->unit : "");
}

/* The samples that lie nearest to the reference. */
static void
print_pairs (JsonObject *summary)
{
  JsonArray *pairs = json_object_has_member (summary, "nearest-pairs")
                         ? json_object_get_array_member (summary, "nearest-pairs")
                         : NULL;
  const guint n = pairs != NULL ? MIN (json_array_get_length (pairs), PAIRS_SHOWN) : 0;

  for (guint i = 0; i < n; i++) {
    JsonObject *pair = json_array_get_object_element (pairs, i);

    g_print ("%-28s %.6g  %s | %s\n", i == 0 ? "nearest pairs" : "",
        json_object_get_double_member (pair, "distance"),
        json_object_get_string_member_with_default (pair, "sample", ""),
        json_object_get_string_member_with_default (pair, "reference", ""));
  }
  if (n > 0 && !json_object_get_null_member (summary, "nearest-close"))
    g_print ("\n%.3g of the samples lie nearer to the reference than all but 0.01 of its own lie "
             "to each other.\nOf new samples it is about 0.01 as well; what is more may be copies, "
             "however large the mean is.\n",
        json_object_get_double_member (summary, "nearest-close"));
}

static void
print_figures (const Comparison *comparison, const GenMeter *meter, JsonObject *summary)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);
  g_autofree char *doubts = gen_meter_describe_doubts (meter);

  for (guint i = 0; i < n; i++)
    if (fields[i].type == GEN_FIELD_NUMBER && json_object_has_member (summary, fields[i].name))
      print_figure (&fields[i], summary, find_standard_error (comparison, i));
  if (comparison->by_class)
    print_classes (summary, fields, n);
  print_pairs (summary);
  if (doubts != NULL)
    command_warn ("%s", doubts);
}

static gboolean
print_text (
    const Comparison *comparison, const GenMeter *meter, JsonObject *summary, GError **error)
{
  g_print ("%u samples and %u of the reference, by %s\n%s", comparison->samples.rows.n,
      comparison->reference.rows.n, comparison->samples.features, meter != NULL ? "\n" : "");
  if (meter != NULL)
    g_print ("%-28s %-24s %-7s %s\n", "figure", "", "better", "unit");
  if (meter != NULL)
    print_figures (comparison, meter, summary);
  return comparison->samples.meter == NULL ||
         compare_texts_print (comparison->samples.meter, comparison->reference.meter, error);
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

  if (comparison->by_class) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--classes looks at the classes of samples, of which a file of statistics knows nothing: "
        "name the samples themselves");
    return FALSE;
  }
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
    (guint64)comparison->seed, "reference", NULL, comparison->of_texts,
    comparison->language_model };

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

/* Whether metrics that look at texts were named where there are none. */
static gboolean
check_texts (const Comparison *comparison, GError **error)
{
  const GenMedium *medium = comparison->samples.format.medium;

  if (comparison->metrics == NULL || *comparison->of_texts == '\0' ||
      comparison->samples.meter != NULL)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
      "%s: of texts, and these are %s; medium=text says that a folder is one of texts",
      comparison->of_texts, medium != NULL ? medium->plural : "features alone");
  return FALSE;
}

static gboolean
measure (Comparison *comparison, GenMeter *meter, JsonObject **summary, GError **error)
{
  if (!take_rows (comparison, meter, TRUE, NULL, 0, error) ||
      !take_rows (comparison, meter, FALSE, NULL, 0, error) ||
      (*summary = gen_meter_summarise (meter, error)) == NULL)
    return FALSE;
  for (int i = 0; i < comparison->halves; i++)
    if (!measure_half (comparison, (guint64)i, error))
      return FALSE;
  if (comparison->halves > 0)
    json_object_set_int_member (*summary, "halves", comparison->halves);
  if (comparison->class_spread != NULL)
    class_spread_tell (comparison->class_spread, *summary);
  return TRUE;
}

static gboolean
compare (Comparison *comparison, GError **error)
{
  g_autoptr (GenMeter) meter = NULL;
  g_autoptr (JsonObject) summary = NULL;

  if (!check_sets (comparison, error) || !check_texts (comparison, error))
    return FALSE;
  if (*comparison->of_features != '\0') {
    meter = open_meter (comparison, error);
    if (meter == NULL || !measure (comparison, meter, &summary, error))
      return FALSE;
  }
  return (comparison->json ? print_json : print_text) (comparison, meter, summary, error);
}

static char *
describe (void)
{
  g_autofree char *all = list_metrics (TRUE), *texts = list_text_metrics (TRUE);
  g_autofree char *pairs = list_pair_metrics ();
  GString *text = g_string_new (NULL);

  g_string_printf (text,
      "A set is what datasetsrc reads, a folder of pictures, sounds or texts, a sheet, an archive, "
      "or a "
      "matrix\nof features (.npy), or for frechet alone a file of statistics (.npz). The samples "
      "are made like the reference's first one. What comes "
      "behind is said\nof both, or of the one whose name is in front:\n\n"
      "  generative-model compare made real width=64 height=64 reference.split=test\n\n"
      "Metrics: %s\nof texts themselves: %s\nof pairs: %s\n\nNames:\n",
      all, texts, pairs);
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static gboolean
compare_sets (Comparison *comparison, const char *const *locations, GError **error)
{
  if (comparison->pairs && (comparison->halves > 0 || comparison->by_class)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s is of sets, and --pairs judges each pair by itself: they do not go together",
        comparison->by_class ? "--classes" : "--halves");
    return FALSE;
  }
  if (comparison->pairs)
    return compare_pairs (locations, comparison->said, comparison->metrics, comparison->scorer,
        comparison->json, error);
  if (comparison->scorer != NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--scorer judges pairs: it goes with --pairs");
    return FALSE;
  }
  if (statistics_are_in (locations[0]) || statistics_are_in (locations[1]))
    return compare_by_statistics (comparison, locations, error);
  if (!sort_metrics (comparison, error) ||
      !read_sets (comparison, locations[0], locations[1], error) ||
      (comparison->by_class && !classes_join (&comparison->classes, &comparison->samples,
                                   &comparison->reference, locations, error)))
    return FALSE;
  if (comparison->by_class && comparison->halves > 0)
    comparison->class_spread = class_spread_new ();
  return compare (comparison, error);
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
    { "language-model", 'l', 0, G_OPTION_ARG_FILENAME, &comparison.language_model,
        "ONNX file of a language model, by which perplexity of texts is measured", "FILE" },
    { "halves", 'c', 0, G_OPTION_ARG_INT, &comparison.halves,
        "Find 95% intervals by so many random halves of both (0: none)", "N" },
    { "classes", 'k', 0, G_OPTION_ARG_NONE, &comparison.by_class,
        "Tell the figures of each class as well, and which is served worse", NULL },
    { "pairs", 'p', 0, G_OPTION_ARG_NONE, &comparison.pairs,
        "Judge each sample by the one of the same place in the reference, what it should be",
        NULL },
    { "scorer", 'S', 0, G_OPTION_ARG_FILENAME, &comparison.scorer,
        "Models of pairs, as LPIPS, with commas between: their figures are measured as well",
        "FILE" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &comparison.seed, "Of what is drawn by chance", "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &comparison.json, "Print JSON", NULL },
    { NULL },
  };
  static const char *const sets[2] = { "samples", "reference" };
  g_autofree char *details = describe ();
  g_autoptr (GError) error = NULL;

  if (!command_parse (&command_compare, entries, details, 2, -1, &argc, &argv))
    return STATUS_USAGE;
  if (comparison.halves < 0 || comparison.halves == 1) {
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--halves is %d, which should be 0, or 2 or more", comparison.halves);
    return command_fail (g_steal_pointer (&error));
  }
  if (!training_data_say_both (comparison.said, sets, argv + 3, &error))
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
