/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changed between opsets. */
#pragma once

#include <generative/convert.h>

/* A change that came with `opset`: what a node has to be before, and from it on. */
typedef struct {
  const char *op;
  int opset;
  /* An attribute that is an input from then on, as of `type`: INTS and INT become int64 in a row,
   * FLOAT a scalar. */
  const char *attribute;
  guint input;
  GenAttributeType type;
  /* Or whatever else has to be done; NULL: it cannot be. The ranks of tensors are those of the
   * tensors of the same names in `shaped`. */
  gboolean (*up) (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error);
  gboolean (*down) (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error);
} GenOpsetChange;

/* In the order of opsets, ended by one without a name. */
extern const GenOpsetChange gen_opset_changes[];

/* An operator that came with `opset`, written out in older ones. */
typedef struct {
  const char *op;
  int opset;
  /* What it makes, in nodes of `opset`; NULL with `error` where it has settings for which there are
   * none. */
  GenTensor *(*write) (
      GenGraph *graph, const GenGraph *shaped, const GenNode *node, int opset, GError **error);
} GenOpsetNewcomer;

extern const GenOpsetNewcomer gen_opset_newcomers[];

/* "node 'x' (Gelu): …" */
gboolean gen_opset_fail (const GenNode *node, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* The rank of a tensor; -1 where it is not known. */
int gen_opset_rank (const GenGraph *shaped, const GenTensor *tensor);
/* What a node of that opset makes; NULL where an input is, or there is none. */
GenTensor *gen_opset_write (
    GenGraph *graph, const char *op, int opset, GenTensor *const *inputs, int n, GError **error);
/* Take away attributes that `opset` does not have; FALSE where one of them matters. */
gboolean gen_opset_drop_attributes (GenNode *node, int opset, GError **error);
void gen_opset_remove_attribute (GenNode *node, const char *name);
/* Change `node` by `change`, up or down. */
gboolean gen_opset_move (
    GenGraph *graph, GenNode *node, const GenOpsetChange *change, gboolean up, GError **error);
