/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which metrics a meter has: those that are named, or all that can be had, and what each misses. */
#include <generative/scorer.h>

#include "meter.h"
#include "metrics.h"

static gboolean
is_of_medium (const GenMeter *meter, const GenMetric *metric)
{
  return metric->medium == NULL || metric->medium == meter->medium;
}

/* Of which nobody has named the file. */
static gboolean
lacks_scorer (const GenMetric *metric)
{
  return metric->needs_scorer && metric->score == NULL;
}

/* What `metric` misses, or NULL. */
static const char *
missing (const GenMeter *meter, const GenMetric *metric, const GenMeterSettings *settings)
{
  gboolean statistics = metric->takes_statistics && settings->statistics != NULL;
  gboolean collects = metric->statistics != NULL && settings->collects;

  if (!is_of_medium (meter, metric))
    return "is of another medium";
  if (gen_metric_is_of_pairs (metric) && !settings->judges)
    return "compares a frame with what it should be, of which this knows nothing";
  if (!gen_metric_is_of_pairs (metric) && settings->judges)
    return "does not compare a frame with what it should be";
  if (gen_metric_is_of_pairs (metric) &&
      (metric->reference_medium != NULL ? metric->reference_medium : meter->medium) !=
          meter->reference_medium)
    return metric->reference_medium == NULL
               ? "compares a frame with what it should be, which is of another medium here"
               : "compares pictures with their sound, and not with pictures";
  if (metric->needs_reference && !settings->has_reference && !statistics && !collects)
    return settings->statistics != NULL ? "compares with samples, and the reference is statistics"
                                        : "compares with a reference, and there is none";
  if (metric->needs_classifier && meter->features != NULL &&
      gen_features_are_built_in (meter->features))
    return "looks at a model's scores of classes: name the model as the embedder";
  if (metric->needs_language_model && settings->language_model == NULL)
    return "asks a language model, and none is named: language-model names its file";
  if (metric->needs_labels && !settings->has_labels)
    return "needs a reference with classes, and this one has none";
  return NULL;
}

/* The metric at work. FALSE with `error` where it has no model. */
static gboolean
open_instrument (Instrument *instrument, const GenMetricSettings *settings, GError **error)
{
  const GenMetric *metric = instrument->metric;
  g_autoptr (GError) why = NULL;

  if (metric->open != NULL)
    instrument->state = metric->open (settings);
  if (metric->load == NULL)
    return TRUE;
  instrument->state = metric->load (settings, &why);
  if (instrument->state != NULL)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR,
      g_error_matches (why, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MISSING) ? GEN_METRIC_ERROR_MISSING
                                                                        : GEN_METRIC_ERROR_MODEL,
      "metric %s: %s", metric->name, why->message);
  return FALSE;
}

/* What those that are named make instead. */
static void
refuse_without_scorer (const GenMetric *metric, GenScorer *const *scorers, GError **error)
{
  g_autoptr (GString) made = g_string_new (NULL);

  for (GenScorer *const *scorer = scorers; scorer != NULL && *scorer != NULL; scorer++) {
    const GenMetric *own = gen_scorer_metric (*scorer);

    g_string_append_printf (
        made, "%s%s makes ", made->len > 0 ? ", " : "", gen_scorer_file (*scorer));
    for (int i = 0; i < own->n_fields; i++)
      g_string_append_printf (made, "%s%s", i > 0 ? " and " : "", own->fields[i].name);
  }
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
      "metric %s is made by a model: name its ONNX file as the scorer%s%s", metric->name,
      made->len > 0 ? "; " : "", made->str);
}

/* `state` is that of a metric that is open already, and is not closed. */
static gboolean
add_instrument (GenMeter *meter, const GenMetric *metric, gpointer state,
    const GenMeterSettings *settings, GError **error)
{
  Instrument instrument = {
    .metric = metric, .state = state, .first_field = (int)meter->fields->len
  };

  for (guint i = 0; i < meter->instruments->len; i++)
    if (g_array_index (meter->instruments, Instrument, i).metric == metric)
      return TRUE;
  if (!is_of_medium (meter, metric)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "metric %s is of %s, and these are %s", metric->name, metric->medium->plural,
        meter->medium->plural);
    return FALSE;
  }
  if (missing (meter, metric, settings) != NULL) {
    g_set_error (error, GEN_METRIC_ERROR,
        metric->needs_language_model ? GEN_METRIC_ERROR_MISSING : GEN_METRIC_ERROR_REFERENCE,
        "metric %s %s", metric->name, missing (meter, metric, settings));
    return FALSE;
  }
  if (lacks_scorer (metric)) {
    refuse_without_scorer (metric, settings->scorers, error);
    return FALSE;
  }
  if (metric->takes_statistics && settings->statistics != NULL &&
      !gen_meter_check_statistics (meter, 0, error))
    return FALSE;
  if (!open_instrument (&instrument, &meter->settings, error))
    return FALSE;

  for (int i = 0; i < metric->n_fields; i++) {
    GenField field = metric->fields[i];

    if (field.type == GEN_FIELD_TEXT && field.text == NULL)
      field.text = meter->features_name;
    g_array_append_val (meter->fields, field);
  }
  g_array_append_val (meter->instruments, instrument);
  meter->measures_frames |= metric->measure != NULL || metric->score != NULL;
  meter->wants_luma |= (metric->measure != NULL || metric->judge != NULL) && !metric->in_colour;
  meter->takes_samples |= metric->take != NULL || metric->compare != NULL;
  meter->wants_features |= metric->needs_features;
  meter->wants_sets |= metric->compare != NULL;
  meter->wants_reference |=
      (metric->refer != NULL || (metric->compare != NULL && metric->needs_reference)) &&
      settings->has_reference;
  return TRUE;
}

/* Those that can be had without asking for more. A model that is missing where packages put it is
 * no error then; one that was named is. */
static gboolean
add_automatic (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++) {
    g_autoptr (GError) why = NULL;

    if ((*m)->takes_long || lacks_scorer (*m) || missing (meter, *m, settings) != NULL ||
        add_instrument (meter, *m, NULL, settings, &why))
      continue;
    if (!g_error_matches (why, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MISSING)) {
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
    g_string_append_printf (
        meter->unavailable, "%s%s", meter->unavailable->len > 0 ? "; " : "", why->message);
  }
  return TRUE;
}

/* Whether `name` is a figure of one of the scorers. */
static gboolean
is_scored (const GenMeterSettings *settings, const char *name)
{
  for (GenScorer *const *scorer = settings->scorers; scorer != NULL && *scorer != NULL; scorer++)
    if (gen_scorer_find_field (*scorer, name) != NULL)
      return TRUE;
  return FALSE;
}

/* What stands in a list of metrics and names none. */
static gboolean
check_name (const char *name, const char *list, GError **error)
{
  if (g_str_equal (name, "auto"))
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "\"auto\" stands alone: it is all metrics that suit, and no other name is beside it");
  else if (*name == '\0')
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "the list of metrics \"%s\" has a name that is empty", list);
  else
    return TRUE;
  return FALSE;
}

/* Names that are none of the list's may be those of scorers' figures, which are measured anyway. */
static gboolean
add_named (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  g_auto (GStrv) names = g_strsplit (settings->metrics, ",", -1);

  if (names[0] == NULL)
    return gen_metric_find ("", error) != NULL;
  for (char **name = names; *name != NULL; name++) {
    const GenMetric *metric;

    if (is_scored (settings, g_strstrip (*name)))
      continue;
    metric = check_name (*name, settings->metrics, error) ? gen_metric_find (*name, error) : NULL;
    if (metric == NULL || !add_instrument (meter, metric, NULL, settings, error))
      return FALSE;
  }
  return TRUE;
}

/* Two files may make figures of one name, and frames go to one alone, or with what they should be.
 */
static gboolean
check_scorer (const GenMeter *meter, const GenScorer *scorer, GError **error)
{
  const gboolean of_pairs = gen_metric_is_of_pairs (gen_scorer_metric (scorer));

  if (of_pairs != meter->judges) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
        of_pairs ? "%s compares a frame with what it should be, of which this knows nothing"
                 : "%s looks at one frame alone, and does not compare it with what it should be",
        gen_scorer_file (scorer));
    return FALSE;
  }
  for (guint i = 0; i < meter->fields->len; i++) {
    const GenField *field = &g_array_index (meter->fields, GenField, i);

    if (gen_scorer_find_field (scorer, field->name) == NULL)
      continue;
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
        "two scorers have a figure called \"%s\": metadata generative.scores of %s names it "
        "otherwise",
        field->name, gen_scorer_file (scorer));
    return FALSE;
  }
  return TRUE;
}

static gboolean
add_scorers (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  for (GenScorer *const *scorer = settings->scorers; scorer != NULL && *scorer != NULL; scorer++)
    if (!check_scorer (meter, *scorer, error) ||
        !add_instrument (meter, gen_scorer_metric (*scorer), *scorer, settings, error))
      return FALSE;
  return TRUE;
}

gboolean
gen_meter_add_instruments (GenMeter *meter, const GenMeterSettings *settings, GError **error)
{
  const gboolean automatic = settings->metrics == NULL || g_str_equal (settings->metrics, "auto");

  return (automatic ? add_automatic : add_named) (meter, settings, error) &&
         add_scorers (meter, settings, error);
}
