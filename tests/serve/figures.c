/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of a server are those of what came in. */
#include <math.h>

#include <gst/gst.h>

#include "../../tools/serve/watch/families.h"
#include "../../tools/serve/watch/figures.h"

#define SECOND G_GINT64_CONSTANT (1000000)

static double
figure (const ServeFigures *figures, const char *name)
{
  guint n;
  const GenField *fields = serve_figures_fields (figures, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return serve_figures_values (figures)[i];
  g_assert_not_reached ();
}

static const GenCounterFamily frames = { "generative_stage_frames_total", "Frames",
  GEN_COUNTER_TOTAL, { "element", "factory" } };
static const GenCounterFamily dropped = { "generative_stage_dropped_total", "Dropped",
  GEN_COUNTER_TOTAL, { "element", "factory", "reason" } };
static const GenCounterFamily quality = { "generative_quality", "Quality", GEN_COUNTER_GAUGE,
  { "element", "factory", "figure" } };

static GenCounter *
requests_of (GenCounters *counters, const char *status)
{
  return gen_counters_take (
      counters, &serve_count_requests, (const char *[]){ "/v1/models", "GET", status });
}

/* 20 requests a second, of which a fifth fails from the fifth second on. */
static void
test_figures (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  ServeFigures *figures = serve_figures_new (counters);
  GenCounter *good = requests_of (counters, "200"), *bad = requests_of (counters, "500");
  GenCounter *busy = requests_of (counters, "503");
  GenCounter *made = gen_counters_take (counters, &frames, (const char *[]){ "a", "generator" });
  GenCounter *passed = gen_counters_take (counters, &frames, (const char *[]){ "a", "queue" });
  GenCounter *lost =
      gen_counters_take (counters, &dropped, (const char *[]){ "a", "queue", "leaky" });
  GenCounter *took =
      gen_counters_take (counters, &serve_count_request_seconds, (const char *[]){ "/v1/models" });

  g_assert_true (isnan (figure (figures, "requests")));
  serve_figures_look (figures, SECOND);
  g_assert_true (isnan (figure (figures, "requests")));
  g_assert_true (isnan (figure (figures, "latency-50")));
  for (guint second = 2; second <= 30; second++) {
    gen_counter_add (good, second < 6 ? 20 : 16);
    gen_counter_add (bad, second < 6 ? 0 : 3);
    gen_counter_add (busy, second < 6 ? 0 : 1);
    gen_counter_add (made, 25);
    gen_counter_add (passed, 100);
    gen_counter_add (lost, 5);
    for (guint i = 0; i < 20; i++)
      gen_counter_observe (took, second < 15 ? 20 : 0.0015);
    serve_figures_look (figures, second * SECOND);
    g_assert_cmpfloat_with_epsilon (figure (figures, "requests"), 20, 1e-9);
    if (second == 5)
      g_assert_cmpfloat (figure (figures, "failed-share"), ==, 0);
    if (second == 7)
      g_assert_cmpfloat_with_epsilon (figure (figures, "failed-share"), 6.0 / 120, 1e-9);
  }
  /* The window is full, and what came before is forgotten. */
  g_assert_cmpfloat_with_epsilon (figure (figures, "failed-share"), 0.15, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "refused-share"), 0.05, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "frames"), 25, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "dropped"), 5, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "dropped-share"), 5.0 / 30, 1e-9);
  g_assert_cmpfloat (figure (figures, "latency-99"), >, 0.001);
  g_assert_cmpfloat (figure (figures, "latency-99"), <, 0.0025);
  serve_figures_free (figures);
}

/* A mean of those who measure it, and nothing where nobody does. */
static void
test_quality (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  ServeFigures *figures = serve_figures_new (counters);
  GenCounter *one =
      gen_counters_take (counters, &quality, (const char *[]){ "a", "qualitymeter", "brightness" });
  GenCounter *other =
      gen_counters_take (counters, &quality, (const char *[]){ "b", "qualitymeter", "brightness" });

  gen_counter_set (one, 0.25);
  gen_counter_set (other, NAN);
  serve_figures_look (figures, SECOND);
  g_assert_cmpfloat (figure (figures, "quality-brightness"), ==, 0.25);
  g_assert_true (isnan (figure (figures, "quality-contrast")));
  gen_counter_set (other, 0.75);
  serve_figures_look (figures, 2 * SECOND);
  g_assert_cmpfloat (figure (figures, "quality-brightness"), ==, 0.5);
  gen_counter_set (one, NAN);
  gen_counter_set (other, NAN);
  serve_figures_look (figures, 3 * SECOND);
  g_assert_true (isnan (figure (figures, "quality-brightness")));
  serve_figures_free (figures);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/figures/figures", test_figures);
  g_test_add_func ("/serve/figures/quality", test_quality);
  return g_test_run ();
}
