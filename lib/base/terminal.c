/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/terminal.h>

#include <stdio.h>
#include <unistd.h>

/* Microseconds between lines where no terminal shows them. */
#define PRINT_TIME (30 * G_TIME_SPAN_SECOND)

void
gen_terminal_begin (GenTerminal *terminal)
{
  terminal->printed = g_get_monotonic_time ();
}

void
gen_terminal_print (GenTerminal *terminal, const char *line, gboolean last)
{
  gint64 now = g_get_monotonic_time ();

  if (isatty (STDERR_FILENO)) {
    fprintf (stderr, "\r%s\033[K%s", line, last ? "\n" : "");
  } else if (last || now - terminal->printed >= PRINT_TIME) {
    terminal->printed = now;
    fprintf (stderr, "%s\n", line);
  }
  fflush (stderr);
}
