/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places are states, and Adam changes them as it does weights: number by number, so that rows of a
 * batch stay by themselves. What a row lost is told of where it was before it moved, so that the
 * best place is one that has been looked at. */
#include "inversion-step.h"

#include <math.h>
#include <string.h>

#include <generative/operator.h>
#include <generative/optimizer.h>
#include <generative/plan.h>
#include <generative/reconstruction.h>

#include "../train/perceptual.h"
#include "../train/reconstructions/means.h"
#include "latent-space-private.h"
#include "samples.h"

#define PLACE "place"
/* Pictures are halved while they have so many pixels a side, at least. */
#define LEAST_HALVED 16
/* SSIM's windows. */
#define LEAST_LIKENED 7
#define BETA1 0.9
#define BETA2 0.999
#define EPSILON 1e-8

enum { WANTED, RATE, COUNT };
enum { LOSS, SQUARE };

struct _GenInversionStep {
  GenPlan *plan;
  gsize place, sample; /* numbers of one */
  guint batch;
  float *before; /* where the places were */
  gint64 count;
};

/* --- what falls --- */

static GenTensor *
square (GenGraph *graph, GenTensor *a, GenTensor *b, GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", a, b, error);

  return gen_reconstruction_mean (graph, gen_binary (graph, "Mul", apart, apart, error), error);
}

static GenTensor *
weigh (GenGraph *graph, GenTensor *x, double weight, GError **error)
{
  return gen_binary (graph, "Mul", x, gen_graph_float (graph, (float)weight), error);
}

static GenTensor *
halve (GenGraph *graph, GenTensor *x, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "AveragePool", &x, 1, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 2, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, NULL);
}

/* The mean over the halvings of pictures of their squares, `first` being that of all pixels: far
 * away, pixels alone say nothing of which way to go. */
static GenTensor *
square_at_scales (
    GenGraph *graph, GenTensor *made, GenTensor *wanted, GenTensor *first, GError **error)
{
  GenTensor *sum = first;
  int n = 1;

  while (made != NULL && wanted != NULL && made->shape.rank == 4 &&
         MIN (made->shape.dims[2], made->shape.dims[3]) >= LEAST_HALVED) {
    made = halve (graph, made, error);
    wanted = halve (graph, wanted, error);
    sum = gen_binary (graph, "Add", sum, square (graph, made, wanted, error), error);
    n++;
  }
  return n > 1 ? weigh (graph, sum, 1.0 / n, error) : sum;
}

/* How unlike they look or sound; NULL without an error where they are too small for that. */
static GenTensor *
find_unlikeness (GenGraph *graph, const GenInversionSettings *settings, GenTensor *made,
    GenTensor *wanted, GError **error)
{
  const gint64 *dims = made->shape.dims;
  const float black = gen_samples_black (&made->shape);

  if (settings->features != NULL)
    return gen_perceptual_compare (
        graph, "features", settings->features, made, wanted, black, 1, error);
  if (made->shape.rank == 3)
    return dims[2] > 256 ? gen_reconstruction_stft.loss (graph, made, wanted, 2, error) : NULL;
  if (MIN (dims[2], dims[3]) < LEAST_LIKENED)
    return NULL;
  return gen_reconstruction_ssim.loss (graph, made, wanted, 1, error);
}

/* What the mean square of a place's numbers is above 1, squared, and how far its vectors are apart.
 */
static GenTensor *
find_strayed (const GenLatentSpace *space, GenGraph *graph, GenTensor *place, GError **error)
{
  static const gint64 vectors[] = { 1 };
  GenTensor *beyond, *middle;

  beyond = gen_reconstruction_mean (graph, gen_binary (graph, "Mul", place, place, error), error);
  beyond = gen_binary (graph, "Sub", beyond, gen_graph_float (graph, 1), error);
  beyond = beyond != NULL ? gen_unary (graph, "Relu", beyond, error) : NULL;
  beyond = gen_binary (graph, "Mul", beyond, beyond, error);
  if (gen_latent_space_kind (space) != GEN_SPACE_STYLES || beyond == NULL)
    return beyond;
  middle = gen_graph_op (graph, "ReduceMean", &place, 1, 1, error, "axes", GEN_INTS, 1, vectors,
      "keepdims", GEN_INT, 1, NULL);
  return gen_binary (graph, "Add", beyond, square (graph, place, middle, error), error);
}

static GenTensor *
lose (const GenLatentSpace *space, const GenInversionSettings *settings, GenGraph *graph,
    GenTensor *place, GenTensor *made, GenTensor *wanted, GenTensor *squares, GError **error)
{
  GenTensor *loss = square_at_scales (graph, made, wanted, squares, error), *unlike = NULL;
  GError *failed = NULL;

  if (settings->likeness > 0)
    unlike = find_unlikeness (graph, settings, made, wanted, &failed);
  if (failed != NULL) {
    g_propagate_error (error, failed);
    return NULL;
  }
  if (unlike != NULL)
    loss = gen_binary (graph, "Add", loss, weigh (graph, unlike, settings->likeness, error), error);
  if (settings->prior > 0)
    loss = gen_binary (graph, "Add", loss,
        weigh (graph, find_strayed (space, graph, place, error), settings->prior, error), error);
  return loss;
}

/* --- the graph --- */

static GenTensor *
add_row (GenGraph *graph, const float *numbers, gsize n)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, (gint64)n),
      g_bytes_new (numbers, n * sizeof *numbers));
}

static GenTensor *
make_samples (const GenLatentSpace *space, GenGraph *graph, GenTensor *place, GError **error)
{
  const gsize length = gen_latent_space_length (space);

  if (gen_latent_space_kind (space) != GEN_SPACE_LATENT) {
    place = gen_binary (
        graph, "Mul", place, add_row (graph, gen_latent_space_deviation (space), length), error);
    place = gen_binary (
        graph, "Add", place, add_row (graph, gen_latent_space_mean (space), length), error);
  }
  return gen_latent_space_append (space, graph, place, error);
}

static GenTensor *
differentiate (
    const GenLatentSpace *space, GenGraph *graph, GenTensor *loss, GenTensor *place, GError **error)
{
  GenTensor *gradient;

  if (!gen_graph_gradients (graph, loss, &place, 1, &gradient, error)) {
    g_prefix_error (error, "%s: ", gen_latent_space_path (space));
    return NULL;
  }
  if (gradient == NULL)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT,
        "%s: no gradient comes from what it makes back to what it takes",
        gen_latent_space_path (space));
  return gradient;
}

/* Let `place` go down the gradient of `loss`. That of `squares`, which is not asked for anything
 * else and so costs nothing, has to be there: the prior has a gradient whatever the model has. */
static gboolean
descend (const GenLatentSpace *space, GenGraph *graph, GenTensor *place, GenTensor *squares,
    GenTensor *loss, GError **error)
{
  const GenOptimizerSettings settings = { .beta1 = BETA1, .beta2 = BETA2, .epsilon = EPSILON };
  GenTensor *rate = gen_graph_add_input (graph, "rate", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
  GenTensor *count = gen_graph_add_input (graph, "count", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
  GenTensor *gradient;

  if (differentiate (space, graph, squares, place, error) == NULL)
    return FALSE;
  gradient = differentiate (space, graph, loss, place, error);
  return gradient != NULL && gen_optimizer_update (&gen_optimizer_adam, graph, place, gradient,
                                 rate, count, NULL, &settings, error) != NULL;
}

static GenGraph *
build (
    const GenLatentSpace *space, const GenInversionSettings *settings, gint64 batch, GError **error)
{
  const GenFormat *format = gen_latent_space_format (space);
  const gboolean is_picture = format->medium == &gen_medium_picture;
  const GenShape shape = is_picture
                             ? GEN_SHAPE (batch, format->channels, format->height, format->width)
                             : GEN_SHAPE (batch, format->channels, (gint64)format->length);
  const GenShape at = GEN_SHAPE (
      batch, (gint64)gen_latent_space_vectors (space), (gint64)gen_latent_space_length (space));
  const gsize size = (gsize)gen_shape_elements (&at) * sizeof (float);
  g_autoptr (GenGraph) graph = gen_graph_new ("inversion");
  GenTensor *wanted = gen_graph_add_input (graph, "wanted", GEN_TYPE_FLOAT32, &shape);
  GenTensor *place = gen_graph_add_state (
      graph, PLACE, GEN_TYPE_FLOAT32, &at, g_bytes_new_take (g_malloc0 (size), size));
  GenTensor *made = make_samples (space, graph, place, error), *squares, *loss;

  if (made == NULL)
    return NULL;
  squares = square (graph, made, wanted, error);
  loss = lose (space, settings, graph, place, made, wanted, squares, error);
  if (loss == NULL || !descend (space, graph, place, squares, loss, error))
    return NULL;
  gen_graph_add_output (graph, loss);
  gen_graph_add_output (graph, squares);
  return g_steal_pointer (&graph);
}

GenInversionStep *
gen_inversion_step_new (
    const GenLatentSpace *space, const GenInversionSettings *settings, gint64 batch, GError **error)
{
  const GenPlanOptions options = { .threads = gen_latent_space_threads (space) };
  g_autoptr (GenGraph) graph = build (space, settings, batch, error);
  g_autoptr (GenInversionStep) step = g_new0 (GenInversionStep, 1);

  if (graph == NULL || (step->plan = gen_plan_new (graph, &options, error)) == NULL)
    return NULL;
  step->batch = (guint)batch;
  step->place = gen_latent_space_vectors (space) * gen_latent_space_length (space);
  step->sample = gen_plan_input (step->plan, WANTED)->size / sizeof (float) / (gsize)batch;
  step->before = g_new0 (float, step->place * step->batch);
  return g_steal_pointer (&step);
}

void
gen_inversion_step_free (GenInversionStep *step)
{
  if (step == NULL)
    return;
  g_clear_pointer (&step->plan, gen_plan_free);
  g_free (step->before);
  g_free (step);
}

guint
gen_inversion_step_batch (const GenInversionStep *step)
{
  return step->batch;
}

void
gen_inversion_step_set (GenInversionStep *step, guint row, const float *sample, const float *place)
{
  float *samples = gen_plan_input (step->plan, WANTED)->data;

  memcpy (samples + row * step->sample, sample, step->sample * sizeof *sample);
  memcpy (step->before + row * step->place, place, step->place * sizeof *place);
}

void
gen_inversion_step_begin (GenInversionStep *step)
{
  gen_plan_reset_states (step->plan);
  memcpy (gen_plan_find (step->plan, PLACE)->data, step->before,
      step->place * step->batch * sizeof *step->before);
  gen_plan_states_changed (step->plan);
  step->count = 0;
}

gboolean
gen_inversion_step_run (GenInversionStep *step, double rate, GError **error)
{
  memcpy (step->before, gen_plan_find (step->plan, PLACE)->data,
      step->place * step->batch * sizeof *step->before);
  *(float *)gen_plan_input (step->plan, RATE)->data = (float)rate;
  *(gint64 *)gen_plan_input (step->plan, COUNT)->data = step->count++;
  return gen_plan_run (step->plan, error);
}

const float *
gen_inversion_step_place (const GenInversionStep *step, guint row)
{
  return step->before + row * step->place;
}

double
gen_inversion_step_loss (const GenInversionStep *step, guint row)
{
  return ((const float *)gen_plan_output (step->plan, LOSS)->data)[row];
}

double
gen_inversion_step_square (const GenInversionStep *step, guint row)
{
  return ((const float *)gen_plan_output (step->plan, SQUARE)->data)[row];
}
