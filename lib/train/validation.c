/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measuring a training on samples that it does not see. The figures are those of the metrics in
 * lib/metric, so that they mean what qualitymeter's do. */
#include <generative/validation.h>

#include <generative/metric.h>
#include <generative/random.h>

#include "sample-frames.h"
#include "sample-numbers.h"

struct _GenValidation {
  const char *name;
  GenRandom random;
  GArray *samples; /* GenSample, each its own */
  GArray *labels;  /* gint64 */
  GArray *breaks;  /* gboolean: whether it does not follow the one before it */
  gboolean broken; /* whether the next one does not */
};

static void
clear_sample (gpointer sample)
{
  gen_sample_clear (sample);
}

static GenValidation *
create (const char *name, guint64 seed, guint64 number)
{
  GenValidation *validation = g_new0 (GenValidation, 1);

  validation->name = name;
  validation->random = gen_random_new (seed, GEN_STREAM_VALIDATION_LATENT, number);
  validation->samples = g_array_new (FALSE, FALSE, sizeof (GenSample));
  g_array_set_clear_func (validation->samples, clear_sample);
  validation->labels = g_array_new (FALSE, FALSE, sizeof (gint64));
  validation->breaks = g_array_new (FALSE, FALSE, sizeof (gboolean));
  return validation;
}

GenValidation *
gen_validation_new (guint64 seed)
{
  return create ("validation", seed, 0);
}

GenValidation *
gen_validation_new_test (guint64 seed)
{
  return create ("test", seed, 1);
}

void
gen_validation_free (GenValidation *validation)
{
  g_array_unref (validation->samples);
  g_array_unref (validation->labels);
  g_array_unref (validation->breaks);
  g_free (validation);
}

void
gen_validation_add (GenValidation *validation, const GenSample *sample, int label)
{
  const GenFormat format = gen_sample_format (sample);
  const gint64 class = label;
  GenSample copy;

  gen_sample_init (&copy, &format);
  sample->medium->copy (sample, &copy);
  g_array_append_val (validation->samples, copy);
  g_array_append_val (validation->labels, class);
  g_array_append_val (validation->breaks, validation->broken);
  validation->broken = FALSE;
}

void
gen_validation_break (GenValidation *validation)
{
  validation->broken = TRUE;
}

guint
gen_validation_count (const GenValidation *validation)
{
  return validation->samples->len;
}

static const GenSample *
sample_at (const GenValidation *validation, guint i)
{
  return &g_array_index (validation->samples, GenSample, i);
}

static gint64
label_at (const GenValidation *validation, guint i)
{
  return g_array_index (validation->labels, gint64, i);
}

static gboolean
check (const GenValidation *validation, const GenTrainer *trainer, GError **error)
{
  GenFormat wanted = gen_trainer_format (trainer);

  if (validation->samples->len < 2) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "%s takes at least two %s, and there are %u", validation->name, wanted.medium->plural,
        validation->samples->len);
    return FALSE;
  }
  for (guint i = 0; i < validation->samples->len; i++) {
    GenFormat format = gen_sample_format (sample_at (validation, i));
    g_autofree char *has = NULL, *wants = NULL;

    if (!gen_trainer_check_label (trainer, (int)label_at (validation, i), error) ||
        !gen_sample_check_numbers (sample_at (validation, i), validation->name, i, error))
      return FALSE;
    if (!gen_sample_frames_fit (gen_trainer_settings (trainer), &format, error))
      return FALSE;
    if (wanted.rate == 0)
      wanted.rate = format.rate;
    if (gen_format_equal (&format, &wanted))
      continue;
    has = gen_format_describe (&format);
    wants = gen_format_describe (&wanted);
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "%s has a %s of %s; training takes %s", validation->name, format.medium->name, has, wants);
    return FALSE;
  }
  return TRUE;
}

#define ANY_CLASS -1

/* Compares with the samples of a class. */
static GenMeter *
meter_new (const GenValidation *validation, int class, GError **error)
{
  GenMeterSettings settings = { .medium = sample_at (validation, 0)->medium,
    .metrics = "frechet,diversity",
    .has_reference = TRUE };
  g_autoptr (GenMeter) meter = gen_meter_new (&settings, error);

  if (meter == NULL)
    return NULL;
  for (guint i = 0; i < validation->samples->len; i++)
    if ((class == ANY_CLASS || class == label_at (validation, i)) &&
        !gen_meter_refer (meter, sample_at (validation, i), -1, error))
      return NULL;
  return g_steal_pointer (&meter);
}

/* A batch at a time, so that memory does not grow with the samples. */
static gboolean
measure_batches (const GenValidation *validation, GenTrainer *trainer, GenMeter *meter,
    GenSample *made, guint batch, GError **error)
{
  const gsize size = gen_trainer_latent_size (trainer);
  g_autofree float *latents = g_new (float, batch *size);
  g_autofree double *values = NULL;
  gboolean average = gen_trainer_settings (trainer)->ema > 0;
  guint n_fields;

  gen_meter_fields (meter, &n_fields);
  values = g_new (double, n_fields);
  for (guint first = 0; first < validation->samples->len; first += batch) {
    guint n = MIN (batch, validation->samples->len - first);

    gen_random_normal (&validation->random, 0, first * size, latents, n * size);
    if (!gen_trainer_make (trainer, average, latents, n, made, error))
      return FALSE;
    for (guint i = 0; i < n; i++)
      if (!gen_meter_measure (meter, &made[i], values, error))
        return FALSE;
  }
  return TRUE;
}

static gboolean
measure_made (const GenValidation *validation, GenTrainer *trainer, GenMeter *meter, GError **error)
{
  const GenFormat format = gen_sample_format (sample_at (validation, 0));
  guint batch = (guint)gen_trainer_settings (trainer)->batch_size;
  g_autofree GenSample *made = g_new0 (GenSample, batch);
  gboolean measured;

  for (guint i = 0; i < batch; i++)
    gen_sample_init (&made[i], &format);
  measured = measure_batches (validation, trainer, meter, made, batch, error);
  for (guint i = 0; i < batch; i++)
    gen_sample_clear (&made[i]);
  return measured;
}

/* What is wrong where no sample of training can be made of them. */
static gboolean
refuse_frames (const GenValidation *validation, const GenTrainer *trainer, GError **error)
{
  if (gen_trainer_settings (trainer)->recipe->frames_of == GEN_FRAMES_OF_CLASSES)
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "%s takes %s of both classes, and all are of one", validation->name,
        gen_trainer_format (trainer).medium->plural);
  else
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "%s takes %u frames that follow each other, as those of a film do", validation->name,
        gen_trainer_n_frames (trainer));
  return FALSE;
}

/* Samples of training that have been put together, at most a batch. */
typedef struct {
  float *numbers;
  gint64 *labels;
  guint n;
  gsize before; /* how many there were before these */
} Some;

/* What is done with some. */
typedef gboolean (*Take) (GenTrainer *trainer, const Some *some, gpointer data, GError **error);

static gboolean
take_some (GenTrainer *trainer, Some *some, Take take, gpointer data, GError **error)
{
  if (some->n > 0 && !take (trainer, some, data, error))
    return FALSE;
  some->before += some->n;
  some->n = 0;
  return TRUE;
}

/* Put samples together of all that there are, and take them a batch at a time. */
static gboolean
take_all (const GenValidation *validation, GenTrainer *trainer, Some *some, Take take,
    gpointer data, GError **error)
{
  const guint batch = (guint)gen_trainer_settings (trainer)->batch_size;
  const gsize size = gen_trainer_sample_size (trainer);
  g_auto (GenSampleFrames) frames = { 0 };

  gen_sample_frames_init (&frames, trainer);
  for (guint i = 0; i < validation->samples->len; i++) {
    const gint64 label = label_at (validation, i);
    gboolean whole;

    if (g_array_index (validation->breaks, gboolean, i))
      gen_sample_frames_break (&frames);
    if (!gen_sample_frames_add (&frames, sample_at (validation, i), (int)label, &whole, error))
      return FALSE;
    if (!whole)
      continue;
    gen_sample_frames_write (&frames, sample_at (validation, i), some->numbers + some->n * size);
    some->labels[some->n++] = label;
    if (some->n == batch && !take_some (trainer, some, take, data, error))
      return FALSE;
  }
  return take_some (trainer, some, take, data, error);
}

/* How many there were; 0 with `error` where there were none, or something failed. */
static gsize
for_all (
    const GenValidation *validation, GenTrainer *trainer, Take take, gpointer data, GError **error)
{
  const guint batch = (guint)gen_trainer_settings (trainer)->batch_size;
  g_autofree float *numbers = g_new (float, batch *gen_trainer_sample_size (trainer));
  g_autofree gint64 *labels = g_new (gint64, batch);
  Some some = { numbers, labels, 0, 0 };

  if (!take_all (validation, trainer, &some, take, data, error))
    return 0;
  if (some.before == 0)
    refuse_frames (validation, trainer, error);
  return some.before;
}

/* Add the recipe's figures of some, times their number. */
static gboolean
add_figures (GenTrainer *trainer, const Some *some, gpointer data, GError **error)
{
  double found[GEN_RECIPE_MAX_FIGURES], *values = data;

  if (!gen_trainer_measure (
          trainer, TRUE, some->numbers, some->labels, some->n, some->before, found, error))
    return FALSE;
  for (guint k = 0; k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] += found[k] * some->n;
  return TRUE;
}

/* The recipe's figures. */
static gboolean
measure_figures (const GenValidation *validation, GenTrainer *trainer,
    double values[GEN_RECIPE_MAX_FIGURES], GError **error)
{
  gsize n;

  for (guint k = 0; k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] = 0;
  n = for_all (validation, trainer, add_figures, values, error);
  for (guint k = 0; n > 0 && k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] /= (double)n;
  return n > 0;
}

/* --- made samples beside those of the validation --- */

/* Add what a meter says, `share` of it where there are several. */
static gboolean
add_summary (GenMeter *meter, double share, GenValidationFigures *figures, GError **error)
{
  g_autoptr (JsonObject) summary = gen_meter_summarise (meter, error);

  if (summary == NULL)
    return FALSE;
  figures->compared = TRUE;
  figures->frechet += share * json_object_get_double_member (summary, "frechet");
  figures->features = g_intern_string (json_object_get_string_member (summary, "frechet-features"));
  if (json_object_has_member (summary, "frechet-doubt"))
    figures->doubt = g_intern_string (json_object_get_string_member (summary, "frechet-doubt"));
  figures->diversity += share * json_object_get_double_member (summary, "diversity");
  return TRUE;
}

/* As many made of latents. */
static gboolean
compare (const GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures,
    GError **error)
{
  g_autoptr (GenMeter) meter = meter_new (validation, ANY_CLASS, error);

  return meter != NULL && measure_made (validation, trainer, meter, error) &&
         add_summary (meter, 1, figures, error);
}

/* What is shown, and is compared with the samples of a class; NULL is not. */
typedef struct {
  GenSample *shown; /* of a batch */
  GPtrArray *meters;
} Compared;

static gboolean
measure_shown (GenTrainer *trainer, const Some *some, gpointer data, GError **error)
{
  const gboolean average = gen_trainer_settings (trainer)->ema > 0;
  const Compared *compared = data;
  const guint n_shown = compared->meters->len;
  guint n_fields;

  if (!gen_trainer_make (trainer, average, some->numbers, some->n, compared->shown, error))
    return FALSE;
  for (guint i = 0; i < some->n * n_shown; i++) {
    GenMeter *meter = g_ptr_array_index (compared->meters, i % n_shown);
    g_autofree double *values = NULL;

    if (meter == NULL)
      continue;
    gen_meter_fields (meter, &n_fields);
    values = g_new (double, n_fields);
    if (!gen_meter_measure (meter, &compared->shown[i], values, error))
      return FALSE;
  }
  return TRUE;
}

/* The mean of all that are compared. */
static gboolean
add_summaries (GPtrArray *meters, GenValidationFigures *figures, GError **error)
{
  guint n = 0;

  for (guint i = 0; i < meters->len; i++)
    n += g_ptr_array_index (meters, i) != NULL;
  for (guint i = 0; i < meters->len; i++)
    if (g_ptr_array_index (meters, i) != NULL &&
        !add_summary (g_ptr_array_index (meters, i), 1.0 / n, figures, error))
      return FALSE;
  return TRUE;
}

static void
free_meter (gpointer meter)
{
  g_clear_pointer ((GenMeter **)&meter, gen_meter_free);
}

static gboolean
measure_batches_shown (
    const GenValidation *validation, GenTrainer *trainer, Compared *compared, GError **error)
{
  const GenFormat format = gen_sample_format (sample_at (validation, 0));
  const guint n = (guint)gen_trainer_settings (trainer)->batch_size * compared->meters->len;
  gboolean measured;

  compared->shown = g_new0 (GenSample, n);
  for (guint i = 0; i < n; i++)
    gen_sample_init (&compared->shown[i], &format);
  measured = for_all (validation, trainer, measure_shown, compared, error) > 0;
  for (guint i = 0; i < n; i++)
    gen_sample_clear (&compared->shown[i]);
  g_free (compared->shown);
  return measured;
}

/* What is made of samples, with those of the kind that it is to be. */
static gboolean
compare_shown (const GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures,
    GError **error)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;
  g_autoptr (GPtrArray) meters = g_ptr_array_new_with_free_func (free_meter);
  Compared compared = { .meters = meters };

  for (guint i = 0; i < recipe->n_shown; i++) {
    GenMeter *meter =
        recipe->compared[i] >= 0 ? meter_new (validation, recipe->compared[i], error) : NULL;

    if (meter == NULL && recipe->compared[i] >= 0)
      return FALSE;
    g_ptr_array_add (meters, meter);
  }
  return measure_batches_shown (validation, trainer, &compared, error) &&
         add_summaries (meters, figures, error);
}

gboolean
gen_validation_measure (
    GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures, GError **error)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;

  *figures = (GenValidationFigures){ .samples = validation->samples->len };
  if (!check (validation, trainer, error) ||
      !measure_figures (validation, trainer, figures->values, error))
    return FALSE;
  if (recipe->made_of == GEN_MADE_OF_LATENTS && !compare (validation, trainer, figures, error))
    return FALSE;
  if (recipe->compared != NULL && !compare_shown (validation, trainer, figures, error))
    return FALSE;
  figures->best = figures->compared
                      ? figures->frechet
                      : figures->values[gen_recipe_figure (recipe, gen_recipe_best (recipe))];
  return TRUE;
}
