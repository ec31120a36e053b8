/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model quantize: a model in fewer bits, and what that costs and gains. */
#include <math.h>

#include <generative/onnx.h>
#include <generative/terminal.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "model-runs.h"
#include "shrink-quality.h"
#include "shrink-table.h"
#include "training-data.h"

#define DEFAULT_TO "int8"
#define DEFAULT_RANGE "min-max"
#define DEFAULT_SAMPLES 128
#define DEFAULT_JUDGED 1000
#define DEFAULT_SECONDS 1
/* Items of a run while it is looked at, where the model takes any number. */
#define BATCH 16
/* What is judged is drawn by other seeds than what ranges are found by. */
#define JUDGED_SEED 1000003

typedef struct {
  char *output, *to, *range, *location, *classes, *keep, *budget, *reference, *embedder, *report;
  int samples, judged;
  double seconds;
  gboolean json, force;
  JsonObject *said[2]; /* of the samples and of the reference */
  Preparation preparation;
  GenQuantizeSettings settings;
  GStrv kept;

  const char *path;
  const GenQuantization *way;
  Budget limit;
  GenGraph *graph;               /* as it was read */
  GenModel *model;               /* the same, with the shapes of runs */
  GenRunSet *runs, *judged_runs; /* the second may be the first */
  GenRanges *ranges;
  QualityMeter *meter;
  ShrinkTable table;
} Quantize;

static void
quantize_clear (Quantize *q)
{
  char *const texts[] = { q->output, q->to, q->range, q->location, q->classes, q->keep, q->budget,
    q->reference, q->embedder, q->report };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&q->said[i], json_object_unref);
  preparation_clear (&q->preparation);
  g_strfreev (q->kept);
  g_clear_pointer (&q->meter, quality_meter_free);
  if (q->judged_runs != q->runs)
    g_clear_pointer (&q->judged_runs, gen_run_set_free);
  g_clear_pointer (&q->runs, gen_run_set_free);
  g_clear_pointer (&q->ranges, gen_ranges_free);
  g_clear_pointer (&q->graph, gen_graph_unref);
  g_clear_pointer (&q->model, gen_model_unref);
  shrink_table_clear (&q->table);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Quantize, quantize_clear)

/* --- what goes in --- */

/* As many items in a run as are looked at at once; 0: what --shape says. */
static int
find_batch (const Quantize *q, const GenModel *model)
{
  if (q->preparation.shapes != NULL)
    return 0;
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_FLOW && model->inputs[i].batch > 0)
      return (int)model->inputs[i].batch;
  return BATCH;
}

static GenRunSet *
read_runs (Quantize *q, GenModel *model, int count, gint64 seed, GError **error)
{
  Preparation preparation = {
    .batch = find_batch (q, model), .seed = seed, .shapes = q->preparation.shapes
  };
  const ModelRunsSettings settings = { .location = q->location,
    .said = q->said[0],
    .classes = q->classes,
    .count = MAX (count, preparation.batch),
    .preparation = &preparation };

  return model_runs_read (model, &settings, "calibrate", error);
}

static gboolean
check_staged (const Quantize *q, GError **error)
{
  if (!q->model->staged)
    return TRUE;
  g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
      "shapes within it hang on what it computes: what goes on in such a model cannot be observed");
  return FALSE;
}

/* What nobody names is drawn: latents and classes, which is what generators are given, but noise is
 * no picture. */
static gboolean
check_drawn (const Quantize *q, GError **error)
{
  if (q->location != NULL || (gen_model_find_input (q->model, GEN_PORT_PICTURE) == NULL &&
                                 gen_model_find_input (q->model, GEN_PORT_SOUND) == NULL &&
                                 gen_model_find_input (q->model, GEN_PORT_FRAMES) == NULL))
    return TRUE;
  if (!q->way->observes) {
    command_warn ("what is lost is told of random numbers; --calibrate names samples");
    return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--calibrate should name pictures or sounds as the model will see them: its ranges are found "
      "on these");
  return FALSE;
}

static gboolean
read_model (Quantize *q, GError **error)
{
  const gint64 seed = q->preparation.seed;

  q->graph = gen_onnx_load (q->path, error);
  q->model = q->graph != NULL ? gen_model_load (q->path, error) : NULL;
  if (q->model == NULL || !check_staged (q, error) || !check_drawn (q, error) ||
      (q->runs = read_runs (q, q->model, q->samples, seed, error)) == NULL)
    return FALSE;
  q->judged_runs =
      q->location != NULL ? q->runs : read_runs (q, q->model, q->judged, seed + JUDGED_SEED, error);
  return q->judged_runs != NULL;
}

/* --- the budget --- */

static void
tell_asked (guint number, guint n, const char *name, gpointer data)
{
  g_autofree char *line = g_strdup_printf ("%u of %u layers: %s", number + 1, n, name);

  gen_terminal_print (data, line, number + 1 == n);
}

static GPtrArray *
rank (const Quantize *q, GError **error)
{
  GenTerminal terminal;

  gen_terminal_begin (&terminal);
  return gen_quantize_rank (q->graph, q->way, &q->settings, q->runs, tell_asked, &terminal, error);
}

/* The graph in which what was asked for and the first `n` of `ranks` stay as they are. */
static GenGraph *
make (Quantize *q, const GPtrArray *ranks, guint n, GPtrArray *layers, GError **error)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new ();
  GenQuantizeSettings settings = q->settings;

  for (guint i = 0; q->kept != NULL && q->kept[i] != NULL; i++)
    g_ptr_array_add (keep, q->kept[i]);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (keep, ((GenSensitivity *)g_ptr_array_index (ranks, i))->name);
  g_ptr_array_add (keep, NULL);
  settings.keep = keep->len > 1 ? (const char *const *)keep->pdata : NULL;
  return gen_quantize (q->graph, q->way, &settings, layers, error);
}

/* Whether the budget is kept by it. */
static gboolean
judge (Quantize *q, const GPtrArray *ranks, guint n, gboolean *keeps, GError **error)
{
  g_autoptr (GenGraph) made = make (q, ranks, n, NULL, error);
  Quality quality;

  if (made == NULL || !quality_meter_measure (q->meter, made, &quality, error))
    return FALSE;
  *keeps = budget_keeps (&q->limit, quality_meter_first (q->meter), &quality);
  return TRUE;
}

/* The fewest layers, from the most sensitive one on, without which the budget is kept: more of them
 * lose less. */
static gboolean
find_left (Quantize *q, const GPtrArray *ranks, guint *left, GError **error)
{
  guint low = 0, high = ranks->len;
  gboolean keeps;

  while (low < high) {
    const guint middle = (low + high) / 2;

    if (!judge (q, ranks, middle, &keeps, error))
      return FALSE;
    if (keeps)
      high = middle;
    else
      low = middle + 1;
  }
  if (low == ranks->len) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
        "--budget %s: no layer can be quantised without more being lost", q->budget);
    return FALSE;
  }
  *left = low;
  return TRUE;
}

/* Sensitive layers are looked for only where it takes some. */
static GenGraph *
make_within_budget (Quantize *q, GError **error)
{
  g_autoptr (GPtrArray) ranks = NULL;
  gboolean keeps = TRUE;
  guint left = 0;

  if (q->budget != NULL && !judge (q, NULL, 0, &keeps, error))
    return NULL;
  if (!keeps && ((ranks = rank (q, error)) == NULL || !find_left (q, ranks, &left, error)))
    return NULL;
  return make (q, ranks, left, q->table.layers, error);
}

/* --- telling --- */

static gboolean
add_figures (Quantize *q, const GenGraph *made, GError **error)
{
  const Quality *before = quality_meter_first (q->meter);
  Quality after;

  if (!quality_meter_measure (q->meter, made, &after, error))
    return FALSE;
  shrink_table_add (&q->table, "psnr", "dB beside the outputs before", NAN, after.psnr);
  shrink_table_add (&q->table, "sqnr", "dB", NAN, after.sqnr);
  if (q->reference != NULL)
    shrink_table_add (&q->table, "frechet", "", before->frechet, after.frechet);
  return TRUE;
}

static gboolean
tell (Quantize *q, GError **error)
{
  g_autoptr (JsonObject) told = shrink_table_to_json (&q->table, &q->preparation);

  json_object_set_string_member (told, "to", q->way->name);
  if (q->reference != NULL) {
    json_object_set_string_member (told, "features", quality_meter_features (q->meter));
    json_object_set_int_member (told, "samples", (gint64)quality_meter_count (q->meter));
  }
  if (q->json) {
    g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), told);
    g_autofree char *text = gen_json_to_text (root, TRUE);

    g_print ("%s\n", text);
  } else {
    g_print ("%s: %s of %s\n", q->output, q->way->name, q->path);
    shrink_table_print (&q->table, &q->preparation);
    if (q->reference != NULL)
      g_print ("\nfrechet is of %" G_GUINT64_FORMAT " samples by %s\n",
          quality_meter_count (q->meter), quality_meter_features (q->meter));
  }
  return q->report == NULL || shrink_table_save (told, q->report, error);
}

/* --- all of it --- */

static gboolean
read_settings (Quantize *q, GError **error)
{
  if (!q->force && g_file_test (q->output, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--output: '%s' is there already; --force replaces it", q->output);
    return FALSE;
  }
  if (q->samples < 1 || q->judged < 1 || !(q->seconds >= 0)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--samples and --judged should be 1 or more, and --seconds 0 or more");
    return FALSE;
  }
  q->way = gen_quantization_find (q->to != NULL ? q->to : DEFAULT_TO, error);
  if (q->way == NULL)
    return FALSE;
  q->settings.method = gen_range_method_find (q->range != NULL ? q->range : DEFAULT_RANGE, error);
  if (q->settings.method == NULL ||
      (q->budget != NULL && !budget_parse (&q->limit, q->budget, error)))
    return FALSE;
  if (q->budget != NULL && g_str_equal (q->limit.metric, "frechet") && q->reference == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--budget %s: the Fréchet distance is one to real samples, which --reference should name",
        q->budget);
    return FALSE;
  }
  if (q->keep != NULL)
    q->kept = g_strsplit (q->keep, ",", -1);
  q->settings.keep = (const char *const *)q->kept;
  return TRUE;
}

/* Weights that lay in a file of their own do so again. */
static gboolean
save (const Quantize *q, const GenGraph *made, GError **error)
{
  return shrink_is_apart (q->path, q->graph) ? gen_onnx_save_apart (made, q->output, error)
                                             : gen_onnx_save (made, q->output, error);
}

static gboolean
quantize (Quantize *q, GError **error)
{
  g_autoptr (GenGraph) made = NULL;

  if (!read_model (q, error) || (q->meter = quality_meter_new (q->model, q->graph, q->judged_runs,
                                     q->reference, q->said[1], q->embedder, error)) == NULL)
    return FALSE;
  if (q->way->observes) {
    q->ranges = gen_ranges_observe (q->graph, q->runs, &q->settings, error);
    q->settings.ranges = q->ranges;
    if (q->ranges == NULL)
      return FALSE;
  }
  made = make_within_budget (q, error);
  return made != NULL && add_figures (q, made, error) && save (q, made, error) &&
         shrink_table_measure (&q->table, q->path, q->output, &q->preparation, q->seconds, error) &&
         tell (q, error);
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "Ranges of activations are found on samples as the model will see them: what datasetsrc "
      "reads, "
      "an array\nof its first input (.npy), or several by the names of inputs (.npz). Latents and "
      "classes are drawn where\nnothing is named. What comes behind is said of these samples and "
      "of "
      "the reference, or of the one whose\nname is in front:\n\n"
      "  generative-model quantize ema.onnx -o small.onnx --reference=digits.png tile-width=20 "
      "tile-height=20\n\nTo:\n");

  for (const GenQuantization *const *way = gen_quantization_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nRanges:\n");
  for (const GenRangeMethod *const *way = gen_range_method_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nNames:\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  g_auto (Quantize) q = { .samples = DEFAULT_SAMPLES,
    .judged = DEFAULT_JUDGED,
    .seconds = DEFAULT_SECONDS,
    .preparation.choice = GEN_CHOICE_MEASURE,
    .settings = GEN_QUANTIZE_DEFAULTS };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &q.output, "The model to write", "OUT.onnx" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &q.to, "What it becomes (" DEFAULT_TO ")", "NAME" },
    { "calibrate", 'c', 0, G_OPTION_ARG_FILENAME, &q.location,
        "Samples as the model will see them (drawn, for models that take latents)", "LOCATION" },
    { "samples", 'n', 0, G_OPTION_ARG_INT, &q.samples, "How many of them (128)", "N" },
    { "classes", 0, 0, G_OPTION_ARG_STRING, &q.classes,
        "Classes that are drawn (all, one after the other)", "0,3,5" },
    { "range", 'r', 0, G_OPTION_ARG_STRING, &q.range, "How ranges are chosen (" DEFAULT_RANGE ")",
        "NAME" },
    { "percentile", 0, 0, G_OPTION_ARG_DOUBLE, &q.settings.percentile,
        "With --range=percentile: how much of all numbers is within (99.99)", "P" },
    { "symmetric", 0, 0, G_OPTION_ARG_NONE, &q.settings.symmetric,
        "Activations are int8 around 0, and not uint8 with a zero point", NULL },
    { "weight-bits", 0, 0, G_OPTION_ARG_INT, &q.settings.weight_bits,
        "Of int8: 8, or 7, which is faster on processors without VNNI (8)", "N" },
    { "block", 0, 0, G_OPTION_ARG_INT, &q.settings.block,
        "Of int4-weights: neighbours that share a scale (32)", "N" },
    { "keep", 'k', 0, G_OPTION_ARG_STRING, &q.keep, "Layers that stay as they are", "NAME,…" },
    { "budget", 0, 0, G_OPTION_ARG_STRING, &q.budget,
        "What may be lost: sensitive layers stay until it is kept", "frechet<3%" },
    { "reference", 0, 0, G_OPTION_ARG_FILENAME, &q.reference,
        "Real samples, or their statistics (.npz), for the Fréchet distance of what is made",
        "LOCATION" },
    { "judged", 0, 0, G_OPTION_ARG_INT, &q.judged, "How many samples are drawn to judge it (1000)",
        "N" },
    { "embedder", 0, 0, G_OPTION_ARG_FILENAME, &q.embedder, "What features of samples are made by",
        "NAME" },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &q.seconds, "How long each is timed (1)", "N" },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &q.report, "Write all of it as JSON", "FILE" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &q.json, "Print JSON", NULL },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &q.force, "Replace a file that is there already", NULL },
    PREPARATION_SHAPE_ENTRIES (q.preparation),
    { "threads", 't', 0, G_OPTION_ARG_INT, &q.preparation.threads,
        "Threads while it is timed (as many as cores)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &q.preparation.seed, "Seed of what is drawn (0)", "N" },
    { NULL },
  };
  static const char *const sets[2] = { "calibrate", "reference" };
  g_autofree char *details = describe ();
  GError *error = NULL;

  shrink_table_init (&q.table);
  if (!command_parse (&command_quantize, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  if (q.output == NULL) {
    g_printerr ("%s: --output names the model to write\n", g_get_prgname ());
    return STATUS_USAGE;
  }
  q.path = argv[1];
  if (!training_data_say_both (q.said, sets, argv + 2, &error) || !read_settings (&q, &error))
    return command_fail (error);
  return quantize (&q, &error) ? STATUS_FINE : command_fail_of (q.path, error);
}

const Command command_quantize = {
  .name = "quantize",
  .arguments = "MODEL [NAME=VALUE…]",
  .summary = "Make a model of fewer bits, and tell what it gains and loses",
  .run = run,
};
