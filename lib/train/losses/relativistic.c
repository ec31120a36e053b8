/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each made sample against a real one: only by how much the one scores above the other matters. For
 * a generator that makes but a few kinds of samples this loss has no local minimum (Sun et al.,
 * "Towards a better global loss landscape of GANs", 2020). */
#include "scores.h"

/* The mean of -log sigmoid (above - below). */
static GenTensor *
pairs (GenGraph *graph, GenTensor *above, GenTensor *below, GError **error)
{
  GenTensor *by = gen_binary (graph, "Sub", above, below, error);

  return by == NULL ? NULL
                    : gen_loss_mean (graph, gen_loss_softplus (graph, by, -1, error), 1, error);
}

/* Smoothing has a share of the pairs the other way round. */
static GenTensor *
discriminator (GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error)
{
  GenTensor *right = pairs (graph, real, fake, error), *wrong;

  if (smoothing <= 0 || right == NULL)
    return right;
  wrong = pairs (graph, fake, real, error);
  return gen_binary (graph, "Add",
      gen_binary (graph, "Mul", right, gen_graph_float (graph, 1 - smoothing), error),
      gen_binary (graph, "Mul", wrong, gen_graph_float (graph, smoothing), error), error);
}

static GenTensor *
generator (GenGraph *graph, GenTensor *real, GenTensor *fake, GError **error)
{
  return pairs (graph, fake, real, error);
}

const GenLoss gen_loss_relativistic = {
  .name = "relativistic",
  .description = "Pairs of a real score x and a made one y: D: -log sigmoid (x - y), G: -log "
                 "sigmoid (y - x), Jolicoeur-Martineau 2018; with r1 and r2 it finds all kinds of "
                 "samples",
  .discriminator = discriminator,
  .generator = generator,
  .reads = (const char *const[]){ "label-smoothing", NULL },
};
