/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What shrinking a model has changed, as tables and as JSON: for all commands that do so. */
#pragma once

#include <generative/quantize.h>
#include <json-glib/json-glib.h>

#include "prepare.h"

/* What a model costs here. */
typedef struct {
  gint64 size;  /* bytes of its file, and of those beside it that it names */
  double load;  /* seconds to read and compile it */
  double run;   /* median seconds of a run */
  double items; /* of a run */
  gsize memory; /* bytes of weights and values, of one plan */
} ShrinkCost;

/* A figure of what it makes. */
typedef struct {
  const char *name, *unit; /* static */
  double before, after;    /* NaN: there is none */
} ShrinkFigure;

typedef struct {
  ShrinkCost before, after;
  GArray *figures;   /* of ShrinkFigure */
  GPtrArray *layers; /* of GenShrunkLayer */
} ShrinkTable;

void shrink_table_init (ShrinkTable *table);
void shrink_table_clear (ShrinkTable *table);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ShrinkTable, shrink_table_clear)
void shrink_table_add (
    ShrinkTable *table, const char *name, const char *unit, double before, double after);

/* Whether the weights of `graph`, which was read from `path`, lie in files beside that. */
gboolean shrink_is_apart (const char *path, const GenGraph *graph);
/* Measure both files side by side, each for about so many seconds, so that both see the same
 * machine. */
gboolean shrink_table_measure (ShrinkTable *table, const char *before, const char *after,
    const Preparation *preparation, double seconds, GError **error);

void shrink_table_print (const ShrinkTable *table, const Preparation *preparation);
/* (transfer full) */
JsonObject *shrink_table_to_json (const ShrinkTable *table, const Preparation *preparation);
/* Write the object to `path`, atomically. */
gboolean shrink_table_save (JsonObject *object, const char *path, GError **error);
