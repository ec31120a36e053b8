/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many replicas are wanted of a service whose load is known, asked every five seconds. */
#include <glib.h>

#include "../../lib/serve/scale-policy.h"

#include <math.h>

#define EVERY 5

/* A service that starts what is wanted and stops what is not. `load` is in replicas that are used
 * wholly. */
typedef struct {
  GenScalePolicy policy;
  guint ready, starting;
  int seconds;
  int due[64]; /* when those that start will serve */
  guint refused;
} Service;

static void
service_init (Service *service, const GenScaleSettings *settings, guint ready)
{
  *service = (Service){ .ready = ready, .seconds = 1000 };
  gen_scale_policy_init (&service->policy, settings);
}

static void
start (Service *service, guint n)
{
  const int start_up = (int)(service->policy.settings.start_up / G_USEC_PER_SEC);

  for (; n > 0; n--)
    service->due[service->starting++] = service->seconds + start_up;
}

/* All that is due serves. */
static void
advance (Service *service)
{
  guint left = 0;

  service->seconds += EVERY;
  for (guint i = 0; i < service->starting; i++)
    if (service->due[i] <= service->seconds)
      service->ready++;
    else
      service->due[left++] = service->due[i];
  service->starting = left;
}

static guint
step (Service *service, double load)
{
  GenScaleLook look = { .ready = service->ready, .starting = service->starting };
  guint wanted;

  advance (service);
  look = (GenScaleLook){ .now = service->seconds * (gint64)G_USEC_PER_SEC,
    .ready = service->ready,
    .starting = service->starting,
    .utilisation = fmin (load / service->ready, 1),
    .queue = fmax (load - service->ready, 0) * 50,
    .refused = service->refused };
  wanted = gen_scale_policy_want (&service->policy, &look);
  if (wanted > service->ready + service->starting)
    start (service, wanted - service->ready - service->starting);
  else if (service->starting == 0)
    service->ready = MAX (wanted, 1);
  return wanted;
}

static void
test_steady (void)
{
  const GenScaleSettings settings = GEN_SCALE_DEFAULTS;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  Service service;

  /* Noise of some percents changes nothing. */
  service_init (&service, &settings, 10);
  for (guint i = 0; i < 1000; i++)
    g_assert_cmpuint (step (&service, 7 * g_rand_double_range (rand, 0.97, 1.03)), ==, 10);
}

static void
test_rise (void)
{
  const GenScaleSettings settings = GEN_SCALE_DEFAULTS;
  Service service;
  guint steps = 0;

  service_init (&service, &settings, 2);
  for (guint i = 0; i < 20; i++)
    step (&service, 1.4);
  g_assert_cmpuint (service.ready, ==, 2);
  /* Ten times as much at once: what is there doubles every half a minute. */
  while (service.ready < 20 && steps++ < 100)
    step (&service, 14);
  g_assert_cmpuint (steps * EVERY, <=, 150);
  for (guint i = 0; i < 100; i++)
    step (&service, 14);
  g_assert_cmpuint (service.ready, >=, 20);
  g_assert_cmpuint (service.ready, <=, 22);
}

/* Of a load that grows steadily each has its replica in time. */
static void
test_ahead (void)
{
  const GenScaleSettings settings = GEN_SCALE_DEFAULTS;
  Service service;
  double load = 1.4;
  double most = 0;

  service_init (&service, &settings, 2);
  for (guint i = 0; i < 240; i++) {
    step (&service, load);
    /* A replica more in 40 s, when one takes 30 to start. */
    load += 0.7 * EVERY / 40.0;
    if (i > 40)
      most = fmax (most, load / service.ready);
  }
  g_assert_cmpfloat (most, <, 0.8);
}

static void
test_fall (void)
{
  const GenScaleSettings settings = GEN_SCALE_DEFAULTS;
  Service service;

  service_init (&service, &settings, 10);
  for (guint i = 0; i < 20; i++)
    step (&service, 7);
  /* Not before fewer have been enough for five minutes, */
  for (guint seconds = 0; seconds < 285; seconds += EVERY)
    g_assert_cmpuint (step (&service, 1.4), ==, 10);
  /* nor if the load comes back meanwhile. */
  step (&service, 7);
  for (guint seconds = 0; seconds < 285; seconds += EVERY)
    g_assert_cmpuint (step (&service, 1.4), ==, 10);
  for (guint seconds = 0; seconds < 40; seconds += EVERY)
    step (&service, 1.4);
  g_assert_cmpuint (service.ready, ==, 2);
  for (guint seconds = 0; seconds < 700; seconds += EVERY)
    step (&service, 0);
  g_assert_cmpuint (service.ready, ==, 1);
}

static void
test_bounds (void)
{
  GenScaleSettings settings = GEN_SCALE_DEFAULTS;
  GenScaleLook look = { .now = G_USEC_PER_SEC, .ready = 3, .utilisation = 1, .queue = 1000 };
  GenScalePolicy policy;

  settings.least = 2;
  settings.most = 5;
  gen_scale_policy_init (&policy, &settings);
  g_assert_cmpuint (gen_scale_policy_want (&policy, &look), ==, 5);
  gen_scale_policy_init (&policy, &settings);
  look = (GenScaleLook){ .now = G_USEC_PER_SEC };
  g_assert_cmpuint (gen_scale_policy_want (&policy, &look), ==, 2);
  /* More than there may be is never kept. */
  look.ready = 9;
  gen_scale_policy_init (&policy, &settings);
  g_assert_cmpuint (gen_scale_policy_want (&policy, &look), <=, 5);
}

/* Sessions that it can just hold count, though nobody has used its time yet; so does who was
 * refused. */
static void
test_sessions (void)
{
  GenScaleSettings settings = GEN_SCALE_DEFAULTS;
  GenScaleLook look = { .now = G_USEC_PER_SEC, .ready = 4, .utilisation = 0.5, .sessions = 350 };
  GenScalePolicy policy;

  settings.sessions = 100;
  gen_scale_policy_init (&policy, &settings);
  g_assert_cmpuint (gen_scale_policy_want (&policy, &look), ==, 5);
  look.sessions = 0;
  gen_scale_policy_init (&policy, &settings);
  look.refused = 1;
  g_assert_cmpuint (gen_scale_policy_want (&policy, &look), ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scale-policy/steady", test_steady);
  g_test_add_func ("/scale-policy/rise", test_rise);
  g_test_add_func ("/scale-policy/ahead", test_ahead);
  g_test_add_func ("/scale-policy/fall", test_fall);
  g_test_add_func ("/scale-policy/bounds", test_bounds);
  g_test_add_func ("/scale-policy/sessions", test_sessions);
  return g_test_run ();
}
