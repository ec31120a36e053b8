/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As many of each class in each epoch. A class is an endless row of permutations of its members,
 * of which each epoch takes the next ones: where there are fewer members than are wanted some come
 * again, none a second time more often than another; where there are more, all come before any
 * does again. */
#pragma once

#include <generative/dataset.h>

typedef struct _GenBalance GenBalance;

/* Of `n` members, each of a class; without `shuffle` the rows are in the order of the members. NULL
 * with `error` where there are no two classes, or too many members in an epoch. */
GenBalance *gen_balance_new (const gint32 *labels, guint32 n, GenBalancing balancing,
    gboolean shuffle, guint64 seed, GError **error);
void gen_balance_free (GenBalance *balance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenBalance, gen_balance_free)

/* How many members an epoch has. */
guint32 gen_balance_get_length (const GenBalance *balance);
/* Those of an epoch into `members`, in ascending order. */
void gen_balance_draw (GenBalance *balance, guint64 epoch, guint32 *members);
