/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "body.h"

/* The branches of an If: else and then. */
typedef struct {
  const GenAttribute *branch[2];
  guint first[2]; /* where the node's inputs for it begin */
} GenBranches;

gboolean gen_if_find_branches (const GenNode *node, GenBranches *branches, GError **error);
gboolean gen_if_gradient (GenGradient *gradient, GError **error);
