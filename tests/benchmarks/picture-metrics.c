/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What metrics of pictures cost: of frames of 1920 by 1080 in grey, and of those that look at
 * colour in RGB, milliseconds of processor time for a frame, the least of several rounds.
 *
 *   picture-metrics [FRAMES [METRIC...]]
 *
 * Metrics of one frame, and of a frame and what it should be; those of sets of features have
 * set-metrics.py. */
#include <generative/metric.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 1920
#define HEIGHT 1080
#define SCENES 4
#define ROUNDS 5

static double
processor_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Shapes that move, and a little noise. */
static void
draw (GenPicture *picture, int scene)
{
  guint32 noise = (guint32)scene + 1;

  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width * picture->channels; x++) {
      const int at = x / picture->channels + 5 * scene;

      noise = noise * 1664525u + 1013904223u;
      picture->data[y * picture->stride + x] =
          (guint8)((at / 9 + y / 7 + 60 * ((at / 200 + y / 200) % 2) + (int)(noise >> 29)) % 256);
    }
}

static gboolean
is_of_frames (const GenMetric *metric)
{
  return (metric->medium == NULL || metric->medium == &gen_medium_picture) &&
         !metric->needs_reference && !metric->needs_classifier &&
         (metric->measure != NULL || metric->judge != NULL);
}

static gboolean
is_asked_for (const char *name, int argc, char **argv)
{
  for (int i = 2; i < argc; i++)
    if (g_str_equal (argv[i], name))
      return TRUE;
  return argc <= 2;
}

/* Missing where the metric wants something of its own, a model perhaps. */
static double
measure (const GenMetric *metric, const GenSample *scenes, int frames)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = gen_meter_new (
      &(GenMeterSettings){
          .medium = &gen_medium_picture, .metrics = metric->name, .judges = metric->judge != NULL },
      &error);
  g_autofree double *values = NULL;
  double least = G_MAXDOUBLE;
  guint n;

  if (meter == NULL)
    return GEN_MISSING;
  gen_meter_fields (meter, &n);
  values = g_new (double, n);
  for (int round = 0; round < ROUNDS; round++) {
    const double began = processor_ms ();

    for (int i = 0; i < frames; i++) {
      const GenSample *frame = &scenes[i % SCENES], *other = &scenes[(i + 1) % SCENES];

      g_assert_true (metric->judge != NULL ? gen_meter_judge (meter, frame, other, values, &error)
                                           : gen_meter_measure (meter, frame, values, &error));
    }
    least = MIN (least, (processor_ms () - began) / frames);
  }
  return least;
}

int
main (int argc, char **argv)
{
  const int frames = argc > 1 ? atoi (argv[1]) : 20;
  GenSample scenes[2][SCENES] = { 0 };

  for (int c = 0; c < 2; c++)
    for (int i = 0; i < SCENES; i++) {
      gen_sample_init (
          &scenes[c][i], &(GenFormat){ &gen_medium_picture, WIDTH, HEIGHT, c == 0 ? 1 : 3 });
      draw (&scenes[c][i].picture, i);
    }
  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    if (is_of_frames (*metric) && is_asked_for ((*metric)->name, argc, argv))
      g_print ("%-22s %7.3f ms\n", (*metric)->name,
          measure (*metric, scenes[(*metric)->in_colour], frames));
  for (int c = 0; c < 2; c++)
    for (int i = 0; i < SCENES; i++)
      gen_sample_clear (&scenes[c][i]);
  return 0;
}
