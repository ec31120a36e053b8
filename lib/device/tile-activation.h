/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* The activations that tiles of convolutions do while their results are in registers: what is below
 * 0 times `leak`; not below `least`; not above `most`. */
typedef struct {
  gboolean leaks, floors, caps;
  float leak, least, most;
} GenTileActivation;

/* FALSE for one that they cannot do. */
gboolean gen_tile_activation (GenTileActivation *tile, const GenActivation *activation);
