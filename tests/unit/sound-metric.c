/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics and features of sounds that are made by a formula, against what FFmpeg 5.1's ebur128,
 * librosa 0.11, numpy 2.4 and scipy 1.17 make of the same samples; and what there is to say of
 * sounds of which there is nothing to say. */
#include <generative/metric.h>
#include <generative/onnx.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

#define RATE 48000
#define SECONDS 12
#define WINDOW (RATE * 2 / 5)
#define WINDOWS (SECONDS * RATE / WINDOW)

static float
draw (guint32 *seed)
{
  *seed = *seed * 1664525 + 1013904223;
  return (float)(*seed >> 8) / 8388608 - 1;
}

/* Four seconds quiet, four loud, four between: a tone and noise at the left, a tone at the right.
 */
static void
make_sound (GenSound *sound)
{
  static const double levels[] = { 0.05, 0.3, 0.1 };
  guint32 seed = 1;

  gen_sound_init (sound, RATE, 2, SECONDS * RATE);
  for (gsize i = 0; i < sound->frames; i++) {
    const double t = (double)i / RATE, level = levels[i / (4 * RATE)];

    sound->data[2 * i] = (float)(level * sin (2 * G_PI * 997 * t) + 0.02 * (double)draw (&seed));
    sound->data[2 * i + 1] = (float)(level * sin (2 * G_PI * 331 * t));
  }
}

static GenSample
part_of (const GenSound *sound, gsize first, gsize frames)
{
  GenSound part = *sound;

  part.data += first * (gsize)sound->channels;
  part.frames = frames;
  part.owned = FALSE;
  return gen_sample_of_sound (&part);
}

static GenMeter *
meter_new (const char *metrics, gboolean follows)
{
  const GenMeterSettings settings = {
    .medium = &gen_medium_sound, .metrics = metrics, .follows = follows
  };
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&settings, &error);

  g_assert_no_error (error);
  return meter;
}

static int
field (const GenMeter *meter, const char *name)
{
  guint n;
  const GenField *fields = gen_meter_fields (meter, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return (int)i;
  g_assert_not_reached ();
}

static void
measure (GenMeter *meter, const GenSample *window, double *values)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_meter_measure (meter, window, values, &error));
  g_assert_no_error (error);
}

/* Below 3364 Hz the weighting has no meaning: a full tone has no loudness, and its peak. */
static void
test_low_rate (void)
{
  static const struct {
    int rate;
    gboolean loud;
  } cases[] = { { 1, FALSE }, { 16, FALSE }, { 17, FALSE }, { 18, FALSE }, { 1000, FALSE },
    { 3363, FALSE }, { 3364, TRUE }, { 4000, TRUE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const int rate = cases[i].rate;
    g_autoptr (GenMeter) meter = meter_new ("loudness,true-peak", FALSE);
    g_autoptr (JsonObject) summary = NULL;
    g_auto (GenSound) sound = { 0 };
    GenSample window;
    double values[6];

    gen_sound_init (&sound, rate, 1, (gsize)(4 * rate));
    for (gsize k = 0; k < sound.frames; k++)
      sound.data[k] = (float)(0.5 * sin (2 * G_PI * 0.05 * (double)k));
    window = gen_sample_of_sound (&sound);
    measure (meter, &window, values);
    summary = gen_meter_summarise (meter, NULL);
    if (rate < 18)
      g_assert_true (isinf (values[field (meter, "true-peak")]));
    else
      g_assert_cmpfloat_with_epsilon (values[field (meter, "true-peak")], -6, 0.3);
    if (!cases[i].loud) {
      g_assert_true (isinf (values[field (meter, "loudness")]));
      g_assert_true (isinf (values[field (meter, "loudness-short-term")]));
      g_assert_true (json_object_get_null_member (summary, "loudness-integrated"));
      g_assert_true (json_object_get_null_member (summary, "loudness-range"));
      g_assert_nonnull (strstr (
          json_object_get_string_member (summary, "loudness-integrated-missing"), "3364 Hz"));
      continue;
    }
    g_assert_cmpfloat_with_epsilon (values[field (meter, "loudness")], -9.7, 1.5);
  }
}

/* FFmpeg's figures have one digit in the summary and three for each 100 ms. Ours of the whole are
 * of histograms in steps of 0.1. */
static void
test_loudness (void)
{
  static const struct {
    int window;
    double momentary, short_term;
  } wanted[] = { { 0, -25.875, NAN }, { 1, -25.878, NAN }, { 14, -10.802, -12.497 },
    { 24, -20.234, -14.682 }, { 29, -20.229, -20.234 } };
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = meter_new ("loudness,true-peak", FALSE);
  g_autoptr (JsonObject) summary = NULL;
  double values[6];
  gsize next = 0;

  make_sound (&sound);
  for (int w = 0; w < WINDOWS; w++) {
    const GenSample window = part_of (&sound, (gsize)w * WINDOW, WINDOW);

    measure (meter, &window, values);
    g_assert_true (isnan (values[field (meter, "loudness-integrated")]));
    if (w != wanted[next].window)
      continue;
    g_assert_cmpfloat_with_epsilon (
        values[field (meter, "loudness")], wanted[next].momentary, 0.02);
    if (isnan (wanted[next].short_term))
      g_assert_true (isinf (values[field (meter, "loudness-short-term")]));
    else
      g_assert_cmpfloat_with_epsilon (
          values[field (meter, "loudness-short-term")], wanted[next].short_term, 0.02);
    next++;
  }
  g_assert_cmpuint (next, ==, G_N_ELEMENTS (wanted));
  summary = gen_meter_summarise (meter, NULL);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "loudness-integrated"), -13.4, 0.1);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "loudness-range"), 15.1, 0.15);
  /* The noise reaches up to half the rate, where FFmpeg's interpolation does too, and ours does
   * not.
   */
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "true-peak-overall"), -9.5, 0.2);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (
          json_object_get_object_member (summary, "true-peak"), "maximum"),
      json_object_get_double_member (summary, "true-peak-overall"), 1e-12);
}

/* The signals 1 to 3 of EBU Tech 3341, and 1 to 3 of EBU Tech 3342: a tone of 1 kHz on both sides
 * at levels of so many decibels for so many seconds, and what is to come of it. */
static void
test_compliance (void)
{
  static const struct {
    struct {
      double decibels;
      int seconds;
    } parts[4];
    double integrated, range; /* NAN: not said */
  } signals[] = {
    { { { -23, 20 } }, -23, NAN },
    { { { -33, 20 } }, -33, NAN },
    { { { -36, 10 }, { -23, 60 }, { -36, 10 } }, -23, NAN },
    { { { -20, 20 }, { -30, 20 } }, NAN, 10 },
    { { { -20, 20 }, { -15, 20 } }, NAN, 5 },
    { { { -40, 20 }, { -20, 20 } }, NAN, 20 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++) {
    g_autoptr (GenMeter) meter = meter_new ("loudness", FALSE);
    g_autoptr (JsonObject) summary = NULL;
    g_auto (GenSound) second = { 0 };
    double values[4];

    gen_sound_init (&second, RATE, 2, RATE);
    for (int p = 0; p < 4; p++)
      for (int s = 0; s < signals[i].parts[p].seconds; s++) {
        const GenSample window = part_of (&second, 0, RATE);

        for (int k = 0; k < 2 * RATE; k++)
          second.data[k] = (float)(pow (10, signals[i].parts[p].decibels / 20) *
                                   sin (2 * G_PI * 1000 * (k / 2) / RATE));
        measure (meter, &window, values);
      }
    if (i < 2) {
      g_assert_cmpfloat_with_epsilon (values[0], signals[i].integrated, 0.1);
      g_assert_cmpfloat_with_epsilon (values[1], signals[i].integrated, 0.1);
    }
    summary = gen_meter_summarise (meter, NULL);
    if (!isnan (signals[i].integrated))
      g_assert_cmpfloat_with_epsilon (
          json_object_get_double_member (summary, "loudness-integrated"), signals[i].integrated,
          0.1);
    if (!isnan (signals[i].range))
      g_assert_cmpfloat_with_epsilon (
          json_object_get_double_member (summary, "loudness-range"), signals[i].range, 1);
  }
}

/* A tone of a quarter of the rate whose samples all lie beside its crests: FFmpeg says -6.0 dBFS,
 * where the greatest sample is at -9. */
static void
test_true_peak (void)
{
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = meter_new ("true-peak", FALSE);
  double values[2];

  gen_sound_init (&sound, RATE, 1, RATE);
  for (int i = 0; i < RATE; i++)
    sound.data[i] = (float)(0.5 * sin (G_PI / 2 * i + G_PI / 4) *
                            MIN (1, MIN (i / 2400.0, (RATE - 1 - i) / 2400.0)));
  for (int i = 0; i < 10; i++) {
    const GenSample window = part_of (&sound, (gsize)(i * RATE / 10), RATE / 10);

    measure (meter, &window, values);
    if (i == 5)
      g_assert_cmpfloat_with_epsilon (values[0], -6.02, 0.1);
  }
}

/* librosa.feature.spectral_centroid, spectral_bandwidth, spectral_rolloff and spectral_flatness
 * (n_fft=2048, hop_length=512, center=False) of the mean of both channels, their mean over the
 * window; librosa.zero_crossings (pad=False, threshold=0) of each; correlation by numpy. */
static void
test_spectrum (void)
{
  static const struct {
    int window;
    double centroid, bandwidth, roll_off, flatness, crossings, correlation;
  } wanted[] = { { 0, 9053.436185, 7779.983355, 19180.8364, 0.0300668384, 0.05359375,
                     0.0009728944 },
    { 15, 4241.755491, 6563.998263, 12663.8327, 0.000938196721, 0.02765625, 0.0004161552 },
    { 29, 7259.618983, 7707.468136, 17866.9577, 0.00797353929, 0.033203125, -0.00264766 } };
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = meter_new ("spectral-centroid,spectral-flatness,"
                                          "spectral-bandwidth,spectral-roll-off,"
                                          "zero-crossing-rate,stereo-correlation",
      FALSE);

  make_sound (&sound);
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++) {
    const GenSample window = part_of (&sound, (gsize)wanted[i].window * WINDOW, WINDOW);
    double values[6];

    measure (meter, &window, values);
    g_assert_cmpfloat_with_epsilon (values[0], wanted[i].centroid, wanted[i].centroid * 1e-4);
    g_assert_cmpfloat_with_epsilon (values[1], wanted[i].flatness, wanted[i].flatness * 1e-3);
    g_assert_cmpfloat_with_epsilon (values[2], wanted[i].bandwidth, wanted[i].bandwidth * 1e-4);
    g_assert_cmpfloat_with_epsilon (values[3], wanted[i].roll_off, wanted[i].roll_off * 1e-4);
    g_assert_cmpfloat_with_epsilon (values[4], wanted[i].crossings, 1e-4);
    g_assert_cmpfloat_with_epsilon (values[5], wanted[i].correlation, 1e-6);
  }
}

static double
draw_normal (guint32 *seed)
{
  const double a = ((double)draw (seed) + 1) / 2, b = ((double)draw (seed) + 1) / 2;

  return sqrt (-2 * log (1 - a)) * cos (2 * G_PI * b);
}

/* Of a gamma distribution of shape 0.4 (Marsaglia and Tsang 2000), with a sign. */
static double
draw_speech (guint32 *seed)
{
  const double d = 1.4 - 1.0 / 3, c = 1 / sqrt (9 * d);

  for (;;) {
    const double x = draw_normal (seed), v = pow (1 + c * x, 3);
    const double u = ((double)draw (seed) + 1) / 2;

    if (v > 0 && log (u) < 0.5 * x * x + d - d * v + d * log (v))
      return d * v * pow (((double)draw (seed) + 1) / 2, 1 / 0.4) * (draw (seed) < 0 ? -1 : 1);
  }
}

/* What the estimate is defined by comes out as it was put in. */
static void
test_signal_to_noise (void)
{
  static const double decibels[] = { 0, 5, 10, 20, 30 };
  const gsize n = 400000;

  for (gsize i = 0; i < G_N_ELEMENTS (decibels); i++) {
    g_auto (GenSound) sound = { 0 };
    g_autoptr (GenMeter) meter = meter_new ("signal-to-noise", FALSE);
    g_autoptr (JsonObject) summary = NULL;
    const double gain = pow (10, decibels[i] / 20) / sqrt (0.4 * 1.4);
    GenSample whole;
    double values[2];
    guint32 seed = 5;

    gen_sound_init (&sound, 16000, 1, n);
    for (gsize k = 0; k < n; k++)
      sound.data[k] = (float)(0.01 * (gain * draw_speech (&seed) + draw_normal (&seed)));
    whole = part_of (&sound, 0, n);
    measure (meter, &whole, values);
    g_assert_cmpfloat_with_epsilon (values[0], decibels[i], 0.3);
    summary = gen_meter_summarise (meter, NULL);
    g_assert_cmpfloat_with_epsilon (
        json_object_get_double_member (summary, "signal-to-noise-overall"), values[0], 1e-9);
  }
}

static void
test_shares (void)
{
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = meter_new ("clipping,silence,dc-offset", FALSE);
  GenSample whole;
  double values[3];

  gen_sound_init (&sound, 8000, 2, 800);
  /* At the left runs of 2, 3 and 5 at full scale, and 4 of both signs; nothing at the right. */
  for (int i = 0; i < 2; i++)
    sound.data[2 * (10 + i)] = 1;
  for (int i = 0; i < 3; i++)
    sound.data[2 * (20 + i)] = -1;
  for (int i = 0; i < 5; i++)
    sound.data[2 * (30 + i)] = 32767.0f / 32768;
  for (int i = 0; i < 4; i++)
    sound.data[2 * (40 + i)] = i < 2 ? 1.5f : -1.5f;
  for (int i = 400; i < 800; i++)
    sound.data[2 * i + 1] = -0.25f;
  whole = part_of (&sound, 0, 800);
  measure (meter, &whole, values);
  g_assert_cmpfloat_with_epsilon (values[field (meter, "clipping")], 8.0 / 1600, 1e-12);
  /* The first block of 80 frames has the runs, the four behind it nothing. */
  g_assert_cmpfloat_with_epsilon (values[field (meter, "silence")], 0.4, 1e-12);
  g_assert_cmpfloat_with_epsilon (values[field (meter, "dc-offset")], 0.125, 1e-12);
}

/* Three pieces of a tone that do not meet are two clicks, in one of two channels; the tone alone, a
 * beat that begins softly, and noise have none. */
static void
test_clicks (void)
{
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = meter_new ("clicks", FALSE);
  GenSample whole;
  guint32 seed = 7;
  double value;

  gen_sound_init (&sound, 16000, 2, 8000);
  for (int i = 0; i < 8000; i++) {
    const double late = i >= 2500 && i < 5000 ? 1.9 : 0;

    sound.data[2 * i] = (float)(0.3 * sin (2 * G_PI * 220 * i / 16000));
    sound.data[2 * i + 1] = (float)(0.3 * sin (2 * G_PI * 220 * i / 16000 + late));
  }
  whole = part_of (&sound, 0, 8000);
  measure (meter, &whole, &value);
  g_assert_cmpfloat_with_epsilon (value, 2 / 0.5, 1e-12);
  for (int i = 0; i < 8000; i++) {
    sound.data[2 * i + 1] = sound.data[2 * i];
    sound.data[2 * i] = 0.4f * draw (&seed);
  }
  measure (meter, &whole, &value);
  g_assert_cmpfloat (value, ==, 0);
}

/* No figure is NaN, whatever is measured: it is there, or missing with a reason. */
static void
test_nothing_to_say (void)
{
  static const struct {
    gsize frames;
    int channels, rate;
    float value;
  } cases[] = { { 4000, 1, 8000, 0 }, { 1, 1, 8000, 0.5f }, { 1, 8, 192000, 0 },
    { 3000, 8, 48000, 0.25f }, { 4000, 2, 8000, NAN }, { 4000, 2, 8000, INFINITY },
    { 400, 1, 100, 0.5f }, { 4000, 100, 8000, 0.5f }, { 10, 1, 1, 0.5f } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenSound) sound = { 0 };
    g_autoptr (GenMeter) meter = meter_new ("auto", FALSE);
    g_autoptr (JsonObject) summary = NULL;
    g_autoptr (JsonNode) node = NULL;
    g_autofree char *text = NULL;
    g_autofree double *values = NULL;
    GenSample whole;
    guint n;

    const GenField *fields = gen_meter_fields (meter, &n);

    values = g_new (double, n);
    gen_sound_init (&sound, cases[i].rate, cases[i].channels, cases[i].frames);
    for (gsize k = 0; k < cases[i].frames * (gsize)cases[i].channels; k++)
      sound.data[k] = cases[i].value;
    whole = part_of (&sound, 0, cases[i].frames);
    for (int times = 0; times < 3; times++)
      measure (meter, &whole, values);
    for (guint f = 0; f < n; f++) {
      const gboolean overall = strstr (fields[f].name, "overall") != NULL ||
                               strstr (fields[f].name, "integrated") != NULL ||
                               strstr (fields[f].name, "range") != NULL ||
                               g_str_has_prefix (fields[f].name, "diversity");

      g_assert_true (isnan (values[f]) == overall);
      if (isinf (values[f]))
        g_assert_nonnull (fields[f].missing);
      if (!isfinite (cases[i].value) && !overall)
        g_assert_true (isinf (values[f]));
    }
    summary = gen_meter_summarise (meter, NULL);
    node = json_node_init_object (json_node_alloc (), summary);
    text = json_to_string (node, FALSE);
    g_assert_null (strstr (text, "nan"));
    g_assert_null (strstr (text, "inf,"));
  }
}

/* What is no number is heard as silence, and forgotten: what comes behind it is measured. */
static void
test_recovers (void)
{
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = meter_new ("loudness,true-peak", FALSE);
  double values[6];

  make_sound (&sound);
  for (int w = 0; w < 10; w++) {
    const GenSample window = part_of (&sound, (gsize)w * WINDOW, WINDOW);

    if (w == 2)
      window.sound.data[100] = NAN;
    measure (meter, &window, values);
  }
  g_assert_cmpfloat_with_epsilon (values[field (meter, "loudness")], -25.9, 0.05);
  g_assert_cmpfloat (values[field (meter, "true-peak")], <, -20);
}

/* Windows that overlap, and ones that leave some out, of one stream: its figures are the same. */
static void
test_follows (void)
{
  static const struct {
    gsize window, hop;
  } cases[] = { { WINDOW, WINDOW }, { WINDOW, WINDOW / 4 }, { WINDOW / 7, WINDOW } };
  g_auto (GenSound) sound = { 0 };

  make_sound (&sound);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenMeter) meter = meter_new ("loudness,true-peak,signal-to-noise", TRUE);
    g_autoptr (JsonObject) summary = NULL;
    GenSample rest;
    gsize come = 0;

    for (gsize first = 0; first + cases[i].window <= sound.frames; first += cases[i].hop) {
      const GenSample piece = part_of (&sound, come, first + cases[i].window - come);
      const GenSample window = part_of (&sound, first, cases[i].window);
      double values[8];

      gen_meter_follow (meter, &piece);
      measure (meter, &window, values);
      come = first + cases[i].window;
    }
    rest = part_of (&sound, come, sound.frames - come);
    gen_meter_follow (meter, &rest);
    summary = gen_meter_summarise (meter, NULL);
    g_assert_cmpfloat_with_epsilon (
        json_object_get_double_member (summary, "loudness-integrated"), -13.4, 0.1);
    g_assert_cmpfloat_with_epsilon (
        json_object_get_double_member (summary, "true-peak-overall"), -9.5, 0.2);
  }
}

/* Mean and standard deviation of 10 log10 of librosa's mel bands (fmin=125, fmax=7500, htk=True,
 * norm=None, n_mels=64; windows of 1200 every 480 frames, in transforms of 2048). */
static void
test_log_mel (void)
{
  static const int bands[] = { 0, 9, 20, 21, 40, 63, 64, 84, 127 };
  static const struct {
    int window;
    double features[G_N_ELEMENTS (bands)];
  } wanted[] = {
    { 0, { -74.7776, -73.7233, -38.6903, -57.235, -68.9933, -64.8771, 3.7182, 0.1114, 1.6017 } },
    { 15, { -73.2347, -64.2692, -23.1524, -41.8641, -68.6696, -64.3883, 4.3139, 0.0204, 1.8947 } },
  };
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenFeatures) features = gen_features_open (NULL, &gen_medium_sound, NULL);
  float made[128];

  g_assert_cmpstr (gen_features_name (features), ==, "log-mel-64x2");
  make_sound (&sound);
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++) {
    const GenSample window = part_of (&sound, (gsize)wanted[i].window * WINDOW, WINDOW);

    g_assert_true (gen_features_compute (features, &window, 1, made, NULL));
    for (gsize b = 0; b < G_N_ELEMENTS (bands); b++)
      g_assert_cmpfloat_with_epsilon (made[bands[b]], wanted[i].features[b], 2e-3);
  }
}

/* A sound is much the same at another rate, as far as that reaches; one of a low rate is silent
 * above. */
static void
test_rates (void)
{
  static const int rates[] = { 8000, 16000, 22050, 44100, 96000 };
  g_autoptr (GenFeatures) features = gen_features_open (NULL, &gen_medium_sound, NULL);
  float wanted[128];

  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_auto (GenSound) sound = { 0 };
    GenSample whole;
    float made[128];

    gen_sound_init (&sound, rates[i], 1, (gsize)rates[i]);
    for (int k = 0; k < rates[i]; k++)
      sound.data[k] = (float)(0.5 * sin (2 * G_PI * 1000 * k / rates[i]));
    whole = part_of (&sound, 0, sound.frames);
    g_assert_true (gen_features_compute (features, &whole, 1, made, NULL));
    if (i == 0)
      memcpy (wanted, made, sizeof made);
    for (int b = 19; b < 21; b++)
      g_assert_cmpfloat_with_epsilon (made[b], wanted[b], 1);
    if (rates[i] == 8000)
      g_assert_cmpfloat (made[63], ==, -80);
  }
}

/* The first half against the second, in windows of 400 ms, and how the first differ among
 * themselves: numpy's, of librosa's bands. */
static void
test_distributions (void)
{
  const GenMeterSettings settings = {
    .medium = &gen_medium_sound, .metrics = "frechet,diversity", .has_reference = TRUE
  };
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = gen_meter_new (&settings, NULL);
  g_autoptr (JsonObject) summary = NULL;
  double values[6];

  make_sound (&sound);
  for (int w = 0; w < WINDOWS; w++) {
    const GenSample window = part_of (&sound, (gsize)w * WINDOW, WINDOW);

    if (w < WINDOWS / 2)
      measure (meter, &window, values);
    else
      g_assert_true (gen_meter_refer (meter, &window, -1, NULL));
  }
  summary = gen_meter_summarise (meter, NULL);
  g_assert_cmpstr (json_object_get_string_member (summary, "frechet-features"), ==, "log-mel-64x2");
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "frechet"), 291.2188, 0.05);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "diversity"), 2.5706, 1e-3);
}

/* Samples that are no numbers are in no distribution. */
static void
test_left_out (void)
{
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GenMeter) meter = meter_new ("diversity", FALSE);
  g_autoptr (JsonObject) summary = NULL;
  double values[2];

  make_sound (&sound);
  sound.data[5] = NAN;
  for (int w = 0; w < 4; w++) {
    const GenSample window = part_of (&sound, (gsize)w * WINDOW, WINDOW);

    measure (meter, &window, values);
  }
  summary = gen_meter_summarise (meter, NULL);
  g_assert_cmpint (json_object_get_int_member (summary, "left-out"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (summary, "samples"), ==, 3);
  g_assert_true (isfinite (json_object_get_double_member (summary, "diversity")));
}

/* --- ONNX embedders --- */

enum { LENGTH = 1600, FEATURES = 3 };

/* Feature k is the mean over time of x times k + 1, through a map [N, 3, T], or its mean. */
static void
save_embedder (const char *path, gint64 length, int channels, const char *rate, gboolean map)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("embedder");
  g_autoptr (GError) error = NULL;
  float weights[FEATURES * 2];
  GenTensor *x, *w, *y, *mean;

  for (int k = 0; k < FEATURES; k++)
    for (int c = 0; c < channels; c++)
      weights[k * channels + c] = (float)(k + 1) / (float)channels;
  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, LENGTH));
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (FEATURES, channels, 1),
      g_bytes_new (weights, sizeof (float) * FEATURES * (gsize)channels));
  y = gen_binary (graph, "Conv", x, w, &error);
  g_assert_no_error (error);
  mean = gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", y, &error), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, map ? y : mean);
  if (rate != NULL)
    g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup (rate));
  x->shape.dims[0] = y->shape.dims[0] = mean->shape.dims[0] = -1;
  if (length < 0)
    x->shape.dims[2] = y->shape.dims[2] = -1;
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static void
test_onnx (void)
{
  static const struct {
    gint64 length;
    int channels, of_sound;
    const char *rate;
    gboolean map;
    gsize frames;
  } cases[] = {
    { LENGTH, 1, 1, "16000", FALSE, LENGTH },
    { LENGTH, 1, 2, "16000", TRUE, LENGTH },
    { -1, 1, 1, NULL, FALSE, 700 },
    { -1, 2, 2, NULL, TRUE, 2000 },
    { LENGTH, 2, 1, NULL, FALSE, LENGTH / 2 },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "embedder.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenFeatures) features = NULL;
    GenSound sounds[20];
    GenSample samples[20];
    float made[20][FEATURES];
    const double share =
        cases[i].length > 0 ? (double)cases[i].frames / (double)cases[i].length : 1;

    save_embedder (path, cases[i].length, cases[i].channels, cases[i].rate, cases[i].map);
    features = gen_features_open (path, &gen_medium_sound, &error);
    g_assert_no_error (error);
    for (int s = 0; s < 20; s++) {
      gen_sound_init (&sounds[s], 16000, cases[i].of_sound, cases[i].frames);
      for (gsize k = 0; k < cases[i].frames * (gsize)cases[i].of_sound; k++)
        sounds[s].data[k] = (float)s / 32;
      samples[s] = gen_sample_of_sound (&sounds[s]);
    }
    g_assert_true (gen_features_compute (features, samples, 20, made[0], &error));
    g_assert_no_error (error);
    for (int s = 0; s < 20; s++)
      for (int k = 0; k < FEATURES; k++)
        g_assert_cmpfloat_with_epsilon (made[s][k], s / 32.0 * (k + 1) * share, 1e-5);
    for (int s = 0; s < 20; s++)
      gen_sound_clear (&sounds[s]);
  }
  scratch_remove (folder);
}

static void
test_onnx_refuses (void)
{
  static const struct {
    int rate, channels;
    gsize frames;
    const char *text;
  } cases[] = { { 48000, 2, LENGTH, "at 16000 Hz, and this is at 48000: resample" },
    { 16000, 8, LENGTH, "of 2 channels, and this has 8" },
    { 16000, 2, LENGTH + 1, "make them 0.1 seconds long" } };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "embedder.onnx", NULL);
  g_autoptr (GenFeatures) features = NULL;
  g_autoptr (GError) refused = NULL;
  float made[FEATURES];

  save_embedder (path, LENGTH, 2, "16000", FALSE);
  features = gen_features_open (path, &gen_medium_sound, NULL);
  g_assert_nonnull (features);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenSound) sound = { 0 };
    g_autoptr (GError) error = NULL;
    GenSample sample;

    gen_sound_init (&sound, cases[i].rate, cases[i].channels, cases[i].frames);
    sample = part_of (&sound, 0, sound.frames);
    g_assert_false (gen_features_compute (features, &sample, 1, made, &error));
    g_assert_nonnull (strstr (error->message, cases[i].text));
  }
  g_assert_null (gen_features_open (path, &gen_medium_picture, &refused));
  g_assert_nonnull (strstr (refused->message, "of one picture"));
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-metric/loudness", test_loudness);
  g_test_add_func ("/sound-metric/loudness/low-rate", test_low_rate);
  g_test_add_func ("/sound-metric/loudness/compliance", test_compliance);
  g_test_add_func ("/sound-metric/true-peak", test_true_peak);
  g_test_add_func ("/sound-metric/spectrum", test_spectrum);
  g_test_add_func ("/sound-metric/signal-to-noise", test_signal_to_noise);
  g_test_add_func ("/sound-metric/shares", test_shares);
  g_test_add_func ("/sound-metric/clicks", test_clicks);
  g_test_add_func ("/sound-metric/nothing-to-say", test_nothing_to_say);
  g_test_add_func ("/sound-metric/recovers", test_recovers);
  g_test_add_func ("/sound-metric/follows", test_follows);
  g_test_add_func ("/sound-metric/log-mel", test_log_mel);
  g_test_add_func ("/sound-metric/log-mel/rates", test_rates);
  g_test_add_func ("/sound-metric/distributions", test_distributions);
  g_test_add_func ("/sound-metric/left-out", test_left_out);
  g_test_add_func ("/sound-metric/onnx", test_onnx);
  g_test_add_func ("/sound-metric/onnx/refuses", test_onnx_refuses);
  return g_test_run ();
}
