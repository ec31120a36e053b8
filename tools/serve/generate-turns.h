/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which results go into runs together: of requests that wait, one of each in turn. */
#pragma once

#include "generate-run.h"

/* Of a queue of ServeWork, whose turn is next first, up to `most` results that agree with the first
 * one. Who has had a turn goes to the end of the queue, and who wants nothing any more goes. How
 * many there are; their works are the caller's. */
guint serve_turns_take (GQueue *works, guint most, ServeResult *results);
