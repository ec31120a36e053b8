/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files beside data say who does not want to be learned from; they are no items. */
#pragma once

#include "dataset-private.h"

typedef enum {
  GEN_OPT_OUT_LINES,        /* contents, fingerprints and rules */
  GEN_OPT_OUT_RULES,        /* rules, as robots.txt has them */
  GEN_OPT_OUT_RESERVATIONS, /* the TDM Reservation Protocol's */
} GenOptOutKind;

typedef struct {
  const char *name;
  GenOptOutKind kind;
} GenOptOutFile;

/* Ended by one without a name. */
extern const GenOptOutFile gen_opt_out_files[];

/* Where they lie: the folder that `location` is, or is in. (transfer full) */
char *gen_opt_out_folder (const char *location);
/* Where an item is, whose description is `path`, seen from there: items of a manifest lie beside
 * it.
 */
const char *gen_opt_out_name (const GenDataset *dataset, const char *folder, const char *path);
/* Whether a file is one, by its folder below the location and its name. */
gboolean gen_opt_out_file_is_named (const char *below, const char *name);
