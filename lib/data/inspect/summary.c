/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An inspection as an object: what terminal, JSON and page show. */
#include "inspect-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BARS 24
#define EXAMPLES 8
#define PERMUTATIONS 999

static guint32
count_of (const GenInspection *inspection)
{
  return gen_dataset_get_count (inspection->dataset);
}

static const GenMedium *
medium_of (const GenInspection *inspection)
{
  return gen_dataset_get_format (inspection->dataset)->medium;
}

static gboolean
is_of (const GenMedium *of, const GenInspection *inspection)
{
  return of == NULL || of == medium_of (inspection);
}

/* The numbers of a measure of a split (ALL: of all), those that are none left out. */
static double *
collect (const GenInspection *inspection, int measure, GenSplit split, gsize *n)
{
  double *numbers = g_new (double, count_of (inspection));

  *n = 0;
  for (guint32 i = 0; i < count_of (inspection); i++) {
    const double value = gen_inspection_get_value (inspection, i, measure);

    if (!isnan (value) && (split == GEN_SPLIT_ALL || inspection->items[i].split == split))
      numbers[(*n)++] = value;
  }
  return numbers;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* As numpy.quantile does: between the two nearest. */
static double
quantile (const double *sorted, gsize n, double share)
{
  const double at = share * (double)(n - 1);
  const gsize below = (gsize)at;

  if (below + 1 >= n)
    return sorted[n - 1];
  return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

static void
add_histogram (JsonObject *object, const double *sorted, gsize n)
{
  const double low = sorted[0], high = sorted[n - 1];
  JsonArray *counts = json_array_new ();
  gint64 bars[BARS] = { 0 };

  for (gsize i = 0; i < n; i++) {
    const int bar = high > low ? (int)((sorted[i] - low) / (high - low) * BARS) : 0;

    bars[CLAMP (bar, 0, BARS - 1)]++;
  }
  for (int i = 0; i < BARS; i++)
    json_array_add_int_element (counts, bars[i]);
  json_object_set_array_member (object, "histogram", counts);
}

/* Sorts the numbers. */
static JsonObject *
summarise_numbers (
    const char *name, const char *unit, const char *summary, double *numbers, gsize n)
{
  GenTally tally = { 0 };
  JsonObject *object;

  for (gsize i = 0; i < n; i++)
    gen_tally_add (&tally, numbers[i]);
  object = n > 0 ? gen_tally_to_json (&tally) : json_object_new ();
  json_object_set_string_member (object, "name", name);
  json_object_set_string_member (object, "unit", unit);
  json_object_set_string_member (object, "summary", summary);
  json_object_set_int_member (object, "count", (gint64)n);
  if (n == 0)
    return object;
  qsort (numbers, n, sizeof *numbers, compare);
  gen_json_set_number (object, "lowest-twentieth", quantile (numbers, n, 0.05));
  gen_json_set_number (object, "median", quantile (numbers, n, 0.5));
  gen_json_set_number (object, "highest-twentieth", quantile (numbers, n, 0.95));
  add_histogram (object, numbers, n);
  return object;
}

static JsonObject *
summarise_measure (const GenInspection *inspection, int index)
{
  const GenDataMeasure *measure = gen_data_measure_list ()[index];
  gsize n;
  g_autofree double *numbers = collect (inspection, index, GEN_SPLIT_ALL, &n);

  return summarise_numbers (measure->name, measure->unit, measure->summary, numbers, n);
}

/* What the model of the settings has made of the items. */
static JsonObject *
summarise_gate (const GenInspection *inspection)
{
  const GenInspectionSettings *settings = &inspection->settings;
  g_autofree double *numbers = g_new (double, count_of (inspection));
  g_autofree char *name = g_path_get_basename (settings->gate);
  g_autofree char *summary = g_strdup_printf (
      "Output %s of %s", settings->gate_output != NULL ? settings->gate_output : "0", name);
  gsize n = 0;

  for (guint32 i = 0; i < count_of (inspection); i++)
    if (isfinite (inspection->items[i].gate))
      numbers[n++] = inspection->items[i].gate;
  return summarise_numbers ("gate", "as the model has it", summary, numbers, n);
}

static void
add_measures (const GenInspection *inspection, JsonObject *report)
{
  JsonArray *array = json_array_new ();

  for (int i = 0; i < inspection->n_measures; i++)
    if (is_of (gen_data_measure_list ()[i]->medium, inspection))
      json_array_add_object_element (array, summarise_measure (inspection, i));
  if (inspection->settings.gate != NULL)
    json_array_add_object_element (array, summarise_gate (inspection));
  json_object_set_array_member (report, "measures", array);
}

/* What a finding rests on, beside the item's name. */
static JsonObject *
describe_example (const GenInspection *inspection, guint32 index, const GenDataFinding *finding)
{
  const GenDataItem *item = &inspection->items[index];
  JsonObject *object = json_object_new ();
  const guint32 of = finding == &gen_data_finding_duplicate        ? item->duplicate_of
                     : finding == &gen_data_finding_near_duplicate ? item->near_of
                                                                   : GEN_DATA_NONE;

  json_object_set_string_member (object, "file_name", item->name);
  if (item->error != NULL)
    json_object_set_string_member (object, "error", item->error);
  if (of != GEN_DATA_NONE)
    json_object_set_string_member (object, "of", inspection->items[of].name);
  if (finding->measure != NULL)
    gen_json_set_number (object, finding->measure,
        gen_inspection_get_value (
            inspection, index, gen_data_measure_find (finding->measure, NULL, NULL)));
  if (item->source_type != NULL)
    json_object_set_string_member (object, "source-type", item->source_type);
  return object;
}

/* All that cannot be read is listed, of what else is found the first few. */
static JsonObject *
summarise_finding (const GenInspection *inspection, const GenDataFinding *finding)
{
  JsonObject *object = json_object_new ();
  JsonArray *examples = json_array_new ();
  const gboolean all = g_str_equal (finding->name, "bad");
  gint64 count = 0;

  for (guint32 i = 0; i < count_of (inspection); i++) {
    if (!gen_inspection_has (inspection, i, finding))
      continue;
    if (all || count < EXAMPLES)
      json_array_add_object_element (examples, describe_example (inspection, i, finding));
    count++;
  }
  json_object_set_string_member (object, "name", finding->name);
  json_object_set_string_member (object, "summary", finding->summary);
  json_object_set_int_member (object, "count", count);
  json_object_set_array_member (object, "examples", examples);
  return object;
}

static void
add_findings (const GenInspection *inspection, JsonObject *report)
{
  const GenDataFinding *const *findings = gen_data_finding_list ();
  JsonArray *array = json_array_new ();

  for (int i = 0; findings[i] != NULL; i++)
    if (is_of (findings[i]->medium, inspection))
      json_array_add_object_element (array, summarise_finding (inspection, findings[i]));
  json_object_set_array_member (report, "findings", array);
}

static void
count_member (JsonObject *object, const char *name)
{
  json_object_set_int_member (
      object, name, json_object_get_int_member_with_default (object, name, 0) + 1);
}

static void
add_counts (const GenInspection *inspection, JsonObject *report)
{
  JsonObject *kinds = json_object_new (), *types = json_object_new ();

  for (guint32 i = 0; i < count_of (inspection); i++) {
    const GenDataItem *item = &inspection->items[i];

    count_member (kinds, item->kind != NULL ? item->kind : "other");
    if (item->source_type != NULL)
      count_member (types, item->source_type);
  }
  json_object_set_object_member (report, "kinds", kinds);
  json_object_set_object_member (report, "source-types", types);
}

/* Balance is the entropy of the classes, by what it is at most: 1 where all are as large. */
static void
add_classes (const GenInspection *inspection, JsonObject *report)
{
  const int n = gen_dataset_get_label_count (inspection->dataset);
  g_autofree gint64 *counts = g_new0 (gint64, n + 1);
  JsonObject *classes = json_object_new ();
  gint64 total = 0;
  double entropy = 0;

  for (guint32 i = 0; i < count_of (inspection); i++)
    counts[inspection->items[i].label < 0 ? n : inspection->items[i].label]++;
  for (int i = 0; i < n; i++) {
    json_object_set_int_member (
        classes, gen_dataset_get_label_name (inspection->dataset, i), counts[i]);
    total += counts[i];
  }
  for (int i = 0; i < n; i++)
    if (counts[i] > 0)
      entropy -= (double)counts[i] / (double)total * log ((double)counts[i] / (double)total);
  json_object_set_object_member (report, "classes", classes);
  json_object_set_int_member (report, "without-class", counts[n]);
  if (n > 1)
    gen_json_set_number (report, "class-balance", entropy / log (n));
}

/* --- drift --- */

static void
add_drift (JsonArray *array, int measure, const char *split, GenDrift drift)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "measure", gen_data_measure_list ()[measure]->name);
  if (split != NULL)
    json_object_set_string_member (object, "split", split);
  gen_json_set_number (object, "stability-index", drift.stability);
  gen_json_set_number (object, "statistic", drift.statistic);
  gen_json_set_number (object, "probability", drift.probability);
  json_array_add_object_element (array, object);
}

static JsonArray *
compare_measures (const GenInspection *a, GenSplit split_a, const GenInspection *b,
    GenSplit split_b, const char *name, JsonArray *array)
{
  for (int i = 0; i < a->n_measures; i++) {
    gsize n_a, n_b;
    g_autofree double *numbers_a = collect (a, i, split_a, &n_a);
    g_autofree double *numbers_b = collect (b, i, split_b, &n_b);

    if (n_a > 0 && n_b > 0)
      add_drift (array, i, name, gen_drift (numbers_a, n_a, numbers_b, n_b));
  }
  return array;
}

/* How many items are near or same to one that was dealt to another split. */
static gint64
count_shared (const GenInspection *inspection)
{
  gint64 shared = 0;

  for (guint32 i = 0; i < count_of (inspection); i++) {
    const GenDataItem *item = &inspection->items[i];
    const guint32 of = item->duplicate_of != GEN_DATA_NONE ? item->duplicate_of : item->near_of;

    shared += of != GEN_DATA_NONE && inspection->items[of].split != item->split;
  }
  return shared;
}

static void
add_splits (const GenInspection *inspection, JsonObject *report)
{
  static const struct {
    GenSplit split;
    const char *name;
  } splits[] = { { GEN_SPLIT_TRAIN, "train" }, { GEN_SPLIT_VALIDATION, "validation" },
    { GEN_SPLIT_TEST, "test" } };
  JsonObject *object = json_object_new ();
  JsonArray *drift = json_array_new ();

  for (gsize s = 0; s < G_N_ELEMENTS (splits); s++) {
    gint64 count = 0;

    for (guint32 i = 0; i < count_of (inspection); i++)
      count += inspection->items[i].split == splits[s].split;
    json_object_set_int_member (object, splits[s].name, count);
    if (s > 0)
      compare_measures (
          inspection, GEN_SPLIT_TRAIN, inspection, splits[s].split, splits[s].name, drift);
  }
  json_object_set_int_member (object, "shared", count_shared (inspection));
  json_object_set_array_member (object, "drift", drift);
  json_object_set_object_member (report, "splits", object);
}

static guint
hash_digest (gconstpointer digest)
{
  guint hash;

  memcpy (&hash, digest, sizeof hash);
  return hash;
}

static gboolean
equal_digests (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, GEN_DATA_DIGEST) == 0;
}

/* How many items are in the other heap as well, to the byte. */
static gint64
count_common (const GenInspection *inspection, const GenInspection *against)
{
  g_autoptr (GHashTable) theirs = g_hash_table_new (hash_digest, equal_digests);
  gint64 common = 0;

  for (guint32 i = 0; i < count_of (against); i++)
    if (against->items[i].error == NULL)
      g_hash_table_add (theirs, against->items[i].digest);
  for (guint32 i = 0; i < count_of (inspection); i++)
    common += inspection->items[i].error == NULL &&
              g_hash_table_contains (theirs, inspection->items[i].digest);
  return common;
}

/* The same features as Fréchet's distance, without its normal distributions. */
static void
add_energy (const GenInspection *inspection, const GenInspection *against, JsonObject *object)
{
  gsize n_a, n_b, length_a, length_b;
  const float *a = gen_inspection_get_features (inspection, &n_a, &length_a);
  const float *b = gen_inspection_get_features (against, &n_b, &length_b);
  JsonObject *energy;
  GenEnergyTest test;

  if (n_a < 2 || n_b < 2 || length_a != length_b)
    return;
  test = gen_energy_test (a, n_a, b, n_b, length_a, PERMUTATIONS, inspection->settings.order.seed);
  energy = json_object_new ();
  gen_json_set_number (energy, "distance", test.distance);
  gen_json_set_number (energy, "probability", test.probability);
  json_object_set_int_member (energy, "permutations", PERMUTATIONS);
  json_object_set_int_member (energy, "items", (gint64)n_a);
  json_object_set_int_member (energy, "items-against", (gint64)n_b);
  json_object_set_object_member (object, "energy", energy);
}

static gboolean
add_against (const GenInspection *inspection, const GenInspection *against, JsonObject *report,
    GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  double distance;

  if (medium_of (inspection) != medium_of (against)) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s holds %s and %s holds %s: they cannot be compared", inspection->dataset->location,
        medium_of (inspection)->plural, against->dataset->location, medium_of (against)->plural);
    return FALSE;
  }
  json_object_set_string_member (object, "location", against->dataset->location);
  json_object_set_int_member (object, "items", count_of (against));
  json_object_set_int_member (object, "common", count_common (inspection, against));
  if (inspection->has_statistics && against->has_statistics) {
    if (!gen_frechet_distance (&inspection->statistics, &against->statistics, &distance, error))
      return FALSE;
    gen_json_set_number (object, "frechet", distance);
    json_object_set_string_member (object, "features", inspection->statistics.features);
    add_energy (inspection, against, object);
  }
  json_object_set_array_member (object, "drift",
      compare_measures (
          against, GEN_SPLIT_ALL, inspection, GEN_SPLIT_ALL, NULL, json_array_new ()));
  json_object_set_object_member (report, "against", g_steal_pointer (&object));
  return TRUE;
}

JsonObject *
gen_inspection_summarise (
    const GenInspection *inspection, const GenInspection *against, GError **error)
{
  g_autoptr (JsonObject) report = json_object_new ();

  json_object_set_string_member (report, "location", inspection->dataset->location);
  json_object_set_string_member (report, "medium", medium_of (inspection)->name);
  json_object_set_int_member (report, "items", count_of (inspection));
  add_counts (inspection, report);
  add_classes (inspection, report);
  add_findings (inspection, report);
  add_measures (inspection, report);
  add_splits (inspection, report);
  if (against != NULL && !add_against (inspection, against, report, error))
    return NULL;
  return g_steal_pointer (&report);
}

char *
gen_data_digest_to_text (const guint8 *digest)
{
  GString *text = g_string_new (NULL);

  for (int i = 0; i < GEN_DATA_DIGEST; i++)
    g_string_append_printf (text, "%02x", digest[i]);
  return g_string_free (text, FALSE);
}

JsonObject *
gen_inspection_describe_item (const GenInspection *inspection, guint32 index)
{
  const GenDataItem *item = gen_inspection_get_item (inspection, index);
  g_autofree char *digest = gen_data_digest_to_text (item->digest);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "file_name", item->name);
  json_object_set_string_member (object, "sha256", digest);
  if (item->label >= 0)
    json_object_set_string_member (
        object, "class", gen_dataset_get_label_name (inspection->dataset, item->label));
  if (item->has_fingerprint) {
    g_autofree char *text = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", item->fingerprint);

    json_object_set_string_member (object, "fingerprint", text);
  }
  for (int i = 0; i < inspection->n_measures; i++) {
    const double value = gen_inspection_get_value (inspection, index, i);

    if (!isnan (value))
      gen_json_set_number (object, gen_data_measure_list ()[i]->name, value);
  }
  if (!isnan (item->gate))
    gen_json_set_number (object, "gate", item->gate);
  if (item->error != NULL)
    json_object_set_string_member (object, "error", item->error);
  return object;
}
