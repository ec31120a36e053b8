/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file-hash.h"

#include <glib/gstdio.h>
#include <stdio.h>

#define READ_SIZE (1 << 20)

char *
gst_generative_hash_file (const char *path)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *bytes = g_malloc (READ_SIZE);
  FILE *file = g_fopen (path, "rb");
  gboolean good = file != NULL;
  size_t n;

  while (good && (n = fread (bytes, 1, READ_SIZE, file)) > 0)
    g_checksum_update (sum, bytes, (gssize)n);
  good = good && ferror (file) == 0;
  if (file != NULL)
    fclose (file);
  return good ? g_strdup (g_checksum_get_string (sum)) : NULL;
}
