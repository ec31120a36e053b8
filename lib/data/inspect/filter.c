/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is left out of a dataset, and why. */
#include "inspect-private.h"

#include <generative/atomic-file.h>
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "../list-text.h"

#define HEX (2 * GEN_DATA_DIGEST)

/* Why an item is left out. */
typedef struct {
  const char *reason; /* NULL: it is kept */
  const char *figure; /* a number that it rests on; NULL: none */
  double value;
  guint32 of; /* the item that is kept in its place */
} Verdict;

GHashTable *
gen_data_filter_load_denied (const char *path, GError **error)
{
  g_autoptr (GHashTable) denied = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!gen_list_text_read (path, &text, error))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = g_strstrip (lines[i]);

    if (*line == '\0' || *line == '#')
      continue;
    if (strspn (line, "0123456789abcdefABCDEF") != HEX) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "%s, line %u: a SHA-256 has %d hexadecimal digits at the beginning of its line", path,
          i + 1, HEX);
      return NULL;
    }
    g_hash_table_add (denied, g_ascii_strdown (line, HEX));
  }
  return g_steal_pointer (&denied);
}

static double
limited_value (const GenInspection *inspection, guint32 index, const GenDataLimit *limit)
{
  return limit->measure < 0 ? inspection->items[index].gate
                            : gen_inspection_get_value (inspection, index, limit->measure);
}

static const char *
limit_name (const GenDataLimit *limit)
{
  return limit->measure < 0 ? "gate" : gen_data_measure_list ()[limit->measure]->name;
}

static gboolean
is_denied (const GenDataFilter *filter, const GenDataItem *item)
{
  g_autofree char *digest = gen_data_digest_to_text (item->digest);

  return filter->denied != NULL && g_hash_table_contains (filter->denied, digest);
}

/* The findings that rest on other items. */
static gboolean
is_of_twins (const GenDataFinding *finding)
{
  return finding == &gen_data_finding_duplicate || finding == &gen_data_finding_near_duplicate;
}

/* The first reason counts, in the order bad, denied, findings, limits; twins come last. */
static Verdict
judge (const GenDataFilter *filter, const GenInspection *inspection, guint32 index)
{
  const GenDataItem *item = &inspection->items[index];

  if (item->error != NULL)
    return (Verdict){ .reason = "bad", .of = GEN_DATA_NONE };
  if (is_denied (filter, item))
    return (Verdict){ .reason = "denied", .of = GEN_DATA_NONE };
  for (guint i = 0; i < filter->findings->len; i++) {
    const GenDataFinding *finding = g_ptr_array_index (filter->findings, i);
    Verdict verdict = { .reason = finding->name, .figure = finding->measure, .of = GEN_DATA_NONE };

    if (is_of_twins (finding) || !gen_inspection_has (inspection, index, finding))
      continue;
    if (finding->measure != NULL)
      verdict.value = gen_inspection_get_value (
          inspection, index, gen_data_measure_find (finding->measure, NULL, NULL));
    return verdict;
  }
  for (guint i = 0; i < filter->limits->len; i++) {
    const GenDataLimit *limit = &g_array_index (filter->limits, GenDataLimit, i);
    const double value = limited_value (inspection, index, limit);

    if (value < limit->minimum || value > limit->maximum)
      return (Verdict){ limit_name (limit), limit_name (limit), value, GEN_DATA_NONE };
  }
  return (Verdict){ .of = GEN_DATA_NONE };
}

/* An item that is like one which is left out itself is the one to keep: twins are sought among what
 * everything else keeps. */
static void
judge_twins (const GenDataFilter *filter, const GenInspection *inspection, Verdict *verdicts)
{
  const guint32 count = gen_dataset_get_count (inspection->dataset);
  const gboolean same = g_ptr_array_find (filter->findings, &gen_data_finding_duplicate, NULL);
  const gboolean near = g_ptr_array_find (filter->findings, &gen_data_finding_near_duplicate, NULL);
  g_autofree gboolean *left_out = g_new (gboolean, count);
  g_autofree GenDataTwin *twins = g_new (GenDataTwin, count);

  if (!same && !near)
    return;
  for (guint32 i = 0; i < count; i++)
    left_out[i] = verdicts[i].reason != NULL;
  gen_data_find_twins (
      inspection->items, left_out, count, near ? inspection->settings.distance : -1, twins);
  for (guint32 i = 0; i < count; i++)
    if (same && twins[i].same != GEN_DATA_NONE)
      verdicts[i] = (Verdict){ .reason = gen_data_finding_duplicate.name, .of = twins[i].same };
    else if (near && twins[i].near != GEN_DATA_NONE)
      verdicts[i] =
          (Verdict){ .reason = gen_data_finding_near_duplicate.name, .of = twins[i].near };
}

static Verdict *
judge_all (const GenDataFilter *filter, const GenInspection *inspection)
{
  const guint32 count = gen_dataset_get_count (inspection->dataset);
  Verdict *verdicts = g_new (Verdict, count);

  for (guint32 i = 0; i < count; i++)
    verdicts[i] = judge (filter, inspection, i);
  judge_twins (filter, inspection, verdicts);
  return verdicts;
}

static gboolean
write_object (GenAtomicFile *file, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, FALSE);

  return gen_atomic_file_write (file, text, strlen (text), error) &&
         gen_atomic_file_write (file, "\n", 1, error);
}

static gboolean
write_verdict (GenAtomicFile *file, const GenInspection *inspection, guint32 index,
    const Verdict *verdict, GError **error)
{
  const GenDataItem *item = &inspection->items[index];
  g_autofree char *digest = gen_data_digest_to_text (item->digest);
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "file_name", item->name);
  json_object_set_string_member (object, "sha256", digest);
  json_object_set_string_member (object, "reason", verdict->reason);
  if (item->error != NULL)
    json_object_set_string_member (object, "error", item->error);
  if (verdict->figure != NULL)
    json_object_set_double_member (object, verdict->figure, verdict->value);
  if (verdict->of != GEN_DATA_NONE)
    json_object_set_string_member (object, "of", inspection->items[verdict->of].name);
  return write_object (file, object, error);
}

/* What was asked for, so that the same can be asked for again. */
static JsonObject *
describe_filter (const GenDataFilter *filter, const GenInspection *inspection)
{
  JsonObject *object = json_object_new ();
  JsonArray *findings = json_array_new (), *limits = json_array_new ();

  for (guint i = 0; i < filter->findings->len; i++)
    json_array_add_string_element (
        findings, ((const GenDataFinding *)g_ptr_array_index (filter->findings, i))->name);
  for (guint i = 0; i < filter->limits->len; i++) {
    const GenDataLimit *limit = &g_array_index (filter->limits, GenDataLimit, i);
    JsonObject *one = json_object_new ();

    json_object_set_string_member (one, "name", limit_name (limit));
    if (isfinite (limit->minimum))
      json_object_set_double_member (one, "minimum", limit->minimum);
    if (isfinite (limit->maximum))
      json_object_set_double_member (one, "maximum", limit->maximum);
    json_array_add_object_element (limits, one);
  }
  json_object_set_array_member (object, "without", findings);
  json_object_set_array_member (object, "limits", limits);
  json_object_set_int_member (
      object, "denied", filter->denied != NULL ? (gint64)g_hash_table_size (filter->denied) : 0);
  json_object_set_int_member (object, "distance", inspection->settings.distance);
  if (inspection->settings.gate != NULL) {
    json_object_set_string_member (object, "gate", inspection->settings.gate);
    json_object_set_int_member (object, "gate-output", inspection->settings.gate_output);
  }
  return object;
}

JsonObject *
gen_data_filter_write (
    const GenDataFilter *filter, const GenInspection *inspection, const char *path, GError **error)
{
  const guint32 count = gen_dataset_get_count (inspection->dataset);
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (path, error);
  g_autoptr (JsonObject) summary = json_object_new (), line = json_object_new ();
  JsonObject *reasons = json_object_new ();
  g_autofree Verdict *verdicts = judge_all (filter, inspection);
  gint64 kept = 0;

  json_object_set_string_member (summary, "location", inspection->dataset->location);
  json_object_set_object_member (summary, "filter", describe_filter (filter, inspection));
  json_object_set_object_member (summary, "reasons", reasons);
  if (file == NULL)
    return NULL;
  for (guint32 i = 0; i < count; i++) {
    const Verdict *verdict = &verdicts[i];

    if (verdict->reason == NULL) {
      kept++;
      continue;
    }
    json_object_set_int_member (reasons, verdict->reason,
        json_object_get_int_member_with_default (reasons, verdict->reason, 0) + 1);
    if (!write_verdict (file, inspection, i, verdict, error))
      return NULL;
  }
  json_object_set_int_member (summary, "items", count);
  json_object_set_int_member (summary, "kept", kept);
  json_object_set_object_member (line, "summary", json_object_ref (summary));
  if (!write_object (file, line, error) || !gen_atomic_file_commit (file, error))
    return NULL;
  return g_steal_pointer (&summary);
}
