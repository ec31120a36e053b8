/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often each client may ask: a token bucket each (as ITU-T I.371 has it for cells). Times are
 * microseconds of a clock that only goes on. */
#pragma once

#include <glib.h>

#include "../private-api.h"

typedef struct _GenRateLimit GenRateLimit;

/* So many a minute of each client, of which a sixth, and five at least, may come at once. 0: any
 * number. Clients beyond `clients` take the place of those that have been silent for longest. */
GEN_PRIVATE_API GenRateLimit *gen_rate_limit_new (double per_minute, guint clients);
GEN_PRIVATE_API void gen_rate_limit_free (GenRateLimit *limit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenRateLimit, gen_rate_limit_free)

/* Another number from now on. */
GEN_PRIVATE_API void gen_rate_limit_set (GenRateLimit *limit, double per_minute);
/* Take one of `client`: 0 where it may, else the seconds, rounded up, until it may again. */
GEN_PRIVATE_API int gen_rate_limit_take (GenRateLimit *limit, const char *client, gint64 now);
