/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BRISQUE and NIQE. What a small model of OpenCV's says of pictures made by a formula is what
 * OpenCV's own quality module computed with the same files; NIQE is fitted to pictures of discs
 * that hide each other, whose statistics are those of natural scenes (Lee, Mumford and Huang,
 * "Occlusion models for natural images", 2001). tests/conformance/naturalness.py compares with
 * others on photographs. */
#include <generative/metric.h>
#include <generative/naturalness.h>
#include <generative/npz.h>
#include <glib/gstdio.h>

#include <math.h>
#include <string.h>

#define PACKAGED "/usr/share/opencv4/quality/brisque_model_live.yml"

/* Two vectors that go from one number to another, as the file writes all of them. */
static const char model_text[] = "%YAML:1.0\n---\nopencv_ml_svm:\n   kernel:\n      type: RBF\n"
                                 "      gamma: 2.0e-02\n   C: 1024.\n   var_count: 36\n"
                                 "   sv_total: 2\n   support_vectors:\n%s"
                                 "   decision_functions:\n      -\n         sv_count: 2\n"
                                 "         rho: -40.\n         alpha: [ 60., -35.5 ]\n";

/* The range of opencv-data's model. */
static const char range_text[] =
    "%YAML:1.0\n---\nrange: !!opencv-matrix\n   rows: 2\n   cols: 36\n   dt: f\n   data: [ "
    "3.44000012e-01, 1.92631185e-02, 2.31999993e-01, -1.25608176e-01, "
    "1.54766443e-04, 5.36677078e-04, 2.47999996e-01, -1.25662684e-01, "
    "1.56631286e-04, 5.32896898e-04, 2.64999986e-01, -1.37013525e-01, "
    "1.69135848e-04, 3.88529879e-04, 2.68999994e-01, -1.45002097e-01, "
    "1.74277433e-04, 4.11326590e-04, 4.09000009e-01, 1.65343825e-02, 2.17999995e-01, "
    "-2.00738415e-01, 1.03299266e-04, 8.17875145e-04, 2.28000000e-01, "
    "-1.98958635e-01, 1.15834941e-04, 8.49922828e-04, 2.46000007e-01, "
    "-1.55001476e-01, 1.20401361e-04, 3.38587241e-04, 2.47999996e-01, "
    "-1.48134664e-01, 1.16321200e-04, 3.34327371e-04, 10., 8.07274520e-01, "
    "1.64100003e+00, 2.02751741e-01, 7.14265108e-01, 4.68011886e-01, 1.63699996e+00, "
    "1.79955900e-01, 7.12509930e-01, 4.68246639e-01, 1.54499996e+00, 1.01060480e-01, "
    "6.86503410e-01, 5.31757474e-01, 1.54900002e+00, 1.00678936e-01, 6.87403798e-01, "
    "5.33775926e-01, 3.73600006e+00, 8.01105976e-01, 1.10699999e+00, 1.75127238e-01, "
    "7.52403796e-01, 4.00098890e-01, 1.09300005e+00, 1.56139076e-01, 7.52328634e-01, "
    "4.06460851e-01, 1.04900002e+00, 9.35277343e-02, 6.23002231e-01, 5.31899512e-01, "
    "1.05200005e+00, 9.37106311e-02, 6.25087202e-01, 5.38609207e-01"
    " ]\n";

static void
append_vector (GString *text, double first, double step)
{
  g_string_append (text, "      - [ ");
  for (int i = 0; i < 36; i++) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd (number, sizeof number, "%.3f", first + step * i);
    g_string_append_printf (text, "%s%s", number,
        i % 8 == 7 ? ",\n          "
        : i < 35   ? ", "
                   : "");
  }
  g_string_append (text, " ]\n");
}

static void
write_text (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static char *
make_model (void)
{
  g_autoptr (GString) vectors = g_string_new (NULL), text = g_string_new (NULL);

  append_vector (vectors, 0.25, -0.01);
  append_vector (vectors, -0.5, 0.02);
  g_string_append (text, model_text);
  g_string_replace (text, "%s", vectors->str, 1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A folder with both files. (transfer full) */
static char *
make_folder (void)
{
  g_autofree char *folder = g_dir_make_tmp ("naturalness-XXXXXX", NULL), *model = make_model ();

  write_text (folder, "a_model.yml", model);
  write_text (folder, "a_range.yml", range_text);
  return g_steal_pointer (&folder);
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) files = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (files)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_assert_cmpint (g_unlink (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
make_picture (GenPicture *picture, int width, int height, int k)
{
  gen_picture_init (picture, width, height, 1);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      picture->data[y * picture->stride + x] =
          (guint8)((x * x * 3 + y * 7 * x + k * 13 * x + y * y * (k + 1) + (x / 5) * (y / 4) * 17) %
                   251);
}

/* Discs of radii whose number falls with their cube, each of one level. */
static void
make_scene (GenPicture *picture, int width, int height, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  gen_picture_init (picture, width, height, 1);
  for (int k = 0; k < 6000; k++) {
    const double u = g_rand_double (rand);
    const int radius = (int)(2 / sqrt (1 - u * (1 - 1.0 / 900)));
    const int cx = g_rand_int_range (rand, 0, width), cy = g_rand_int_range (rand, 0, height);
    const guint8 level = (guint8)g_rand_int_range (rand, 20, 236);

    for (int y = MAX (cy - radius, 0); y <= MIN (cy + radius, height - 1); y++)
      for (int x = MAX (cx - radius, 0); x <= MIN (cx + radius, width - 1); x++)
        if ((x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius)
          picture->data[y * picture->stride + x] = level;
  }
  /* What a camera adds. */
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const int level = picture->data[y * picture->stride + x] + g_rand_int_range (rand, -2, 3);

      picture->data[y * picture->stride + x] = (guint8)level;
    }
}

/* The mean of three by three, so many times. */
static void
blur (GenPicture *picture, int times)
{
  for (int i = 0; i < times; i++) {
    g_auto (GenPicture) before = { 0 };

    gen_picture_init (&before, picture->width, picture->height, 1);
    memcpy (before.data, picture->data, (gsize)before.stride * (gsize)before.height);
    for (int y = 1; y < picture->height - 1; y++)
      for (int x = 1; x < picture->width - 1; x++) {
        int sum = 0;

        for (int k = 0; k < 9; k++)
          sum += before.data[(y + k / 3 - 1) * before.stride + x + k % 3 - 1];
        picture->data[y * picture->stride + x] = (guint8)((sum + 4) / 9);
      }
  }
}

static void
add_noise (GenPicture *picture, int reach)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++) {
      const int level = picture->data[y * picture->stride + x] +
                        g_rand_int_range (rand, -reach, reach + 1) +
                        g_rand_int_range (rand, -reach, reach + 1);

      picture->data[y * picture->stride + x] = (guint8)CLAMP (level, 0, 255);
    }
}

static GenMeter *
open_meter (const char *metrics, const char *brisque_model, const char *niqe_model, GError **error)
{
  return gen_meter_new (
      &(GenMeterSettings){
          .metrics = metrics, .brisque_model = brisque_model, .niqe_model = niqe_model },
      error);
}

static double
measure (GenMeter *meter, const GenPicture *picture)
{
  const GenSample sample = gen_sample_of_picture (picture);
  double value = NAN;

  g_assert_true (gen_meter_measure (meter, &sample, &value, NULL));
  return value;
}

/* --- BRISQUE --- */

static void
test_brisque (void)
{
  static const struct {
    int width, height, k;
    double expected;
  } cases[] = {
    { 40, 30, 1, 59.13650131225586 },
    { 41, 31, 2, 54.464881896972656 },
    { 200, 100, 3, 58.218788146972656 },
    { 33, 64, 4, 55.55766296386719 },
  };
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "a_model.yml", NULL);
  g_autoptr (GenMeter) meter = open_meter ("brisque", path, NULL, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenPicture) picture = { 0 };

    make_picture (&picture, cases[i].width, cases[i].height, cases[i].k);
    g_assert_cmpfloat_with_epsilon (measure (meter, &picture), cases[i].expected, 2e-5);
  }
  remove_folder (folder);
}

/* What has no statistics of a scene: it is told, and not a number that means nothing. */
static void
test_flat (void)
{
  static const int sizes[][2] = { { 1, 1 }, { 1, 40 }, { 40, 1 }, { 2, 2 }, { 3, 2 }, { 64, 64 } };
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "a_model.yml", NULL);
  g_autoptr (GenMeter) meter = open_meter ("brisque", path, NULL, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int level = 0; level < 256; level += 51) {
      g_auto (GenPicture) picture = { 0 };

      gen_picture_init (&picture, sizes[i][0], sizes[i][1], 1);
      memset (picture.data, level, (gsize)picture.stride * (gsize)picture.height);
      g_assert_true (measure (meter, &picture) == GEN_MISSING);
    }
  remove_folder (folder);
}

/* As people see it, where the package with their opinions is installed. */
static void
test_opinion (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = open_meter ("brisque", NULL, NULL, &error);
  double before = -1;

  if (!g_file_test (PACKAGED, G_FILE_TEST_EXISTS)) {
    g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MISSING);
    g_assert_nonnull (strstr (error->message, "opencv-data"));
    return;
  }
  /* A lens is never as sharp as discs that are drawn. */
  for (int times = 1; times < 8; times += 2) {
    g_auto (GenPicture) scene = { 0 };

    make_scene (&scene, 256, 256, 3);
    blur (&scene, times);
    g_assert_cmpfloat (measure (meter, &scene), >, before);
    before = measure (meter, &scene);
  }
  before = -1;
  for (int reach = 10; reach <= 40; reach += 10) {
    g_auto (GenPicture) scene = { 0 };

    make_scene (&scene, 256, 256, 3);
    blur (&scene, 1);
    add_noise (&scene, reach);
    g_assert_cmpfloat (measure (meter, &scene), >, before);
    before = measure (meter, &scene);
  }
}

static void
test_automatic (void)
{
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "a_model.yml", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) without = open_meter ("auto", NULL, NULL, &error);
  g_autoptr (GenMeter) with = open_meter ("auto", path, NULL, NULL);
  g_autofree char *unavailable = gen_meter_describe_unavailable (without);
  g_autofree char *nothing = gen_meter_describe_unavailable (with);
  const gboolean packaged = g_file_test (PACKAGED, G_FILE_TEST_EXISTS);
  guint n, n_with;

  g_assert_no_error (error);
  gen_meter_fields (without, &n);
  gen_meter_fields (with, &n_with);
  g_assert_cmpuint (n_with, ==, packaged ? n : n + 1);
  g_assert_null (nothing);
  g_assert_true (packaged == (unavailable == NULL));
  if (!packaged)
    g_assert_nonnull (strstr (unavailable, "metric brisque: "));
  /* One that was asked for is no matter of what there is. */
  g_assert_null (open_meter ("auto", "/nowhere/model.yml", NULL, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL);
  remove_folder (folder);
}

static void
assert_refused (const char *folder, const char *name, const char *part)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (open_meter ("brisque", path, NULL, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" does not tell of \"%s\"", error->message, part);
}

/* Of the model `text`, with `old` replaced. */
static void
write_changed (
    const char *folder, const char *name, const char *text, const char *old, const char *changed)
{
  g_autoptr (GString) string = g_string_new (text);

  g_assert_cmpuint (g_string_replace (string, old, changed, 1), ==, 1);
  write_text (folder, name, string->str);
}

static void
test_hostile (void)
{
  static const struct {
    const char *old, *changed, *part;
  } nonsense[] = {
    { "gamma: 2.0e-02", "gamma: -5", "b_model.yml: number 0 of gamma is -5" },
    { "gamma: 2.0e-02", "gamma: 0", "number 0 of gamma is 0" },
    { "gamma: 2.0e-02", "gamma: 1e308", "number 0 of gamma is 1e+308" },
    { "rho: -40.", "rho: 1e300", "number 0 of rho is 1e+300" },
    { "-35.5", "1e300", "number 1 of alpha is 1e+300" },
    { "0.250", "1e300", "number 0 of support_vectors is 1e+300" },
    { "sv_total: 2", "sv_total: -1", "b_model.yml: sv_total is -1, where 2 was expected" },
    { "sv_count: 2", "sv_count: 3", "sv_count is 3" },
    { "var_count: 36", "var_count: 1000000000", "var_count is 1e+09, where 36 was expected" },
  };
  g_autofree char *folder = make_folder (), *model = make_model ();
  g_autofree char *half = g_strndup (model, strlen (model) / 2);

  assert_refused (folder, "no_model.yml", "no_model.yml");
  write_text (folder, "other.yml", model);
  assert_refused (folder, "other.yml", "range");
  write_text (folder, "lonely_model.yml", model);
  assert_refused (folder, "lonely_model.yml", "lonely_range.yml");
  write_text (folder, "b_range.yml", range_text);
  write_text (folder, "b_model.yml", "");
  assert_refused (folder, "b_model.yml", "YAML");
  write_text (folder, "b_model.yml", half);
  assert_refused (folder, "b_model.yml", "b_model.yml");
  write_changed (folder, "b_model.yml", model, "-35.5", "nan");
  assert_refused (folder, "b_model.yml", "finite");
  write_changed (folder, "b_model.yml", model, ", -35.5", "");
  assert_refused (folder, "b_model.yml", "support_vectors");
  write_changed (folder, "b_model.yml", model, "gamma", "gemma");
  assert_refused (folder, "b_model.yml", "gamma");
  for (gsize i = 0; i < G_N_ELEMENTS (nonsense); i++) {
    write_changed (folder, "b_model.yml", model, nonsense[i].old, nonsense[i].changed);
    assert_refused (folder, "b_model.yml", nonsense[i].part);
  }
  write_changed (folder, "b_model.yml", model, "60.", "sixty");
  assert_refused (folder, "b_model.yml", "alpha");
  write_text (folder, "b_model.yml", model);
  write_changed (folder, "b_range.yml", range_text, "3.44000012e-01", "11");
  assert_refused (folder, "b_model.yml", "no range");
  write_changed (folder, "b_range.yml", range_text, "3.44000012e-01", "-1e300");
  assert_refused (folder, "b_model.yml", "b_range.yml: number 0 of data is -1e+300");
  write_changed (folder, "b_range.yml", range_text, "cols: 36", "cols: 2");
  assert_refused (folder, "b_model.yml", "b_range.yml: cols is 2, where 36 was expected");
  write_changed (folder, "b_range.yml", range_text, "3.44000012e-01,", "");
  assert_refused (folder, "b_model.yml", "71 numbers");
  remove_folder (folder);
}

/* --- NIQE --- */

/* A model of scenes. (transfer full) */
static char *
fit_scenes (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "scenes.npz", NULL);
  g_autoptr (GenNaturalness) fit = gen_naturalness_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_naturalness_save (fit, path, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED);
  g_clear_error (&error);
  for (guint32 seed = 0; seed < 8; seed++) {
    g_auto (GenPicture) scene = { 0 };

    make_scene (&scene, 384, 288, seed + 10);
    g_assert_cmpuint (gen_naturalness_add (fit, &scene), >, 0);
  }
  g_assert_cmpuint (gen_naturalness_count (fit), >, GEN_NATURALNESS_FEATURES);
  g_assert_true (gen_naturalness_save (fit, path, &error));
  g_assert_no_error (error);
  return g_steal_pointer (&path);
}

static void
test_niqe (void)
{
  g_autofree char *folder = make_folder (), *path = fit_scenes (folder);
  g_autoptr (GenMeter) meter = open_meter ("niqe", NULL, path, NULL);
  g_auto (GenPicture) flat = { 0 }, small = { 0 };
  double plain = 0, before;

  for (int times = 0; times < 4; times++) {
    g_auto (GenPicture) scene = { 0 };

    make_scene (&scene, 300, 200, 77);
    blur (&scene, times);
    before = plain;
    plain = measure (meter, &scene);
    g_assert_cmpfloat (plain, >, before);
  }
  plain = 0;
  for (int reach = 0; reach < 20; reach += 6) {
    g_auto (GenPicture) scene = { 0 };

    make_scene (&scene, 300, 200, 77);
    add_noise (&scene, reach);
    before = plain;
    plain = measure (meter, &scene);
    g_assert_cmpfloat (plain, >, before);
  }
  gen_picture_init (&flat, 400, 300, 1);
  memset (flat.data, 128, (gsize)flat.stride * 300);
  g_assert_true (measure (meter, &flat) == GEN_MISSING);
  make_scene (&small, 191, 95, 1);
  g_assert_true (measure (meter, &small) == GEN_MISSING);
  remove_folder (folder);
}

/* Grey pictures of three channels have the same luma. */
static void
test_colour (void)
{
  g_autoptr (GenNaturalness) fit = gen_naturalness_new ();
  g_auto (GenPicture) scene = { 0 }, colour = { 0 }, flat = { 0 };
  guint n;

  make_scene (&scene, 200, 200, 1);
  gen_picture_init (&colour, 200, 200, 3);
  for (int i = 0; i < 200 * 200 * 3; i++)
    colour.data[i] = scene.data[i / 3];
  n = gen_naturalness_add (fit, &scene);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (gen_naturalness_add (fit, &colour), ==, n);
  gen_picture_init (&flat, 200, 200, 1);
  memset (flat.data, 9, (gsize)flat.stride * 200);
  g_assert_cmpuint (gen_naturalness_add (fit, &flat), ==, 0);
  g_assert_cmpuint (gen_naturalness_count (fit), ==, 2 * n);
}

/* The same picture again and again is no more than once. */
static void
test_alike (void)
{
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "alike.npz", NULL);
  g_autoptr (GenNaturalness) fit = gen_naturalness_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GenPicture) scene = { 0 };

  make_scene (&scene, 384, 288, 3);
  while (gen_naturalness_count (fit) < 200)
    g_assert_cmpuint (gen_naturalness_add (fit, &scene), >, 0);
  g_assert_false (gen_naturalness_save (fit, path, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "areas too few differ"));
  remove_folder (folder);
}

/* Of noise of equally many of each level the shape is the widest that there is, which is no fault.
 */
static void
test_noise (void)
{
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "noise.npz", NULL);
  g_autoptr (GenNaturalness) fit = gen_naturalness_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 6; i++) {
    g_auto (GenPicture) noise = { 0 };

    gen_picture_init (&noise, 384, 288, 1);
    for (int k = 0; k < noise.stride * 288; k++)
      noise.data[k] = (guint8)(g_rand_boolean (random) ? 255 : 0);
    gen_naturalness_add (fit, &noise);
  }
  g_assert_true (gen_naturalness_save (fit, path, &error));
  g_assert_no_error (error);
  remove_folder (folder);
}

static void
assert_model_refused (const char *folder, const GenNpzArray *arrays, guint n, const char *part)
{
  g_autofree char *path = g_build_filename (folder, "bad.npz", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_npz_save (path, arrays, n, NULL));
  g_assert_null (open_meter ("niqe", NULL, path, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" does not tell of \"%s\"", error->message, part);
}

static void
assert_model_taken (const char *folder, const GenNpzArray *arrays)
{
  g_autofree char *path = g_build_filename (folder, "good.npz", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = NULL;

  g_assert_true (gen_npz_save (path, arrays, 2, NULL));
  meter = open_meter ("niqe", NULL, path, &error);
  g_assert_no_error (error);
}

static void
test_models (void)
{
  g_autofree char *folder = make_folder ();
  double mean[36] = { 0 }, covariance[36 * 36] = { 0 };
  GenNpzArray arrays[] = { { "mu", GEN_TYPE_FLOAT64, GEN_SHAPE (36), mean },
    { "cov", GEN_TYPE_FLOAT64, GEN_SHAPE (36, 36), covariance } };
  g_autoptr (GError) error = NULL;

  g_assert_null (open_meter ("niqe", NULL, NULL, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MISSING);
  assert_model_refused (folder, arrays, 1, "cov");
  arrays[0].shape = GEN_SHAPE (35);
  assert_model_refused (folder, arrays, 2, "36 numbers");
  arrays[0].shape = GEN_SHAPE (36);
  mean[3] = NAN;
  assert_model_refused (folder, arrays, 2, "element 3");
  mean[3] = 0;
  assert_model_refused (folder, arrays, 2, "cov is no covariance: it is all zeros");
  for (int i = 0; i < 36; i++)
    covariance[i * 37] = -1;
  assert_model_refused (folder, arrays, 2, "variances of less than 0");
  for (int i = 0; i < 36; i++)
    covariance[i * 37] = 1;
  covariance[1] = 0.5;
  assert_model_refused (folder, arrays, 2, "not symmetric");
  covariance[36] = 0.5;
  assert_model_taken (folder, arrays);
  covariance[1] = covariance[36] = 2;
  assert_model_refused (folder, arrays, 2, "variances of less than 0");
  /* What float32 rounds is no fault, nor are features that do not vary. */
  covariance[1] = 1;
  covariance[36] = 1 + 1e-7;
  assert_model_taken (folder, arrays);
  covariance[36] = 1e308;
  assert_model_refused (folder, arrays, 2, "element 36 of array cov, 1e+308");
  covariance[36] = 1;
  arrays[1].type = GEN_TYPE_INT64;
  assert_model_refused (folder, arrays, 2, "float64");
  remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/naturalness/brisque", test_brisque);
  g_test_add_func ("/naturalness/brisque/flat", test_flat);
  g_test_add_func ("/naturalness/brisque/opinion", test_opinion);
  g_test_add_func ("/naturalness/brisque/automatic", test_automatic);
  g_test_add_func ("/naturalness/brisque/hostile", test_hostile);
  g_test_add_func ("/naturalness/niqe", test_niqe);
  g_test_add_func ("/naturalness/niqe/colour", test_colour);
  g_test_add_func ("/naturalness/niqe/alike", test_alike);
  g_test_add_func ("/naturalness/niqe/noise", test_noise);
  g_test_add_func ("/naturalness/niqe/models", test_models);
  return g_test_run ();
}
