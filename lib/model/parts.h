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
/* What is said, and what names tell; shapes of outputs need not be known yet. */
gboolean gen_parts_read (GenModel *model, GKeyFile *sidecar, GError **error);
/* What order and shapes tell besides, once they are known. */
void gen_parts_complete (GenModel *model);
/* Let `shape`, of input `i`, a parameter, whose free extents are 1, hold the numbers that it stands
 * at. */
void gen_parts_fit (const GenModel *model, guint i, GenShape *shape);
/* The numbers of input `i`, a parameter, as a constant, whose shape becomes known. (transfer full)
 */
GBytes *gen_parts_make_constant (const GenModel *model, guint i, GenShape *shape);
/* Write numbers of a parameter over the `n` elements of an input of `type`: one stands for all. */
void gen_parts_write (const GenNumbers *numbers, GenDataType type, void *data, gsize n);
