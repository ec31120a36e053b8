/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples are degraded, and a net learns to make of that what they were. A net that has one channel
 * more than the samples is told where something is missing: the further channel is white where they
 * are as they were, and black where they were cut out, as alpha is. */
#include <string.h>

#include <generative/degradation.h>
#include <generative/step.h>

#include "attacked.h"
#include "likeness.h"

enum { RESTORER };

#define DEGRADATION "generative.degradation"

/* --- what the net takes --- */

/* NULL where the net is for one that there is not. */
static const GenDegradation *
find (const GenStep *step, GError **error)
{
  const GenDegradation *degradation = gen_step_settings (step)->degradation;
  const char *name = g_hash_table_lookup (gen_step_net (step, RESTORER)->metadata, DEGRADATION);

  if (degradation != &gen_degradation_auto)
    return degradation;
  if (name == NULL || strcmp (name, gen_degradation_auto.name) == 0)
    return &gen_degradation_noise;
  return gen_degradation_find (name, error);
}

static gboolean
check_medium (const GenDegradation *degradation, const GenTensor *samples, GError **error)
{
  const GenMedium *medium = samples->shape.rank == 4 ? &gen_medium_picture : &gen_medium_sound;

  if (degradation->medium == NULL || degradation->medium == medium)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "degradation: %s is for %s, and the samples are %s", degradation->name,
      degradation->medium->plural, medium->plural);
  return FALSE;
}

static gboolean
degrade (GenStep *step, GenTensor *samples, GenDegraded *degraded, GError **error)
{
  const GenTrainerSettings *trainer = gen_step_settings (step);
  const GenDegradation *degradation = find (step, error);
  GenDegradationSettings settings = { trainer->degradation_strength, trainer->degradation_factor };

  if (degradation == NULL)
    return FALSE;
  if (settings.strength == 0)
    settings.strength = degradation->strength;
  gen_step_range (step, &settings.low, &settings.high);
  return check_medium (degradation, samples, error) &&
         degradation->apply (gen_step_graph (step), samples, &settings, degraded, error);
}

/* What is cut out in a further channel. */
static GenTensor *
join (GenStep *step, const GenDegraded *degraded, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *alpha = degraded->seen;
  float low, high;

  gen_step_range (step, &low, &high);
  if (alpha == NULL) {
    GenShape shape = degraded->samples->shape;

    shape.dims[1] = 1;
    alpha = gen_graph_full (graph, &shape, high);
  } else {
    alpha = gen_binary (graph, "Mul", alpha, gen_graph_float (graph, high - low), error);
    alpha = gen_binary (graph, "Add", alpha, gen_graph_float (graph, low), error);
  }
  if (alpha == NULL)
    return NULL;
  return gen_graph_op (graph, "Concat", (GenTensor *[]){ degraded->samples, alpha }, 2, 1, error,
      "axis", GEN_INT, 1, NULL);
}

static GenTensor *
restore (GenStep *step, const GenDegraded *degraded, const GenShape *wanted, GError **error)
{
  const GenTensor *port = g_ptr_array_index (gen_step_net (step, RESTORER)->inputs, 0);
  const gint64 channels = degraded->samples->shape.dims[1];
  GenTensor *input = degraded->samples, *restored;

  if (port->shape.rank == input->shape.rank && port->shape.dims[1] == channels + 1 &&
      (input = join (step, degraded, error)) == NULL)
    return NULL;
  if ((restored = gen_step_apply_to (step, RESTORER, input, error)) == NULL)
    return NULL;
  if (gen_shape_equal (&restored->shape, wanted))
    return restored;
  g_autofree char *made = gen_shape_to_string (&restored->shape);
  g_autofree char *taken = gen_shape_to_string (&input->shape);
  g_autofree char *wants = gen_shape_to_string (wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the restorer makes %s of degraded samples of %s, which were %s before; another degradation, "
      "or another degradation-factor, may be meant",
      made, taken, wants);
  return NULL;
}

/* --- the recipe --- */

/* Samples as they were, and what became of them. */
typedef struct {
  GenTensor *original;
  GenDegraded degraded;
} Lesson;

/* What attacks raise: what is made of `samples`, which are degraded, is further from the original.
 */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  const Lesson *lesson = data;
  const GenDegraded degraded = { .samples = samples, .seen = lesson->degraded.seen };
  GenTensor *restored = restore (step, &degraded, &lesson->original->shape, error);

  return gen_step_compare (step, RESTORER, restored, lesson->original, error);
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint restorer = RESTORER;
  GenTensor *original = gen_step_cropped_samples (step, error), *restored, *apart;
  Lesson lesson = { .original = original };
  GenDegraded degraded;

  if (original == NULL || !degrade (step, original, &lesson.degraded, error))
    return FALSE;
  degraded = lesson.degraded;
  degraded.samples = gen_attacked (step, degraded.samples, TRUE, lose, &lesson, error);
  if (degraded.samples == NULL)
    return FALSE;
  restored = restore (step, &degraded, &original->shape, error);
  apart = gen_step_compare (step, RESTORER, restored, original, error);
  return gen_step_minimise_distances (step, &restorer, 1, apart, error) &&
         gen_step_report_likeness (step, apart, restored, original, error) &&
         gen_attacked_report (step, lesson.degraded.samples, TRUE, lose, &lesson, error);
}

/* Pictures that are smaller are shown pixel by pixel. */
static GenTensor *
enlarge (GenStep *step, GenTensor *degraded, const GenShape *shape, GError **error)
{
  if (degraded == NULL || gen_shape_equal (&degraded->shape, shape))
    return degraded;
  return gen_graph_op (gen_step_graph (step), "Resize",
      (GenTensor *[]){ degraded, NULL, NULL,
          gen_graph_ints (gen_step_graph (step), shape->dims, (gsize)shape->rank) },
      4, 1, error, "mode", GEN_STRING, "nearest", NULL);
}

static gboolean
make (GenStep *step, GError **error)
{
  GenTensor *original = gen_step_samples (step), *restored;
  GenDegraded degraded = { NULL };

  if (!degrade (step, original, &degraded, error))
    return FALSE;
  restored = restore (step, &degraded, &original->shape, error);
  return gen_step_show (step, enlarge (step, degraded.samples, &original->shape, error)) &&
         gen_step_show (step, restored) &&
         gen_step_show (step, gen_unary (gen_step_graph (step), "Identity", original, error));
}

/* What it has learned is what it is for. */
static void
describe (const GenTrainerSettings *settings, guint net, GHashTable *metadata)
{
  if (settings->degradation != &gen_degradation_auto)
    g_hash_table_insert (metadata, g_strdup (DEGRADATION), g_strdup (settings->degradation->name));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_restorer, .n_inputs = 1, .averaged = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  GEN_LIKENESS_FIGURES,
  GEN_LIKENESS_SOUND_FIGURES,
  GEN_ATTACKED_FIGURE,
};

static gconstpointer
find_degradation (const char *name, GError **error)
{
  return gen_degradation_find (name, error);
}

G_STATIC_ASSERT (G_STRUCT_OFFSET (GenDegradation, name) == 0);

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  { .name = "degradation",
      .nick = "Degradation",
      .description = "What samples go through, of which the net learns the way back",
      .type = GEN_SETTING_FAMILY,
      FIELD (degradation),
      .find = find_degradation,
      .of_learning = TRUE },
  { .name = "degradation-strength",
      .nick = "Degradation strength",
      .description = "How strong that is, in the unit of the degradation (0 = as it is by itself)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (degradation_strength),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "degradation-factor",
      .nick = "Degradation factor",
      .description = "By how much pictures are downscaled, or the rate of sounds is lower, or the "
                     "quality of jpeg may be higher",
      .type = GEN_SETTING_INT,
      FIELD (degradation_factor),
      .minimum = 2,
      .maximum = 64,
      .of_learning = TRUE },
  GEN_LIKENESS_SETTINGS,
  GEN_ATTACKED_SETTINGS,
  GEN_CROP_SETTING,
};

const GenRecipe gen_recipe_restoration = {
  .name = "restoration",
  .description = "The way back from degraded samples to the samples as they came",
  .nets = nets,
  .data_net = RESTORER,
  .data_made = TRUE,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 3,
  .make = make,
  .describe = describe,
};
