/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model convert: the same model in other words, which is checked by running both. */
#include <math.h>

#include <generative/convert.h>
#include <generative/onnx.h>
#include <generative/quantize.h>

#include "../lib/shrink/settle.h"
#include "../lib/shrink/trainable.h"
#include "command.h"
#include "model-runs.h"
#include "prepare.h"
#include "shrink-table.h"

/* Runs on which both are compared. */
#define RUNS 8
/* What rounding explains: of sums in another order, and of numbers of 16 bits. */
#define LEAST_SQNR 90
#define DEFAULT_SECONDS 0.5
#define LEAST_SQNR_OF_HALVES 35

typedef struct {
  char *output, *to, *layout, *report;
  double seconds;
  int opset;
  gboolean fold, apart, free_batch, trainable, no_check, force;
  char **fixed; /* of "NAME=1x3x64x64" */
  gint64 seed;

  gint64 batch; /* that was known, where it is free then; else 0 */
  const char *path;
  GenGraph *graph; /* as it was read */
  GenGraph *made;
  GPtrArray *done;   /* char *, what was done */
  GPtrArray *turned; /* char *, names of what is laid out otherwise */
  ShrinkTable table;
} Convert;

static void
convert_clear (Convert *c)
{
  g_free (c->output);
  g_free (c->to);
  g_free (c->layout);
  g_free (c->report);
  g_strfreev (c->fixed);
  g_clear_pointer (&c->graph, gen_graph_unref);
  g_clear_pointer (&c->made, gen_graph_unref);
  g_clear_pointer (&c->done, g_ptr_array_unref);
  g_clear_pointer (&c->turned, g_ptr_array_unref);
  shrink_table_clear (&c->table);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Convert, convert_clear)

static void say (Convert *c, const char *format, ...) G_GNUC_PRINTF (2, 3);
static void
say (Convert *c, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_ptr_array_add (c->done, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/* --- shapes --- */

/* `graph` with a batch of 1, and whatever extents its model is looked at with, where they are free.
 * (transfer full) */
static GenGraph *
infer (const GenGraph *graph, GError **error)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (graph);

  gen_graph_set_free_dimensions (shaped, NULL, 1);
  return gen_graph_infer (shaped, error) ? g_steal_pointer (&shaped) : NULL;
}

/* Extents of inputs that --fix names, and of outputs, as they follow from them. */
static gboolean
fix_shapes (Convert *c, GError **error)
{
  const Preparation preparation = { .shapes = c->fixed };
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GenGraph) shaped = NULL;

  if (c->fixed == NULL)
    return TRUE;
  model = gen_model_new (c->made, error);
  if (model == NULL || !preparation_fix_shapes (&preparation, model, c->made, error))
    return FALSE;
  shaped = gen_graph_copy (c->made);
  if (!gen_graph_infer (shaped, error))
    return FALSE;
  for (guint i = 0; i < c->made->outputs->len; i++)
    ((GenTensor *)c->made->outputs->pdata[i])->shape =
        ((const GenTensor *)shaped->outputs->pdata[i])->shape;
  say (c, "all extents of inputs and outputs are known");
  return TRUE;
}

static gboolean
free_batch (Convert *c, GError **error)
{
  if (!c->free_batch)
    return TRUE;
  if (!gen_graph_free_batch (c->made, &c->batch, error))
    return FALSE;
  say (c, "the batch is free, which was %" G_GINT64_FORMAT, c->batch);
  return TRUE;
}

/* --- words --- */

static gboolean
fold (Convert *c, GError **error)
{
  const guint n_nodes = c->made->nodes->len;
  g_autoptr (GenGraph) shaped = NULL;

  if (!c->fold)
    return TRUE;
  shaped = infer (c->made, error);
  if (shaped == NULL)
    return FALSE;
  gen_graph_settle (c->made, shaped);
  say (c, "%u of %u nodes were constant", n_nodes - c->made->nodes->len, n_nodes);
  return TRUE;
}

static gboolean
make_trainable (Convert *c, GError **error)
{
  int n;

  if (!c->trainable)
    return TRUE;
  n = gen_graph_make_trainable (c->made, error);
  if (n >= 0)
    say (c, "%d weights are floats that QuantizeLinear makes integers of", n);
  return n >= 0;
}

static gboolean
set_opset (Convert *c, GError **error)
{
  g_autoptr (GenGraph) shaped = NULL;

  if (c->opset == 0)
    return TRUE;
  shaped = infer (c->made, error);
  if (shaped == NULL || !gen_graph_set_opset (c->made, shaped, c->opset, error))
    return FALSE;
  say (c, "opset %d", c->opset);
  return TRUE;
}

static gboolean
set_type (Convert *c, GError **error)
{
  const GenQuantizeSettings settings = GEN_QUANTIZE_DEFAULTS;
  const GenQuantization *way;
  GenGraph *narrow;

  if (c->to == NULL)
    return TRUE;
  if (g_str_equal (c->to, "float32")) {
    say (c, "%u tensors became float32", gen_graph_widen_floats (c->made));
    return TRUE;
  }
  way = gen_quantization_find (c->to, error);
  narrow = way != NULL ? gen_quantize (c->made, way, &settings, NULL, error) : NULL;
  if (narrow == NULL)
    return FALSE;
  gen_graph_unref (c->made);
  c->made = narrow;
  say (c, "%s", way->name);
  return TRUE;
}

static gboolean
channels_last (const Convert *c)
{
  return g_strcmp0 (c->layout, "nhwc") == 0;
}

/* Pictures alone are laid out in one way or the other. */
static gboolean
turn_ports (Convert *c, GPtrArray *ports, const GenPort *kinds, gboolean last, GError **error)
{
  for (guint i = 0; i < ports->len; i++) {
    const GenTensor *port = g_ptr_array_index (ports, i);

    if (kinds[i].kind != GEN_PORT_PICTURE || port->shape.rank != 4 ||
        kinds[i].channels_last == last)
      continue;
    say (c, "'%s' has its channels %s", port->name, last ? "last" : "first");
    g_ptr_array_add (c->turned, g_strdup (port->name));
    if (!gen_graph_turn_port (c->made, g_ptr_array_index (ports, i), last, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
set_layout (Convert *c, GError **error)
{
  const gboolean last = channels_last (c);
  g_autoptr (GenModel) model = NULL;

  if (c->layout == NULL)
    return TRUE;
  model = gen_model_load (c->path, error);
  return model != NULL && turn_ports (c, c->made->inputs, model->inputs, last, error) &&
         turn_ports (c, c->made->outputs, model->outputs, last, error);
}

/* --- whether it is the same --- */

/* What was made with the ends that it had: what is laid out otherwise is turned back. */
static GenGraph *
turn_back (const Convert *c, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (c->made);

  for (guint i = 0; i < c->turned->len; i++)
    if (!gen_graph_turn_port (
            copy, gen_graph_find (copy, c->turned->pdata[i]), !channels_last (c), error))
      return NULL;
  return g_steal_pointer (&copy);
}

static GenRunSet *
draw_runs (Convert *c, GError **error)
{
  g_autoptr (GenModel) model = gen_model_load (c->path, error);
  Preparation preparation = {
    .batch = c->fixed == NULL ? 1 : 0, .seed = c->seed, .shapes = c->fixed
  };
  const ModelRunsSettings settings = { .count = RUNS, .preparation = &preparation };

  if (model == NULL)
    return NULL;
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_FLOW && model->inputs[i].batch > 1)
      preparation.batch = 0;
  return model_runs_read (model, &settings, "seed", error);
}

static gboolean
is_narrow (const GenGraph *graph)
{
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->type == GEN_TYPE_FLOAT16 || tensor->type == GEN_TYPE_BFLOAT16)
      return TRUE;
  }
  return FALSE;
}

static gboolean
check (Convert *c, GError **error)
{
  g_autoptr (GenRunSet) runs = draw_runs (c, error);
  g_autoptr (GArray) reference = NULL;
  g_autoptr (GenGraph) alike = NULL;
  const double least =
      is_narrow (c->made) || is_narrow (c->graph) ? LEAST_SQNR_OF_HALVES : LEAST_SQNR;
  GenRunDifference difference;
  double sqnr;

  if (runs == NULL || (reference = gen_run_set_record (runs, c->graph, NULL, error)) == NULL ||
      (alike = turn_back (c, error)) == NULL ||
      !gen_run_set_compare (runs, alike, reference, NULL, &difference, error))
    return FALSE;
  sqnr = gen_run_difference_sqnr (&difference);
  shrink_table_add (&c->table, "sqnr", "dB beside the outputs before", NAN, sqnr);
  if (isinf (sqnr)) {
    say (c, "checked on %u runs: equal", gen_run_set_n_runs (runs));
    return TRUE;
  }
  if (sqnr >= least) {
    say (c, "checked on %u runs: %.1f dB, the greatest difference is %.3g",
        gen_run_set_n_runs (runs), sqnr, difference.greatest);
    return TRUE;
  }
  g_set_error (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_MODEL,
      "what it makes differs from before by more than rounding does: %.1f dB on %u runs, where "
      "%.0f "
      "should be left; nothing was written",
      sqnr, gen_run_set_n_runs (runs), least);
  return FALSE;
}

/* --- all of it --- */

static gboolean
read_settings (const Convert *c, GError **error)
{
  if (c->layout != NULL && !g_str_equal (c->layout, "nchw") && !g_str_equal (c->layout, "nhwc")) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--layout is '%s', which should be nchw or nhwc", c->layout);
    return FALSE;
  }
  if (c->force || !g_file_test (c->output, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--output: '%s' is there already; --force replaces it", c->output);
  return FALSE;
}

static gboolean
save (const Convert *c, GError **error)
{
  return c->apart ? gen_onnx_save_apart (c->made, c->output, error)
                  : gen_onnx_save (c->made, c->output, error);
}

/* What both cost here. Extents that are named are those of inputs as they were. */
static gboolean
tell (Convert *c, GError **error)
{
  /* The same input would have to be named in two ways. */
  const gboolean alike = c->turned->len == 0 || c->fixed == NULL;
  const Preparation preparation = {
    .shapes = alike ? c->fixed : NULL, .batch = (int)c->batch, .choice = GEN_CHOICE_MEASURE
  };
  g_autoptr (JsonObject) told = NULL;

  g_print ("%s is %s\n", c->output, c->path);
  for (guint i = 0; i < c->done->len; i++)
    g_print ("  %s\n", (const char *)c->done->pdata[i]);
  if (c->apart)
    g_print ("  weights are in %s.data\n", c->output);
  if (!shrink_table_measure (
          &c->table, c->path, c->output, &preparation, alike ? c->seconds : 0, error))
    return FALSE;
  shrink_table_print (&c->table, &preparation);
  told = shrink_table_to_json (&c->table, &preparation);
  return c->report == NULL || shrink_table_save (told, c->report, error);
}

static gboolean
convert (Convert *c, GError **error)
{
  c->graph = gen_onnx_load (c->path, error);
  if (c->graph == NULL)
    return FALSE;
  c->made = gen_graph_copy (c->graph);
  if (!fix_shapes (c, error) || !free_batch (c, error) || !make_trainable (c, error) ||
      !fold (c, error) || !set_type (c, error) || !set_opset (c, error) || !set_layout (c, error) ||
      !(c->no_check || check (c, error)) || !save (c, error))
    return FALSE;
  return tell (c, error);
}

static int
run (int argc, char **argv)
{
  g_auto (Convert) c = { .seconds = DEFAULT_SECONDS,
    .done = g_ptr_array_new_with_free_func (g_free),
    .turned = g_ptr_array_new_with_free_func (g_free) };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &c.output, "The model to write", "OUT.onnx" },
    { "opset", 0, 0, G_OPTION_ARG_INT, &c.opset, "Opset that all of it is said in, 11 to 26", "N" },
    { "fold", 0, 0, G_OPTION_ARG_NONE, &c.fold,
        "Let what follows from constants, and from extents that are known, be constant", NULL },
    { "to", 0, 0, G_OPTION_ARG_STRING, &c.to, "Type of its numbers: float32, or as quantize has it",
        "NAME" },
    { "layout", 0, 0, G_OPTION_ARG_STRING, &c.layout,
        "Pictures at its ends: nchw, channels first, or nhwc", "NAME" },
    { "fix", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c.fixed,
        "Extents of an input that are free; all others become 1", "NAME=1x3x64x64" },
    { "free-batch", 0, 0, G_OPTION_ARG_NONE, &c.free_batch, "Take any number of items in a run",
        NULL },
    { "external-data", 0, 0, G_OPTION_ARG_NONE, &c.apart,
        "Write weights to a file beside it, which several processes share", NULL },
    { "trainable", 0, 0, G_OPTION_ARG_NONE, &c.trainable,
        "Let weights that are integers be floats, to be trained and folded again", NULL },
    { "no-check", 0, 0, G_OPTION_ARG_NONE, &c.no_check, "Do not run both and compare", NULL },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &c.seconds, "How long each is timed (0.5)", "N" },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &c.report, "Write what both cost as JSON", "FILE" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &c.seed, "Seed of what they are compared on (0)", "N" },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &c.force, "Replace a file that is there already", NULL },
    { NULL },
  };
  GError *error = NULL;

  shrink_table_init (&c.table);
  if (!command_parse (&command_convert, entries,
          "The model before and after are run on numbers drawn by chance, and nothing is written "
          "where "
          "they\ndiffer by more than rounding does. External data are read wherever they are; "
          "without "
          "--external-data\nall is one file.\n\n"
          "  generative-model convert big.onnx -o small.onnx --fold --opset=17 --layout=nhwc",
          1, 1, &argc, &argv))
    return STATUS_USAGE;
  if (c.output == NULL) {
    g_printerr ("%s: --output names the model to write\n", g_get_prgname ());
    return STATUS_USAGE;
  }
  c.path = argv[1];
  if (!read_settings (&c, &error))
    return command_fail (error);
  return convert (&c, &error) ? STATUS_FINE : command_fail_of (c.path, error);
}

const Command command_convert = {
  .name = "convert",
  .arguments = "MODEL",
  .summary = "Say a model in another opset, layout or type, and check that it is the same",
  .run = run,
};
