/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is measured of a frame, and of one after another, against what it is by construction. */
#include "metric.h"

static void
make_smooth (GenPicture *picture, int k)
{
  gen_picture_init (picture, 40, 30, 1);
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 40; x++)
      picture->data[y * picture->stride + x] = (guint8)((x * 4 + k * 3) % 200 + (x * y + k) % 37);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric-frames/frames", test_frames);
  g_test_add_func ("/metric-frames/banding", test_banding);
  g_test_add_func ("/metric-frames/flicker", test_flicker);
  g_test_add_func ("/metric-frames/freeze", test_freeze);
  g_test_add_func ("/metric-frames/power-spectrum", test_power_spectrum);
  g_test_add_func ("/metric-frames/tiny", test_tiny);
  g_test_add_func ("/metric-frames/wide", test_wide);
  g_test_add_func ("/metric-frames/temporal-ssim", test_temporal_ssim);
  g_test_add_func ("/metric-frames/temporal-ssim/small", test_small_ssim);
  g_test_add_func ("/metric-frames/temporal-ssim/sequence", test_ssim_sequence);
  return g_test_run ();
}
