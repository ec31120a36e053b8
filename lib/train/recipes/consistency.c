/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A denoiser that sees in a sample with any noise the one at the end of its way, so that a few
 * steps of a sampler are enough (Song et al., "Consistency Models", 2023). Times are some of the
 * schedule's, evenly spaced, and each sample of a batch gets noise of one of them:
 *
 *   noisy = signal (t) * sample + noise (t) * normal numbers
 *
 * A trained denoiser, the teacher, tells what it takes for the sample there, and so where a step of
 * DDIM ends at the time before, s. What the student sees at both is to be the same, and what it, or
 * the moving average of its weights, sees at s counts as a constant; at the end of the way, where
 * there is no noise, that is the sample as it is, by which all else follows. Of a teacher that is
 * guided the student learns what it makes with guidance (Luo et al., "Latent Consistency Models",
 * 2023). Without a teacher the data's own sample takes the place of what the teacher sees: the mean
 * over the samples that the noisy one may be of is the same.
 *
 * Apart are both by the pseudo-Huber distance of Song and Dhariwal, "Improved techniques for
 * training consistency models", 2023: sqrt (|a - b|^2 + c^2) - c, here of means over a sample's
 * numbers. The net is no other than a denoiser, and what it predicts stays what that was, so that
 * it begins with the teacher's weights and is played as that is, by another sampler. */
#include <math.h>

#include <generative/operator.h>

#include "denoising.h"
#include "teaching.h"

#define STUDENT "denoiser"
#define TEACHER "teacher"

/* c of the distance, per number. The 0.00054 of the paper is for millions of steps: so near to a
 * plain norm, gradients have the same size however small the error, and with few steps what is left
 * is fine grain that grows. */
#define BEND 0.1

/* Of each time: what it and the time before are as the net is told them; the noisy sample as shares
 * of sample and noise; that of the time before as shares of the noisy one and of what is taken for
 * the sample; and how samples are seen in what is predicted, at both. */
enum {
  TIME,
  TIME_BEFORE,
  SIGNAL,
  NOISE,
  KEPT,
  OF_SAMPLE,
  OF_INPUT,
  OF_OUTPUT,
  OF_INPUT_BEFORE,
  OF_OUTPUT_BEFORE,
  COLUMNS
};

/* `before` is NULL where what comes before has no noise. */
static void
fill_row (const GenPrediction *prediction, const GenNoiseLevel *now, const GenNoiseLevel *before,
    float *row)
{
  const GenNoiseLevel end = { .signal = 1, .noise = 0 }, *next = before != NULL ? before : &end;
  const double kept = next->noise / now->noise;
  double of_input, of_output, of_input_before = 1, of_output_before = 0;

  prediction->weigh (now->signal, now->noise, &of_input, &of_output);
  if (before != NULL)
    prediction->weigh (before->signal, before->noise, &of_input_before, &of_output_before);
  row[TIME] = (float)now->time;
  row[TIME_BEFORE] = (float)next->time;
  row[SIGNAL] = (float)now->signal;
  row[NOISE] = (float)now->noise;
  row[KEPT] = (float)kept;
  row[OF_SAMPLE] = (float)(next->signal - kept * now->signal);
  row[OF_INPUT] = (float)of_input;
  row[OF_OUTPUT] = (float)of_output;
  row[OF_INPUT_BEFORE] = (float)of_input_before;
  row[OF_OUTPUT_BEFORE] = (float)of_output_before;
}

/* From the last time to the first. */
static GenTensor *
add_times (GenStep *step)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const int n = settings->consistency_times;
  const gsize size = (gsize)n * COLUMNS * sizeof (float);
  g_autofree GenNoiseLevel *levels = g_new (GenNoiseLevel, n);
  float *rows = g_malloc (size);
  double squared_signals[GEN_SCHEDULE_TIMES];

  gen_schedule_fill (settings->noise_schedule, squared_signals);
  for (int i = 0; i < n; i++) {
    const int time = gen_schedule_time (i, n);

    levels[i] = (GenNoiseLevel){ .signal = sqrt (squared_signals[time]),
      .noise = sqrt (1 - squared_signals[time]),
      .time = time };
  }
  for (int i = 0; i < n; i++)
    fill_row (
        settings->prediction, &levels[i], i + 1 < n ? &levels[i + 1] : NULL, rows + i * COLUMNS);
  return gen_graph_add_constant (gen_step_graph (step), NULL, GEN_TYPE_FLOAT32,
      &GEN_SHAPE (n, COLUMNS), g_bytes_new_take (rows, size));
}

/* --- the teacher --- */

static gboolean
check_teacher (GenStep *step, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const gint64 told = gen_step_told_classes (step, GEN_DENOISER);
  const GenGraph *teacher = settings->teacher;
  const char *classes;
  gint64 n = 0;

  if (teacher == NULL)
    return TRUE;
  if (!gen_denoising_check (settings, teacher, TEACHER, error))
    return FALSE;
  classes = g_hash_table_lookup (teacher->metadata, GEN_DENOISING_CLASSES);
  if (classes != NULL)
    g_ascii_string_to_signed (classes, 10, 0, G_MAXINT32, &n, NULL);
  if (n == told && teacher->inputs->len == GEN_DENOISER_INPUTS + (told > 0))
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the teacher has %u inputs and is told of %" G_GINT64_FORMAT
      " classes, and the denoiser, which is told of %" G_GINT64_FORMAT
      ", can learn of one with %d inputs and as many classes",
      teacher->inputs->len, n, told, GEN_DENOISER_INPUTS + (told > 0));
  return FALSE;
}

/* Classes as the teacher takes them. */
static GenTensor *
fit_classes (GenStep *step, GenTensor *classes, GError **error)
{
  const GenGraph *teacher = gen_step_settings (step)->teacher;
  const GenTensor *input = g_ptr_array_index (teacher->inputs, GEN_DENOISER_INPUTS);
  const gint64 shape[] = { gen_step_batch (step), 1 };
  GenGraph *graph = gen_step_graph (step);

  if (input->type != classes->type)
    classes =
        gen_graph_op (graph, "Cast", &classes, 1, 1, error, "to", GEN_INT, (int)input->type, NULL);
  return gen_binary (graph, "Reshape", classes,
      gen_graph_ints (graph, shape, (gsize)MIN (input->shape.rank, 2)), error);
}

/* What the teacher predicts; `classes` is NULL where it is told none. */
static GenTensor *
predict (GenStep *step, GenTensor *noisy, GenTensor *times, GenTensor *classes, GHashTable *map,
    GError **error)
{
  const GenGraph *teacher = gen_step_settings (step)->teacher;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, teacher->outputs->len);
  GenTensor *inputs[GEN_DENOISER_INPUTS + 1] = { noisy,
    gen_denoising_tell_times (step, teacher, times, error) };

  if (classes != NULL)
    inputs[GEN_DENOISER_INPUTS] = fit_classes (step, classes, error);
  for (guint i = 0; i < teacher->inputs->len; i++)
    if (inputs[i] == NULL)
      return NULL;
  if (!gen_graph_append (gen_step_graph (step), teacher, "teacher.", inputs, outputs, map, error)) {
    g_prefix_error_literal (error, "teacher-model: ");
    return NULL;
  }
  return gen_denoising_check_made (outputs[0], &noisy->shape, TEACHER, error) ? outputs[0] : NULL;
}

/* The number that stands for no class, for each sample. */
static GenTensor *
add_none (GenStep *step)
{
  const gint64 n = gen_step_batch (step);
  g_autofree gint64 *none = g_new (gint64, n);

  for (gint64 i = 0; i < n; i++)
    none[i] = gen_step_told_classes (step, GEN_DENOISER);
  return gen_graph_ints (gen_step_graph (step), none, (gsize)n);
}

static gboolean
is_guided (const GenTrainerSettings *settings)
{
  return settings->teacher_guidance != 1 &&
         g_hash_table_contains (settings->teacher->metadata, "generative.guidance");
}

/* The same of the classes of the samples, as far towards them as the guidance says. */
static GenTensor *
ask_teacher (GenStep *step, GenTensor *noisy, GenTensor *times, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const gboolean told = gen_step_told_classes (step, GEN_DENOISER) > 0;
  g_autoptr (GHashTable) map = g_hash_table_new (NULL, NULL);
  GenGraph *graph = gen_step_graph (step);
  GenTensor *made, *none;

  made = predict (step, noisy, times, told ? gen_step_labels (step) : NULL, map, error);
  if (made == NULL || !told || !is_guided (settings))
    return made;
  none = predict (step, noisy, times, add_none (step), map, error);
  if (none == NULL)
    return NULL;
  return gen_denoising_mix (step, gen_graph_float (graph, (float)settings->teacher_guidance), made,
      gen_graph_float (graph, (float)(1 - settings->teacher_guidance)), none, error);
}

/* --- the recipe --- */

typedef GenTensor *(*Apply) (GenStep *step, guint net, GenTensor *const *inputs, GError **error);

/* The sample that the student sees in `noisy`. */
static GenTensor *
see (GenStep *step, Apply apply, GenTensor *noisy, GenTensor *times, GenTensor *of_input,
    GenTensor *of_output, GError **error)
{
  const GenGraph *net = gen_step_net (step, GEN_DENOISER);
  GenTensor *made = apply (step, GEN_DENOISER,
      (GenTensor *[]){ noisy, gen_denoising_tell_times (step, net, times, error) }, error);

  if (made == NULL || !gen_denoising_check_made (made, &noisy->shape, STUDENT, error))
    return NULL;
  return gen_denoising_mix (
      step, of_input, noisy, of_output, gen_step_precise (step, made, error), error);
}

/* Of what the teacher sees in `noisy`, or of the sample, the noisy one of the time before. */
static GenTensor *
go_on (GenStep *step, GenTensor *noisy, GenTensor *const *columns, GError **error)
{
  GenTensor *sample = gen_step_samples (step), *made;

  if (gen_step_settings (step)->teacher != NULL) {
    made = ask_teacher (step, noisy, columns[TIME], error);
    sample = gen_denoising_mix (step, columns[OF_INPUT], noisy, columns[OF_OUTPUT], made, error);
  }
  return gen_denoising_mix (step, columns[KEPT], noisy, columns[OF_SAMPLE], sample, error);
}

/* [batch] */
static GenTensor *
measure (GenStep *step, GenTensor *seen, GenTensor *wanted, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *squares = gen_denoising_square_errors (step, seen, wanted, error);

  squares = gen_binary (graph, "Add", squares, gen_graph_float (graph, BEND * BEND), error);
  if (squares == NULL)
    return NULL;
  return gen_binary (graph, "Sub", gen_unary (graph, "Sqrt", squares, error),
      gen_graph_float (graph, BEND), error);
}

/* What is wrong with the sampler's steps is said before training begins. */
static gboolean
check_steps (const GenTrainerSettings *settings, GError **error)
{
  const int steps =
      settings->sampling_steps > 0 ? settings->sampling_steps : gen_sampler_consistency.steps;
  g_autofree GenNoiseLevel *levels = g_new (GenNoiseLevel, steps + 1);
  const GenSamplerSettings sampling = {
    .sampler = &gen_sampler_consistency, .schedule = settings->noise_schedule, .steps = steps
  };
  g_autoptr (GError) reason = NULL;

  if (gen_sampling_place (&sampling, levels, &reason))
    return TRUE;
  g_set_error (
      error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, "sampling-steps: %s", reason->message);
  return FALSE;
}

static gboolean
check_target (const GenTrainerSettings *settings, GError **error)
{
  if (!settings->average_target || settings->ema > 0)
    return TRUE;
  g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "average-target: without ema there is no moving average of weights; ema=0.95 is right");
  return FALSE;
}

static gboolean
build (GenStep *step, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples = gen_step_samples (step), *columns[COLUMNS];
  GenTensor *noise, *places, *noisy, *before, *seen, *wanted, *losses;

  if (!gen_denoising_check (settings, gen_step_net (step, GEN_DENOISER), STUDENT, error) ||
      !check_teacher (step, error) || !check_steps (settings, error) ||
      !check_target (settings, error))
    return FALSE;
  noise = gen_step_latents (step, GEN_DENOISER, error);
  places = gen_denoising_draw_times (step, settings->consistency_times, error);
  if (noise == NULL || places == NULL ||
      !gen_denoising_choose (step, add_times (step), places, columns, COLUMNS, error))
    return FALSE;
  noisy = gen_denoising_mix (step, columns[SIGNAL], samples, columns[NOISE], noise, error);
  before = go_on (step, noisy, columns, error);
  if (before == NULL)
    return FALSE;
  seen = see (
      step, gen_step_apply, noisy, columns[TIME], columns[OF_INPUT], columns[OF_OUTPUT], error);
  wanted = see (step, settings->average_target ? gen_step_apply_average : gen_step_apply, before,
      columns[TIME_BEFORE], columns[OF_INPUT_BEFORE], columns[OF_OUTPUT_BEFORE], error);
  if (wanted == NULL)
    return FALSE;
  losses = measure (step, seen, gen_unary (graph, "StopGradient", wanted, error), error);
  return gen_denoising_minimise (step, losses, "the denoiser's distances", error);
}

/* What it has learned is guided already. */
static void
describe (const GenTrainerSettings *settings, guint net, GHashTable *metadata)
{
  g_hash_table_remove (metadata, "generative.guidance");
  gen_denoising_describe (settings, &gen_sampler_consistency, metadata);
}

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenRecipeFigure figures[] = { GEN_DENOISING_FIGURE };

static const GenSetting settings[] = {
  GEN_TEACHER_SETTING,
  GEN_DENOISING_SETTINGS,
  GEN_SAMPLING_STEPS_SETTING,
  { .name = "consistency-times",
      .nick = "Consistency times",
      .description = "Times of the schedule, evenly spaced, between which a consistency model "
                     "learns to see the same sample",
      .type = GEN_SETTING_INT,
      FIELD (consistency_times),
      .minimum = 2,
      .maximum = GEN_SCHEDULE_TIMES,
      .of_learning = TRUE },
  { .name = "average-target",
      .nick = "Average target",
      .description = "What a consistency model learns to see is what the moving average of its "
                     "weights (ema) sees at the time before, not they themselves",
      .type = GEN_SETTING_FLAG,
      FIELD (average_target),
      .of_learning = TRUE },
  { .name = "teacher-guidance",
      .nick = "Teacher guidance",
      .description =
          "How far the teacher of a consistency model goes for samples of a class, where "
          "it can be guided: 1 to what it makes with the class, more beyond it",
      .type = GEN_SETTING_DOUBLE,
      FIELD (teacher_guidance),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE,
      .with = (const char *const[]){ "teacher-model", NULL } },
};

const GenRecipe gen_recipe_consistency = {
  .name = "consistency",
  .description =
      "A denoiser that makes samples of noise in few steps, of a trained one or by itself",
  .nets = gen_denoising_nets,
  .data_net = GEN_DENOISER,
  .presets_of = &gen_recipe_diffusion,
  .begins_as_teacher = TRUE,
  .unattacked =
      "what the denoiser is to make of a noisy sample is what it makes of a less noisy one, "
      "so that both would have to be attacked",
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_LATENTS,
  .latent_net = GEN_DENOISER,
  .n_shown = 1,
  .sampler = &gen_sampler_consistency,
  .make = gen_denoising_make,
  .wrap = gen_denoising_wrap,
  .describe = describe,
};
