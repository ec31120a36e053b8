/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A denoiser of samples with noise (Ho et al., "Denoising diffusion probabilistic models", 2020).
 * Each sample of a batch gets noise of a time of its own, drawn evenly from those of the schedule:
 *
 *   noisy = signal (time) * sample + noise (time) * normal numbers
 *
 * and the denoiser is told time and learns, by the mean square, what its prediction says that it
 * makes of these. What the numbers of a time are stands in one constant, of which each sample takes
 * its row. A denoiser that is told classes is told none of a share of them, so that it can be
 * guided (Ho and Salimans, "Classifier-free diffusion guidance", 2022). What is played is a sampler
 * around the denoiser (sampler.h), which its file names. */
#include <math.h>
#include <string.h>

#include <generative/random.h>
#include <generative/step.h>

#include "../../sample/sampling.h"

#define DENOISER 0
#define CLASSES "generative.classes"

enum { NOISY, TIME, INPUTS };

/* Of each time: the noisy sample, and what is to be predicted, as shares of sample and noise; how
 * much a square counts. */
enum { SIGNAL, NOISE, OF_SAMPLE, OF_NOISE, WEIGHT, COLUMNS };

/* A prediction is the output in sample = of_input * noisy + of_output * output. By `min_snr`, if
 * not 0, no sample counts more than one of that ratio of signal to noise, squared (Hang et al.,
 * "Efficient diffusion training via min-SNR weighting strategy", 2023), of which the weights of all
 * predictions follow as that of an error of the sample. What is added to the ratio lets errors at
 * much noise count, where the whole of a sample is learned; with 1, and no bound, errors of all
 * predictions count as those of v do. */
static void
fill_row (const GenTrainerSettings *settings, double squared_signal, float *row)
{
  const GenPrediction *prediction = settings->prediction;
  const double ratio = squared_signal / (1 - squared_signal), bound = settings->min_snr;
  const double signal = sqrt (squared_signal), noise = sqrt (1 - squared_signal);
  double of_input, of_output;

  prediction->weigh (signal, noise, &of_input, &of_output);
  row[SIGNAL] = (float)signal;
  row[NOISE] = (float)noise;
  row[OF_SAMPLE] = (float)((1 - of_input * signal) / of_output);
  row[OF_NOISE] = (float)(-of_input * noise / of_output);
  row[WEIGHT] = 1;
  if (bound > 0)
    row[WEIGHT] = (float)((fmin (ratio, bound) + settings->snr_offset) * of_output * of_output);
}

static GenTensor *
add_times (GenStep *step)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const GenShape shape = GEN_SHAPE (GEN_SCHEDULE_TIMES, COLUMNS);
  float *rows = g_new (float, GEN_SCHEDULE_TIMES *COLUMNS);
  double squared_signals[GEN_SCHEDULE_TIMES];

  gen_schedule_fill (settings->noise_schedule, squared_signals);
  for (int time = 0; time < GEN_SCHEDULE_TIMES; time++)
    fill_row (settings, squared_signals[time], rows + time * COLUMNS);
  return gen_graph_add_constant (gen_step_graph (step), NULL, GEN_TYPE_FLOAT32, &shape,
      g_bytes_new_take (rows, GEN_SCHEDULE_TIMES * COLUMNS * sizeof *rows));
}

/* A whole time for each sample, int64 [batch]. */
static GenTensor *
draw_times (GenStep *step, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const gint64 batch = gen_step_batch (step);
  GenTensor *drawn =
      gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1, &batch, NULL);

  if (drawn == NULL)
    return NULL;
  drawn->producer->stream = GEN_STREAM_TRAINING_TIME;
  drawn->producer->id = 0;
  drawn = gen_binary (graph, "Mul", drawn, gen_graph_float (graph, GEN_SCHEDULE_TIMES), error);
  return drawn == NULL ? NULL
                       : gen_graph_op (graph, "Cast", &drawn, 1, 1, error, "to", GEN_INT,
                             GEN_TYPE_INT64, NULL);
}

/* The columns of `table` for `times`, each [batch, 1, …], as samples have extents. */
static gboolean
choose_columns (
    GenStep *step, GenTensor *table, GenTensor *times, GenTensor **columns, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *rows = gen_binary (graph, "Gather", table, times, error);
  const gint64 rank = gen_step_samples (step)->shape.rank;
  gint64 shape[GEN_MAX_RANK];
  GenTensor *first;

  if (rows == NULL)
    return FALSE;
  first = gen_graph_op (graph, "Split", &rows, 1, COLUMNS, error, "axis", GEN_INT, 1, NULL);
  for (int d = 0; d < rank; d++)
    shape[d] = d == 0 ? gen_step_batch (step) : 1;
  for (guint i = 0; first != NULL && i < COLUMNS; i++) {
    columns[i] = gen_binary (graph, "Reshape", gen_node_output (first->producer, i),
        gen_graph_ints (graph, shape, (gsize)rank), error);
    if (columns[i] == NULL)
      return FALSE;
  }
  return first != NULL;
}

/* a * x + b * y. */
static GenTensor *
mix (GenStep *step, GenTensor *a, GenTensor *x, GenTensor *b, GenTensor *y, GError **error)
{
  GenGraph *graph = gen_step_graph (step);

  return gen_binary (graph, "Add", gen_binary (graph, "Mul", a, x, error),
      gen_binary (graph, "Mul", b, y, error), error);
}

/* Times as the denoiser takes them. */
static GenTensor *
tell_times (GenStep *step, GenTensor *times, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const GenTensor *input = g_ptr_array_index (gen_step_net (step, DENOISER)->inputs, TIME);

  if (input->type != times->type)
    times =
        gen_graph_op (graph, "Cast", &times, 1, 1, error, "to", GEN_INT, (int)input->type, NULL);
  return input->shape.rank == 1
             ? times
             : gen_binary (graph, "Reshape", times,
                   gen_graph_ints (graph, (gint64[]){ gen_step_batch (step), 1 }, 2), error);
}

/* What the denoiser is told in place of a share of the classes of samples. */
static gboolean
drop_classes (GenStep *step, GError **error)
{
  const double share = gen_step_settings (step)->label_dropout;
  const gint64 batch = gen_step_batch (step), none = gen_step_told_classes (step, DENOISER);
  GenGraph *graph = gen_step_graph (step);
  GenTensor *drawn, *dropped;

  if (none == 0 || share <= 0 || !gen_step_trains (step))
    return TRUE;
  drawn =
      gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1, &batch, NULL);
  if (drawn == NULL)
    return FALSE;
  drawn->producer->stream = GEN_STREAM_TRAINING_CLASS;
  drawn->producer->id = 0;
  dropped = gen_binary (graph, "Less", drawn, gen_graph_float (graph, (float)share), error);
  if (dropped == NULL)
    return FALSE;
  dropped = gen_graph_op (graph, "Where",
      (GenTensor *[]){ dropped, gen_graph_ints (graph, &none, 1), gen_step_labels (step) }, 3, 1,
      error, NULL);
  gen_step_tell (step, dropped);
  return dropped != NULL;
}

static gboolean
check_schedule (const GenTrainerSettings *settings, GError **error)
{
  if (settings->noise_schedule->beta != NULL)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "noise-schedule %s has no times, of which recipe diffusion draws one for each sample; "
      "linear, scaled-linear, cosine and shifted-cosine have them",
      settings->noise_schedule->name);
  return FALSE;
}

/* What a model that is trained on has learned before. */
static gboolean
check_said (const GenGraph *net, const char *key, const char *name, GError **error)
{
  g_autofree char *full = g_strconcat ("generative.", key, NULL);
  const char *said = g_hash_table_lookup (net->metadata, full);

  if (said == NULL || strcmp (said, name) == 0)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "the denoiser was trained with %s %s, as its metadata %s says, not %s", key, said, full,
      name);
  return FALSE;
}

static gboolean
check_net (GenStep *step, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const GenGraph *net = gen_step_net (step, DENOISER);
  g_autoptr (GError) reason = NULL;
  GenDenoiser found;

  if (gen_denoiser_find (net, &found, &reason) && found.noisy == NOISY && found.time == TIME)
    return check_said (net, "prediction", settings->prediction->name, error) &&
           check_said (net, "schedule", settings->noise_schedule->name, error);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the denoiser must have two inputs, noisy samples and then their times, [N] or [N, 1], and "
      "an output like the first%s%s",
      reason != NULL ? ": " : "", reason != NULL ? reason->message : "");
  return FALSE;
}

static gboolean
check_made (const GenTensor *made, const GenShape *wanted, GError **error)
{
  if (gen_shape_equal (&made->shape, wanted))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wants = gen_shape_to_string (wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the denoiser makes %s of noisy samples %s; it must make as many numbers as it takes", has,
      wants);
  return FALSE;
}

/* The mean square of `made` beside `target` of each sample, [batch]. */
static GenTensor *
square_errors (GenStep *step, GenTensor *made, GenTensor *target, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *apart = gen_binary (graph, "Sub", made, target, error);
  GenTensor *rows = gen_binary (graph, "Mul", apart, apart, error);

  rows = gen_unary (graph, "Flatten", rows, error);
  return rows == NULL ? NULL
                      : gen_graph_op (graph, "ReduceMean", &rows, 1, 1, error, "axes", GEN_INTS, 1,
                            (gint64[]){ 1 }, "keepdims", GEN_INT, 0, NULL);
}

static GenTensor *
weigh (GenStep *step, GenTensor *errors, GenTensor *weights, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const gint64 batch = gen_step_batch (step);

  if (gen_step_settings (step)->min_snr <= 0)
    return errors;
  return gen_binary (graph, "Mul", errors,
      gen_binary (graph, "Reshape", weights, gen_graph_ints (graph, &batch, 1), error), error);
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint denoiser = DENOISER;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples = gen_step_samples (step), *columns[COLUMNS];
  GenTensor *noise, *times, *noisy, *made, *target, *errors, *loss;

  if (!check_schedule (gen_step_settings (step), error) || !check_net (step, error))
    return FALSE;
  noise = gen_step_latents (step, DENOISER, error);
  times = draw_times (step, error);
  if (noise == NULL || times == NULL || !drop_classes (step, error) ||
      !choose_columns (step, add_times (step), times, columns, error))
    return FALSE;
  noisy = mix (step, columns[SIGNAL], samples, columns[NOISE], noise, error);
  made = gen_step_apply (
      step, DENOISER, (GenTensor *[INPUTS]){ noisy, tell_times (step, times, error) }, error);
  if (made == NULL || !check_made (made, &samples->shape, error))
    return FALSE;
  target = mix (step, columns[OF_SAMPLE], samples, columns[OF_NOISE], noise, error);
  made = gen_step_precise (step, made, error);
  errors = square_errors (step, made, target, error);
  errors = weigh (step, errors, columns[WEIGHT], error);
  if (errors == NULL)
    return FALSE;
  loss = gen_graph_op (graph, "ReduceMean", &errors, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_step_minimise (step, &denoiser, 1, loss, 1, error) &&
         gen_step_report (step, "loss", errors, GEN_REPORT_MEAN) &&
         gen_step_watch (step, "the denoiser's squared errors", errors);
}

/* --- what it makes --- */

static void
say (GHashTable *metadata, const char *key, const char *value)
{
  g_hash_table_insert (metadata, g_strdup (key), g_strdup (value));
}

/* What a player has to know of the denoiser. */
static void
describe (const GenTrainerSettings *settings, guint net, GHashTable *metadata)
{
  const char *range = g_hash_table_lookup (metadata, "generative.input-range");
  char guidance[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *steps = g_strdup_printf ("%d", settings->sampling_steps);

  say (metadata, "generative.sampler", gen_sampler_ddim.name);
  say (metadata, "generative.steps", steps);
  say (metadata, "generative.prediction", settings->prediction->name);
  say (metadata, "generative.schedule", settings->noise_schedule->name);
  if (g_hash_table_contains (metadata, CLASSES) && settings->label_dropout > 0)
    say (metadata, "generative.guidance",
        g_ascii_dtostr (guidance, sizeof guidance, settings->guidance));
  if (range != NULL && !g_hash_table_contains (metadata, "generative.output-range"))
    say (metadata, "generative.output-range", range);
}

/* The denoiser alone, as `wrap` wants it. */
static gboolean
make (GenStep *step, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const char *classes = g_hash_table_lookup (gen_step_net (step, DENOISER)->metadata, CLASSES);
  const GenTensor *time = g_ptr_array_index (gen_step_net (step, DENOISER)->inputs, TIME);
  const GenShape shape = gen_step_input_shape (step, DENOISER, TIME);
  GenTensor *inputs[INPUTS] = { gen_step_latents (step, DENOISER, error) };

  inputs[TIME] = gen_graph_add_input (graph, "time", time->type, &shape);
  if (classes != NULL)
    say (graph->metadata, CLASSES, classes);
  describe (gen_step_settings (step), DENOISER, graph->metadata);
  return gen_step_show (step, gen_step_apply (step, DENOISER, inputs, error));
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

static GenGraph *
wrap (const GenGraph *made, guint *runs, GError **error)
{
  g_autoptr (GenGraph) loop = NULL;
  GenSamplerSettings settings;

  if (!gen_sampling_choose (made, &(GenSamplingHints){ NULL }, &settings, error) ||
      (loop = gen_sampling_wrap (made, &settings, error)) == NULL)
    return NULL;
  *runs = (guint)settings.steps;
  return remember (loop, settings.guidance, error);
}

/* --- what it is --- */

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_denoiser, .n_inputs = INPUTS, .averaged = TRUE, .conditional = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL }, "loss/training", ", loss ", "", 4, -INFINITY },
      "loss-on-validation", "loss/validation" },
};

static gconstpointer
find_prediction (const char *name, GError **error)
{
  return gen_prediction_find (name, error);
}

static gconstpointer
find_schedule (const char *name, GError **error)
{
  return gen_schedule_find (name, error);
}

G_STATIC_ASSERT (G_STRUCT_OFFSET (GenPrediction, name) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (GenSchedule, name) == 0);

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  { .name = "prediction",
      .nick = "Prediction",
      .description = "What the denoiser learns to make of noisy samples: epsilon, v or sample",
      .type = GEN_SETTING_FAMILY,
      FIELD (prediction),
      .find = find_prediction,
      .of_learning = TRUE },
  { .name = "noise-schedule",
      .nick = "Noise schedule",
      .description = "How noisy samples are along the times: linear, scaled-linear, cosine or "
                     "shifted-cosine",
      .type = GEN_SETTING_FAMILY,
      FIELD (noise_schedule),
      .find = find_schedule,
      .of_learning = TRUE },
  { .name = "min-snr",
      .nick = "Min SNR",
      .description = "Bound of the squared ratio of signal to noise by which errors of a sample "
                     "count, such as 5 (0 = errors of what is predicted count alike)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (min_snr),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "snr-offset",
      .nick = "SNR offset",
      .description =
          "What is added to the ratio that min-snr bounds, so that errors at much noise, "
          "of which the whole of a sample is learned, count, too: 1 as those of v do",
      .type = GEN_SETTING_DOUBLE,
      FIELD (snr_offset),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "sampling-steps",
      .nick = "Sampling steps",
      .description = "How often the denoiser is run for a sample, in previews and validation and "
                     "by who plays its file",
      .type = GEN_SETTING_INT,
      FIELD (sampling_steps),
      .minimum = 1,
      .maximum = GEN_SAMPLING_MAX_STEPS },
  { .name = "label-dropout",
      .nick = "Label dropout",
      .description = "Share of the samples of whose class a conditional denoiser is not told, so "
                     "that it can be guided (0 = none: it cannot be)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (label_dropout),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "guidance",
      .nick = "Guidance",
      .description = "How far samples of a class go from what is made without one to what is made "
                     "with it, in previews and validation and by who plays the file: 1 to that, "
                     "more beyond it, where samples are more alike",
      .type = GEN_SETTING_DOUBLE,
      FIELD (guidance),
      .minimum = 0,
      .maximum = G_MAXFLOAT },
};

const GenRecipe gen_recipe_diffusion = {
  .name = "diffusion",
  .description = "A denoiser, which a sampler makes samples of noise by",
  .nets = nets,
  .data_net = DENOISER,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_LATENTS,
  .latent_net = DENOISER,
  .n_shown = 1,
  .make = make,
  .wrap = wrap,
  .describe = describe,
};
