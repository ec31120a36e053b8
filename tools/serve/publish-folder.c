/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is new in the folder of a model. It is looked at and not watched: folders are shared over
 * networks, whose file systems tell nobody, and a file has to rest for a look in any case. */
#include "publish-private.h"

#include <glib/gstdio.h>

/* How large the file is and when it was written: whoever writes it in place changes that. */
static char *
stamp_of (const char *path)
{
  GStatBuf info;

  if (g_stat (path, &info) != 0)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld %" G_GUINT64_FORMAT,
      (guint64)info.st_size, (gint64)info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
      (guint64)info.st_ino);
}

/* Whether a file is as it was at the look before. One that was refused and has been written anew is
 * as if it had just come. */
static gboolean
has_settled (Publication *publication, const ServeVersion *version)
{
  g_autofree char *stamp = stamp_of (version->path);
  const char *before = g_hash_table_lookup (publication->stamps, version->name);
  const gboolean same = stamp != NULL && g_strcmp0 (stamp, before) == 0;

  if (stamp == NULL || same)
    return same;
  if (before != NULL)
    g_hash_table_remove (publication->state.refused, version->name);
  g_hash_table_insert (publication->stamps, g_strdup (version->name), g_steal_pointer (&stamp));
  return FALSE;
}

gboolean
publish_is_current (const Publication *publication, const ServeVersion *version)
{
  return g_str_equal (version->name, publication->model->current.name);
}

gboolean
publish_has_lost_current (const Publication *publication)
{
  return !g_file_test (publication->model->current.path, G_FILE_TEST_EXISTS);
}

ServeVersion *
publish_find_version (Publication *publication)
{
  g_autoptr (GPtrArray) versions = serve_model_list_versions (publication->model->settings, NULL);
  const ServeVersion *found = NULL;
  gboolean behind = TRUE;

  for (guint i = 0; versions != NULL && i < versions->len; i++)
    behind &= !publish_is_current (publication, versions->pdata[i]);
  for (guint i = 0; versions != NULL && i < versions->len; i++) {
    const ServeVersion *version = versions->pdata[i];

    if (publish_is_current (publication, version))
      behind = TRUE;
    else if (has_settled (publication, version) && behind &&
             !g_hash_table_contains (publication->state.refused, version->name))
      found = version;
  }
  return found != NULL ? serve_version_copy (found) : NULL;
}
