/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of calibrators, each a file beside this one, and what all of them have in common: the
 * items that they are fitted to, and the text that a model keeps. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <generative/calibration.h>

#include "../base/family.h"
#include "../model/bounds.h"
#include "../model/parts.h"

G_DEFINE_QUARK (gen - calibration - error - quark, gen_calibration_error)

const GenCalibrator *const *
gen_calibrator_list (void)
{
  static const GenCalibrator *const list[] = {
    &gen_calibrator_platt,
    &gen_calibrator_temperature,
    &gen_calibrator_isotonic,
    NULL,
  };

  return list;
}

const GenCalibrator *
gen_calibrator_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_calibrator_list (), name, "calibration", GEN_CALIBRATION_ERROR,
      GEN_CALIBRATION_ERROR_UNKNOWN, error);
}

void
gen_calibration_free (GenCalibration *calibration)
{
  if (calibration == NULL)
    return;
  for (int i = 0; i < GEN_CALIBRATION_LISTS; i++)
    g_free (calibration->lists[i]);
  g_free (calibration);
}

/* --- odds --- */

double
gen_probability (double log_odds)
{
  return log_odds >= 0 ? 1 / (1 + exp (-log_odds)) : exp (log_odds) / (1 + exp (log_odds));
}

double
gen_log_odds (double probability)
{
  const double nearest = FLT_EPSILON / 2;
  const double p = isnan (probability) ? NAN : CLAMP (probability, nearest, 1 - nearest);

  return log (p / (1 - p));
}

gboolean
gen_model_scores_are_probabilities (const GenModel *model, const GenPort *output)
{
  g_autoptr (GHashTable) all = gen_graph_bounds (model->graph, NULL, NULL);
  const GenTensor *tensor = gen_graph_find (model->graph, output->name);
  const GenBounds *bounds = tensor != NULL ? g_hash_table_lookup (all, tensor) : NULL;

  return bounds != NULL && bounds->n == 1 && bounds->low[0] >= 0 && bounds->high[0] <= 1;
}

/* --- fitting --- */

static gboolean
check_items (const GenCalibrationItems *items, GError **error)
{
  gsize n[2] = { 0, 0 };

  for (gsize i = 0; i < items->n; i++) {
    n[items->real[i] != 0]++;
    if (isfinite (items->scores[i]))
      continue;
    g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_ITEMS,
        "item %" G_GSIZE_FORMAT " has the score %g, which is no number", i, items->scores[i]);
    return FALSE;
  }
  if (n[0] > 0 && n[1] > 0)
    return TRUE;
  g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_ITEMS,
      "there are no %s items, and both kinds are wanted", n[1] > 0 ? "generated" : "real");
  return FALSE;
}

GenCalibration *
gen_calibration_fit (const GenCalibrator *calibrator, const GenCalibrationItems *items,
    gboolean log_odds, GError **error)
{
  g_autoptr (GenCalibration) calibration = g_new0 (GenCalibration, 1);
  g_autofree double *odds = g_new (double, MAX (items->n, 1));
  GenCalibrationItems fitted = *items;

  if (!check_items (items, error))
    return NULL;
  for (gsize i = 0; i < items->n; i++)
    odds[i] = log_odds ? gen_log_odds (items->scores[i]) : items->scores[i];
  fitted.scores = odds;
  calibration->calibrator = calibrator;
  calibration->log_odds = log_odds;
  calibration->maximum = -INFINITY;
  if (!calibrator->fit (calibration, &fitted, error))
    return NULL;
  for (gsize i = 0; i < items->n; i++)
    if (items->real[i] == 0)
      calibration->maximum = fmax (calibration->maximum,
          gen_log_odds (gen_calibration_apply (calibration, items->scores[i])));
  return g_steal_pointer (&calibration);
}

double
gen_calibration_apply (const GenCalibration *calibration, double score)
{
  if (isnan (score))
    return NAN;
  return calibration->calibrator->apply (
      calibration, calibration->log_odds ? gen_log_odds (score) : score);
}

/* --- as text --- */

#define LOG_ODDS "log-odds"
#define MAXIMUM "maximum"

static void
append_number (GString *text, double number)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (text, g_ascii_dtostr (buffer, sizeof buffer, number));
}

static const char *
list_name (const GenCalibrator *calibrator, int i)
{
  return i < GEN_CALIBRATION_LISTS ? calibrator->lists[i] : NULL;
}

char *
gen_calibration_to_text (const GenCalibration *calibration)
{
  GString *text = g_string_new (calibration->calibrator->name);

  g_string_append_printf (text, "," LOG_ODDS "=%d", calibration->log_odds);
  if (isfinite (calibration->maximum)) {
    g_string_append (text, "," MAXIMUM "=");
    append_number (text, calibration->maximum);
  }
  for (int i = 0; list_name (calibration->calibrator, i) != NULL; i++)
    for (guint k = 0; k < calibration->n; k++) {
      if (k == 0)
        g_string_append_printf (text, ",%s=", calibration->calibrator->lists[i]);
      else
        g_string_append_c (text, ':');
      append_number (text, calibration->lists[i][k]);
    }
  return g_string_free (text, FALSE);
}

static gboolean
take_list (GenCalibration *calibration, double **list, const char *name, const GenNumbers *numbers,
    GError **error)
{
  const guint n = calibration->n > 0 ? calibration->n : numbers->n;

  if (*list == NULL && numbers->n == n && (n == 1 || calibration->calibrator->many)) {
    calibration->n = n;
    *list = g_memdup2 (numbers->values, n * sizeof *numbers->values);
    return TRUE;
  }
  g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_TEXT,
      "%s has %u numbers, or comes twice, where %s takes %s", name, numbers->n,
      calibration->calibrator->name,
      calibration->calibrator->many ? "as many in each list" : "one");
  return FALSE;
}

/* GenPartSay */
static gboolean
take_numbers (gpointer data, const char *key, const char *name, const char *value, GError **error)
{
  GenCalibration *calibration = data;
  g_autofree GenNumbers *numbers = gen_numbers_parse (value);

  if (numbers == NULL) {
    g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_TEXT,
        "%s: \"%s\" of \"%s\", which should be a number, or several with colons between", key,
        value, name);
    return FALSE;
  }
  if (strcmp (name, LOG_ODDS) == 0 && numbers->n == 1) {
    calibration->log_odds = numbers->values[0] != 0;
    return TRUE;
  }
  if (strcmp (name, MAXIMUM) == 0 && numbers->n == 1) {
    calibration->maximum = numbers->values[0];
    return TRUE;
  }
  for (int i = 0; list_name (calibration->calibrator, i) != NULL; i++)
    if (strcmp (name, calibration->calibrator->lists[i]) == 0)
      return take_list (calibration, &calibration->lists[i], name, numbers, error);
  g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_TEXT, "%s has no \"%s\"",
      calibration->calibrator->name, name);
  return FALSE;
}

static gboolean
check_lists (const GenCalibration *calibration, GError **error)
{
  const GenCalibrator *calibrator = calibration->calibrator;

  for (int i = 0; list_name (calibrator, i) != NULL; i++) {
    gboolean good = calibration->lists[i] != NULL;

    for (guint k = 0; good && k < calibration->n; k++)
      good = isfinite (calibration->lists[i][k]);
    if (good)
      continue;
    g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_TEXT,
        "%s wants finite numbers for \"%s\"", calibrator->name, calibrator->lists[i]);
    return FALSE;
  }
  return calibrator->check == NULL || calibrator->check (calibration, error);
}

GenCalibration *
gen_calibration_parse (const char *text, GError **error)
{
  g_autoptr (GenCalibration) calibration = g_new0 (GenCalibration, 1);
  g_auto (GStrv) parts = g_strsplit (text, ",", 2);

  calibration->maximum = -INFINITY;
  calibration->calibrator = gen_calibrator_find (parts[0] != NULL ? parts[0] : "", error);
  if (calibration->calibrator == NULL ||
      (parts[1] != NULL &&
          !gen_parts_say_all (calibration, parts[0], parts[1], take_numbers, error)) ||
      !check_lists (calibration, error))
    return NULL;
  return g_steal_pointer (&calibration);
}

GenCalibration *
gen_calibration_of_model (const GenModel *model, GError **error)
{
  const char *text = g_hash_table_lookup (model->graph->metadata, GEN_CALIBRATION_METADATA);
  GenCalibration *calibration = text != NULL ? gen_calibration_parse (text, error) : NULL;

  if (text != NULL && calibration == NULL)
    g_prefix_error (error, "%s: its metadata " GEN_CALIBRATION_METADATA ": ",
        model->path != NULL ? model->path : "the model");
  return calibration;
}
