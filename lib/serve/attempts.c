/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attempts.h"

/* Attempts that cost nothing; the seconds that the next one costs, which double; and the most. */
#define FREE_ATTEMPTS 5
#define FIRST_WAIT 10
#define LONGEST_WAIT 600
/* Addresses that are remembered, and for how long. */
#define MAX_ADDRESSES 1024
#define MEMORY (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

typedef struct {
  int failures;
  gint64 last, until;
} Attempts;

struct _GenAttempts {
  GHashTable *addresses; /* to Attempts */
};

GenAttempts *
gen_attempts_new (void)
{
  GenAttempts *attempts = g_new0 (GenAttempts, 1);

  attempts->addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return attempts;
}

void
gen_attempts_free (GenAttempts *attempts)
{
  g_hash_table_unref (attempts->addresses);
  g_free (attempts);
}

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer data)
{
  const Attempts *attempts = value;
  const gint64 now = *(const gint64 *)data;

  return attempts->until <= now && attempts->last + MEMORY <= now;
}

int
gen_attempts_wait (GenAttempts *attempts, const char *address, gint64 now)
{
  const Attempts *known;

  g_hash_table_foreach_remove (attempts->addresses, is_forgotten, &now);
  known = g_hash_table_lookup (attempts->addresses, address);
  return known != NULL && known->until > now ? (int)((known->until - now) / G_USEC_PER_SEC) + 1 : 0;
}

/* The address that has been silent for longest makes room: whoever has many addresses locks nobody
 * else out. */
static void
drop_silent (GenAttempts *attempts)
{
  GHashTableIter iter;
  gpointer key, value, silent = NULL;
  gint64 last = G_MAXINT64;

  g_hash_table_iter_init (&iter, attempts->addresses);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const Attempts *known = value;

    if (known->last < last) {
      last = known->last;
      silent = key;
    }
  }
  g_hash_table_remove (attempts->addresses, silent);
}

void
gen_attempts_fail (GenAttempts *attempts, const char *address, gint64 now)
{
  Attempts *known = g_hash_table_lookup (attempts->addresses, address);
  int excess, wait;

  if (known == NULL) {
    if (g_hash_table_size (attempts->addresses) >= MAX_ADDRESSES)
      drop_silent (attempts);
    known = g_new0 (Attempts, 1);
    g_hash_table_insert (attempts->addresses, g_strdup (address), known);
  }
  known->last = now;
  known->failures++;
  excess = MIN (known->failures - FREE_ATTEMPTS, 16);
  if (excess < 0)
    return;
  wait = MIN (FIRST_WAIT << excess, LONGEST_WAIT);
  known->until = now + wait * G_USEC_PER_SEC;
}

void
gen_attempts_clear (GenAttempts *attempts, const char *address)
{
  g_hash_table_remove (attempts->addresses, address);
}
