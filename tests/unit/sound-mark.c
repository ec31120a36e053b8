/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks in sounds: what was marked is read, by its key alone, where it is and at which speed; it is
 * as quiet as is promised, and hangs on nothing but the samples. */
#include <generative/mark-span.h>
#include <generative/sound-mark.h>

#include <math.h>
#include <string.h>

#include <ebur128.h>

#include "../piece.h"

#define BITS G_GUINT64_CONSTANT (0x1007babcde0003e8)
/* A strength at which 20 s do not tell of the mark. */
#define FAINT 0.28

static GenMarkKey *
make_key (guint8 first)
{
  guint8 secret[32];

  for (guint i = 0; i < sizeof secret; i++)
    secret[i] = (guint8)(7 * i + first);
  return gen_mark_key_new (secret, sizeof secret, NULL);
}

/* What a mark changes, heard in pieces of so many frames, and of strength 0 for `off` frames. */
static void
get_difference_behind (
    const GenSound *sound, gsize piece, gsize off, double strength, GenSound *difference)
{
  g_autoptr (GenMarkKey) key = make_key (1);
  g_autoptr (GenSoundMark) mark = gen_sound_mark_new (key, BITS);
  const gsize channels = (gsize)sound->channels;
  gsize done = 0;

  gen_sound_init (difference, sound->rate, sound->channels, sound->frames);
  gen_sound_mark_set_format (mark, sound->rate, sound->channels);
  for (gsize i = 0; i < sound->frames; i += piece) {
    const gsize n = MIN (piece, sound->frames - i);
    gsize ready;

    gen_sound_mark_hear (mark, sound->data + i * channels, n, i < off ? 0 : strength);
    ready = gen_sound_mark_ready (mark);
    g_assert_cmpuint (ready + done, <=, i + n);
    g_assert_cmpuint (ready + done + gen_sound_mark_latency (mark), >=, i + n);
    gen_sound_mark_take (mark, difference->data + done * channels, ready);
    done += ready;
  }
  gen_sound_mark_finish (mark);
  g_assert_cmpuint (gen_sound_mark_ready (mark), ==, sound->frames - done);
  gen_sound_mark_take (mark, difference->data + done * channels, sound->frames - done);
  g_assert_cmpuint (gen_sound_mark_ready (mark), ==, 0);
}

static void
get_difference (const GenSound *sound, gsize piece, double strength, GenSound *difference)
{
  get_difference_behind (sound, piece, 0, strength, difference);
}

static void
add (GenSound *sound, const GenSound *difference, float share)
{
  for (gsize i = 0; i < sound->frames * (gsize)sound->channels; i++)
    sound->data[i] += share * difference->data[i];
}

static void
play_marked (GenSound *sound, int rate, int channels, double seconds)
{
  g_auto (GenSound) difference = { 0 };

  piece_play (sound, rate, channels, seconds);
  get_difference (sound, 1000, 1, &difference);
  add (sound, &difference, 1);
}

typedef struct {
  guint windows, found, wrong, silent, spans;
  double speed, silence;
  GenMarkSpan span; /* the last one */
} Heard;

static void
tell_span (const GenMarkSpan *span, gboolean ended, gpointer data)
{
  Heard *heard = data;

  heard->spans += ended;
  heard->span = *span;
}

static void
note (Heard *heard, GenMarkSpans *spans, const GenSoundMarkReading *reading)
{
  heard->windows++;
  heard->silent += reading->silent;
  heard->found += reading->found;
  heard->wrong += reading->found && reading->bits != BITS;
  if (reading->found)
    heard->speed = reading->speed;
  gen_mark_spans_add_sound (spans, reading);
}

static Heard
listen (const GenSound *sound, guint8 key_number)
{
  g_autoptr (GenMarkKey) key = make_key (key_number);
  g_autoptr (GenSoundMarkReader) reader = gen_sound_mark_reader_new (key);
  Heard heard = { 0 };
  g_autoptr (GenMarkSpans) spans = gen_mark_spans_new (tell_span, &heard);
  GenSoundMarkReading reading;
  gsize taken;

  gen_sound_mark_reader_set_format (reader, sound->rate, sound->channels);
  for (gsize i = 0; i < sound->frames; i += taken)
    if (gen_sound_mark_reader_hear (
            reader, sound->data + i * (gsize)sound->channels, sound->frames - i, &taken, &reading))
      note (&heard, spans, &reading);
  if (gen_sound_mark_reader_finish (reader, &reading))
    note (&heard, spans, &reading);
  gen_mark_spans_end (spans);
  heard.silence = gen_sound_mark_reader_silence (reader);
  return heard;
}

static void
assert_read (const Heard *heard)
{
  g_test_message ("%u of %u windows, speed %.4f", heard->found, heard->windows, heard->speed);
  g_assert_cmpuint (heard->windows, >, 0);
  g_assert_cmpuint (heard->found, ==, heard->windows);
  g_assert_cmpuint (heard->wrong, ==, 0);
  g_assert_cmpuint (heard->spans, ==, 1);
  g_assert_true (heard->span.bits == BITS);
}

static void
test_read (void)
{
  static const struct {
    int rate, channels;
  } formats[] = { { 48000, 2 }, { 44100, 1 }, { 16000, 1 }, { 22050, 3 } };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_auto (GenSound) sound = { 0 };
    Heard heard;

    play_marked (&sound, formats[i].rate, formats[i].channels, 12);
    heard = listen (&sound, 1);
    g_test_message ("%d Hz, %d channels", formats[i].rate, formats[i].channels);
    assert_read (&heard);
    g_assert_cmpfloat_with_epsilon (heard.speed, 1, 0.002);
  }
}

static void
test_none (void)
{
  g_auto (GenSound) plain = { 0 }, marked = { 0 };
  Heard heard;

  piece_play (&plain, 48000, 2, 12);
  heard = listen (&plain, 1);
  g_assert_cmpuint (heard.windows, >, 3);
  g_assert_cmpuint (heard.found, ==, 0);
  g_assert_cmpuint (heard.silent, ==, 0);
  play_marked (&marked, 48000, 2, 12);
  heard = listen (&marked, 2);
  g_assert_cmpuint (heard.found, ==, 0);
}

/* What is pieced together of marks says what one of them does, or nothing. A pattern that is turned
 * round looks, half as strong, like itself a slot later, so that it is read. */
static void
test_forged (void)
{
  static const float shares[][2] = { { -1, 0 }, { 1, 1 }, { 1, -1 } };
  g_auto (GenSound) difference = { 0 }, other = { 0 }, later = { 0 };

  piece_play (&other, 48000, 1, 11);
  get_difference (&other, 1000, 1, &difference);
  /* That of the sound from 1.3 s on lies elsewhere. */
  gen_sound_init (&later, 48000, 1, other.frames);
  memcpy (later.data, difference.data + 62400, (other.frames - 62400) * sizeof (float));
  for (guint i = 0; i < G_N_ELEMENTS (shares); i++) {
    g_auto (GenSound) sound = { 0 };
    Heard heard;

    piece_play (&sound, 48000, 1, 11);
    add (&sound, &difference, shares[i][0]);
    add (&sound, &later, shares[i][1]);
    heard = listen (&sound, 1);
    g_assert_cmpuint (heard.wrong, ==, 0);
  }
}

/* The samples do not hang on how they were cut. */
static void
test_pieces (void)
{
  static const gsize pieces[] = { 1, 333, 4096, 1 << 20 };
  g_auto (GenSound) sound = { 0 }, wanted = { 0 };

  piece_play (&sound, 44100, 2, 2);
  get_difference (&sound, 441, 1, &wanted);
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_auto (GenSound) difference = { 0 };

    get_difference (&sound, pieces[i], 1, &difference);
    g_assert_cmpmem (difference.data, sound.frames * 2 * sizeof (float), wanted.data,
        sound.frames * 2 * sizeof (float));
  }
}

static double
loudness_of (const GenSound *sound)
{
  ebur128_state *state =
      ebur128_init ((unsigned)sound->channels, (unsigned long)sound->rate, EBUR128_MODE_I);
  double loudness;

  ebur128_add_frames_float (state, sound->data, sound->frames);
  ebur128_loudness_global (state, &loudness);
  ebur128_destroy (&state);
  return loudness;
}

static void
test_loudness (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 }, weaker = { 0 };
  double below, weaker_below;

  piece_play (&sound, 48000, 2, 12);
  get_difference (&sound, 1000, 1, &difference);
  get_difference (&sound, 1000, 0.5, &weaker);
  below = loudness_of (&difference) - loudness_of (&sound);
  weaker_below = loudness_of (&weaker) - loudness_of (&sound);
  g_test_message ("%.1f LU, and %.1f at half the strength", below, weaker_below);
  g_assert_cmpfloat (below, <, -36);
  g_assert_cmpfloat (below, >, -46);
  g_assert_cmpfloat (weaker_below, <, below - 3);
}

/* Played faster: between samples by a polynomial of the third degree. */
static void
play_faster (const GenSound *sound, double speed, GenSound *faster)
{
  const gsize channels = (gsize)sound->channels;

  gen_sound_init (
      faster, sound->rate, sound->channels, (gsize)((double)(sound->frames - 4) / speed));
  for (gsize i = 0; i < faster->frames; i++) {
    const double place = (double)i * speed + 1;
    const gsize at = (gsize)place;
    const float t = (float)(place - (double)at);

    for (gsize c = 0; c < channels; c++) {
      const float *x = sound->data + (at - 1) * channels + c;
      const float a = x[0], b = x[channels], d = x[2 * channels], e = x[3 * channels];

      faster->data[i * channels + c] =
          b + 0.5f * t * (d - a + t * (2 * a - 5 * b + 4 * d - e + t * (3 * (b - d) + e - a)));
    }
  }
}

static void
test_speed (void)
{
  static const double speeds[] = { 0.98, 0.9931, 1.02 };
  g_auto (GenSound) sound = { 0 };

  play_marked (&sound, 48000, 1, 18);
  for (guint i = 0; i < G_N_ELEMENTS (speeds); i++) {
    g_auto (GenSound) faster = { 0 };
    Heard heard;

    play_faster (&sound, speeds[i], &faster);
    heard = listen (&faster, 1);
    assert_read (&heard);
    g_assert_cmpfloat_with_epsilon (heard.speed, speeds[i], 0.0015);
  }
}

/* The middle is marked, and where it begins and ends is known. */
static void
test_span (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 };
  Heard heard;

  piece_play (&sound, 48000, 1, 36);
  get_difference (&sound, 1000, 1, &difference);
  for (gsize i = 0; i < sound.frames; i++)
    if (i >= 10 * 48000 && i < 25 * 48000)
      sound.data[i] += difference.data[i];
  heard = listen (&sound, 1);
  g_test_message ("%.2f to %.2f s in %u windows", (double)heard.span.begin / 1e9,
      (double)heard.span.end / 1e9, heard.span.windows);
  g_assert_cmpuint (heard.spans, ==, 1);
  g_assert_true (heard.span.bits == BITS);
  g_assert_cmpfloat_with_epsilon ((double)heard.span.begin / 1e9, 10, 1);
  g_assert_cmpfloat_with_epsilon ((double)heard.span.end / 1e9, 25, 1);
}

/* A mark that is too weak for 16 s is read from more of them, and from where it begins. */
static void
test_longer (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 };
  Heard heard;

  piece_play (&sound, 16000, 1, 60);
  get_difference (&sound, 1000, FAINT, &difference);
  add (&sound, &difference, 1);
  sound.frames = 20 * 16000;
  heard = listen (&sound, 1);
  g_assert_cmpuint (heard.found, ==, 0);
  sound.frames = 60 * 16000;
  heard = listen (&sound, 1);
  g_test_message ("%u of %u windows, %.1f to %.1f s, %.1f deviations", heard.found, heard.windows,
      (double)heard.span.begin / 1e9, (double)heard.span.end / 1e9, heard.span.deviations);
  g_assert_cmpuint (heard.found, >, 0);
  g_assert_cmpuint (heard.wrong, ==, 0);
  g_assert_cmpuint (heard.spans, ==, 1);
  g_assert_cmpfloat ((double)heard.span.end / 1e9 - (double)heard.span.begin / 1e9, >, 20);
}

/* A mark that has ended is not told of once more because what is kept still has it. */
static void
test_over (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 };
  Heard heard;

  piece_play (&sound, 16000, 1, 44);
  get_difference (&sound, 1000, 1, &difference);
  memset (difference.data + 20 * 16000, 0, 24 * 16000 * sizeof (float));
  add (&sound, &difference, 1);
  heard = listen (&sound, 1);
  g_test_message ("%u windows, to %.1f s", heard.found, (double)heard.span.end / 1e9);
  g_assert_cmpuint (heard.spans, ==, 1);
  g_assert_cmpuint (heard.wrong, ==, 0);
  g_assert_cmpuint (heard.found, <=, 20 + 16 - 7 + 1);
  g_assert_cmpfloat_with_epsilon ((double)heard.span.end / 1e9, 20, 1);
}

/* There is nothing to hide a mark in. */
static void
test_silence (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 };
  Heard heard;

  gen_sound_init (&sound, 48000, 2, 10 * 48000);
  get_difference (&sound, 1000, 1, &difference);
  for (gsize i = 0; i < sound.frames * 2; i++)
    g_assert_cmpfloat (difference.data[i], ==, 0);
  heard = listen (&sound, 1);
  g_assert_cmpuint (heard.windows, ==, 3);
  g_assert_cmpuint (heard.silent, ==, heard.windows);
  g_assert_cmpuint (heard.found, ==, 0);
  g_assert_cmpfloat_with_epsilon (heard.silence, 10, 0.05);
}

/* What is no number is silence, and nothing else becomes of it. */
static void
test_not_finite (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 };
  Heard heard;

  piece_play (&sound, 16000, 1, 9);
  sound.data[20000] = NAN;
  sound.data[30000] = INFINITY;
  get_difference (&sound, 777, 1, &difference);
  for (gsize i = 0; i < sound.frames; i++)
    g_assert_true (isfinite (difference.data[i]));
  add (&sound, &difference, 1);
  heard = listen (&sound, 1);
  assert_read (&heard);
}

/* A sample that is far too loud is none of the loudness of what follows. */
static void
test_too_loud (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 };
  Heard heard;

  piece_play (&sound, 16000, 1, 14);
  sound.data[3 * 16000] = 1e25f;
  get_difference (&sound, 777, 1, &difference);
  for (gsize i = 0; i < sound.frames; i++)
    g_assert_true (isfinite (difference.data[i]));
  sound.data[3 * 16000] = 0;
  add (&sound, &difference, 1);
  sound.frames -= 4 * 16000;
  memmove (sound.data, sound.data + 4 * 16000, sound.frames * sizeof (float));
  heard = listen (&sound, 1);
  assert_read (&heard);
}

static double
energy (const GenSound *sound, gsize first)
{
  double sum = 0;

  for (gsize i = first; i < sound->frames; i++)
    sum += (double)sound->data[i] * (double)sound->data[i];
  return sum;
}

/* A sample that is a fault is no reason to make the mark louder behind it, where it would be heard.
 */
static void
test_fault (void)
{
  g_auto (GenSound) sound = { 0 }, difference = { 0 }, behind = { 0 };
  double wanted;

  piece_play (&sound, 16000, 1, 14);
  get_difference (&sound, 777, 1, &difference);
  wanted = energy (&difference, 4 * 16000);
  sound.data[3 * 16000] = 90;
  get_difference (&sound, 777, 1, &behind);
  g_test_message ("%.3f times the energy", energy (&behind, 4 * 16000) / wanted);
  g_assert_cmpfloat (energy (&behind, 4 * 16000), <, 1.1 * wanted);
}

/* --- switched off --- */

static void
play_tone (GenSound *sound, int rate, double seconds)
{
  gen_sound_init (sound, rate, 1, (gsize)(seconds * rate));
  for (gsize i = 0; i < sound->frames; i++)
    sound->data[i] = (float)(0.1 * sin (2 * G_PI * 375 * (double)i / rate));
}

/* The piece as it was at a sixth of the rate, between samples by straight lines: above that there
 * is next to nothing. */
static void
play_band_limited (GenSound *sound, int rate, double seconds)
{
  g_auto (GenSound) low = { 0 };

  piece_play (&low, rate / 6, 1, seconds + 1);
  gen_sound_init (sound, rate, 1, (gsize)(seconds * rate));
  for (gsize i = 0; i < sound->frames; i++) {
    const float *at = low.data + i / 6, t = (float)(i % 6) / 6;

    sound->data[i] = at[0] + t * (at[1] - at[0]);
  }
}

/* Nothing is changed while it is off, whatever bands are empty, and all is marked that comes behind
 * that. */
static void
test_off (void)
{
  static void (*const plays[]) (
      GenSound * sound, int rate, double seconds) = { play_tone, play_band_limited };
  const gsize off = 3 * 16000;

  for (guint i = 0; i < G_N_ELEMENTS (plays); i++) {
    g_auto (GenSound) sound = { 0 }, none = { 0 }, later = { 0 };
    double changed = 0;

    plays[i](&sound, 16000, 6);
    get_difference (&sound, 1000, 0, &none);
    for (gsize k = 0; k < sound.frames; k++)
      g_assert_cmpfloat (none.data[k], ==, 0);
    get_difference_behind (&sound, 1000, off, 1, &later);
    for (gsize k = 0; k < sound.frames; k++) {
      g_assert_true (isfinite (later.data[k]));
      changed += fabs ((double)later.data[k]);
    }
    g_assert_cmpfloat (changed, >, 0);
    for (gsize k = 0; k < off - 16000 / 2; k++)
      g_assert_cmpfloat (later.data[k], ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-mark/read", test_read);
  g_test_add_func ("/sound-mark/none", test_none);
  g_test_add_func ("/sound-mark/forged", test_forged);
  g_test_add_func ("/sound-mark/pieces", test_pieces);
  g_test_add_func ("/sound-mark/loudness", test_loudness);
  g_test_add_func ("/sound-mark/speed", test_speed);
  g_test_add_func ("/sound-mark/span", test_span);
  g_test_add_func ("/sound-mark/longer", test_longer);
  g_test_add_func ("/sound-mark/over", test_over);
  g_test_add_func ("/sound-mark/silence", test_silence);
  g_test_add_func ("/sound-mark/not-finite", test_not_finite);
  g_test_add_func ("/sound-mark/too-loud", test_too_loud);
  g_test_add_func ("/sound-mark/fault", test_fault);
  g_test_add_func ("/sound-mark/off", test_off);
  return g_test_run ();
}
