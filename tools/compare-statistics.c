/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../lib/base/json-file.h"
#include "compare-statistics.h"

#include <generative/npz.h>
#include <string.h>

#include "command.h"

gboolean
statistics_are_in (const char *location)
{
  g_autofree char *lower = g_ascii_strdown (location, -1);
  g_autoptr (GenNpz) npz = NULL;

  if (!g_str_has_suffix (lower, ".npz") || g_file_test (location, G_FILE_TEST_IS_DIR))
    return FALSE;
  npz = gen_npz_open (location, NULL);
  return npz != NULL && gen_npz_has (npz, "mu") && gen_npz_has (npz, "sigma");
}

/* One set more into the settings' moments. */
static gboolean
read_set (const char *location, const FeatureSetSettings *settings, GenFormat *format, char **name,
    GError **error)
{
  g_auto (FeatureSet) set = { 0 };

  if (!feature_set_read (&set, location, settings, format, error))
    return FALSE;
  *format = set.format;
  g_free (*name);
  /* A matrix does not say what it is of. */
  *name = set.format.medium != NULL ? g_strdup (set.features) : NULL;
  return TRUE;
}

gboolean
statistics_read (GenStatistics *statistics, const char *const *locations, guint n,
    const FeatureSetSettings *settings, const GenFormat *like, GenFormat *format, GError **error)
{
  FeatureSetSettings of_sets = *settings;
  GenMoments moments = { 0 };
  GenFormat first = like != NULL ? *like : (GenFormat){ 0 };
  g_autofree char *name = NULL;
  gboolean good = TRUE;

  of_sets.moments = &moments;
  for (guint i = 0; i < n && good; i++)
    good = read_set (locations[i], &of_sets, &first, &name, error);
  if (good && !gen_moments_statistics (&moments, statistics)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
        "%s: statistics need at least two samples, and there is one", locations[0]);
    good = FALSE;
  }
  gen_moments_clear (&moments);
  if (good)
    statistics->features = g_steal_pointer (&name);
  if (format != NULL)
    *format = first;
  return good;
}

/* --- of two sets --- */

static gboolean
check_metrics (const char *metrics, const char *location, GError **error)
{
  g_auto (GStrv) names = g_strsplit (metrics != NULL ? metrics : "frechet", ",", -1);

  for (char **name = names; *name != NULL; name++) {
    const GenMetric *metric = gen_metric_find (g_strstrip (*name), error);

    if (metric == NULL)
      return FALSE;
    if (metric->takes_statistics)
      continue;
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "metric %s looks at each sample, and %s has only their mean and covariance: name the "
        "samples themselves, or frechet alone",
        metric->name, location);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_either (GenStatistics *statistics, const char *location, const FeatureSetSettings *settings,
    GenFormat *format, GError **error)
{
  if (statistics_are_in (location))
    return gen_statistics_load (statistics, location, error);
  return statistics_read (statistics, &location, 1, settings, format, format, error);
}

static gboolean
check_alike (const GenStatistics *samples, const GenStatistics *reference, GError **error)
{
  const gboolean named = samples->features != NULL && reference->features != NULL;

  if (samples->length == reference->length &&
      (!named || g_str_equal (samples->features, reference->features)))
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
      "the samples are known by %d features (%s), and the reference by %d (%s): they must be the "
      "same; --embedder says which are made of samples",
      samples->length, samples->features != NULL ? samples->features : "without a name",
      reference->length, reference->features != NULL ? reference->features : "without a name");
  return FALSE;
}

static void
print_json (const GenStatistics *samples, const GenStatistics *reference, const char *features,
    double distance, const char *doubt)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  gen_json_set_number (object, "frechet", distance);
  if (features != NULL)
    json_object_set_string_member (object, "frechet-features", features);
  if (samples->count > 0)
    json_object_set_int_member (object, "frechet-samples", (gint64)samples->count);
  if (reference->count > 0)
    json_object_set_int_member (object, "frechet-reference-samples", (gint64)reference->count);
  if (doubt != NULL)
    json_object_set_string_member (object, "frechet-doubt", doubt);
  root = json_node_init_object (json_node_alloc (), object);
  text = gen_json_to_text (root, TRUE);
  g_print ("%s\n", text);
}

/* A file made elsewhere does not say how many. (transfer full) */
static char *
describe_count (guint64 count)
{
  return count > 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT, count) : g_strdup ("unknown many");
}

static void
print_text (const GenStatistics *samples, const GenStatistics *reference, const char *features,
    double distance, const char *doubt)
{
  g_autofree char *of_samples = describe_count (samples->count);
  g_autofree char *of_reference = describe_count (reference->count);

  g_print ("%s samples and %s of the reference, by %s\n\n%-28s %.6g\n", of_samples, of_reference,
      features != NULL ? features : "features without a name", "frechet", distance);
  if (doubt != NULL)
    command_warn ("frechet: %s", doubt);
}

gboolean
compare_statistics (const char *const *locations, const FeatureSetSettings *settings,
    const char *metrics, gboolean json, GError **error)
{
  const char *file = statistics_are_in (locations[0]) ? locations[0] : locations[1];
  g_auto (GenStatistics) samples = { 0 }, reference = { 0 };
  g_autofree char *doubt = NULL;
  GenFormat format = { 0 };
  const char *features;
  double distance;

  if (!check_metrics (metrics, file, error) ||
      !read_either (&reference, locations[1], &settings[1], &format, error) ||
      !read_either (&samples, locations[0], &settings[0], &format, error) ||
      !check_alike (&samples, &reference, error) ||
      !gen_frechet_distance (&samples, &reference, &distance, error))
    return FALSE;
  features = samples.features != NULL ? samples.features : reference.features;
  doubt = gen_frechet_describe_doubt (samples.count, reference.count, samples.length);
  (json ? print_json : print_text) (&samples, &reference, features, distance, doubt);
  return TRUE;
}
