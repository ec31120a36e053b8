/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The offset between what begins to move and what begins to sound, of films that are made with a
 * known one, and of such that have nothing to do with their sound. */
#include <generative/metric.h>

#include <math.h>
#include <string.h>

#define SIZE 32

typedef struct {
  double rate; /* frames a second */
  int sound_rate;
  double seconds;
  double offset;               /* by which the picture comes later, in seconds */
  double flash;                /* how long it is lit */
  double every;                /* seconds between events; 0: by chance */
  guint32 unlike;              /* picture by a chance of its own, of that seed; 0: by the sound's */
  double drifts_to, drifts_at; /* another offset, from then on; 0: none */
  double noise;                /* of the sound */
} Film;

static double
draw (guint32 *seed)
{
  *seed = *seed * 1664525 + 1013904223;
  return (double)(*seed >> 8) / (1 << 24);
}

static GArray *
make_times (const Film *film, guint32 seed)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (double));

  for (double t = 0.7;
       t<film->seconds; t += film->every> 0 ? film->every : 0.35 + 0.9 * draw (&seed))
    g_array_append_val (times, t);
  return times;
}

static gboolean
is_lit (const Film *film, const GArray *times, double time)
{
  for (guint i = 0; i < times->len; i++) {
    const double begin = g_array_index (times, double, i);
    const gboolean drifted = film->drifts_at > 0 && begin >= film->drifts_at;
    const double since = time - (drifted ? film->drifts_to : film->offset) - begin;

    if (since >= 0 && since < film->flash)
      return TRUE;
  }
  return FALSE;
}

static void
draw_frame (GenPicture *picture, gboolean lit, int n)
{
  for (int y = 0; y < SIZE; y++)
    memset (picture->data + y * picture->stride, lit ? 180 : 40, SIZE);
  /* Something moves all the time. */
  for (int y = 4; y < 10; y++)
    memset (picture->data + y * picture->stride + n % 24, 90, 6);
}

/* A decaying tone of 60 ms with each event. */
static void
make_sound (const Film *film, const GArray *times, GenSound *sound)
{
  guint32 seed = 11;

  gen_sound_init (sound, film->sound_rate, 2, (gsize)(film->seconds * film->sound_rate));
  for (gsize i = 0; i < 2 * sound->frames; i++)
    sound->data[i] = (float)(film->noise * (draw (&seed) - 0.5));
  for (guint e = 0; e < times->len; e++) {
    const gsize begin = (gsize)(g_array_index (times, double, e) * film->sound_rate);

    for (gsize i = 0; i < (gsize)film->sound_rate * 6 / 100 && begin + i < sound->frames; i++) {
      const double t = (double)i / film->sound_rate;

      sound->data[2 * (begin + i)] += (float)(0.4 * sin (2 * G_PI * 880 * t) * exp (-40 * t));
    }
  }
}

static GenMeter *
meter_new (void)
{
  const GenMeterSettings settings = {
    .metrics = "audio-video-offset", .judges = TRUE, .reference_medium = &gen_medium_sound
  };
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&settings, &error);

  g_assert_no_error (error);
  return meter;
}

/* Judge a film; `values` is what was said of its last frame. */
static GenMeter *
judge_film (const Film *film, double *values)
{
  g_autoptr (GArray) heard = make_times (film, 1);
  g_autoptr (GArray) seen = make_times (film, film->unlike ? film->unlike : 1);
  g_auto (GenSound) sound = { 0 };
  g_auto (GenSample) frame = { 0 };
  GenMeter *meter = meter_new ();
  const GenFormat format = { &gen_medium_picture, SIZE, SIZE, 1 };
  const int n = (int)(film->seconds * film->rate);

  make_sound (film, heard, &sound);
  gen_sample_init (&frame, &format);
  for (int i = 0; i < n; i++) {
    const gsize begin = (gsize)(MAX (i - 1, 0) / film->rate * film->sound_rate);
    const gsize end = MIN ((gsize)(i / film->rate * film->sound_rate), sound.frames);
    GenSound piece = sound;
    GenSample reference;

    piece.data += 2 * begin;
    piece.frames = end - begin;
    piece.owned = FALSE;
    reference = gen_sample_of_sound (&piece);
    draw_frame (&frame.picture, is_lit (film, seen, i / film->rate), i);
    g_assert_true (gen_meter_judge (meter, &frame, &reference, values, NULL));
    if (i / film->rate < 4.9)
      g_assert_true (isinf (values[0]));
  }
  return meter;
}

/* Within a frame, at the frame rates and sound rates that there are, whichever comes first. A
 * picture is shown up to a frame after what it shows has happened, which is no error of the
 * finding. */
static void
test_known (void)
{
  static const double rates[] = { 24, 25, 30000 / 1001.0, 60 };
  static const int sound_rates[] = { 48000, 44100, 22050, 16000 };
  static const double offsets[] = { -0.41, -0.2, -0.08, 0, 0.04, 0.125, 0.5 };
  static const double flashes[] = { 0.03, 0.1, 0.25 };

  for (gsize r = 0; r < G_N_ELEMENTS (rates); r++)
    for (gsize o = 0; o < G_N_ELEMENTS (offsets); o++) {
      const Film film = { .rate = rates[r],
        .sound_rate = sound_rates[(r + o) % 4],
        .seconds = 14,
        .offset = offsets[o],
        .flash = MAX (flashes[(r + 2 * o) % 3], 1 / rates[r]),
        .noise = 0.002 };
      double values[4], mean;
      g_autoptr (GenMeter) meter = judge_film (&film, values);
      g_autoptr (JsonObject) summary = gen_meter_summarise (meter, NULL);

      mean = 1000 * (film.offset + 0.5 / film.rate);
      g_assert_cmpfloat_with_epsilon (values[0], mean, 1000 / film.rate);
      g_assert_cmpfloat_with_epsilon (values[0], mean, 25);
      g_assert_cmpfloat (values[1], >, 0.45);
      g_assert_cmpfloat_with_epsilon (
          json_object_get_double_member (summary, "audio-video-offset-overall"), mean, 25);
    }
}

/* Of what repeats itself each second, the nearest offset. */
static void
test_ticks (void)
{
  for (int offset = -3; offset <= 3; offset++) {
    const Film film = { .rate = 25,
      .sound_rate = 44100,
      .seconds = 12,
      .offset = offset * 0.12,
      .flash = 0.1,
      .every = 1 };
    double values[4];
    g_autoptr (GenMeter) meter = judge_film (&film, values);

    g_assert_cmpfloat_with_epsilon (values[0], offset * 120, 40);
    g_assert_cmpfloat (values[1], >, 0.5);
  }
}

/* What has nothing to do with its sound has little in common with it at any offset, and none is
 * told. */
static void
test_unlike (void)
{
  for (guint32 seed = 2; seed < 12; seed++) {
    const Film film = {
      .rate = 25, .sound_rate = 16000, .seconds = 40, .flash = 0.1, .unlike = seed, .noise = 0.002
    };
    double values[4];
    g_autoptr (GenMeter) meter = judge_film (&film, values);
    g_autoptr (JsonObject) summary = gen_meter_summarise (meter, NULL);

    g_assert_true (isinf (values[0]));
    g_assert_cmpfloat (values[1], <, 0.3);
    g_assert_true (json_object_get_null_member (summary, "audio-video-offset-overall"));
    g_assert_cmpfloat (
        json_object_get_double_member (summary, "audio-video-likeness-overall"), <, 0.25);
    g_test_message ("%g %g", values[1],
        json_object_get_double_member (summary, "audio-video-likeness-overall"));
  }
}

typedef enum { STEADY, NOISE, ONCE, APART } Kind;

/* What a picture is like at a time: a bar that moves steadily, snow, or a bar that stays and a
 * flash, once or each 2.9 seconds. */
static void
draw_kind (GenPicture *picture, Kind kind, int n, double time, guint32 *seed)
{
  const gboolean lit =
      kind == ONCE ? time >= 3 && time < 3.1 : kind == APART && fmod (time, 2.9) < 0.1;

  draw_frame (picture, lit, kind == STEADY || kind == NOISE ? n : 0);
  if (kind != NOISE)
    return;
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++)
      picture->data[y * picture->stride + x] = (guint8)(256 * draw (seed));
}

static float
sound_kind (Kind kind, double time, guint32 *seed)
{
  const double tone = 0.5 * sin (2 * G_PI * 440 * time);

  if (kind == STEADY)
    return (float)tone;
  if (kind == NOISE)
    return (float)(draw (seed) - 0.5);
  if (kind == ONCE)
    return time >= 3.2 && time < 3.3 ? (float)tone : 0;
  return fmod (time + 2.9 - 1.3, 2.9) < 0.1 ? (float)tone : 0;
}

/* No offset is told in a minute of what has no events, of one event in both, and of events that are
 * farther apart than is looked for: not when the beginning leaves the last 20 s, either. */
static void
test_no_events (void)
{
  static const struct {
    Kind seen, heard;
  } cases[] = { { STEADY, STEADY }, { NOISE, NOISE }, { STEADY, NOISE }, { NOISE, STEADY },
    { ONCE, ONCE }, { NOISE, APART }, { APART, NOISE }, { APART, APART } };

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++) {
    const GenFormat format = { &gen_medium_picture, SIZE, SIZE, 1 };
    g_autoptr (GenMeter) meter = meter_new ();
    g_autoptr (JsonObject) summary = NULL;
    g_auto (GenSample) frame = { 0 };
    g_auto (GenSound) sound = { 0 };
    guint32 snow = 5, noise = 7;
    guint told = 0;

    gen_sample_init (&frame, &format);
    gen_sound_init (&sound, 16000, 1, 640);
    for (int n = 0; n < 25 * 60; n++) {
      GenSample reference = gen_sample_of_sound (&sound);
      double values[4];

      for (int i = 0; i < 640; i++)
        sound.data[i] = sound_kind (cases[k].heard, (n * 640 + i) / 16000.0, &noise);
      draw_kind (&frame.picture, cases[k].seen, n, n / 25.0, &snow);
      g_assert_true (gen_meter_judge (meter, &frame, &reference, values, NULL));
      told += !isinf (values[0]);
      if (!isinf (values[0]) && told < 3)
        g_test_message ("case %d at %g: %g ms, %g", (int)k, n / 25.0, values[0], values[1]);
    }
    summary = gen_meter_summarise (meter, NULL);
    g_test_message ("case %d: %u told", (int)k, told);
    g_assert_cmpuint (told, ==, 0);
    g_assert_true (json_object_get_null_member (summary, "audio-video-offset-overall"));
  }
}

/* Where the offset changes, the last 20 s come to tell the new one. */
static void
test_drifts (void)
{
  const Film film = { .rate = 25,
    .sound_rate = 16000,
    .seconds = 50,
    .offset = 0,
    .drifts_to = 0.3,
    .drifts_at = 28,
    .flash = 0.1,
    .noise = 0.002 };
  double values[4];
  g_autoptr (GenMeter) meter = judge_film (&film, values);

  g_assert_cmpfloat_with_epsilon (values[0], 320, 25);
}

/* Stillness, silence, a single frame, samples that are no number, pieces of no length, and jumps: a
 * figure that is none, with its reason. */
static void
test_nothing (void)
{
  const GenFormat format = { &gen_medium_picture, 1, 1, 1 };
  g_autoptr (GenMeter) meter = meter_new ();
  g_auto (GenSample) frame = { 0 };
  g_auto (GenSound) sound = { 0 };
  g_autoptr (JsonObject) summary = NULL;
  GenSample reference;
  double values[4];

  gen_sample_init (&frame, &format);
  gen_sound_init (&sound, 8000, 1, 800);
  for (int i = 0; i < 200; i++) {
    sound.frames = i % 7 == 3 ? 0 : 800;
    sound.data[17] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : 0;
    reference = gen_sample_of_sound (&sound);
    if (i % 90 == 89)
      gen_meter_interrupt (meter);
    g_assert_true (gen_meter_judge (meter, &frame, &reference, values, NULL));
    g_assert_true (isinf (values[0]) && isinf (values[1]));
  }
  sound.frames = 800;
  summary = gen_meter_summarise (meter, NULL);
  g_assert_nonnull (json_object_get_string_member (summary, "audio-video-offset-overall-missing"));
}

/* Asked for where both are pictures, or others where both are not. */
static void
test_refused (void)
{
  static const struct {
    const char *metrics;
    gboolean with_sound;
    const char *says;
  } cases[] = {
    { "audio-video-offset", FALSE, "compares pictures with their sound" },
    { "psnr", TRUE, "of another medium" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenMeterSettings settings = { .metrics = cases[i].metrics,
      .judges = TRUE,
      .reference_medium = cases[i].with_sound ? &gen_medium_sound : NULL };
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_meter_new (&settings, &error));
    g_assert_nonnull (strstr (error->message, cases[i].says));
  }
  g_assert_true (gen_metric_find_reference_medium ("audio-video-offset") == &gen_medium_sound);
  g_assert_true (gen_metric_find_reference_medium ("psnr,ssim") == &gen_medium_picture);
  g_assert_null (gen_metric_find_reference_medium ("auto"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audio-video-offset/known", test_known);
  g_test_add_func ("/audio-video-offset/ticks", test_ticks);
  g_test_add_func ("/audio-video-offset/unlike", test_unlike);
  g_test_add_func ("/audio-video-offset/no-events", test_no_events);
  g_test_add_func ("/audio-video-offset/drifts", test_drifts);
  g_test_add_func ("/audio-video-offset/nothing", test_nothing);
  g_test_add_func ("/audio-video-offset/refused", test_refused);
  return g_test_run ();
}
