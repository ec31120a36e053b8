/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Onsets: the strength and the peaks that librosa 0.11 finds in the same bands, events that are
 * known, and what is steady. */
#include <generative/metric.h>

#include "../../lib/metric/onset-strength.h"

#include <math.h>

static float
draw (guint32 *seed)
{
  *seed = *seed * 1664525 + 1013904223;
  return (float)(*seed >> 8) / 8388608 - 1;
}

/* Nine notes in a little noise, of which one is drowned by it. */
static void
make_notes (GenSound *sound, int rate)
{
  guint32 seed = 1;

  gen_sound_init (sound, rate, 1, (gsize)rate * 3);
  for (gsize i = 0; i < sound->frames; i++) {
    double sample = 0.004 * (double)draw (&seed);

    for (int k = 0; k < 9; k++) {
      const int begin = k * rate / 4 + k * rate / 97;
      const double t = ((double)i - begin) / rate;

      if (t >= 0)
        sample += 0.2 * sin (2 * G_PI * (180 + 90 * k) * t) * exp (-9 * t) * (k == 5 ? 0.02 : 1);
    }
    sound->data[i] = (float)sample;
  }
}

/* librosa.onset.onset_strength (S=power_to_db (melspectrogram (…, htk=True, norm=None,
 * center=False) / full scale, amin=1e-8, top_db=None), center=False), and
 * librosa.util.peak_pick (…, pre_max=3, post_max=4, pre_avg=10, post_avg=8, delta=1.5, wait=3). */
static void
test_librosa (void)
{
  static const int places[] = { 0, 1, 2, 26, 27, 52, 53, 100, 200, 299 };
  static const struct {
    int rate;
    double sum, values[10];
  } wanted[] = {
    { 48000, 243.0307447,
        { 8.83155, 7.37742, 1.74392, 6.61145, 3.09091, 6.47251, 3.79047, 0.49218, 0.27749,
            0.49143 } },
    { 22050, 264.2818572,
        { 10.23294, 8.30877, 1.29694, 5.98486, 3.62048, 5.6098, 4.37037, 0.55121, 0.52099, 0.93 } },
    { 8000, 318.7912444,
        { 16.46597, 7.93979, 0.84454, 7.83694, 4.41386, 7.57431, 5.12202, 0.8336, 0.52821,
            0.88908 } },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (wanted); k++) {
    g_autoptr (GenOnsetStrength) strength = gen_onset_strength_new ();
    g_autoptr (GArray) hops = g_array_new (FALSE, FALSE, sizeof (float));
    g_auto (GenSound) sound = { 0 };
    double sum = 0;

    make_notes (&sound, wanted[k].rate);
    g_assert_true (gen_onset_strength_take (strength, &sound, hops));
    g_assert_cmpuint (hops->len, ==, 300);
    for (guint i = 0; i < hops->len; i++)
      sum += (double)g_array_index (hops, float, i);
    g_assert_cmpfloat_with_epsilon (sum, wanted[k].sum, 1e-3);
    for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
      g_assert_cmpfloat_with_epsilon (
          (double)g_array_index (hops, float, places[i]), wanted[k].values[i], 2e-5);
  }
}

static GenMeter *
meter_new (void)
{
  const GenMeterSettings settings = { .medium = &gen_medium_sound, .metrics = "onsets" };
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&settings, &error);

  g_assert_no_error (error);
  return meter;
}

/* Measure `sound` in windows; returns how many onsets they have together, and, as `overall`, what
 * the summary says a second. */
static double
count_onsets (const GenSound *sound, gsize window, double *overall)
{
  g_autoptr (GenMeter) meter = meter_new ();
  g_autoptr (JsonObject) summary = NULL;
  double values[2], sum = 0;

  for (gsize i = 0; i < sound->frames; i += window) {
    GenSound part = *sound;
    GenSample sample;

    part.data += i * (gsize)sound->channels;
    part.frames = MIN (window, sound->frames - i);
    part.owned = FALSE;
    sample = gen_sample_of_sound (&part);
    g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
    sum += values[0] * (double)part.frames / sound->rate;
  }
  summary = gen_meter_summarise (meter, NULL);
  *overall = json_object_get_double_member (summary, "onsets-overall");
  return sum;
}

/* librosa finds eight, whatever the windows are. */
static void
test_notes (void)
{
  static const int rates[] = { 48000, 22050, 8000 };
  static const gsize windows[] = { 1, 997, 19200, 1 << 20 };

  for (gsize r = 0; r < G_N_ELEMENTS (rates); r++)
    for (gsize w = 0; w < G_N_ELEMENTS (windows); w++) {
      g_auto (GenSound) sound = { 0 };
      double overall, found;

      make_notes (&sound, rates[r]);
      found = count_onsets (&sound, windows[w] == 1 ? 480 : windows[w], &overall);
      g_assert_cmpfloat_with_epsilon (found, 8, 1e-9);
      g_assert_cmpfloat_with_epsilon (overall, 8.0 / 3, 1e-9);
    }
}

/* So many clicks as there are, 50 ms and more apart, on one of two channels; the last one comes too
 * late for a window, and is in the whole. */
static void
test_clicks (void)
{
  g_auto (GenSound) sound = { 0 };
  guint32 seed = 3;
  int clicks = 0, place = 0;
  double overall, found;

  gen_sound_init (&sound, 44100, 2, 10 * 44100);
  for (gsize i = 0; i < 2 * sound.frames; i++)
    sound.data[i] = 0.001f * draw (&seed);
  for (; place < 430000; place += 2205 + (int)(20000 * (1 + draw (&seed)))) {
    sound.data[2 * place] = 0.5f;
    clicks++;
  }
  sound.data[2 * (sound.frames - 441)] = 0.5f;
  found = count_onsets (&sound, 17640, &overall);
  g_assert_cmpint (clicks, >, 15);
  g_assert_cmpfloat_with_epsilon (found, clicks, 1e-9);
  g_assert_cmpfloat_with_epsilon (overall, (clicks + 1) / 10.0, 1e-9);
}

/* What is steady begins once, and silence never; of what is as quiet as that, nothing is heard. */
static void
test_steady (void)
{
  static const int rates[] = { 8000, 16000, 44100, 48000 };

  for (gsize r = 0; r < G_N_ELEMENTS (rates); r++)
    for (int kind = 0; kind < 5; kind++) {
      g_auto (GenSound) sound = { 0 };
      guint32 seed = 7;
      double overall;

      gen_sound_init (&sound, rates[r], 1, (gsize)rates[r] * 5);
      for (gsize i = 0; i < sound.frames; i++) {
        const double t = (double)i / rates[r];

        if (kind == 0)
          sound.data[i] = 0.2f * draw (&seed);
        else if (kind == 1)
          sound.data[i] = (float)(0.3 * sin (2 * G_PI * 440 * t));
        else if (kind == 2)
          sound.data[i] = (float)(0.3 * sin (2 * G_PI * 440 * t + 6 * sin (2 * G_PI * 5 * t)));
        else if (kind == 3)
          sound.data[i] = 1e-5f * draw (&seed);
      }
      count_onsets (&sound, 4000, &overall);
      g_assert_cmpfloat_with_epsilon (overall, kind < 3 ? 0.2 : 0, 1e-9);
    }
}

/* After a jump a sound begins again; samples that are no number are silence. */
static void
test_jumps (void)
{
  g_autoptr (GenMeter) meter = meter_new ();
  g_autoptr (JsonObject) summary = NULL;
  g_auto (GenSound) sound = { 0 };
  GenSample sample;
  double values[2];

  gen_sound_init (&sound, 16000, 1, 16000);
  for (gsize i = 0; i < sound.frames; i++)
    sound.data[i] = (float)(0.3 * sin (2 * G_PI * 300 * (double)i / 16000));
  sample = gen_sample_of_sound (&sound);
  for (int i = 0; i < 3; i++) {
    g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
    gen_meter_interrupt (meter);
  }
  sound.data[8013] = NAN;
  g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
  g_assert_true (isinf (values[0]));
  summary = gen_meter_summarise (meter, NULL);
  /* A hole is a click, too. */
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "onsets-overall"), 5 / 4.0, 1e-9);
}

/* Nothing can be heard at some rates, which is told. */
static void
test_too_low (void)
{
  static const int rates[] = { 1, 7, 50, 150 };

  for (gsize r = 0; r < G_N_ELEMENTS (rates); r++) {
    g_autoptr (GenMeter) meter = meter_new ();
    g_autoptr (JsonObject) summary = NULL;
    g_auto (GenSound) sound = { 0 };
    GenSample sample;
    double values[2];

    gen_sound_init (&sound, rates[r], 1, 100);
    sample = gen_sample_of_sound (&sound);
    g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
    g_assert_true (isinf (values[0]));
    summary = gen_meter_summarise (meter, NULL);
    g_assert_nonnull (json_object_get_string_member (summary, "onsets-overall-missing"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onsets/librosa", test_librosa);
  g_test_add_func ("/onsets/notes", test_notes);
  g_test_add_func ("/onsets/clicks", test_clicks);
  g_test_add_func ("/onsets/steady", test_steady);
  g_test_add_func ("/onsets/jumps", test_jumps);
  g_test_add_func ("/onsets/too-low", test_too_low);
  return g_test_run ();
}
