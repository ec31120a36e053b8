/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of what is left out of a dataset. */
#include <math.h>
#include <string.h>

#include <generative/atomic-file.h>

#include "../../base/json-file.h"
#include "filter.h"
#include "look.h"

static gboolean
write_object (GenAtomicFile *file, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (node, FALSE);

  return gen_atomic_file_write (file, text, strlen (text), error) &&
         gen_atomic_file_write (file, "\n", 1, error);
}

/* Where an item is, below the location, as JSON takes it. (transfer full) */
static char *
name_of (const GenFilterJudgement *judgement, guint32 index)
{
  g_autofree char *path = gen_dataset_describe_item (judgement->dataset, index);

  return g_utf8_make_valid (gen_dataset_name_below (judgement->dataset, path), -1);
}

/* What was judged by less than its bytes has its digest made now. (transfer full) */
static char *
digest_of (const GenFilterJudgement *judgement, guint32 index)
{
  GenLook look;
  char *text = NULL;

  if (judgement->has_digest[index])
    return gen_data_digest_to_text (judgement->items[index].digest);
  gen_look_at (&look, judgement->dataset, index, GEN_NEED_FILE, NULL);
  if (look.has_digest)
    text = gen_data_digest_to_text (look.digest);
  gen_look_clear (&look);
  return text;
}

static gboolean
write_verdict (
    GenAtomicFile *file, const GenFilterJudgement *judgement, guint32 index, GError **error)
{
  const GenVerdict *verdict = &judgement->verdicts[index];
  g_autofree char *name = name_of (judgement, index);
  g_autofree char *digest = digest_of (judgement, index);
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "file_name", name);
  if (digest != NULL)
    json_object_set_string_member (object, "sha256", digest);
  json_object_set_string_member (object, "reason", verdict->reason);
  if (judgement->items[index].error != NULL)
    json_object_set_string_member (object, "error", judgement->items[index].error);
  /* JSON has no other numbers. */
  if (verdict->figure != NULL && !isfinite (verdict->value))
    json_object_set_null_member (object, verdict->figure);
  else if (verdict->figure != NULL)
    json_object_set_double_member (object, verdict->figure, verdict->value);
  if (verdict->of != GEN_DATA_NONE) {
    g_autofree char *of = name_of (judgement, verdict->of);

    json_object_set_string_member (object, "of", of);
  }
  return write_object (file, object, error);
}

/* The bounds that were set. */
static void
add_range (
    JsonArray *limits, const char *name, const GenDataRange *range, double least, double most)
{
  JsonObject *one = json_object_new ();

  json_object_set_string_member (one, "name", name);
  if (range->minimum > least)
    json_object_set_double_member (one, "minimum", range->minimum);
  if (range->maximum < most)
    json_object_set_double_member (one, "maximum", range->maximum);
  json_array_add_object_element (limits, one);
}

/* What was asked for, so that the same can be asked for again. */
static JsonObject *
describe_plan (const GenFilterPlan *plan)
{
  const GenDataFilterSettings *settings = plan->settings;
  JsonObject *object = json_object_new ();
  JsonArray *findings = json_array_new (), *limits = json_array_new ();

  for (guint i = 0; i < plan->findings->len; i++)
    json_array_add_string_element (
        findings, ((const GenDataFinding *)g_ptr_array_index (plan->findings, i))->name);
  for (guint i = 0; i < plan->limits->len; i++) {
    const GenFilterLimit *limit = &g_array_index (plan->limits, GenFilterLimit, i);
    const GenDataMeasure *measure = gen_data_measure_list ()[limit->measure];

    add_range (limits, measure->name, &limit->range, measure->least, measure->most);
  }
  if (settings->gate != NULL)
    add_range (limits, "gate", &settings->gate_range, -G_MAXDOUBLE, G_MAXDOUBLE);
  json_object_set_array_member (object, "without", findings);
  json_object_set_array_member (object, "limits", limits);
  json_object_set_int_member (
      object, "denied", plan->denied != NULL ? (gint64)g_hash_table_size (plan->denied) : 0);
  json_object_set_int_member (object, "distance", settings->distance);
  if (settings->gate != NULL) {
    json_object_set_string_member (object, "gate", settings->gate);
    json_object_set_string_member (
        object, "gate-output", settings->gate_output != NULL ? settings->gate_output : "0");
  }
  return object;
}

JsonObject *
gen_filter_summarise (const GenFilterJudgement *judgement)
{
  const guint32 count = gen_dataset_get_count (judgement->dataset);
  JsonObject *summary = json_object_new (), *reasons = json_object_new ();
  g_autofree char *location = g_utf8_make_valid (judgement->dataset->location, -1);
  gint64 kept = 0;

  for (guint32 i = 0; i < count; i++) {
    const char *reason = judgement->verdicts[i].reason;

    if (reason == NULL)
      kept++;
    else
      json_object_set_int_member (
          reasons, reason, json_object_get_int_member_with_default (reasons, reason, 0) + 1);
  }
  json_object_set_string_member (summary, "location", location);
  if (judgement->plan->opt_outs != NULL)
    json_object_set_array_member (
        summary, "opt-outs", gen_opt_outs_describe (judgement->plan->opt_outs));
  json_object_set_object_member (summary, "filter", describe_plan (judgement->plan));
  json_object_set_object_member (summary, "reasons", reasons);
  json_object_set_int_member (summary, "items", count);
  json_object_set_int_member (summary, "kept", kept);
  return summary;
}

gboolean
gen_filter_write (
    const GenFilterJudgement *judgement, JsonObject *summary, const char *path, GError **error)
{
  const guint32 count = gen_dataset_get_count (judgement->dataset);
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (path, error);
  g_autoptr (JsonObject) line = json_object_new ();

  if (file == NULL)
    return FALSE;
  for (guint32 i = 0; i < count; i++)
    if (judgement->verdicts[i].reason != NULL && !write_verdict (file, judgement, i, error))
      return FALSE;
  json_object_set_object_member (line, "summary", json_object_ref (summary));
  return write_object (file, line, error) && gen_atomic_file_commit (file, error);
}

char *
gen_data_filter_describe (JsonObject *summary)
{
  JsonObject *reasons = json_object_get_object_member (summary, "reasons");
  const gint64 items = json_object_get_int_member (summary, "items");
  const gint64 kept = json_object_get_int_member (summary, "kept");
  GString *text = g_string_new (NULL);
  const char *reason;
  JsonObjectIter iter;
  JsonNode *count;
  gboolean first = TRUE;

  g_string_printf (text, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " items", items - kept, items);
  json_object_iter_init (&iter, reasons);
  for (; json_object_iter_next (&iter, &reason, &count); first = FALSE)
    g_string_append_printf (
        text, "%s %" G_GINT64_FORMAT " %s", first ? ":" : ",", json_node_get_int (count), reason);
  return g_string_free (text, FALSE);
}
