/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module.h"

#include <dlfcn.h>

char *
gen_module_find (const char *name, const char *folder)
{
  const char *const folders[] = { "generative", folder };
  g_autofree char *own = NULL;
  Dl_info info;

  if (dladdr (gen_module_find, &info) == 0)
    return NULL;
  own = g_path_get_dirname (info.dli_fname);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_build_filename (own, folders[i], name, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
  }
  return NULL;
}
