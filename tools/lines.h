/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The lines of a text file, one after the other, in the memory of one. */
typedef struct _Lines Lines;

/* NULL with `error`. */
Lines *lines_open (const char *path, GError **error);
void lines_free (Lines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lines, lines_free)
/* The next one, without its end, which may be written to and stays until the one after it. NULL at
 * the end, and with `error` where it cannot be read, or is longer than a line of text is. */
char *lines_next (Lines *lines, GError **error);
/* Its number, from 1 on, and whether it has an end. */
guint lines_number (const Lines *lines);
gboolean lines_is_whole (const Lines *lines);
/* Whether that was an error. */
gboolean lines_failed (const Lines *lines);
