/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <generative/nearest.h>

#include "../base/secret-file.h"

#define HASH_DIGITS 64
#define NAME_MOST 64

typedef struct {
  char *name, *hash;
  guint scopes;
} Token;

struct _GenTokens {
  const GenTokensKind *kind;
  GPtrArray *tokens;
};

static void
free_token (gpointer data)
{
  Token *token = data;

  g_free (token->name);
  g_free (token->hash);
  g_free (token);
}

GenTokens *
gen_tokens_new (const GenTokensKind *kind)
{
  GenTokens *tokens = g_new0 (GenTokens, 1);

  tokens->kind = kind;
  tokens->tokens = g_ptr_array_new_with_free_func (free_token);
  return tokens;
}

void
gen_tokens_free (GenTokens *tokens)
{
  g_ptr_array_unref (tokens->tokens);
  g_free (tokens);
}

gboolean
gen_tokens_check_name (const GenTokensKind *kind, const char *name, GError **error)
{
  /* A line that begins with # is none. */
  gboolean good = *name != '\0' && *name != '#' && strlen (name) <= NAME_MOST &&
                  g_utf8_validate (name, -1, NULL);

  for (const char *at = name; good && *at != '\0'; at = g_utf8_next_char (at))
    good = g_unichar_isgraph (g_utf8_get_char (at));
  if (!good)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s's name is a word of at most %d bytes that does not begin with #", kind->whose,
        NAME_MOST);
  return good;
}

static guint
find_scope (const GenTokensKind *kind, const char *name)
{
  for (guint i = 0; kind->scopes[i] != NULL; i++)
    if (strcmp (kind->scopes[i], name) == 0)
      return 1u << i;
  return 0;
}

guint
gen_tokens_parse_scopes (const GenTokensKind *kind, const char *text, GError **error)
{
  g_auto (GStrv) names = g_strsplit (text, ",", -1);
  guint scopes = 0;

  for (int i = 0; names[i] != NULL; i++) {
    const guint scope = find_scope (kind, names[i]);

    if (scope == 0) {
      g_autofree char *hint = gen_nearest_hint (names[i], kind->scopes);
      g_autofree char *all = g_strjoinv (", ", (char **)kind->scopes);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "there is no scope \"%s\"%s; there are %s", names[i], hint, all);
      return 0;
    }
    scopes |= scope;
  }
  if (scopes == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no scope is said");
  return scopes;
}

static void
add_hash (GenTokens *tokens, const char *name, guint scopes, char *taken)
{
  Token *token = g_new0 (Token, 1);

  token->name = g_strdup (name);
  token->hash = taken;
  token->scopes = scopes;
  g_ptr_array_add (tokens->tokens, token);
}

char *
gen_tokens_add (GenTokens *tokens, const char *name, guint scopes)
{
  char *secret = gen_secret_make ();

  add_hash (tokens, name, scopes, gen_secret_hash (secret));
  return secret;
}

/* --- from a file --- */

static gboolean
is_hash (const char *text)
{
  return strlen (text) == HASH_DIGITS && strspn (text, "0123456789abcdef") == HASH_DIGITS;
}

static gboolean
load_words (GenTokens *tokens, const char *where, char **words, GError **error)
{
  const GenTokensKind *kind = tokens->kind;
  const guint n = kind->scopes != NULL ? 3 : 2;
  guint scopes = 0;

  if (g_strv_length (words) != n || !is_hash (words[n - 1])) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s is no name%s and SHA-256 of a token; %s", where, kind->scopes != NULL ? ", scopes" : "",
        kind->hint);
    return FALSE;
  }
  if (!gen_tokens_check_name (kind, words[0], error) ||
      (kind->scopes != NULL && (scopes = gen_tokens_parse_scopes (kind, words[1], error)) == 0)) {
    g_prefix_error (error, "%s: ", where);
    return FALSE;
  }
  add_hash (tokens, words[0], scopes, g_strdup (words[n - 1]));
  return TRUE;
}

static gboolean
load_line (GenTokens *tokens, const char *path, int number, char *line, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: line %d", path, number);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  char *saved = NULL;

  g_strstrip (line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  for (char *word = strtok_r (line, " \t", &saved); word != NULL;
       word = strtok_r (NULL, " \t", &saved))
    g_ptr_array_add (words, word);
  g_ptr_array_add (words, NULL);
  return load_words (tokens, where, (char **)words->pdata, error);
}

gboolean
gen_tokens_load (GenTokens *tokens, const char *path, GError **error)
{
  gsize size;
  char *text = gen_secret_file_read (path, "file of tokens", &size, error);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  gen_secret_free (text, size);
  for (int i = 0; lines != NULL && lines[i] != NULL; i++)
    if (!load_line (tokens, path, i + 1, lines[i], error))
      return FALSE;
  if (lines != NULL && tokens->tokens->len > 0)
    return TRUE;
  if (lines != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: there is no token in it; %s",
        path, tokens->kind->hint);
  return FALSE;
}

/* --- into a file --- */

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

static char *
make_line (const GenTokensKind *kind, const char *name, guint scopes, const char *hash)
{
  g_autoptr (GString) line = g_string_new (name);
  const char *separator = " ";

  for (guint i = 0; kind->scopes != NULL && kind->scopes[i] != NULL; i++)
    if ((scopes & (1u << i)) != 0) {
      g_string_append_printf (line, "%s%s", separator, kind->scopes[i]);
      separator = ",";
    }
  g_string_append_printf (line, " %s\n", hash);
  return g_string_free (g_steal_pointer (&line), FALSE);
}

char *
gen_tokens_add_to_file (
    const GenTokensKind *kind, const char *path, const char *name, guint scopes, GError **error)
{
  g_autofree char *secret = gen_secret_make (), *hash = gen_secret_hash (secret);
  g_autofree char *line = make_line (kind, name, scopes, hash);
  gboolean done = FALSE;
  char *text = NULL;
  gsize size;
  int fd;

  if (!gen_tokens_check_name (kind, name, error))
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

/* --- whose it is --- */

const char *
gen_tokens_find (const GenTokens *tokens, const char *token, guint *scopes)
{
  g_autofree char *hash = gen_secret_hash (token);
  const Token *found = NULL;

  /* All are looked at. */
  for (guint i = 0; i < tokens->tokens->len; i++) {
    const Token *known = tokens->tokens->pdata[i];

    if (gen_secret_equal (known->hash, hash))
      found = known;
  }
  if (scopes != NULL)
    *scopes = found != NULL ? found->scopes : 0;
  return found != NULL ? found->name : NULL;
}
