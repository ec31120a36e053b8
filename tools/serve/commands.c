/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

const ServeCommand *const serve_commands[] = {
  &serve_command_promote,
  &serve_command_rollback,
  &serve_command_token,
  NULL,
};

int
serve_command_fail (GError *error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  g_error_free (error);
  return SERVE_STATUS_FAILED;
}

char *
serve_command_find_file (void)
{
  static const char *const places[] = { "studio.toml", SYSTEM_FILE };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_file_test (places[i], G_FILE_TEST_EXISTS))
      return g_strdup (places[i]);
  return NULL;
}
