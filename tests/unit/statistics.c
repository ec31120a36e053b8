/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics in files: with numpy in both directions where it is installed, the distance between
 * two of them against scipy's, and files that hold something else. */
#include <generative/metric.h>
#include <generative/npz.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

#define N 6

/* Two normal distributions by a formula. */
static void
make_statistics (GenStatistics *statistics, int k, const char *features, guint64 count)
{
  *statistics = (GenStatistics){ .length = N,
    .count = count,
    .features = g_strdup (features),
    .mean = g_new (double, N),
    .covariance = g_new (double, N *N) };
  for (int i = 0; i < N; i++) {
    statistics->mean[i] = (i * 7 + k * 3) % 11 / 8.0;
    for (int j = 0; j < N; j++)
      statistics->covariance[i * N + j] =
          ((i * j * 5 + (i + j) * k) % 13 - 6) / 64.0 + (i == j ? 2 + i / 4.0 : 0);
  }
}

static void
assert_same (const GenStatistics *a, const GenStatistics *b)
{
  g_assert_cmpint (a->length, ==, b->length);
  g_assert_cmpuint (a->count, ==, b->count);
  g_assert_cmpstr (a->features, ==, b->features);
  g_assert_cmpmem (a->mean, a->length * sizeof (double), b->mean, b->length * sizeof (double));
  g_assert_cmpmem (a->covariance, a->length * a->length * sizeof (double), b->covariance,
      b->length * b->length * sizeof (double));
}

static void
test_round_trip (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "x.npz", NULL);
  static const char *const names[] = { "model.onnx-01234567", NULL, "größer" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_auto (GenStatistics) written = { 0 }, read = { 0 };
    g_autoptr (GError) error = NULL;

    make_statistics (&written, 1, names[i], i * 1000);
    g_assert_true (gen_statistics_save (&written, path, &error));
    g_assert_no_error (error);
    g_assert_true (gen_statistics_load (&read, path, &error));
    g_assert_no_error (error);
    assert_same (&written, &read);
  }
  scratch_remove (folder);
}

static void
test_distance (void)
{
  g_auto (GenStatistics) a = { 0 }, b = { 0 };
  double distance;

  make_statistics (&a, 1, NULL, 0);
  make_statistics (&b, 2, NULL, 0);
  g_assert_true (gen_frechet_distance (&a, &b, &distance, NULL));
  /* pytorch-fid's formula with scipy 1.17's sqrtm. */
  g_assert_cmpfloat_with_epsilon (distance, 2.5857981622459008, 1e-10);
}

/* The features that inception nets give are 2048: sizes of that order work, too, and a covariance
 * of fewer vectors than features does. */
static void
test_large (void)
{
  const int length = 700, n = 100;
  g_auto (GenStatistics) a = { 0 }, b = { 0 };
  g_autofree float *vector = g_new (float, length);
  double distance, expected = 0;
  GenMoments moments[2];

  for (int k = 0; k < 2; k++) {
    gen_moments_init (&moments[k], length);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < length; j++)
        vector[j] = (float)((i * i * 7 + j * 13 * i + j * j) % 101) / 100 + (k ? 0.5f : 0);
      gen_moments_add (&moments[k], vector);
    }
  }
  g_assert_true (gen_moments_statistics (&moments[0], &a));
  g_assert_true (gen_moments_statistics (&moments[1], &b));
  g_assert_true (gen_frechet_distance (&a, &b, &distance, NULL));
  /* Shifted, and the covariance the same: the distance of the means is all. */
  for (int j = 0; j < length; j++)
    expected += (a.mean[j] - b.mean[j]) * (a.mean[j] - b.mean[j]);
  g_assert_cmpfloat_with_epsilon (expected, length * 0.25, 1e-3);
  g_assert_cmpfloat_with_epsilon (distance, expected, 1e-2);
  gen_moments_clear (&moments[0]);
  gen_moments_clear (&moments[1]);
}

/* Run numpy; FALSE where there is none, and the test is skipped. */
static gboolean
run_numpy (const char *script, const char *path)
{
  const char *python =
      g_file_test ("/usr/bin/python3", G_FILE_TEST_IS_EXECUTABLE) ? "/usr/bin/python3" : "python3";
  const char *probe[] = { python, "-c", "import numpy", NULL };
  const char *command[] = { python, "-c", script, path, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *told = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **)probe, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
          NULL, NULL, NULL, NULL, &status, NULL) ||
      !g_spawn_check_wait_status (status, NULL)) {
    g_test_skip ("there is no numpy (package python3-numpy)");
    return FALSE;
  }
  g_assert_true (g_spawn_sync (
      NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &told, &status, &error));
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("numpy: %s", told);
  return TRUE;
}

static void
test_numpy_reads (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "x.npz", NULL);
  g_auto (GenStatistics) statistics = { 0 };

  make_statistics (&statistics, 1, "hog-4x4x8", 321);
  g_assert_true (gen_statistics_save (&statistics, path, NULL));
  run_numpy (
      "import sys, numpy as np\n"
      "f = np.load(sys.argv[1])\n"
      "mu, sigma = f['mu'], f['sigma']\n"
      "assert mu.shape == (6,) and sigma.shape == (6, 6), (mu.shape, sigma.shape)\n"
      "assert mu.dtype == sigma.dtype == np.float64\n"
      "assert (mu == [(i * 7 + 3) % 11 / 8 for i in range(6)]).all(), mu\n"
      "assert sigma[2, 3] == ((30 + 5) % 13 - 6) / 64 and sigma[4, 4] == 3 + (88 % 13 - 6) / "
      "64, sigma\n"
      "assert bytes(f['features']) == b'hog-4x4x8' and f['count'] == 321\n",
      path);
  scratch_remove (folder);
}

static void
test_numpy_writes (void)
{
  static const char *const ways[] = {
    "np.savez(p, mu=mu, sigma=sigma)",
    "np.savez_compressed(p, mu=mu, sigma=sigma)",
    "np.savez_compressed(p, sigma=sigma, mu=mu, other=np.array(['x', 'y']))",
    "np.savez(p, mu=mu, sigma=np.asfortranarray(sigma))",
    "np.savez(p, mu=mu.astype('>f8'), sigma=sigma.astype('>f8'))",
    "np.savez(p, mu=mu.astype('f4'), sigma=sigma.astype('f4'))",
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "x.npz", NULL);
  g_auto (GenStatistics) expected = { 0 };

  make_statistics (&expected, 1, NULL, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    g_autofree char *script = g_strdup_printf (
        "import sys, numpy as np\n"
        "p = sys.argv[1]\n"
        "mu = np.array([(i * 7 + 3) %% 11 / 8 for i in range(6)])\n"
        "sigma = np.array([[((i * j * 5 + i + j) %% 13 - 6) / 64 + (2 + i / 4 if i == j else 0) "
        "for j in range(6)] for i in range(6)])\n%s\n",
        ways[i]);
    g_auto (GenStatistics) read = { 0 };
    g_autoptr (GError) error = NULL;

    if (!run_numpy (script, path))
      break;
    g_assert_true (gen_statistics_load (&read, path, &error));
    g_assert_no_error (error);
    /* All of them are exact in float32. */
    assert_same (&read, &expected);
  }
  scratch_remove (folder);
}

static void
test_refused (void)
{
  static const double two[] = { 1, 2 }, square[] = { 1, 0.5, 0.5, 1 };
  static const double six[] = { 1, 0, 0, 1, 0, 0 }, lopsided[] = { 1, 0.5, -0.5, 1 };
  static const double negative[] = { 1, 0, 0, -1 }, wrong[] = { 1, NAN, NAN, 1 };
  static const gint64 whole[] = { 1, 2 }, one = 1;
#define MU                                                                                         \
  {                                                                                                \
    "mu", GEN_TYPE_FLOAT64, { 1, { 2 } }, two                                                      \
  }
#define SIGMA                                                                                      \
  {                                                                                                \
    "sigma", GEN_TYPE_FLOAT64, { 2, { 2, 2 } }, square                                             \
  }
  static const struct {
    GenNpzArray arrays[3];
    const char *words;
  } cases[] = {
    { { SIGMA }, "array mu is not there" },
    { { MU }, "array sigma is not there" },
    { { { "mu", GEN_TYPE_INT64, { 1, { 2 } }, whole }, SIGMA }, "of int64; statistics are" },
    { { { "mu", GEN_TYPE_FLOAT64, { 2, { 1, 2 } }, two }, SIGMA }, "mu is of shape [1, 2]" },
    { { { "mu", GEN_TYPE_FLOAT64, { 1, { 0 } }, two }, SIGMA }, "mu is of shape [0]" },
    { { MU, { "sigma", GEN_TYPE_FLOAT64, { 2, { 2, 1 } }, two } }, "a square of 2 by 2" },
    { { MU, { "sigma", GEN_TYPE_FLOAT64, { 1, { 4 } }, square } }, "sigma is of shape [4]" },
    { { MU, { "sigma", GEN_TYPE_FLOAT64, { 2, { 1, 1 } }, square } }, "sigma is of shape [1, 1]" },
    { { MU, { "sigma", GEN_TYPE_FLOAT64, { 2, { 3, 2 } }, six } }, "a square of 2 by 2" },
    { { MU, { "sigma", GEN_TYPE_FLOAT64, { 2, { 2, 2 } }, lopsided } }, "no covariance" },
    { { MU, { "sigma", GEN_TYPE_FLOAT64, { 2, { 2, 2 } }, negative } }, "no covariance" },
    { { MU, { "sigma", GEN_TYPE_FLOAT64, { 2, { 2, 2 } }, wrong } }, "not a number" },
    { { MU, SIGMA, { "features", GEN_TYPE_UINT8, { 1, { 2 } }, "\xff\xfe" } }, "array features" },
    { { MU, SIGMA, { "features", GEN_TYPE_UINT8, { 1, { 2 } }, "a\0" } }, "array features" },
    { { MU, SIGMA, { "count", GEN_TYPE_INT64, { 0, { 0 } }, &one } }, "two samples at least" },
    { { MU, SIGMA, { "count", GEN_TYPE_INT64, { 1, { 2 } }, whole } }, "array count" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "x.npz", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenStatistics) statistics = { 0 };
    g_autoptr (GError) error = NULL;
    guint n = 0;

    while (n < 3 && cases[i].arrays[n].name != NULL)
      n++;
    g_assert_true (gen_npz_save (path, cases[i].arrays, n, NULL));
    g_assert_false (gen_statistics_load (&statistics, path, &error));
    g_assert_nonnull (error);
    g_assert_true (g_str_has_prefix (error->message, path));
    if (strstr (error->message, cases[i].words) == NULL)
      g_error ("\"%s\" lacks \"%s\"", error->message, cases[i].words);
    g_assert_null (statistics.mean);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/statistics/round-trip", test_round_trip);
  g_test_add_func ("/statistics/distance", test_distance);
  g_test_add_func ("/statistics/large", test_large);
  g_test_add_func ("/statistics/numpy-reads", test_numpy_reads);
  g_test_add_func ("/statistics/numpy-writes", test_numpy_writes);
  g_test_add_func ("/statistics/refused", test_refused);
  return g_test_run ();
}
