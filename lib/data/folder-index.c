/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file: a record for each file, a record for each folder, and a table at the end that says
 * where they are. Records are padded to UNIT bytes, in which places are counted. It is the
 * processor's own: what another one wrote, or somebody else, is not taken. */
#include "folder-index.h"

#include <string.h>
#include <sys/stat.h>

#include <generative/atomic-file.h>
#include <generative/dataset.h>

#include "cache-folder.h"
#include "dataset-walk.h"

/* Smaller folders are gone through faster than anybody notices. */
#define MIN_FILES 10000
/* A folder that was changed just before it was gone through may be changed once more without that
 * its time tells: file systems count in up to two seconds. */
#define SETTLED (2 * G_TIME_SPAN_SECOND)
/* More endings than these are parts of names. */
#define MAX_ENDINGS 256
#define UNIT 4
#define VERSION 1

static const char magic[8] = "GENFOLD\n";

typedef struct {
  guint32 folder;
  guint8 kind; /* the place of its medium in the list, + 1; 0: none */
  char name[];
} FileRecord;

typedef struct {
  gint64 changed, altered; /* when what is in it was, and it itself: the second nobody can set */
  guint64 device, inode;
  char below[];
} FolderRecord;

typedef struct {
  char magic[8];
  guint32 version, order; /* of bytes */
  guint32 files_end;      /* in units, as all */
  guint32 folders;        /* how many */
} Table;

#define ORDER 0x01020304

struct _GenFolderIndex {
  GBytes *bytes;
  const guint8 *data;
  guint32 files_end;
  const guint8 **folders; /* of FolderRecord, at any address that UNIT divides */
  guint32 n_folders;
  guint32 *counts; /* of each kind */
};

/* --- media --- */

static guint
count_media (void)
{
  guint n = 0;

  while (gen_medium_list ()[n] != NULL)
    n++;
  return n;
}

/* Of which medium files of such a name are. */
static guint8
find_named (const char *name)
{
  const GenMedium *const *media = gen_medium_list ();

  for (guint8 i = 0; media[i] != NULL; i++)
    if (media[i]->is_named != NULL && media[i]->is_named (name))
      return i + 1;
  return 0;
}

/* By the first bytes of the file. */
static guint8
recognise (const char *path)
{
  const GenMedium *const *media = gen_medium_list ();

  for (guint8 i = 0; media[i] != NULL; i++)
    if (media[i]->recognise != NULL && media[i]->recognise (path))
      return i + 1;
  return 0;
}

static guint8
kind_of (const GenMedium *medium)
{
  const GenMedium *const *media = gen_medium_list ();

  for (guint8 i = 0; media[i] != NULL; i++)
    if (media[i] == medium)
      return i + 1;
  return 0;
}

/* --- reading --- */

/* The units that a record takes whose text begins at `offset`; 0 where it does not end before
 * `end`.
 */
static guint32
measure (const guint8 *data, gsize begin, gsize offset, gsize end)
{
  const guint8 *zero;

  if (begin + offset >= end)
    return 0;
  zero = memchr (data + begin + offset, 0, end - begin - offset);
  return zero != NULL ? (guint32)((gsize)(zero - (data + begin)) / UNIT + 1) : 0;
}

static const FileRecord *
file_at (const GenFolderIndex *index, guint32 place)
{
  return (const FileRecord *)(const void *)(index->data + (gsize)place * UNIT);
}

/* How many units a file's record takes. */
static guint32
file_length (const FileRecord *file)
{
  return (guint32)((G_STRUCT_OFFSET (FileRecord, name) + strlen (file->name)) / UNIT + 1);
}

static gboolean
read_folders (GenFolderIndex *index, guint32 n, gsize end)
{
  gsize place = (gsize)index->files_end * UNIT;

  if (n == 0 || n > end / sizeof (FolderRecord))
    return FALSE;
  index->folders = g_new (const guint8 *, n);
  for (guint32 i = 0; i < n; i++) {
    const guint32 length = measure (index->data, place, G_STRUCT_OFFSET (FolderRecord, below), end);

    if (length == 0)
      return FALSE;
    index->folders[i] = index->data + place;
    place += (gsize)length * UNIT;
  }
  index->n_folders = n;
  return place == end;
}

/* Each file is looked at once, so that nobody has to later on. */
static gboolean
check_files (GenFolderIndex *index)
{
  const guint kinds = count_media () + 1;
  const gsize end = (gsize)index->files_end * UNIT;

  index->counts = g_new0 (guint32, kinds);
  for (guint32 place = 0; place < index->files_end;) {
    const FileRecord *file = file_at (index, place);
    const guint32 length =
        measure (index->data, (gsize)place * UNIT, G_STRUCT_OFFSET (FileRecord, name), end);

    if (length == 0 || file->folder >= index->n_folders || file->kind >= kinds)
      return FALSE;
    index->counts[file->kind]++;
    place += length;
  }
  return TRUE;
}

/* The index that `bytes` are, which become its own; NULL where they are none. */
static GenFolderIndex *
read_index (GBytes *bytes)
{
  g_autoptr (GenFolderIndex) index = g_new0 (GenFolderIndex, 1);
  Table table;
  gsize size;

  index->bytes = bytes;
  index->data = g_bytes_get_data (bytes, &size);
  if (size < sizeof table || size % UNIT != 0)
    return NULL;
  size -= sizeof table;
  memcpy (&table, index->data + size, sizeof table);
  if (memcmp (table.magic, magic, sizeof magic) != 0 || table.version != VERSION ||
      table.order != ORDER || table.files_end > size / UNIT)
    return NULL;
  index->files_end = table.files_end;
  if (!read_folders (index, table.folders, size) || !check_files (index))
    return NULL;
  return g_steal_pointer (&index);
}

static gint64
in_nanoseconds (const struct timespec *time)
{
  return (gint64)time->tv_sec * 1000000000 + (gint64)time->tv_nsec;
}

/* Whether each folder is as it was. */
static gboolean
is_unchanged (const GenFolderIndex *index, const char *location)
{
  for (guint32 i = 0; i < index->n_folders; i++) {
    const char *below = gen_folder_index_get_folder (index, i);
    g_autofree char *path = g_build_filename (location, below, NULL);
    FolderRecord record;
    struct stat status;

    memcpy (&record, index->folders[i], sizeof record);
    if (stat (path, &status) != 0 || !S_ISDIR (status.st_mode) ||
        in_nanoseconds (&status.st_mtim) != record.changed ||
        in_nanoseconds (&status.st_ctim) != record.altered || status.st_dev != record.device ||
        status.st_ino != record.inode)
      return FALSE;
  }
  return TRUE;
}

GenFolderIndex *
gen_folder_index_recall (const char *location)
{
  g_autofree char *path = gen_cache_folder_place ("folders", location, ".index");
  g_autoptr (GMappedFile) mapped = g_mapped_file_new (path, FALSE, NULL);
  g_autoptr (GenFolderIndex) index = NULL;

  if (mapped == NULL)
    return NULL;
  index = read_index (g_mapped_file_get_bytes (mapped));
  return index != NULL && is_unchanged (index, location) ? g_steal_pointer (&index) : NULL;
}

void
gen_folder_index_free (GenFolderIndex *index)
{
  if (index == NULL)
    return;
  g_bytes_unref (index->bytes);
  g_free (index->folders);
  g_free (index->counts);
  g_free (index);
}

guint32
gen_folder_index_count_folders (const GenFolderIndex *index)
{
  return index->n_folders;
}

const char *
gen_folder_index_get_folder (const GenFolderIndex *index, guint32 folder)
{
  return (const char *)index->folders[folder] + G_STRUCT_OFFSET (FolderRecord, below);
}

guint32
gen_folder_index_count (const GenFolderIndex *index, const GenMedium *medium)
{
  return index->counts[kind_of (medium)];
}

void
gen_folder_index_get (const GenFolderIndex *index, guint32 place, GenFolderFile *file)
{
  const FileRecord *record = file_at (index, place);

  *file = (GenFolderFile){ .below = gen_folder_index_get_folder (index, record->folder),
    .folder = record->folder,
    .name = record->name,
    .medium = record->kind > 0 ? gen_medium_list ()[record->kind - 1] : NULL };
}

gboolean
gen_folder_index_next (const GenFolderIndex *index, guint32 *place, GenFolderFile *file)
{
  const guint32 next =
      *place == GEN_FOLDER_START ? 0 : *place + file_length (file_at (index, *place));

  if (next >= index->files_end)
    return FALSE;
  *place = next;
  gen_folder_index_get (index, next, file);
  return TRUE;
}

/* --- making --- */

/* What is written goes to memory, and of a large folder to a file. */
typedef struct {
  GByteArray *memory; /* NULL: there is a file */
  GenAtomicFile *file;
  char *place;    /* where the index is to be */
  gboolean lasts; /* the file can be there */
  GByteArray *folders;
  GHashTable *endings; /* of names, to the kinds that they tell; 0: none */
  Table table;
  guint32 files;
  gboolean settled;
  gint64 began; /* by the clock that files have */
  GError *error;
} Maker;

static void
maker_clear (Maker *maker)
{
  g_clear_pointer (&maker->memory, g_byte_array_unref);
  g_clear_pointer (&maker->file, gen_atomic_file_free);
  g_clear_pointer (&maker->folders, g_byte_array_unref);
  g_clear_pointer (&maker->endings, g_hash_table_unref);
  g_clear_pointer (&maker->place, g_free);
  g_clear_error (&maker->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Maker, maker_clear)

/* From memory to a file, which goes by itself where there can be none in the cache folder. Where
 * there can be none at all, all stays in memory. */
static void
begin_file (Maker *maker)
{
  g_autofree char *passing = g_build_filename (g_get_tmp_dir (), "generative-folder", NULL);
  g_autoptr (GenAtomicFile) file = NULL;

  if (gen_cache_folder_make (maker->place, NULL))
    file = gen_atomic_file_new (maker->place, NULL);
  maker->lasts = file != NULL;
  if (file == NULL)
    file = gen_atomic_file_new (passing, NULL);
  if (file == NULL || !gen_atomic_file_write (file, maker->memory->data, maker->memory->len, NULL))
    return;
  maker->file = g_steal_pointer (&file);
  g_clear_pointer (&maker->memory, g_byte_array_unref);
}

static gboolean
write_bytes (Maker *maker, const void *bytes, gsize size)
{
  if (maker->memory == NULL)
    return gen_atomic_file_write (maker->file, bytes, size, &maker->error);
  g_byte_array_append (maker->memory, bytes, (guint)size);
  return TRUE;
}

/* A head and a text, padded. */
static gboolean
write_record (Maker *maker, const void *head, gsize size, const char *text)
{
  static const char zeros[UNIT] = { 0 };
  const gsize length = size + strlen (text);

  return write_bytes (maker, head, size) && write_bytes (maker, text, length - size) &&
         write_bytes (maker, zeros, UNIT - length % UNIT);
}

static gboolean
note_folder (const char *below, const struct stat *status, gpointer data)
{
  static const guint8 zeros[UNIT] = { 0 };
  Maker *maker = data;
  const FolderRecord record = { .changed = in_nanoseconds (&status->st_mtim),
    .altered = in_nanoseconds (&status->st_ctim),
    .device = status->st_dev,
    .inode = status->st_ino };
  const gsize length = strlen (below);

  g_byte_array_append (maker->folders, (const guint8 *)&record, sizeof record);
  g_byte_array_append (maker->folders, (const guint8 *)below, (guint)length);
  g_byte_array_append (maker->folders, zeros, (guint)(UNIT - (sizeof record + length) % UNIT));
  maker->table.folders++;
  maker->settled &= MAX (record.changed, record.altered) / 1000 + SETTLED < maker->began;
  return TRUE;
}

/* What a file is of. Names tell it by their endings, of which there are few. */
static guint8
find_kind (Maker *maker, const char *path, const char *name)
{
  const char *ending = strrchr (name, '.');
  gpointer known;
  guint8 kind;

  if (ending == NULL)
    return recognise (path);
  if (!g_hash_table_lookup_extended (maker->endings, ending, NULL, &known)) {
    known = GUINT_TO_POINTER (find_named (name));
    if (g_hash_table_size (maker->endings) < MAX_ENDINGS)
      g_hash_table_insert (maker->endings, g_strdup (ending), known);
  }
  kind = (guint8)GPOINTER_TO_UINT (known);
  return kind > 0 ? kind : recognise (path);
}

static gboolean
note_file (const GenWalked *walked, gpointer data)
{
  Maker *maker = data;
  guint8 head[G_STRUCT_OFFSET (FileRecord, name)];

  memcpy (head, &walked->folder, sizeof walked->folder);
  head[G_STRUCT_OFFSET (FileRecord, kind)] = find_kind (maker, walked->path, walked->name);
  if (++maker->files == MIN_FILES)
    begin_file (maker);
  maker->table.files_end += (guint32)((sizeof head + strlen (walked->name)) / UNIT + 1);
  if (maker->table.files_end >= G_MAXUINT32 - (1 << 16)) {
    g_set_error_literal (
        &maker->error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "there are too many files");
    return FALSE;
  }
  return write_record (maker, head, sizeof head, walked->name);
}

/* What was written, as it is; where it is to last, it is put in its place. */
static GBytes *
take_bytes (Maker *maker)
{
  g_autoptr (GMappedFile) mapped = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *bytes;
  int fd;

  if (maker->memory != NULL)
    return g_byte_array_free_to_bytes (g_steal_pointer (&maker->memory));
  fd = gen_atomic_file_fd (maker->file, &maker->error);
  mapped = fd >= 0 ? g_mapped_file_new_from_fd (fd, FALSE, &maker->error) : NULL;
  if (mapped == NULL)
    return NULL;
  bytes = g_mapped_file_get_bytes (mapped);
  if (maker->lasts && maker->settled && !gen_atomic_file_commit (maker->file, &error))
    g_debug ("the index of a folder is not kept: %s", error->message);
  return bytes;
}

static GenFolderIndex *
make_index (Maker *maker, const char *location, const GenWalkProgress *progress, GError **error)
{
  static const GenWalkFunctions functions = { .enter = note_folder, .visit = note_file };
  GBytes *bytes = NULL;

  if (!gen_walk_folders (location, progress, &functions, maker, error))
    return NULL;
  if (maker->error == NULL && write_bytes (maker, maker->folders->data, maker->folders->len) &&
      write_bytes (maker, &maker->table, sizeof maker->table))
    bytes = take_bytes (maker);
  if (bytes != NULL)
    return read_index (bytes);
  g_set_error (
      error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s: %s", location, maker->error->message);
  return NULL;
}

GenFolderIndex *
gen_folder_index_open (const char *location, const GenWalkProgress *progress, GError **error)
{
  GenFolderIndex *index = gen_folder_index_recall (location);
  g_auto (Maker) maker = { .settled = TRUE, .began = g_get_real_time () };

  if (index != NULL)
    return index;
  maker.memory = g_byte_array_new ();
  maker.folders = g_byte_array_new ();
  maker.endings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  maker.place = gen_cache_folder_place ("folders", location, ".index");
  memcpy (maker.table.magic, magic, sizeof magic);
  maker.table.version = VERSION;
  maker.table.order = ORDER;
  return make_index (&maker, location, progress, error);
}
