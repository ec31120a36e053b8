/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model prune: a model without some of its channels, or with zeros among its weights,
 * and what that costs and gains. */
#include <math.h>

#include <generative/channel-choice.h>
#include <generative/channel-criterion.h>
#include <generative/onnx.h>
#include <generative/weight-mask.h>

#include "../lib/base/json-file.h"
#include "../lib/shrink/settle.h"
#include "command.h"
#include "model-runs.h"
#include "shrink-quality.h"
#include "shrink-table.h"
#include "training-data.h"

#define DEFAULT_CRITERION "l2"
#define DEFAULT_SAMPLES 128
#define DEFAULT_JUDGED 1000
#define DEFAULT_SECONDS 1
/* Items of a run while the model is looked at, where it takes any number. */
#define BATCH 16
/* What is judged is drawn by other seeds than what channels are chosen by. */
#define JUDGED_SEED 1000003

typedef struct {
  char *output, *criterion, *of, *mask, *location, *classes, *keep, *reference, *embedder, *report;
  char **limits;
  int samples, judged;
  double seconds, least_sqnr;
  gboolean json, force;
  JsonObject *said[2]; /* of the samples and of the reference */
  Preparation preparation;
  GenChannelChoice choice;

  const char *path;
  const GenChannelCriterion *way;
  const GenWeightMask *zeros; /* NULL: channels go */
  GArray *limit_list;         /* of GenChannelLimit */
  GStrv kept;
  GenGraph *graph; /* as it was read */
  GenModel *model; /* the same, with the shapes of runs */
  GenRunSet *runs, *judged_runs;
  QualityMeter *meter;
  ShrinkTable table;
} Prune;

static void
limit_clear (gpointer data)
{
  g_free (((GenChannelLimit *)data)->pattern);
}

static void
prune_clear (Prune *p)
{
  char *const texts[] = { p->output, p->criterion, p->of, p->mask, p->location, p->classes, p->keep,
    p->reference, p->embedder, p->report };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&p->said[i], json_object_unref);
  preparation_clear (&p->preparation);
  g_strfreev (p->limits);
  g_strfreev (p->kept);
  g_clear_pointer (&p->limit_list, g_array_unref);
  g_clear_pointer (&p->meter, quality_meter_free);
  if (p->judged_runs != p->runs)
    g_clear_pointer (&p->judged_runs, gen_run_set_free);
  g_clear_pointer (&p->runs, gen_run_set_free);
  g_clear_pointer (&p->graph, gen_graph_unref);
  g_clear_pointer (&p->model, gen_model_unref);
  shrink_table_clear (&p->table);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Prune, prune_clear)

/* --- what is asked for --- */

static gboolean
fail_option (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

static void
add_limit (Prune *p, const char *pattern, double ratio)
{
  const GenChannelLimit limit = { g_strdup (pattern), ratio };

  g_array_append_val (p->limit_list, limit);
}

/* "up1*=0.25" */
static gboolean
read_limit (Prune *p, const char *text, GError **error)
{
  const char *equals = strrchr (text, '=');
  g_autofree char *pattern = equals != NULL ? g_strndup (text, (gsize)(equals - text)) : NULL;
  char *end = NULL;
  const double ratio = equals != NULL ? g_ascii_strtod (equals + 1, &end) : 0;

  if (equals == NULL || end == equals + 1 || *end != '\0' || *pattern == '\0') {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--limit '%s' should be the name of a weight, or a pattern, and the share of its channels "
        "that may go, such as up1*=0.25",
        text);
    return FALSE;
  }
  add_limit (p, pattern, ratio);
  return TRUE;
}

static gboolean
read_limits (Prune *p, GError **error)
{
  p->limit_list = g_array_new (FALSE, FALSE, sizeof (GenChannelLimit));
  g_array_set_clear_func (p->limit_list, limit_clear);
  for (char **limit = p->limits; limit != NULL && *limit != NULL; limit++)
    if (!read_limit (p, *limit, error))
      return FALSE;
  p->kept = p->keep != NULL ? g_strsplit (p->keep, ",", -1) : NULL;
  for (char **name = p->kept; name != NULL && *name != NULL; name++)
    add_limit (p, *name, 0);
  return TRUE;
}

static gboolean
read_measure (Prune *p, GError **error)
{
  static const char *const names[] = { "channels", "parameters", "flops", NULL };

  for (guint i = 0; names[i] != NULL; i++)
    if (p->of == NULL || g_str_equal (p->of, names[i])) {
      p->choice.measure = (GenChannelMeasure)i;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--of is '%s', which should be one of channels, parameters, flops", p->of);
  return FALSE;
}

static gboolean
read_settings (Prune *p, GError **error)
{
  if (!p->force && g_file_test (p->output, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--output: '%s' is there already; --force replaces it", p->output);
    return FALSE;
  }
  if (p->samples < 1 || p->judged < 1 || !(p->seconds >= 0))
    return fail_option (
        error, "--samples and --judged should be 1 or more, and --seconds 0 or more");
  if (p->mask != NULL && (p->criterion != NULL || p->of != NULL || p->limits != NULL ||
                             p->choice.across || p->least_sqnr > 0))
    return fail_option (error, "--zeros leaves all channels: --criterion, --of, --limit, --across "
                               "and --least-sqnr are for "
                               "those that go");
  p->way =
      gen_channel_criterion_find (p->criterion != NULL ? p->criterion : DEFAULT_CRITERION, error);
  if (p->way == NULL ||
      (p->mask != NULL && (p->zeros = gen_weight_mask_find (p->mask, error)) == NULL))
    return FALSE;
  return read_measure (p, error) && read_limits (p, error);
}

/* --- the model --- */

static int
find_batch (const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_FLOW && model->inputs[i].batch > 0)
      return (int)model->inputs[i].batch;
  return BATCH;
}

static GenRunSet *
read_runs (Prune *p, int count, gint64 seed, GError **error)
{
  Preparation preparation = {
    .batch = find_batch (p->model), .seed = seed, .shapes = p->preparation.shapes
  };
  const ModelRunsSettings settings = { .location = p->location,
    .said = p->said[0],
    .classes = p->classes,
    .count = MAX (count, preparation.batch),
    .preparation = &preparation };

  return model_runs_read (p->model, &settings, "calibrate", error);
}

static void
check_drawn (const Prune *p)
{
  if (p->location == NULL && (gen_model_find_input (p->model, GEN_PORT_PICTURE) != NULL ||
                                 gen_model_find_input (p->model, GEN_PORT_SOUND) != NULL ||
                                 gen_model_find_input (p->model, GEN_PORT_FRAMES) != NULL))
    command_warn ("what is lost is told of random numbers; --calibrate names samples");
}

static gboolean
read_model (Prune *p, GError **error)
{
  const gint64 seed = p->preparation.seed;

  p->graph = gen_onnx_load (p->path, error);
  p->model = p->graph != NULL ? gen_model_load (p->path, error) : NULL;
  if (p->model == NULL)
    return FALSE;
  if (p->model->staged) {
    g_set_error_literal (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL,
        "shapes within it hang on what it computes: which channels it has cannot be known before");
    return FALSE;
  }
  check_drawn (p);
  p->runs = read_runs (p, p->samples, seed, error);
  if (p->runs == NULL)
    return FALSE;
  p->judged_runs =
      p->location != NULL ? p->runs : read_runs (p, p->judged, seed + JUDGED_SEED, error);
  return p->judged_runs != NULL;
}

/* A copy of the graph with the shapes of runs. */
static GenGraph *
infer (const Prune *p, GError **error)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (p->graph);

  for (guint i = 0; i < gen_run_set_n_inputs (p->runs); i++) {
    const GenBinding *binding = gen_run_set_input (p->runs, i);
    GenTensor *input = gen_graph_find (shaped, binding->name);

    if (input != NULL && !gen_graph_set_input_shape (shaped, input, &binding->shape, error))
      return NULL;
  }
  return gen_graph_infer (shaped, error) ? g_steal_pointer (&shaped) : NULL;
}

/* --- channels --- */

/* Groups that cost more than may be lost stay, and others are chosen from anew. */
static gboolean
leave_sensitive (Prune *p, const GenChannels *channels, const double *sqnrs)
{
  const guint n = p->limit_list->len;

  for (guint g = 0; g < gen_channels_n_groups (channels); g++)
    if (sqnrs[g] < p->least_sqnr)
      add_limit (p, gen_channels_group (channels, g)->name, 0);
  return p->limit_list->len > n;
}

static gboolean
choose (Prune *p, const GenChannels *channels, const double *scores, gboolean *gone, GError **error)
{
  p->choice.limits = (const GenChannelLimit *)p->limit_list->data;
  p->choice.n_limits = p->limit_list->len;
  return gen_channels_choose (channels, scores, &p->choice, gone, error);
}

static GenGraph *
cut_channels (Prune *p, const GenChannels *channels, GError **error)
{
  g_autofree double *scores = g_new0 (double, gen_channels_count (channels));
  g_autofree double *sqnrs = g_new0 (double, gen_channels_n_groups (channels));
  g_autofree gboolean *gone = g_new0 (gboolean, gen_channels_count (channels));

  if (!p->way->score (channels, p->runs, scores, error) ||
      !choose (p, channels, scores, gone, error) ||
      !gen_channels_rank (channels, gone, p->runs, sqnrs, error))
    return NULL;
  if (p->least_sqnr > 0 && leave_sensitive (p, channels, sqnrs) &&
      !(choose (p, channels, scores, gone, error) &&
          gen_channels_rank (channels, gone, p->runs, sqnrs, error)))
    return NULL;
  gen_channels_tell (channels, gone, sqnrs, p->table.layers);
  return gen_channels_cut (channels, gone, error);
}

static GenGraph *
prune_channels (Prune *p, GError **error)
{
  g_autoptr (GenGraph) shaped = infer (p, error), settled = NULL;
  g_autoptr (GenChannels) channels = NULL;

  if (shaped == NULL)
    return NULL;
  settled = gen_graph_copy (p->graph);
  gen_graph_settle (settled, shaped);
  gen_graph_part_constants (settled);
  channels = gen_channels_find (settled, shaped, error);
  return channels != NULL ? cut_channels (p, channels, error) : NULL;
}

static GenGraph *
make (Prune *p, GError **error)
{
  if (p->zeros == NULL)
    return prune_channels (p, error);
  return gen_weight_mask_apply (
      p->graph, p->zeros, p->choice.ratio, (const char *const *)p->kept, p->table.layers, error);
}

/* --- telling --- */

static gboolean
add_figures (Prune *p, const GenGraph *made, GError **error)
{
  const Quality *before = quality_meter_first (p->meter);
  Quality after;

  if (!quality_meter_measure (p->meter, made, &after, error))
    return FALSE;
  shrink_table_add (&p->table, "psnr", "dB beside the outputs before", NAN, after.psnr);
  shrink_table_add (&p->table, "sqnr", "dB", NAN, after.sqnr);
  if (p->reference != NULL)
    shrink_table_add (&p->table, "frechet", "", before->frechet, after.frechet);
  return TRUE;
}

static void
print_words (const Prune *p)
{
  if (p->zeros != NULL)
    g_print ("%s: zeros in %s (%s), as large and as fast as before\n", p->output, p->path,
        p->zeros->name);
  else
    g_print ("%s: %s without the channels that are worth least by %s\n", p->output, p->path,
        p->way->name);
  shrink_table_print (&p->table, &p->preparation);
  if (p->reference != NULL)
    g_print ("\nfrechet is of %" G_GUINT64_FORMAT " samples by %s\n",
        quality_meter_count (p->meter), quality_meter_features (p->meter));
}

static gboolean
tell (Prune *p, GError **error)
{
  g_autoptr (JsonObject) told = shrink_table_to_json (&p->table, &p->preparation);

  json_object_set_string_member (told, p->zeros != NULL ? "zeros" : "criterion",
      p->zeros != NULL ? p->zeros->name : p->way->name);
  if (p->json) {
    g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), told);
    g_autofree char *text = gen_json_to_text (root, TRUE);

    g_print ("%s\n", text);
  } else
    print_words (p);
  return p->report == NULL || shrink_table_save (told, p->report, error);
}

/* --- all of it --- */

/* Weights stay where they were: in the model, or beside it. */
static gboolean
save (const Prune *p, const GenGraph *made, GError **error)
{
  return shrink_is_apart (p->path, p->graph) ? gen_onnx_save_apart (made, p->output, error)
                                             : gen_onnx_save (made, p->output, error);
}

static gboolean
prune (Prune *p, GError **error)
{
  g_autoptr (GenGraph) made = NULL;

  if (!read_model (p, error) || (p->meter = quality_meter_new (p->model, p->graph, p->judged_runs,
                                     p->reference, p->said[1], p->embedder, error)) == NULL)
    return FALSE;
  made = make (p, error);
  return made != NULL && add_figures (p, made, error) && save (p, made, error) &&
         shrink_table_measure (&p->table, p->path, p->output, &p->preparation, p->seconds, error) &&
         tell (p, error);
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "Channels that go leave nothing behind: the model is dense, and has the inputs and outputs "
      "that "
      "it had. It\nhas to be trained on, by recipe generator-distillation or as it was trained.\n\n"
      "  generative-model prune ema.onnx -o half.onnx --ratio=0.5 --round-to=8\n\nCriteria:\n");

  for (const GenChannelCriterion *const *way = gen_channel_criterion_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nZeros:\n");
  for (const GenWeightMask *const *way = gen_weight_mask_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nNames:\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  g_auto (Prune) p = { .samples = DEFAULT_SAMPLES,
    .judged = DEFAULT_JUDGED,
    .seconds = DEFAULT_SECONDS,
    .preparation.choice = GEN_CHOICE_MEASURE,
    .choice = GEN_CHANNEL_CHOICE_DEFAULTS };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &p.output, "The model to write", "OUT.onnx" },
    { "ratio", 'r', 0, G_OPTION_ARG_DOUBLE, &p.choice.ratio, "The share that goes (0.5)", "SHARE" },
    { "of", 0, 0, G_OPTION_ARG_STRING, &p.of,
        "Of what: channels of each layer, parameters or flops (channels)", "NAME" },
    { "criterion", 'c', 0, G_OPTION_ARG_STRING, &p.criterion,
        "What a channel is worth (" DEFAULT_CRITERION ")", "NAME" },
    { "across", 0, 0, G_OPTION_ARG_NONE, &p.choice.across,
        "Compare channels of all layers, and not those of one alone", NULL },
    { "round-to", 0, 0, G_OPTION_ARG_INT, &p.choice.round_to,
        "What is left of a layer is a multiple of it (1)", "N" },
    { "most", 0, 0, G_OPTION_ARG_DOUBLE, &p.choice.most,
        "The share of a layer's channels that may go (0.9)", "SHARE" },
    { "limit", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &p.limits,
        "The same of layers whose weights are called so", "NAME=SHARE" },
    { "keep", 'k', 0, G_OPTION_ARG_STRING, &p.keep, "Layers whose channels stay, by their weights",
        "NAME,…" },
    { "least-sqnr", 0, 0, G_OPTION_ARG_DOUBLE, &p.least_sqnr,
        "Leave layers whose loss alone brings the outputs below it", "DB" },
    { "zeros", 'z', 0, G_OPTION_ARG_STRING, &p.mask,
        "Let single weights be zero, and all channels stay", "NAME" },
    { "calibrate", 0, 0, G_OPTION_ARG_FILENAME, &p.location,
        "Samples as the model will see them (drawn, for models that take latents)", "LOCATION" },
    { "samples", 'n', 0, G_OPTION_ARG_INT, &p.samples, "How many of them (128)", "N" },
    { "classes", 0, 0, G_OPTION_ARG_STRING, &p.classes,
        "Classes that are drawn (all, one after the other)", "0,3,5" },
    { "reference", 0, 0, G_OPTION_ARG_FILENAME, &p.reference,
        "Real samples, or their statistics (.npz), for the Fréchet distance of what is made",
        "LOCATION" },
    { "judged", 0, 0, G_OPTION_ARG_INT, &p.judged, "How many samples are drawn to judge it (1000)",
        "N" },
    { "embedder", 0, 0, G_OPTION_ARG_FILENAME, &p.embedder, "What features of samples are made by",
        "NAME" },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &p.seconds, "How long each is timed (1)", "N" },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &p.report, "Write all of it as JSON", "FILE" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &p.json, "Print JSON", NULL },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &p.force, "Replace a file that is there already", NULL },
    PREPARATION_SHAPE_ENTRIES (p.preparation),
    { "threads", 't', 0, G_OPTION_ARG_INT, &p.preparation.threads,
        "Threads while it is timed (as many as cores)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &p.preparation.seed, "Seed of what is drawn (0)", "N" },
    { NULL },
  };
  static const char *const sets[2] = { "calibrate", "reference" };
  g_autofree char *details = describe ();
  GError *error = NULL;

  shrink_table_init (&p.table);
  if (!command_parse (&command_prune, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  if (p.output == NULL) {
    g_printerr ("%s: --output names the model to write\n", g_get_prgname ());
    return STATUS_USAGE;
  }
  p.path = argv[1];
  if (!training_data_say_both (p.said, sets, argv + 2, &error) || !read_settings (&p, &error))
    return command_fail (error);
  return prune (&p, &error) ? STATUS_FINE : command_fail_of (p.path, error);
}

const Command command_prune = {
  .name = "prune",
  .arguments = "MODEL [NAME=VALUE…]",
  .summary = "Make a model smaller by channels that are worth little, and tell what it loses",
  .run = run,
};
