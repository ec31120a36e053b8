/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measuring a training on samples that it does not see. The figures are those of the metrics in
 * lib/metric, so that they mean what qualitymeter's do. */
#include <generative/validation.h>

#include <math.h>

#include <generative/metric.h>
#include <generative/random.h>

#include "sample-frames.h"
#include "sample-numbers.h"
#include "trainer-private.h"
#include "validation-detail.h"

struct _GenValidation {
  const char *name;
  GenRandom random;
  GArray *samples;    /* GenSample, each its own */
  GArray *labels;     /* gint64 */
  const int *classes; /* what nets have in the place of a label; NULL: the same */
  guint n_classes;
  GArray *breaks;         /* gboolean: whether it does not follow the one before it */
  gboolean broken;        /* whether the next one does not */
  GenObjective objective; /* without a name: that of the recipe */
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

void
gen_validation_set_objective (GenValidation *validation, const GenObjective *objective)
{
  validation->objective = *objective;
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
  const gint64 label = g_array_index (validation->labels, gint64, i);

  if (validation->classes == NULL || label < 0 || label >= validation->n_classes)
    return label;
  return validation->classes[label];
}

void
gen_validation_take_classes (GenValidation *validation, const int *classes, guint n)
{
  for (guint i = 0; i < validation->labels->len; i++) {
    gint64 *label = &g_array_index (validation->labels, gint64, i);

    if (*label >= 0 && *label < n)
      *label = classes[*label];
  }
}

void
gen_validation_map_classes (GenValidation *validation, const int *classes, guint n)
{
  validation->classes = classes;
  validation->n_classes = n;
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
#define ALL 1

/* Compares with the samples of a class, and of them with one in `step` from `first` on. */
static GenMeter *
meter_new (const GenValidation *validation, int class, guint first, guint step, GError **error)
{
  const GenObjective *objective = &validation->objective;
  const char *further =
      gen_objective_is_further (objective) ? objective->metric->name : "diversity";
  g_autofree char *metrics = g_strconcat (
      "frechet,diversity", g_str_equal (further, "diversity") ? NULL : ",", further, NULL);
  GenMeterSettings settings = {
    .medium = sample_at (validation, 0)->medium, .metrics = metrics, .has_reference = TRUE
  };
  g_autoptr (GenMeter) meter = gen_meter_new (&settings, error);

  if (meter == NULL)
    return NULL;
  for (guint i = first; i < validation->samples->len; i += step)
    if ((class == ANY_CLASS || class == label_at (validation, i)) &&
        !gen_meter_refer (meter, sample_at (validation, i), -1, error))
      return NULL;
  return g_steal_pointer (&meter);
}

/* What compares all that is made, and, of the parts, its share of it. */
typedef struct {
  GenMeter *all;
  GenMeter *parts[GEN_PAIRED_PARTS]; /* NULL: there are none */
} Meters;

static void
meters_clear (Meters *meters)
{
  g_clear_pointer (&meters->all, gen_meter_free);
  for (guint i = 0; i < GEN_PAIRED_PARTS; i++)
    g_clear_pointer (&meters->parts[i], gen_meter_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Meters, meters_clear)

static gboolean
meters_init (const GenValidation *validation, gboolean parts, Meters *meters, GError **error)
{
  meters->all = meter_new (validation, ANY_CLASS, 0, ALL, error);
  for (guint i = 0; parts && meters->all != NULL && i < GEN_PAIRED_PARTS; i++) {
    meters->parts[i] = meter_new (validation, ANY_CLASS, i, GEN_PAIRED_PARTS, error);
    if (meters->parts[i] == NULL)
      return FALSE;
  }
  return meters->all != NULL;
}

/* A batch at a time, so that memory does not grow with the samples. */
static gboolean
measure_batches (const GenValidation *validation, GenTrainer *trainer, const Meters *meters,
    GenSample *made, guint batch, GError **error)
{
  const gsize size = gen_trainer_latent_size (trainer);
  g_autofree float *latents = g_new (float, batch *size);
  g_autofree double *values = NULL;
  gboolean average = gen_trainer_settings (trainer)->ema > 0;
  guint n_fields;

  gen_meter_fields (meters->all, &n_fields);
  values = g_new (double, n_fields);
  for (guint first = 0; first < validation->samples->len; first += batch) {
    guint n = MIN (batch, validation->samples->len - first);

    gen_random_normal (&validation->random, 0, first * size, latents, n * size);
    if (!gen_trainer_make (trainer, average, latents, n, made, error))
      return FALSE;
    for (guint i = 0; i < n; i++) {
      GenMeter *part = meters->parts[(first + i) % GEN_PAIRED_PARTS];

      if (!gen_meter_measure (meters->all, &made[i], values, error) ||
          (part != NULL && !gen_meter_measure (part, &made[i], values, error)))
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
measure_made (
    const GenValidation *validation, GenTrainer *trainer, const Meters *meters, GError **error)
{
  const GenFormat format = gen_sample_format (sample_at (validation, 0));
  guint batch = (guint)gen_trainer_settings (trainer)->batch_size;
  g_autofree GenSample *made = g_new0 (GenSample, batch);
  gboolean measured;

  for (guint i = 0; i < batch; i++)
    gen_sample_init (&made[i], &format);
  measured = measure_batches (validation, trainer, meters, made, batch, error);
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

/* Sums of figures, and what they are of. */
typedef struct {
  double *values;
  GenValidationDetail *detail; /* NULL: nobody wants it */
} Summed;

/* Room for the figures of `n` samples more, or NULL. */
static float *
extend (GenValidationDetail *detail, guint n)
{
  guint before;

  if (detail == NULL)
    return NULL;
  before = detail->each->len;
  g_array_set_size (detail->each, before + n * GEN_RECIPE_MAX_FIGURES);
  return &g_array_index (detail->each, float, before);
}

/* Add the recipe's figures of some, times their number. */
static gboolean
add_figures (GenTrainer *trainer, const Some *some, gpointer data, GError **error)
{
  const Summed *summed = data;
  double found[GEN_RECIPE_MAX_FIGURES];

  if (!gen_trainer_measure_each (trainer, TRUE, some->numbers, some->labels, some->n, some->before,
          found, extend (summed->detail, some->n),
          summed->detail != NULL ? summed->detail->blocks : NULL, error))
    return FALSE;
  for (guint k = 0; k < GEN_RECIPE_MAX_FIGURES; k++)
    summed->values[k] += found[k] * some->n;
  return TRUE;
}

/* The recipe's figures. */
static gboolean
measure_figures (const GenValidation *validation, GenTrainer *trainer,
    double values[GEN_RECIPE_MAX_FIGURES], GenValidationDetail *detail, GError **error)
{
  Summed summed = { values, detail };
  gsize n;

  for (guint k = 0; k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] = 0;
  n = for_all (validation, trainer, add_figures, &summed, error);
  for (guint k = 0; n > 0 && k < GEN_RECIPE_MAX_FIGURES; k++)
    values[k] /= (double)n;
  return n > 0;
}

/* --- made samples beside those of the validation --- */

/* A figure of all frames, or its mean over them; NaN where there is none. */
static double
figure_of (JsonObject *summary, const char *name)
{
  JsonNode *node = json_object_get_member (summary, name);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_object_get_double_member_with_default (json_node_get_object (node), "mean", NAN);
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node) : NAN;
}

/* Add what a meter says, `share` of it where there are several. */
static gboolean
add_summary (const GenValidation *validation, GenMeter *meter, double share,
    GenValidationFigures *figures, GError **error)
{
  const GenObjective *objective = &validation->objective;
  g_autoptr (JsonObject) summary = gen_meter_summarise (meter, error);

  if (summary == NULL)
    return FALSE;
  figures->compared = TRUE;
  figures->frechet += share * json_object_get_double_member (summary, "frechet");
  figures->features = g_intern_string (json_object_get_string_member (summary, "frechet-features"));
  if (json_object_has_member (summary, "frechet-doubt"))
    figures->doubt = g_intern_string (json_object_get_string_member (summary, "frechet-doubt"));
  figures->diversity += share * json_object_get_double_member (summary, "diversity");
  if (gen_objective_is_further (objective)) {
    figures->further = objective->name;
    figures->further_figure += share * figure_of (summary, objective->name);
  }
  return TRUE;
}

static gboolean
add_parts (const GenValidation *validation, const Meters *meters, GenValidationDetail *detail,
    GError **error)
{
  for (guint i = 0; i < GEN_PAIRED_PARTS; i++) {
    GenValidationFigures figures = { 0 };

    if (!add_summary (validation, meters->parts[i], 1, &figures, error))
      return FALSE;
    detail->frechet[i] = figures.frechet;
    detail->diversity[i] = figures.diversity;
    detail->further[i] = figures.further != NULL ? figures.further_figure : NAN;
  }
  detail->has_parts = TRUE;
  return TRUE;
}

/* As many made of latents. */
static gboolean
compare (const GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures,
    GenValidationDetail *detail, GError **error)
{
  const gboolean parts = detail != NULL && validation->samples->len >= GEN_VALIDATION_PART_MINIMUM;
  g_auto (Meters) meters = { 0 };

  return meters_init (validation, parts, &meters, error) &&
         measure_made (validation, trainer, &meters, error) &&
         add_summary (validation, meters.all, 1, figures, error) &&
         (!parts || add_parts (validation, &meters, detail, error));
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
add_summaries (const GenValidation *validation, GPtrArray *meters, GenValidationFigures *figures,
    GError **error)
{
  guint n = 0;

  for (guint i = 0; i < meters->len; i++)
    n += g_ptr_array_index (meters, i) != NULL;
  for (guint i = 0; i < meters->len; i++)
    if (g_ptr_array_index (meters, i) != NULL &&
        !add_summary (validation, g_ptr_array_index (meters, i), 1.0 / n, figures, error))
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
    GenMeter *meter = recipe->compared[i] >= 0
                          ? meter_new (validation, recipe->compared[i], 0, ALL, error)
                          : NULL;

    if (meter == NULL && recipe->compared[i] >= 0)
      return FALSE;
    g_ptr_array_add (meters, meter);
  }
  return measure_batches_shown (validation, trainer, &compared, error) &&
         add_summaries (validation, meters, figures, error);
}

/* The figure that decides. */
static gboolean
find_best (const GenValidation *validation, const GenRecipe *recipe, GenValidationFigures *figures,
    GError **error)
{
  GenObjective objective = validation->objective;

  if (objective.name == NULL && !gen_objective_find (recipe, NULL, NULL, &objective, error))
    return FALSE;
  figures->best = objective.figure >= 0      ? figures->values[objective.figure]
                  : figures->further != NULL ? figures->further_figure
                                             : figures->frechet;
  return TRUE;
}

gboolean
gen_validation_measure (
    GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures, GError **error)
{
  return gen_validation_measure_detail (validation, trainer, figures, NULL, error);
}

gboolean
gen_validation_measure_detail (GenValidation *validation, GenTrainer *trainer,
    GenValidationFigures *figures, GenValidationDetail *detail, GError **error)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;

  if (detail != NULL) {
    g_array_set_size (detail->each, 0);
    detail->has_parts = FALSE;
  }
  *figures = (GenValidationFigures){ .samples = validation->samples->len };
  if (!check (validation, trainer, error) ||
      !measure_figures (validation, trainer, figures->values, detail, error))
    return FALSE;
  if (recipe->made_of == GEN_MADE_OF_LATENTS &&
      !compare (validation, trainer, figures, detail, error))
    return FALSE;
  if (recipe->compared != NULL && !compare_shown (validation, trainer, figures, error))
    return FALSE;
  return find_best (validation, recipe, figures, error);
}
