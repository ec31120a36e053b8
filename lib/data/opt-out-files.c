/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opt-out-files.h"

#include <string.h>

const GenOptOutFile gen_opt_out_files[] = {
  { "opt-outs.txt", GEN_OPT_OUT_LINES },
  { "ai.txt", GEN_OPT_OUT_RULES },
  { "robots.txt", GEN_OPT_OUT_RULES },
  { "tdmrep.json", GEN_OPT_OUT_RESERVATIONS },
  { NULL, 0 },
};

char *
gen_opt_out_folder (const char *location)
{
  return g_file_test (location, G_FILE_TEST_IS_DIR) ? g_strdup (location)
                                                    : g_path_get_dirname (location);
}

const char *
gen_opt_out_name (const GenDataset *dataset, const char *folder, const char *path)
{
  const gsize length = strlen (folder);

  if (g_str_has_prefix (path, folder) && path[length] == '/')
    return path + length + 1;
  return gen_dataset_name_below (dataset, path);
}

gboolean
gen_opt_out_file_is_named (const char *below, const char *name)
{
  for (const GenOptOutFile *file = gen_opt_out_files; *below == '\0' && file->name != NULL; file++)
    if (g_str_equal (file->name, name))
      return TRUE;
  return FALSE;
}
