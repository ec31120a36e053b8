/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 1 - the mean over all windows of
 *
 *   (2 ma mb + c1) (2 cov + c2) / ((ma^2 + mb^2 + c1) (va + vb + c2)),
 *
 * of the means, variances and covariance of two pictures in a window, with c1 = (0.01 span)^2 and
 * c2 = (0.03 span)^2 as in the paper. It sees structure, and little of how bright all of it is:
 * where both pictures are flat and dark it has no gradient to speak of. */
#include "means.h"

#include <generative/trainer.h>

#define WINDOW 7
#define K1 0.01
#define K2 0.03

static GenTensor *
average (GenGraph *graph, GenTensor *x, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, "AveragePool", &x, 1, 1, error, "kernel_shape", GEN_INTS,
                         2, (gint64[]){ WINDOW, WINDOW }, NULL);
}

/* mean (a b) - mean (a) mean (b) */
static GenTensor *
covariance (GenGraph *graph, GenTensor *a, GenTensor *b, GenTensor *product, GError **error)
{
  return gen_binary (
      graph, "Sub", average (graph, gen_binary (graph, "Mul", a, b, error), error), product, error);
}

/* (2 both + c) / (one + other + c) */
static GenTensor *
likeness (
    GenGraph *graph, GenTensor *both, GenTensor *one, GenTensor *other, double c, GError **error)
{
  GenTensor *offset = gen_graph_float (graph, (float)c);
  GenTensor *above =
      gen_binary (graph, "Add", gen_binary (graph, "Add", both, both, error), offset, error);
  GenTensor *below =
      gen_binary (graph, "Add", gen_binary (graph, "Add", one, other, error), offset, error);

  return gen_binary (graph, "Div", above, below, error);
}

static gboolean
check (const GenShape *shape, GError **error)
{
  g_autofree char *text = NULL;

  if (shape->rank == 4 && shape->dims[2] >= WINDOW && shape->dims[3] >= WINDOW)
    return TRUE;
  text = gen_shape_to_string (shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "reconstruction=ssim is for pictures of at least %d by %d pixels, not for %s", WINDOW, WINDOW,
      text);
  return FALSE;
}

static GenTensor *
loss (GenGraph *graph, GenTensor *a, GenTensor *b, double span, GError **error)
{
  GenTensor *mean_a, *mean_b, *aa, *bb, *ab, *light, *structure;

  if (!check (&a->shape, error))
    return NULL;
  mean_a = average (graph, a, error);
  mean_b = average (graph, b, error);
  aa = gen_binary (graph, "Mul", mean_a, mean_a, error);
  bb = gen_binary (graph, "Mul", mean_b, mean_b, error);
  ab = gen_binary (graph, "Mul", mean_a, mean_b, error);
  light = likeness (graph, ab, aa, bb, K1 * K1 * span * span, error);
  structure =
      likeness (graph, covariance (graph, a, b, ab, error), covariance (graph, a, a, aa, error),
          covariance (graph, b, b, bb, error), K2 * K2 * span * span, error);
  return gen_binary (graph, "Sub", gen_graph_float (graph, 1),
      gen_reconstruction_mean (graph, gen_binary (graph, "Mul", light, structure, error), error),
      error);
}

const GenReconstruction gen_reconstruction_ssim = {
  .name = "ssim",
  .description = "1 minus the structural similarity of pictures, which keeps edges",
  .loss = loss,
};
