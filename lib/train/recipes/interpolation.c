/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of three frames of a film that follow each other, a net sees two and learns to make the third:
 * the one between them, or the one behind them. */
#include "attacked.h"
#include "likeness.h"

enum { INTERPOLATOR };
#define FRAMES 3

/* Which frame is made, and which are seen, by whether it is the next one. */
static const gint64 seen_frames[][FRAMES - 1] = { [FALSE] = { 0, 2 }, [TRUE] = { 0, 1 } };
static const gint64 made_frame[] = { [FALSE] = 1, [TRUE] = 2 };

/* Some of the frames of samples, one behind the other in the channels. */
static GenTensor *
pick (GenStep *step, GenTensor *samples, const gint64 *frames, guint n, GError **error)
{
  const gint64 channels = samples->shape.dims[1] / FRAMES;
  gint64 chosen[FRAMES * 4];

  for (gint64 i = 0; i < n * channels; i++)
    chosen[i] = frames[i / channels] * channels + i % channels;
  return gen_graph_op (gen_step_graph (step), "Gather",
      (GenTensor *[]){
          samples, gen_graph_ints (gen_step_graph (step), chosen, (gsize)(n * channels)) },
      2, 1, error, "axis", GEN_INT, 1, NULL);
}

static gboolean
check_samples (const GenTensor *samples, GError **error)
{
  if (samples->shape.rank == 4 && samples->shape.dims[1] <= FRAMES * 4)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "recipe interpolation is of pictures, of four channels at most");
  return FALSE;
}

/* The frames that the net sees, and the one that it is to make. */
static gboolean
divide (GenStep *step, GenTensor *samples, GenTensor **seen, GenTensor **wanted, GError **error)
{
  const gboolean next = gen_step_settings (step)->next_frame;

  if (samples == NULL || !check_samples (samples, error))
    return FALSE;
  *seen = pick (step, samples, seen_frames[next], FRAMES - 1, error);
  *wanted = pick (step, samples, &made_frame[next], 1, error);
  return *seen != NULL && *wanted != NULL;
}

/* What the net makes of two frames. */
static GenTensor *
interpolate (GenStep *step, GenTensor *seen, const GenTensor *wanted, GError **error)
{
  GenTensor *made = gen_step_apply_to (step, INTERPOLATOR, seen, error);

  if (made == NULL || gen_shape_equal (&made->shape, &wanted->shape))
    return made;
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wants = gen_shape_to_string (&wanted->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the interpolator makes %s of two frames of %s", has, wants);
  return NULL;
}

/* What attacks raise: how far what is made of `seen` is from the frame that is wanted. */
static GenTensor *
lose (GenStep *step, GenTensor *seen, gpointer data, GError **error)
{
  GenTensor *wanted = data;

  return gen_step_compare (
      step, INTERPOLATOR, interpolate (step, seen, wanted, error), wanted, error);
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint interpolator = INTERPOLATOR;
  GenTensor *samples = gen_step_cropped_samples (step, error), *seen, *wanted, *made, *apart;

  if (!divide (step, samples, &seen, &wanted, error))
    return FALSE;
  made = gen_attacked (step, seen, TRUE, lose, wanted, error);
  made = made != NULL ? interpolate (step, made, wanted, error) : NULL;
  if (made == NULL)
    return FALSE;
  apart = gen_step_compare (step, INTERPOLATOR, made, wanted, error);
  return gen_step_minimise_distances (step, &interpolator, 1, apart, error) &&
         gen_step_report_likeness (step, apart, made, wanted, error) &&
         gen_attacked_report (step, seen, TRUE, lose, wanted, error);
}

/* What is seen, what is made of it, and what was there. */
static gboolean
make (GenStep *step, GError **error)
{
  static const gint64 first = 0, second = 1;
  GenTensor *samples = gen_step_samples (step), *seen, *wanted, *made;
  const gboolean next = gen_step_settings (step)->next_frame;

  if (!divide (step, samples, &seen, &wanted, error))
    return FALSE;
  made = interpolate (step, seen, wanted, error);
  if (made == NULL)
    return FALSE;
  return gen_step_show (step, pick (step, samples, &seen_frames[next][first], 1, error)) &&
         gen_step_show (step, pick (step, samples, &seen_frames[next][second], 1, error)) &&
         gen_step_show (step, made) && gen_step_show (step, wanted);
}

static void
describe (const GenTrainerSettings *settings, guint net, GHashTable *metadata)
{
  g_hash_table_insert (
      metadata, g_strdup ("generative.frames"), g_strdup_printf ("%d", FRAMES - 1));
  if (settings->next_frame)
    g_hash_table_insert (metadata, g_strdup ("generative.interpolate"), g_strdup ("false"));
  else
    g_hash_table_remove (metadata, "generative.interpolate");
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_interpolator, .n_inputs = 1, .averaged = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = { GEN_LIKENESS_FIGURES, GEN_ATTACKED_FIGURE };

static const GenSetting settings[] = {
  { .name = "next-frame",
      .nick = "Next frame",
      .description = "Make the frame behind two of a film instead of the one between them",
      .type = GEN_SETTING_FLAG,
      .offset = G_STRUCT_OFFSET (GenTrainerSettings, next_frame),
      .of_learning = TRUE },
  GEN_LIKENESS_SETTINGS,
  GEN_ATTACKED_SETTINGS,
  GEN_CROP_SETTING,
};

const GenRecipe gen_recipe_interpolation = {
  .name = "interpolation",
  .description = "The frame between two of a film, or the one behind two",
  .nets = nets,
  .data_net = INTERPOLATOR,
  .data_made = TRUE,
  .frames = FRAMES,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 4,
  .make = make,
  .describe = describe,
};
