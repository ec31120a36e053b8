/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens and sessions' secrets are 256 random bits, so that a plain hash of them is as good as a
 * slow one: nobody finds them by trying. Whoever tries has to wait all the same, but whoever has a
 * token does not: others behind the same address would lock him out. */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "../../lib/base/secret-file.h"

#define SECRET_SIZE 32
#define HASH_DIGITS 64
#define NAME_MOST 64

/* Attempts that cost nothing; the seconds that the next one costs, which double; and the most. */
#define FREE_ATTEMPTS 5
#define FIRST_WAIT 10
#define LONGEST_WAIT 600
/* Addresses that are remembered, and for how long. */
#define MAX_ADDRESSES 1024
#define MEMORY (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)
#define MAX_SESSIONS 64

typedef struct {
  char *name, *hash;
} Token;

typedef struct {
  int failures;
  gint64 last, until; /* of g_get_monotonic_time */
} Attempts;

struct _ReviewAccess {
  GPtrArray *tokens;
  GHashTable *attempts; /* address to Attempts */
  GHashTable *sessions; /* hash of the secret to ReviewSession */
};

static void
free_token (gpointer data)
{
  Token *token = data;

  g_free (token->name);
  g_free (token->hash);
  g_free (token);
}

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

  access->tokens = g_ptr_array_new_with_free_func (free_token);
  access->attempts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  access->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_session);
  return access;
}

void
review_access_free (ReviewAccess *access)
{
  g_ptr_array_unref (access->tokens);
  g_hash_table_unref (access->attempts);
  g_hash_table_unref (access->sessions);
  g_free (access);
}

/* --- secrets --- */

/* Letters, digits, - and _ alone. */
static char *
make_secret (void)
{
  guint8 bytes[SECRET_SIZE];
  char *text;

  /* As with memory, there is nothing that could be done without. */
  if (RAND_bytes (bytes, sizeof bytes) != 1)
    g_error ("OpenSSL has no random numbers");
  text = g_base64_encode (bytes, sizeof bytes);
  OPENSSL_cleanse (bytes, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  *strchr (text, '=') = '\0';
  return text;
}

static char *
hash (const char *secret)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
}

gboolean
review_access_equal (const char *a, const char *b)
{
  const gsize size = strlen (a);

  return size == strlen (b) && CRYPTO_memcmp (a, b, size) == 0;
}

/* --- tokens --- */

gboolean
review_access_check_name (const char *name, GError **error)
{
  /* A line that begins with # is none. */
  gboolean good = *name != '\0' && *name != '#' && strlen (name) <= NAME_MOST &&
                  g_utf8_validate (name, -1, NULL);

  for (const char *at = name; good && *at != '\0'; at = g_utf8_next_char (at))
    good = g_unichar_isgraph (g_utf8_get_char (at));
  if (!good)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "a reviewer's name is a word of at most %d bytes that does not begin with #", NAME_MOST);
  return good;
}

static void
add_hash (ReviewAccess *access, const char *name, char *taken)
{
  Token *token = g_new0 (Token, 1);

  token->name = g_strdup (name);
  token->hash = taken;
  g_ptr_array_add (access->tokens, token);
}

char *
review_access_add (ReviewAccess *access, const char *name)
{
  char *secret = make_secret ();

  add_hash (access, name, hash (secret));
  return secret;
}

static gboolean
load_line (ReviewAccess *access, const char *path, int number, char *line, GError **error)
{
  g_auto (GStrv) words = NULL;

  g_strstrip (line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  words = g_strsplit (line, " ", 2);
  if (words[1] != NULL)
    g_strstrip (words[1]);
  if (words[1] == NULL || strlen (words[1]) != HASH_DIGITS ||
      strspn (words[1], "0123456789abcdef") != HASH_DIGITS) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: line %d is no name and SHA-256 of a token; --new-token=NAME writes one", path, number);
    return FALSE;
  }
  if (!review_access_check_name (words[0], error)) {
    g_prefix_error (error, "%s: line %d: ", path, number);
    return FALSE;
  }
  add_hash (access, words[0], g_strdup (words[1]));
  return TRUE;
}

gboolean
review_access_load (ReviewAccess *access, const char *path, GError **error)
{
  gsize size;
  char *text = gen_secret_file_read (path, "file of tokens", &size, error);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  gen_secret_free (text, size);
  for (int i = 0; lines != NULL && lines[i] != NULL; i++)
    if (!load_line (access, path, i + 1, lines[i], error))
      return FALSE;
  if (lines != NULL && access->tokens->len > 0)
    return TRUE;
  if (lines != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: there is no token in it; --new-token=NAME writes one", path);
  return FALSE;
}

/* Append `line`, as a line of its own, to what has `size` bytes now: all of it, or nothing. */
static gboolean
append_line (int fd, const char *text, gsize size, const char *line)
{
  const gboolean is_open = size > 0 && text[size - 1] != '\n';
  g_autofree char *whole = g_strconcat (is_open ? "\n" : "", line, NULL);
  const gssize length = (gssize)strlen (whole), written = write (fd, whole, (gsize)length);

  if (written == length && fdatasync (fd) == 0)
    return TRUE;
  if (written >= 0 && written < length)
    errno = ENOSPC;
  if (written > 0) {
    const int code = errno;

    if (ftruncate (fd, (off_t)size) != 0)
      g_debug ("what was written of a token stays: %s", g_strerror (errno));
    errno = code;
  }
  return FALSE;
}

char *
review_access_add_to_file (const char *path, const char *name, GError **error)
{
  g_autofree char *secret = make_secret (), *hashed = hash (secret);
  g_autofree char *line = g_strdup_printf ("%s %s\n", name, hashed);
  gboolean done = FALSE;
  char *text = NULL;
  gsize size;
  int fd;

  if (!review_access_check_name (name, error))
    return NULL;
  fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd >= 0 && flock (fd, LOCK_EX) == 0) {
    /* Nothing is written into what others can use. */
    text = gen_secret_file_read (path, "file of tokens", &size, error);
    done = text != NULL && append_line (fd, text, size, line);
  }
  if (!done && (error == NULL || *error == NULL))
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "%s: the file of tokens cannot be written: %s", path, g_strerror (errno));
  if (text != NULL)
    gen_secret_free (text, size);
  if (fd >= 0)
    close (fd);
  return done ? g_steal_pointer (&secret) : NULL;
}

/* --- attempts --- */

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer data)
{
  const Attempts *attempts = value;
  const gint64 now = *(const gint64 *)data;

  return attempts->until <= now && attempts->last + MEMORY <= now;
}

static int
get_wait (ReviewAccess *access, const char *address)
{
  gint64 now = g_get_monotonic_time ();
  const Attempts *attempts;

  g_hash_table_foreach_remove (access->attempts, is_forgotten, &now);
  attempts = g_hash_table_lookup (access->attempts, address);
  return attempts != NULL && attempts->until > now
             ? (int)((attempts->until - now) / G_USEC_PER_SEC) + 1
             : 0;
}

/* The address that has been silent for longest makes room: whoever has many addresses locks nobody
 * else out. */
static void
drop_silent (ReviewAccess *access)
{
  GHashTableIter iter;
  gpointer key, value, silent = NULL;
  gint64 last = G_MAXINT64;

  g_hash_table_iter_init (&iter, access->attempts);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const Attempts *attempts = value;

    if (attempts->last < last) {
      last = attempts->last;
      silent = key;
    }
  }
  g_hash_table_remove (access->attempts, silent);
}

static void
note_failure (ReviewAccess *access, const char *address)
{
  Attempts *attempts = g_hash_table_lookup (access->attempts, address);
  int excess, wait;

  if (attempts == NULL) {
    if (g_hash_table_size (access->attempts) >= MAX_ADDRESSES)
      drop_silent (access);
    attempts = g_new0 (Attempts, 1);
    g_hash_table_insert (access->attempts, g_strdup (address), attempts);
  }
  attempts->last = g_get_monotonic_time ();
  attempts->failures++;
  excess = MIN (attempts->failures - FREE_ATTEMPTS, 16);
  if (excess < 0)
    return;
  wait = MIN (FIRST_WAIT << excess, LONGEST_WAIT);
  attempts->until = attempts->last + wait * G_USEC_PER_SEC;
}

const char *
review_access_try (ReviewAccess *access, const char *address, const char *token, int *wait)
{
  g_autofree char *hashed = hash (token);
  const char *name = NULL;

  /* All are looked at: how long it takes tells nothing of which one it was. */
  for (guint i = 0; i < access->tokens->len; i++) {
    const Token *known = access->tokens->pdata[i];

    if (review_access_equal (known->hash, hashed))
      name = known->name;
  }
  *wait = name == NULL ? get_wait (access, address) : 0;
  if (name != NULL)
    g_hash_table_remove (access->attempts, address);
  else if (*wait == 0)
    note_failure (access, address);
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
  char *secret = make_secret ();

  if (g_hash_table_size (access->sessions) >= MAX_SESSIONS)
    drop_oldest (access);
  session->name = g_strdup (name);
  session->csrf = make_secret ();
  session->end = g_get_monotonic_time () + (gint64)REVIEW_SESSION_SECONDS * G_USEC_PER_SEC;
  g_hash_table_insert (access->sessions, hash (secret), session);
  return secret;
}

const ReviewSession *
review_access_find_session (ReviewAccess *access, const char *secret)
{
  g_autofree char *hashed = hash (secret);
  gint64 now = g_get_monotonic_time ();

  g_hash_table_foreach_remove (access->sessions, is_over, &now);
  return g_hash_table_lookup (access->sessions, hashed);
}

void
review_access_close_session (ReviewAccess *access, const char *secret)
{
  g_autofree char *hashed = hash (secret);

  g_hash_table_remove (access->sessions, hashed);
}
