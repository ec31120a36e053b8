/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* This program, or another one, in a process of its own, which ends with this one whatever ends
 * that.
 */

/* The name by which a child is this program, though its file be replaced meanwhile. */
#define CHILD_PROGRAM "/proc/self/exe"

/* Add an argument. */
void child_add (GPtrArray *line, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Start `line`, which NULL ends. What it says is added to the file `log`; what it prints is the
 * file `out`, or added to the log where that is NULL. It is not reaped: g_child_watch_add does
 * that. A terminal's Ctrl-C is not its. 0 with `error`. */
GPid child_start (GPtrArray *line, const char *log, const char *out, GError **error);
/* What one that was killed still has of the folder of a training would be in the way: wait for it
 * to be gone, a few seconds at most. */
void child_wait_for_folder (const char *folder);
/* Whether the folder of a training has what --resume goes on from; one that was killed before that
 * begins anew. */
gboolean child_has_state (const char *folder);
/* The last thing that the file `log` says, without "generative-model COMMAND: " in front of it; ""
 * where it cannot be read. (transfer full) */
char *child_last_words (const char *log, const char *command);
