/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often clients may ask, and how long those who guess have to wait. */
#include <glib.h>

#include "../../lib/serve/attempts.h"
#include "../../lib/serve/rate-limit.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

/* How many of `n` requests, `interval` apart, are let through. */
static int
count_taken (GenRateLimit *limit, const char *client, int n, gint64 interval, gint64 *now)
{
  int taken = 0;

  for (int i = 0; i < n; i++, *now += interval)
    taken += gen_rate_limit_take (limit, client, *now) == 0;
  return taken;
}

static void
test_burst (void)
{
  g_autoptr (GenRateLimit) limit = gen_rate_limit_new (60, 10);
  gint64 now = 17 * SECOND;

  /* A sixth at once; then one a second. */
  g_assert_cmpint (count_taken (limit, "a", 50, 0, &now), ==, 10);
  g_assert_cmpint (gen_rate_limit_take (limit, "a", now), ==, 1);
  now += SECOND;
  g_assert_cmpint (count_taken (limit, "a", 5, 0, &now), ==, 1);
  /* Others are not touched by it. */
  g_assert_cmpint (count_taken (limit, "b", 50, 0, &now), ==, 10);
  /* Who waits has all of it again. */
  now += 60 * SECOND;
  g_assert_cmpint (count_taken (limit, "a", 50, 0, &now), ==, 10);
}

static void
test_rate (void)
{
  g_autoptr (GenRateLimit) limit = gen_rate_limit_new (600, 10);
  gint64 now = 0;
  const int taken = count_taken (limit, "a", 60000, SECOND / 100, &now);

  /* Ten minutes of a hundred a second: ten a second of them, and what may come at once. */
  g_assert_cmpint (taken, >=, 6000);
  g_assert_cmpint (taken, <=, 6100);
}

/* Who is told to wait for so long is let through then, and not long before. */
static void
test_wait (void)
{
  static const double rates[] = { 1, 7, 30, 60, 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_autoptr (GenRateLimit) limit = gen_rate_limit_new (rates[i], 10);
    gint64 now = 5;
    int wait = 0;

    while (wait == 0)
      wait = gen_rate_limit_take (limit, "a", now);
    g_assert_cmpint (gen_rate_limit_take (limit, "a", now + wait * SECOND), ==, 0);
    g_assert_cmpint (gen_rate_limit_take (limit, "a", now), >, 0);
  }
}

static void
test_no_limit (void)
{
  g_autoptr (GenRateLimit) limit = gen_rate_limit_new (0, 10);
  gint64 now = 0;

  g_assert_cmpint (count_taken (limit, "a", 100000, 0, &now), ==, 100000);
  gen_rate_limit_set (limit, 6);
  g_assert_cmpint (count_taken (limit, "a", 100, 0, &now), ==, 5);
  gen_rate_limit_set (limit, 0);
  g_assert_cmpint (count_taken (limit, "a", 100, 0, &now), ==, 100);
}

/* A client among thousands of others is forgotten no earlier than those before it, and memory is
 * bounded. */
static void
test_clients (void)
{
  g_autoptr (GenRateLimit) limit = gen_rate_limit_new (60, 100);
  gint64 now = 0;

  g_assert_cmpint (count_taken (limit, "a", 10, 0, &now), ==, 10);
  for (int i = 0; i < 99; i++) {
    g_autofree char *client = g_strdup_printf ("other %d", i);

    g_assert_cmpint (gen_rate_limit_take (limit, client, now), ==, 0);
  }
  g_assert_cmpint (gen_rate_limit_take (limit, "a", now), >, 0);
  for (int i = 0; i < 10000; i++) {
    g_autofree char *client = g_strdup_printf ("further %d", i);

    g_assert_cmpint (gen_rate_limit_take (limit, client, now), ==, 0);
  }
  g_assert_cmpint (gen_rate_limit_take (limit, "a", now), ==, 0);
}

static void
test_attempts (void)
{
  g_autoptr (GenAttempts) attempts = gen_attempts_new ();
  gint64 now = 3;
  int last = 0;

  for (int i = 0; i < 5; i++) {
    g_assert_cmpint (gen_attempts_wait (attempts, "a", now), ==, 0);
    gen_attempts_fail (attempts, "a", now);
  }
  for (int i = 0; i < 12; i++) {
    const int wait = gen_attempts_wait (attempts, "a", now);

    g_assert_cmpint (wait, >=, last);
    g_assert_cmpint (wait, <=, 601);
    g_assert_cmpint (gen_attempts_wait (attempts, "b", now), ==, 0);
    now += wait * SECOND;
    g_assert_cmpint (gen_attempts_wait (attempts, "a", now), ==, 0);
    gen_attempts_fail (attempts, "a", now);
    last = wait;
  }
  g_assert_cmpint (last, >=, 600);
  gen_attempts_clear (attempts, "a");
  g_assert_cmpint (gen_attempts_wait (attempts, "a", now), ==, 0);
}

/* Whoever has many addresses drives nobody's out that guesses still. */
static void
test_addresses (void)
{
  g_autoptr (GenAttempts) attempts = gen_attempts_new ();
  gint64 now = 0;

  for (int i = 0; i < 5000; i++, now++) {
    g_autofree char *address = g_strdup_printf ("address %d", i);

    gen_attempts_fail (attempts, address, now);
    gen_attempts_fail (attempts, "a", now);
  }
  g_assert_cmpint (gen_attempts_wait (attempts, "a", now), >, 500);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/rate/burst", test_burst);
  g_test_add_func ("/serve/rate/rate", test_rate);
  g_test_add_func ("/serve/rate/wait", test_wait);
  g_test_add_func ("/serve/rate/no-limit", test_no_limit);
  g_test_add_func ("/serve/rate/clients", test_clients);
  g_test_add_func ("/serve/attempts/wait", test_attempts);
  g_test_add_func ("/serve/attempts/addresses", test_addresses);
  return g_test_run ();
}
