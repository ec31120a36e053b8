/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Names by a pattern, as shells write them: "shard-{000..012}.tar" counts, with as many digits, and
 * "{train,test}.tar" lists. Several braces are each combined with each; one that is neither stands
 * for itself. NULL where there would be more than `limit` names. (transfer full) */
char **gen_expand_braces (const char *pattern, guint limit);
