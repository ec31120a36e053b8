/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tests that start programs of this build. */
#include <glib.h>

/* The beginning of a command line: what emulates the processor that the build is for, if it is not
 * this one (meson says so), and the program. To be freed with its strings. */
static inline GPtrArray *
launch_line (const char *program)
{
  const char *emulator = g_getenv ("MESON_EXE_WRAPPER");
  GPtrArray *line = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) words = NULL;

  if (emulator != NULL && g_shell_parse_argv (emulator, NULL, &words, NULL))
    for (int i = 0; words[i] != NULL; i++)
      g_ptr_array_add (line, g_strdup (words[i]));
  g_ptr_array_add (line, g_strdup (program));
  return line;
}
