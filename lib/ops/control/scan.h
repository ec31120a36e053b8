/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "body.h"

#define GEN_SCAN_MAX 64

/* A Scan's parts. Its inputs are the states, what is scanned, and what its graph captures. */
typedef struct {
  const GenAttribute *attribute;
  guint first; /* the node's first state */
  guint n_states, n_inputs, n_outputs;
  gint64 batch, steps;
  int axes[2][GEN_SCAN_MAX]; /* of the inputs, and, once inferred, the outputs */
} GenScan;

/* Read the node; returns (transfer full) what the graph's inputs are like, or NULL. */
GenBodyInput *gen_scan_read (const GenNode *node, GenScan *scan, GError **error);
/* The axis that attribute `name` has for number `i`, of `rank` dimensions; -1 where it is none. */
int gen_scan_axis (const GenNode *node, const char *name, guint i, int rank);
gboolean gen_scan_is_backwards (const GenNode *node, gboolean of_outputs, guint i);
gboolean gen_scan_gradient (GenGradient *gradient, GError **error);
