/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "body.h"

/* A Loop's parts. Its inputs are the trip count, the condition, the states, and what its graph
 * captures; the graph's are the iteration, the condition, and the rest alike. */
typedef struct {
  const GenAttribute *attribute; /* the graph and how much it captures */
  guint n_states, n_scans;
  gint64 limit;     /* iterations at most; G_MAXINT64 where nothing says */
  gint64 first;     /* the number of the first one: not 0 in what is left of a loop */
  gboolean limited; /* `limit` is known, not only to come */
  gboolean starts;  /* the condition before the first iteration, where it is known: TRUE else */
  gboolean condition_known;
} GenLoop;

gboolean gen_loop_read (const GenNode *node, GenLoop *loop, GError **error);
/* What is known of the graph's inputs, for any iteration. The value of the condition is TRUE where
 * the loop goes on while that is so. `inputs` has room for all. */
void gen_loop_inputs (const GenNode *node, const GenLoop *loop, GenBodyInput *inputs);

/* Run a loop all of whose inputs are constants; its outputs become constants. For loops the shapes
 * of whose outputs hang on what they compute. */
gboolean gen_loop_evaluate (GenNode *node, const GenLoop *loop, GError **error);
