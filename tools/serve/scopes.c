/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scopes.h"

#include <string.h>

const char *const serve_scope_names[] = { "watch", "generate", "publish", "administrate", NULL };

const GenTokensKind serve_tokens_kind = {
  .whose = "a client",
  .hint = "`generative-serve token NAME --scope=watch` adds one",
  .scopes = serve_scope_names,
};

guint
serve_scopes_of (const char *const *names)
{
  guint scopes = 0;

  for (int i = 0; names[i] != NULL; i++)
    for (guint bit = 0; serve_scope_names[bit] != NULL; bit++)
      if (strcmp (names[i], serve_scope_names[bit]) == 0)
        scopes |= 1u << bit;
  return scopes;
}
