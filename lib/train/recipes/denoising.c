/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "denoising.h"

#include <string.h>

#include <generative/random.h>

#include "../training-texts.h"

/* --- what is asked of a denoiser --- */

static gboolean
check_schedule (const GenTrainerSettings *settings, GError **error)
{
  g_autofree char *names = NULL;

  if (settings->noise_schedule->beta != NULL)
    return TRUE;
  names = gen_training_schedule_names ();
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "noise-schedule %s has no times, of which recipe %s draws one for each sample; these have "
      "them: %s",
      settings->noise_schedule->name, settings->recipe->name, names);
  return FALSE;
}

/* What a model has learned before. */
static gboolean
check_said (const GenGraph *net, const char *who, const char *key, const char *name, GError **error)
{
  g_autofree char *full = g_strconcat ("generative.", key, NULL);
  const char *said = g_hash_table_lookup (net->metadata, full);

  if (said == NULL || strcmp (said, name) == 0)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "the %s was trained with %s %s, as its metadata %s says, not %s", who, key, said, full, name);
  return FALSE;
}

gboolean
gen_denoising_check (
    const GenTrainerSettings *settings, const GenGraph *net, const char *who, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GenDenoiser found;

  if (!check_schedule (settings, error))
    return FALSE;
  if (gen_denoiser_find (net, &found, &reason) && found.noisy == GEN_DENOISER_NOISY &&
      found.time == GEN_DENOISER_TIME)
    return check_said (net, who, "prediction", settings->prediction->name, error) &&
           check_said (net, who, "schedule", settings->noise_schedule->name, error);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s must have two inputs, noisy samples and then their times, [N] or [N, 1], and "
      "an output like the first%s%s",
      who, reason != NULL ? ": " : "", reason != NULL ? reason->message : "");
  return FALSE;
}

gboolean
gen_denoising_check_made (
    const GenTensor *made, const GenShape *wanted, const char *who, GError **error)
{
  if (gen_shape_equal (&made->shape, wanted))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wants = gen_shape_to_string (wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s makes %s of noisy samples %s; it must make as many numbers as it takes", who, has,
      wants);
  return FALSE;
}

/* --- pieces of a step --- */

GenTensor *
gen_denoising_draw_times (GenStep *step, int n, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const gint64 batch = gen_step_batch (step);
  GenTensor *drawn =
      gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1, &batch, NULL);

  if (drawn == NULL)
    return NULL;
  drawn->producer->stream = GEN_STREAM_TRAINING_TIME;
  drawn->producer->id = 0;
  drawn = gen_binary (graph, "Mul", drawn, gen_graph_float (graph, (float)n), error);
  return drawn == NULL ? NULL
                       : gen_graph_op (graph, "Cast", &drawn, 1, 1, error, "to", GEN_INT,
                             GEN_TYPE_INT64, NULL);
}

gboolean
gen_denoising_choose (GenStep *step, GenTensor *table, GenTensor *places, GenTensor **columns,
    guint n, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *rows = gen_binary (graph, "Gather", table, places, error);
  const gint64 rank = gen_step_samples (step)->shape.rank;
  gint64 shape[GEN_MAX_RANK];
  GenTensor *first;

  if (rows == NULL)
    return FALSE;
  first = gen_graph_op (graph, "Split", &rows, 1, n, error, "axis", GEN_INT, 1, NULL);
  for (int d = 0; d < rank; d++)
    shape[d] = d == 0 ? gen_step_batch (step) : 1;
  for (guint i = 0; first != NULL && i < n; i++) {
    columns[i] = gen_binary (graph, "Reshape", gen_node_output (first->producer, i),
        gen_graph_ints (graph, shape, (gsize)rank), error);
    if (columns[i] == NULL)
      return FALSE;
  }
  return first != NULL;
}

GenTensor *
gen_denoising_mix (
    GenStep *step, GenTensor *a, GenTensor *x, GenTensor *b, GenTensor *y, GError **error)
{
  GenGraph *graph = gen_step_graph (step);

  return gen_binary (graph, "Add", gen_binary (graph, "Mul", a, x, error),
      gen_binary (graph, "Mul", b, y, error), error);
}

GenTensor *
gen_denoising_tell_times (GenStep *step, const GenGraph *denoiser, GenTensor *times, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const GenTensor *input = g_ptr_array_index (denoiser->inputs, GEN_DENOISER_TIME);
  const gint64 shape[] = { gen_step_batch (step), 1 };
  const gsize rank = (gsize)input->shape.rank;

  if (times != NULL && input->type != times->type)
    times =
        gen_graph_op (graph, "Cast", &times, 1, 1, error, "to", GEN_INT, (int)input->type, NULL);
  return times == NULL || times->shape.rank == input->shape.rank
             ? times
             : gen_binary (graph, "Reshape", times, gen_graph_ints (graph, shape, rank), error);
}

GenTensor *
gen_denoising_square_errors (GenStep *step, GenTensor *made, GenTensor *target, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *apart = gen_binary (graph, "Sub", made, target, error);
  GenTensor *rows = gen_binary (graph, "Mul", apart, apart, error);

  rows = gen_unary (graph, "Flatten", rows, error);
  return rows == NULL ? NULL
                      : gen_graph_op (graph, "ReduceMean", &rows, 1, 1, error, "axes", GEN_INTS, 1,
                            (gint64[]){ 1 }, "keepdims", GEN_INT, 0, NULL);
}

/* --- what it makes --- */

static void
say (GHashTable *metadata, const char *key, const char *value)
{
  g_hash_table_insert (metadata, g_strdup (key), g_strdup (value));
}

void
gen_denoising_describe (
    const GenTrainerSettings *settings, const GenSampler *sampler, GHashTable *metadata)
{
  const char *range = g_hash_table_lookup (metadata, "generative.input-range");
  const int said = settings->sampling_steps;
  g_autofree char *number = g_strdup_printf ("%d", said > 0 ? said : sampler->steps);

  say (metadata, "generative.sampler", sampler->name);
  say (metadata, "generative.steps", number);
  say (metadata, "generative.prediction", settings->prediction->name);
  say (metadata, "generative.schedule", settings->noise_schedule->name);
  if (range != NULL && !g_hash_table_contains (metadata, "generative.output-range"))
    say (metadata, "generative.output-range", range);
}

/* The denoiser alone, as `wrap` wants it. */
gboolean
gen_denoising_make (GenStep *step, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const GenTrainerSettings *settings = gen_step_settings (step);
  const GenGraph *net = gen_step_net (step, GEN_DENOISER);
  const char *classes = g_hash_table_lookup (net->metadata, GEN_DENOISING_CLASSES);
  const GenTensor *time = g_ptr_array_index (net->inputs, GEN_DENOISER_TIME);
  const GenShape shape = gen_step_input_shape (step, GEN_DENOISER, GEN_DENOISER_TIME);
  GenTensor *inputs[GEN_DENOISER_INPUTS] = { gen_step_latents (step, GEN_DENOISER, error) };

  inputs[GEN_DENOISER_TIME] = gen_graph_add_input (graph, "time", time->type, &shape);
  if (classes != NULL)
    say (graph->metadata, GEN_DENOISING_CLASSES, classes);
  settings->recipe->describe (settings, GEN_DENOISER, graph->metadata);
  return gen_step_show (step, gen_step_apply (step, GEN_DENOISER, inputs, error));
}

/* An input of the loop in the graph that plays it: of those that its outputs become a state, zeros
 * at first; how far it is guided is known. */
static GenTensor *
add_input (GenGraph *graph, const GenTensor *input, gboolean state, double guidance)
{
  const gsize size = gen_tensor_size (input);

  if (state)
    return gen_graph_add_state (
        graph, input->name, input->type, &input->shape, g_bytes_new_take (g_malloc0 (size), size));
  if (strcmp (input->name, GEN_SAMPLING_GUIDANCE) == 0)
    return gen_graph_full (graph, &input->shape, (float)guidance);
  return gen_graph_add_input (graph, input->name, input->type, &input->shape);
}

/* The loop's last inputs are what its outputs but the result become. */
static GenGraph *
remember (GenGraph *loop, double guidance, GError **error)
{
  const guint first_state = loop->inputs->len - (loop->outputs->len - 1);
  g_autoptr (GenGraph) graph = gen_graph_new (loop->name);
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, loop->inputs->len);
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, loop->outputs->len);

  for (guint i = 0; i < loop->inputs->len; i++)
    inputs[i] = add_input (graph, g_ptr_array_index (loop->inputs, i), i >= first_state, guidance);
  if (!gen_graph_append (graph, loop, NULL, inputs, outputs, NULL, error))
    return NULL;
  gen_graph_add_output (graph, outputs[0]);
  for (guint i = first_state; i < loop->inputs->len; i++)
    gen_graph_assign (graph, inputs[i], outputs[1 + i - first_state]);
  return g_steal_pointer (&graph);
}

GenGraph *
gen_denoising_wrap (const GenGraph *made, guint *runs, GError **error)
{
  g_autoptr (GenGraph) loop = NULL;
  GenSamplerSettings settings;

  if (!gen_sampling_choose (made, &(GenSamplingHints){ NULL }, &settings, error) ||
      (loop = gen_sampling_wrap (made, &settings, error)) == NULL)
    return NULL;
  *runs = (guint)settings.steps;
  return remember (loop, settings.guidance, error);
}

gboolean
gen_denoising_minimise (GenStep *step, GenTensor *errors, const char *what, GError **error)
{
  const guint denoiser = GEN_DENOISER;
  GenTensor *loss;

  if (errors == NULL)
    return FALSE;
  loss = gen_graph_op (
      gen_step_graph (step), "ReduceMean", &errors, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_step_minimise (step, &denoiser, 1, loss, 1, error) &&
         gen_step_report (step, "loss", errors, GEN_REPORT_MEAN) &&
         gen_step_watch (step, what, errors);
}

const GenRecipeNet gen_denoising_nets[] = {
  { .role = &gen_net_role_denoiser,
      .n_inputs = GEN_DENOISER_INPUTS,
      .averaged = TRUE,
      .conditional = TRUE },
  { NULL },
};

/* --- what can be said --- */

G_STATIC_ASSERT (G_STRUCT_OFFSET (GenPrediction, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenSchedule, name) == 0);

gconstpointer
gen_denoising_find_prediction (const char *name, GError **error)
{
  return gen_prediction_find (name, error);
}

gconstpointer
gen_denoising_find_schedule (const char *name, GError **error)
{
  return gen_schedule_find (name, error);
}
