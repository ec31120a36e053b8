/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Principal components of what the net makes of latents that are drawn, brought back to these: of
 * activations X and places Z, both less their means, and the component along which X has the scores
 * c, the direction Z' c, by which the places of a score are predicted best. In a space of styles X
 * is Z, and what comes out are its own components. Pixels see brightness and size before anything
 * else; an earlier layer (`layer`) sees other things. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "../graph/graph-private.h"
#include "direction-methods.h"
#include "latent-space-private.h"

/* Activations of more numbers than that are not looked at, unless somebody names them. */
#define MOST 16384
#define LARGEST (1 << 20)

/* --- activations --- */

static gsize
count (const GenTensor *tensor, gint64 batch)
{
  const GenShape *shape = &tensor->shape;

  if (tensor->type != GEN_TYPE_FLOAT32 || shape->rank < 2 || shape->dims[0] != batch)
    return 0;
  return (gsize)gen_shape_product (shape, 1, shape->rank);
}

static GenTensor *
find_layer (const GenGraph *graph, const char *layer, gint64 batch, GError **error)
{
  GenTensor *last = NULL;

  if (layer != NULL) {
    last = gen_graph_find (graph, layer);
    if (last != NULL && last->role == GEN_ROLE_VALUE && count (last, batch) > 0 &&
        count (last, batch) <= LARGEST)
      return last;
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
        "the model makes no float32 numbers of each sample by the name \"%s\", or more than %d",
        layer, LARGEST);
    return NULL;
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenTensor *made = gen_node_output (g_ptr_array_index (graph->nodes, i), 0);

    if (made != NULL && made->role == GEN_ROLE_VALUE && count (made, batch) > 0 &&
        count (made, batch) <= MOST)
      last = made;
  }
  if (last == NULL)
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_MODEL,
        "no layer of the model makes few enough numbers; say which is to be looked at");
  return last;
}

/* What the net makes of `n` places, as it stands in the layer: [n, *width]. (transfer full) */
static float *
find_activations (GenLatentSpace *space, const char *layer, const float *places, guint n,
    gsize *width, GError **error)
{
  const gsize place = gen_latent_space_vectors (space) * gen_latent_space_length (space);
  const gsize own = gen_direction_length (space);
  const gint64 batch = gen_latent_space_batch (space, n);
  const GenPlanOptions options = { .threads = gen_latent_space_threads (space) };
  g_autoptr (GenGraph) graph = gen_latent_space_fix (space, batch, error);
  g_autofree float *all = g_new (float, n *place), *activations = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *tensor;

  tensor = graph != NULL ? find_layer (graph, layer, batch, error) : NULL;
  if (tensor == NULL)
    return NULL;
  *width = count (tensor, batch);
  if (!gen_direction_check_samples (n, *width, error))
    return NULL;
  g_ptr_array_set_size (graph->outputs, 0);
  gen_graph_add_output (graph, tensor);
  gen_graph_remove_dead (graph);
  plan = gen_plan_new (graph, &options, error);
  if (plan == NULL)
    return NULL;
  for (guint i = 0; i < n; i++)
    for (gsize k = 0; k < place; k += own)
      memcpy (all + i * place + k, places + i * own, own * sizeof *all);
  activations = g_new (float, n **width);
  if (!gen_plan_run_rows (plan, batch, all, place, n, activations, *width, error))
    return NULL;
  return g_steal_pointer (&activations);
}

/* --- components --- */

/* [n, width] less the mean of each column. (transfer full) */
static double *
centre (const float *rows, guint n, gsize width)
{
  double *centred = g_new (double, n *width);

  for (gsize k = 0; k < width; k++) {
    double sum = 0;

    for (guint i = 0; i < n; i++)
      sum += rows[i * width + k];
    for (guint i = 0; i < n; i++)
      centred[i * width + k] = rows[i * width + k] - sum / n;
  }
  return centred;
}

static gboolean
are_finite (const float *numbers, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (numbers[i]))
      return FALSE;
  return TRUE;
}

/* Scores of the `count` greatest components of x, [n, width], each row [n] of `scores`; and how
 * much of the variance each has. What is smaller is decomposed, x' x or x x'. */
static gboolean
find_scores (const double *x, guint n, gsize width, guint count, double *scores, GArray *shares,
    GError **error)
{
  const gsize size = MIN (n, width);
  g_autofree double *matrix = g_new0 (double, size *size), *values = g_new (double, count);
  double all = 0;

  cblas_dsyrk (CblasRowMajor, CblasLower, n <= width ? CblasNoTrans : CblasTrans, (int)size,
      (int)MAX (n, width), 1, x, (int)width, 0, matrix, (int)size);
  /* A row-major lower triangle is a column-major upper one. */
  for (gsize i = 0; i < size; i++)
    for (gsize k = 0; k < i; k++)
      matrix[k * size + i] = matrix[i * size + k];
  for (gsize i = 0; i < size; i++)
    all += matrix[i * size + i];
  if (!gen_direction_eigen (matrix, size, count, values, error))
    return FALSE;
  for (guint k = 0; k < count; k++) {
    const double share = all > 0 ? MAX (values[k], 0) / all : 0;

    g_array_append_val (shares, share);
  }
  if (n <= width)
    memcpy (scores, matrix, (gsize)count * n * sizeof *scores);
  else
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, (int)n, (int)width, 1, matrix,
        (int)width, x, (int)width, 0, scores, (int)n);
  return TRUE;
}

static GenDirections *
find (GenLatentSpace *space, const GenDirectionSettings *settings, GArray *shares, GError **error)
{
  const guint n = (guint)settings->samples;
  const gsize length = gen_direction_length (space);
  const gboolean is_own =
      settings->layer == NULL && gen_latent_space_kind (space) != GEN_SPACE_LATENT;
  g_autofree float *places = gen_direction_draw (space, n, error), *activations = NULL;
  g_autofree double *x = NULL, *z = NULL, *scores = NULL, *rows = NULL;
  gsize width = length;
  guint found;

  if (places == NULL)
    return NULL;
  if (!is_own) {
    activations = find_activations (space, settings->layer, places, n, &width, error);
    if (activations == NULL)
      return NULL;
  }
  if (!are_finite (is_own ? places : activations, n * width)) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_NOT_FINITE,
        "%s makes numbers that are not finite", gen_latent_space_path (space));
    return NULL;
  }
  /* Of n places less their mean, n - 1 at most are independent. */
  found = (guint)MIN ((gsize)settings->count, MIN (MIN (width, length), n - 1));
  x = centre (is_own ? places : activations, n, width);
  z = centre (places, n, length);
  scores = g_new (double, found *n);
  rows = g_new (double, found *length);
  if (!find_scores (x, n, width, found, scores, shares, error))
    return NULL;
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)found, (int)length, (int)n, 1,
      scores, (int)n, z, (int)length, 0, rows, (int)length);
  return gen_direction_scale (space, places, n, rows, found, NULL, "pca", error);
}

const GenDirectionMethod gen_direction_method_pca = {
  .name = "pca",
  .description = "What varies most: principal components of styles, or of what a layer of the net "
                 "makes, brought back to latents",
  .find = find,
};
