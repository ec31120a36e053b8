/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which items of a dataset are left out, and why. Items are looked at on several threads, a block
 * of them at a time; what hangs on their order follows in it, so that the number of threads does
 * not matter. */
#include "filter.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "../list-text.h"
#include "look.h"

#define HEX (2 * GEN_DATA_DIGEST)
/* Items of a thread in a block. */
#define BLOCK 8

/* --- what is asked for --- */

GHashTable *
gen_data_filter_load_denied (const char *path, GError **error)
{
  g_autoptr (GHashTable) denied = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  /* A device may have no end. */
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s: it is no regular file", path);
    return NULL;
  }
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

static gboolean
is_limited (const GenDataRange *range, double least, double most)
{
  return range->minimum > least || range->maximum < most;
}

static gboolean
is_said (const char *text)
{
  return text != NULL && *text != '\0';
}

/* Whether any measure is. */
static gboolean
has_limits (const GenDataFilterSettings *settings)
{
  const GenDataMeasure *const *measures = gen_data_measure_list ();

  for (int i = 0; measures[i] != NULL; i++)
    if (is_limited (&settings->ranges[i], measures[i]->least, measures[i]->most))
      return TRUE;
  return FALSE;
}

gboolean
gen_data_filter_settings_are_idle (const GenDataFilterSettings *settings)
{
  return !is_said (settings->without) && !is_said (settings->gate) && !is_said (settings->deny) &&
         !is_said (settings->opt_outs) && !is_said (settings->report) && !has_limits (settings) &&
         !is_limited (&settings->gate_range, -G_MAXDOUBLE, G_MAXDOUBLE);
}

gboolean
gen_data_filter_is_needed (const GenDataFilterSettings *settings, const GenDataset *dataset)
{
  return !gen_data_filter_settings_are_idle (settings) || gen_opt_outs_are_kept (dataset);
}

static gboolean
refuse (GError **error, const char *name, const char *why)
{
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS, "%s: %s", name, why);
  return FALSE;
}

/* A finding of another medium would leave out nothing, unnoticed. */
static gboolean
add_finding (GenFilterPlan *plan, const char *name, const GenMedium *medium, GError **error)
{
  g_autoptr (GError) reason = NULL;
  const GenDataFinding *finding = gen_data_finding_find (name, &reason);

  if (finding == NULL)
    return refuse (error, "without", reason->message);
  if ((finding->medium != NULL && finding->medium != medium) ||
      (finding == &gen_data_finding_near_duplicate && medium == &gen_medium_text)) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "without: '%s' is nothing that %s are", name, medium->plural);
    return FALSE;
  }
  g_ptr_array_add (plan->findings, (gpointer)finding);
  plan->needs |= finding->needs;
  if (finding->measure != NULL)
    plan->needs |=
        gen_data_measure_list ()[gen_data_measure_find (finding->measure, NULL, NULL)]->need;
  return TRUE;
}

static gboolean
add_findings (GenFilterPlan *plan, const GenMedium *medium, GError **error)
{
  g_auto (GStrv) names =
      is_said (plan->settings->without) ? g_strsplit (plan->settings->without, ",", -1) : NULL;

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (!add_finding (plan, g_strstrip (names[i]), medium, error))
      return FALSE;
  return TRUE;
}

static gboolean
check_range (const char *name, const GenDataRange *range, GError **error)
{
  if (range->minimum <= range->maximum)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "min-%s is %g, and max-%s %g: nothing is between them", name, range->minimum, name,
      range->maximum);
  return FALSE;
}

static gboolean
add_limits (GenFilterPlan *plan, const GenMedium *medium, GError **error)
{
  const GenDataMeasure *const *measures = gen_data_measure_list ();

  for (int i = 0; measures[i] != NULL; i++) {
    const GenFilterLimit limit = { i, plan->settings->ranges[i] };
    g_autofree char *name = NULL;
    g_autoptr (GError) reason = NULL;

    if (!is_limited (&limit.range, measures[i]->least, measures[i]->most))
      continue;
    name = g_strconcat (
        limit.range.minimum > measures[i]->least ? "min-" : "max-", measures[i]->name, NULL);
    if (gen_data_measure_find (measures[i]->name, medium, &reason) < 0)
      return refuse (error, name, reason->message);
    if (!check_range (measures[i]->name, &limit.range, error))
      return FALSE;
    g_array_append_val (plan->limits, limit);
    plan->needs |= measures[i]->need;
  }
  return TRUE;
}

/* A gate without a limit would keep all, and a limit without a gate, too. */
static gboolean
add_gate (GenFilterPlan *plan, GError **error)
{
  const GenDataRange *range = &plan->settings->gate_range;
  const gboolean limited = is_limited (range, -G_MAXDOUBLE, G_MAXDOUBLE);

  if (!is_said (plan->settings->gate))
    return !limited || refuse (error, range->minimum > -G_MAXDOUBLE ? "min-gate" : "max-gate",
                           "there is no gate; gate=FILE.onnx names one");
  if (!limited)
    return refuse (error, "gate", "min-gate or max-gate says what its number is to be");
  plan->needs |= GEN_NEED_ITEM;
  return check_range ("gate", range, error);
}

static gboolean
add_denied (GenFilterPlan *plan, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!is_said (plan->settings->deny))
    return TRUE;
  plan->denied = gen_data_filter_load_denied (plan->settings->deny, &reason);
  plan->needs |= GEN_NEED_FILE;
  return plan->denied != NULL || refuse (error, "deny", reason->message);
}

/* Whoever asks for nothing gets those that are kept with the data. */
static gboolean
add_opt_outs (GenFilterPlan *plan, const GenDataset *dataset, GError **error)
{
  const char *further = is_said (plan->settings->opt_outs) ? plan->settings->opt_outs : NULL;
  g_autoptr (GError) reason = NULL;

  plan->opt_outs = gen_opt_outs_load (dataset, further, &reason);
  if (reason != NULL)
    return refuse (error, "opt-outs", reason->message);
  if (plan->opt_outs == NULL)
    return TRUE;
  gen_opt_outs_set_distance (plan->opt_outs, (int)plan->settings->distance);
  plan->needs |= gen_opt_outs_needs (plan->opt_outs);
  return TRUE;
}

static gboolean
make_plan (GenFilterPlan *plan, const GenDataset *dataset, GError **error)
{
  const GenMedium *medium = gen_dataset_get_format (dataset)->medium;

  if (!add_opt_outs (plan, dataset, error) || !add_findings (plan, medium, error) ||
      !add_limits (plan, medium, error) || !add_gate (plan, error) || !add_denied (plan, error))
    return FALSE;
  return plan->needs != 0 || plan->opt_outs != NULL ||
         refuse (error, "report",
             "no filter leaves out anything that it could tell of; without=bad, for one, leaves "
             "out what cannot be read");
}

/* Names of items may lead to the same file by other ways, a link for one. */
static gboolean
check_report (const GenFilterPlan *plan, const GenDataset *dataset, GError **error)
{
  const char *const report = plan->settings->report;
  GStatBuf of_report, of_item;

  if (!is_said (report) || g_stat (report, &of_report) != 0)
    return TRUE;
  for (guint32 i = 0; i < gen_dataset_get_count (dataset); i++) {
    g_autofree char *path = gen_dataset_describe_item (dataset, i);

    if (g_stat (path, &of_item) != 0 || of_item.st_dev != of_report.st_dev ||
        of_item.st_ino != of_report.st_ino)
      continue;
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "report: %s is an item of the dataset, and is not overwritten", report);
    return FALSE;
  }
  return TRUE;
}

/* --- one item --- */

static gboolean
is_denied (const GenFilterPlan *plan, const GenLook *look)
{
  g_autofree char *digest = gen_data_digest_to_text (look->digest);

  return plan->denied != NULL && look->has_digest && g_hash_table_contains (plan->denied, digest);
}

/* The findings that rest on other items. */
static gboolean
is_of_twins (const GenDataFinding *finding)
{
  return finding == &gen_data_finding_duplicate || finding == &gen_data_finding_near_duplicate;
}

static gboolean
find (const GenDataFinding *finding, const GenDataItem *item, const GenInspected *inspected,
    GenVerdict *verdict)
{
  *verdict = (GenVerdict){ finding->name, finding->measure, 0, GEN_DATA_NONE };
  if (finding->find != NULL)
    return finding->find (item);
  verdict->value = gen_data_measure_take (
      gen_data_measure_list ()[gen_data_measure_find (finding->measure, NULL, NULL)], inspected);
  return verdict->value < finding->minimum || verdict->value > finding->maximum;
}

/* What an item looks or sounds like, where somebody asks for it. */
static void
take_fingerprint (const GenFilterPlan *plan, const GenLook *look, GenDataItem *item)
{
  const gboolean looks =
      look->inspected.luma != NULL ||
      (look->inspected.sample != NULL && look->inspected.sample->medium == &gen_medium_sound);

  if (looks && (g_ptr_array_find (plan->findings, &gen_data_finding_near_duplicate, NULL) ||
                   (plan->opt_outs != NULL && gen_opt_outs_need_fingerprint (plan->opt_outs))))
    item->has_fingerprint = gen_fingerprint_take (&look->inspected, &item->fingerprint);
}

/* The first reason counts, in the order opt-outs, bad, denied, findings, limits; the gate comes
 * behind them, and twins come last. */
static GenVerdict
judge (const GenFilterJudgement *judgement, guint32 index, const GenLook *look, gboolean is_bad)
{
  const GenFilterPlan *plan = judgement->plan;
  const GenDataItem *item = &judgement->items[index];
  GenVerdict verdict = { .of = GEN_DATA_NONE };

  if (plan->opt_outs != NULL)
    verdict.reason = gen_opt_outs_find (plan->opt_outs, judgement->dataset, index, look,
        item->has_fingerprint ? &item->fingerprint : NULL);
  if (verdict.reason != NULL)
    return verdict;

  if (is_bad)
    return (GenVerdict){ .reason = "bad", .of = GEN_DATA_NONE };
  if (is_denied (plan, look))
    return (GenVerdict){ .reason = "denied", .of = GEN_DATA_NONE };
  for (guint i = 0; i < plan->findings->len; i++) {
    const GenDataFinding *finding = g_ptr_array_index (plan->findings, i);

    if (!is_of_twins (finding) && find (finding, item, &look->inspected, &verdict))
      return verdict;
  }
  for (guint i = 0; i < plan->limits->len; i++) {
    const GenFilterLimit *limit = &g_array_index (plan->limits, GenFilterLimit, i);
    const GenDataMeasure *measure = gen_data_measure_list ()[limit->measure];
    const double value = gen_data_measure_take (measure, &look->inspected);

    if (value < limit->range.minimum || value > limit->range.maximum)
      return (GenVerdict){ measure->name, measure->name, value, GEN_DATA_NONE };
  }
  return (GenVerdict){ .of = GEN_DATA_NONE };
}

typedef struct {
  GenLook look;
  GError *error;
} Looked;

static void
look_at (GenFilterJudgement *judgement, guint32 index, Looked *looked)
{
  GenDataItem *item = &judgement->items[index];
  GenLook *look = &looked->look;

  *item = (GenDataItem){ .duplicate_of = GEN_DATA_NONE, .near_of = GEN_DATA_NONE };
  gen_look_at (look, judgement->dataset, index, judgement->plan->needs, &looked->error);
  item->hints = look->traits.hints;
  judgement->has_digest[index] = look->has_digest != FALSE;
  memcpy (item->digest, look->digest, GEN_DATA_DIGEST);
  if (looked->error == NULL)
    take_fingerprint (judgement->plan, look, item);
  judgement->verdicts[index] = judge (judgement, index, look, looked->error != NULL);
}

/* --- all items --- */

/* The model that items are judged by, and which of its numbers. */
typedef struct {
  GenFeatures *scores; /* NULL: there is none */
  int output;
} Gate;

static gboolean
open_gate (
    const GenDataFilterSettings *settings, const GenDataset *dataset, Gate *gate, GError **error)
{
  const GenFormat *format = gen_dataset_get_format (dataset);
  g_autoptr (GError) reason = NULL;

  if (!is_said (settings->gate))
    return TRUE;
  gate->scores = gen_features_open (settings->gate, format->medium, &reason);
  if (gate->scores == NULL)
    return refuse (error, "gate", reason->message);
  gate->output = gen_features_find (gate->scores, format,
      is_said (settings->gate_output) ? settings->gate_output : NULL, &reason);
  return gate->output >= 0 || refuse (error, "gate-output", reason->message);
}

static gboolean
judge_by_gate (const GenFilterJudgement *judgement, const Gate *gate, const GenLook *look,
    GenVerdict *verdict, GError **error)
{
  const GenDataFilterSettings *settings = judgement->plan->settings;
  const GenFormat format = gen_sample_format (&look->sample);
  const int n = gen_features_length (gate->scores, &format);
  g_autofree float *numbers = g_new (float, n);
  g_autoptr (GError) reason = NULL;
  double value;

  if (!gen_features_compute (gate->scores, &look->sample, 1, numbers, &reason))
    return refuse (error, "gate", reason->message);
  value = numbers[gate->output];
  if (!isfinite (value))
    *verdict = (GenVerdict){ "not-finite", "gate", value, GEN_DATA_NONE };
  else if (value < settings->gate_range.minimum || value > settings->gate_range.maximum)
    *verdict = (GenVerdict){ "gate", "gate", value, GEN_DATA_NONE };
  return TRUE;
}

static gboolean
follow (GenFilterJudgement *judgement, guint32 index, const Gate *gate, const Looked *looked,
    GError **error)
{
  GenDataItem *item = &judgement->items[index];

  if (looked->error != NULL) {
    g_autofree char *text = g_utf8_make_valid (looked->error->message, -1);

    item->error = g_string_chunk_insert (judgement->texts, text);
  }
  return gate->scores == NULL || judgement->verdicts[index].reason != NULL ||
         judge_by_gate (judgement, gate, &looked->look, &judgement->verdicts[index], error);
}

static gboolean
look_at_all (
    GenFilterJudgement *judgement, const Gate *gate, const GenDataFilterRun *run, GError **error)
{
  const guint32 count = gen_dataset_get_count (judgement->dataset);
  const int threads = run->threads > 0 ? run->threads : (int)g_get_num_processors ();
  const int block = threads * BLOCK;
  g_autofree Looked *looked = g_new0 (Looked, block);
  gboolean good = TRUE;

  for (guint32 begin = 0; good && begin < count; begin += (guint32)block) {
    const int n = (int)MIN (count - begin, (guint32)block);

    if (g_cancellable_set_error_if_cancelled (run->cancellable, error))
      return FALSE;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int i = 0; i < n; i++)
      look_at (judgement, begin + (guint32)i, &looked[i]);
    for (int i = 0; i < n; i++) {
      good = good && !g_cancellable_set_error_if_cancelled (run->cancellable, error) &&
             follow (judgement, begin + (guint32)i, gate, &looked[i], error);
      gen_look_clear (&looked[i].look);
      g_clear_error (&looked[i].error);
    }
    if (run->progress != NULL)
      run->progress (begin + (guint32)n, count, run->data);
  }
  return good;
}

/* An item that is like one which is left out itself is the one to keep: twins are sought among what
 * everything else keeps. What is the same is nearly so, too. */
static void
judge_twins (GenFilterJudgement *judgement)
{
  const GenFilterPlan *plan = judgement->plan;
  const guint32 count = gen_dataset_get_count (judgement->dataset);
  const gboolean same = g_ptr_array_find (plan->findings, &gen_data_finding_duplicate, NULL);
  const gboolean near = g_ptr_array_find (plan->findings, &gen_data_finding_near_duplicate, NULL);
  g_autofree gboolean *left_out = NULL;
  g_autofree GenDataTwin *twins = NULL;

  if (!same && !near)
    return;
  left_out = g_new (gboolean, count);
  twins = g_new (GenDataTwin, count);
  for (guint32 i = 0; i < count; i++)
    left_out[i] = judgement->verdicts[i].reason != NULL;
  gen_data_find_twins (
      judgement->items, left_out, count, near ? (int)plan->settings->distance : -1, twins);
  for (guint32 i = 0; i < count; i++)
    if (twins[i].same != GEN_DATA_NONE)
      judgement->verdicts[i] = (GenVerdict){ .reason = same ? gen_data_finding_duplicate.name
                                                            : gen_data_finding_near_duplicate.name,
        .of = twins[i].same };
    else if (twins[i].near != GEN_DATA_NONE)
      judgement->verdicts[i] =
          (GenVerdict){ .reason = gen_data_finding_near_duplicate.name, .of = twins[i].near };
}

/* A clip goes as a whole. */
static void
judge_clips (GenFilterJudgement *judgement)
{
  const guint32 count = gen_dataset_get_count (judgement->dataset);
  const guint32 run = gen_dataset_get_run (judgement->dataset);

  for (guint32 first = 0; run > 1 && first < count; first += run) {
    guint32 out = first;

    while (out < first + run && judgement->verdicts[out].reason == NULL)
      out++;
    for (guint32 i = first; out < first + run && i < first + run; i++)
      if (judgement->verdicts[i].reason == NULL)
        judgement->verdicts[i] = (GenVerdict){ .reason = "clip", .of = out };
  }
}

static gboolean
judge_all (GenFilterJudgement *judgement, const GenDataFilterRun *run, GError **error)
{
  Gate gate = { NULL };
  const gboolean good = open_gate (judgement->plan->settings, judgement->dataset, &gate, error) &&
                        look_at_all (judgement, &gate, run, error);

  g_clear_pointer (&gate.scores, gen_features_free);
  if (!good)
    return FALSE;
  judge_twins (judgement);
  judge_clips (judgement);
  return TRUE;
}

static void
clear_plan (GenFilterPlan *plan)
{
  g_ptr_array_unref (plan->findings);
  g_array_unref (plan->limits);
  g_clear_pointer (&plan->denied, g_hash_table_unref);
  g_clear_pointer (&plan->opt_outs, gen_opt_outs_free);
}

static void
clear_judgement (GenFilterJudgement *judgement)
{
  g_free (judgement->items);
  g_free (judgement->verdicts);
  g_free (judgement->has_digest);
  g_clear_pointer (&judgement->texts, g_string_chunk_free);
}

/* The summary, and in `left_out` (transfer full) what is; the report is written. */
static JsonObject *
filter (const GenDataFilterSettings *settings, const GenDataFilterRun *run,
    const GenDataset *dataset, gboolean **left_out, GError **error)
{
  const guint32 count = gen_dataset_get_count (dataset);
  GenFilterPlan plan = { .settings = settings,
    .findings = g_ptr_array_new (),
    .limits = g_array_new (FALSE, FALSE, sizeof (GenFilterLimit)) };
  GenFilterJudgement judgement = { .dataset = dataset, .plan = &plan };
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) reason = NULL;

  if (make_plan (&plan, dataset, error) && check_report (&plan, dataset, error)) {
    judgement.items = g_new (GenDataItem, count);
    judgement.verdicts = g_new (GenVerdict, count);
    judgement.has_digest = g_new (guint8, count);
    judgement.texts = g_string_chunk_new (4096);
    if (judge_all (&judgement, run, error))
      summary = gen_filter_summarise (&judgement);
  }
  if (summary != NULL && is_said (settings->report) &&
      !gen_filter_write (&judgement, summary, settings->report, &reason)) {
    refuse (error, "report", reason->message);
    g_clear_pointer (&summary, json_object_unref);
  }
  if (summary != NULL) {
    *left_out = g_new (gboolean, count);
    for (guint32 i = 0; i < count; i++)
      (*left_out)[i] = judgement.verdicts[i].reason != NULL;
  }
  clear_judgement (&judgement);
  clear_plan (&plan);
  return g_steal_pointer (&summary);
}

JsonObject *
gen_data_filter_judge (const GenDataFilterSettings *settings, const GenDataFilterRun *run,
    const GenDataset *dataset, GError **error)
{
  g_autofree gboolean *left_out = NULL;

  return filter (settings, run, dataset, &left_out, error);
}

JsonObject *
gen_data_filter_apply (const GenDataFilterSettings *settings, const GenDataFilterRun *run,
    GenDataset **dataset, GError **error)
{
  g_autofree gboolean *left_out = NULL;
  g_autoptr (JsonObject) summary = filter (settings, run, *dataset, &left_out, error);
  g_autofree char *text = summary != NULL ? gen_data_filter_describe (summary) : NULL;

  if (summary == NULL)
    return NULL;
  if (json_object_get_int_member (summary, "kept") > 0) {
    *dataset = gen_dataset_select (*dataset, left_out);
    return g_steal_pointer (&summary);
  }
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "%s: the filters leave nothing; they leave out %s", (*dataset)->location, text);
  return NULL;
}
