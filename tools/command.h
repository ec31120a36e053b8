/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A sub-command: one file each, and one line in generative-model.c. */
typedef struct {
  const char *name;
  const char *arguments; /* as the help shows them */
  const char *summary;
  int (*run) (int argc, char **argv); /* the exit status; argv[0] is the sub-command */
} Command;

extern const Command command_audit;
extern const Command command_bench;
extern const Command command_bias;
extern const Command command_c2pa;
extern const Command command_calibrate;
extern const Command command_card;
extern const Command command_check;
extern const Command command_compare;
extern const Command command_convert;
extern const Command command_data;
extern const Command command_directions;
extern const Command command_inspect;
extern const Command command_invert;
extern const Command command_mark;
extern const Command command_merge;
extern const Command command_operators;
extern const Command command_prune;
extern const Command command_quantize;
extern const Command command_recipes;
extern const Command command_render;
extern const Command command_report;
extern const Command command_review;
extern const Command command_robustness;
extern const Command command_run;
extern const Command command_search;
extern const Command command_statistics;
extern const Command command_train;
extern const Command command_test;
extern const Command command_watch;

enum {
  STATUS_FINE = 0,
  STATUS_FAILED = 1,
  STATUS_USAGE = 2,
  STATUS_STOPPED = 130, /* by Ctrl-C, as shells have it */
};

/* Parse the options out of argv; `details` is for the end of --help. FALSE after having said what
 * is wrong; also when fewer than `least` or more than `most` arguments are left. */
gboolean command_parse (const Command *command, const GOptionEntry *entries, const char *details,
    int least, int most, int *argc, char ***argv);
/* A name as it stands in a line: what breaks lines is escaped in it. (transfer full) */
char *command_escape (const char *name);
/* Print a line on stderr about what is doubtful, and stops nothing. */
void command_warn (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Print the error on stderr and free it. Returns STATUS_FAILED. */
int command_fail (GError *error);
/* The same of an error of the model in the file `path`, which is named. */
int command_fail_of (const char *path, GError *error);
