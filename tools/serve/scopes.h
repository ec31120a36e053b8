/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tokens are for. */
#pragma once

#include "../../lib/serve/tokens.h"

typedef enum {
  SERVE_SCOPE_NONE = 0, /* whoever reaches the server may */
  SERVE_SCOPE_WATCH = 1 << 0,
  SERVE_SCOPE_GENERATE = 1 << 1,
  SERVE_SCOPE_PUBLISH = 1 << 2,
  SERVE_SCOPE_ADMINISTRATE = 1 << 3,
} ServeScope;

#define SERVE_SCOPE_ALL                                                                            \
  (SERVE_SCOPE_WATCH | SERVE_SCOPE_GENERATE | SERVE_SCOPE_PUBLISH | SERVE_SCOPE_ADMINISTRATE)

/* In the order of their bits; in scopes.c. */
extern const char *const serve_scope_names[];
extern const GenTokensKind serve_tokens_kind;

/* The bits of names that are known. */
guint serve_scopes_of (const char *const *names);
