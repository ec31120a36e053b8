/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* A net whose layers read a style. */
typedef struct {
  GenGraph *mapping;   /* from what the net takes to the style, [N, length] */
  GenGraph *synthesis; /* from the style, or styles, to what it makes */
  gsize layers, length;
} GenStyleNet;

/* Part `graph`, whose input number `input` is the latent; `inferred` is the same with all shapes
 * known. `each`: every layer has a style of its own. FALSE where there is none. */
gboolean gen_style_net_part (
    GenStyleNet *net, const GenGraph *graph, const GenGraph *inferred, guint input, gboolean each);
void gen_style_net_clear (GenStyleNet *net);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenStyleNet, gen_style_net_clear)
