/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions, tokens and mounts are the main loop's; other threads have it ask for them. */
#pragma once

#include <glib.h>

typedef gpointer (*ServeMainCall) (gpointer data);

/* What `call` returns, which runs in the main loop's thread while this one waits. Where the loop is
 * busy for longer than a request waits, NULL: what `call` returns then goes to `release`. `data`
 * goes to `free_data` in any case. */
gpointer serve_main_call (
    ServeMainCall call, gpointer data, GDestroyNotify free_data, GDestroyNotify release);
