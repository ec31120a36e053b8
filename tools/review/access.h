/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may decide: tokens, of which only hashes are kept, sessions, and the time that whoever
 * guesses has to wait. */
#pragma once

#include <glib.h>

typedef struct _ReviewAccess ReviewAccess;

typedef struct {
  char *name; /* whose it is */
  char *csrf; /* what each request that changes something has to say */
  gint64 end; /* of g_get_monotonic_time */
} ReviewSession;

ReviewAccess *review_access_new (void);
void review_access_free (ReviewAccess *access);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReviewAccess, review_access_free)

/* Whether a name of a reviewer is one: a word of at most 64 bytes. */
gboolean review_access_check_name (const char *name, GError **error);
/* A new token of `name`. (transfer full) */
char *review_access_add (ReviewAccess *access, const char *name);
/* Those of a file: a name and the SHA-256 of a token a line. */
gboolean review_access_load (ReviewAccess *access, const char *path, GError **error);
/* Put a new token of `name` into a file, which is made where it is not there: its text, or NULL
 * with `error`. (transfer full) */
char *review_access_add_to_file (const char *path, const char *name, GError **error);

/* Whose token it is, which never has to wait, or NULL. After a few wrong ones from `address` the
 * next wrong ones do not count: `wait` becomes the seconds until one does; 0: this one did. */
const char *review_access_try (
    ReviewAccess *access, const char *address, const char *token, int *wait);

/* A session of `name`: the secret that the browser keeps. (transfer full) */
char *review_access_open_session (ReviewAccess *access, const char *name);
/* That of a secret, or NULL. */
const ReviewSession *review_access_find_session (ReviewAccess *access, const char *secret);
void review_access_close_session (ReviewAccess *access, const char *secret);

#define REVIEW_SESSION_SECONDS (12 * 3600)
