/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/inspection.h>

/* What both commands on data are told of them. */
typedef struct {
  char *medium;
  int tile_width, tile_height, rows_per_label;
  double validation_fraction, test_fraction;
  gint64 seed;
  int distance, threads;
  char *gate;
  int gate_output;
} DataOptions;

#define DATA_OPTIONS_DEFAULTS                                                                      \
  ((DataOptions){ .validation_fraction = 0.1, .test_fraction = 0.1, .distance = 4 })

#define DATA_ENTRIES(o)                                                                            \
  { "medium", 0, 0, G_OPTION_ARG_STRING, &(o).medium,                                              \
    "What a folder is searched for: picture or sound (what most files are)", "MEDIUM" },           \
      { "tile-width", 0, 0, G_OPTION_ARG_INT, &(o).tile_width, "Width of a sheet's tiles",         \
        "PIXELS" },                                                                                \
      { "tile-height", 0, 0, G_OPTION_ARG_INT, &(o).tile_height, "Height of a sheet's tiles",      \
        "PIXELS" },                                                                                \
      { "rows-per-label", 0, 0, G_OPTION_ARG_INT, &(o).rows_per_label,                             \
        "Rows of a sheet's tiles that make one class", "N" },                                      \
      { "validation-fraction", 0, 0, G_OPTION_ARG_DOUBLE, &(o).validation_fraction,                \
        "Share of the items in the split for validation (0.1)", "SHARE" },                         \
      { "test-fraction", 0, 0, G_OPTION_ARG_DOUBLE, &(o).test_fraction,                            \
        "Share of the items in the split for the test (0.1)", "SHARE" },                           \
      { "seed", 0, 0, G_OPTION_ARG_INT64, &(o).seed, "Of the splits (0)", "N" },                   \
      { "distance", 0, 0, G_OPTION_ARG_INT, &(o).distance,                                         \
        "Bits of 64 in which near-duplicates differ at most, up to 7 (4); -1: they are not "       \
        "sought",                                                                                  \
        "BITS" },                                                                                  \
      { "threads", 0, 0, G_OPTION_ARG_INT, &(o).threads, "Threads (0: one for each processor)",    \
        "N" },                                                                                     \
      { "gate", 0, 0, G_OPTION_ARG_FILENAME, &(o).gate,                                            \
        "A model that makes numbers of an item, one of which is its measure 'gate'",               \
        "FILE.onnx" },                                                                             \
  {                                                                                                \
    "gate-output", 0, 0, G_OPTION_ARG_INT, &(o).gate_output,                                       \
        "Which of its numbers, from 0 on (0)", "N"                                                 \
  }

void data_options_clear (DataOptions *options);
/* Look at the items at `location`, and tell how far that has come. */
GenInspection *data_inspect (const DataOptions *options, const char *location, GError **error);

/* `data filter`; argv[0] is "filter". */
int data_filter (int argc, char **argv);

/* A report (gen_inspection_summarise) for the terminal. (transfer full) */
char *data_report_to_text (JsonObject *report);
/* And as a page in one file, with examples from the inspection. (transfer full) */
char *data_report_to_page (JsonObject *report, const GenInspection *inspection);
/* Add the bars of a measure's histogram as SVG. */
void data_plot_histogram (GString *page, JsonObject *measure);
/* The same of the sizes of classes. */
void data_plot_counts (GString *page, JsonObject *counts);
