/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compare-pairs.h"

#include <generative/metric.h>

#include "command.h"
#include "training-data.h"

typedef struct {
  TrainingData *samples, *reference;
  GenMeter *meter;
  double *values;
  guint judged;
} Pairs;

static void
pairs_clear (Pairs *pairs)
{
  g_clear_pointer (&pairs->samples, training_data_free);
  g_clear_pointer (&pairs->reference, training_data_free);
  g_clear_pointer (&pairs->meter, gen_meter_free);
  g_free (pairs->values);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pairs, pairs_clear)

static TrainingData *
open_data (
    JsonObject *said, const char *location, const char *name, const GenFormat *like, GError **error)
{
  /* Both in the order of their names. */
  if (!training_data_say (said, "location", location, error) ||
      !training_data_say (said, "shuffle", "false", error))
    return NULL;
  return training_data_open (said, NULL, like, name, error);
}

static gboolean
open_all (Pairs *pairs, const char *const locations[2], JsonObject *const said[2],
    const char *metrics, GError **error)
{
  GenMeterSettings settings = { .metrics = metrics, .judges = TRUE };
  guint lengths[2], n;

  pairs->reference = open_data (said[1], locations[1], "reference", NULL, error);
  if (pairs->reference == NULL)
    return FALSE;
  settings.medium = training_data_get_format (pairs->reference)->medium;
  pairs->samples = open_data (
      said[0], locations[0], "samples", training_data_get_format (pairs->reference), error);
  pairs->meter = pairs->samples != NULL ? gen_meter_new (&settings, error) : NULL;
  if (pairs->meter == NULL)
    return FALSE;
  gen_meter_fields (pairs->meter, &n);
  pairs->values = g_new (double, n);
  lengths[0] = training_data_get_length (pairs->samples);
  lengths[1] = training_data_get_length (pairs->reference);
  if (lengths[0] == lengths[1])
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s has %u items and %s %u: pairs are items of the same place", locations[0], lengths[0],
      locations[1], lengths[1]);
  return FALSE;
}

static gboolean
judge (
    Pairs *pairs, guint32 item, const GenSample *sample, const GenSample *reference, GError **error)
{
  const GenFormat format = gen_sample_format (sample), other = gen_sample_format (reference);
  g_autofree char *own = NULL, *wanted = NULL;

  if (gen_format_equal (&format, &other)) {
    pairs->judged++;
    return gen_meter_judge (pairs->meter, sample, reference, pairs->values, error);
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

static void
print_figure (const GenField *field, JsonObject *summary)
{
  JsonNode *node = json_object_get_member (summary, field->name);

  if (JSON_NODE_HOLDS_NULL (node)) {
    g_print ("%-24s %s\n", field->name, gen_field_missing (field));
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *tally = json_node_get_object (node);

    g_print ("%-24s %-12.6g %-12.6g %-12.6g\n", field->name,
        json_object_get_double_member (tally, "mean"),
        json_object_get_double_member (tally, "minimum"),
        json_object_get_double_member (tally, "maximum"));
  } else {
    g_print ("%-24s %.6g\n", field->name, json_node_get_double (node));
  }
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
    g_autofree char *text = json_to_string (root, TRUE);

    g_print ("%s\n", text);
    return TRUE;
  }
  g_print ("%u pairs\n\n%-24s %-12s %-12s %-12s\n", pairs->judged, "", "mean", "least", "most");
  for (guint i = 0; i < n; i++)
    print_figure (&fields[i], summary);
  return TRUE;
}

/* --- all of it --- */

gboolean
compare_pairs (const char *const locations[2], JsonObject *const said[2], const char *metrics,
    gboolean json, GError **error)
{
  g_auto (Pairs) pairs = { 0 };
  g_auto (GenSample) sample = { 0 }, reference = { 0 };
  const GenFormat *format;

  if (!open_all (&pairs, locations, said, metrics, error))
    return FALSE;
  format = training_data_get_format (pairs.reference);
  gen_sample_init (&sample, format);
  gen_sample_init (&reference, format);
  training_data_begin (pairs.samples, format);
  training_data_begin (pairs.reference, format);
  return judge_all (&pairs, &sample, &reference, error) && print (&pairs, json, error);
}
