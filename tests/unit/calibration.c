/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scores are worth: fits and figures against numbers of scikit-learn 1.9, texts that read
 * back, what cannot be fitted, the metadata of a file that else stays as it is, and rejection
 * sampling against its formula and the law of large numbers. */
#include <generative/calibration.h>
#include <generative/onnx.h>
#include <generative/rejection.h>

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "../scratch.h"

static const double scores[] = { -2, -1, -0.5, 0, 0.25, 1, 1.5, 2, 3, 0.25 };
static const guint8 real[] = { 0, 0, 1, 0, 0, 1, 0, 1, 1, 1 };
static const double weights[] = { 1, 2, 1, 1, 0.5, 1, 1, 1, 2, 1 };
static const GenCalibrationItems items = { G_N_ELEMENTS (scores), scores, real, weights };

static GenCalibration *
fit (const GenCalibrator *calibrator, gboolean log_odds)
{
  g_autoptr (GError) error = NULL;
  GenCalibration *calibration = gen_calibration_fit (calibrator, &items, log_odds, &error);

  g_assert_no_error (error);
  return calibration;
}

static void
assert_numbers (const double *numbers, const double *wanted, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (numbers[i], wanted[i], 1e-9);
}

static void
test_fits (void)
{
  static const double at[] = { -2, -1, -0.5, 0, 0.25, 1.5, 2, 3 };
  static const double worth[] = { 0, 0, 0.5, 0.5, 4 / 7., 4 / 7., 1, 1 };
  g_autoptr (GenCalibration) platt = fit (&gen_calibrator_platt, FALSE);
  g_autoptr (GenCalibration) temperature = fit (&gen_calibrator_temperature, FALSE);
  g_autoptr (GenCalibration) isotonic = fit (&gen_calibrator_isotonic, FALSE);

  assert_numbers (platt->lists[0], (double[]){ 0.6726230219915507 }, 1);
  g_assert_cmpfloat_with_epsilon (platt->lists[1][0], -0.25514161, 1e-8);
  assert_numbers (temperature->lists[0], (double[]){ 1 / 0.6261432659780585 }, 1);
  g_assert_cmpuint (isotonic->n, ==, G_N_ELEMENTS (at));
  assert_numbers (isotonic->lists[0], at, isotonic->n);
  assert_numbers (isotonic->lists[1], worth, isotonic->n);
  g_assert_cmpfloat_with_epsilon (gen_calibration_apply (isotonic, 1.75), 11 / 14., 1e-12);
  g_assert_cmpfloat (gen_calibration_apply (isotonic, 1e9), ==, 1);
  g_assert_true (isnan (gen_calibration_apply (platt, NAN)));
  /* The greatest log odds of what is generated, at 1.5. */
  g_assert_cmpfloat_with_epsilon (
      platt->maximum, 1.5 * platt->lists[0][0] + platt->lists[1][0], 1e-6);
}

static void
test_figures (void)
{
  double probabilities[G_N_ELEMENTS (scores)];
  GenCalibrationItems judged = items;
  GenReliability reliability;
  double weight = 0;

  for (gsize i = 0; i < items.n; i++)
    probabilities[i] = gen_probability (scores[i]);
  judged.scores = probabilities;
  reliability = gen_reliability_of (&judged);
  g_assert_cmpfloat_with_epsilon (reliability.brier, 0.16569563766003007, 1e-12);
  g_assert_cmpfloat_with_epsilon (reliability.log_loss, 0.49116194437644933, 1e-12);
  g_assert_cmpfloat_with_epsilon (reliability.auc, 0.8560606060606061, 1e-12);
  g_assert_cmpfloat_with_epsilon (reliability.calibration_error, 0.2814652965718396, 1e-12);
  for (int i = 0; i < GEN_RELIABILITY_BINS; i++)
    weight += reliability.bins[i].weight;
  g_assert_cmpfloat_with_epsilon (weight, 11.5, 1e-12);
}

/* All of them read back to the last bit, also those of a model whose scores are probabilities. */
static void
test_texts (void)
{
  for (const GenCalibrator *const *c = gen_calibrator_list (); *c != NULL; c++)
    for (int log_odds = 0; log_odds <= 1; log_odds++) {
      double probabilities[G_N_ELEMENTS (scores)];
      GenCalibrationItems judged = items;
      g_autoptr (GenCalibration) calibration = NULL, again = NULL;
      g_autofree char *text = NULL;
      g_autoptr (GError) error = NULL;

      for (gsize i = 0; i < items.n; i++)
        probabilities[i] = gen_probability (scores[i]);
      judged.scores = log_odds ? probabilities : scores;
      calibration = gen_calibration_fit (*c, &judged, log_odds, &error);
      g_assert_no_error (error);
      text = gen_calibration_to_text (calibration);
      again = gen_calibration_parse (text, &error);
      g_assert_no_error (error);
      g_assert_true (again->calibrator == *c);
      g_assert_cmpfloat (again->maximum, ==, calibration->maximum);
      for (double p = 0; p <= 1; p += 1 / 64.)
        g_assert_cmpfloat (
            gen_calibration_apply (again, p), ==, gen_calibration_apply (calibration, p));
    }
}

static void
test_refused (void)
{
  static const char *const texts[] = { "", "plat,slope=1,intercept=0", "platt", "platt,slope=1",
    "platt,slope=1,intercept=x", "platt,slope=1:2,intercept=0:1", "platt,slope=inf,intercept=0",
    "platt,slope=1,intercept=0,offset=1", "platt,slope=1,slope=2,intercept=0",
    "temperature,temperature=0", "temperature,temperature=-1",
    "isotonic,scores=0:1,probabilities=0", "isotonic,scores=1:0,probabilities=0:1",
    "isotonic,scores=0:1,probabilities=1:0", "isotonic,scores=0:1,probabilities=0:2" };
  static const double same[] = { 1, 1, 1, 1 }, turned[] = { 1, 2, 3, 4 }, none[] = { 1, 2, NAN, 4 };
  static const guint8 first[] = { 1, 1, 0, 0 }, all[] = { 1, 1, 1, 1 };
  const struct {
    const GenCalibrator *calibrator;
    const double *scores;
    const guint8 *real;
    const char *text;
  } sets[] = { { &gen_calibrator_platt, same, first, "same score" },
    { &gen_calibrator_temperature, same, first, "no temperature" },
    { &gen_calibrator_isotonic, same, first, "no increasing function" },
    { &gen_calibrator_platt, turned, all, "no generated items" },
    { &gen_calibrator_platt, none, first, "no number" },
    { &gen_calibrator_temperature, turned, first, "platt turns a score round" },
    { &gen_calibrator_isotonic, turned, first, "platt turns a score round" } };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_calibration_parse (texts[i], &error));
    g_assert_true (error->domain == GEN_CALIBRATION_ERROR || error->domain == GEN_GRAPH_ERROR);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (sets); i++) {
    const GenCalibrationItems set = { 4, sets[i].scores, sets[i].real, NULL };
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_calibration_fit (sets[i].calibrator, &set, FALSE, &error));
    g_assert_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_ITEMS);
    g_assert_nonnull (strstr (error->message, sets[i].text));
  }
}

/* Items that scores tell apart without a mistake, and scores of any size. */
static void
test_extremes (void)
{
  static const double apart[] = { -5, -4, 4, 5 };
  static const guint8 kinds[] = { 0, 0, 1, 1 };
  double scaled[G_N_ELEMENTS (scores)];
  GenCalibrationItems set = { 4, apart, kinds, NULL };
  g_autoptr (GenCalibration) wide = NULL, huge = NULL;
  g_autoptr (GenCalibration) platt = fit (&gen_calibrator_platt, FALSE);

  wide = gen_calibration_fit (&gen_calibrator_platt, &set, FALSE, NULL);
  /* Platt's targets: 3 / 4 of two real ones. */
  g_assert_cmpfloat_with_epsilon (gen_calibration_apply (wide, 4.5), 0.75, 0.02);
  set = items;
  set.scores = scaled;
  for (gsize i = 0; i < items.n; i++)
    scaled[i] = 1e12 * scores[i];
  huge = gen_calibration_fit (&gen_calibrator_platt, &set, FALSE, NULL);
  g_assert_cmpfloat_with_epsilon (huge->lists[0][0] * 1e12, platt->lists[0][0], 1e-9);
  g_assert_true (isfinite (gen_log_odds (0)) && isfinite (gen_log_odds (1)));
  g_assert_true (isnan (gen_log_odds (NAN)));
}

/* --- in a file --- */

static void
save_model (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1));

  gen_graph_add_output (graph, gen_unary (graph, "Sigmoid", x, &error));
  g_hash_table_insert (graph->metadata, g_strdup ("author"), g_strdup ("someone"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static char *
metadata_of (const char *path, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (path, &error);

  g_assert_no_error (error);
  return g_strdup (g_hash_table_lookup (graph->metadata, key));
}

static void
test_metadata (void)
{
  static const char *const values[] = { "platt,slope=1,intercept=0", "temperature,temperature=2" };
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "m.onnx", NULL);
  g_autofree char *before = NULL, *after = NULL, *author = NULL, *gone = NULL;
  g_autoptr (GError) error = NULL;
  gsize size, size_after;

  save_model (path);
  g_assert_true (g_file_get_contents (path, &before, &size, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (GenModel) model = NULL;
    g_autoptr (GenCalibration) calibration = NULL;
    g_autofree char *said = NULL;

    g_assert_true (gen_onnx_set_metadata (path, GEN_CALIBRATION_METADATA, values[i], &error));
    said = metadata_of (path, GEN_CALIBRATION_METADATA);
    g_assert_cmpstr (said, ==, values[i]);
    model = gen_model_load (path, &error);
    g_assert_no_error (error);
    calibration = gen_calibration_of_model (model, &error);
    g_assert_no_error (error);
    g_assert_nonnull (calibration);
    g_assert_true (gen_model_scores_are_probabilities (model, &model->outputs[0]));
  }
  author = metadata_of (path, "author");
  g_assert_cmpstr (author, ==, "someone");
  g_assert_true (gen_onnx_set_metadata (path, GEN_CALIBRATION_METADATA, NULL, &error));
  gone = metadata_of (path, GEN_CALIBRATION_METADATA);
  g_assert_null (gone);
  g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size, after, size_after);
  scratch_remove (folder);
}

/* A link stays, and what it points at is written. */
static void
test_link (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "m.onnx", NULL);
  g_autofree char *link = g_build_filename (folder, "link.onnx", NULL), *said = NULL;
  g_autoptr (GError) error = NULL;

  save_model (path);
  g_assert_cmpint (symlink ("m.onnx", link), ==, 0);
  g_assert_true (gen_onnx_set_metadata (link, "key", "value", &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  said = metadata_of (path, "key");
  g_assert_cmpstr (said, ==, "value");
  scratch_remove (folder);
}

/* Files that end too soon, or are none, are refused and stay as they are. */
static void
test_damaged (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "m.onnx", NULL);
  g_autofree char *whole = NULL;
  guint refused = 0;
  gsize size;

  save_model (path);
  g_assert_true (g_file_get_contents (path, &whole, &size, NULL));
  for (gsize cut = 1; cut < size; cut++) {
    g_autofree char *after = NULL;
    g_autoptr (GError) error = NULL;
    gsize size_after;

    g_assert_true (g_file_set_contents (path, whole, (gssize)cut, NULL));
    if (gen_onnx_set_metadata (path, "key", "value", &error))
      continue; /* it was cut between two fields */
    refused++;
    g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID);
    g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
    g_assert_cmpmem (whole, cut, after, size_after);
  }
  g_assert_cmpuint (refused, >, size / 2);
  scratch_remove (folder);
}

/* --- rejection --- */

static void
test_rejection_formula (void)
{
  static const double cases[][4] = { { 0, 0, 0, 0.9999999900000002 },
    { -1, 0, 0, 0.3678794398180895 }, { -3, 2, -4, 0.27027273999674867 },
    { 1.5, 4, 1, 0.031850004155989126 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpfloat_with_epsilon (
        gen_rejection_probability (cases[i][0], cases[i][1], cases[i][2]), cases[i][3], 1e-9);
  /* Far below, and above what has been the greatest. */
  g_assert_cmpfloat (gen_rejection_probability (-1e6, 0, 0), ==, 0);
  g_assert_cmpfloat (gen_rejection_probability (5, 0, 0), >, 0.999999);
}

static void
test_rejection (void)
{
  static const double burnt[] = { 0.5, -1, 2, 0.1 };
  GenRejectionSettings settings = GEN_REJECTION_DEFAULTS;
  g_autoptr (GenRejection) percentile = NULL, one = NULL, two = NULL;
  guint kept = 0;

  settings.percentile = 80;
  settings.burn_in = G_N_ELEMENTS (burnt);
  percentile = gen_rejection_new (&settings);
  for (gsize i = 0; i < G_N_ELEMENTS (burnt); i++) {
    g_assert_true (gen_rejection_burns_in (percentile));
    g_assert_false (gen_rejection_take (percentile, burnt[i]));
  }
  g_assert_false (gen_rejection_burns_in (percentile));
  g_assert_cmpfloat (gen_rejection_maximum (percentile), ==, 2);
  g_assert_cmpfloat_with_epsilon (gen_rejection_gamma (percentile), 6.619761773643912, 1e-6);
  g_assert_false (gen_rejection_take (percentile, NAN));

  settings = GEN_REJECTION_DEFAULTS;
  settings.maximum = 2;
  settings.gamma = -1;
  one = gen_rejection_new (&settings);
  two = gen_rejection_new (&settings);
  for (guint i = 0; i < 20000; i++) {
    const gboolean takes = gen_rejection_take (one, 0.5);

    g_assert_true (takes == gen_rejection_take (two, 0.5));
    kept += takes;
  }
  /* Within five deviations. */
  g_assert_cmpfloat_with_epsilon (
      kept / 20000., gen_rejection_probability (0.5, 2, -1), 5 * sqrt (0.25 / 20000));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/calibration/fits", test_fits);
  g_test_add_func ("/calibration/figures", test_figures);
  g_test_add_func ("/calibration/texts", test_texts);
  g_test_add_func ("/calibration/refused", test_refused);
  g_test_add_func ("/calibration/extremes", test_extremes);
  g_test_add_func ("/calibration/metadata", test_metadata);
  g_test_add_func ("/calibration/link", test_link);
  g_test_add_func ("/calibration/damaged", test_damaged);
  g_test_add_func ("/calibration/rejection-formula", test_rejection_formula);
  g_test_add_func ("/calibration/rejection", test_rejection);
  return g_test_run ();
}
