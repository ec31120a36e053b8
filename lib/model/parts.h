/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which inputs and outputs flow, which are states, and which are parameters. */
#pragma once

#include "model-private.h"

/* What `value` is said of `name`, by what is called `key`. */
typedef gboolean (*GenPartSay) (
    gpointer model, const char *key, const char *name, const char *value, GError **error);
/* Each of "name=value,name=value". */
gboolean gen_parts_say_all (
    gpointer model, const char *key, const char *text, GenPartSay say, GError **error);
/* The number of the one called `name`, -1 where there is none. */
int gen_parts_find (const GPtrArray *tensors, const char *name);
/* That what `key` says names no such one. Returns FALSE. */
gboolean gen_parts_fail_name (
    const char *key, const char *side, const char *name, const GPtrArray *tensors, GError **error);
/* Whether input `i` holds each of `numbers`, which `key` says: whole ones, where it is of integers,
 * of its range, and where they are indices, of what there is to choose from. */
gboolean gen_parts_check_numbers (
    const GenModel *model, guint i, const char *key, const GenNumbers *numbers, GError **error);
/* Find the inputs whose numbers are indices. */
void gen_indices_find (GenModel *model);
/* Let extents that inputs leave free be as somebody says, in the graph and its `copy`. */
gboolean gen_shapes_read (GenModel *model, GenGraph *copy, GKeyFile *sidecar, GError **error);
/* What is said, and what names tell; shapes of outputs need not be known yet. */
gboolean gen_parts_read (GenModel *model, GKeyFile *sidecar, GError **error);
/* Let a number, or a plane of it, of a model that makes of two pictures what lies between stand
 * half-way, where nobody says otherwise. */
void gen_moment_find (GenModel *model);
/* `graph`, or one like it whose only input of two pictures and such a plane, [N, 7, H, W], has
 * become two inputs. (transfer full) */
GenGraph *gen_moment_split (GenGraph *graph);
/* What order and shapes tell besides, once they are known. */
void gen_parts_complete (GenModel *model);
/* Let `shape`, of input `i`, a parameter, whose free extents are 1, hold the numbers that it stands
 * at. */
void gen_parts_fit (const GenModel *model, guint i, GenShape *shape);
/* The numbers of input `i`, a parameter, as a constant, whose shape becomes known; NULL where it
 * is too large to be one that shapes hang on. (transfer full) */
GBytes *gen_parts_make_constant (const GenModel *model, guint i, GenShape *shape);
