/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/* How far long work has come, as a line on the standard error output: on a terminal it is written
 * over again and again, elsewhere there is one every half a minute, and the last one. */
typedef struct {
  gint64 printed; /* when; by the monotonic clock */
} GenTerminal;

/* From now on: the first line elsewhere than on a terminal comes after half a minute. */
GEN_API void gen_terminal_begin (GenTerminal *terminal);
GEN_API void gen_terminal_print (GenTerminal *terminal, const char *line, gboolean last);

G_END_DECLS
