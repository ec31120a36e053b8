/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-verdict.h"

#include <math.h>
#include <string.h>

#include <generative/npy.h>

#define PARTS "parts"     /* member of what was before */
#define FURTHER "further" /* in it: of the objective, where that is another metric */

/* --- what was measured before --- */

static void
add_parts (JsonObject *parts, const char *name, const double *values)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < GEN_PAIRED_PARTS; i++)
    if (isfinite (values[i]))
      json_array_add_double_element (array, values[i]);
    else
      json_array_add_null_element (array);
  json_object_set_array_member (parts, name, array);
}

gboolean
gen_training_verdict_save (
    const GenValidationDetail *detail, const char *path, JsonObject *before, GError **error)
{
  const GenShape shape =
      GEN_SHAPE ((gint64)gen_validation_detail_count (detail), GEN_RECIPE_MAX_FIGURES);

  if (detail->has_parts) {
    JsonObject *parts = json_object_new ();

    add_parts (parts, "frechet", detail->frechet);
    add_parts (parts, "diversity", detail->diversity);
    add_parts (parts, FURTHER, detail->further);
    json_object_set_object_member (before, PARTS, parts);
  }
  return gen_npy_save (path, GEN_TYPE_FLOAT32, &shape, detail->each->data, error);
}

/* The figures of parts, NaN where there are none. */
static void
load_parts (JsonObject *before, const char *name, double values[GEN_PAIRED_PARTS])
{
  JsonNode *node = json_object_get_member (before, PARTS);
  JsonArray *array = NULL;

  for (guint i = 0; i < GEN_PAIRED_PARTS; i++)
    values[i] = NAN;
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  node = json_object_get_member (json_node_get_object (node), name);
  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    array = json_node_get_array (node);
  if (array == NULL || json_array_get_length (array) != GEN_PAIRED_PARTS)
    return;
  for (guint i = 0; i < GEN_PAIRED_PARTS; i++) {
    node = json_array_get_element (array, i);
    if (JSON_NODE_HOLDS_VALUE (node))
      values[i] = json_node_get_double (node);
  }
}

void
gen_training_verdict_load (GenValidationDetail *detail, const char *path, JsonObject *before)
{
  g_autoptr (GError) error = NULL;
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_npy_load (path, &type, &shape, &error);

  load_parts (before, "frechet", detail->frechet);
  load_parts (before, "diversity", detail->diversity);
  load_parts (before, FURTHER, detail->further);
  detail->has_parts = TRUE; /* those that are missing are no numbers */
  if (bytes == NULL)
    g_debug ("no verdict: %s", error->message);
  if (bytes == NULL || type != GEN_TYPE_FLOAT32 || shape.rank != 2 ||
      shape.dims[1] != GEN_RECIPE_MAX_FIGURES)
    return;
  g_array_append_vals (detail->each, g_bytes_get_data (bytes, NULL),
      (guint)(shape.dims[0] * GEN_RECIPE_MAX_FIGURES));
}

static double
figure_of (JsonObject *figures, const char *name)
{
  JsonNode *node = json_object_get_member (figures, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node) : NAN;
}

/* --- verdicts --- */

/* Of a figure of a whole set, and of its parts. */
static void
add_set (GArray *verdicts, const char *name, GenBetter better, const GenFigureDetail *before,
    const GenFigureDetail *after, const double *before_parts, const double *after_parts)
{
  GenFigureVerdict verdict = { .name = name, .better = better };

  verdict.difference = gen_paired_difference_of_parts (figure_of (before->figures, name),
      figure_of (after->figures, name), before_parts, after_parts);
  verdict.difference.known &= before->detail->has_parts && after->detail->has_parts;
  g_array_append_val (verdicts, verdict);
}

static void
add_sets (GArray *verdicts, const GenObjective *objective, const GenFigureDetail *before,
    const GenFigureDetail *after)
{
  const GenValidationDetail *was = before->detail, *now = after->detail;

  add_set (verdicts, "frechet", GEN_BETTER_LOWER, before, after, was->frechet, now->frechet);
  add_set (
      verdicts, "diversity", GEN_BETTER_NEITHER, before, after, was->diversity, now->diversity);
  if (gen_objective_is_further (objective))
    add_set (
        verdicts, objective->name, objective->better, before, after, was->further, now->further);
}

GArray *
gen_training_verdict_find (const GenRecipe *recipe, const GenObjective *objective, guint64 seed,
    const GenFigureDetail *before, const GenFigureDetail *after)
{
  GArray *verdicts = g_array_new (FALSE, FALSE, sizeof (GenFigureVerdict));
  const gsize n = gen_validation_detail_count (after->detail);
  const float *was = (const float *)(const void *)before->detail->each->data;
  const float *now = (const float *)(const void *)after->detail->each->data;

  if (n == 0 || gen_validation_detail_count (before->detail) != n)
    return verdicts;
  if (recipe->made_of == GEN_MADE_OF_LATENTS)
    add_sets (verdicts, objective, before, after);
  for (guint i = 0; i < recipe->n_figures; i++) {
    const GenField *field = &recipe->figures[i].figure.field;
    GenFigureVerdict verdict = { .name = field->name, .better = field->better };

    /* What is measured under attack is no figure of trainings without one. */
    if (recipe->figures[i].validation == NULL ||
        !json_object_has_member (after->figures, field->name))
      continue;
    verdict.difference = gen_paired_difference_bootstrap (
        was + i, now + i, n, GEN_RECIPE_MAX_FIGURES, after->detail->blocks[i], seed);
    g_array_append_val (verdicts, verdict);
  }
  return verdicts;
}

const GenFigureVerdict *
gen_training_verdict_of (const GArray *verdicts, const char *name)
{
  for (guint i = 0; i < verdicts->len; i++) {
    const GenFigureVerdict *verdict = &g_array_index (verdicts, GenFigureVerdict, i);

    if (strcmp (verdict->name, name) == 0)
      return verdict;
  }
  return NULL;
}

/* --- for programs to read --- */

JsonObject *
gen_training_verdict_describe (const GArray *verdicts, const GenJudged *judged)
{
  const char *name = judged->objective->name;
  const GenFigureVerdict *first = gen_training_verdict_of (verdicts, name);
  JsonObject *object = json_object_new (), *figures = json_object_new ();

  json_object_set_string_member (object, "nets", judged->nets);
  json_object_set_int_member (object, "step", (gint64)judged->step);
  json_object_set_string_member (object, "figure", name);
  json_object_set_string_member (object, "verdict",
      first != NULL ? gen_paired_difference_verdict (&first->difference, first->better) : "");
  json_object_set_int_member (object, "samples", (gint64)judged->samples);
  json_object_set_double_member (object, "confidence", GEN_PAIRED_CONFIDENCE);
  for (guint i = 0; i < verdicts->len; i++) {
    const GenFigureVerdict *verdict = &g_array_index (verdicts, GenFigureVerdict, i);
    JsonObject *figure = json_object_new ();

    gen_json_set_number (figure, "change", verdict->difference.difference);
    gen_json_set_number (figure, "low", verdict->difference.low);
    gen_json_set_number (figure, "high", verdict->difference.high);
    json_object_set_string_member (figure, "better", gen_better_name (verdict->better));
    json_object_set_string_member (
        figure, "verdict", gen_paired_difference_verdict (&verdict->difference, verdict->better));
    json_object_set_object_member (figures, verdict->name, figure);
  }
  json_object_set_object_member (object, "figures", figures);
  return object;
}

static void
tell (GArray *figures, GArray *values, const char *name, const char *suffix, const char *text,
    double value)
{
  g_autofree char *whole = g_strconcat (name, suffix, NULL);
  const GenFigure figure = {
    .field = { .name = g_intern_string (whole),
        .type = text != NULL ? GEN_FIELD_TEXT : GEN_FIELD_NUMBER,
        .text = text },
  };

  g_array_append_val (figures, figure);
  g_array_append_val (values, value);
}

void
gen_training_verdict_tell (
    const GArray *verdicts, const GenJudged *judged, const GenTrainingEvents *events)
{
  const char *name = judged->objective->name;
  const GenFigureVerdict *first = gen_training_verdict_of (verdicts, name);
  g_autoptr (GArray) figures = g_array_new (FALSE, FALSE, sizeof (GenFigure));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  GenFigures all;

  if (events->callbacks.compared == NULL || first == NULL)
    return;
  tell (figures, values, "step", "", NULL, (double)judged->step);
  tell (figures, values, "samples", "", NULL, (double)judged->samples);
  g_array_index (figures, GenFigure, 0).field.type = GEN_FIELD_COUNT;
  g_array_index (figures, GenFigure, 1).field.type = GEN_FIELD_COUNT;
  if (judged->nets != NULL)
    tell (figures, values, "nets", "", judged->nets, 0);
  tell (figures, values, "figure", "", name, 0);
  tell (figures, values, "verdict", "",
      gen_paired_difference_verdict (&first->difference, first->better), 0);
  for (guint i = 0; i < verdicts->len; i++) {
    const GenFigureVerdict *verdict = &g_array_index (verdicts, GenFigureVerdict, i);
    const GenPairedDifference *difference = &verdict->difference;

    tell (figures, values, verdict->name, "-change", NULL, difference->difference);
    tell (figures, values, verdict->name, "-change-low", NULL, difference->low);
    tell (figures, values, verdict->name, "-change-high", NULL, difference->high);
    tell (figures, values, verdict->name, "-verdict",
        gen_paired_difference_verdict (difference, verdict->better), 0);
  }
  all = (GenFigures){ (const GenFigure *)(const void *)figures->data,
    (const double *)(const void *)values->data, figures->len };
  events->callbacks.compared (&all, events->data);
}

/* --- for people to read --- */

char *
gen_training_verdict_interval (const GenFigureVerdict *verdict)
{
  if (!verdict->difference.known)
    return g_strdup ("–");
  return g_strdup_printf ("%+.3g … %+.3g", verdict->difference.low, verdict->difference.high);
}

char *
gen_training_verdict_to_text (const GenFigureVerdict *verdict, guint64 samples)
{
  const char *word = gen_paired_difference_verdict (&verdict->difference, verdict->better);

  if (!verdict->difference.known)
    return g_strdup_printf (
        "too few samples to tell that from chance (%" G_GUINT64_FORMAT ")", samples);
  if (strcmp (word, "no difference") == 0)
    return g_strdup_printf ("no difference that %" G_GUINT64_FORMAT
                            " samples can show (the change is between %+.3g and %+.3g with a "
                            "confidence of %.0f %%)",
        samples, verdict->difference.low, verdict->difference.high, 100 * GEN_PAIRED_CONFIDENCE);
  return g_strdup_printf ("%s (the change is between %+.3g and %+.3g with a confidence of %.0f %%)",
      word, verdict->difference.low, verdict->difference.high, 100 * GEN_PAIRED_CONFIDENCE);
}
