/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the operators that draw share. */
#pragma once

#include <generative/operator.h>
#include <generative/random.h>

#include "../../private-api.h"

/* The stream of a node: of its own seed where it has the attribute, else of the plan's, `seed`. */
GEN_PRIVATE_API GenRandom gen_random_of_node (const GenNode *node, guint64 seed);
/* Where in it the kernel's `n` numbers begin: members of a training have theirs one behind the
 * other, so that together they draw for their parts of a batch what one would for the whole. */
guint64 gen_random_first (const GenKernel *kernel, gsize n);
