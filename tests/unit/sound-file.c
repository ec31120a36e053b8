/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds in files: what FFmpeg's command line encoded against what went in, parts against the
 * whole, other rates and channels, loudness, and files that are not what they seem. */
#include <generative/medium.h>

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../scratch.h"

enum { RATE = 44100, FRAMES = 3 * RATE + 1234 };

/* The kinds that are tested: what FFmpeg is told, and whether samples come back as they were or,
 * with codecs that lose something, how many dB the signal is above what they add; 0 where the file
 * does not say how many samples its encoder put before it. */
static const struct {
  const char *name, *arguments;
  gboolean lossless;
  int noise;
} kinds[] = {
  { "s16.wav", "-c:a pcm_s16le", TRUE },
  { "s24.wav", "-c:a pcm_s24le", TRUE },
  { "float.wav", "-c:a pcm_f32le", TRUE },
  { "a.w64", "-c:a pcm_s16le", TRUE },
  { "a.aiff", "", TRUE },
  { "a.flac", "", TRUE },
  { "alac.m4a", "-c:a alac", TRUE },
  { "a.mka", "-c:a flac", TRUE },
  { "a.ogg", "-c:a libvorbis -q:a 6", FALSE, 35 },
  { "a.mp3", "-c:a libmp3lame -b:a 192k", FALSE, 25 },
  { "plain.mp3", "-c:a libmp3lame -b:a 192k -write_xing 0 -id3v2_version 0", FALSE },
  { "vbr.mp3", "-c:a libmp3lame -q:a 2", FALSE, 40 },
  { "aac.m4a", "-c:a aac -b:a 192k", FALSE, 25 },
  { "a.aac", "-c:a aac -b:a 192k", FALSE },
};

/* Made by main: a folder with "source.wav" and one file of each kind. */
static char *folder;

static char *
file_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
run (const char *command)
{
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_command_line_sync (command, NULL, NULL, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", command, error->message);
}

static void
convert (const char *from, const char *arguments, const char *to)
{
  g_autofree char *command = g_strdup_printf (
      "ffmpeg -v error -y -bitexact -i %s/%s %s %s/%s", folder, from, arguments, folder, to);

  run (command);
}

/* Tones on the left, a sweep on the right. */
static void
make_source (GenSound *sound)
{
  gen_sound_init (sound, RATE, 2, FRAMES);
  for (int i = 0; i < FRAMES; i++) {
    double t = (double)i / RATE;

    sound->data[2 * i] = (float)(0.3 * sin (2 * G_PI * 440 * t) + 0.2 * sin (2 * G_PI * 1234 * t));
    sound->data[2 * i + 1] = (float)(0.4 * sin (2 * G_PI * (200 + 500 * t) * t));
  }
}

static void
make_files (void)
{
  g_auto (GenSound) source = { 0 };
  g_autofree char *path = file_of ("source.wav");
  g_autoptr (GError) error = NULL;

  make_source (&source);
  gen_sound_save_wav (&source, path, GEN_SOUND_WAV_S16, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    convert ("source.wav", kinds[i].arguments, kinds[i].name);
}

static void
load (GenSound *sound, const char *name, int rate, int channels)
{
  g_autofree char *path = file_of (name);
  g_autoptr (GError) error = NULL;

  gen_sound_load (sound, path, rate, channels, &error);
  g_assert_no_error (error);
}

/* 10 log10 of the power of `a` over that of the difference, over the frames that both have. */
static double
signal_to_noise (const float *a, const float *b, gsize n)
{
  double signal = 0, noise = 1e-30;

  for (gsize i = 0; i < n; i++) {
    signal += (double)a[i] * a[i];
    noise += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  }
  return 10 * log10 (signal / noise);
}

static void
test_kinds (void)
{
  g_auto (GenSound) source = { 0 };

  load (&source, "source.wav", 0, 0);
  g_assert_cmpuint (source.frames, ==, FRAMES);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_auto (GenSound) sound = { 0 };
    g_autofree char *path = file_of (kinds[i].name);
    g_autoptr (GError) error = NULL;
    int rate, channels;
    guint64 frames;

    load (&sound, kinds[i].name, 0, 0);
    g_assert_true (gen_sound_probe (path, &rate, &channels, &frames, &error));
    g_assert_cmpint (sound.rate, ==, RATE);
    g_assert_cmpint (sound.channels, ==, 2);
    g_assert_cmpint (rate, ==, RATE);
    g_assert_cmpint (channels, ==, 2);
    g_assert_true (gen_sound_recognise (path));
    g_assert_cmpuint (frames, <=, sound.frames + 1000);
    g_assert_cmpuint (frames + 1000, >=, sound.frames);
    if (kinds[i].lossless) {
      g_assert_cmpuint (sound.frames, ==, FRAMES);
      g_assert_cmpuint (frames, ==, FRAMES);
      g_assert_cmpmem (
          sound.data, 2 * FRAMES * sizeof (float), source.data, 2 * source.frames * sizeof (float));
    } else if (kinds[i].noise > 0) {
      g_assert_cmpfloat (signal_to_noise (source.data, sound.data, 2 * MIN (sound.frames, FRAMES)),
          >, kinds[i].noise);
    }
    g_test_message ("%s: %" G_GSIZE_FORMAT " frames, %" G_GUINT64_FORMAT " probed, %.1f dB",
        kinds[i].name, sound.frames, frames,
        signal_to_noise (source.data, sound.data, 2 * MIN (sound.frames, FRAMES)));
  }
}

/* A part is what it is of the whole, at each rate. */
static void
test_parts (void)
{
  static const struct {
    int rate, channels;
  } targets[] = { { 0, 0 }, { 16000, 1 }, { 48000, 2 }, { 44100, 1 }, { 11025, 2 }, { 22051, 1 } };
  static const double places[] = { 0, 0.0002, 0.4, 1.3, 2.2, 2.9 };

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (gsize t = 0; t < G_N_ELEMENTS (targets); t++) {
      g_autofree char *path = file_of (kinds[k].name);
      g_auto (GenSound) whole = { 0 };

      load (&whole, kinds[k].name, targets[t].rate, targets[t].channels);
      for (gsize p = 0; p < G_N_ELEMENTS (places); p++) {
        g_auto (GenSound) part = { 0 };
        g_autoptr (GError) error = NULL;
        guint64 first = (guint64)(places[p] * whole.rate);
        gsize frames = (gsize)whole.rate / 3;
        const float *there = whole.data + first * (guint64)whole.channels;
        double noise;

        gen_sound_load_part (
            &part, path, targets[t].rate, targets[t].channels, first, frames, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (part.frames, ==, MIN (frames, whole.frames - first));
        noise = signal_to_noise (there, part.data, part.frames * (gsize)part.channels);
        g_test_message (
            "%s at %d: from %g s on %.1f dB", kinds[k].name, whole.rate, places[p], noise);
        if (kinds[k].lossless)
          g_assert_cmpmem (part.data, part.frames * (gsize)part.channels * sizeof (float), there,
              part.frames * (gsize)part.channels * sizeof (float));
        else
          g_assert_cmpfloat (noise, >, 35); /* AAC puts noise of its own in the place of noise */
      }
    }
}

/* A sine of full scale over 2, in each of the channels given by the bits of `which`. */
static void
save_tone (const char *name, int rate, int channels, guint which, double hertz, gsize frames)
{
  g_auto (GenSound) sound = { 0 };
  g_autofree char *path = file_of (name);
  g_autoptr (GError) error = NULL;

  gen_sound_init (&sound, rate, channels, frames);
  for (gsize i = 0; i < frames * (gsize)channels; i++)
    if (which & 1u << i % (gsize)channels)
      sound.data[i] = (float)(0.5 * sin (2 * G_PI * hertz * (double)(i / (gsize)channels) / rate));
  gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, &error);
  g_assert_no_error (error);
}

/* The greatest sample of a channel, not counting the ends. */
static float
peak_of (const GenSound *sound, int channel)
{
  float peak = 0;

  for (gsize i = sound->frames / 4; i < sound->frames * 3 / 4; i++)
    peak = MAX (peak, fabsf (sound->data[i * (gsize)sound->channels + (gsize)channel]));
  return peak;
}

/* What is below half the lower rate stays as it is, to a hundredth of a dB and in its place; what
 * is above is gone. */
static void
test_rates (void)
{
  static const struct {
    int from, to;
    double stays, goes;
  } cases[] = { { 44100, 16000, 3000, 9000 }, { 48000, 16000, 6500, 8600 },
    { 16000, 48000, 5000, 0 }, { 44100, 48000, 15000, 0 }, { 96000, 22050, 1000, 12000 },
    { 8000, 44100, 3000, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenSound) sound = { 0 }, gone = { 0 };
    gsize frames = (gsize)cases[i].from / 2;

    save_tone ("tone.wav", cases[i].from, 1, 1, cases[i].stays, frames);
    load (&sound, "tone.wav", cases[i].to, 0);
    g_assert_cmpint (sound.rate, ==, cases[i].to);
    g_assert_cmpuint (sound.frames, ==, (gsize)cases[i].to / 2);
    for (gsize f = sound.frames / 4; f < sound.frames * 3 / 4; f++)
      g_assert_cmpfloat_with_epsilon (
          sound.data[f], 0.5 * sin (2 * G_PI * cases[i].stays * (double)f / cases[i].to), 5e-4);
    if (cases[i].goes > 0) {
      save_tone ("tone.wav", cases[i].from, 1, 1, cases[i].goes, frames);
      load (&gone, "tone.wav", cases[i].to, 0);
      g_assert_cmpfloat (peak_of (&gone, 0), <, 2e-5);
    }
  }
}

static void
test_channels (void)
{
  static const struct {
    int from, to;
    guint which;
    float peaks[2];
  } cases[] = {
    { 1, 2, 1, { 0.5f, 0.5f } },
    { 2, 1, 3, { 0.5f } },
    { 2, 1, 1, { 0.25f } },
    { 3, 1, 7, { 0.5f } },
    { 8, 1, 255, { 0.5f } },
    { 8, 2, 1, { -1, 0 } }, /* the front left one goes to the left */
    { 17, 2, 1, { 0.5f, 0 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenSound) sound = { 0 };

    save_tone ("tone.wav", RATE, cases[i].from, cases[i].which, 440, RATE);
    load (&sound, "tone.wav", 0, cases[i].to);
    g_assert_cmpint (sound.channels, ==, cases[i].to);
    for (int c = 0; c < cases[i].to; c++)
      if (cases[i].peaks[c] >= 0)
        g_assert_cmpfloat_with_epsilon (peak_of (&sound, c), cases[i].peaks[c], 1e-3);
      else
        g_assert_cmpfloat (peak_of (&sound, c), >, 0.1);
  }
}

/* More channels than libav mixes: the file is whole, and is not said to be damaged. */
static void
test_many_channels (void)
{
  g_autofree char *path = file_of ("crowd.wav");
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GError) error = NULL;

  save_tone ("crowd.wav", RATE, 100, 1, 440, RATE);
  g_assert_false (gen_sound_load (&sound, path, 0, 1, &error));
  g_assert_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_DECODE);
  g_assert_nonnull (strstr (error->message, "crowd.wav: 100 channels at"));
}

static GenSound
load_normalized (const char *name, GenNormalize normalize)
{
  GenSound sound;

  load (&sound, name, 0, 0);
  gen_sound_normalize (&sound, normalize);
  return sound;
}

/* EBU Tech 3341, test case 1: a sine of 1000 Hz on both channels that peaks at -23 dB is as loud as
 * -23 LUFS. */
static void
test_loudness (void)
{
  static const double lengths[] = { 3, 0.2 };
  const double target = pow (10, -23.0 / 20);

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_auto (GenSound) loud = { 0 }, peak = { 0 }, same = { 0 };

    save_tone ("tone.wav", 48000, 2, 3, 1000, (gsize)(48000 * lengths[i]));
    loud = load_normalized ("tone.wav", GEN_NORMALIZE_LOUDNESS);
    g_assert_cmpfloat_with_epsilon (20 * log10 (peak_of (&loud, 0) / target), 0, 0.1);
    peak = load_normalized ("tone.wav", GEN_NORMALIZE_PEAK);
    g_assert_cmpfloat_with_epsilon (peak_of (&peak, 1), 1, 1e-3);
    same = load_normalized ("tone.wav", GEN_NORMALIZE_NONE);
    g_assert_cmpfloat_with_epsilon (peak_of (&same, 0), 0.5, 1e-3);
  }
}

/* Sounds that are shorter than the filter: as if silence came behind them. */
static void
test_short (void)
{
  static const struct {
    int from, to;
  } rates[] = { { 44100, 16000 }, { 48000, 8000 }, { 8000, 48000 } };
  g_autofree char *path = file_of ("short.wav");

  for (gsize r = 0; r < G_N_ELEMENTS (rates); r++)
    for (gsize n = 1; n < 64; n += 7) {
      const gsize expected = (n * (gsize)rates[r].to + (gsize)rates[r].from - 1) / rates[r].from;
      g_auto (GenSound) sound = { 0 }, brief = { 0 }, silent = { 0 };
      g_autoptr (GError) error = NULL;

      gen_sound_init (&sound, rates[r].from, 1, 4000);
      for (gsize i = 0; i < n; i++)
        sound.data[i] = 0.5f;
      g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, NULL));
      load (&silent, "short.wav", rates[r].to, 0);
      sound.frames = n;
      g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, NULL));
      load (&brief, "short.wav", rates[r].to, 0);
      g_assert_cmpuint (brief.frames, ==, expected);
      for (gsize i = 0; i < expected; i++)
        g_assert_cmpfloat_with_epsilon (brief.data[i], silent.data[i], 1e-6);
    }
}

/* What has no level is left alone. */
static void
test_infinite (void)
{
  float samples[] = { 0.5f, INFINITY, -0.25f };
  GenSound sound = { .data = samples, .frames = 3, .rate = RATE, .channels = 1 };

  for (int mode = GEN_NORMALIZE_PEAK; mode <= GEN_NORMALIZE_LOUDNESS; mode++) {
    gen_sound_normalize (&sound, (GenNormalize)mode);
    g_assert_cmpfloat (samples[0], ==, 0.5);
    g_assert_cmpfloat (samples[1], ==, INFINITY);
  }
}

/* Below 3364 Hz there is no loudness to bring a sound to. */
static void
test_loudness_of_low_rate (void)
{
  g_auto (GenSound) sound = { 0 };

  gen_sound_init (&sound, 1000, 1, 3000);
  for (gsize i = 0; i < sound.frames; i++)
    sound.data[i] = i % 8 < 4 ? 0.25f : -0.25f;
  gen_sound_normalize (&sound, GEN_NORMALIZE_LOUDNESS);
  g_assert_cmpfloat (sound.data[0], ==, 0.25f);
}

/* A click is not made as loud as speech: it would leave full scale. Silence stays. */
static void
test_loudness_limits (void)
{
  for (int n = 0; n < 3; n++)
    for (int mode = GEN_NORMALIZE_NONE; mode <= GEN_NORMALIZE_LOUDNESS; mode++) {
      g_auto (GenSound) sound = { 0 };

      gen_sound_init (&sound, 16000, 1, 48000);
      if (n > 0)
        sound.data[7] = 0.1f;
      if (n > 1)
        sound.frames = 8;
      gen_sound_normalize (&sound, mode);
      g_assert_cmpfloat (sound.data[7], <=, 1);
      g_assert_cmpfloat (sound.data[8], ==, 0);
      g_assert_cmpfloat (sound.data[7], >=, n > 0 ? 0.1f : 0);
    }
}

static void
test_save (void)
{
  static const float values[] = { 0, 1, -1, 0.5f, 1.5f, -3, 0.25f / 32768, 0.75f / 32768 };
  static const float clipped[] = { 0, 32767 / 32768.0f, -1, 0.5f, 32767 / 32768.0f, -1, 0,
    1 / 32768.0f };
  g_auto (GenSound) sound = { 0 }, whole = { 0 }, short_one = { 0 };
  g_autofree char *path = file_of ("saved.wav");
  g_autoptr (GError) error = NULL;

  gen_sound_init (&sound, 22050, 2, 4);
  memcpy (sound.data, values, sizeof values);
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, &error));
  load (&whole, "saved.wav", 0, 0);
  g_assert_cmpint (whole.rate, ==, 22050);
  g_assert_cmpmem (whole.data, whole.frames * 8, values, sizeof values);
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, &error));
  load (&short_one, "saved.wav", 0, 0);
  g_assert_cmpmem (short_one.data, short_one.frames * 8, clipped, sizeof clipped);
  g_assert_false (gen_sound_save_wav (&sound, "/proc/none.wav", GEN_SOUND_WAV_S16, &error));
  g_assert_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/proc/none.wav"));
}

static void
save_bytes (const char *name, const void *bytes, gsize length)
{
  g_autofree char *path = file_of (name);

  g_assert_true (g_file_set_contents (path, bytes, (gssize)length, NULL));
}

static void
cut (const char *name, const char *to, double share)
{
  g_autofree char *path = file_of (name);
  g_autofree char *bytes = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  save_bytes (to, bytes, (gsize)((double)length * share));
}

/* Load a file while the standard error output goes elsewhere, and see that nothing does: libav's
 * own words name no file. */
static gboolean
load_silently (GenSound *sound, const char *path, GError **error)
{
  g_autofree char *log = file_of ("log.txt"), *words = NULL;
  const int terminal = dup (STDERR_FILENO), file = open (log, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  gboolean loaded;

  dup2 (file, STDERR_FILENO);
  loaded = gen_sound_load (sound, path, 0, 0, error);
  dup2 (terminal, STDERR_FILENO);
  close (terminal);
  close (file);
  g_assert_true (g_file_get_contents (log, &words, NULL, NULL));
  g_assert_cmpstr (words, ==, "");
  return loaded;
}

static void
assert_bad (const char *name)
{
  g_autofree char *path = file_of (name);
  g_autoptr (GError) error = NULL;
  GenSound sound;

  if (load_silently (&sound, path, &error))
    g_error ("%s: %" G_GSIZE_FORMAT " frames were loaded", name, sound.frames);
  g_assert_cmpuint (error->domain, ==, GEN_SOUND_ERROR);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_null (sound.data);
  g_test_message ("%s", error->message);
}

/* Of each kind a file that ends too early. Bare streams of MPEG do not say how long they are, and
 * may end anywhere. */
static void
test_cut (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *name = g_strdup_printf ("cut-%s", kinds[i].name);

    if (!kinds[i].lossless && kinds[i].noise == 0)
      continue;
    for (double share = 0.1; share < 1; share += 0.2371) {
      cut (kinds[i].name, name, share);
      assert_bad (name);
    }
  }
}

/* A header that was written before anybody knew the length is no damage. */
static void
test_piped (void)
{
  g_autofree char *command = g_strdup_printf (
      "sh -c 'ffmpeg -v error -i %s/source.wav -f wav - | cat >%s/piped.wav'", folder, folder);
  g_autofree char *path = file_of ("piped.wav");
  g_auto (GenSound) sound = { 0 };
  guint64 frames;

  run (command);
  load (&sound, "piped.wav", 0, 0);
  g_assert_cmpuint (sound.frames, ==, FRAMES);
  g_assert_true (gen_sound_probe (path, NULL, NULL, &frames, NULL));
  g_assert_cmpuint (frames, ==, FRAMES);
}

static void
test_damaged (void)
{
  g_autofree char *flac = file_of ("a.flac"), *missing = file_of ("missing.wav");
  g_autofree char *bytes = NULL, *nan_file = file_of ("nan.wav"), *fast = file_of ("fast.wav");
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GError) error = NULL;
  gsize length;

  save_bytes ("empty.wav", "", 0);
  assert_bad ("empty.wav");
  save_bytes ("text.wav", "These are words, and not few.\n", 30);
  assert_bad ("text.wav");
  assert_bad ("missing.wav");
  g_assert_cmpint (mkfifo (missing, 0600), ==, 0);
  assert_bad ("missing.wav");
  save_tone ("none.wav", RATE, 1, 1, 440, 0);
  assert_bad ("none.wav");
  {
    g_autofree char *command = g_strdup_printf (
        "ffmpeg -v error -y -f lavfi -i testsrc=s=32x32 -frames:v 1 %s/picture.png", folder);
    g_autofree char *video = g_strdup_printf (
        "ffmpeg -v error -y -f lavfi -i testsrc=d=1:s=32x32 -c:v mpeg4 %s/mute.mp4", folder);

    run (command);
    run (video);
  }
  assert_bad ("picture.png");
  assert_bad ("mute.mp4");
  g_assert_true (g_file_get_contents (flac, &bytes, &length, NULL));
  memset (bytes + length / 2, 0x55, 64);
  save_bytes ("damaged.flac", bytes, length);
  assert_bad ("damaged.flac");

  /* A rate that no sound has. */
  gen_sound_init (&sound, GEN_SOUND_MAX_RATE + 1, 1, 100);
  g_assert_true (gen_sound_save_wav (&sound, fast, GEN_SOUND_WAV_S16, &error));
  assert_bad ("fast.wav");
  gen_sound_clear (&sound);

  /* Samples that are no numbers. */
  gen_sound_init (&sound, RATE, 1, 1000);
  sound.data[500] = NAN;
  g_assert_true (gen_sound_save_wav (&sound, nan_file, GEN_SOUND_WAV_F32, &error));
  assert_bad ("nan.wav");
}

/* What a header may promise without the file being as long. */
static void
test_promises (void)
{
  g_autofree char *path = file_of ("s16.wav"), *far = file_of ("promise.wav");
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  GenSound sound;
  gsize length;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  memcpy (bytes + 4, "\x24\0\0\x70", 4);
  for (gsize i = 0; i + 8 < 200; i++)
    if (memcmp (bytes + i, "data", 4) == 0)
      memcpy (bytes + i + 4, "\0\0\0\x70", 4);
  save_bytes ("promise.wav", bytes, length);
  assert_bad ("promise.wav");
  g_assert_false (gen_sound_probe (far, NULL, NULL, NULL, &error));
  g_assert_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_DECODE);
  g_clear_error (&error);
  /* A part behind the end. */
  g_assert_false (gen_sound_load_part (&sound, path, 0, 0, FRAMES, 10, &error));
  g_assert_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_DECODE);
  g_clear_error (&error);
  g_assert_false (gen_sound_load_part (&sound, path, 16000, 1, G_MAXINT64 / 200000, 10, &error));
  g_assert_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_DECODE);
}

static void
test_recognise (void)
{
  static const struct {
    const char *name, *from;
    gboolean sound;
  } cases[] = { { "flac", "a.flac", TRUE }, { "ogg.bin", "a.ogg", TRUE },
    { "mp3.bin", "a.mp3", TRUE }, { "wav.bin", "s16.wav", TRUE }, { "aiff.bin", "a.aiff", TRUE },
    { "picture.bin", NULL, FALSE }, { "words.txt", NULL, FALSE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = file_of (cases[i].name);

    if (cases[i].from != NULL)
      cut (cases[i].from, cases[i].name, 1);
    else if (i == G_N_ELEMENTS (cases) - 1)
      save_bytes (cases[i].name, "Words upon words upon words.\n", 29);
    else
      save_bytes (cases[i].name, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
    g_assert_cmpint (gen_sound_recognise (path), ==, cases[i].sound);
  }
  g_assert_true (gen_sound_recognise ("no/such/file.FLAC"));
}

/* Through the medium: short ones are padded, a window is cut out, and a wall shows them. */
static void
test_medium (void)
{
  const GenMedium *medium = &gen_medium_sound;
  GenFormat format = { .medium = medium, .rate = 16000, .channels = 1, .length = 80000 }, probed;
  g_autofree char *path = file_of ("a.flac"), *saved = file_of ("medium.wav");
  g_auto (GenSample) whole = { 0 }, window = { 0 };
  GenSample pair[2];
  g_auto (GenPicture) wall = { 0 };
  g_autoptr (GError) error = NULL;
  gsize length = (gsize)ceil (FRAMES * 16000.0 / RATE);
  int width, height, channels, bright = 0;

  g_assert_true (medium->recognise (path));
  g_assert_true (medium->probe (path, &probed, &error));
  g_assert_cmpint (probed.rate, ==, RATE);
  g_assert_cmpint (probed.channels, ==, 2);
  g_assert_cmpuint (probed.length, ==, FRAMES);
  gen_sample_init (&whole, &format);
  whole.sound.data[79999] = 1;
  g_assert_true (medium->load (path, &(GenFitting){ 0 }, &whole, &error));
  for (gsize i = length; i < 80000; i++)
    g_assert_cmpfloat (whole.sound.data[i], ==, 0);
  format.length = 1000;
  gen_sample_init (&window, &format);
  g_assert_true (medium->load (path, &(GenFitting){ .first = 3000 }, &window, &error));
  g_assert_cmpmem (window.sound.data, 4000, whole.sound.data + 3000, 4000);
  g_assert_true (medium->load (
      path, &(GenFitting){ .first = 3000, .normalize = GEN_NORMALIZE_PEAK }, &window, &error));
  g_assert_true (medium->save (&window, saved, &error));
  g_assert_true (medium->probe (saved, &probed, &error));
  g_assert_cmpuint (probed.length, ==, 1000);

  g_assert_true (gen_format_measure_wall (&format, 2, 1, &width, &height, &channels));
  gen_picture_init (&wall, width, height, channels);
  pair[0] = pair[1] = window;
  pair[1].sound.frames = 0;
  gen_sample_draw_wall (pair, 2, 1, &wall);
  width /= 2;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      bright += wall.data[y * wall.stride + 3 * x] > 128;
  g_assert_cmpint (bright, >, width);
  g_assert_cmpint (wall.data[(height - 9) * wall.stride + 3 * (width + 9)], ==, 0);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  make_files ();
  g_test_add_func ("/sound-file/kinds", test_kinds);
  g_test_add_func ("/sound-file/parts", test_parts);
  g_test_add_func ("/sound-file/rates", test_rates);
  g_test_add_func ("/sound-file/channels", test_channels);
  g_test_add_func ("/sound-file/many-channels", test_many_channels);
  g_test_add_func ("/sound-file/loudness", test_loudness);
  g_test_add_func ("/sound-file/loudness-limits", test_loudness_limits);
  g_test_add_func ("/sound-file/loudness-limits/low-rate", test_loudness_of_low_rate);
  g_test_add_func ("/sound-file/short", test_short);
  g_test_add_func ("/sound-file/infinite", test_infinite);
  g_test_add_func ("/sound-file/save", test_save);
  g_test_add_func ("/sound-file/cut", test_cut);
  g_test_add_func ("/sound-file/piped", test_piped);
  g_test_add_func ("/sound-file/damaged", test_damaged);
  g_test_add_func ("/sound-file/promises", test_promises);
  g_test_add_func ("/sound-file/recognise", test_recognise);
  g_test_add_func ("/sound-file/medium", test_medium);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
