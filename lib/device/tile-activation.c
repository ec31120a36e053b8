/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tile-activation.h"

gboolean
gen_tile_activation (GenTileActivation *tile, const GenActivation *activation)
{
  switch (activation->kind) {
  case GEN_ACTIVATION_NONE:
    return TRUE;
  case GEN_ACTIVATION_RELU:
    tile->floors = TRUE;
    tile->least = 0;
    return TRUE;
  case GEN_ACTIVATION_LEAKY_RELU:
    tile->leaks = TRUE;
    tile->leak = activation->alpha;
    return TRUE;
  case GEN_ACTIVATION_CLIP:
    tile->floors = tile->caps = TRUE;
    tile->least = activation->alpha;
    tile->most = activation->beta;
    return TRUE;
  default:
    return FALSE;
  }
}
