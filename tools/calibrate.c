/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model calibrate: what a discriminator's scores are worth, found on real and generated
 * items that it has not been trained on, and written into the model. */
#include <math.h>
#include <string.h>

#include <generative/calibration.h>
#include <generative/onnx.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "feature-set.h"
#include "training-data.h"

#define DEFAULT_METHOD "platt"
#define DEFAULT_SHARE 0.5
#define DEFAULT_FOLDS 5
#define NO_ORDER 0.05

typedef struct {
  char *method;
  double share;
  int folds;
  gboolean json, dry;
  JsonObject *said[2]; /* of the generated items and of the real ones */

  const char *path;
  gboolean log_odds; /* scores are probabilities */
  gboolean of_sound;
  gint64 length; /* of the sounds that it takes; -1: any */
  /* Of all items: */
  gsize n, of[2];
  double *scores, *weights;
  guint8 *real;
  int *fold;
} Calibration;

static void
calibration_clear (Calibration *calibration)
{
  g_free (calibration->method);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&calibration->said[i], json_object_unref);
  g_free (calibration->scores);
  g_free (calibration->weights);
  g_free (calibration->real);
  g_free (calibration->fold);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Calibration, calibration_clear)

/* --- items --- */

/* Of a model of sound, items are sounds of its length, where nobody says otherwise. */
static gboolean
say_of_model (
    const Calibration *calibration, JsonObject *said, const char *location, GError **error)
{
  g_autofree char *window = g_strdup_printf ("%" G_GINT64_FORMAT, calibration->length);

  if (!calibration->of_sound || g_str_has_suffix (location, ".npy") ||
      json_object_has_member (said, "medium"))
    return TRUE;
  return training_data_say (said, "medium", gen_medium_sound.name, error) &&
         (calibration->length <= 0 || json_object_has_member (said, "window") ||
             training_data_say (said, "window", window, error));
}

static gboolean
read_scores (const Calibration *calibration, FeatureSet *set, const char *location, int real,
    const GenFormat *like, GError **error)
{
  const FeatureSetSettings settings = { .embedder = calibration->path,
    .said = calibration->said[real],
    .name = real ? "real" : "generated" };

  if (!say_of_model (calibration, calibration->said[real], location, error) ||
      !feature_set_read (set, location, &settings, like, error))
    return FALSE;
  if (set->rows.length == 1)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: %d numbers of each item, where one was expected, its score", set->features,
      set->rows.length);
  return FALSE;
}

/* Both kinds weigh together what `share` says; each fold has as much of either as the others. */
static void
append_items (Calibration *calibration, const FeatureSet *set, int real)
{
  const double share = real ? calibration->share : 1 - calibration->share;
  const gsize n = set->rows.n;

  for (gsize i = 0; i < n; i++, calibration->n++) {
    calibration->scores[calibration->n] = (double)*gen_feature_rows_at (&set->rows, (guint)i);
    calibration->real[calibration->n] = (guint8)real;
    calibration->weights[calibration->n] = share / (double)n;
    calibration->fold[calibration->n] =
        calibration->folds > 0 ? (int)(i % (gsize)calibration->folds) : 0;
  }
  calibration->of[real] = n;
}

static gboolean
read_items (Calibration *calibration, const char *real, const char *generated, GError **error)
{
  g_auto (FeatureSet) real_set = { 0 }, generated_set = { 0 };
  gsize n;

  if (!read_scores (calibration, &real_set, real, 1, NULL, error) ||
      !read_scores (calibration, &generated_set, generated, 0, &real_set.format, error))
    return FALSE;
  n = generated_set.rows.n + real_set.rows.n;
  if (MIN (generated_set.rows.n, real_set.rows.n) < (guint)MAX (calibration->folds, 2)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "there are %u real and %u generated items, where %d of each are the least", real_set.rows.n,
        generated_set.rows.n, MAX (calibration->folds, 2));
    return FALSE;
  }
  calibration->scores = g_new (double, n);
  calibration->weights = g_new (double, n);
  calibration->real = g_new (guint8, n);
  calibration->fold = g_new (int, n);
  append_items (calibration, &real_set, 1);
  append_items (calibration, &generated_set, 0);
  for (gsize i = 0; i < n; i++)
    calibration->weights[i] *= (double)n;
  return TRUE;
}

static GenCalibrationItems
all_items (const Calibration *calibration)
{
  return (GenCalibrationItems){ calibration->n, calibration->scores, calibration->real,
    calibration->weights };
}

/* --- fitting --- */

/* Fit to the items of all folds but `fold`, and fill in the probabilities of that one's. */
static gboolean
judge_fold (const Calibration *calibration, const GenCalibrator *calibrator, int fold,
    double *probabilities, GError **error)
{
  g_autofree double *scores = g_new (double, calibration->n);
  g_autofree double *weights = g_new (double, calibration->n);
  g_autofree guint8 *real = g_new (guint8, calibration->n);
  g_autoptr (GenCalibration) fitted = NULL;
  GenCalibrationItems items = { 0, scores, real, weights };

  for (gsize i = 0; i < calibration->n; i++) {
    if (calibration->fold[i] == fold)
      continue;
    scores[items.n] = calibration->scores[i];
    weights[items.n] = calibration->weights[i];
    real[items.n++] = calibration->real[i];
  }
  fitted = gen_calibration_fit (calibrator, &items, calibration->log_odds, error);
  for (gsize i = 0; fitted != NULL && i < calibration->n; i++)
    if (calibration->fold[i] == fold)
      probabilities[i] = gen_calibration_apply (fitted, calibration->scores[i]);
  return fitted != NULL;
}

/* How good `calibrator` is on items that it was not fitted to. */
static gboolean
judge (const Calibration *calibration, const GenCalibrator *calibrator, GenReliability *reliability,
    GError **error)
{
  g_autofree double *probabilities = g_new (double, calibration->n);
  GenCalibrationItems items = all_items (calibration);

  for (int fold = 0; fold < calibration->folds; fold++)
    if (!judge_fold (calibration, calibrator, fold, probabilities, error))
      return FALSE;
  items.scores = probabilities;
  *reliability = gen_reliability_of (&items);
  return TRUE;
}

/* The scores as they are. */
static GenReliability
judge_scores (const Calibration *calibration)
{
  g_autofree double *probabilities = g_new (double, calibration->n);
  GenCalibrationItems items = all_items (calibration);
  GenReliability reliability;

  for (gsize i = 0; i < calibration->n; i++)
    probabilities[i] =
        calibration->log_odds ? calibration->scores[i] : gen_probability (calibration->scores[i]);
  items.scores = probabilities;
  reliability = gen_reliability_of (&items);
  /* High scores that all come to a probability of 1 are in order still. */
  items.scores = calibration->scores;
  reliability.auc = gen_reliability_auc (&items);
  return reliability;
}

/* --- telling --- */

static void
set_reliability (JsonObject *object, const char *name, const GenReliability *reliability)
{
  JsonObject *figures = json_object_new ();
  JsonArray *bins = json_array_new ();

  gen_json_set_number (figures, "calibration-error", reliability->calibration_error);
  gen_json_set_number (figures, "brier", reliability->brier);
  gen_json_set_number (figures, "log-loss", reliability->log_loss);
  gen_json_set_number (figures, "auc", reliability->auc);
  for (int i = 0; i < GEN_RELIABILITY_BINS; i++) {
    const GenReliabilityBin *bin = &reliability->bins[i];
    JsonObject *told = json_object_new ();

    gen_json_set_number (told, "weight", bin->weight);
    if (bin->weight > 0) {
      gen_json_set_number (told, "probability", bin->probability);
      gen_json_set_number (told, "real", bin->real);
    }
    json_array_add_object_element (bins, told);
  }
  json_object_set_array_member (figures, "bins", bins);
  json_object_set_object_member (object, name, figures);
}

static void
print_line (const char *name, const GenReliability *reliability)
{
  g_print ("%-13s %12.4f %12.4f %12.4f %12.4f\n", name, reliability->calibration_error,
      reliability->brier, reliability->log_loss, reliability->auc);
}

/* `told` NULL: as text. */
static void
tell (JsonObject *told, const char *name, const GenReliability *reliability)
{
  if (told != NULL)
    set_reliability (told, name, reliability);
  else
    print_line (name, reliability);
}

static void
tell_items (const Calibration *calibration, JsonObject *told)
{
  const char *scores = calibration->log_odds ? "probabilities" : "log-odds";

  if (told == NULL) {
    g_print ("%" G_GSIZE_FORMAT " real and %" G_GSIZE_FORMAT " generated items, whose scores are "
             "taken for %s%s\n\n",
        calibration->of[1], calibration->of[0], scores,
        calibration->folds > 0 ? "; each was judged by what was fitted to others" : "");
    g_print ("%-13s %12s %12s %12s %12s\n", "", "ECE", "Brier", "log loss", "AUC");
    return;
  }
  json_object_set_int_member (told, "real", (gint64)calibration->of[1]);
  json_object_set_int_member (told, "generated", (gint64)calibration->of[0]);
  json_object_set_string_member (told, "scores", scores);
}

/* Near to a half there is no order, and far below it is the other way round. */
static void
warn_of_order (const Calibration *calibration, double auc)
{
  const char *method = calibration->method != NULL ? calibration->method : DEFAULT_METHOD;

  if (fabs (auc - 0.5) < NO_ORDER)
    command_warn ("the scores hardly tell real items from generated ones (AUC %.3f): no "
                  "calibration makes them",
        auc);
  else if (auc < 0.5)
    command_warn ("the scores are reversed: generated items score higher than real ones (AUC "
                  "%.3f). See that REAL and GENERATED are not exchanged, and that the model's "
                  "score is one of being real; if it is one of being generated, --method platt "
                  "turns it round%s",
        auc, g_str_equal (method, "platt") ? ", as it has done here" : ", which no other way does");
}

/* All ways, each by itself; those that do not suit say why. */
static void
tell_ways (const Calibration *calibration, JsonObject *told)
{
  const GenReliability before = judge_scores (calibration);

  tell_items (calibration, told);
  tell (told, "before", &before);
  for (const GenCalibrator *const *c = gen_calibrator_list (); calibration->folds > 0 && *c != NULL;
       c++) {
    g_autoptr (GError) error = NULL;
    GenReliability after;

    if (judge (calibration, *c, &after, &error))
      tell (told, (*c)->name, &after);
    else if (told != NULL)
      json_object_set_string_member (told, (*c)->name, error->message);
    else
      g_print ("%-13s %s\n", (*c)->name, error->message);
  }
  warn_of_order (calibration, before.auc);
}

static void
print_json (JsonObject *told)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), told);
  g_autofree char *text = gen_json_to_text (root, TRUE);

  g_print ("%s\n", text);
}

/* --- all of it --- */

static gboolean
calibrate (const Calibration *calibration, JsonObject *told, GError **error)
{
  const GenCalibrator *calibrator = gen_calibrator_find (
      calibration->method != NULL ? calibration->method : DEFAULT_METHOD, error);
  const GenCalibrationItems items = all_items (calibration);
  g_autoptr (GenCalibration) fitted = NULL;
  g_autofree char *text = NULL;

  if (calibrator == NULL ||
      (fitted = gen_calibration_fit (calibrator, &items, calibration->log_odds, error)) == NULL)
    return FALSE;
  tell_ways (calibration, told);
  text = gen_calibration_to_text (fitted);
  if (told != NULL)
    json_object_set_string_member (told, "calibration", text);
  if (!calibration->dry &&
      !gen_onnx_set_metadata (calibration->path, GEN_CALIBRATION_METADATA, text, error))
    return FALSE;
  if (told == NULL && !calibration->dry)
    g_print ("\n%s has a calibration by %s now\n", calibration->path, calibrator->name);
  return TRUE;
}

/* What it takes, and whether its scores are probabilities, by what the graph says. */
static gboolean
look_at_model (Calibration *calibration, GError **error)
{
  g_autoptr (GenModel) model = gen_model_load (calibration->path, error);
  const GenPort *output, *sound;

  if (model == NULL)
    return FALSE;
  sound = gen_model_find_input (model, GEN_PORT_SOUND);
  calibration->of_sound = sound != NULL;
  calibration->length = sound != NULL ? sound->length : -1;
  output = gen_model_find_output (model, GEN_PORT_VECTOR);
  if (output != NULL && output->length == 1) {
    calibration->log_odds = gen_model_scores_are_probabilities (model, output);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: it makes no score, one number [N, 1] of each item", calibration->path);
  return FALSE;
}

static gboolean
check_options (const Calibration *calibration, GError **error)
{
  if (calibration->folds < 0 || calibration->folds == 1)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--folds is %d, which should be 0, or 2 or more", calibration->folds);
  else if (!(calibration->share > 0 && calibration->share < 1))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--real-share is %g, which should lie between 0 and 1", calibration->share);
  else
    return TRUE;
  return FALSE;
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "REAL and GENERATED are what datasetsrc reads, a folder of pictures or sounds, a sheet, an "
      "archive,\nor scores that were saved (.npy, [N] or [N, 1]). The model must not have been "
      "trained "
      "on either. What\ncomes behind is said of both, or of the one whose name is in front:\n\n"
      "  generative-model calibrate discriminator.onnx digits.png made real.split=test\n\nWays:\n");

  for (const GenCalibrator *const *c = gen_calibrator_list (); *c != NULL; c++)
    g_string_append_printf (text, "  %-12s %s\n", (*c)->name, (*c)->summary);
  g_string_append (text, "\nNames:\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  g_auto (Calibration) calibration = { .share = DEFAULT_SHARE, .folds = DEFAULT_FOLDS };
  const GOptionEntry entries[] = {
    { "method", 'm', 0, G_OPTION_ARG_STRING, &calibration.method,
        "Which way is written (" DEFAULT_METHOD ")", "NAME" },
    { "real-share", 'r', 0, G_OPTION_ARG_DOUBLE, &calibration.share,
        "Which share of what will be judged is real (0.5)", "SHARE" },
    { "folds", 'f', 0, G_OPTION_ARG_INT, &calibration.folds,
        "Parts of the items, each of which is judged by what was fitted to the others (5; 0: "
        "nothing is judged)",
        "N" },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &calibration.dry, "Write nothing", NULL },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &calibration.json, "Print JSON", NULL },
    { NULL },
  };
  static const char *const sets[2] = { "generated", "real" };
  g_autofree char *details = describe ();
  g_autoptr (JsonObject) told = NULL;
  g_autoptr (GError) error = NULL;

  if (!command_parse (&command_calibrate, entries, details, 3, -1, &argc, &argv))
    return STATUS_USAGE;
  calibration.path = argv[1];
  if (calibration.json)
    told = json_object_new ();
  if (!check_options (&calibration, &error) ||
      !training_data_say_both (calibration.said, sets, argv + 4, &error) ||
      !look_at_model (&calibration, &error) ||
      !read_items (&calibration, argv[2], argv[3], &error) ||
      !calibrate (&calibration, told, &error))
    return command_fail_of (calibration.path, g_steal_pointer (&error));
  if (told != NULL)
    print_json (told);
  return STATUS_FINE;
}

const Command command_calibrate = {
  .name = "calibrate",
  .arguments = "MODEL REAL GENERATED [NAME=VALUE…]",
  .summary = "Find what a discriminator's scores are worth, and write it into the model",
  .run = run,
};
