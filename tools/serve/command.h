/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `generative-serve` does besides serving, by the first word of its command line: a file each,
 * and a line in the list of commands.c. */
#pragma once

#include <glib.h>

typedef struct {
  const char *name, *arguments, *summary; /* as the help shows them */
  int (*run) (int argc, char **argv);     /* the exit status; argv[0] is the command */
} ServeCommand;

extern const ServeCommand serve_command_promote, serve_command_rollback, serve_command_token;

/* All of them, ended by NULL. */
extern const ServeCommand *const serve_commands[];

enum {
  SERVE_STATUS_FINE = 0,
  SERVE_STATUS_FAILED = 1,
  SERVE_STATUS_USAGE = 2,
  SERVE_STATUS_ENDED = 3, /* by an alert */
};

/* Print `error` on stderr and free it. Returns SERVE_STATUS_FAILED. */
int serve_command_fail (GError *error);
/* Where the studio file is where nobody says so: in this folder, or the system's; NULL: in neither.
 * (transfer full) */
char *serve_command_find_file (void);
