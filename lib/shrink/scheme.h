/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which tensors of a graph are bytes when its layers are quantised. */
#pragma once

#include "layers.h"

typedef struct _GenScheme GenScheme;

/* Of `graph`, folded; `settings` say which layers stay as they are. `shapes` is a copy of it whose
 * shapes are known, or NULL: sums are told by it. */
GenScheme *gen_scheme_new (
    GenGraph *graph, const GenQuantizeSettings *settings, const GenGraph *shapes);
void gen_scheme_free (GenScheme *scheme);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenScheme, gen_scheme_free)

/* The layers that are quantised, of GenShrinkLayer, in the graph's order. */
const GArray *gen_scheme_layers (const GenScheme *scheme);
/* The tensors that are bytes, in the order in which they were found. */
const GPtrArray *gen_scheme_tensors (const GenScheme *scheme);
/* The one of those that share a range with `tensor`, for elements only move between them, that
 * stands for all. */
const GenTensor *gen_scheme_group (const GenScheme *scheme, const GenTensor *tensor);
