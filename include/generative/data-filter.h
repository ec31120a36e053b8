/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/inspection.h>
#include <generative/setting.h>

G_BEGIN_DECLS

/**
 * Filters: what is left out of a dataset, and why.
 *
 * They are the findings and the measures of inspection.h, a model as gate and a list of digests.
 * All items are judged before any is shown, each once, on several threads, and no closer than the
 * filters need: sizes and lengths are read from the beginnings of files. So those that are kept are
 * numbered, split, balanced and shuffled as if there were no others.
 *
 * The list of what is left out is JSON Lines: an object for each item, with `file_name`, `sha256`,
 * `reason` and what the reason rests on, and last `summary`: what was asked for, and how many each
 * reason took. GenDatasetSettings.leave_out takes it, and makes the same dataset of it. Since: 0.2
 */
typedef struct {
  double minimum, maximum; /* an item without the number is kept */
} GenDataRange;

typedef struct {
  char *without;                              /* names of findings, by commas; NULL: none */
  GenDataRange ranges[GEN_DATA_MAX_MEASURES]; /* by the measure's place in the list; one as wide as
                                                 the measure can be asks for nothing */
  char *gate;                                 /* an ONNX model that makes numbers of an item */
  char *gate_output; /* which of its numbers: a class by its name, or a number; NULL: number 0 */
  GenDataRange gate_range;
  guint distance; /* bits of 64 in which fingerprints of near-duplicates differ at most */
  char *deny;     /* a list of digests, one a line, as sha256sum writes them */
  char *opt_outs; /* a file of opt-outs beside those that are kept with the data, which are heeded
                     in any case; NULL: those alone */
  char *report;   /* where the list of what is left out is written; NULL: nowhere */
} GenDataFilterSettings;

/* Settings that ask for nothing. */
GEN_API void gen_data_filter_settings_init (GenDataFilterSettings *settings);
GEN_API gboolean gen_data_filter_settings_are_idle (const GenDataFilterSettings *settings);
/* Whether there is anything to be left out: by the settings, or by the opt-outs that are kept with
 * the data: opt-outs.txt, ai.txt, robots.txt and tdmrep.json in its folder, and what its manifest
 * says is reserved. */
GEN_API gboolean gen_data_filter_is_needed (
    const GenDataFilterSettings *settings, const GenDataset *dataset);
/* Add what can be said of a filter that lies at `offset` in a record to `list` (of GenSetting). */
GEN_API void gen_data_filter_add_settings (GArray *list, gsize offset);

/* How items are judged. */
typedef struct {
  int threads;               /* 0: as many as there are processors */
  GCancellable *cancellable; /* ends it; may be NULL */
  void (*progress) (guint32 done, guint32 count, gpointer data); /* may be NULL */
  gpointer data;
} GenDataFilterRun;

/* Read a list of digests into a new set: SHA-256 in small hexadecimal digits. */
GEN_API GHashTable *gen_data_filter_load_denied (const char *path, GError **error);

/* Judge the items of `*dataset`, write the report, and let `*dataset` be the one without those that
 * are left out, to which it belongs from now on. NULL with `error`, and `*dataset` as it was, where
 * a setting does not suit what the dataset holds, a file cannot be read or written, all items are
 * left out, or it was cancelled; else the summary. (transfer full) */
GEN_API JsonObject *gen_data_filter_apply (const GenDataFilterSettings *settings,
    const GenDataFilterRun *run, GenDataset **dataset, GError **error);
/* The same without making another dataset: all may be left out. (transfer full) */
GEN_API JsonObject *gen_data_filter_judge (const GenDataFilterSettings *settings,
    const GenDataFilterRun *run, const GenDataset *dataset, GError **error);
/* "12 of 300 items: 7 blurred, 5 width", of a summary. (transfer full) */
GEN_API char *gen_data_filter_describe (JsonObject *summary);

G_END_DECLS
