/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The family of adversarial losses, written with softplus (x) = log (1 + e^x): for a score x,
 * log D = -softplus (-x) and log (1 - D) = -softplus (x). */
#include <generative/loss.h>

static GenTensor *
mean (GenGraph *graph, GenTensor *x, double scale, GError **error)
{
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      graph, "ReduceMean", (GenTensor *[]){ x }, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  if (scale != 1)
    x = gen_binary (graph, "Mul", x, gen_graph_float (graph, scale), error);
  return x;
}

static GenTensor *
softplus (GenGraph *graph, GenTensor *x, double sign, GError **error)
{
  return gen_unary (graph, "Softplus", sign < 0 ? gen_unary (graph, "Neg", x, error) : x, error);
}

/* Cross-entropy with the labels 1 - smoothing for real and 0 for fake. A label below 1 adds
 * smoothing * x to softplus (-x). */
static GenTensor *
cross_entropy (GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  GenTensor *on_real = softplus (graph, real, -1, error);

  if (smoothing > 0)
    on_real = gen_binary (graph, "Add", on_real,
        gen_binary (graph, "Mul", real, gen_graph_float (graph, smoothing), error), error);
  return gen_binary (graph, "Add", mean (graph, on_real, 1, error),
      mean (graph, softplus (graph, fake, 1, error), 1, error), error);
}

static GenTensor *
minimax_generator (GenGraph *graph, GenTensor *fake, GError **error)
{
  return mean (graph, softplus (graph, fake, 1, error), -1, error);
}

static GenTensor *
non_saturating_generator (GenGraph *graph, GenTensor *fake, GError **error)
{
  return mean (graph, softplus (graph, fake, -1, error), 1, error);
}

/* max (0, target + sign * x) */
static GenTensor *
margin (GenGraph *graph, GenTensor *x, double sign, double target, GError **error)
{
  GenTensor *distance =
      gen_binary (graph, sign < 0 ? "Sub" : "Add", gen_graph_float (graph, target), x, error);

  return mean (graph, gen_unary (graph, "Relu", distance, error), 1, error);
}

static GenTensor *
hinge_discriminator (
    GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  return gen_binary (graph, "Add", margin (graph, real, -1, 1 - smoothing, error),
      margin (graph, fake, 1, 1, error), error);
}

static GenTensor *
hinge_generator (GenGraph *graph, GenTensor *fake, GError **error)
{
  return mean (graph, fake, -1, error);
}

/* mean (x - target)^2 / 2 */
static GenTensor *
squares (GenGraph *graph, GenTensor *x, double target, GError **error)
{
  GenTensor *distance = gen_binary (graph, "Sub", x, gen_graph_float (graph, target), error);

  return mean (graph, gen_binary (graph, "Mul", distance, distance, error), 0.5, error);
}

static GenTensor *
least_squares_discriminator (
    GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  return gen_binary (graph, "Add", squares (graph, real, 1 - smoothing, error),
      squares (graph, fake, 0, error), error);
}

static GenTensor *
least_squares_generator (GenGraph *graph, GenTensor *fake, GError **error)
{
  return squares (graph, fake, 1, error);
}

const GenLoss gen_loss_minimax = {
  .name = "minimax",
  .description = "D: -log D(x) - log (1 - D(G(z))); G: log (1 - D(G(z))), Goodfellow et al. 2014, "
                 "whose gradient fades while D is sure",
  .discriminator = cross_entropy,
  .generator = minimax_generator,
};

const GenLoss gen_loss_non_saturating = {
  .name = "non-saturating",
  .description = "As minimax, but G: -log D(G(z)), which learns fast while D is sure",
  .discriminator = cross_entropy,
  .generator = non_saturating_generator,
};

const GenLoss gen_loss_hinge = {
  .name = "hinge",
  .description = "D: max (0, 1 - x) on real and max (0, 1 + x) on made scores; G: -x, "
                 "Lim and Ye 2017",
  .discriminator = hinge_discriminator,
  .generator = hinge_generator,
};

const GenLoss gen_loss_least_squares = {
  .name = "least-squares",
  .description = "Squared distance of the scores from 1 (real) and 0 (made), Mao et al. 2017",
  .discriminator = least_squares_discriminator,
  .generator = least_squares_generator,
};

static const GenLoss *const losses[] = {
  &gen_loss_minimax,
  &gen_loss_non_saturating,
  &gen_loss_hinge,
  &gen_loss_least_squares,
  NULL,
};

const GenLoss *const *
gen_loss_list (void)
{
  return losses;
}

const GenLoss *
gen_loss_find (const char *name)
{
  for (int i = 0; losses[i] != NULL; i++)
    if (g_strcmp0 (losses[i]->name, name) == 0)
      return losses[i];
  return NULL;
}
