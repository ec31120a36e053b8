/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../lib/base/json-file.h"
#include "compare-pairs.h"

#include <generative/scorer.h>
#include <math.h>
#include <string.h>

#include "command.h"
#include "training-data.h"

/* The pair that a figure is worst of. */
typedef struct {
  double value; /* NaN: none yet */
  guint32 item;
} Worst;

typedef struct {
  TrainingData *samples, *reference;
  GPtrArray *scorers;
  GenMeter *meter;
  double *values;
  Worst *worst; /* of each figure */
  guint judged;
} Pairs;

static void
pairs_clear (Pairs *pairs)
{
  g_clear_pointer (&pairs->samples, training_data_free);
  g_clear_pointer (&pairs->reference, training_data_free);
  g_clear_pointer (&pairs->meter, gen_meter_free);
  g_clear_pointer (&pairs->scorers, g_ptr_array_unref);
  g_free (pairs->values);
  g_free (pairs->worst);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pairs, pairs_clear)

static TrainingData *
open_data (
    JsonObject *said, const char *location, const char *name, const GenFormat *like, GError **error)
{
  if (gen_medium_text.recognise (location) && !json_object_has_member (said, "medium") &&
      !training_data_say (said, "medium", "text", error))
    return NULL;
  /* Both in the order of their names. */
  if (!training_data_say (said, "location", location, error) ||
      !training_data_say (said, "shuffle", "false", error))
    return NULL;
  return training_data_open (said, NULL, like, name, error);
}

static gboolean
open_meter (Pairs *pairs, const char *metrics, const char *scorer, GError **error)
{
  GenMeterSettings settings = { .metrics = metrics, .judges = TRUE };
  guint n;

  settings.medium = training_data_get_format (pairs->reference)->medium;
  pairs->scorers = gen_scorers_open (scorer, settings.medium, error);
  if (pairs->scorers == NULL)
    return FALSE;
  for (guint i = 0; i + 1 < pairs->scorers->len; i++) {
    g_autofree char *assumption = gen_scorer_describe_assumption (pairs->scorers->pdata[i]);

    if (assumption != NULL)
      command_warn ("%s", assumption);
  }
  settings.scorers = (GenScorer *const *)pairs->scorers->pdata;
  pairs->meter = gen_meter_new (&settings, error);
  if (pairs->meter == NULL)
    return FALSE;
  gen_meter_fields (pairs->meter, &n);
  if (n == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "--pairs: no metric judges pairs of %s", settings.medium->plural);
    return FALSE;
  }
  pairs->values = g_new (double, n);
  pairs->worst = g_new (Worst, n);
  for (guint i = 0; i < n; i++)
    pairs->worst[i] = (Worst){ NAN, 0 };
  return TRUE;
}

static gboolean
open_all (Pairs *pairs, const char *const locations[2], JsonObject *const said[2],
    const char *metrics, const char *scorer, GError **error)
{
  guint lengths[2];

  pairs->reference = open_data (said[1], locations[1], "reference", NULL, error);
  if (pairs->reference == NULL)
    return FALSE;
  pairs->samples = open_data (
      said[0], locations[0], "samples", training_data_get_format (pairs->reference), error);
  if (pairs->samples == NULL || !open_meter (pairs, metrics, scorer, error))
    return FALSE;
  lengths[0] = training_data_get_length (pairs->samples);
  lengths[1] = training_data_get_length (pairs->reference);
  if (lengths[0] == lengths[1])
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s has %u items and %s %u: pairs are items of the same place", locations[0], lengths[0],
      locations[1], lengths[1]);
  return FALSE;
}

/* A file's name without what says of which kind it is; NULL where an item is no file of its own.
 * (transfer full) */
static char *
stem_of (const TrainingData *data, guint32 item)
{
  g_autofree char *path = training_data_describe_item (data, item);
  char *name = g_file_test (path, G_FILE_TEST_IS_REGULAR) ? g_path_get_basename (path) : NULL;
  char *dot = name != NULL ? strrchr (name, '.') : NULL;

  if (dot != NULL && dot != name)
    *dot = '\0';
  return name;
}

/* Where a file is missing in one of the folders, and another one in the other, all between them are
 * judged by what they are not. */
static void
warn_of_names (const Pairs *pairs)
{
  g_autofree char *first = NULL;
  guint others = 0;

  for (guint32 i = 0; i < training_data_get_length (pairs->samples); i++) {
    g_autofree char *sample = stem_of (pairs->samples, i);
    g_autofree char *reference = stem_of (pairs->reference, i);

    if (sample == NULL || reference == NULL || g_str_equal (sample, reference))
      continue;
    if (others++ == 0)
      first = g_strdup_printf ("%s and %s", sample, reference);
  }
  if (others > 0)
    command_warn ("%u of %u pairs have two names, the first of them %s: they are judged by their "
                  "place in the order of names, and these may not belong together",
        others, training_data_get_length (pairs->samples), first);
}

/* Of figures that are better neither way no pair is worst. */
static void
note_worst (Pairs *pairs, guint32 item)
{
  guint n;
  const GenField *fields = gen_meter_fields (pairs->meter, &n);

  for (guint i = 0; i < n; i++) {
    const double value = pairs->values[i];
    Worst *worst = &pairs->worst[i];
    const gboolean worse =
        fields[i].better == GEN_BETTER_HIGHER ? value < worst->value : value > worst->value;

    if (fields[i].type == GEN_FIELD_NUMBER && fields[i].better != GEN_BETTER_NEITHER &&
        isfinite (value) && (isnan (worst->value) || worse))
      *worst = (Worst){ value, item };
  }
}

static gboolean
judge (
    Pairs *pairs, guint32 item, const GenSample *sample, const GenSample *reference, GError **error)
{
  const GenFormat format = gen_sample_format (sample), other = gen_sample_format (reference);
  g_autofree char *own = NULL, *wanted = NULL;

  if (gen_format_equal (&format, &other)) {
    pairs->judged++;
    if (!gen_meter_judge (pairs->meter, sample, reference, pairs->values, error))
      return FALSE;
    note_worst (pairs, item);
    return TRUE;
  }
  own = gen_format_describe (&format);
  wanted = gen_format_describe (&other);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "item %u: the sample is of %s, and the reference of %s", item, own, wanted);
  return FALSE;
}

/* Items of which both could be read; those of each come in order. */
static gboolean
judge_all (Pairs *pairs, GenSample *sample, GenSample *reference, GError **error)
{
  guint32 item = 0, other = 0;
  gboolean more = training_data_next (pairs->samples, sample, &item) &&
                  training_data_next (pairs->reference, reference, &other);

  while (more) {
    if (item == other && !judge (pairs, item, sample, reference, error))
      return FALSE;
    if (item < other) {
      more = training_data_next (pairs->samples, sample, &item);
      continue;
    }
    if (item > other) {
      more = training_data_next (pairs->reference, reference, &other);
      continue;
    }
    more = training_data_next (pairs->samples, sample, &item) &&
           training_data_next (pairs->reference, reference, &other);
  }
  if (pairs->judged > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no pair of items could be read");
  return FALSE;
}

/* --- what is told --- */

/* Which is better, and the unit, which is that of what the metric is for. */
static void
print_kind (const GenField *field)
{
  const GenMetric *metric = NULL;
  const GenField *own = gen_metric_find_field (field->name, &metric);
  const gboolean has_unit =
      own != NULL && (own == &metric->fields[0] || own->better != GEN_BETTER_NEITHER);

  g_print (" %-7s %s\n", gen_better_name (field->better), has_unit ? metric->unit : "");
}

static void
print_figure (const GenField *field, JsonObject *summary)
{
  JsonNode *node = json_object_get_member (summary, field->name);

  if (JSON_NODE_HOLDS_NULL (node)) {
    g_print ("%-24s %s\n", field->name, gen_field_missing (field));
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *tally = json_node_get_object (node);

    g_print ("%-24s %-12.6g %-12.6g %-12.6g", field->name,
        json_object_get_double_member (tally, "mean"),
        json_object_get_double_member (tally, "minimum"),
        json_object_get_double_member (tally, "maximum"));
    print_kind (field);
  } else {
    g_print ("%-24s %-38.6g", field->name, json_node_get_double (node));
    print_kind (field);
  }
}

static void
print_worst (const Pairs *pairs)
{
  guint n;
  const GenField *fields = gen_meter_fields (pairs->meter, &n);
  const char *title = "\nworst pairs\n";

  for (guint i = 0; i < n; i++) {
    g_autofree char *name = NULL;

    if (isnan (pairs->worst[i].value))
      continue;
    name = training_data_describe_item (pairs->samples, pairs->worst[i].item);
    g_print ("%s%-24s %-12.6g %s\n", title, fields[i].name, pairs->worst[i].value, name);
    title = "";
  }
}

static void
add_worst (const Pairs *pairs, JsonObject *summary)
{
  JsonObject *all = json_object_new ();
  guint n;
  const GenField *fields = gen_meter_fields (pairs->meter, &n);

  for (guint i = 0; i < n; i++) {
    g_autofree char *name = NULL;
    JsonObject *worst;

    if (isnan (pairs->worst[i].value))
      continue;
    name = training_data_describe_item (pairs->samples, pairs->worst[i].item);
    worst = json_object_new ();
    json_object_set_double_member (worst, "value", pairs->worst[i].value);
    json_object_set_string_member (worst, "sample", name);
    json_object_set_object_member (all, fields[i].name, worst);
  }
  json_object_set_object_member (summary, "worst-pairs", all);
}

static gboolean
print (const Pairs *pairs, gboolean json, GError **error)
{
  g_autoptr (JsonObject) summary = gen_meter_summarise (pairs->meter, error);
  guint n;
  const GenField *fields = gen_meter_fields (pairs->meter, &n);

  if (summary == NULL)
    return FALSE;
  if (json) {
    g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), summary);
    g_autofree char *text = NULL;

    add_worst (pairs, summary);
    text = gen_json_to_text (root, TRUE);
    g_print ("%s\n", text);
    return TRUE;
  }
  g_print ("%u pairs\n\n%-24s %-12s %-12s %-12s %-7s %s\n", pairs->judged, "figure", "mean",
      "least", "most", "better", "unit");
  for (guint i = 0; i < n; i++)
    print_figure (&fields[i], summary);
  print_worst (pairs);
  return TRUE;
}

/* --- all of it --- */

gboolean
compare_pairs (const char *const locations[2], JsonObject *const said[2], const char *metrics,
    const char *scorer, gboolean json, GError **error)
{
  g_auto (Pairs) pairs = { 0 };
  g_auto (GenSample) sample = { 0 }, reference = { 0 };
  const GenFormat *format;

  if (!open_all (&pairs, locations, said, metrics, scorer, error))
    return FALSE;
  format = training_data_get_format (pairs.reference);
  gen_sample_init (&sample, format);
  gen_sample_init (&reference, format);
  training_data_begin (pairs.samples, format);
  training_data_begin (pairs.reference, format);
  warn_of_names (&pairs);
  return judge_all (&pairs, &sample, &reference, error) && print (&pairs, json, error);
}
