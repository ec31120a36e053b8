/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a process can have open at once. Who accepts a connection for which nothing is left is told
 * so anew at once, for as long as it waits, and whoever else opens something fails. So some are
 * kept back for what is under way. */
#pragma once

#include <glib.h>

/* As many as the system lets this process have. */
void http_descriptors_raise (void);
/* Whether there are no more than `kept` left. */
gboolean http_descriptors_are_short (guint kept);
