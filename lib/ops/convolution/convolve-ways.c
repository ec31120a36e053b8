/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which a convolution can be computed, and the one that rules of shape take. The rules
 * are what was found on a few machines; where one is not certain, the others that may be faster are
 * named, too. */
#include "convolve-private.h"

#include <string.h>

/* Fewer windows than this are left to our own matrix product. */
#define FEW_PIXELS 64

const char *const gen_convolve_way_names[] = {
  [GEN_CONVOLVE_PRODUCT] = "product",
  [GEN_CONVOLVE_TILES] = "tiles",
  [GEN_CONVOLVE_WINOGRAD] = "winograd",
  [GEN_CONVOLVE_DIRECT] = "direct",
  [GEN_CONVOLVE_LIBRARY_ROWS] = "onednn-rows",
  [GEN_CONVOLVE_LIBRARY_CHANNELS] = "onednn-channels",
  [GEN_CONVOLVE_LIBRARY_TRANSPOSED] = "onednn-transposed",
};

/* Whether oneDNN takes it. A transposed one is the backward pass of one forwards, which has windows
 * as long as they fit: results that no input reaches have to be fewer than a step. Of one forwards
 * no window may lie in the padding alone. */
static gboolean
library_can (const GenConvolve *c)
{
  for (int i = 0; i < c->window.rank; i++) {
    const GenWindowAxis *axis = &c->window.axes[i];
    const gint64 reach = axis->dilation * (axis->kernel - 1);

    if (c->transposed ? axis->out + axis->before + axis->after > axis->stride * axis->in + reach
                      : axis->before > reach || axis->after > reach)
      return FALSE;
  }
  return TRUE;
}

static GenConvolveWay
library_way (const GenConvolve *c, int threads)
{
  if (!library_can (c) && gen_direct_convolve_can (c))
    return GEN_CONVOLVE_DIRECT;
  if (c->transposed && !c->permuted)
    return GEN_CONVOLVE_LIBRARY_TRANSPOSED;
  return gen_tasks_by_channels (c, threads) ? GEN_CONVOLVE_LIBRARY_CHANNELS
                                            : GEN_CONVOLVE_LIBRARY_ROWS;
}

GenConvolveWay
gen_convolve_rule (const GenConvolve *c, gboolean constant, const GenKernel *kernel)
{
  gint64 pixels = gen_convolve_product_pixels (c);

  if (!constant)
    return gen_winograd_suits_variable (c) ? GEN_CONVOLVE_WINOGRAD
           : gen_direct_convolve_suits (c) ? GEN_CONVOLVE_DIRECT
                                           : library_way (c, kernel->threads);
  if (pixels > 0 && pixels <= FEW_PIXELS)
    return GEN_CONVOLVE_PRODUCT;
  if (gen_split_convolve_suits (c, kernel->precision))
    return GEN_CONVOLVE_TILES;
  if (gen_winograd_suits (c))
    return GEN_CONVOLVE_WINOGRAD;
  if (gen_direct_convolve_suits (c))
    return GEN_CONVOLVE_DIRECT;
  return library_way (c, kernel->threads);
}

static gboolean
is_possible (const GenConvolve *c, GenConvolveWay way, int threads)
{
  switch (way) {
  case GEN_CONVOLVE_PRODUCT:
    return gen_convolve_product_pixels (c) > 0;
  case GEN_CONVOLVE_TILES:
    return gen_split_convolve_can (c);
  case GEN_CONVOLVE_WINOGRAD:
    return gen_winograd_can (c);
  case GEN_CONVOLVE_DIRECT:
    return gen_direct_convolve_can (c);
  case GEN_CONVOLVE_LIBRARY_ROWS:
    return (c->permuted || !c->transposed) && library_can (c);
  case GEN_CONVOLVE_LIBRARY_CHANNELS:
    return (c->permuted || !c->transposed) && library_can (c) &&
           gen_tasks_can_cut_channels (c, threads);
  case GEN_CONVOLVE_LIBRARY_TRANSPOSED:
    return c->transposed && library_can (c);
  }
  return FALSE;
}

void
gen_convolve_find_ways (
    const GenConvolve *c, gboolean constant, const GenKernel *kernel, GPtrArray *ways)
{
  GenConvolveWay rule = gen_convolve_rule (c, constant, kernel);

  g_ptr_array_add (ways, (char *)gen_convolve_way_names[rule]);
  for (guint way = 0; constant && way < G_N_ELEMENTS (gen_convolve_way_names); way++)
    if (way != rule && is_possible (c, way, kernel->threads))
      g_ptr_array_add (ways, (char *)gen_convolve_way_names[way]);
}

gboolean
gen_convolve_way_find (const char *name, GenConvolveWay *way)
{
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (gen_convolve_way_names); i++)
    if (strcmp (name, gen_convolve_way_names[i]) == 0) {
      *way = i;
      return TRUE;
    }
  return FALSE;
}
