/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever guesses tokens has to wait, but whoever has one does not: others behind the same address
 * would lock him out. */
#include "access.h"

#include "../../lib/serve/attempts.h"
#include "../../lib/serve/tokens.h"

#define MAX_SESSIONS 64

struct _ReviewAccess {
  GenTokens *tokens;
  GenAttempts *attempts;
  GHashTable *sessions; /* hash of the secret to ReviewSession */
};

static const GenTokensKind kind = { .whose = "a reviewer", .hint = "--new-token=NAME writes one" };

static void
free_session (gpointer data)
{
  ReviewSession *session = data;

  g_free (session->name);
  g_free (session->csrf);
  g_free (session);
}

ReviewAccess *
review_access_new (void)
{
  ReviewAccess *access = g_new0 (ReviewAccess, 1);

  access->tokens = gen_tokens_new (&kind);
  access->attempts = gen_attempts_new ();
  access->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_session);
  return access;
}

void
review_access_free (ReviewAccess *access)
{
  gen_tokens_free (access->tokens);
  gen_attempts_free (access->attempts);
  g_hash_table_unref (access->sessions);
  g_free (access);
}

/* --- tokens --- */

gboolean
review_access_check_name (const char *name, GError **error)
{
  return gen_tokens_check_name (&kind, name, error);
}

char *
review_access_add (ReviewAccess *access, const char *name)
{
  return gen_tokens_add (access->tokens, name, 0);
}

gboolean
review_access_load (ReviewAccess *access, const char *path, GError **error)
{
  return gen_tokens_load (access->tokens, path, error);
}

char *
review_access_add_to_file (const char *path, const char *name, GError **error)
{
  return gen_tokens_add_to_file (&kind, path, name, 0, error);
}

const char *
review_access_try (ReviewAccess *access, const char *address, const char *token, int *wait)
{
  const char *name = gen_tokens_find (access->tokens, token, NULL);
  const gint64 now = g_get_monotonic_time ();

  *wait = name == NULL ? gen_attempts_wait (access->attempts, address, now) : 0;
  if (name != NULL)
    gen_attempts_clear (access->attempts, address);
  else if (*wait == 0)
    gen_attempts_fail (access->attempts, address, now);
  return name;
}

/* --- sessions --- */

static gboolean
is_over (gpointer key, gpointer value, gpointer data)
{
  return ((const ReviewSession *)value)->end <= *(const gint64 *)data;
}

/* The one that ends first makes room. */
static void
drop_oldest (ReviewAccess *access)
{
  GHashTableIter iter;
  gpointer key, value, oldest = NULL;
  gint64 end = G_MAXINT64;

  g_hash_table_iter_init (&iter, access->sessions);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const ReviewSession *session = value;

    if (session->end < end) {
      end = session->end;
      oldest = key;
    }
  }
  g_hash_table_remove (access->sessions, oldest);
}

char *
review_access_open_session (ReviewAccess *access, const char *name)
{
  ReviewSession *session = g_new0 (ReviewSession, 1);
  char *secret = gen_secret_make ();

  if (g_hash_table_size (access->sessions) >= MAX_SESSIONS)
    drop_oldest (access);
  session->name = g_strdup (name);
  session->csrf = gen_secret_make ();
  session->end = g_get_monotonic_time () + (gint64)REVIEW_SESSION_SECONDS * G_USEC_PER_SEC;
  g_hash_table_insert (access->sessions, gen_secret_hash (secret), session);
  return secret;
}

const ReviewSession *
review_access_find_session (ReviewAccess *access, const char *secret)
{
  g_autofree char *hashed = gen_secret_hash (secret);
  gint64 now = g_get_monotonic_time ();

  g_hash_table_foreach_remove (access->sessions, is_over, &now);
  return g_hash_table_lookup (access->sessions, hashed);
}

void
review_access_close_session (ReviewAccess *access, const char *secret)
{
  g_autofree char *hashed = gen_secret_hash (secret);

  g_hash_table_remove (access->sessions, hashed);
}
