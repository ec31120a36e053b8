/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balance.h"

#include <generative/random.h>

typedef struct {
  gint32 label;
  guint32 first, count; /* in `members` */
} Class;

struct _GenBalance {
  guint32 *members; /* class by class */
  GArray *classes;  /* of Class */
  guint32 wanted;   /* of each class in an epoch */
  guint32 *order;   /* one permutation */
  gboolean shuffle;
  guint64 seed;
};

typedef struct {
  gint32 label;
  guint32 member;
} Labelled;

static int
compare_labelled (gconstpointer a, gconstpointer b)
{
  const Labelled *first = a, *second = b;

  if (first->label != second->label)
    return first->label < second->label ? -1 : 1;
  return first->member < second->member ? -1 : first->member > second->member;
}

static int
compare_members (gconstpointer a, gconstpointer b)
{
  guint32 first = *(const guint32 *)a, second = *(const guint32 *)b;

  return first < second ? -1 : first > second;
}

static void
sort_by_class (GenBalance *balance, const gint32 *labels, guint32 n)
{
  g_autofree Labelled *sorted = g_new (Labelled, n);

  for (guint32 i = 0; i < n; i++)
    sorted[i] = (Labelled){ labels[i], i };
  qsort (sorted, n, sizeof *sorted, compare_labelled);
  for (guint32 i = 0; i < n; i++) {
    if (i == 0 || sorted[i].label != sorted[i - 1].label) {
      Class class = { .label = sorted[i].label, .first = i };

      g_array_append_val (balance->classes, class);
    }
    balance->members[i] = sorted[i].member;
    g_array_index (balance->classes, Class, balance->classes->len - 1).count++;
  }
}

/* How many of each class there are to be, and the greatest that there is. */
static guint32
find_wanted (GenBalance *balance, GenBalancing balancing)
{
  guint32 least = G_MAXUINT32, greatest = 0;

  for (guint i = 0; i < balance->classes->len; i++) {
    const guint32 count = g_array_index (balance->classes, Class, i).count;

    least = MIN (least, count);
    greatest = MAX (greatest, count);
  }
  balance->wanted = balancing == GEN_BALANCE_OVERSAMPLE ? greatest : least;
  return greatest;
}

GenBalance *
gen_balance_new (const gint32 *labels, guint32 n, GenBalancing balancing, gboolean shuffle,
    guint64 seed, GError **error)
{
  g_autoptr (GenBalance) balance = g_new0 (GenBalance, 1);

  balance->members = g_new (guint32, n);
  balance->classes = g_array_new (FALSE, FALSE, sizeof (Class));
  balance->shuffle = shuffle;
  balance->seed = seed;
  sort_by_class (balance, labels, n);
  balance->order = g_new (guint32, find_wanted (balance, balancing));
  if (balance->classes->len < 2) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "balance: all %u items are of one class, or of none; balance=none takes them as they are",
        n);
    return NULL;
  }
  if ((guint64)balance->wanted * balance->classes->len > G_MAXUINT32) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "balance: %u of each of %u classes are too many for an epoch; balance=undersample makes "
        "fewer",
        balance->wanted, balance->classes->len);
    return NULL;
  }
  return g_steal_pointer (&balance);
}

void
gen_balance_free (GenBalance *balance)
{
  if (balance == NULL)
    return;
  g_free (balance->members);
  g_array_unref (balance->classes);
  g_free (balance->order);
  g_free (balance);
}

guint32
gen_balance_get_length (const GenBalance *balance)
{
  return balance->wanted * balance->classes->len;
}

/* The permutation of one round through a class. */
static void
make_order (GenBalance *balance, const Class *class, guint64 round)
{
  const GenRandom random =
      gen_random_new (balance->seed, GEN_STREAM_BALANCE, (guint64)(class->label + 1));

  if (balance->shuffle) {
    gen_random_permutation (&random, round, balance->order, class->count);
    return;
  }
  for (guint32 i = 0; i < class->count; i++)
    balance->order[i] = i;
}

void
gen_balance_draw (GenBalance *balance, guint64 epoch, guint32 *members)
{
  guint32 n = 0;

  for (guint c = 0; c < balance->classes->len; c++) {
    const Class *class = &g_array_index (balance->classes, Class, c);
    guint64 round = epoch * balance->wanted / class->count;
    guint32 at = (guint32)(epoch * balance->wanted % class->count);

    make_order (balance, class, round);
    for (guint32 i = 0; i < balance->wanted; i++, at++) {
      if (at == class->count) {
        make_order (balance, class, ++round);
        at = 0;
      }
      members[n++] = balance->members[class->first + balance->order[at]];
    }
  }
  qsort (members, n, sizeof *members, compare_members);
}
