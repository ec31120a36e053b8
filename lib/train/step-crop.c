/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of samples that a step trains on, and which extents of them the nets take. */
#include "step-crop.h"

#include "step-private.h"

/* What nets halve is divided by a power of two, of which this is the largest that is tried. */
#define MOST_HALVED 256

/* `extent` elements along an axis, anywhere. */
static GenTensor *
crop_axis (GenStep *step, GenTensor *x, int axis, gint64 extent, GError **error)
{
  const gint64 room = x->shape.dims[axis] - extent;
  g_autofree gint64 *places = g_new (gint64, extent);
  GenTensor *first;

  if (room <= 0)
    return x;
  for (gint64 i = 0; i < extent; i++)
    places[i] = i;
  first = gen_graph_op (step->graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1,
      (gint64[]){ 1 }, "high", GEN_FLOAT, (double)(room + 1), NULL);
  first = gen_unary (step->graph, "Floor",
      gen_binary (step->graph, "Min", first, gen_graph_float (step->graph, (float)room), error),
      error);
  if (first == NULL)
    return NULL;
  first = gen_graph_op (
      step->graph, "Cast", &first, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_INT64, NULL);
  first = gen_binary (
      step->graph, "Add", first, gen_graph_ints (step->graph, places, (gsize)extent), error);
  if (first == NULL)
    return NULL;
  return gen_graph_op (
      step->graph, "Gather", (GenTensor *[]){ x, first }, 2, 1, error, "axis", GEN_INT, axis, NULL);
}

GenTensor *
gen_step_cropped_samples (GenStep *step, GError **error)
{
  const int extent = step->settings->crop;
  GenTensor *x = gen_step_samples (step);

  if (extent == 0 || !gen_step_trains (step))
    return x;
  for (int axis = 2; x != NULL && axis < step->sample_shape.rank; axis++)
    x = crop_axis (step, x, axis, extent, error);
  return x;
}

/* Whether a step on parts of that extent can be built; `most` is set to the largest extent that
 * samples have, of which it can. */
static gboolean
is_taken (GenGraph *const *nets, const GenTrainerSettings *settings, int crop, gint64 *most)
{
  GenTrainerSettings cropped = *settings;
  GenStepGraph built;
  gboolean taken;

  cropped.crop = crop;
  taken = gen_step_graph_build (&built, GEN_STEP_TRAINS, nets, &cropped, NULL);
  if (taken) {
    const GenTensor *samples = g_ptr_array_index (built.graph->inputs, (guint)built.samples);

    *most = 0;
    for (int axis = 2; axis < samples->shape.rank; axis++)
      *most = MAX (*most, samples->shape.dims[axis]);
  }
  gen_step_graph_clear (&built);
  return taken;
}

/* The nearest parts of samples of extent `most` that are taken, on both sides. */
static char *
find_taken (GenGraph *const *nets, const GenTrainerSettings *settings, gint64 most)
{
  int less = 0, more = 0;

  for (int divisor = 2; divisor <= MOST_HALVED && (less == 0 || more == 0); divisor *= 2) {
    const int below = settings->crop / divisor * divisor, above = below + divisor;

    if (less == 0 && below < settings->crop && below > 0 && is_taken (nets, settings, below, &most))
      less = below;
    if (more == 0 && above < most && is_taken (nets, settings, above, &most))
      more = above;
  }
  if (less > 0 && more > 0)
    return g_strdup_printf ("%d or %d would do, and 0, the whole", less, more);
  if (less + more > 0)
    return g_strdup_printf ("%d would do, and 0, the whole", less + more);
  return g_strdup ("0, the whole, would do");
}

void
gen_step_explain_crop (GenGraph *const *nets, const GenTrainerSettings *settings, GError **error)
{
  g_autofree char *taken = NULL;
  gint64 most;

  if (settings->crop == 0 || !is_taken (nets, settings, 0, &most))
    return;
  taken = find_taken (nets, settings, most);
  g_clear_error (error);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "crop: the nets of recipe %s take no parts of extent %d; %s", settings->recipe->name,
      settings->crop, taken);
}
