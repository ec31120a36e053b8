/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers in the files that OpenCV's FileStorage writes as YAML: as much of it as models of its
 * support vector machines and matrices need, which is keys whose values are a number or lists of
 * such. */
#pragma once

#include <glib.h>

typedef struct {
  char *path, *text;
} GenStorage;

/* FALSE with `error` (of files) where there is none, or (of metrics) where it is no such file, or
 * too large to be one. */
gboolean gen_storage_open (GenStorage *storage, const char *path, GError **error);
void gen_storage_clear (GenStorage *storage);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenStorage, gen_storage_clear)

/* Whether there is such a key. */
gboolean gen_storage_has (const GenStorage *storage, const char *key);
/* All numbers of the first key of that name, lists of lists one behind the other: `n` of them, or
 * where that is 0 any. NULL with `error` where there are others, or one is not finite. (transfer
 * full) (element-type double) */
GArray *gen_storage_read (const GenStorage *storage, const char *key, guint n, GError **error);
