/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operators of generative-serve write: studio files and files of tokens. What a text is meant
 * to be, its first byte says. What is wrong is told in words. */
#include <string.h>

#include <glib/gstdio.h>

#include "../../tools/serve/configuration.h"
#include "../../tools/serve/scopes.h"
#include "fuzz.h"

static void
read_studio (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  ServeConfiguration *configuration =
      serve_configuration_parse ((const char *)data, size, "/studio.toml", &error);

  g_assert_true ((configuration == NULL) == (error != NULL));
  if (configuration != NULL)
    serve_configuration_unref (configuration);
  else
    g_assert_true (g_str_has_prefix (error->message, "/studio.toml:"));
}

static void
read_tokens (const guint8 *data, gsize size)
{
  const char *path = fuzz_file (data, size);
  g_autoptr (GenTokens) tokens = gen_tokens_new (&serve_tokens_kind);
  g_autoptr (GError) error = NULL;
  guint scopes = 0;

  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  if (!gen_tokens_load (tokens, path, &error))
    g_assert_nonnull (error);
  gen_tokens_find (tokens, "guess", &scopes);
}

static void
read_scopes (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);

  gen_tokens_parse_scopes (&serve_tokens_kind, text, NULL);
  gen_tokens_check_name (&serve_tokens_kind, text, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const readers[]) (
      const guint8 *, gsize) = { read_studio, read_tokens, read_scopes };

  if (size > 0)
    readers[data[0] % G_N_ELEMENTS (readers)](data + 1, size - 1);
  return 0;
}
