/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens: who may do what. Only hashes of them are kept. A file of tokens is a line each of a name,
 * the scopes with commas between them where there are such, and the SHA-256 of the token. */
#pragma once

#include <glib.h>

#include "../private-api.h"

typedef struct _GenTokens GenTokens;

/* What a file of tokens is like. */
typedef struct {
  const char *whose; /* whose a name is, for errors: "a reviewer" */
  const char *hint;  /* what writes a file, for errors: "--new-token=NAME writes one" */
  const char *const
      *scopes; /* names, ended by NULL, of bit 0, 1, and so on; NULL: lines have none */
} GenTokensKind;

/* `kind` has to stay. */
GEN_PRIVATE_API GenTokens *gen_tokens_new (const GenTokensKind *kind);
GEN_PRIVATE_API void gen_tokens_free (GenTokens *tokens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenTokens, gen_tokens_free)

/* Whether a name is one: a word of at most 64 bytes. */
GEN_PRIVATE_API gboolean gen_tokens_check_name (
    const GenTokensKind *kind, const char *name, GError **error);
/* The bits of "watch,generate". 0 with `error`. */
GEN_PRIVATE_API guint gen_tokens_parse_scopes (
    const GenTokensKind *kind, const char *text, GError **error);

/* A new token of `name`. (transfer full) */
GEN_PRIVATE_API char *gen_tokens_add (GenTokens *tokens, const char *name, guint scopes);
/* Those of a file, which nobody else may read; there is one at least. */
GEN_PRIVATE_API gboolean gen_tokens_load (GenTokens *tokens, const char *path, GError **error);
/* Put a new token into a file, which is made where it is not there: its text, or NULL with `error`.
 * (transfer full) */
GEN_PRIVATE_API char *gen_tokens_add_to_file (
    const GenTokensKind *kind, const char *path, const char *name, guint scopes, GError **error);

/* Whose a token is, and what it is for; NULL: nobody's. How long that takes tells nothing of which
 * one it was. `scopes` may be NULL. */
GEN_PRIVATE_API const char *gen_tokens_find (
    const GenTokens *tokens, const char *token, guint *scopes);

/* 256 random bits: letters, digits, - and _ alone. (transfer full) */
GEN_PRIVATE_API char *gen_secret_make (void);
/* Its SHA-256 in hexadecimal digits. (transfer full) */
GEN_PRIVATE_API char *gen_secret_hash (const char *secret);
/* Whether two texts are the same, in a time that tells nothing of them but their length. */
GEN_PRIVATE_API gboolean gen_secret_equal (const char *a, const char *b);
