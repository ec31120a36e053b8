/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model calibrate: pictures and sounds are scored as the element scores them, what is
 * written is what it says, and what is wrong is said while the model stays as it is. */
#include <generative/calibration.h>
#include <generative/sound.h>

#include <math.h>

#include "tool.h"

enum { ITEMS = 30, SIDE = 8, SOUND_LENGTH = 2048 };

/* The score of a picture is its mean, from 0 to 1; of several outputs it makes no score. */
static void
save_judge (const Fixture *fixture, const char *name, gint64 outputs)
{
  g_autofree char *path = path_in (fixture, name);
  g_autofree float *weights = g_new (float, SIDE *SIDE *outputs);
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *flat = gen_unary (graph, "Flatten", x, &error), *y;

  for (int i = 0; i < SIDE * SIDE * outputs; i++)
    weights[i] = 1.0f / (SIDE * SIDE);
  y = gen_binary (graph, "MatMul", flat,
      gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (SIDE * SIDE, outputs),
          g_bytes_new (weights, (gsize)(SIDE * SIDE * outputs) * sizeof (float))),
      &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[0] = flat->shape.dims[0] = y->shape.dims[0] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  save (graph, path);
}

/* A folder of grey pictures, a value each, from `first` on. */
static void
save_pictures (const Fixture *fixture, const char *name, int first)
{
  g_autofree char *folder = path_in (fixture, name);
  guint8 pixels[SIDE * SIDE];
  const GenPicture picture = { pixels, SIDE, SIDE, 1, SIDE };

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  for (int i = 0; i < ITEMS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", folder, i);
    g_autoptr (GError) error = NULL;

    memset (pixels, first + 4 * i, sizeof pixels);
    gen_picture_save_png (&picture, path, &error);
    g_assert_no_error (error);
  }
}

static void
save_scores (const Fixture *fixture, const char *name, const float *scores, gint64 n)
{
  g_autofree char *path = path_in (fixture, name);
  g_autoptr (GError) error = NULL;

  gen_npy_save (path, GEN_TYPE_FLOAT32, &GEN_SHAPE (n, 1), scores, &error);
  g_assert_no_error (error);
}

static char *
calibration_in (const Fixture *fixture, const char *name)
{
  g_autofree char *path = path_in (fixture, name);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (path, &error);

  g_assert_no_error (error);
  return g_strdup (g_hash_table_lookup (graph->metadata, GEN_CALIBRATION_METADATA));
}

/* Two texts that come to the same. */
static void
assert_same (const char *a, const char *b, double tolerance)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenCalibration) first = gen_calibration_parse (a, &error), second = NULL;

  g_assert_no_error (error);
  second = gen_calibration_parse (b, &error);
  g_assert_no_error (error);
  for (double score = 0; score <= 1; score += 0.1)
    g_assert_cmpfloat_with_epsilon (
        gen_calibration_apply (first, score), gen_calibration_apply (second, score), tolerance);
}

/* Scores in one row are those of a column, and whole numbers are numbers. */
static void
test_shapes (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "row-real.npy", "row-made.npy", "whole-real.npy",
    "whole-made.npy", "cube.npy", "bytes.npy" };
  g_autofree char *column = NULL, *row = NULL, *whole = NULL;
  char *paths[G_N_ELEMENTS (names)];
  gint64 integers[2][ITEMS];
  float scores[2][ITEMS];

  save_judge (fixture, "judge.onnx", 1);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    paths[i] = path_in (fixture, names[i]);
  for (int i = 0; i < ITEMS; i++)
    for (int k = 0; k < 2; k++)
      scores[k][i] = (float)(integers[k][i] = i % 7 - 3 * k);
  save_scores (fixture, "real.npy", scores[0], ITEMS);
  save_scores (fixture, "made.npy", scores[1], ITEMS);
  for (int k = 0; k < 2; k++) {
    g_assert_true (gen_npy_save (paths[k], GEN_TYPE_FLOAT32, &GEN_SHAPE (ITEMS), scores[k], NULL));
    g_assert_true (
        gen_npy_save (paths[2 + k], GEN_TYPE_INT64, &GEN_SHAPE (ITEMS), integers[k], NULL));
  }
  g_assert_true (
      gen_npy_save (paths[4], GEN_TYPE_FLOAT32, &GEN_SHAPE (ITEMS / 2, 2, 1), scores[0], NULL));
  g_assert_true (gen_npy_save (paths[5], GEN_TYPE_UINT8, &GEN_SHAPE (ITEMS), integers[0], NULL));
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "real.npy", "made.npy", NULL), ==, 0);
  column = calibration_in (fixture, "judge.onnx");
  g_assert_cmpint (
      tool (fixture, "calibrate", "judge.onnx", "row-real.npy", "row-made.npy", NULL), ==, 0);
  row = calibration_in (fixture, "judge.onnx");
  g_assert_cmpint (
      tool (fixture, "calibrate", "judge.onnx", "whole-real.npy", "whole-made.npy", NULL), ==, 0);
  whole = calibration_in (fixture, "judge.onnx");
  g_assert_cmpstr (column, ==, row);
  g_assert_cmpstr (column, ==, whole);
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "cube.npy", "made.npy", NULL), ==, 1);
  assert_says (fixture->err, "cube.npy: it is [15, 2, 1] of float32, where a matrix [N, features]");
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "bytes.npy", "made.npy", NULL), ==, 1);
  assert_says (fixture->err, "bytes.npy: it is [30] of uint8");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (paths[i]);
}

/* The same of pictures as of their scores. */
static void
test_pictures (Fixture *fixture, gconstpointer data)
{
  g_autofree char *of_pictures = NULL, *of_scores = NULL, *turned = NULL, *of_nothing = NULL;
  g_autoptr (GenCalibration) down = NULL;
  g_autoptr (GError) error = NULL;
  float real[ITEMS], made[ITEMS];

  save_judge (fixture, "judge.onnx", 1);
  save_pictures (fixture, "real", 100);
  save_pictures (fixture, "made", 50);
  for (int i = 0; i < ITEMS; i++) {
    real[i] = (float)(100 + 4 * i) / 255;
    made[i] = (float)(50 + 4 * i) / 255;
  }
  save_scores (fixture, "real.npy", real, ITEMS);
  save_scores (fixture, "made.npy", made, ITEMS);
  g_assert_cmpint (
      tool (fixture, "calibrate", "--dry-run", "judge.onnx", "real", "made", NULL), ==, 0);
  assert_says (fixture->out, "30 real and 30 generated items");
  of_nothing = calibration_in (fixture, "judge.onnx");
  g_assert_null (of_nothing);
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "real", "made", NULL), ==, 0);
  assert_says (fixture->out, "has a calibration by platt now");
  of_pictures = calibration_in (fixture, "judge.onnx");
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "real.npy", "made.npy", NULL), ==, 0);
  of_scores = calibration_in (fixture, "judge.onnx");
  assert_same (of_pictures, of_scores, 1e-5);
  /* A score that is higher of what is generated. */
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "made", "real", NULL), ==, 0);
  assert_says (fixture->out, "no temperature puts right");
  assert_says (
      fixture->err, "the scores are reversed: generated items score higher than real ones");
  assert_says (fixture->err, "as it has done here");
  turned = calibration_in (fixture, "judge.onnx");
  down = gen_calibration_parse (turned, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (gen_calibration_apply (down, 1), <, gen_calibration_apply (down, 0));
}

/* A model of sounds says what items are, and how long. */
static void
test_sounds (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "made", "real" };
  g_autofree char *path = path_in (fixture, "judge.onnx"), *of_sounds = NULL, *of_scores = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SOUND_LENGTH));

  gen_graph_add_output (graph,
      gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", x, &error), &error));
  g_assert_no_error (error);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("8000"));
  save (graph, path);
  for (gsize k = 0; k < G_N_ELEMENTS (names); k++) {
    g_autofree char *folder = path_in (fixture, names[k]);
    g_autofree char *scores_name = g_strconcat (names[k], ".npy", NULL);
    float scores[2 * ITEMS];

    g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
    for (int i = 0; i < ITEMS; i++) {
      g_autofree char *file = g_strdup_printf ("%s/%02d.wav", folder, i);
      /* Two windows each. */
      g_autofree float *samples = g_new (float, 2 * SOUND_LENGTH);
      const GenSound sound = {
        .data = samples, .frames = 2 * SOUND_LENGTH, .rate = 8000, .channels = 1
      };

      for (int s = 0; s < 2 * SOUND_LENGTH; s++)
        samples[s] = (float)(i + 8 * (int)k + s / SOUND_LENGTH) / 64;
      scores[2 * i] = samples[0];
      scores[2 * i + 1] = samples[SOUND_LENGTH];
      gen_sound_save_wav (&sound, file, GEN_SOUND_WAV_F32, &error);
      g_assert_no_error (error);
    }
    save_scores (fixture, scores_name, scores, 2 * ITEMS);
  }
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "real", "made", NULL), ==, 0);
  assert_says (fixture->out, "60 real and 60 generated items");
  of_sounds = calibration_in (fixture, "judge.onnx");
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", "real.npy", "made.npy", NULL), ==, 0);
  of_scores = calibration_in (fixture, "judge.onnx");
  assert_same (of_sounds, of_scores, 1e-3);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const float scores[] = { 1, 2, 3, 4, 5, 6 }, none[] = { NAN, NAN, NAN, NAN, NAN, 1 };
  static const struct {
    const char *model, *real, *option, *text;
  } cases[] = {
    { "none.onnx", "real.npy", "--folds=5", "none.onnx" },
    { "two.onnx", "real.npy", "--folds=5", "it makes no score" },
    { "judge.onnx", "real.npy", "--folds=1", "which should be 0, or 2 or more" },
    { "judge.onnx", "real.npy", "--real-share=1", "which should lie between 0 and 1" },
    { "judge.onnx", "real.npy", "--method=plat", "there is no calibration \"plat\"" },
    { "judge.onnx", "real.npy", "--folds=7", "where 7 of each are the least" },
    { "judge.onnx", "none.npy", "--folds=5", "where 5 of each are the least" },
    { "judge.onnx", "no-folder", "--folds=5", "no-folder" },
    { "judge.onnx", "real.npy", "--method=temperature", "no temperature puts right" },
  };

  save_judge (fixture, "judge.onnx", 1);
  save_judge (fixture, "two.onnx", 2);
  save_scores (fixture, "real.npy", scores, G_N_ELEMENTS (scores));
  save_scores (fixture, "made.npy", scores, G_N_ELEMENTS (scores));
  save_scores (fixture, "none.npy", none, G_N_ELEMENTS (none));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *calibration = NULL;

    if (strcmp (cases[i].option, "--method=temperature") == 0)
      save_scores (fixture, "made.npy", (const float[]){ 7, 8, 9, 10, 11, 12 }, 6);
    g_assert_cmpint (tool (fixture, "calibrate", cases[i].option, cases[i].model, cases[i].real,
                         "made.npy", NULL),
        ==, 1);
    assert_says (fixture->err, cases[i].text);
    calibration = calibration_in (fixture, "judge.onnx");
    g_assert_null (calibration);
  }
  g_assert_cmpint (tool (fixture, "calibrate", "judge.onnx", NULL), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/tool/calibrate/pictures", Fixture, NULL, set_up, test_pictures, tear_down);
  g_test_add ("/tool/calibrate/sounds", Fixture, NULL, set_up, test_sounds, tear_down);
  g_test_add ("/tool/calibrate/shapes", Fixture, NULL, set_up, test_shapes, tear_down);
  g_test_add ("/tool/calibrate/refused", Fixture, NULL, set_up, test_refused, tear_down);
  return g_test_run ();
}
