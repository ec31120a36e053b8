/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shards as PyTorch's webdataset package reads them: archives shard-000000.tar (POSIX ustar, by
 * libarchive), in which the files of an item follow each other and have one name but for what is
 * behind its first dot: 00000012.png, 00000012.cls (the number of its class, in digits, which is
 * what the package's decoder makes of it; names are in classes.txt), 00000012.txt (its caption) and
 * 00000012.json (its line of the manifest). A shard gets its name when it is whole. The same items
 * make the same shards, byte for byte: no file in them has a time or an owner. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include <generative/atomic-file.h>

#include "../base/json-file.h"
#include "dataset-writer-private.h"

#define NAME_FORMAT "shard-%06" G_GUINT64_FORMAT ".tar"
/* A header, and what fills up the file's last block; the end of an archive. */
#define BLOCK 512
#define ARCHIVE_END (2 * BLOCK)
/* A line of the manifest is never as long. */
#define MAX_LINE (1 << 24)

typedef struct {
  GenDatasetWriter *writer;
  guint64 number; /* of the shard that is written, or will be */
  char *path;
  GenAtomicFile *file; /* NULL: there is none yet */
  struct archive *archive;
  GError *failure; /* of the file, which libarchive does not hand on */
} Shards;

/* --- names --- */

/* The number of shard-000012.tar, or of .shard-000012.tar.89abcdef.tmp. */
static gboolean
parse_name (const char *name, guint64 *number, gboolean *whole)
{
  const gboolean hidden = name[0] == '.';
  g_autofree char *made = NULL;
  char *end;

  if (!g_str_has_prefix (name + hidden, "shard-") || !g_ascii_isdigit (name[hidden + 6]))
    return FALSE;
  *number = g_ascii_strtoull (name + hidden + 6, &end, 10);
  *whole = !hidden;
  made = g_strdup_printf (NAME_FORMAT, *number);
  if (!hidden)
    return g_str_equal (name, made);
  return g_str_has_prefix (name + 1, made) && g_str_has_suffix (name, ".tmp");
}

static gboolean
webdataset_is_own (const char *path)
{
  guint64 number;
  gboolean whole;

  return gen_dataset_is_class_names (path) ||
         (strchr (path, '/') == NULL && parse_name (path, &number, &whole));
}

/* --- writing --- */

static la_ssize_t
write_bytes (struct archive *archive, void *data, const void *buffer, size_t length)
{
  Shards *shards = data;

  if (gen_atomic_file_write (
          shards->file, buffer, length, shards->failure == NULL ? &shards->failure : NULL))
    return (la_ssize_t)length;
  archive_set_error (archive, EIO, "%s", "the shard cannot be written");
  return -1;
}

static gboolean
fail (Shards *shards, GError **error)
{
  if (shards->failure != NULL)
    g_propagate_error (error, g_steal_pointer (&shards->failure));
  else
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM, "%s: %s",
        shards->path, archive_error_string (shards->archive));
  return FALSE;
}

static gboolean
begin_shard (Shards *shards, GError **error)
{
  g_autofree char *name = g_strdup_printf (NAME_FORMAT, shards->number);

  g_free (shards->path);
  shards->path = g_build_filename (shards->writer->settings.location, name, NULL);
  shards->file = gen_atomic_file_new (shards->path, error);
  if (shards->file == NULL)
    return FALSE;
  shards->archive = archive_write_new ();
  archive_write_set_format_ustar (shards->archive);
  archive_write_set_bytes_per_block (shards->archive, 0);
  if (archive_write_open (shards->archive, shards, NULL, write_bytes, NULL) == ARCHIVE_OK)
    return TRUE;
  return fail (shards, error);
}

/* Give the shard up, if it has not been placed. */
static void
drop_shard (Shards *shards)
{
  /* What libarchive still has to say goes where nobody reads it. */
  g_clear_pointer (&shards->archive, archive_write_free);
  g_clear_pointer (&shards->file, gen_atomic_file_free);
  g_clear_error (&shards->failure);
}

static gboolean
add_member (Shards *shards, const char *key, const char *extension, const void *data, gsize size,
    GError **error)
{
  g_autofree char *name = g_strconcat (key, ".", extension, NULL);
  struct archive_entry *entry = archive_entry_new ();
  gboolean good;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_size (entry, (la_int64_t)size);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  good = archive_write_header (shards->archive, entry) == ARCHIVE_OK &&
         (size == 0 || archive_write_data (shards->archive, data, size) == (la_ssize_t)size) &&
         archive_write_finish_entry (shards->archive) == ARCHIVE_OK;
  archive_entry_free (entry);
  return good || fail (shards, error);
}

/* --- what is there --- */

/* The text of the entry that is next in `archive`. (transfer full) */
static char *
read_text (struct archive *archive, struct archive_entry *entry)
{
  const gint64 size = archive_entry_size (entry);
  g_autofree char *text = size >= 0 && size < MAX_LINE ? g_malloc ((gsize)size + 1) : NULL;

  if (text == NULL || archive_read_data (archive, text, (size_t)size) != (la_ssize_t)size)
    return NULL;
  text[size] = '\0';
  return g_steal_pointer (&text);
}

/* Items of a shard that was whole before all of it was told of: tell of them. */
static gboolean
recover_items (GenDatasetWriter *writer, struct archive *archive, GError **error)
{
  struct archive_entry *entry;
  int code;

  while ((code = archive_read_next_header (archive, &entry)) == ARCHIVE_OK) {
    const char *name = archive_entry_pathname (entry);
    g_autofree char *text = NULL;
    g_autoptr (JsonNode) node = NULL;
    guint64 number;

    if (name == NULL || !g_str_has_suffix (name, ".json") ||
        !gen_dataset_item_parse (name, &number) || number < writer->next)
      continue;
    text = read_text (archive, entry);
    node = text != NULL ? gen_json_from_text (text, NULL) : NULL;
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
      break;
    if (!gen_dataset_writer_recover (writer, json_node_get_object (node), error))
      return FALSE;
  }
  return code == ARCHIVE_EOF;
}

static gboolean
recover_shard (GenDatasetWriter *writer, const char *path, GError **error)
{
  struct archive *archive = archive_read_new ();
  g_autoptr (GError) reason = NULL;
  gboolean good;

  archive_read_support_format_tar (archive);
  good = archive_read_open_filename (archive, path, 20 * BLOCK) == ARCHIVE_OK &&
         recover_items (writer, archive, &reason);
  if (!good && reason == NULL)
    g_set_error (&reason, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_DAMAGED,
        "%s is damaged: %s", path,
        archive_error_string (archive) != NULL ? archive_error_string (archive)
                                               : "one of its items has no line of the manifest");
  archive_read_free (archive);
  if (!good)
    g_propagate_error (error, g_steal_pointer (&reason));
  return good;
}

/* Remove shards that are not whole. Returns how many come before the first that is missing. */
static gboolean
count_shards (const char *location, guint64 *n, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (location, 0, error);
  const char *name;

  *n = 0;
  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (location, name, NULL);
    guint64 number;
    gboolean whole;

    if (!parse_name (name, &number, &whole))
      continue;
    if (whole)
      *n = MAX (*n, number + 1);
    else if (g_unlink (path) < 0) {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot remove '%s': %s",
          path, g_strerror (errno));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
find_shards (Shards *shards, const GenManifestPlace *last, GError **error)
{
  GenDatasetWriter *writer = shards->writer;
  const char *location = writer->settings.location;
  guint64 first = 0;
  gboolean whole;

  if (last != NULL && (last->shard == NULL || !parse_name (last->shard, &first, &whole))) {
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS,
        "the dataset in '%s' is not of format=webdataset: its last item is in '%s'", location,
        last->file_name);
    return FALSE;
  }
  if (!count_shards (location, &shards->number, error))
    return FALSE;
  for (; first < shards->number; first++) {
    g_autofree char *name = g_strdup_printf (NAME_FORMAT, first);
    g_autofree char *path = g_build_filename (location, name, NULL);

    if (!recover_shard (writer, path, error))
      return FALSE;
  }
  return TRUE;
}

static void
webdataset_close (gpointer state)
{
  Shards *shards = state;

  drop_shard (shards);
  g_free (shards->path);
  g_free (shards);
}

static gpointer
webdataset_open (GenDatasetWriter *writer, const GenManifestPlace *last, GError **error)
{
  Shards *shards = g_new0 (Shards, 1);

  shards->writer = writer;
  if (find_shards (shards, last, error))
    return shards;
  webdataset_close (shards);
  return NULL;
}

/* --- items --- */

static guint
webdataset_limit (const GenDatasetWriterSettings *settings)
{
  return settings->shard_items;
}

/* How long a member is. */
static guint64
member_size (gsize size)
{
  return BLOCK + ((guint64)size + BLOCK - 1) / BLOCK * BLOCK;
}

/* NULL: nothing is said of it. */
static const char *
find_caption (const GenWrittenItem *item)
{
  return json_object_get_string_member_with_default (item->line, GEN_DATASET_ITEM_CAPTION, NULL);
}

static gboolean
webdataset_is_full (gpointer state, const GenWrittenItem *item)
{
  const Shards *shards = state;
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), item->line);
  g_autofree char *line = gen_json_to_text (node, FALSE);
  const char *caption = find_caption (item);
  const guint64 size =
      member_size (g_bytes_get_size (item->bytes)) + (item->label < 0 ? 0 : member_size (1)) +
      (caption == NULL ? 0 : member_size (strlen (caption))) + member_size (strlen (line));

  return gen_atomic_file_size (shards->file) + size + ARCHIVE_END >
         shards->writer->settings.shard_size;
}

static void
webdataset_locate (gpointer state, const GenWrittenItem *item)
{
  const Shards *shards = state;
  g_autofree char *key = gen_dataset_item_key (item->number);
  g_autofree char *name = g_strconcat (key, ".", item->extension, NULL);
  g_autofree char *shard = g_strdup_printf (NAME_FORMAT, shards->number);

  json_object_set_string_member (item->line, "file_name", name);
  json_object_set_string_member (item->line, "shard", shard);
}

static gboolean
webdataset_add (gpointer state, const GenWrittenItem *item, GError **error)
{
  Shards *shards = state;
  g_autofree char *key = gen_dataset_item_key (item->number);
  g_autofree char *class = g_strdup_printf ("%d", item->label);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), item->line);
  g_autofree char *line = gen_json_to_text (node, FALSE);
  const char *caption = find_caption (item);
  gsize size;
  const void *data = g_bytes_get_data (item->bytes, &size);

  if (shards->failure != NULL)
    return fail (shards, error);
  if (shards->file == NULL && !begin_shard (shards, error))
    return FALSE;
  return add_member (shards, key, item->extension, data, size, error) &&
         (item->label < 0 || add_member (shards, key, "cls", class, strlen (class), error)) &&
         (caption == NULL || add_member (shards, key, "txt", caption, strlen (caption), error)) &&
         add_member (shards, key, "json", line, strlen (line), error);
}

/* A shard in which an item is not whole is given up: its items were not promised. */
static guint
webdataset_commit (gpointer state, guint n, GError **error)
{
  Shards *shards = state;
  gboolean good = shards->file != NULL &&
                  (archive_write_close (shards->archive) == ARCHIVE_OK || fail (shards, error)) &&
                  gen_atomic_file_commit (shards->file, error);

  drop_shard (shards);
  if (!good)
    return 0;
  gen_dataset_writer_note_file (shards->writer, g_strdup (shards->path));
  shards->number++;
  return n;
}

static const GenDatasetFormatFunctions functions = {
  .has_files = TRUE,
  .wants_number = TRUE,
  .open = webdataset_open,
  .close = webdataset_close,
  .limit = webdataset_limit,
  .is_full = webdataset_is_full,
  .locate = webdataset_locate,
  .add = webdataset_add,
  .commit = webdataset_commit,
  .is_own = webdataset_is_own,
};

const GenDatasetFormat gen_dataset_format_webdataset = {
  .name = "webdataset",
  .description = "Archives of so many items, as PyTorch's webdataset package reads them; each "
                 "appears when it is whole",
  .functions = &functions,
};
