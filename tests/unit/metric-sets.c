/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics that compare sets of features, against sums over all pairs in double, of more rows than a
 * block of products has; what they say of sets that are known; and what they refuse. */
#include <generative/metric.h>

#include <math.h>
#include <stdlib.h>

#define LENGTH 12
#define MOST 700

typedef struct {
  int n;
  float rows[MOST][LENGTH];
} Rows;

static void
draw (Rows *rows, int n, guint64 seed, float shift)
{
  const GenRandom random = gen_random_new (seed, "test", 0);

  rows->n = n;
  gen_random_normal (&random, 0, 0, &rows->rows[0][0], (gsize)n * LENGTH);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < LENGTH; k++)
      rows->rows[i][k] = (rows->rows[i][k] + shift) * (0.2f + 0.1f * k);
}

static JsonObject *
measure (const Rows *samples, const Rows *reference, const char *metrics)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = gen_meter_new (
      &(GenMeterSettings){ .metrics = metrics, .features_name = "test", .has_reference = TRUE },
      &error);
  JsonObject *summary;

  g_assert_no_error (error);
  for (int i = 0; i < reference->n; i++)
    g_assert_true (gen_meter_take_features (meter, reference->rows[i], LENGTH, -1, TRUE, &error));
  for (int i = 0; i < samples->n; i++)
    g_assert_true (gen_meter_take_features (meter, samples->rows[i], LENGTH, -1, FALSE, &error));
  summary = gen_meter_summarise (meter, &error);
  g_assert_no_error (error);
  return summary;
}

static void
check (JsonObject *summary, const char *name, double expected, double tolerance)
{
  const double found = json_object_get_double_member_with_default (summary, name, NAN);

  if (!(fabs (found - expected) <= tolerance))
    g_error ("%s is %.12g, which should be %.12g", name, found, expected);
}

static double
distance (const float *a, const float *b)
{
  double sum = 0;

  for (int k = 0; k < LENGTH; k++)
    sum += ((double)a[k] - b[k]) * ((double)a[k] - b[k]);
  return sum;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* The squared distance to the k-th nearest of the others. */
static double
find_radius (const Rows *rows, int i, int k)
{
  double all[MOST];

  for (int j = 0; j < rows->n; j++)
    all[j] = distance (rows->rows[i], rows->rows[j]);
  qsort (all, (size_t)rows->n, sizeof *all, compare_doubles);
  return all[k];
}

static void
check_balls (const Rows *samples, const Rows *reference)
{
  g_autoptr (JsonObject) summary = measure (samples, reference, "precision");
  g_autofree double *third = g_new (double, MOST), *fifth = g_new (double, MOST);
  double precise = 0, recalled = 0, dense = 0, covered = 0;

  for (int r = 0; r < reference->n; r++) {
    third[r] = find_radius (reference, r, 3);
    fifth[r] = find_radius (reference, r, 5);
  }
  for (int s = 0; s < samples->n; s++) {
    gboolean near = FALSE;

    for (int r = 0; r < reference->n; r++)
      near |= distance (samples->rows[s], reference->rows[r]) <= third[r];
    precise += near;
  }
  for (int s = 0; s < samples->n; s++)
    third[s] = find_radius (samples, s, 3);
  for (int r = 0; r < reference->n; r++) {
    gboolean near = FALSE, covers = FALSE;

    for (int s = 0; s < samples->n; s++) {
      const double between = distance (samples->rows[s], reference->rows[r]);

      near |= between <= third[s];
      covers |= between < fifth[r];
      dense += between < fifth[r];
    }
    recalled += near;
    covered += covers;
  }
  check (summary, "precision", precise / samples->n, 1e-12);
  check (summary, "recall", recalled / reference->n, 1e-12);
  check (summary, "density", dense / 5 / samples->n, 1e-12);
  check (summary, "coverage", covered / reference->n, 1e-12);
}

static double
kernel (const float *a, const float *b)
{
  double product = 0;

  for (int k = 0; k < LENGTH; k++)
    product += (double)a[k] * b[k];
  return pow (product / LENGTH + 1, 3);
}

static double
mean_kernel (const Rows *a, const Rows *b)
{
  double sum = 0;

  for (int i = 0; i < a->n; i++)
    for (int j = 0; j < b->n; j++)
      if (a != b || i != j)
        sum += kernel (a->rows[i], b->rows[j]);
  return sum / a->n / (a == b ? b->n - 1 : b->n);
}

static void
test_pairs (void)
{
  g_autofree Rows *samples = g_new (Rows, 1), *reference = g_new (Rows, 1);
  g_autoptr (JsonObject) summary = NULL;

  draw (samples, 620, 1, 0.3f);
  draw (reference, MOST, 2, 0);
  check_balls (samples, reference);
  draw (reference, 620, 2, 0);
  summary = measure (samples, reference, "kernel-distance");
  check (summary, "kernel-distance",
      mean_kernel (samples, samples) + mean_kernel (reference, reference) -
          2 * mean_kernel (samples, reference),
      1e-9);
}

static void
scale (Rows *rows, float by)
{
  for (int i = 0; i < rows->n; i++)
    for (int k = 0; k < LENGTH; k++)
      rows->rows[i][k] *= by;
}

/* Features whose squares a float cannot hold, or which are 0 to it: no figure changes by it but
 * distances, which change as features do. */
static void
test_scales (void)
{
  static const char *const names[] = { "precision", "recall", "density", "coverage" };
  static const char *const distances[] = { "nearest", "nearest-least", "nearest-within-reference",
    "sliced-wasserstein" };
  static const float scales[] = { 0x1p63f, 0x1p125f, 0x1p-80f, 0x1p-100f };
  g_autofree Rows *samples = g_new (Rows, 1), *reference = g_new (Rows, 1);
  g_autoptr (JsonObject) plain = NULL;

  draw (samples, 60, 1, 0.3f);
  draw (reference, 80, 2, 0);
  plain = measure (samples, reference, "precision,nearest,sliced-wasserstein");
  for (gsize s = 0; s < G_N_ELEMENTS (scales); s++) {
    g_autofree Rows *a = g_memdup2 (samples, sizeof *samples);
    g_autofree Rows *b = g_memdup2 (reference, sizeof *reference);
    g_autoptr (JsonObject) summary = NULL;

    scale (a, scales[s]);
    scale (b, scales[s]);
    summary = measure (a, b, "precision,nearest,sliced-wasserstein");
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
      check (summary, names[i], json_object_get_double_member (plain, names[i]), 0);
    for (gsize i = 0; i < G_N_ELEMENTS (distances) && scales[s] > 1; i++) {
      const double wanted = json_object_get_double_member (plain, distances[i]) * (double)scales[s];

      check (summary, distances[i], wanted, 1e-5 * wanted);
    }
  }
}

/* A set and itself. */
static void
test_same (void)
{
  g_autofree Rows *rows = g_new (Rows, 1);
  g_autoptr (JsonObject) summary = NULL;

  draw (rows, 600, 3, 0);
  summary = measure (rows, rows, "frechet,cmmd,sliced-wasserstein,precision,nearest");
  check (summary, "frechet", 0, 1e-9);
  check (summary, "cmmd", 0, 1e-9);
  check (summary, "sliced-wasserstein", 0, 1e-6);
  check (summary, "nearest", 0, 0);
  check (summary, "precision", 1, 0);
  check (summary, "recall", 1, 0);
  check (summary, "density", 1, 1e-12);
  check (summary, "coverage", 1, 0);
}

/* Where a sixth is copied, the mean hardly tells, and the share that is close does. */
static void
test_copies (void)
{
  g_autofree Rows *samples = g_new (Rows, 1), *reference = g_new (Rows, 1);
  g_autoptr (JsonObject) fresh = NULL, copied = NULL;

  draw (samples, 96, 1, 0);
  draw (reference, 200, 2, 0);
  fresh = measure (samples, reference, "nearest");
  check (fresh, "nearest-close", 0.01, 0.03);
  memcpy (samples->rows, reference->rows, 16 * sizeof samples->rows[0]);
  copied = measure (samples, reference, "nearest");
  check (copied, "nearest-close", 16.0 / 96 + 0.01, 0.03);
  g_assert_cmpfloat (json_object_get_double_member (copied, "nearest"), >,
      0.75 * json_object_get_double_member (copied, "nearest-within-reference"));
}

/* Of normal distributions the Wasserstein distance along each direction is that of the middles, and
 * the mean of its square a share of a twelfth; samples that repeat few are worth as many. */
static void
test_known (void)
{
  g_autofree Rows *samples = g_new (Rows, 1), *reference = g_new (Rows, 1);
  g_autoptr (JsonObject) moved = NULL, few = NULL;
  double square = 0;

  draw (reference, MOST, 4, 0);
  *samples = *reference;
  for (int i = 0; i < samples->n; i++)
    for (int k = 0; k < LENGTH; k++)
      samples->rows[i][k] += 0.5f * k;
  for (int k = 0; k < LENGTH; k++)
    square += 0.25 * k * k / LENGTH;
  moved = measure (samples, reference, "sliced-wasserstein");
  check (moved, "sliced-wasserstein", sqrt (square), 0.06 * sqrt (square));

  for (int i = 0; i < samples->n; i++)
    for (int k = 0; k < LENGTH; k++)
      samples->rows[i][k] = k == i % 7;
  few = measure (samples, reference, "vendi-score");
  check (few, "vendi-score", 7, 1e-9);
}

/* The bias of few samples is gone: the reference against samples of its own kind. */
static void
test_infinity (void)
{
  g_autofree Rows *samples = g_new (Rows, 1), *reference = g_new (Rows, 1);
  g_autoptr (JsonObject) summary = NULL;
  double plain, without;

  draw (samples, 300, 5, 0);
  draw (reference, MOST, 6, 0);
  summary = measure (samples, reference, "frechet,frechet-infinity");
  plain = json_object_get_double_member (summary, "frechet");
  without = json_object_get_double_member (summary, "frechet-infinity");
  g_assert_cmpfloat (plain, >, 0);
  g_assert_cmpfloat (fabs (without), <, plain / 2);
  g_assert_cmpfloat (json_object_get_double_member (summary, "frechet-infinity-slope"), >, 0);
}

/* Of too few a figure is missing, with the reason; what is no number counts nowhere. */
static void
test_few (void)
{
  static const char *const names[] = { "frechet-infinity", "kernel-distance", "cmmd",
    "sliced-wasserstein", "precision", "recall", "density", "coverage" };
  g_autofree Rows *samples = g_new (Rows, 1), *reference = g_new (Rows, 1);
  g_autoptr (JsonObject) summary = NULL;

  draw (samples, 2, 7, 0);
  draw (reference, 40, 8, 0);
  samples->rows[1][3] = NAN;
  summary = measure (samples, reference,
      "frechet-infinity,kernel-distance,cmmd,sliced-wasserstein,precision,vendi-score");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *missing = g_strconcat (names[i], "-missing", NULL);

    g_assert_true (json_object_get_null_member (summary, names[i]));
    g_assert_true (json_object_has_member (summary, missing));
  }
  g_assert_cmpint (json_object_get_int_member (summary, "left-out"), ==, 1);
  check (summary, "vendi-score", 1, 1e-12);
}

static void
test_refused (void)
{
  static const float row[2] = { 0 };
  g_autoptr (GenMeter) meter = gen_meter_new (
      &(GenMeterSettings){ .metrics = "vendi-score", .features_name = "test" }, NULL);
  g_autoptr (GenMeter) looks =
      gen_meter_new (&(GenMeterSettings){ .metrics = "diversity", .features_name = "test" }, NULL);
  g_autoptr (GError) length = NULL, samples = NULL, classes = NULL;

  g_assert_true (gen_meter_take_features (meter, row, 2, -1, FALSE, NULL));
  g_assert_false (gen_meter_take_features (meter, row, 1, -1, FALSE, &length));
  g_assert_nonnull (strstr (length->message, "of 1 numbers"));
  g_assert_false (gen_meter_take_features (looks, row, 2, -1, FALSE, &samples));
  g_assert_nonnull (strstr (samples->message, "diversity looks at samples themselves"));
  g_assert_null (gen_meter_new (&(GenMeterSettings){ .metrics = "inception-score" }, &classes));
  g_assert_nonnull (strstr (classes->message, "name the model as the embedder"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric-sets/pairs", test_pairs);
  g_test_add_func ("/metric-sets/scales", test_scales);
  g_test_add_func ("/metric-sets/same", test_same);
  g_test_add_func ("/metric-sets/copies", test_copies);
  g_test_add_func ("/metric-sets/known", test_known);
  g_test_add_func ("/metric-sets/infinity", test_infinity);
  g_test_add_func ("/metric-sets/few", test_few);
  g_test_add_func ("/metric-sets/refused", test_refused);
  return g_test_run ();
}
