/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is measured of sets of pictures by their features. */
#include "metric.h"

static gboolean
compute (GenFeatures *features, const GenPicture *picture, float *out)
{
  const GenSample sample = gen_sample_of_picture (picture);

  return gen_features_compute (features, &sample, 1, out, NULL);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric-features/features", test_features);
  g_test_add_func ("/metric-features/moments", test_moments);
  g_test_add_func ("/metric-features/frechet", test_frechet_distance);
  g_test_add_func ("/metric-features/frechet/failure", test_frechet_failure);
  g_test_add_func ("/metric-features/frechet/doubt", test_doubt);
  g_test_add_func ("/metric-features/diversity", test_diversity);
  g_test_add_func ("/metric-features/diversity/reservoir", test_reservoir);
  g_test_add_func ("/metric-features/modes", test_modes);
  return g_test_run ();
}
