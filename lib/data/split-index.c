/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "split-index.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <generative/atomic-file.h>

#include "cache-folder.h"
#include "list-text.h"

#define NAME "generative-split.tsv"
#define TITLE                                                                                      \
  "# Which part of the dataset each file is in, dealt by what is in it. What stands here stays: "  \
  "split, SHA-256, fingerprint, bytes, changed (ns), name, and what it is near to if left out.\n"
#define WAIT (20 * G_TIME_SPAN_MILLISECOND)

struct _GenSplitIndex {
  char *beside, *cached; /* where it may be */
  char *header;
  GArray *entries; /* of GenSplitEntry */
  GStringChunk *texts;
  GHashTable *by_name, *by_digest; /* to the number of the entry, + 1 */
  int lock;
  gboolean changed;
};

static const char *const split_names[] = { [GEN_SPLIT_ALL] = "left-out",
  [GEN_SPLIT_TRAIN] = "train",
  [GEN_SPLIT_VALIDATION] = "validation",
  [GEN_SPLIT_TEST] = "test" };

static guint
hash_digest (gconstpointer digest)
{
  guint hash;

  memcpy (&hash, digest, sizeof hash);
  return hash;
}

static gboolean
equal_digests (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, GEN_SPLIT_DIGEST) == 0;
}

/* --- entries --- */

guint32
gen_split_index_get_count (const GenSplitIndex *index)
{
  return index->entries->len;
}

const GenSplitEntry *
gen_split_index_get (const GenSplitIndex *index, guint32 number)
{
  return &g_array_index (index->entries, GenSplitEntry, number);
}

gint64
gen_split_index_find (const GenSplitIndex *index, const char *name)
{
  return (gint64)GPOINTER_TO_UINT (g_hash_table_lookup (index->by_name, name)) - 1;
}

gint64
gen_split_index_find_digest (const GenSplitIndex *index, const guint8 *digest)
{
  const gint64 number =
      (gint64)GPOINTER_TO_UINT (g_hash_table_lookup (index->by_digest, digest)) - 1;

  /* The entry may have another content by now. */
  if (number < 0 || !equal_digests (gen_split_index_get (index, (guint32)number)->digest, digest))
    return -1;
  return number;
}

/* The digest is a key that outlives the array's place in memory. */
static gpointer
keep_digest (GenSplitIndex *index, const guint8 *digest)
{
  g_autofree char *padded = g_malloc0 (GEN_SPLIT_DIGEST + 1);

  memcpy (padded, digest, GEN_SPLIT_DIGEST);
  return g_string_chunk_insert_len (index->texts, padded, GEN_SPLIT_DIGEST);
}

guint32
gen_split_index_put (GenSplitIndex *index, const GenSplitEntry *entry)
{
  const gint64 there = gen_split_index_find (index, entry->name);
  GenSplitEntry copy = *entry;
  guint32 number;

  index->changed = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (copy.near); i++)
    copy.near[i] =
        entry->near[i] != NULL ? g_string_chunk_insert (index->texts, entry->near[i]) : NULL;
  if (there >= 0) {
    number = (guint32)there;
    copy.name = gen_split_index_get (index, number)->name;
    g_array_index (index->entries, GenSplitEntry, number) = copy;
  } else {
    number = index->entries->len;
    copy.name = g_string_chunk_insert (index->texts, entry->name);
    g_array_append_val (index->entries, copy);
    g_hash_table_insert (index->by_name, (gpointer)copy.name, GUINT_TO_POINTER (number + 1));
  }
  if (gen_split_index_find_digest (index, copy.digest) < 0)
    g_hash_table_insert (
        index->by_digest, keep_digest (index, copy.digest), GUINT_TO_POINTER (number + 1));
  return number;
}

/* --- the file --- */

static char *
make_header (const GenSequenceSettings *settings)
{
  char validation[G_ASCII_DTOSTR_BUF_SIZE], test[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (validation, sizeof validation, "%.12g", settings->validation_fraction);
  g_ascii_formatd (test, sizeof test, "%.12g", settings->test_fraction);
  return g_strdup_printf ("validation-fraction=%s\ttest-fraction=%s\tsplit-distance=%u", validation,
      test, settings->split_distance);
}

static gboolean
parse_split (const char *text, GenSplit *split)
{
  for (guint i = 0; i < G_N_ELEMENTS (split_names); i++)
    if (strcmp (split_names[i], text) == 0) {
      *split = (GenSplit)i;
      return TRUE;
    }
  return FALSE;
}

static gboolean
parse_digest (const char *text, guint8 *digest)
{
  if (strlen (text) != 2 * GEN_SPLIT_DIGEST)
    return FALSE;
  for (int i = 0; i < GEN_SPLIT_DIGEST; i++) {
    const int high = g_ascii_xdigit_value (text[2 * i]),
              low = g_ascii_xdigit_value (text[2 * i + 1]);

    if (high < 0 || low < 0)
      return FALSE;
    digest[i] = (guint8)(high << 4 | low);
  }
  return TRUE;
}

static gboolean
parse_number (const char *text, guint base, guint64 *number)
{
  return g_ascii_string_to_unsigned (text, base, 0, G_MAXUINT64, number, NULL);
}

/* A line of the table into an entry, whose texts are those of `fields`. */
static gboolean
parse_fields (char **fields, GenSplitEntry *entry)
{
  const guint n = g_strv_length (fields);
  guint64 modified;

  if (n < 6 || n > 8 || !parse_split (fields[0], &entry->split) ||
      !parse_digest (fields[1], entry->digest) || !parse_number (fields[3], 10, &entry->size) ||
      !parse_number (fields[4], 10, &modified))
    return FALSE;
  entry->modified = (gint64)modified;
  entry->has_fingerprint = strcmp (fields[2], "-") != 0;
  if (entry->has_fingerprint && !parse_number (fields[2], 16, &entry->fingerprint))
    return FALSE;
  for (guint i = 5; i < n; i++) {
    g_autofree char *escaped = g_steal_pointer (&fields[i]);

    fields[i] = g_strcompress (escaped);
  }
  entry->name = fields[5];
  entry->near[0] = n > 6 ? fields[6] : NULL;
  entry->near[1] = n > 7 ? fields[7] : NULL;
  return TRUE;
}

static gboolean
parse_line (GenSplitIndex *index, const char *line)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", -1);
  GenSplitEntry entry = { 0 };

  if (!parse_fields (fields, &entry))
    return FALSE;
  /* What is beside the data was read first. */
  if (gen_split_index_find (index, entry.name) < 0)
    gen_split_index_put (index, &entry);
  return TRUE;
}

static gboolean
set_damaged (GError **error, const char *path, guint line)
{
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s, line %u: this is no index of splits, or a damaged one; remove it to deal anew", path,
      line);
  return FALSE;
}

static gboolean
parse (GenSplitIndex *index, char *text, const char *path, GError **error)
{
  guint number = 0;

  for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
    next = strchr (line, '\n');
    if (next != NULL)
      *next++ = '\0';
    number++;
    if (next == NULL || (number == 1 && line[0] != '#') ||
        (number > 2 && !parse_line (index, line)))
      return set_damaged (error, path, number);
    if (number == 2 && strcmp (line, index->header) != 0) {
      g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
          "%s: the splits by content were made with %s, and %s is asked for: what was dealt stays "
          "where it is, so ask for the same, or remove the file to deal anew",
          path, g_strdelimit (line, "\t", ' '), g_strdelimit (index->header, "\t", ' '));
      return FALSE;
    }
  }
  return number >= 2 || set_damaged (error, path, number + 1);
}

/* There may be none. */
static gboolean
read_file (GenSplitIndex *index, const char *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = NULL;

  if (gen_list_text_read (path, &text, &cause))
    return parse (index, text, path, error);
  if (g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, cause->message);
  return FALSE;
}

/* Names may have tabs and ends of lines in them; what is beyond ASCII stays. */
static char *
escape (const char *name)
{
  char beyond[129];

  for (int i = 0; i < 128; i++)
    beyond[i] = (char)(128 + i);
  beyond[128] = '\0';
  return g_strescape (name, beyond);
}

static gboolean
write_entry (GenAtomicFile *file, const GenSplitEntry *entry, GError **error)
{
  g_autoptr (GString) line = g_string_new (split_names[entry->split]);
  g_autofree char *name = escape (entry->name);

  g_string_append_c (line, '\t');
  for (int i = 0; i < GEN_SPLIT_DIGEST; i++)
    g_string_append_printf (line, "%02x", entry->digest[i]);
  if (entry->has_fingerprint)
    g_string_append_printf (line, "\t%016" G_GINT64_MODIFIER "x", entry->fingerprint);
  else
    g_string_append (line, "\t-");
  g_string_append_printf (line, "\t%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT "\t%s", entry->size,
      (guint64)entry->modified, name);
  for (gsize i = 0; i < G_N_ELEMENTS (entry->near) && entry->near[i] != NULL; i++) {
    g_autofree char *near = escape (entry->near[i]);

    g_string_append_printf (line, "\t%s", near);
  }
  g_string_append_c (line, '\n');
  return gen_atomic_file_write (file, line->str, line->len, error);
}

static gboolean
write_file (const GenSplitIndex *index, const char *path, GError **error)
{
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (path, error);

  if (file == NULL || !gen_atomic_file_write (file, TITLE, strlen (TITLE), error) ||
      !gen_atomic_file_write (file, index->header, strlen (index->header), error) ||
      !gen_atomic_file_write (file, "\n", 1, error))
    return FALSE;
  for (guint i = 0; i < index->entries->len; i++)
    if (!write_entry (file, &g_array_index (index->entries, GenSplitEntry, i), error))
      return FALSE;
  return gen_atomic_file_commit (file, error);
}

gboolean
gen_split_index_save (GenSplitIndex *index, GError **error)
{
  g_autoptr (GError) cause = NULL, second = NULL;

  if (!index->changed)
    return TRUE;
  if (write_file (index, index->beside, &cause))
    return TRUE;
  g_debug ("%s; the index of splits goes to %s", cause->message, index->cached);
  if (gen_cache_folder_make (index->cached, &second) && write_file (index, index->cached, &second))
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "the index of splits cannot be kept: %s; %s", cause->message, second->message);
  return FALSE;
}

/* --- opening --- */

/* Wait until nobody else has it. */
static gboolean
take_lock (GenSplitIndex *index, GCancellable *cancellable, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (index->beside);

  index->lock = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (index->lock >= 0 && flock (index->lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return TRUE;
    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    g_usleep (WAIT);
  }
  return TRUE;
}

static void
find_places (GenSplitIndex *index, const char *location)
{
  g_autofree char *folder = NULL, *base = NULL, *name = NULL;

  index->cached = gen_cache_folder_place ("splits", location, ".tsv");
  if (g_file_test (location, G_FILE_TEST_IS_DIR)) {
    index->beside = g_build_filename (location, "." NAME, NULL);
    return;
  }
  folder = g_path_get_dirname (location);
  base = g_path_get_basename (location);
  name = g_strconcat (".", base, ".", NAME, NULL);
  index->beside = g_build_filename (folder, name, NULL);
}

GenSplitIndex *
gen_split_index_open (const char *location, const GenSequenceSettings *settings, GError **error)
{
  g_autoptr (GenSplitIndex) index = g_new0 (GenSplitIndex, 1);

  index->header = make_header (settings);
  index->entries = g_array_new (FALSE, FALSE, sizeof (GenSplitEntry));
  index->texts = g_string_chunk_new (1 << 16);
  index->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  index->by_digest = g_hash_table_new (hash_digest, equal_digests);
  index->lock = -1;
  find_places (index, location);
  if (!take_lock (index, settings->cancellable, error) ||
      !read_file (index, index->beside, error) || !read_file (index, index->cached, error))
    return NULL;
  index->changed = FALSE;
  return g_steal_pointer (&index);
}

void
gen_split_index_free (GenSplitIndex *index)
{
  if (index == NULL)
    return;
  if (index->lock >= 0)
    close (index->lock);
  g_free (index->beside);
  g_free (index->cached);
  g_free (index->header);
  g_array_unref (index->entries);
  g_hash_table_unref (index->by_name);
  g_hash_table_unref (index->by_digest);
  g_string_chunk_free (index->texts);
  g_free (index);
}
