/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policies of serving together, on a simulated day: what holds whatever comes. */
#include "../benchmarks/simulate.h"

#include <math.h>

/* Of dense layers: eight frames take little more than one. */
static const CoreModel dense = {
  .run = { [1] = 1000, [2] = 1050, [4] = 1150, [8] = 1350 }, .frame = 100, .rate = 25
};

static DaySettings
settings_of (const CoreTable *table)
{
  DaySettings settings = { .sessions = 1500,
    .hours = 24,
    .length = 180,
    .tail = 1.5,
    .cores = 2,
    .seed = 1,
    .scale = GEN_SCALE_DEFAULTS };

  settings.scale.least = 2;
  settings.scale.sessions = table->capacity * settings.cores;
  return settings;
}

static void
assert_all_went_somewhere (const DayFigures *day)
{
  g_assert_cmpuint (day->arrived, ==, day->finished + day->refused + day->lost + day->there);
  g_assert_cmpuint (day->arrived, >, 10000);
}

/* Hours of nodes that would do if all were used as is aimed at. */
static double
ideal_hours (const DayFigures *day, const DaySettings *settings)
{
  double hours = 0;

  for (guint i = 0; i < day->hourly->len; i++) {
    const Hour *hour = &g_array_index (day->hourly, Hour, i);

    hours += fmax (settings->scale.least,
        hour->sessions / (settings->scale.sessions * settings->scale.target));
  }
  return hours;
}

/* Runs that are shared let a core hold more, and nobody waits longer than it is allowed to where
 * there is time. */
static void
test_core (gconstpointer data)
{
  const CoreTable *shared = data;
  CoreModel alone = dense;
  CoreTable single;
  CoreFigures few, many;

  alone.run[2] = alone.run[4] = alone.run[8] = 0;
  single = simulate_table (&alone, 1);
  g_assert_cmpuint (shared->capacity, >, 2 * single.capacity);
  simulate_core (&dense, 4, 30, 1, &few);
  g_assert_cmpfloat (few.dropped, ==, 0);
  /* 5 ms at most for others, and a run that is held up besides. */
  g_assert_cmpfloat (find_quantile (few.latencies, 0.95), <, 9);
  simulate_core (&dense, shared->capacity, 30, 1, &many);
  g_assert_cmpfloat (many.batch, >, 4);
  g_assert_cmpfloat (many.dropped, <, 0.002);
  /* Too many: each loses some, and all go on. */
  simulate_core (&dense, 3 * shared->capacity, 5, 1, &many);
  g_assert_cmpfloat (many.dropped, >, 0.4);
  g_assert_cmpfloat (many.utilisation, >, 0.99);
  core_table_clear (&single);
}

static void
test_day (gconstpointer data)
{
  const CoreTable *table = data;
  const DaySettings settings = settings_of (table);
  DayFigures day;

  simulate_day (table, dense.rate, &settings, &day);
  assert_all_went_somewhere (&day);
  g_assert_cmpuint (day.refused, <, day.arrived / 1000);
  g_assert_cmpuint (day.lost, ==, 0);
  g_assert_cmpfloat (day.dropped, <, day.frames / 1000);
  /* And not by nodes that nobody needs. */
  g_assert_cmpfloat (day.node_hours, <, 1.5 * ideal_hours (&day, &settings));
  g_array_unref (day.hourly);
}

/* Nodes that fail every two hours: others take their sessions. */
static void
test_failures (gconstpointer data)
{
  const CoreTable *table = data;
  DaySettings settings = settings_of (table);
  DayFigures day;

  settings.failures = 2;
  simulate_day (table, dense.rate, &settings, &day);
  assert_all_went_somewhere (&day);
  g_assert_cmpuint (day.moved, >, 1000);
  g_assert_cmpuint (day.lost, <, day.moved / 20);
  g_assert_cmpuint (day.refused, <, day.arrived / 200);
  g_array_unref (day.hourly);
}

/* Too few that stay as many refuse who comes, and keep who is there well. */
static void
test_fixed (gconstpointer data)
{
  const CoreTable *table = data;
  DaySettings settings = settings_of (table);
  DayFigures day;

  settings.fixed = 2;
  simulate_day (table, dense.rate, &settings, &day);
  assert_all_went_somewhere (&day);
  g_assert_cmpuint (day.refused, >, day.arrived / 20);
  g_assert_cmpuint (day.most_nodes, ==, 2);
  g_assert_cmpfloat (day.dropped, <, day.frames / 200);
  g_array_unref (day.hourly);
}

int
main (int argc, char **argv)
{
  CoreTable table = simulate_table (&dense, 1);
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/serving-day/core", &table, test_core);
  g_test_add_data_func ("/serving-day/day", &table, test_day);
  g_test_add_data_func ("/serving-day/failures", &table, test_failures);
  g_test_add_data_func ("/serving-day/fixed", &table, test_fixed);
  result = g_test_run ();
  core_table_clear (&table);
  return result;
}
