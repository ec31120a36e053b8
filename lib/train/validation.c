/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measuring a training on samples that it does not see. The figures are those of the metrics in
 * lib/metric, so that they mean what qualitymeter's do. */
#include <generative/validation.h>

#include <generative/metric.h>
#include <generative/random.h>

#include "sample-frames.h"

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

    if (!gen_trainer_check_label (
            trainer, (int)g_array_index (validation->labels, gint64, i), error))
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

static GenMeter *
meter_new (const GenValidation *validation, GError **error)
{
  GenMeterSettings settings = { .medium = sample_at (validation, 0)->medium,
    .metrics = "frechet,diversity",
    .has_reference = TRUE };
  g_autoptr (GenMeter) meter = gen_meter_new (&settings, error);

  if (meter == NULL)
    return NULL;
  for (guint i = 0; i < validation->samples->len; i++)
    if (!gen_meter_refer (meter, sample_at (validation, i), -1, error))
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

/* Samples of training that have been put together, of which no figures are known yet. */
typedef struct {
  float *numbers;
  gint64 *labels;
  guint n;
  gsize before; /* how many have been measured */
} Some;

/* Add the recipe's figures of some, times their number. */
static gboolean
measure_some (
    GenTrainer *trainer, Some *some, double values[GEN_RECIPE_MAX_FIGURES], GError **error)
{
  double found[GEN_RECIPE_MAX_FIGURES];

  if (some->n == 0)
    return TRUE;
  if (!gen_trainer_measure (
          trainer, TRUE, some->numbers, some->labels, some->n, some->before, found, error))
    return FALSE;
  for (guint k = 0; k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] += found[k] * some->n;
  some->before += some->n;
  some->n = 0;
  return TRUE;
}

/* Put samples together of all that there are, and measure them a batch at a time. */
static gboolean
measure_all (const GenValidation *validation, GenTrainer *trainer, Some *some,
    double values[GEN_RECIPE_MAX_FIGURES], GError **error)
{
  const guint batch = (guint)gen_trainer_settings (trainer)->batch_size;
  const gsize size = gen_trainer_sample_size (trainer);
  g_auto (GenSampleFrames) frames = { 0 };

  gen_sample_frames_init (&frames, trainer);
  for (guint i = 0; i < validation->samples->len; i++) {
    const gint64 label = g_array_index (validation->labels, gint64, i);
    gboolean whole;

    if (g_array_index (validation->breaks, gboolean, i))
      gen_sample_frames_break (&frames);
    if (!gen_sample_frames_add (&frames, sample_at (validation, i), (int)label, &whole, error))
      return FALSE;
    if (!whole)
      continue;
    gen_sample_frames_write (&frames, sample_at (validation, i), some->numbers + some->n * size);
    some->labels[some->n++] = label;
    if (some->n == batch && !measure_some (trainer, some, values, error))
      return FALSE;
  }
  return measure_some (trainer, some, values, error);
}

/* The recipe's figures. */
static gboolean
measure_figures (const GenValidation *validation, GenTrainer *trainer,
    double values[GEN_RECIPE_MAX_FIGURES], GError **error)
{
  const guint batch = (guint)gen_trainer_settings (trainer)->batch_size;
  g_autofree float *numbers = g_new (float, batch *gen_trainer_sample_size (trainer));
  g_autofree gint64 *labels = g_new (gint64, batch);
  Some some = { numbers, labels, 0, 0 };

  for (guint k = 0; k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] = 0;
  if (!measure_all (validation, trainer, &some, values, error))
    return FALSE;
  if (some.before == 0)
    return refuse_frames (validation, trainer, error);
  for (guint k = 0; k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] /= (double)some.before;
  return TRUE;
}

/* Made samples beside those of the validation. */
static gboolean
compare (const GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures,
    GError **error)
{
  g_autoptr (GenMeter) meter = meter_new (validation, error);
  g_autoptr (JsonObject) summary = NULL;

  if (meter == NULL || !measure_made (validation, trainer, meter, error) ||
      (summary = gen_meter_summarise (meter, error)) == NULL)
    return FALSE;
  figures->compared = TRUE;
  figures->frechet = json_object_get_double_member (summary, "frechet");
  figures->features = g_intern_string (json_object_get_string_member (summary, "frechet-features"));
  figures->doubt = json_object_has_member (summary, "frechet-doubt")
                       ? g_intern_string (json_object_get_string_member (summary, "frechet-doubt"))
                       : NULL;
  figures->samples = json_object_get_int_member (summary, "frechet-samples");
  figures->diversity = json_object_get_double_member (summary, "diversity");
  return TRUE;
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
  figures->best = figures->compared
                      ? figures->frechet
                      : figures->values[gen_recipe_figure (recipe, gen_recipe_best (recipe))];
  return TRUE;
}
