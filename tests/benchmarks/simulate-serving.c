/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A day of a service, simulated by the very policies that serve, on nodes as shared-speed has
 * measured one: with runs that sessions share, and without.
 *
 *   simulate-serving FIGURES.json [NAME=NUMBER …]
 *
 * Names are sessions (at once, at the busiest time: 10000), hours (24), length (of a session in
 * seconds, on average: 180), tail (of their lengths, Pareto's alpha: 1.5), cores (of a node: 8),
 * failures (hours between those of a node, 0 for none: 24), nodes (so many all the time, 0: as the
 * policy wants), price (of a node's hour: 0.4) and seed (1). */
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate.h"

static void
require (gboolean fine, const GError *error, const char *what)
{
  if (fine && error == NULL)
    return;
  g_printerr ("%s%s%s\n", what, error != NULL ? ": " : "", error != NULL ? error->message : "");
  exit (1);
}

/* --- settings --- */

typedef struct {
  double sessions, hours, length, tail, cores, failures, nodes, price, seed;
} Options;

static void
read_option (Options *options, const char *text)
{
  const struct {
    const char *name;
    double *number, least;
  } known[] = { { "sessions", &options->sessions, 1 }, { "hours", &options->hours, 0.01 },
    { "length", &options->length, 1 }, { "tail", &options->tail, 1.01 },
    { "cores", &options->cores, 1 }, { "failures", &options->failures, 0 },
    { "nodes", &options->nodes, 0 }, { "price", &options->price, 0 },
    { "seed", &options->seed, 0 } };
  const char *value = strchr (text, '=');

  for (guint i = 0; i < G_N_ELEMENTS (known) && value != NULL; i++)
    if (strlen (known[i].name) == (gsize)(value - text) && g_str_has_prefix (text, known[i].name)) {
      *known[i].number = g_ascii_strtod (value + 1, NULL);
      require (*known[i].number >= known[i].least, NULL, text);
      return;
    }
  require (FALSE, NULL,
      "NAME=NUMBER of sessions, hours, length, tail, cores, failures, nodes, "
      "price and seed");
}

static double
get_number (JsonObject *object, const char *name)
{
  require (object != NULL && json_object_has_member (object, name), NULL, name);
  return json_object_get_double_member (object, name);
}

/* Of what shared-speed has printed. */
typedef struct {
  CoreModel alone, shared;
  double sessions, measured; /* of how many; and microseconds a frame that these took, shared */
} Measured;

/* By the model, under the load that was measured. */
static double
time_frame (const CoreModel *model, double sessions)
{
  CoreFigures figures;

  simulate_core (model, (guint)sessions, 20, 1, &figures);
  return 1e6 * figures.utilisation / (sessions * model->rate * (1 - figures.dropped));
}

/* What a frame takes besides its run: waking each other, too, is in what was measured. */
static void
fit (Measured *of)
{
  for (guint i = 0; i < 4; i++)
    of->shared.frame =
        fmax (of->shared.frame + of->measured - time_frame (&of->shared, of->sessions), 0);
}

static void
read_figures (const char *path, Measured *of)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  CoreModel *model = &of->alone;
  JsonObject *root, *runs;

  *of = (Measured){ 0 };
  json_parser_load_from_file (parser, path, &error);
  require (error == NULL, error, path);
  root = json_node_get_object (json_parser_get_root (parser));
  runs = json_object_get_object_member (root, "runs");
  model->rate = get_number (root, "rate");
  model->run[1] = get_number (runs, "1");
  model->frame = fmax (
      get_number (json_object_get_object_member (root, "one-process"), "microseconds-a-frame") -
          model->run[1],
      0);
  of->shared = *model;
  for (guint size = 2; size <= MOST_FRAMES; size++) {
    g_autofree char *name = g_strdup_printf ("%u", size);

    if (json_object_has_member (runs, name))
      of->shared.run[size] = json_object_get_double_member (runs, name);
  }
  of->sessions = get_number (root, "sessions");
  of->measured =
      get_number (json_object_get_object_member (root, "shared"), "microseconds-a-frame");
  fit (of);
}

/* --- results --- */

static void
print_latencies (const double *latencies)
{
  printf ("p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, p99.9 %.1f ms\n", find_quantile (latencies, 0.5),
      find_quantile (latencies, 0.95), find_quantile (latencies, 0.99),
      find_quantile (latencies, 0.999));
}

static void
print_core (const CoreTable *table, const CoreModel *model)
{
  const CoreFigures full = core_table_look_up (table, table->capacity);

  printf (
      "  a core holds %u sessions at %g frames a second: %.0f%% of its time, %.1f frames a run, ",
      table->capacity, model->rate, 100 * full.utilisation, full.batch);
  print_latencies (full.latencies);
}

static void
print_day (const DayFigures *day, double price)
{
  printf ("  hour  sessions   nodes  wanted    used  refused\n");
  for (guint i = 0; i < day->hourly->len; i++) {
    const Hour *hour = &g_array_index (day->hourly, Hour, i);

    printf ("  %4u  %8.0f  %6.1f  %6.1f  %5.0f%%  %7" G_GUINT64_FORMAT "\n", i, hour->sessions,
        hour->nodes, hour->wanted, 100 * hour->utilisation, hour->refused);
  }
  printf ("  sessions: %" G_GUINT64_FORMAT " came, at most %u at once; %" G_GUINT64_FORMAT
          " refused (%.3f%%), %" G_GUINT64_FORMAT
          " moved from nodes that stopped or failed, %" G_GUINT64_FORMAT " lost with them\n",
      day->arrived, day->most_sessions, day->refused, 100.0 * day->refused / MAX (day->arrived, 1),
      day->moved, day->lost);
  printf ("  frames: %.0f million, %.4f%% dropped, ", day->frames / 1e6,
      100 * day->dropped / fmax (day->frames + day->dropped, 1));
  print_latencies (day->latencies);
  printf ("  nodes: at most %u, %.0f hours, cost %.2f\n", day->most_nodes, day->node_hours,
      day->node_hours * price);
}

static double
simulate (const char *name, const CoreModel *model, const Options *options)
{
  CoreTable table = simulate_table (model, (guint64)options->seed);
  DaySettings settings = { .sessions = options->sessions,
    .hours = options->hours,
    .length = options->length,
    .tail = options->tail,
    .failures = options->failures,
    .cores = (guint)options->cores,
    .fixed = (guint)options->nodes,
    .seed = (guint64)options->seed,
    .scale = GEN_SCALE_DEFAULTS };
  DayFigures day;

  printf ("%s\n", name);
  require (table.capacity > 0, NULL, "a core does not hold a single session");
  print_core (&table, model);
  settings.scale.sessions = table.capacity * settings.cores;
  settings.scale.most = 10000;
  settings.scale.least = 2;
  simulate_day (&table, model->rate, &settings, &day);
  print_day (&day, options->price);
  require (day.arrived == day.finished + day.refused + day.lost + day.there, NULL,
      "sessions have come that went nowhere");
  g_array_unref (day.hourly);
  core_table_clear (&table);
  return day.node_hours;
}

int
main (int argc, char **argv)
{
  Options options = { .sessions = 10000,
    .hours = 24,
    .length = 180,
    .tail = 1.5,
    .cores = 8,
    .failures = 24,
    .price = 0.4,
    .seed = 1 };
  Measured measured;
  double with, without;

  require (argc > 1, NULL, "simulate-serving FIGURES.json [NAME=NUMBER …]");
  for (int i = 2; i < argc; i++)
    read_option (&options, argv[i]);
  read_figures (argv[1], &measured);
  printf ("of %g sessions that share runs a frame takes %.0f us of a core as measured, and %.0f by "
          "the model\n",
      measured.sessions, measured.measured, time_frame (&measured.shared, measured.sessions));
  with = simulate ("shared runs", &measured.shared, &options);
  without = simulate ("each by itself", &measured.alone, &options);
  printf ("shared runs take %.2f times fewer hours of nodes\n", without / with);
  return 0;
}
