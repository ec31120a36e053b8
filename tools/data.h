/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/data-settings.h>
#include <generative/terminal.h>

/* What both commands on data are told of them. */
typedef struct {
  GenDataSettings settings;
  char **said; /* of each setting of the list, what the command line has; NULL: nothing */
  gboolean *flags;
} DataOptions;

/* Add the options of what data are, and of filters, to `entries` (of GOptionEntry). They point to
 * `options`, which data_options_clear frees. */
void data_options_add (DataOptions *options, GArray *entries, gboolean filters);
/* Take over what the command line has said into the settings. */
gboolean data_options_take (DataOptions *options, GError **error);
/* Let a setting be what `said` is. */
gboolean data_options_say (
    DataOptions *options, const char *name, const char *said, GError **error);
void data_options_clear (DataOptions *options);

/* Tell of progress on a GenTerminal. */
void data_print_progress (guint32 done, guint32 count, gpointer terminal);

/* `data filter`; argv[0] is "filter". */
int data_filter (int argc, char **argv);

/* A report (gen_inspection_summarise) for the terminal. (transfer full) */
char *data_report_to_text (JsonObject *report);
/* And as a page in one file, with examples from the inspection. (transfer full) */
char *data_report_to_page (JsonObject *report, const GenInspection *inspection);
