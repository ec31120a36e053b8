/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/* What became of a layer, a node that has weights, of a model that was made smaller. Since: 0.2 */
typedef struct {
  char *name; /* the node's, or, where it has none, its result's */
  const char *op;
  char *done; /* "int8 by channel", or why it is as it was */
  gboolean changed;
  gsize before, after; /* bytes of its weights */
  double sqnr;         /* of its weights, in decibels; infinite where they are as they were */
} GenShrunkLayer;

GEN_API void gen_shrunk_layer_free (GenShrunkLayer *layer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenShrunkLayer, gen_shrunk_layer_free)

G_END_DECLS
