/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What filter.c (which items are left out) and filter-list.c (what is written of them) share. */
#pragma once

#include <generative/data-filter.h>

#include "inspect-private.h"
#include "opt-outs.h"

typedef struct {
  int measure; /* its place in the list */
  GenDataRange range;
} GenFilterLimit;

/* What settings ask for, understood. */
typedef struct {
  const GenDataFilterSettings *settings;
  GPtrArray *findings;  /* of const GenDataFinding * */
  GArray *limits;       /* of GenFilterLimit: what is narrower than the measure is */
  GHashTable *denied;   /* SHA-256 in small hexadecimal digits; NULL: none */
  GenOptOuts *opt_outs; /* kept with the data, or named; NULL: none are */
  guint needs;          /* GenDataNeeds */
} GenFilterPlan;

/* Why an item is left out. */
typedef struct {
  const char *reason; /* NULL: it is kept */
  const char *figure; /* a number that it rests on; NULL: none */
  double value;
  guint32 of; /* the item that is kept in its place, or with which it goes; GEN_DATA_NONE: none */
} GenVerdict;

typedef struct {
  const GenDataset *dataset;
  const GenFilterPlan *plan;
  GenDataItem *items;
  GenVerdict *verdicts;
  guint8 *has_digest;
  GStringChunk *texts;
} GenFilterJudgement;

/* What was asked for, and how many are left out for which reason. (transfer full) */
JsonObject *gen_filter_summarise (const GenFilterJudgement *judgement);
/* Write the list to `path`, atomically. */
gboolean gen_filter_write (
    const GenFilterJudgement *judgement, JsonObject *summary, const char *path, GError **error);
