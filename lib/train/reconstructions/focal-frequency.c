/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jiang et al., "Focal frequency loss for image reconstruction and synthesis", 2021, with alpha 1:
 * of the spectra of two pictures, the mean of
 *
 *   |difference| / its largest * |difference|^2,
 *
 * where the first factor is a weight that no gradient flows through, so that frequencies count
 * which a net finds hard: textures and edges that l1 and l2 leave to the end. */
#include "means.h"

#include <math.h>

#include <generative/trainer.h>

/* The least difference that a weight is a share of. */
#define LEAST 1e-12f

/* The two-dimensional transform of `x` [batch, channels, height, width], unitary: [batch, channels,
 * height, width, 2]. */
static GenTensor *
transform (GenGraph *graph, GenTensor *x, GError **error)
{
  const double area = (double)(x->shape.dims[2] * x->shape.dims[3]);

  x = gen_binary (graph, "Mul", x, gen_graph_float (graph, (float)(1 / sqrt (area))), error);
  x = gen_binary (graph, "Unsqueeze", x, gen_graph_ints (graph, (gint64[]){ 4 }, 1), error);
  for (int axis = 3; x != NULL && axis >= 2; axis--)
    x = gen_graph_op (graph, "DFT", &x, 1, 1, error, "axis", GEN_INT, axis, NULL);
  return x;
}

/* How much each frequency counts, of the squares of the differences. */
static GenTensor *
weigh (GenGraph *graph, GenTensor *squares, GError **error)
{
  GenTensor *apart = squares == NULL ? NULL : gen_unary (graph, "StopGradient", squares, error);
  GenTensor *largest;

  apart = apart == NULL ? NULL : gen_unary (graph, "Sqrt", apart, error);
  if (apart == NULL)
    return NULL;
  largest = gen_graph_op (
      graph, "ReduceMax", &apart, 1, 1, error, "axes", GEN_INTS, 2, (gint64[]){ 2, 3 }, NULL);
  largest = gen_binary (graph, "Max", largest, gen_graph_float (graph, LEAST), error);
  return gen_binary (graph, "Div", apart, largest, error);
}

static GenTensor *
loss (GenGraph *graph, GenTensor *made, GenTensor *wanted, double span, GError **error)
{
  GenTensor *apart, *squares;

  if (made->shape.rank != 4) {
    g_autofree char *text = gen_shape_to_string (&made->shape);

    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "reconstruction=focal-frequency is for pictures, not for %s; stft is for sounds", text);
    return NULL;
  }
  apart = gen_binary (graph, "Sub", made, wanted, error);
  apart = apart == NULL ? NULL : transform (graph, apart, error);
  squares = gen_binary (graph, "Mul", apart, apart, error);
  if (squares == NULL)
    return NULL;
  squares = gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ squares, gen_graph_ints (graph, (gint64[]){ 4 }, 1) }, 2, 1, error,
      "keepdims", GEN_INT, 0, NULL);
  return gen_reconstruction_mean (
      graph, gen_binary (graph, "Mul", weigh (graph, squares, error), squares, error), error);
}

const GenReconstruction gen_reconstruction_focal_frequency = {
  .name = "focal-frequency",
  .description = "Square of the difference of pictures' spectra, most where it is largest, which "
                 "keeps textures",
  .loss = loss,
};
