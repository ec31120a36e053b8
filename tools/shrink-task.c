/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shrink-task.h"

#include <math.h>

#include <generative/onnx.h>

#include "../lib/base/json-file.h"
#include "model-runs.h"
#include "training-data.h"

#define DEFAULT_SAMPLES 128
#define DEFAULT_JUDGED 1000
#define DEFAULT_SECONDS 1
/* Items of a run while the model is looked at, where it takes any number. */
#define BATCH 16
/* What is judged is drawn by other seeds than what decisions are made by. */
#define JUDGED_SEED 1000003

void
shrink_task_init (ShrinkTask *task)
{
  *task = (ShrinkTask){ .samples = DEFAULT_SAMPLES,
    .judged = DEFAULT_JUDGED,
    .seconds = DEFAULT_SECONDS,
    .preparation.choice = GEN_CHOICE_MEASURE };
  shrink_table_init (&task->table);
}

void
shrink_task_clear (ShrinkTask *task)
{
  char *const texts[] = { task->output, task->location, task->classes, task->reference,
    task->embedder, task->report };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  for (guint i = 0; i < G_N_ELEMENTS (task->said); i++)
    g_clear_pointer (&task->said[i], json_object_unref);
  preparation_clear (&task->preparation);
  g_clear_pointer (&task->meter, quality_meter_free);
  if (task->judged_runs != task->runs)
    g_clear_pointer (&task->judged_runs, gen_run_set_free);
  g_clear_pointer (&task->runs, gen_run_set_free);
  g_clear_pointer (&task->graph, gen_graph_unref);
  g_clear_pointer (&task->model, gen_model_unref);
  shrink_table_clear (&task->table);
}

/* --- what is asked for --- */

static gboolean
check (const ShrinkTask *task, GError **error)
{
  if (!task->force && g_file_test (task->output, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--output: '%s' is there already; --force replaces it", task->output);
    return FALSE;
  }
  if (task->samples < 1 || task->judged < 1 || !(task->seconds >= 0)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--samples and --judged should be 1 or more, and --seconds 0 or more");
    return FALSE;
  }
  return TRUE;
}

int
shrink_task_parse (ShrinkTask *task, const Command *command, const GOptionEntry *entries,
    const char *details, int argc, char **argv)
{
  static const char *const sets[2] = { "calibrate", "reference" };
  GError *error = NULL;

  if (!command_parse (command, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  if (task->output == NULL) {
    g_printerr ("%s: --output names the model to write\n", g_get_prgname ());
    return STATUS_USAGE;
  }
  task->path = argv[1];
  if (!training_data_say_both (task->said, sets, argv + 2, &error) || !check (task, &error))
    return command_fail (error);
  return STATUS_FINE;
}

/* --- the model --- */

gboolean
shrink_task_load (ShrinkTask *task, GError **error)
{
  task->graph = gen_onnx_load (task->path, error);
  task->model = task->graph != NULL ? gen_model_load (task->path, error) : NULL;
  return task->model != NULL;
}

gboolean
shrink_task_lacks_samples (const ShrinkTask *task)
{
  return task->location == NULL && (gen_model_find_input (task->model, GEN_PORT_PICTURE) != NULL ||
                                       gen_model_find_input (task->model, GEN_PORT_SOUND) != NULL ||
                                       gen_model_find_input (task->model, GEN_PORT_FRAMES) != NULL);
}

/* As many items in a run as are looked at at once; 0: what --shape says. */
static int
find_batch (const ShrinkTask *task)
{
  const GenModel *model = task->model;

  if (task->preparation.shapes != NULL)
    return 0;
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_FLOW && model->inputs[i].batch > 0)
      return (int)model->inputs[i].batch;
  return BATCH;
}

static GenRunSet *
read_runs (ShrinkTask *task, int count, gint64 seed, GError **error)
{
  Preparation preparation = {
    .batch = find_batch (task), .seed = seed, .shapes = task->preparation.shapes
  };
  const ModelRunsSettings settings = { .location = task->location,
    .said = task->said[0],
    .classes = task->classes,
    .count = MAX (count, preparation.batch),
    .preparation = &preparation };

  return model_runs_read (task->model, &settings, "calibrate", error);
}

gboolean
shrink_task_read_samples (ShrinkTask *task, GError **error)
{
  const gint64 seed = task->preparation.seed;

  task->runs = read_runs (task, task->samples, seed, error);
  if (task->runs == NULL)
    return FALSE;
  task->judged_runs = task->location != NULL
                          ? task->runs
                          : read_runs (task, task->judged, seed + JUDGED_SEED, error);
  if (task->judged_runs == NULL)
    return FALSE;
  task->meter = quality_meter_new (task->model, task->graph, task->judged_runs, task->reference,
      task->said[1], task->embedder, error);
  return task->meter != NULL;
}

/* --- what was made --- */

static gboolean
add_figures (ShrinkTask *task, const GenGraph *made, GError **error)
{
  const Quality *before = quality_meter_first (task->meter);
  Quality after;

  if (!quality_meter_measure (task->meter, made, &after, error))
    return FALSE;
  shrink_table_add (&task->table, "psnr", "dB beside the outputs before", NAN, after.psnr);
  shrink_table_add (&task->table, "sqnr", "dB", NAN, after.sqnr);
  if (task->reference != NULL)
    shrink_table_add (&task->table, "frechet", "", before->frechet, after.frechet);
  return TRUE;
}

static gboolean
save (const ShrinkTask *task, const GenGraph *made, GError **error)
{
  return shrink_is_apart (task->path, task->graph) ? gen_onnx_save_apart (made, task->output, error)
                                                   : gen_onnx_save (made, task->output, error);
}

gboolean
shrink_task_finish (ShrinkTask *task, const GenGraph *made, GError **error)
{
  return add_figures (task, made, error) && save (task, made, error) &&
         shrink_table_measure (
             &task->table, task->path, task->output, &task->preparation, task->seconds, error);
}

static void
print (const ShrinkTask *task, const char *heading)
{
  g_print ("%s\n", heading);
  shrink_table_print (&task->table, &task->preparation);
  if (task->reference != NULL)
    g_print ("\nfrechet is of %" G_GUINT64_FORMAT " samples by %s\n",
        quality_meter_count (task->meter), quality_meter_features (task->meter));
}

gboolean
shrink_task_tell (const ShrinkTask *task, const char *member, const char *way, const char *heading,
    GError **error)
{
  g_autoptr (JsonObject) told = shrink_table_to_json (&task->table, &task->preparation);

  json_object_set_string_member (told, member, way);
  if (task->reference != NULL) {
    json_object_set_string_member (told, "features", quality_meter_features (task->meter));
    json_object_set_int_member (told, "samples", (gint64)quality_meter_count (task->meter));
  }
  if (task->json) {
    g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), told);
    g_autofree char *text = gen_json_to_text (root, TRUE);

    g_print ("%s\n", text);
  } else
    print (task, heading);
  return task->report == NULL || shrink_table_save (told, task->report, error);
}
