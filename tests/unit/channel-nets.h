/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random nets in which channels are bound to each other in all ways that are known. */
#pragma once

#include <generative/graph.h>

/* Net number `seed`, from pictures [n, 3, 8, 8] to pictures or numbers. `steps`, of char *, is told
 * what it is made of. (transfer full) */
GenGraph *channel_net_new (guint seed, GPtrArray *steps, GError **error);
