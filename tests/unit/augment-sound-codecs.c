/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds through codecs: beside FFmpeg's own program, which writes a file and reads it; at the same
 * places at all rates; and how much is lost at which bitrate. */
#include "sound-draws.h"

#include "../scratch.h"

static const char *const codecs[] = { "opus", "mp3" };

/* A sine that rises from 200 Hz to an eighth of the rate, with a little noise, all channels apart:
 * nothing in it repeats. */
static void
init_rising (GenSound *sound, int rate, int channels, gsize frames)
{
  const GenRandom random = gen_random_new (9, "rising", 0);

  gen_sound_init (sound, rate, channels, frames);
  gen_random_normal (&random, 0, 0, sound->data, frames * (gsize)channels);
  for (gsize t = 0; t < frames; t++)
    for (int c = 0; c < channels; c++) {
      const double seconds = (double)t / rate, whole = (double)frames / rate;
      const double phase =
          2 * G_PI * (200 * (c + 1) * seconds + rate / 8.0 * seconds * seconds / (2 * whole));
      float *sample = &sound->data[t * (gsize)channels + (gsize)c];

      *sample = (float)(0.4 * sin (phase)) + *sample * 1e-3f;
    }
}

/* What becomes of a sound at `bitrate` bits a second for a channel. */
static void
code (const char *name, double bitrate, const GenSound *from, GenSound *to)
{
  const GenAugmentSettings settings = settings_of (name, 32);
  const GenFormat format = { .medium = &gen_medium_sound,
    .rate = from->rate,
    .channels = from->channels,
    .length = from->frames };
  GenAugmentSoundDraw draw;

  gen_augment_draw_sound (&settings, 0, &format, &draw);
  g_assert_cmpint (draw.n_steps, ==, 1);
  draw.steps[0].values[0] = bitrate;
  gen_sound_init (to, from->rate, from->channels, from->frames);
  memcpy (to->data, from->data, from->frames * (gsize)from->channels * sizeof (float));
  gen_augment_render_sound (&draw, to, 0);
}

/* Decibels of a channel by which the sound is above what the other is off by, which is `late`
 * frames later. */
static double
ratio (const GenSound *sound, const GenSound *other, int c, int late)
{
  const gsize channels = (gsize)sound->channels;
  double signal = 0, off = 0;

  for (gsize t = 100; t + 100 < sound->frames; t++) {
    const double a = sound->data[t * channels + (gsize)c];
    const double b = other->data[(gsize)((gint64)t + late) * channels + (gsize)c];

    signal += a * a;
    off += (a - b) * (a - b);
  }
  return 10 * log10 (signal / off);
}

/* At no rate, and with no number of channels, any sample is at another place, to a hundredth of a
 * sample's way: one early or late is far off. */
static void
test_places (void)
{
  static const int rates[] = { 8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000 };

  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++)
    for (gsize r = 0; r < G_N_ELEMENTS (rates); r++)
      for (int channels = 1; channels <= 3; channels++) {
        g_auto (GenSound) sound = { 0 }, coded = { 0 };

        init_rising (&sound, rates[r], channels, (gsize)rates[r] / 2);
        code (codecs[i], 64000, &sound, &coded);
        for (int c = 0; c < channels; c++) {
          const double here = ratio (&sound, &coded, c, 0);

          g_test_message (
              "%s, %d Hz, channel %d of %d: %.1f dB", codecs[i], rates[r], c, channels, here);
          g_assert_cmpfloat (here, >, 20);
          for (int late = -50; late <= 50; late++)
            g_assert_true (late == 0 || ratio (&sound, &coded, c, late) < here - 6);
        }
      }
}

/* The fewer bits, the more is lost; and something always is. */
static void
test_bitrates (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++) {
    g_auto (GenSound) sound = { 0 };
    double before = 0;

    init_rising (&sound, RATE, 2, RATE);
    for (double bitrate = 8000; bitrate <= 64000; bitrate *= 2) {
      g_auto (GenSound) coded = { 0 };
      double here;

      code (codecs[i], bitrate, &sound, &coded);
      here = ratio (&sound, &coded, 0, 0);
      g_test_message ("%s, %g bit/s: %.1f dB", codecs[i], bitrate, here);
      g_assert_cmpfloat (here, >, before);
      g_assert_cmpfloat (here, <, 60);
      before = here;
    }
  }
}

static void
run_ffmpeg (const char *folder, const char *arguments)
{
  g_autofree char *command = g_strdup_printf ("ffmpeg -v error -y %s", arguments);
  g_autofree char *in = g_strdup_printf ("sh -c 'cd %s && %s'", folder, command);
  int status;

  g_assert_true (g_spawn_command_line_sync (in, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
}

/* The same encoder, through a file of its usual container. */
static void
test_as_ffmpeg (void)
{
  static const struct {
    const char *name, *arguments;
    int rate;
  } cases[] = {
    { "opus", "-i in.wav -c:a libopus -b:a 64k -f ogg coded", 48000 },
    { "mp3", "-i in.wav -c:a libmp3lame -b:a 64k -f mp3 coded", 44100 },
    { "mp3", "-i in.wav -c:a libmp3lame -b:a 64k -f mp3 coded", 16000 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *in = g_build_filename (folder, "in.wav", NULL);
    g_autofree char *out = g_build_filename (folder, "out.wav", NULL);
    g_auto (GenSound) sound = { 0 }, coded = { 0 }, theirs = { 0 };
    g_autoptr (GError) error = NULL;

    init_rising (&sound, cases[i].rate, 2, (gsize)cases[i].rate);
    g_assert_true (gen_sound_save_wav (&sound, in, GEN_SOUND_WAV_F32, NULL));
    run_ffmpeg (folder, cases[i].arguments);
    run_ffmpeg (folder, "-i coded -c:a pcm_f32le out.wav");
    code (cases[i].name, 32000, &sound, &coded);
    gen_sound_load (&theirs, out, cases[i].rate, 2, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (theirs.frames, >=, sound.frames);
    for (gsize s = 0; s < 2 * sound.frames; s++)
      g_assert_cmpfloat_with_epsilon (coded.data[s], theirs.data[s], 1e-4);
    scratch_remove (folder);
  }
}

static double
octaves_of_rate (const GenAugmentSoundDraw *draw)
{
  return log2 (draw->steps[0].values[0]);
}

static void
test_draws (void)
{
  assert_spread ("opus", 6, octaves_of_rate, log2 (6000), log2 (96000));
  assert_spread ("mp3", 16, octaves_of_rate, log2 (16000), log2 (160000));
}

/* Of no more than the highest there is no coding; settings can be checked. */
static void
test_ends (void)
{
  const GenAugmentSettings highest = settings_of ("opus", 96), none = settings_of (NULL, 0);
  GError *error = NULL;

  g_assert_cmpint (draw_of (&highest, 0, 1, 100).n_steps, ==, 0);
  g_assert_true (gen_augment_settings_check (&none, &error));
  g_assert_true (gen_augment_settings_check (&highest, &error));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment-sound-codecs/places", test_places);
  g_test_add_func ("/augment-sound-codecs/bitrates", test_bitrates);
  g_test_add_func ("/augment-sound-codecs/as-ffmpeg", test_as_ffmpeg);
  g_test_add_func ("/augment-sound-codecs/draws", test_draws);
  g_test_add_func ("/augment-sound-codecs/ends", test_ends);
  return g_test_run ();
}
