/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/dataset-writer.h>

/* The manifest of a dataset that is written: lines are added, whole ones and synced ones only, and
 * what it says can be read. One that ends within a line, as it does where a process was killed in
 * the midst of it, is cut there when it is opened. Errors are of G_FILE_ERROR or
 * GEN_DATASET_WRITER_ERROR, and name the file. */
typedef struct {
  char *path;
  GenManifestKind kind;
  int fd;
  guint64 size;       /* of the lines that are in it */
  GPtrArray *columns; /* of char *, of one that is CSV; NULL: it has none yet */
} GenManifest;

/* What a line says of where an item is. */
typedef struct {
  char *file_name, *shard; /* the latter NULL where there is none */
  guint64 item;
} GenManifestPlace;

void gen_manifest_place_clear (GenManifestPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenManifestPlace, gen_manifest_place_clear)

/* The file's name. */
const char *gen_manifest_name (GenManifestKind kind);
/* Open it, or make it. */
gboolean gen_manifest_open (
    GenManifest *manifest, const char *folder, GenManifestKind kind, GError **error);
void gen_manifest_close (GenManifest *manifest);
/* Add a line for each of `n` objects, and sync it. Where that fails it stays as it was. */
gboolean gen_manifest_add (
    GenManifest *manifest, JsonObject *const *lines, guint n, GError **error);

/* The last item that it tells of; FALSE without an error where there is none. */
gboolean gen_manifest_last (const GenManifest *manifest, GenManifestPlace *place, GError **error);
/* Call `each` for all items, in their order, until it returns FALSE. */
gboolean gen_manifest_foreach (const GenManifest *manifest,
    gboolean (*each) (const GenManifestPlace *place, gpointer data, GError **error), gpointer data,
    GError **error);
