/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairwise MS-SSIM. The means are those that pytorch-msssim's SSIM at each size makes of the same
 * pictures, with powers of sum 1. */
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
            (guint8)(100 + 40 * (((x + k * 3) / 7 + (y + k * 5) / 9) % 3) +
                     (x * 3 + y * 7 + k * 13) % 11);
}

static GenMeter *
open_meter (gboolean reference, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (
      &(GenMeterSettings){
          .metrics = "pairwise-ms-ssim", .has_reference = reference, .seed = seed },
      &error);

  g_assert_no_error (error);
  return meter;
}

static void
take (GenMeter *meter, int width, int height, int channels, int k)
{
  g_auto (GenPicture) picture = { 0 };
  double values[4];
  GenSample sample;

  make_picture (&picture, width, height, channels, k);
  sample = gen_sample_of_picture (&picture);
  g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
}

static JsonObject *
summarise (GenMeter *meter)
{
  g_autoptr (GError) error = NULL;
  JsonObject *summary = gen_meter_summarise (meter, &error);

  g_assert_no_error (error);
  return summary;
}

static void
test_sizes (void)
{
  static const struct {
    int width, height;
    double expected;
  } cases[] = {
    { 192, 176, 0.09497937879656544 },
    { 96, 100, 0.08856082082265786 },
    { 44, 60, 0.07530220823397248 },
    { 22, 30, 0.04549631540071269 },
    { 11, 20, 0.09430106975839696 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int channels = 1; channels <= 3; channels += 2) {
      g_autoptr (GenMeter) meter = open_meter (FALSE, 0);
      g_autoptr (JsonObject) summary = NULL;

      for (int k = 0; k < 4; k++)
        take (meter, cases[i].width, cases[i].height, channels, k);
      summary = summarise (meter);
      g_assert_cmpfloat_with_epsilon (
          json_object_get_double_member (summary, "pairwise-ms-ssim"), cases[i].expected, 1e-5);
      g_assert_false (json_object_has_member (summary, "pairwise-ms-ssim-reference"));
    }
}

/* A generator that has collapsed beside a reference that has not. */
static void
test_reference (void)
{
  g_autoptr (GenMeter) meter = open_meter (TRUE, 0);
  g_autoptr (JsonObject) summary = NULL;

  for (int k = 0; k < 4; k++) {
    g_auto (GenPicture) picture = { 0 };
    GenSample sample;

    make_picture (&picture, 96, 100, 1, k);
    sample = gen_sample_of_picture (&picture);
    g_assert_true (gen_meter_refer (meter, &sample, -1, NULL));
    take (meter, 96, 100, 1, 2);
  }
  summary = summarise (meter);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "pairwise-ms-ssim"), 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "pairwise-ms-ssim-reference"), 0.08856082082265786,
      1e-5);
  g_assert_cmpint (
      json_object_get_int_member (summary, "pairwise-ms-ssim-reference-samples"), ==, 4);
}

/* One picture makes no pair, and one of ten pixels has no window. */
static void
test_missing (void)
{
  static const int cases[][3] = { { 64, 64, 1 }, { 10, 64, 3 }, { 1, 1, 2 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenMeter) meter = open_meter (FALSE, 0);
    g_autoptr (JsonObject) summary = NULL;

    for (int k = 0; k < cases[i][2]; k++)
      take (meter, cases[i][0], cases[i][1], 1, k);
    summary = summarise (meter);
    g_assert_true (json_object_get_null_member (summary, "pairwise-ms-ssim"));
    g_assert_nonnull (
        strstr (json_object_get_string_member (summary, "pairwise-ms-ssim-missing"), "11 pixels"));
  }
}

/* Of more than are kept, chance chooses: by the seed alone. */
static double
measure_many (guint64 seed)
{
  g_autoptr (GenMeter) meter = open_meter (FALSE, seed);
  g_autoptr (JsonObject) summary = NULL;

  for (int k = 0; k < 400; k++)
    take (meter, 16, 16, 1, k * k % 7);
  summary = summarise (meter);
  g_assert_cmpint (json_object_get_int_member (summary, "pairwise-ms-ssim-samples"), ==, 400);
  return json_object_get_double_member (summary, "pairwise-ms-ssim");
}

static void
test_chance (void)
{
  const double one = measure_many (1), other = measure_many (2);

  g_assert_cmpfloat (measure_many (1), ==, one);
  g_assert_cmpfloat (one, !=, other);
  g_assert_cmpfloat_with_epsilon (one, other, 0.05);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pairwise/sizes", test_sizes);
  g_test_add_func ("/pairwise/reference", test_reference);
  g_test_add_func ("/pairwise/missing", test_missing);
  g_test_add_func ("/pairwise/chance", test_chance);
  return g_test_run ();
}
