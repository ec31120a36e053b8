/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a scorer's figures are called, and which of two is the better one. Names of fields are of
 * those strings that are never freed, as reports and messages outlive the file. */
#include <string.h>

#include "metrics.h"
#include "scorer-private.h"

#define WANTED                                                                                     \
  "should be a name for each number, with commas between and =higher or =lower behind, such as "   \
  "SIG=higher,BAK=higher"

static gboolean
may_be_in_name (char c)
{
  return g_ascii_isalnum (c) || c == '.' || c == '-' || c == '_';
}

static gboolean
is_name (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    if (!may_be_in_name (*c))
      return FALSE;
  return *text != '\0';
}

static void
add_field (GenScorer *scorer, const char *name, GenBetter better)
{
  scorer->metric.fields[scorer->metric.n_fields++] = (GenField){ g_intern_string (name),
    GEN_FIELD_NUMBER, NULL, "the model made no finite number", better };
}

/* --- as somebody says it --- */

static gboolean
read_better (const char *text, GenBetter *better)
{
  *better = g_strcmp0 (text, "higher") == 0  ? GEN_BETTER_HIGHER
            : g_strcmp0 (text, "lower") == 0 ? GEN_BETTER_LOWER
                                             : GEN_BETTER_NEITHER;
  return text == NULL || *better != GEN_BETTER_NEITHER;
}

static gboolean
read_names (GenScorer *scorer, const char *text)
{
  g_auto (GStrv) names = g_strsplit (text, ",", GEN_SCORER_MAX_FIGURES + 1);

  for (char **name = names; *name != NULL; name++) {
    g_auto (GStrv) parts = g_strsplit (*name, "=", 2);
    GenBetter better;

    if (scorer->metric.n_fields == GEN_SCORER_MAX_FIGURES || parts[0] == NULL ||
        !is_name (g_strstrip (parts[0])) ||
        !read_better (parts[1] != NULL ? g_strstrip (parts[1]) : NULL, &better))
      return FALSE;
    add_field (scorer, parts[0], better);
  }
  return TRUE;
}

static gboolean
use_said (GenScorer *scorer, const char *text, gint64 wanted, GError **error)
{
  if (!read_names (scorer, text)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
        "%s: generative.scores is \"%s\", which " WANTED, scorer->file, text);
    return FALSE;
  }
  if (scorer->metric.n_fields == wanted)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
      "%s: generative.scores names %d figures (\"%s\"), and the model makes %" G_GINT64_FORMAT
      " numbers of %s: there has to be a name for each",
      scorer->file, scorer->metric.n_fields, text, wanted, scorer->metric.medium->plural);
  return FALSE;
}

/* --- by the outputs --- */

static void
use_outputs (GenScorer *scorer)
{
  for (guint i = 0; i < scorer->n_outputs; i++) {
    g_autofree char *name = g_strdup (scorer->outputs[i].name);

    for (char *c = name; *c != '\0'; c++)
      if (!may_be_in_name (*c))
        *c = '-';
    for (gint64 k = 0; k < scorer->lengths[i]; k++) {
      g_autofree char *numbered = g_strdup_printf ("%s-%" G_GINT64_FORMAT, name, k);

      add_field (scorer, scorer->lengths[i] > 1 ? numbered : name, GEN_BETTER_NEITHER);
    }
  }
}

/* --- both --- */

/* What the list of metrics knows of a figure that is a model's. */
static void
complete (GenField *field)
{
  const GenField *known = gen_metric_find_field (field->name, NULL);

  if (known != NULL && field->better == GEN_BETTER_NEITHER)
    field->better = known->better;
}

/* Names that stand for something else beside a figure. */
static gboolean
is_taken (const char *name)
{
  static const char *const taken[] = { "frame", "frames", "pts", "samples", "left-out", "scorers",
    "classes", "reference-time", "without-reference", "offset", NULL };

  return g_strv_contains (taken, name) || g_str_has_suffix (name, "-missing") ||
         g_str_has_suffix (name, "-doubt") || g_str_has_suffix (name, GEN_RECENT_SUFFIX);
}

static gboolean
check_names (const GenScorer *scorer, GError **error)
{
  const GenMetric *own = &scorer->metric, *other;

  for (int i = 0; i < own->n_fields; i++) {
    const char *name = own->fields[i].name;
    gboolean twice = FALSE;

    for (int k = 0; k < i; k++)
      twice |= g_str_equal (own->fields[k].name, name);
    if (twice) {
      g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
          "%s: two of its figures are called \"%s\": metadata generative.scores names them",
          scorer->file, name);
      return FALSE;
    }
    if (is_taken (name)) {
      g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
          "%s: its figure cannot be called \"%s\", which means something else in a report: "
          "metadata "
          "generative.scores names it otherwise",
          scorer->file, name);
      return FALSE;
    }
    if (gen_metric_find_field (name, &other) == NULL || other->needs_scorer)
      continue;
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER,
        "%s: its figure is called \"%s\", as one of the metric %s is: metadata generative.scores "
        "names it otherwise",
        scorer->file, name, other->name);
    return FALSE;
  }
  return TRUE;
}

gboolean
gen_scorer_name (GenScorer *scorer, GError **error)
{
  const GenModel *model = gen_player_model (scorer->player);
  gint64 n = 0;

  for (guint i = 0; i < scorer->n_outputs; i++)
    n += scorer->lengths[i];
  if (model->hints.scores == NULL)
    use_outputs (scorer);
  else if (!use_said (scorer, model->hints.scores, n, error))
    return FALSE;
  for (int i = 0; i < scorer->metric.n_fields; i++)
    complete (&scorer->metric.fields[i]);
  return check_names (scorer, error);
}
