/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics on pictures made by a formula, against what numpy, scipy, scikit-image and Pillow
 * compute from the same pictures. */
#include <generative/metric.h>

#include <math.h>
#include <string.h>

static void
make_picture (GenPicture *picture, int width, int height, int channels, int k)
{
  gen_picture_init (picture, width, height, channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        picture->data[y * picture->stride + x * channels + c] =
            (guint8)((x * x * 3 + y * 7 * x + k * 13 * x + y * y * (k + 1) + c * 50 +
                         (x / 5) * (y / 4) * 17) %
                     251);
}

static void
make_smooth (GenPicture *picture, int k)
{
  gen_picture_init (picture, 40, 30, 1);
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 40; x++)
      picture->data[y * picture->stride + x] = (guint8)((x * 4 + k * 3) % 200 + (x * y + k) % 37);
}

static gboolean
measure_frame (GenMeter *meter, const GenPicture *picture, double *values, GError **error)
{
  const GenSample sample = gen_sample_of_picture (picture);

  return gen_meter_measure (meter, &sample, values, error);
}

static gboolean
refer (GenMeter *meter, const GenPicture *picture, int label)
{
  const GenSample sample = gen_sample_of_picture (picture);

  return gen_meter_refer (meter, &sample, label, NULL);
}

static gboolean
compute (GenFeatures *features, const GenPicture *picture, float *out)
{
  const GenSample sample = gen_sample_of_picture (picture);

  return gen_features_compute (features, &sample, 1, out, NULL);
}

static int
features_length (const GenFeatures *features, int channels)
{
  return gen_features_length (features, &(GenFormat){ &gen_medium_picture, 16, 16, channels });
}

static GenMeter *
meter_new (const GenMeterSettings *settings)
{
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (settings, &error);

  g_assert_no_error (error);
  return meter;
}

/* The value of the only field that `metrics` has for `picture`, after `before`. */
static double
measure (const char *metrics, const GenPicture *before, const GenPicture *picture)
{
  GenMeterSettings settings = { .metrics = metrics };
  g_autoptr (GenMeter) meter = meter_new (&settings);
  double value;

  if (before != NULL)
    g_assert_true (measure_frame (meter, before, &value, NULL));
  g_assert_true (measure_frame (meter, picture, &value, NULL));
  return value;
}

static void
assert_near (double value, double expected, double relative)
{
  if (!(fabs (value - expected) <= relative * MAX (fabs (expected), 1e-6)))
    g_error ("%.17g is not %.17g", value, expected);
}

static void
test_frames (void)
{
  g_auto (GenPicture) grey = { 0 }, colour = { 0 }, before = { 0 };

  make_picture (&grey, 40, 30, 1, 1);
  make_picture (&before, 40, 30, 1, 2);
  assert_near (measure ("sharpness", NULL, &grey), 115620.61552708333, 1e-12);
  assert_near (measure ("tenengrad", NULL, &grey), 113015.17666666667, 1e-12);
  assert_near (measure ("brightness", NULL, &grey), 0.48344444444444445, 1e-12);
  assert_near (measure ("contrast", NULL, &grey), 0.2846138383745921, 1e-12);
  assert_near (measure ("noise-level", NULL, &grey), 75.99944583479038, 1e-12);
  assert_near (measure ("blockiness", NULL, &grey), 1.0506190745719541, 1e-12);
  assert_near (measure ("black", NULL, &grey), 0.12916666666666668, 1e-12);
  assert_near (measure ("temporal-difference", &before, &grey), 0.33163071895424834, 1e-12);
  assert_near (measure ("colourfulness", NULL, &grey), 0, 0);

  make_picture (&colour, 40, 30, 3, 1);
  assert_near (measure ("sharpness", NULL, &colour), 47622.39736041667, 1e-12);
  assert_near (measure ("brightness", NULL, &colour), 0.48284313725490197, 1e-12);
  assert_near (measure ("colourfulness", NULL, &colour), 141.95257930170803, 1e-12);
}

/* Where every pixel is on a border. */
static void
test_tiny (void)
{
  static const struct {
    int width, height;
    double sharpness, tenengrad;
  } cases[] = {
    { 1, 1, 0, 0 },
    { 1, 7, 1128.4897959183675, 32182.85714285714 },
    { 7, 1, 21977.91836734694, 136900.57142857142 },
    { 2, 2, 8702, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenPicture) picture = { 0 };

    make_picture (&picture, cases[i].width, cases[i].height, 1, 3);
    assert_near (measure ("sharpness", NULL, &picture), cases[i].sharpness, 1e-12);
    assert_near (measure ("tenengrad", NULL, &picture), cases[i].tenengrad, 1e-12);
  }
}

/* Rows of a picture may lie further apart than they are long, and spans end where they do. */
static void
test_wide (void)
{
  g_auto (GenPicture) whole = { 0 };
  g_autofree guint8 *copy = NULL;
  static const char *const metrics[] = { "sharpness", "tenengrad", "brightness", "contrast" };
  GenPicture cut, tight;

  make_picture (&whole, 3000, 8, 1, 2);
  cut = whole;
  cut.width = 2051;
  cut.owned = FALSE;
  copy = g_malloc (2051 * 8);
  for (int y = 0; y < 8; y++)
    memcpy (copy + y * 2051, whole.data + y * whole.stride, 2051);
  tight = (GenPicture){ .data = copy, .width = 2051, .height = 8, .channels = 1, .stride = 2051 };
  for (gsize i = 0; i < G_N_ELEMENTS (metrics); i++)
    g_assert_cmpfloat (measure (metrics[i], NULL, &cut), ==, measure (metrics[i], NULL, &tight));
  assert_near (measure ("brightness", NULL, &tight) * 255 * 2051 * 8,
      round (measure ("brightness", NULL, &tight) * 255 * 2051 * 8), 1e-12);
}

static void
test_temporal_ssim (void)
{
  g_auto (GenPicture) a = { 0 }, b = { 0 }, p = { 0 }, q = { 0 }, flat = { 0 };

  make_picture (&a, 40, 30, 1, 1);
  make_picture (&b, 40, 30, 1, 2);
  make_smooth (&p, 0);
  make_smooth (&q, 1);
  g_assert_cmpfloat (measure ("temporal-ssim", NULL, &a), ==, GEN_MISSING);
  g_assert_cmpfloat_with_epsilon (measure ("temporal-ssim", &a, &a), 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (measure ("temporal-ssim", &a, &b), -0.011447504009598337, 2e-6);
  g_assert_cmpfloat_with_epsilon (measure ("temporal-ssim", &p, &q), 0.9010171851954829, 2e-6);
  for (int i = 0; i < q.stride * q.height; i++)
    q.data[i] = 255 - p.data[i];
  g_assert_cmpfloat_with_epsilon (measure ("temporal-ssim", &p, &q), -0.5270278366908357, 2e-6);

  gen_picture_init (&flat, 40, 30, 1);
  memset (a.data, 5, (gsize)a.stride * a.height);
  g_assert_cmpfloat_with_epsilon (measure ("temporal-ssim", &flat, &a), 0.20641218950876916, 1e-4);
  memset (a.data, 255, (gsize)a.stride * a.height);
  g_assert_cmpfloat_with_epsilon (
      measure ("temporal-ssim", &flat, &a), 9.999000099990002e-05, 1e-6);
}

/* The window shrinks with a picture that cannot hold it. */
static void
test_small_ssim (void)
{
  static const struct {
    int width, height;
    double expected;
  } cases[] = { { 8, 5, 0.13554623530388055 }, { 8, 30, -0.06021983351229528 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenPicture) a = { 0 }, b = { 0 };

    make_picture (&a, cases[i].width, cases[i].height, 1, 1);
    make_picture (&b, cases[i].width, cases[i].height, 1, 2);
    g_assert_cmpfloat_with_epsilon (measure ("temporal-ssim", &a, &b), cases[i].expected, 2e-6);
  }
}

/* Each frame is compared with the one before, and with none after an interruption or a change
 * of size. */
static void
test_ssim_sequence (void)
{
  GenMeterSettings settings = { .metrics = "temporal-ssim" };
  g_autoptr (GenMeter) meter = meter_new (&settings);
  GenPicture frames[3];
  g_auto (GenPicture) other = { 0 };
  double value;

  for (int k = 0; k < 3; k++)
    make_picture (&frames[k], 40, 30, 1, k);
  g_assert_true (measure_frame (meter, &frames[0], &value, NULL));
  g_assert_true (measure_frame (meter, &frames[1], &value, NULL));
  assert_near (value, measure ("temporal-ssim", &frames[0], &frames[1]), 0);
  g_assert_true (measure_frame (meter, &frames[2], &value, NULL));
  g_assert_cmpfloat_with_epsilon (value, -0.011447504009598337, 2e-6);
  gen_meter_interrupt (meter);
  g_assert_true (measure_frame (meter, &frames[0], &value, NULL));
  g_assert_cmpfloat (value, ==, GEN_MISSING);
  make_picture (&other, 41, 30, 1, 0);
  g_assert_true (measure_frame (meter, &other, &value, NULL));
  g_assert_cmpfloat (value, ==, GEN_MISSING);
  for (int k = 0; k < 3; k++)
    gen_picture_clear (&frames[k]);
}

static void
assert_features (
    const char *name, int width, int height, int channels, int k, const double expected[][2], int n)
{
  g_autoptr (GenFeatures) features = gen_features_open (name, &gen_medium_picture, NULL);
  g_auto (GenPicture) picture = { 0 };
  float out[768];

  g_assert_nonnull (features);
  g_assert_cmpstr (gen_features_name (features), ==, name);
  g_assert_cmpint (features_length (features, channels), <=, (int)G_N_ELEMENTS (out));
  make_picture (&picture, width, height, channels, k);
  g_assert_true (compute (features, &picture, out));
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (out[(int)expected[i][0]], expected[i][1], 2e-6);
}

static void
test_features (void)
{
  static const double hog28[][2] = { { 0, 0.10350410370644804 }, { 1, 0.1355311190124919 },
    { 5, 0.09913453715022415 }, { 37, 0.09374267682160604 }, { 64, 0.093109636123722 },
    { 100, 0.06827116984099378 }, { 127, 0.06053316918900712 } };
  static const double hog100[][2] = { { 0, 0.08807436479640947 }, { 1, 0.08607253108483338 },
    { 5, 0.08615661945616518 }, { 37, 0.07691896093671192 }, { 64, 0.07593637366952247 },
    { 100, 0.10132980086892901 }, { 127, 0.08023832108091469 } };
  static const double pixels28[][2] = { { 0, 0.03529411764705882 }, { 17, 0.3333333333333333 },
    { 100, 0.47859143657462977 }, { 255, 0.4464985994397759 } };
  static const double pixels50[][2] = { { 0, 0.14145882352941178 }, { 17, 0.6286745098039216 },
    { 100, 0.5783529411764705 }, { 255, 0.6541490196078431 } };
  static const double pixels5[][2] = { { 0, 0 }, { 17, 0 }, { 100, 0.15294117647058825 },
    { 255, 0.8627450980392157 } };
  g_autoptr (GenFeatures) features = gen_features_open ("hog-4x4x8", &gen_medium_picture, NULL);
  g_auto (GenPicture) flat = { 0 };
  float out[128];

  assert_features ("hog-4x4x8", 28, 28, 1, 1, hog28, G_N_ELEMENTS (hog28));
  assert_features ("hog-4x4x8", 100, 100, 1, 1, hog100, G_N_ELEMENTS (hog100));
  assert_features ("pixels-16x16", 28, 28, 1, 1, pixels28, G_N_ELEMENTS (pixels28));
  assert_features ("pixels-16x16", 50, 20, 1, 2, pixels50, G_N_ELEMENTS (pixels50));
  assert_features ("pixels-16x16", 5, 3, 1, 2, pixels5, G_N_ELEMENTS (pixels5));

  /* A flat picture has no directions, and nothing divides by zero. */
  gen_picture_init (&flat, 7, 9, 3);
  g_assert_true (compute (features, &flat, out));
  for (int i = 0; i < 128; i++)
    g_assert_cmpfloat_with_epsilon (out[i], 0, 1e-6);
}

/* Vectors by a formula, in two distributions. */
static void
make_statistics (GenStatistics *statistics, int n, int length, int k, float scale)
{
  GenMoments moments;

  gen_moments_init (&moments, length);
  for (int i = 0; i < n; i++) {
    float vector[32];

    for (int j = 0; j < length; j++)
      vector[j] =
          scale * (float)(((i * i * 7 + j * 13 * i + k * (i + j * 3) + j * j) % 101) / 100.0);
    gen_moments_add (&moments, vector);
  }
  g_assert_true (gen_moments_statistics (&moments, statistics));
  gen_moments_clear (&moments);
}

static void
test_frechet_distance (void)
{
  static const struct {
    int n_a, n_b, length;
    float scale;
    double expected; /* scipy.linalg.sqrtm over numpy.cov */
  } cases[] = {
    { 200, 150, 6, 1, 0.03473376437095643 },
    { 200, 150, 20, 2, 7.387303216349671 },
    /* Fewer vectors than numbers in one: covariances without full rank. */
    { 8, 9, 20, 1, 2.6223289118037965 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenStatistics) a = { 0 }, b = { 0 };
    double distance, back;

    make_statistics (&a, cases[i].n_a, cases[i].length, 3, 1);
    make_statistics (&b, cases[i].n_b, cases[i].length, 5, cases[i].scale);
    g_assert_true (gen_frechet_distance (&a, &b, &distance, NULL));
    assert_near (distance, cases[i].expected, 1e-6);
    g_assert_true (gen_frechet_distance (&b, &a, &back, NULL));
    assert_near (back, distance, 1e-6);
    g_assert_true (gen_frechet_distance (&a, &a, &distance, NULL));
    g_assert_cmpfloat_with_epsilon (distance, 0, 1e-6);
  }
}

/* A feature that is not a number is an error, not a figure. */
static void
test_frechet_failure (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GenStatistics) a = { 0 }, b = { 0 };
  double distance;

  make_statistics (&a, 10, 3, 1, 1);
  make_statistics (&b, 10, 3, 1, NAN);
  g_assert_false (gen_frechet_distance (&a, &b, &distance, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED);
}

/* Blocks, and what is left over, make the mean and covariance that one pass over all makes, also
 * where the mean is large; asking in between changes nothing. */
static void
test_moments (void)
{
  const int n = 64 * 3 + 17;
  g_auto (GenStatistics) statistics = { 0 };
  double mean[2] = { 0 }, covariance[4] = { 0 };
  g_autofree float *vectors = g_new (float, 2 * n);
  GenMoments moments;

  gen_moments_init (&moments, 2);
  for (int i = 0; i < n; i++) {
    vectors[2 * i] = 1e6f + (float)(i * 37 % 64);
    vectors[2 * i + 1] = (float)(i * 11 % 32) / 32 - (float)(i % 64);
    g_assert_true (gen_moments_statistics (&moments, &statistics) == (i >= 2));
    gen_statistics_clear (&statistics);
    gen_moments_add (&moments, vectors + 2 * i);
    for (int j = 0; j < 2; j++)
      mean[j] += vectors[2 * i + j] / (double)n;
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < 4; j++)
      covariance[j] +=
          (vectors[2 * i + j / 2] - mean[j / 2]) * (vectors[2 * i + j % 2] - mean[j % 2]) / (n - 1);
  g_assert_true (gen_moments_statistics (&moments, &statistics));
  g_assert_cmpuint (statistics.count, ==, n);
  for (int j = 0; j < 4; j++) {
    assert_near (statistics.mean[j % 2], mean[j % 2], 1e-14);
    assert_near (statistics.covariance[j], covariance[j], 1e-10);
  }
  gen_moments_clear (&moments);
}

static void
test_diversity (void)
{
  GenMeterSettings settings = { .metrics = "diversity", .interval = 7 };
  g_autoptr (GenMeter) meter = meter_new (&settings);
  double values[2];

  for (int k = 0; k < 7; k++) {
    g_auto (GenPicture) picture = { 0 };

    make_picture (&picture, 20, 20, 1, k);
    g_assert_true (measure_frame (meter, &picture, values, NULL));
    g_assert_true (isnan (values[0]) == (k < 6));
  }
  assert_near (values[0], 0.22839178119409737, 1e-6);
  g_assert_cmpfloat (values[1], ==, 7);
}

/* A slope of few levels has steps; numpy counts as many. */
static void
test_banding (void)
{
  g_auto (GenPicture) slope = { 0 }, busy = { 0 };

  make_picture (&busy, 40, 30, 1, 1);
  gen_picture_init (&slope, 40, 30, 1);
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 40; x++)
      slope.data[y * slope.stride + x] = (guint8)(40 + x / 5 * 3 + y / 7 * 2);
  assert_near (measure ("banding", NULL, &slope), 0.14163090128755365, 1e-12);
  assert_near (measure ("banding", NULL, &busy), 0, 0);
}

/* What turns back counts, by numpy's means of cells; what goes on changing does not, nor what comes
 * after a jump. */
static void
test_flicker (void)
{
  GenMeterSettings settings = { .metrics = "flicker" };
  g_autoptr (GenMeter) meter = meter_new (&settings);
  double value;

  for (int k = 1; k <= 3; k++) {
    g_auto (GenPicture) picture = { 0 };

    make_picture (&picture, 40, 30, 1, k);
    g_assert_true (measure_frame (meter, &picture, &value, NULL));
    g_assert_true ((value == GEN_MISSING) == (k < 3));
  }
  assert_near (value, 0.015824506886087754, 1e-9);
  gen_meter_interrupt (meter);
  for (int k = 0; k < 5; k++) {
    g_auto (GenPicture) flat = { 0 };

    gen_picture_init (&flat, 40, 30, 1);
    for (int i = 0; i < 30; i++)
      memset (flat.data + i * flat.stride, k < 4 ? 10 * k : 25, 40);
    g_assert_true (measure_frame (meter, &flat, &value, NULL));
    g_assert_true ((value == GEN_MISSING) == (k < 2));
  }
  /* 10, 20, 30 and back by 5. */
  assert_near (value, 5.0 / 255, 1e-12);
}

/* Film in video: each picture for two and for three frames, by turns; then one for ten. */
static void
test_freeze (void)
{
  GenMeterSettings settings = { .metrics = "freeze" };
  g_autoptr (GenMeter) meter = meter_new (&settings);
  g_autoptr (JsonObject) summary = NULL;
  static const int frames[] = { 2, 3, 2, 3, 10 };
  double values[3];

  for (gsize k = 0; k < G_N_ELEMENTS (frames); k++) {
    g_auto (GenPicture) picture = { 0 };

    make_picture (&picture, 40, 30, 1, (int)k);
    for (int i = 0; i < frames[k]; i++) {
      g_assert_true (measure_frame (meter, &picture, values, NULL));
      g_assert_true (k + (gsize)i == 0 ? values[0] == GEN_MISSING : values[0] == (i > 0));
    }
  }
  summary = gen_meter_summarise (meter, NULL);
  g_assert_nonnull (summary);
  g_assert_cmpint (json_object_get_int_member (summary, "freeze-longest"), ==, 9);
  assert_near (json_object_get_double_member (summary, "freeze-cadence"), 4, 1e-12);
}

/* The distance of mean spectra in rings, as numpy's transform has it; none of a set from itself. */
static void
test_power_spectrum (void)
{
  GenMeterSettings settings = { .metrics = "power-spectrum", .has_reference = TRUE };

  for (int same = 0; same < 2; same++) {
    g_autoptr (GenMeter) meter = meter_new (&settings);
    g_autoptr (JsonObject) summary = NULL;
    double values[3];

    for (int k = 1; k <= 5; k++) {
      g_auto (GenPicture) picture = { 0 };

      make_picture (&picture, 70, 90, 1, k);
      if (same || k < 3)
        g_assert_true (measure_frame (meter, &picture, values, NULL));
      if (same || k >= 3)
        g_assert_true (refer (meter, &picture, -1));
    }
    summary = gen_meter_summarise (meter, NULL);
    g_assert_nonnull (summary);
    assert_near (json_object_get_double_member (summary, "power-spectrum"),
        same ? 0 : 0.996095106723982, 1e-9);
  }
}

/* More samples than are kept: equal ones give 0, two kinds by halves give half their distance,
 * and the same seed the same figure. */
static void
test_reservoir (void)
{
  double figures[3];

  for (int run = 0; run < 3; run++) {
    GenMeterSettings settings = { .metrics = "diversity", .interval = 2000, .seed = run / 2 };
    g_autoptr (GenMeter) meter = meter_new (&settings);
    g_auto (GenPicture) black = { 0 }, white = { 0 };
    double values[2];

    gen_picture_init (&black, 16, 16, 1);
    gen_picture_init (&white, 16, 16, 1);
    memset (white.data, 255, (gsize)white.stride * 16);
    for (int i = 0; i < 2000; i++)
      g_assert_true (measure_frame (meter, i % 2 ? &white : &black, values, NULL));
    figures[run] = values[0];
    g_assert_cmpfloat_with_epsilon (values[0], 0.5, 0.03);
    g_assert_cmpfloat (values[1], ==, 2000);
  }
  g_assert_cmpfloat (figures[0], ==, figures[1]);
}

/* Ten classes of stripes, each at an angle of its own. */
static void
make_stripes (GenPicture *picture, int class, int phase)
{
  double angle = class * G_PI / 10;

  gen_picture_init (picture, 28, 28, 1);
  for (int y = 0; y < 28; y++)
    for (int x = 0; x < 28; x++)
      picture->data[y * picture->stride + x] =
          (guint8)(127.5 + 127 * sin ((x * cos (angle) + y * sin (angle)) * 0.9 + phase * 0.7));
}

/* Grey pictures of 16 by 16 pixels are their own features, by pixels-16x16: what is `value` in all
 * pixels is |a - b| / 255 from another. */
static GenSample
grey_sample (GenPicture *picture, guint8 value)
{
  gen_picture_init (picture, 16, 16, 1);
  memset (picture->data, value, (gsize)picture->stride * 16);
  return gen_sample_of_picture (picture);
}

static void
test_nearest (void)
{
  static const guint8 reference[] = { 0, 51, 255 }, made[] = { 10, 245, 51 };
  g_autoptr (GenFeatures) features = gen_features_open ("pixels-16x16", &gen_medium_picture, NULL);
  GenMeterSettings settings = { .metrics = "nearest", .has_reference = TRUE, .features = features };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = gen_meter_new (&settings, &error);
  g_autoptr (JsonObject) summary = NULL;
  guint n_fields;

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (reference); i++) {
    g_auto (GenPicture) picture = { 0 };
    const GenSample sample = grey_sample (&picture, reference[i]);

    g_assert_true (gen_meter_refer (meter, &sample, -1, &error));
  }
  gen_meter_fields (meter, &n_fields);
  for (guint i = 0; i < G_N_ELEMENTS (made); i++) {
    g_auto (GenPicture) picture = { 0 };
    const GenSample sample = grey_sample (&picture, made[i]);
    double values[16];

    g_assert_cmpuint (n_fields, <=, G_N_ELEMENTS (values));
    g_assert_true (gen_meter_measure (meter, &sample, values, &error));
  }
  summary = gen_meter_summarise (meter, &error);
  g_assert_no_error (error);
  /* 10, 10 and 0 away; among themselves 51, 51 and 204. */
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "nearest"), 20.0 / 3 / 255, 1e-5);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "nearest-least"), 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "nearest-within-reference"),
      (51 + 51 + 204) / 3.0 / 255, 1e-5);
  g_assert_cmpint (json_object_get_int_member (summary, "nearest-samples"), ==, 3);
  g_assert_cmpstr (json_object_get_string_member (summary, "nearest-features"), ==, "pixels-16x16");
}

static void
test_modes (void)
{
  static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", NULL };
  GenMeterSettings settings = { .metrics = "modes,frechet",
    .has_reference = TRUE,
    .has_labels = TRUE,
    .class_names = names,
    .tile_width = 28,
    .tile_height = 28 };
  g_autoptr (GenMeter) meter = meter_new (&settings);
  g_autoptr (JsonObject) summary = NULL;
  JsonObject *shares;
  double values[9];

  g_assert_true (gen_meter_wants_reference (meter));
  for (int class = 0; class < 10; class ++)
    for (int phase = 0; phase < 9; phase++) {
      g_auto (GenPicture) picture = { 0 };

      make_stripes (&picture, class, phase);
      g_assert_true (refer (meter, &picture, class));
    }
  /* A wall of 10 by 10 tiles and a bit: 49 of class 3, 50 of class 7, one of class 5. */
  {
    g_auto (GenPicture) wall = { 0 };

    gen_picture_init (&wall, 285, 290, 1);
    for (int tile = 0; tile < 100; tile++) {
      g_auto (GenPicture) picture = { 0 };

      make_stripes (&picture, tile == 0 ? 5 : tile % 2 ? 7 : 3, 20 + tile);
      for (int y = 0; y < 28; y++)
        memcpy (wall.data + (tile / 10 * 28 + y) * wall.stride + tile % 10 * 28,
            picture.data + y * picture.stride, 28);
    }
    g_assert_true (measure_frame (meter, &wall, values, NULL));
  }
  summary = gen_meter_summarise (meter, NULL);
  g_assert_nonnull (summary);
  g_assert_cmpint (json_object_get_int_member (summary, "frames"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (summary, "samples"), ==, 100);
  g_assert_cmpint (json_object_get_int_member (summary, "modes"), ==, 2);
  g_assert_cmpint (json_object_get_int_member (summary, "modes-classes"), ==, 10);
  g_assert_cmpint (json_object_get_int_member (summary, "modes-samples"), ==, 100);
  g_assert_cmpint (json_object_get_int_member (summary, "modes-unassigned"), ==, 0);
  g_assert_cmpstr (json_object_get_string_member (summary, "modes-features"), ==, "hog-4x4x8");
  shares = json_object_get_object_member (summary, "modes-shares");
  g_assert_cmpfloat (json_object_get_double_member (shares, "h"), ==, 0.5);
  g_assert_cmpfloat (json_object_get_double_member (shares, "d"), ==, 0.49);
  g_assert_cmpfloat (json_object_get_double_member (shares, "f"), ==, 0.01);
  g_assert_cmpfloat (json_object_get_double_member (shares, "a"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (summary, "frechet-samples"), ==, 100);
  g_assert_cmpint (json_object_get_int_member (summary, "frechet-reference-samples"), ==, 90);
  g_assert_cmpfloat (json_object_get_double_member (summary, "frechet"), >, 0.01);
}

/* A distance of few samples, or from few, is to be doubted; one of more than features have numbers
 * is not. */
static void
test_doubt (void)
{
  static const struct {
    int samples, references;
    const char *words;
  } cases[] = {
    { 129, 129, NULL },
    { 128, 129,
        "frechet: the covariance of 128 samples is singular, which are not more than the "
        "128 features of each" },
    { 129, 20, "frechet: the covariance of 20 samples of the reference is singular" },
    { 1, 20, NULL }, /* there is no distance */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenMeter) meter =
        meter_new (&(GenMeterSettings){ .metrics = "frechet,diversity", .has_reference = TRUE });
    g_autoptr (JsonObject) summary = NULL;
    g_autofree char *doubts = NULL;
    double values[9];

    for (int n = 0; n < MAX (cases[i].samples, cases[i].references); n++) {
      g_auto (GenPicture) picture = { 0 };

      make_stripes (&picture, n % 10, n);
      if (n < cases[i].references)
        g_assert_true (refer (meter, &picture, -1));
      if (n < cases[i].samples)
        g_assert_true (measure_frame (meter, &picture, values, NULL));
    }
    summary = gen_meter_summarise (meter, NULL);
    doubts = gen_meter_describe_doubts (meter);
    g_assert_true (json_object_has_member (summary, "frechet-doubt") == (cases[i].words != NULL));
    if (cases[i].words == NULL) {
      g_assert_null (doubts);
      continue;
    }
    g_assert_true (g_str_has_prefix (doubts, cases[i].words));
    g_assert_cmpstr (json_object_get_string_member (summary, "frechet-doubt"), ==,
        doubts + strlen ("frechet: "));
  }
}

static void
test_settings (void)
{
  static const struct {
    const char *metrics;
    gboolean reference, labels;
    int code; /* -1: fine */
    guint n_fields;
    const char *text;
  } cases[] = {
    { NULL, FALSE, FALSE, -1, 16, NULL },
    { "auto", TRUE, FALSE, -1, 25, NULL },
    { "auto", TRUE, TRUE, -1, 30, NULL },
    { "brightness, sharpness ,brightness", FALSE, FALSE, -1, 2, NULL },
    { "colour", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "\"colour\"" },
    { "", FALSE, FALSE, GEN_METRIC_ERROR_UNKNOWN, 0, "sharpness" },
    { "frechet", FALSE, FALSE, GEN_METRIC_ERROR_REFERENCE, 0, "frechet" },
    { "modes", TRUE, FALSE, GEN_METRIC_ERROR_REFERENCE, 0, "classes" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GenMeterSettings settings = { .metrics = cases[i].metrics,
      .has_reference = cases[i].reference,
      .has_labels = cases[i].labels };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenMeter) meter = gen_meter_new (&settings, &error);
    guint n;

    if (cases[i].code < 0) {
      g_assert_no_error (error);
      gen_meter_fields (meter, &n);
      g_assert_cmpuint (n, ==, cases[i].n_fields);
      continue;
    }
    g_assert_null (meter);
    g_assert_error (error, GEN_METRIC_ERROR, cases[i].code);
    g_assert_nonnull (strstr (error->message, cases[i].text));
  }
}

/* Each metric says what it is, its first field has its name, and no other has any of them. */
static void
test_list (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++) {
    g_assert_true (gen_metric_find ((*m)->name, NULL) == *m);
    g_assert_nonnull ((*m)->summary);
    g_assert_nonnull ((*m)->unit);
    g_assert_cmpint ((*m)->n_fields, <=, GEN_METRIC_MAX_FIELDS);
    g_assert_cmpstr ((*m)->fields[0].name, ==, (*m)->name);
    for (int i = 0; i < (*m)->n_fields; i++)
      g_assert_true (g_hash_table_add (names, (char *)(*m)->fields[i].name));
    g_assert_cmpint (((*m)->take != NULL) + ((*m)->measure != NULL) + ((*m)->compare != NULL) +
                         ((*m)->judge != NULL),
        ==, 1);
    g_assert_cmpint (gen_metric_count_measured (*m), <=, (*m)->n_fields);
    g_assert_true ((gen_metric_count_measured (*m) < (*m)->n_fields) ==
                   ((*m)->figure != NULL || (*m)->compare != NULL));
  }
  for (const GenEmbedder *const *e = gen_embedder_list (); *e != NULL; e++) {
    g_autoptr (GenFeatures) features = gen_features_open ((*e)->name, (*e)->medium, NULL);

    g_assert_nonnull (features);
    for (int channels = 1; channels <= 3; channels += 2)
      g_assert_cmpint (features_length (features, channels), <=, GEN_FEATURES_MAX);
  }
}

/* What a metric is called elsewhere is no name of its own, nor of another one, and the error says
 * which is meant. */
static void
test_known_as (void)
{
  guint n = 0;

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    for (const char *const *name = (*metric)->known_as; name != NULL && *name != NULL; name++) {
      g_autofree char *meant = g_strdup_printf ("(did you mean \"%s\"?)", (*metric)->name);
      g_autofree char *upper = g_ascii_strup (*name, -1);
      g_autoptr (GError) error = NULL;

      g_assert_null (gen_metric_find (upper, &error));
      g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN);
      g_assert_nonnull (strstr (error->message, meant));
      for (const GenMetric *const *other = gen_metric_list (); *other != NULL; other++)
        g_assert_cmpstr ((*other)->name, !=, *name);
      n++;
    }
  g_assert_cmpuint (n, >, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/list", test_list);
  g_test_add_func ("/metric/known-as", test_known_as);
  g_test_add_func ("/metric/frames", test_frames);
  g_test_add_func ("/metric/banding", test_banding);
  g_test_add_func ("/metric/flicker", test_flicker);
  g_test_add_func ("/metric/freeze", test_freeze);
  g_test_add_func ("/metric/power-spectrum", test_power_spectrum);
  g_test_add_func ("/metric/tiny", test_tiny);
  g_test_add_func ("/metric/wide", test_wide);
  g_test_add_func ("/metric/temporal-ssim", test_temporal_ssim);
  g_test_add_func ("/metric/temporal-ssim/small", test_small_ssim);
  g_test_add_func ("/metric/temporal-ssim/sequence", test_ssim_sequence);
  g_test_add_func ("/metric/features", test_features);
  g_test_add_func ("/metric/moments", test_moments);
  g_test_add_func ("/metric/frechet", test_frechet_distance);
  g_test_add_func ("/metric/frechet/failure", test_frechet_failure);
  g_test_add_func ("/metric/frechet/doubt", test_doubt);
  g_test_add_func ("/metric/diversity", test_diversity);
  g_test_add_func ("/metric/diversity/reservoir", test_reservoir);
  g_test_add_func ("/metric/modes", test_modes);
  g_test_add_func ("/metric/nearest", test_nearest);
  g_test_add_func ("/metric/settings", test_settings);
  return g_test_run ();
}
