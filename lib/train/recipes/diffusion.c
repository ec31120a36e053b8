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

#include <generative/random.h>

#include "attacked.h"
#include "denoising.h"

#define NAME "denoiser"

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

/* What the denoiser is told in place of a share of the classes of samples. */
static gboolean
drop_classes (GenStep *step, GError **error)
{
  const double share = gen_step_settings (step)->label_dropout;
  const gint64 batch = gen_step_batch (step), none = gen_step_told_classes (step, GEN_DENOISER);
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

/* What the denoiser is asked, and what it should answer. */
typedef struct {
  GenTensor *times, *target, *weights;
} Question;

/* The errors of what is made of `noisy`, [batch]: what attacks raise, too, of noisy samples, which
 * are any numbers. */
static GenTensor *
find_errors (GenStep *step, GenTensor *noisy, gpointer data, GError **error)
{
  const GenGraph *net = gen_step_net (step, GEN_DENOISER);
  const Question *question = data;
  GenTensor *made;

  if (noisy == NULL)
    return NULL;
  made = gen_step_apply (step, GEN_DENOISER,
      (GenTensor *[]){ noisy, gen_denoising_tell_times (step, net, question->times, error) },
      error);
  if (made == NULL ||
      !gen_denoising_check_made (made, &gen_step_samples (step)->shape, NAME, error))
    return NULL;
  made = gen_step_precise (step, made, error);
  made = gen_denoising_square_errors (step, made, question->target, error);
  return weigh (step, made, question->weights, error);
}

static gboolean
build (GenStep *step, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const GenGraph *net = gen_step_net (step, GEN_DENOISER);
  GenTensor *samples = gen_step_samples (step), *columns[COLUMNS];
  GenTensor *noise, *noisy, *errors;
  Question question;

  if (!gen_denoising_check (settings, net, NAME, error))
    return FALSE;
  noise = gen_step_latents (step, GEN_DENOISER, error);
  question.times = gen_denoising_draw_times (step, GEN_SCHEDULE_TIMES, error);
  if (noise == NULL || question.times == NULL || !drop_classes (step, error) ||
      !gen_denoising_choose (step, add_times (step), question.times, columns, COLUMNS, error))
    return FALSE;
  noisy = gen_denoising_mix (step, columns[SIGNAL], samples, columns[NOISE], noise, error);
  question.target =
      gen_denoising_mix (step, columns[OF_SAMPLE], samples, columns[OF_NOISE], noise, error);
  question.weights = columns[WEIGHT];
  if (noisy == NULL || question.target == NULL)
    return FALSE;
  errors = find_errors (
      step, gen_attacked (step, noisy, FALSE, find_errors, &question, error), &question, error);
  return gen_denoising_minimise (step, errors, "the denoiser's squared errors", error) &&
         gen_attacked_report (step, noisy, FALSE, find_errors, &question, error);
}

static void
describe (const GenTrainerSettings *settings, guint net, GHashTable *metadata)
{
  char guidance[G_ASCII_DTOSTR_BUF_SIZE];

  gen_denoising_describe (settings, &gen_sampler_ddim, metadata);
  if (g_hash_table_contains (metadata, GEN_DENOISING_CLASSES) && settings->label_dropout > 0)
    g_hash_table_insert (metadata, g_strdup ("generative.guidance"),
        g_strdup (g_ascii_dtostr (guidance, sizeof guidance, settings->guidance)));
}

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenRecipeFigure figures[] = { GEN_DENOISING_FIGURE, GEN_ATTACKED_FIGURE };

static const GenSetting settings[] = {
  GEN_DENOISING_SETTINGS,
  GEN_ATTACKED_SETTINGS,
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
      .of_learning = TRUE,
      .with = (const char *const[]){ "min-snr", NULL } },
  GEN_SAMPLING_STEPS_SETTING,
  { .name = "label-dropout",
      .nick = "Label dropout",
      .description = "Share of the samples of whose class a conditional denoiser is not told, so "
                     "that it can be guided (0 = none: it cannot be)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (label_dropout),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE,
      .with = (const char *const[]){ "conditional", NULL } },
  { .name = "guidance",
      .nick = "Guidance",
      .description = "How far samples of a class go from what is made without one to what is made "
                     "with it, in previews and validation and by who plays the file: 1 to that, "
                     "more beyond it, where samples are more alike",
      .type = GEN_SETTING_DOUBLE,
      FIELD (guidance),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .with = (const char *const[]){ "conditional", NULL } },
};

const GenRecipe gen_recipe_diffusion = {
  .name = "diffusion",
  .description = "A denoiser, which a sampler makes samples of noise by",
  .nets = gen_denoising_nets,
  .data_net = GEN_DENOISER,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_LATENTS,
  .latent_net = GEN_DENOISER,
  .n_shown = 1,
  .sampler = &gen_sampler_ddim,
  .make = gen_denoising_make,
  .wrap = gen_denoising_wrap,
  .describe = describe,
};
