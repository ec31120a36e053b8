/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* A graph of all that passes of compilation look at, by its seed alone. (transfer full) */
GenGraph *random_graph_new (guint seed);
/* It as text, a line a node. (transfer full) */
char *random_graph_to_string (const GenGraph *graph);
