/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the operators that draw share. */
#pragma once

#include <generative/operator.h>
#include <generative/random.h>

#include "../../private-api.h"

/* The stream of a node: of its own seed where it has the attribute, else of the plan's, `seed`. */
GEN_PRIVATE_API GenRandom gen_random_of_node (const GenNode *node, guint64 seed);
