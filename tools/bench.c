/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model bench: how fast a model runs, and what each of its operators takes. */
#include <time.h>
#include <json-glib/json-glib.h>
#include <generative/operator.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "hints.h"
#include "prepare.h"

#define MAX_RUNS 100000
#define PROFILES 30

typedef struct {
  double best, median, worst; /* seconds of a run */
  guint runs;
} Timing;

/* A step of the plan: the best of its times in several profiled runs. */
typedef struct {
  const GenNode *node;
  const char *way;
  double seconds, flops, bytes;
} Row;

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  double x = ((const Row *)a)->seconds, y = ((const Row *)b)->seconds;

  return (x < y) - (x > y);
}

static double
seconds_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

/* What is timed: a plan, or a session on inputs. */
typedef struct {
  GenPlan *plan;
  GenSession *session;
  const GenBinding *inputs;
} Runner;

static gboolean
run_once (const Runner *runner, GError **error)
{
  if (runner->plan == NULL)
    return gen_session_run (runner->session, runner->inputs, error);
  return gen_plan_run (runner->plan, error);
}

static gboolean
measure (const Runner *runner, double seconds, Timing *timing, GError **error)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  double end = seconds_now () + seconds, warm = seconds_now () + seconds / 5;

  do
    if (!run_once (runner, error))
      return FALSE;
  while (seconds_now () < warm);
  do {
    double elapsed = seconds_now ();

    if (!run_once (runner, error))
      return FALSE;
    elapsed = seconds_now () - elapsed;
    g_array_append_val (times, elapsed);
  } while (times->len < 3 || (seconds_now () < end && times->len < MAX_RUNS));
  g_array_sort (times, compare_doubles);
  timing->runs = times->len;
  timing->best = g_array_index (times, double, 0);
  timing->median = g_array_index (times, double, times->len / 2);
  timing->worst = g_array_index (times, double, times->len - 1);
  return TRUE;
}

static GArray *
profile (GenPlan *plan, GError **error)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, sizeof (Row));

  for (int run = 0; run < PROFILES; run++) {
    g_autoptr (GArray) steps = gen_plan_profile (plan, error);

    if (steps == NULL)
      return NULL;
    g_array_set_size (rows, steps->len);
    for (guint i = 0; i < steps->len; i++) {
      const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);
      Row *row = &g_array_index (rows, Row, i);

      *row = (Row){ .node = step->node,
        .way = step->way,
        .flops = step->flops,
        .bytes = step->bytes,
        .seconds = run == 0 ? step->seconds : MIN (row->seconds, step->seconds) };
    }
  }
  g_array_sort (rows, compare_rows);
  return g_steal_pointer (&rows);
}

/* --- in words --- */

static void
print_rows (const GArray *rows)
{
  double total = 0;

  for (guint i = 0; i < rows->len; i++)
    total += g_array_index (rows, Row, i).seconds;
  g_print ("\n%9s %6s %9s %7s  %-17s %s\n", "us", "share", "GFLOP/s", "GB/s", "kernel", "operator");
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);
    double seconds = MAX (row->seconds, 1e-9);

    g_print ("%9.1f %5.1f%% ", row->seconds * 1e6, 100 * row->seconds / MAX (total, 1e-9));
    if (row->flops > 0)
      g_print ("%9.1f", row->flops / seconds / 1e9);
    else
      g_print ("%9s", "");
    g_print (" %7.1f  %-17s %s", row->bytes / seconds / 1e9, row->way != NULL ? row->way : "",
        row->node->op->name);
    if (row->node->outputs->len > 0 && gen_node_output (row->node, 0) != NULL) {
      const GenTensor *output = gen_node_output (row->node, 0);
      g_autofree char *shape = gen_shape_to_string (&output->shape);

      g_print (" %s %s", output->name, shape);
    }
    g_print ("\n");
  }
}

static void
print_words (const Preparation *preparation, const Timing *timing, const GArray *rows,
    const GenPlan *plan, double items, double compile)
{
  g_autofree char *on = preparation_describe (preparation);
  g_autofree char *arena = g_format_size (gen_plan_arena_size (plan));
  g_autofree char *constants = g_format_size (gen_plan_constant_size (plan));
  double flops = 0;

  for (guint i = 0; i < rows->len; i++)
    flops += g_array_index (rows, Row, i).flops;
  g_print ("on         %s\n", on);
  g_print (
      "compiled   in %.1f ms; %s of values, %s of constants\n", compile * 1e3, arena, constants);
  g_print ("latency    %.3f ms median, %.3f best, %.3f worst of %u runs\n", timing->median * 1e3,
      timing->best * 1e3, timing->worst * 1e3, timing->runs);
  g_print ("throughput %.1f items a second, %.1f GFLOP/s\n", items / timing->median,
      flops / timing->median / 1e9);
  print_rows (rows);
}

/* --- as JSON --- */

static void
add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

static void
print_json (const Preparation *preparation, const Timing *timing, const GArray *rows,
    const GenPlan *plan, double items, double compile)
{
  g_autofree char *on = preparation_describe (preparation);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "on");
  json_builder_add_string_value (builder, on);
  add_number (builder, "batch", items);
  add_number (builder, "runs", timing->runs);
  add_number (builder, "compile", compile);
  add_number (builder, "median", timing->median);
  add_number (builder, "best", timing->best);
  add_number (builder, "worst", timing->worst);
  add_number (builder, "arena", gen_plan_arena_size (plan));
  add_number (builder, "constants", gen_plan_constant_size (plan));
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "operator");
    json_builder_add_string_value (builder, row->node->op->name);
    json_builder_set_member_name (builder, "node");
    json_builder_add_string_value (builder, row->node->name);
    if (row->way != NULL) {
      json_builder_set_member_name (builder, "kernel");
      json_builder_add_string_value (builder, row->way);
    }
    add_number (builder, "seconds", row->seconds);
    add_number (builder, "flops", row->flops);
    add_number (builder, "bytes", row->bytes);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = gen_json_to_text (root, TRUE);
  g_print ("%s\n", text);
}

/* --- models whose shapes hang on what they compute --- */

static void
print_stages (const Preparation *preparation, const Timing *timing, const GenSession *session,
    double items, gboolean json)
{
  g_autofree char *on = preparation_describe (preparation);

  if (json) {
    g_autoptr (JsonBuilder) builder = json_builder_new ();
    g_autoptr (JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "on");
    json_builder_add_string_value (builder, on);
    add_number (builder, "batch", items);
    add_number (builder, "runs", timing->runs);
    add_number (builder, "median", timing->median);
    add_number (builder, "best", timing->best);
    add_number (builder, "worst", timing->worst);
    add_number (builder, "plans", gen_session_n_plans (session));
    json_builder_end_object (builder);
    root = json_builder_get_root (builder);
    text = gen_json_to_text (root, TRUE);
    g_print ("%s\n", text);
    return;
  }
  g_print ("on         %s\n", on);
  g_print ("stages     %u plans, for its shapes hang on what it computes\n",
      gen_session_n_plans (session));
  g_print ("latency    %.3f ms median, %.3f best, %.3f worst of %u runs\n", timing->median * 1e3,
      timing->best * 1e3, timing->worst * 1e3, timing->runs);
  g_print ("throughput %.1f items a second\n", items / timing->median);
}

static gboolean
bench_session (const Preparation *preparation, const GenModel *model, double seconds, gboolean json,
    GError **error)
{
  GenGraph *graph = model->graph;
  g_autoptr (GenSession) session = preparation_open (preparation, graph, error);
  g_autoptr (GPtrArray) memory = g_ptr_array_new_with_free_func (g_free);
  g_autofree GenBinding *inputs = g_new0 (GenBinding, graph->inputs->len + 1);
  Runner runner = { .session = session, .inputs = inputs };
  Timing timing;

  if (session == NULL)
    return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    inputs[i] = gen_session_input (session, i);
    inputs[i].data = preparation_allocate (&inputs[i], error);
    if (inputs[i].data == NULL)
      return FALSE;
    g_ptr_array_add (memory, inputs[i].data);
    if (!preparation_fill (preparation, model, i, &inputs[i], error))
      return FALSE;
  }
  if (!measure (&runner, seconds, &timing, error))
    return FALSE;
  print_stages (preparation, &timing, session,
      graph->inputs->len > 0 && inputs[0].shape.rank > 0 ? inputs[0].shape.dims[0] : 1, json);
  return TRUE;
}

/* --- all of it --- */

static gboolean
bench_plan (const Preparation *preparation, const GenModel *model, GenPlan *plan, double compile,
    double seconds, gboolean json, GError **error)
{
  Runner runner = { .plan = plan };
  g_autoptr (GArray) rows = NULL;
  double items = 1;
  Timing timing;

  for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
    if (!preparation_fill (preparation, model, i, gen_plan_input (plan, i), error))
      return FALSE;
  if (gen_plan_n_inputs (plan) > 0 && gen_plan_input (plan, 0)->shape.rank > 0)
    items = gen_plan_input (plan, 0)->shape.dims[0];
  if (!measure (&runner, seconds, &timing, error))
    return FALSE;
  rows = profile (plan, error);
  if (rows == NULL)
    return FALSE;
  if (json)
    print_json (preparation, &timing, rows, plan, items, compile);
  else
    print_words (preparation, &timing, rows, plan, items, compile);
  return TRUE;
}

static gboolean
bench (
    GenModel *model, const Preparation *preparation, double seconds, gboolean json, GError **error)
{
  GenGraph *graph = model->graph;
  g_autoptr (GenGraph) shaped = NULL;
  g_autoptr (GenPlan) plan = NULL;
  double compile;

  if (!preparation_fix_model (preparation, model, error))
    return FALSE;
  shaped = gen_graph_copy (graph);
  if (!gen_graph_infer (shaped, NULL))
    return bench_session (preparation, model, seconds, json, error);
  compile = seconds_now ();
  plan = preparation_compile (preparation, graph, error);
  compile = seconds_now () - compile;
  return plan != NULL && bench_plan (preparation, model, plan, compile, seconds, json, error);
}

static int
run (int argc, char **argv)
{
  g_auto (Preparation) preparation = { .choice = GEN_CHOICE_MEASURE };
  g_auto (Hints) hints = { 0 };
  g_autoptr (GenModel) model = NULL;
  double seconds = 2;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "How long to measure (2)", "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print JSON; times are in seconds", NULL },
    HINTS_ENTRIES (hints),
    PREPARATION_ENTRIES (preparation),
    { NULL },
  };
  GError *error = NULL;

  if (!command_parse (&command_bench, entries,
          "Inputs are random, but for states, which are zeros, and parameters that are said. The "
          "table has what is left after fusion, a line each step, its best "
          "time of several runs, with the arithmetic and the memory traffic that it reaches.",
          1, 1, &argc, &argv))
    return STATUS_USAGE;
  model = hints_load (&hints, argv[1], &error);
  if (model == NULL || !bench (model, &preparation, CLAMP (seconds, 0, 3600), json, &error))
    return command_fail_of (argv[1], error);
  return STATUS_FINE;
}

const Command command_bench = {
  .name = "bench",
  .arguments = "MODEL",
  .summary = "Time a model, and each of its operators",
  .run = run,
};
