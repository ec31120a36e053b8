/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* The axis of a node of TopK and how many elements along it are chosen. */
GEN_PRIVATE_API gboolean gen_topk_find (const GenNode *node, int *axis, gint64 *k, GError **error);
