/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters of a service: what is counted from several threads at once, how it is told, and what is
 * made of classes. */
#include <math.h>
#include <string.h>

#include "../../lib/serve/counters.h"

#define THREADS 4
#define TIMES 20000

static const GenCounterFamily requests = { "generative_requests_total", "Requests answered",
  GEN_COUNTER_TOTAL, { "route", "status" } };
static const GenCounterFamily sessions = { "generative_sessions", "Sessions that there are",
  GEN_COUNTER_GAUGE };
static const GenCounterFamily busy = { "generative_busy_seconds_total", "Time of work",
  GEN_COUNTER_TOTAL_SECONDS };
static const GenCounterFamily latency = { "generative_request_seconds", "How long answers took",
  GEN_COUNTER_HISTOGRAM, { "route" }, { 0.1, 1, 10 } };

static const char *const ok[] = { "/v1/models", "200" };
static const char *const odd[] = { "a \"b\"\\\n", "404" };
static const char *const models[] = { "/v1/models" };
static const char *const others[] = { "/" };

static char *
to_text (GenCounters *counters)
{
  GString *text = g_string_new (NULL);

  gen_counters_append_text (counters, text);
  return g_string_free (text, FALSE);
}

static void
test_text (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  g_autofree char *empty = to_text (counters), *text = NULL;
  GenCounter *histogram;

  g_assert_cmpstr (empty, ==, "");
  gen_counter_add (gen_counters_take (counters, &requests, ok), 3);
  gen_counter_add (gen_counters_take (counters, &requests, odd), G_GUINT64_CONSTANT (1) << 60);
  gen_counter_set (gen_counters_take (counters, &sessions, NULL), 2.5);
  gen_counter_add (gen_counters_take (counters, &busy, NULL), 1250000000);
  histogram = gen_counters_take (counters, &latency, models);
  gen_counter_observe (histogram, 1); /* the upper end belongs to a class */
  gen_counter_observe (histogram, 0.0625);
  gen_counter_observe (histogram, 64);
  text = to_text (counters);
  g_assert_cmpstr (text, ==,
      "# HELP generative_requests_total Requests answered\n"
      "# TYPE generative_requests_total counter\n"
      "generative_requests_total{route=\"/v1/models\",status=\"200\"} 3\n"
      "generative_requests_total{route=\"a \\\"b\\\"\\\\\\n\",status=\"404\"} 1152921504606846976\n"
      "# HELP generative_sessions Sessions that there are\n"
      "# TYPE generative_sessions gauge\n"
      "generative_sessions 2.5\n"
      "# HELP generative_busy_seconds_total Time of work\n"
      "# TYPE generative_busy_seconds_total counter\n"
      "generative_busy_seconds_total 1.25\n"
      "# HELP generative_request_seconds How long answers took\n"
      "# TYPE generative_request_seconds histogram\n"
      "generative_request_seconds_bucket{route=\"/v1/models\",le=\"0.1\"} 1\n"
      "generative_request_seconds_bucket{route=\"/v1/models\",le=\"1\"} 2\n"
      "generative_request_seconds_bucket{route=\"/v1/models\",le=\"10\"} 2\n"
      "generative_request_seconds_bucket{route=\"/v1/models\",le=\"+Inf\"} 3\n"
      "generative_request_seconds_sum{route=\"/v1/models\"} 65.0625\n"
      "generative_request_seconds_count{route=\"/v1/models\"} 3\n");
}

static void
test_taken (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  GenCounter *one = gen_counters_take (counters, &requests, ok);
  GenCounter *again = gen_counters_take (counters, &requests, ok);
  g_autofree char *text = NULL, *nothing = NULL;

  g_assert_true (one == again);
  g_assert_true (one != gen_counters_take (counters, &requests, odd));
  gen_counter_add (one, 1);
  gen_counter_add (again, 1);
  g_assert_cmpfloat (gen_counter_get (one), ==, 2);
  gen_counters_release (counters, one);
  text = to_text (counters);
  g_assert_nonnull (strstr (text, "status=\"200\"} 2\n"));
  gen_counters_release (counters, again);
  nothing = to_text (counters);
  g_assert_null (strstr (nothing, "status=\"200\""));
  g_assert_nonnull (strstr (nothing, "status=\"404\"} 0\n"));
}

static void
test_sum (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();

  g_assert_cmpfloat (gen_counters_sum (counters, requests.name), ==, 0);
  gen_counter_add (gen_counters_take (counters, &requests, ok), 3);
  gen_counter_add (gen_counters_take (counters, &requests, odd), 4);
  g_assert_cmpfloat (gen_counters_sum (counters, requests.name), ==, 7);
}

/* 100 within each class, so that quantiles lie on the straight lines between bounds. */
static void
test_quantile (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  GenCounter *one = gen_counters_take (counters, &latency, models);
  GenCounter *other = gen_counters_take (counters, &latency, others);
  GenCounterClasses classes, earlier;

  gen_counters_classes (counters, "generative_none_seconds", &classes);
  g_assert_null (classes.family);
  g_assert_true (isnan (gen_counter_classes_quantile (&classes, 0.5)));
  gen_counters_classes (counters, latency.name, &earlier);
  g_assert_true (isnan (gen_counter_classes_quantile (&earlier, 0.5)));
  for (guint i = 0; i < 100; i++) {
    gen_counter_observe (one, 0.05);
    gen_counter_observe (other, 0.5);
    gen_counter_observe (i % 2 ? one : other, 5);
  }
  gen_counters_classes (counters, latency.name, &classes);
  g_assert_cmpuint (classes.n, ==, 4);
  g_assert_cmpfloat_with_epsilon (classes.sum, 555, 1e-9);
  g_assert_cmpfloat_with_epsilon (gen_counter_classes_quantile (&classes, 1.0 / 6), 0.05, 1e-9);
  g_assert_cmpfloat_with_epsilon (gen_counter_classes_quantile (&classes, 0.5), 0.55, 1e-9);
  g_assert_cmpfloat_with_epsilon (gen_counter_classes_quantile (&classes, 1), 10, 1e-9);

  gen_counters_classes (counters, latency.name, &earlier);
  for (guint i = 0; i < 10; i++)
    gen_counter_observe (one, 1000);
  gen_counters_classes (counters, latency.name, &classes);
  gen_counter_classes_subtract (&classes, &earlier);
  g_assert_cmpuint (classes.observed[3], ==, 10);
  g_assert_cmpfloat_with_epsilon (classes.sum, 10000, 1e-6);
  /* Beyond the last bound. */
  g_assert_cmpfloat (gen_counter_classes_quantile (&classes, 0.5), ==, 10);
}

static gpointer
count (gpointer data)
{
  GenCounters *counters = data;
  GenCounter *total = gen_counters_take (counters, &requests, ok);
  GenCounter *gauge = gen_counters_take (counters, &sessions, NULL);
  GenCounter *histogram = gen_counters_take (counters, &latency, models);

  for (guint i = 0; i < TIMES; i++) {
    gen_counter_add (total, 2);
    gen_counter_change (gauge, i % 2 ? -1 : 1);
    gen_counter_observe (histogram, i % 4 * 0.5);
    if (i % 1000 == 0) {
      g_autofree char *text = to_text (counters);

      g_assert_nonnull (strstr (text, "generative_requests_total"));
    }
  }
  return NULL;
}

/* Nothing is lost where several count at once, and texts are made meanwhile. */
static void
test_threads (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  GThread *threads[THREADS];
  GenCounterClasses classes;

  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new ("count", count, counters);
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpfloat (gen_counters_sum (counters, requests.name), ==, 2.0 * THREADS * TIMES);
  g_assert_cmpfloat (gen_counters_sum (counters, sessions.name), ==, 0);
  g_assert_cmpfloat (gen_counters_sum (counters, latency.name), ==, 1.0 * THREADS * TIMES);
  gen_counters_classes (counters, latency.name, &classes);
  g_assert_cmpuint (classes.observed[0], ==, THREADS * TIMES / 4);
  g_assert_cmpuint (classes.observed[1], ==, THREADS * TIMES / 2);
  g_assert_cmpfloat (classes.sum, ==, 0.75 * THREADS * TIMES);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/counters/text", test_text);
  g_test_add_func ("/counters/taken", test_taken);
  g_test_add_func ("/counters/sum", test_sum);
  g_test_add_func ("/counters/quantile", test_quantile);
  g_test_add_func ("/counters/threads", test_threads);
  return g_test_run ();
}
