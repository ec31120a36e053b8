/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics of a frame and what it should be: known answers, equal frames, what cannot be compared.
 * tests/conformance/metrics.py has other programs' numbers. */
#include <generative/metric.h>

#include <math.h>
#include <string.h>

#define WIDTH 192
#define HEIGHT 180
#define FRAMES 4096

static GenMeter *
open_meter (const GenMedium *medium, const char *metrics)
{
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (
      &(GenMeterSettings){ .medium = medium, .metrics = metrics, .judges = TRUE }, &error);

  g_assert_no_error (error);
  return meter;
}

/* The figure of that name of one pair, and of all where `overall`. */
static double
find (GenMeter *meter, const double *values, const char *name)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return values[i];
  g_error ("no figure %s", name);
}

static void
fill (GenPicture *picture, int seed, int add)
{
  for (int y = 0; y < picture->height; y++)
    for (int i = 0; i < picture->width * picture->channels; i++)
      picture->data[y * picture->stride + i] =
          (guint8)(40 + (i * 5 + y * 11 + i * y * seed) % 150 + add);
}

static void
init (GenSample *sample, int width, int height, int channels, int seed, int add)
{
  gen_sample_init (sample, &(GenFormat){ &gen_medium_picture, width, height, channels });
  fill (&sample->picture, seed, add);
}

static void
test_pictures (void)
{
  for (int channels = 1; channels <= 3; channels += 2) {
    g_autoptr (GenMeter) meter = open_meter (&gen_medium_picture, NULL);
    g_auto (GenSample) plain = { 0 }, brighter = { 0 };
    double values[16];

    init (&plain, WIDTH, HEIGHT, channels, 1, 0);
    init (&brighter, WIDTH, HEIGHT, channels, 1, 5);
    g_assert_true (gen_meter_judge (meter, &brighter, &plain, values, NULL));
    /* Each level is 5 off: nothing but brightness is another. */
    g_assert_cmpfloat_with_epsilon (
        find (meter, values, "psnr"), 10 * log10 (255.0 * 255 / 25), 1e-9);
    g_assert_cmpfloat (find (meter, values, "ssim"), <, 1);
    g_assert_cmpfloat (find (meter, values, "ssim"), >, 0.98);
    g_assert_cmpfloat (find (meter, values, "ms-ssim"), >, 0.99);
    g_assert_cmpfloat (find (meter, values, "gmsd"), <, 0.05);
  }
}

/* Equal frames, of which a ratio is infinite. */
static void
test_equal (void)
{
  g_autoptr (GenMeter) meter = open_meter (&gen_medium_picture, NULL);
  g_autoptr (JsonObject) summary = NULL;
  g_auto (GenSample) plain = { 0 };
  double values[16];

  init (&plain, WIDTH, HEIGHT, 3, 1, 0);
  g_assert_true (gen_meter_judge (meter, &plain, &plain, values, NULL));
  g_assert_cmpfloat (find (meter, values, "psnr"), ==, GEN_MISSING);
  g_assert_cmpfloat_with_epsilon (find (meter, values, "ssim"), 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (find (meter, values, "ms-ssim"), 1, 1e-6);
  g_assert_cmpfloat (find (meter, values, "gmsd"), ==, 0);
  summary = gen_meter_summarise (meter, NULL);
  g_assert_true (json_object_get_null_member (summary, "psnr-overall"));
  g_assert_cmpstr (json_object_get_string_member (summary, "psnr-missing"), ==,
      "it is equal to what it should be");
}

/* Of no pair there is nothing, least of all that both are equal. */
static void
test_nothing (void)
{
  const GenMedium *const media[] = { &gen_medium_picture, &gen_medium_sound };

  for (gsize i = 0; i < G_N_ELEMENTS (media); i++) {
    g_autoptr (GenMeter) meter = open_meter (media[i], NULL);
    g_autoptr (JsonObject) summary = gen_meter_summarise (meter, NULL);
    g_autoptr (GList) names = json_object_get_members (summary);
    guint missing = 0;

    for (GList *l = names; l != NULL; l = l->next)
      if (g_str_has_suffix (l->data, "-missing")) {
        g_assert_cmpstr (json_object_get_string_member (summary, l->data), ==,
            "nothing was compared: no frame, or window, had its reference");
        missing++;
      }
    g_assert_cmpuint (missing, >, 3);
  }
}

/* Of all frames the errors are one sum, and frames of another size may come. */
static void
test_overall (void)
{
  g_autoptr (GenMeter) meter = open_meter (&gen_medium_picture, "psnr,ssim,gmsd,ms-ssim");
  g_autoptr (JsonObject) summary = NULL;
  double values[16];

  for (int i = 1; i <= 3; i++) {
    g_auto (GenSample) plain = { 0 }, other = { 0 };

    init (&plain, 20 + i, 17, 1, 1, 0);
    init (&other, 20 + i, 17, 1, 1, i);
    g_assert_true (gen_meter_judge (meter, &other, &plain, values, NULL));
    g_assert_cmpfloat (find (meter, values, "ms-ssim"), ==, GEN_MISSING);
  }
  summary = gen_meter_summarise (meter, NULL);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (summary, "psnr-overall"),
      10 * log10 (255.0 * 255 * (21 + 22 + 23) / (21 * 1 + 22 * 4 + 23 * 9)), 1e-9);
}

static void
init_sound (GenSample *sample, double scale, double noise)
{
  gen_sample_init (sample,
      &(GenFormat){ .medium = &gen_medium_sound, .channels = 2, .rate = 16000, .length = FRAMES });
  for (int i = 0; i < 2 * FRAMES; i++)
    sample->sound.data[i] = (float)(scale * (sin (i * 0.1) + (i % 2 == 0 ? noise : -noise)));
}

static void
test_sounds (void)
{
  g_autoptr (GenMeter) meter = open_meter (&gen_medium_sound, NULL);
  g_auto (GenSample) plain = { 0 }, noisy = { 0 }, half = { 0 };
  double values[16];

  init_sound (&plain, 0.5, 0);
  init_sound (&noisy, 0.5, 0.1);
  init_sound (&half, 0.25, 0.1);
  g_assert_true (gen_meter_judge (meter, &noisy, &plain, values, NULL));
  /* A sine of power 1/2 and noise of 1/100. */
  g_assert_cmpfloat_with_epsilon (find (meter, values, "snr"), 10 * log10 (50), 0.01);
  g_assert_cmpfloat_with_epsilon (find (meter, values, "si-sdr"), 10 * log10 (50), 0.01);
  g_assert_true (gen_meter_judge (meter, &half, &plain, values, NULL));
  /* Half as loud, it is as pure. */
  g_assert_cmpfloat_with_epsilon (find (meter, values, "si-sdr"), 10 * log10 (50), 0.01);
  g_assert_cmpfloat (find (meter, values, "snr"), <, 7);
  g_assert_true (gen_meter_judge (meter, &plain, &plain, values, NULL));
  g_assert_cmpfloat (find (meter, values, "snr"), ==, GEN_MISSING);
  g_assert_cmpfloat (find (meter, values, "log-spectral-distance"), ==, 0);
  half.sound.data[7] = NAN;
  g_assert_true (gen_meter_judge (meter, &half, &plain, values, NULL));
  g_assert_cmpfloat (find (meter, values, "log-spectral-distance"), ==, GEN_MISSING);
}

/* What takes long is measured where it is named: equal frames and sounds, noise, and too little. */
static void
test_named (void)
{
  g_autoptr (GenMeter) pictures = open_meter (&gen_medium_picture, "vif");
  g_autoptr (GenMeter) sounds = open_meter (&gen_medium_sound, "stoi,estoi,multi-resolution-stft");
  static const char *const of_sounds[] = { "stoi", "estoi" };
  g_auto (GenSample) plain = { 0 }, other = { 0 }, small = { 0 };
  g_auto (GenSample) sound = { 0 }, noisy = { 0 }, shorter = { 0 };
  double values[16];

  init (&plain, WIDTH, HEIGHT, 3, 1, 0);
  init (&other, WIDTH, HEIGHT, 3, 2, 0);
  init (&small, 40, 41, 1, 1, 0);
  g_assert_true (gen_meter_judge (pictures, &plain, &plain, values, NULL));
  g_assert_cmpfloat_with_epsilon (find (pictures, values, "vif"), 1, 1e-5);
  g_assert_true (gen_meter_judge (pictures, &other, &plain, values, NULL));
  g_assert_cmpfloat (find (pictures, values, "vif"), <, 0.5);
  g_assert_true (gen_meter_judge (pictures, &small, &small, values, NULL));
  g_assert_cmpfloat (find (pictures, values, "vif"), ==, GEN_MISSING);

  for (int i = 0; i < 3; i++)
    gen_sample_init (i == 0   ? &sound
                     : i == 1 ? &noisy
                              : &shorter,
        &(GenFormat){ .medium = &gen_medium_sound,
            .channels = 1,
            .rate = 10000,
            .length = i == 2 ? 1024 : 9000 });
  for (int i = 0; i < 9000; i++) {
    const double envelope = 1.1 + sin (i / 700.0) + 0.5 * sin (i / 173.0);

    sound.sound.data[i] =
        (float)(0.2 * envelope * (sin (i * 0.2) + sin (i * 0.71) + sin (i * 1.9)));
    noisy.sound.data[i] = sound.sound.data[i] + (float)((i * 7919 % 1000) / 1000.0 - 0.5);
  }
  for (gsize k = 0; k < G_N_ELEMENTS (of_sounds); k++) {
    g_assert_true (gen_meter_judge (sounds, &sound, &sound, values, NULL));
    g_assert_cmpfloat_with_epsilon (find (sounds, values, of_sounds[k]), 1, 1e-9);
    g_assert_cmpfloat_with_epsilon (find (sounds, values, "multi-resolution-stft"), 0, 1e-9);
    g_assert_true (gen_meter_judge (sounds, &noisy, &sound, values, NULL));
    g_assert_cmpfloat (find (sounds, values, of_sounds[k]), <, 0.9);
    g_assert_cmpfloat (find (sounds, values, "multi-resolution-stft"), >, 0.1);
    g_assert_true (gen_meter_judge (sounds, &shorter, &shorter, values, NULL));
    g_assert_cmpfloat (find (sounds, values, of_sounds[k]), ==, GEN_MISSING);
    g_assert_cmpfloat (find (sounds, values, "multi-resolution-stft"), ==, GEN_MISSING);
  }
}

static void
test_refused (void)
{
  g_autoptr (GError) alone = NULL, pairs = NULL;

  g_assert_null (gen_meter_new (&(GenMeterSettings){ .metrics = "psnr" }, &alone));
  g_assert_nonnull (strstr (alone->message, "compares a frame with what it should be"));
  g_assert_null (
      gen_meter_new (&(GenMeterSettings){ .metrics = "sharpness", .judges = TRUE }, &pairs));
  g_assert_nonnull (strstr (pairs->message, "does not compare a frame with what it should be"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric-pairs/pictures", test_pictures);
  g_test_add_func ("/metric-pairs/equal", test_equal);
  g_test_add_func ("/metric-pairs/nothing", test_nothing);
  g_test_add_func ("/metric-pairs/overall", test_overall);
  g_test_add_func ("/metric-pairs/sounds", test_sounds);
  g_test_add_func ("/metric-pairs/named", test_named);
  g_test_add_func ("/metric-pairs/refused", test_refused);
  return g_test_run ();
}
