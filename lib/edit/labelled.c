/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directions towards labels, each against all others: between the means of places, and the normal
 * of the border that logistic regression draws, which heeds that numbers of places go together.
 * Labels are given, or what a classifier says of samples that are drawn. */
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "direction-methods.h"
#include "latent-space-private.h"
#include "samples.h"

/* Newton's steps, and what is added to the curvature for each place: borders of places that can be
 * told apart without a mistake lie at infinity. */
#define STEPS 30
#define RIDGE 1e-3
#define CONVERGED 1e-8
/* Fewer places than this of a label say nothing. */
#define FEWEST 2
/* Of a direction that is made orthogonal to others, the share of its length that is to be left:
 * means of all labels but one say where that of the last one is. */
#define LEFT 1e-3

typedef struct {
  const float *places;
  gsize length;
  const int *labels;
  guint n;
  char **names;
  guint n_names;
} Labelled;

/* --- labels by a classifier --- */

static guint
find_greatest (const float *scores, guint n)
{
  guint best = 0;

  for (guint k = 1; k < n; k++)
    if (scores[k] > scores[best] || isnan (scores[best]))
      best = k;
  return best;
}

/* The classifier's scores of what is made of a batch of places. */
static GenPlan *
compile_classifier (GenLatentSpace *space, const char *path, gint64 batch, char ***names,
    guint *classes, GError **error)
{
  const GenPlanOptions options = { .threads = gen_latent_space_threads (space) };
  g_autoptr (GenGraph) graph = gen_graph_new ("classify");
  GenTensor *places = gen_graph_add_input (graph, "places", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (batch, (gint64)gen_latent_space_vectors (space),
          (gint64)gen_latent_space_length (space)));
  GenTensor *made = gen_latent_space_append (space, graph, places, error), *scores;
  g_autoptr (GenModel) classifier = NULL;
  guint output = 0;

  if (made == NULL)
    return NULL;
  classifier = gen_samples_open_reader (path, "a classifier", &made->shape, &output, error);
  scores = classifier != NULL ? gen_samples_read (graph, classifier, output, made, error) : NULL;
  if (scores == NULL)
    return NULL;
  *classes = (guint)scores->shape.dims[1];
  *names = gen_model_get_class_names (classifier->graph);
  gen_graph_add_output (graph, scores);
  return gen_plan_new (graph, &options, error);
}

static gboolean
classify (GenLatentSpace *space, const char *path, const float *places, guint n, int *labels,
    char ***names, guint *classes, GError **error)
{
  const gsize place = gen_latent_space_vectors (space) * gen_latent_space_length (space);
  const gsize own = gen_direction_length (space);
  const gint64 batch = gen_latent_space_batch (space, n);
  g_autoptr (GenPlan) plan = compile_classifier (space, path, batch, names, classes, error);
  g_autofree float *all = g_new (float, n *place), *scores = NULL;

  if (plan == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    for (gsize k = 0; k < place; k += own)
      memcpy (all + i * place + k, places + i * own, own * sizeof *all);
  scores = g_new (float, n **classes);
  if (!gen_plan_run_rows (plan, batch, all, place, n, scores, *classes, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    labels[i] = (int)find_greatest (scores + i * *classes, *classes);
  /* Names that are not as many as there are classes are none of theirs. */
  if (*names != NULL && g_strv_length (*names) != *classes)
    g_clear_pointer (names, g_strfreev);
  return TRUE;
}

/* --- two ways --- */

typedef gboolean (*Towards) (const Labelled *labelled, int label, double *row, GError **error);

static gboolean
subtract_means (const Labelled *labelled, int label, double *row, GError **error)
{
  guint own = 0, others = 0;

  for (guint i = 0; i < labelled->n; i++) {
    own += labelled->labels[i] == label;
    others += labelled->labels[i] != label && labelled->labels[i] >= 0;
  }
  memset (row, 0, labelled->length * sizeof *row);
  for (guint i = 0; i < labelled->n; i++) {
    const float *place = labelled->places + i * labelled->length;

    if (labelled->labels[i] < 0)
      continue;
    for (gsize k = 0; k < labelled->length; k++)
      row[k] += labelled->labels[i] == label ? place[k] / (double)own : -place[k] / (double)others;
  }
  return TRUE;
}

/* Gradient and curvature of the negative log likelihood, with that of the ridge. The last number of
 * `weights`, [length + 1], is the intercept. */
static void
differentiate (
    const Labelled *labelled, int label, const double *weights, double *gradient, double *curvature)
{
  const gsize length = labelled->length, size = length + 1;
  double n = 0;

  memset (gradient, 0, size * sizeof *gradient);
  memset (curvature, 0, size * size * sizeof *curvature);
  for (guint i = 0; i < labelled->n; i++) {
    const float *place = labelled->places + i * length;
    double sum = weights[length], p, wrong, slope;

    if (labelled->labels[i] < 0)
      continue;
    for (gsize k = 0; k < length; k++)
      sum += weights[k] * place[k];
    p = 1 / (1 + exp (-sum));
    wrong = p - (labelled->labels[i] == label);
    slope = p * (1 - p);
    for (gsize k = 0; k < size; k++) {
      const double x = k < length ? place[k] : 1;

      gradient[k] += wrong * x;
      for (gsize j = 0; j <= k; j++)
        curvature[k * size + j] += slope * x * (j < length ? place[j] : 1);
    }
    n++;
  }
  for (gsize k = 0; k < size; k++) {
    gradient[k] += k < length ? RIDGE * n * weights[k] : 0;
    curvature[k * size + k] += RIDGE * n;
  }
}

static gboolean
regress (const Labelled *labelled, int label, double *row, GError **error)
{
  const gsize length = labelled->length, size = length + 1;
  g_autofree double *weights = g_new0 (double, size), *gradient = g_new (double, size);
  g_autofree double *curvature = g_new (double, size *size);

  for (int step = 0; step < STEPS; step++) {
    double moved = 0, is = 0;
    lapack_int info;

    differentiate (labelled, label, weights, gradient, curvature);
    info = LAPACKE_dposv (
        LAPACK_ROW_MAJOR, 'L', (lapack_int)size, 1, curvature, (lapack_int)size, gradient, 1);
    if (info != 0) {
      g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_NOT_FINITE,
          "no border was found around %s (LAPACK says %d)", labelled->names[label], (int)info);
      return FALSE;
    }
    for (gsize k = 0; k < size; k++) {
      weights[k] -= gradient[k];
      moved += gradient[k] * gradient[k];
      is += weights[k] * weights[k];
    }
    if (moved <= CONVERGED * CONVERGED * is)
      break;
  }
  memcpy (row, weights, length * sizeof *row);
  return TRUE;
}

/* --- all of them --- */

static double
multiply (const double *a, const double *b, gsize n)
{
  double product = 0;

  for (gsize k = 0; k < n; k++)
    product += a[k] * b[k];
  return product;
}

/* Take from row `i` what it has of those before. FALSE where next to nothing is left. */
static gboolean
make_orthogonal (double *rows, guint i, gsize length)
{
  double *row = rows + i * length;
  const double whole = multiply (row, row, length);

  for (guint before = 0; before < i; before++) {
    const double *other = rows + before * length;
    const double part = multiply (row, other, length) / multiply (other, other, length);

    for (gsize k = 0; k < length; k++)
      row[k] -= part * other[k];
  }
  return multiply (row, row, length) > LEFT * LEFT * whole;
}

/* Of those labels that some places have and some have not. */
static GenDirections *
find_towards (GenLatentSpace *space, const Labelled *labelled, Towards towards, gboolean orthogonal,
    GArray *shares, GError **error)
{
  g_autofree guint *counts = g_new0 (guint, labelled->n_names);
  g_autofree double *rows = g_new (double, labelled->n_names * labelled->length);
  g_autofree const char **names = g_new0 (const char *, labelled->n_names + 1);
  guint all = 0, n = 0;

  for (guint i = 0; i < labelled->n; i++) {
    if (labelled->labels[i] < 0)
      continue;
    counts[labelled->labels[i]]++;
    all++;
  }
  for (guint k = 0; k < labelled->n_names; k++) {
    const double share = all > 0 ? (double)counts[k] / all : 0;

    if (counts[k] < FEWEST || all - counts[k] < FEWEST)
      continue;
    if (!towards (labelled, (int)k, rows + n * labelled->length, error))
      return NULL;
    if (orthogonal && !make_orthogonal (rows, n, labelled->length))
      continue;
    names[n] = labelled->names[k];
    g_array_append_val (shares, share);
    n++;
  }
  if (n == 0) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
        "no label parts %u places: at least %d have to have it, and %d another", all, FEWEST,
        FEWEST);
    return NULL;
  }
  return gen_direction_scale (space, labelled->places, labelled->n, rows, n, names, NULL, error);
}

static GenDirections *
find (GenLatentSpace *space, const GenDirectionSettings *settings, Towards towards, GArray *shares,
    GError **error)
{
  Labelled labelled = { .length = gen_direction_length (space),
    .places = settings->places,
    .labels = settings->labels,
    .n = settings->n };
  g_autofree float *drawn = NULL;
  g_autofree int *labels = NULL;
  g_auto (GStrv) names = NULL;

  if (settings->labels != NULL) {
    labelled.names = (char **)settings->names;
    labelled.n_names = g_strv_length (labelled.names);
    return find_towards (space, &labelled, towards, settings->orthogonal, shares, error);
  }
  labelled.n = (guint)settings->samples;
  labels = g_new (int, labelled.n);
  drawn = gen_direction_draw (space, labelled.n, error);
  if (drawn == NULL || !classify (space, settings->classifier, drawn, labelled.n, labels, &names,
                           &labelled.n_names, error))
    return NULL;
  if (names == NULL) {
    names = g_new0 (char *, labelled.n_names + 1);
    for (guint k = 0; k < labelled.n_names; k++)
      names[k] = g_strdup_printf ("%u", k);
  }
  labelled.places = drawn;
  labelled.labels = labels;
  labelled.names = names;
  return find_towards (space, &labelled, towards, settings->orthogonal, shares, error);
}

static GenDirections *
find_by_mean (
    GenLatentSpace *space, const GenDirectionSettings *settings, GArray *shares, GError **error)
{
  return find (space, settings, subtract_means, shares, error);
}

static GenDirections *
find_by_logistic (
    GenLatentSpace *space, const GenDirectionSettings *settings, GArray *shares, GError **error)
{
  return find (space, settings, regress, shares, error);
}

const GenDirectionMethod gen_direction_method_mean = {
  .name = "mean",
  .description =
      "Towards each label: from the mean of all others to the mean of those that have it",
  .is_labelled = TRUE,
  .find = find_by_mean,
};

const GenDirectionMethod gen_direction_method_logistic = {
  .name = "logistic",
  .description = "Towards each label: across the border that logistic regression draws around it",
  .is_labelled = TRUE,
  .find = find_by_logistic,
};
