/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tar archives, by libarchive, which tells where in a file members lie. They are read from there
 * without it, but for those that are in pieces (files with holes). */
#include "tar-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>

#include <generative/dataset.h>

#include "dataset-private.h"

#define CHUNK (1 << 16)
#define MAGIC_OFFSET 257 /* of a header */

struct _GenTarFile {
  char *path;
  int file;     /* the archive or, where it is compressed, what it was unpacked into; -1: `path` is
                   opened for each read */
  guint64 size; /* of what is read */
  char *damage; /* why no more of it could be unpacked; NULL: all of it is there */
};

/* A file from a place on, as libarchive asks for it. */
typedef struct {
  int file;
  guint64 at;
  guint8 chunk[CHUNK];
} Source;

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s: %s", path, what);
  return FALSE;
}

static la_ssize_t
source_read (struct archive *archive, void *data, const void **chunk)
{
  Source *source = data;
  ssize_t read;

  do
    read = pread (source->file, source->chunk, CHUNK, (off_t)source->at);
  while (read < 0 && errno == EINTR);
  if (read < 0) {
    archive_set_error (archive, errno, "%s", g_strerror (errno));
    return -1;
  }
  source->at += (guint64)read;
  *chunk = source->chunk;
  return read;
}

/* What is cut off at the end is missed by whoever reads it, and not by who passes over it. */
static la_int64_t
source_skip (struct archive *archive, void *data, la_int64_t n)
{
  Source *source = data;
  guint64 rest = G_MAXINT64 - source->at;

  n = MIN (MAX (n, 0), (la_int64_t)rest);
  source->at += (guint64)n;
  return n;
}

static struct archive *
open_archive (Source *source)
{
  struct archive *archive = archive_read_new ();

  archive_read_support_format_tar (archive);
  archive_read_set_read_callback (archive, source_read);
  archive_read_set_skip_callback (archive, source_skip);
  archive_read_set_callback_data (archive, source);
  if (archive_read_open1 (archive) == ARCHIVE_OK)
    return archive;
  archive_read_free (archive);
  return NULL;
}

/* Whether a file begins as a compressed one does. */
static gboolean
is_compressed (const char *path)
{
  static const struct {
    const char *bytes;
    gsize length;
  } marks[] = { { "\x1f\x8b", 2 }, { "\x28\xb5\x2f\xfd", 4 },
    { "\xfd"
      "7zXZ",
        5 },
    { "BZh", 3 }, { "\x04\x22\x4d\x18", 4 } };
  guint8 start[8] = { 0 };
  gsize read = gen_dataset_read_start (path, start, sizeof start);

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    if (read >= marks[i].length && memcmp (start, marks[i].bytes, marks[i].length) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
write_all (int file, const guint8 *data, gsize size)
{
  while (size > 0) {
    ssize_t written = write (file, data, size);

    if (written < 0 && errno != EINTR)
      return FALSE;
    if (written > 0) {
      data += written;
      size -= (gsize)written;
    }
  }
  return TRUE;
}

/* Unpack what libarchive makes of a compressed file. What is cut short or damaged gives what is
 * before that, as a plain archive does. */
static gboolean
unpack_stream (GenTarFile *tar, struct archive *archive, GError **error)
{
  g_autofree guint8 *chunk = g_malloc (CHUNK);
  struct archive_entry *entry;
  la_ssize_t read = -1;

  if (archive_read_open_filename (archive, tar->path, CHUNK) == ARCHIVE_OK &&
      archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    while ((read = archive_read_data (archive, chunk, CHUNK)) > 0) {
      if (!write_all (tar->file, chunk, (gsize)read)) {
        g_autofree char *what =
            g_strdup_printf ("cannot be unpacked into a temporary file: %s", g_strerror (errno));

        return fail (error, tar->path, what);
      }
      tar->size += (guint64)read;
    }
  if (read < 0)
    tar->damage = g_strdup (archive_error_string (archive));
  return TRUE;
}

static gboolean
unpack (GenTarFile *tar, GError **error)
{
  struct archive *archive;
  g_autofree char *path = NULL;
  g_autoptr (GError) reason = NULL;
  gboolean unpacked;

  tar->file = g_file_open_tmp ("generative-shard-XXXXXX", &path, &reason);
  if (tar->file < 0)
    return fail (error, tar->path, reason->message);
  g_unlink (path);
  archive = archive_read_new ();
  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_bzip2 (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_zstd (archive);
  archive_read_support_filter_lz4 (archive);
  archive_read_support_format_raw (archive);
  unpacked = unpack_stream (tar, archive, error);
  archive_read_free (archive);
  return unpacked;
}

/* Whether so many files are open that the rest is for others. */
static gboolean
is_one_too_many (int file)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_NOFILE, &limit) == 0 && (rlim_t)file >= limit.rlim_cur / 2;
}

static gboolean
open_plain (GenTarFile *tar, GError **error)
{
  tar->file = g_open (tar->path, O_RDONLY | O_CLOEXEC, 0);
  if (tar->file < 0)
    return fail (error, tar->path, g_strerror (errno));
  if (is_one_too_many (tar->file)) {
    close (tar->file);
    tar->file = -1;
  }
  return TRUE;
}

GenTarFile *
gen_tar_file_open (const char *path, GError **error)
{
  g_autoptr (GenTarFile) tar = g_new0 (GenTarFile, 1);
  GStatBuf status;

  tar->path = g_strdup (path);
  tar->file = -1;
  if (g_stat (path, &status) != 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND, "%s: no such file", path);
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    fail (error, path, "a device or pipe, not a file");
    return NULL;
  }
  if (is_compressed (path))
    return unpack (tar, error) ? g_steal_pointer (&tar) : NULL;
  tar->size = (guint64)status.st_size;
  return open_plain (tar, error) ? g_steal_pointer (&tar) : NULL;
}

void
gen_tar_file_free (GenTarFile *tar)
{
  if (tar == NULL)
    return;
  if (tar->file >= 0)
    close (tar->file);
  g_free (tar->path);
  g_free (tar->damage);
  g_free (tar);
}

const char *
gen_tar_file_get_path (const GenTarFile *tar)
{
  return tar->path;
}

/* From `position` on; FALSE where the file cannot be opened any more. */
static gboolean
source_open (Source *source, const GenTarFile *tar, guint64 position, GError **error)
{
  source->file = tar->file >= 0 ? tar->file : g_open (tar->path, O_RDONLY | O_CLOEXEC, 0);
  source->at = position;
  return source->file >= 0 || fail (error, tar->path, g_strerror (errno));
}

static void
source_close (Source *source, const GenTarFile *tar)
{
  if (tar->file < 0)
    close (source->file);
}

/* An archive that is read from a place on; NULL with `error`. The source is closed with it. */
static struct archive *
begin (Source *source, const GenTarFile *tar, guint64 position, GError **error)
{
  struct archive *archive;

  if (!source_open (source, tar, position, error))
    return NULL;
  archive = open_archive (source);
  if (archive != NULL)
    return archive;
  source_close (source, tar);
  fail (error, tar->path, "no tar archive");
  return NULL;
}

static void
end (struct archive *archive, Source *source, const GenTarFile *tar)
{
  archive_read_free (archive);
  source_close (source, tar);
}

/* Behind its header what is in a member follows; of a file with holes, pieces. */
static GenTarPlace
place_of (struct archive *archive, struct archive_entry *entry)
{
  const gint64 data = archive_filter_bytes (archive, 0);

  return (GenTarPlace){ .header = (guint64)archive_read_header_position (archive),
    .data = data > 0 && archive_entry_sparse_count (entry) == 0 ? (guint64)data : 0,
    .size = (guint64)archive_entry_size (entry) };
}

gboolean
gen_tar_file_visit (GenTarFile *tar, GenTarVisit visit, gpointer data, GError **error)
{
  g_autofree Source *source = g_new (Source, 1);
  struct archive *archive = begin (source, tar, 0, error);
  struct archive_entry *entry;
  int code;

  if (archive == NULL && tar->damage != NULL) {
    g_clear_error (error);
    return fail (error, tar->path, tar->damage);
  }
  if (archive == NULL)
    return FALSE;
  while (
      (code = archive_read_next_header (archive, &entry)) == ARCHIVE_OK || code == ARCHIVE_WARN) {
    const GenTarMember member = { archive_entry_pathname (entry), place_of (archive, entry) };

    if (member.name != NULL && archive_entry_filetype (entry) == AE_IFREG)
      visit (&member, data);
  }
  if (code != ARCHIVE_EOF || tar->damage != NULL)
    fail (error, tar->path, tar->damage != NULL ? tar->damage : archive_error_string (archive));
  end (archive, source, tar);
  return code == ARCHIVE_EOF && tar->damage == NULL;
}

/* A header promises what it likes. */
static gboolean
check_size (const GenTarFile *tar, guint64 position, guint64 size, GError **error)
{
  if (size > GEN_TAR_MAX_MEMBER)
    return fail (error, tar->path, "a member is too large");
  return size <= tar->size - MIN (position, tar->size) || fail (error, tar->path, "cut short");
}

/* The content of the archive's next member. */
static GBytes *
read_member (const GenTarFile *tar, struct archive *archive, guint64 position, GError **error)
{
  g_autofree guint8 *data = NULL;
  struct archive_entry *entry;
  guint64 size, n = 0;
  la_ssize_t read = 1;
  int code = archive_read_next_header (archive, &entry);

  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
    fail (error, tar->path, code == ARCHIVE_EOF ? "cut short" : archive_error_string (archive));
    return NULL;
  }
  size = (guint64)archive_entry_size (entry);
  if (size > GEN_TAR_MAX_MEMBER) {
    fail (error, tar->path, "a member is too large");
    return NULL;
  }
  data = g_malloc (MAX (size, 1));
  while (n < size && (read = archive_read_data (archive, data + n, size - n)) > 0)
    n += (guint64)read;
  if (n == size)
    return g_bytes_new_take (g_steal_pointer (&data), size);
  fail (error, tar->path, read < 0 ? archive_error_string (archive) : "cut short");
  return NULL;
}

/* What is in pieces. */
static GBytes *
read_pieces (const GenTarFile *tar, guint64 position, GError **error)
{
  g_autofree Source *source = g_new (Source, 1);
  struct archive *archive = begin (source, tar, position, error);
  GBytes *bytes;

  if (archive == NULL)
    return NULL;
  bytes = read_member (tar, archive, position, error);
  end (archive, source, tar);
  return bytes;
}

static gboolean
read_all (int file, guint8 *data, const GenTarPlace *place)
{
  guint64 n = 0;
  ssize_t read = 1;

  while (n < place->size && read != 0) {
    read = pread (file, data + n, place->size - n, (off_t)(place->data + n));
    if (read < 0 && errno != EINTR)
      return FALSE;
    n += (guint64)MAX (read, 0);
  }
  errno = 0;
  return n == place->size;
}

GBytes *
gen_tar_file_read (const GenTarFile *tar, const GenTarPlace *place, GError **error)
{
  g_autofree guint8 *data = NULL;
  gboolean read;
  int file;

  if (place->data == 0)
    return read_pieces (tar, place->header, error);
  if (!check_size (tar, place->data, place->size, error))
    return NULL;
  file = tar->file >= 0 ? tar->file : g_open (tar->path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) {
    fail (error, tar->path, g_strerror (errno));
    return NULL;
  }
  data = g_malloc (MAX (place->size, 1));
  read = read_all (file, data, place);
  if (!read)
    fail (error, tar->path, errno != 0 ? g_strerror (errno) : "cut short");
  if (tar->file < 0)
    close (file);
  return read ? g_bytes_new_take (g_steal_pointer (&data), place->size) : NULL;
}

gboolean
gen_tar_file_is_named (const char *name)
{
  static const char *const endings[] = { ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz",
    ".tar.bz2", ".tar.lz4", NULL };

  for (const char *const *ending = endings; *ending != NULL; ending++)
    if (gen_dataset_has_ending (name, *ending))
      return TRUE;
  return FALSE;
}

gboolean
gen_tar_file_recognise (const char *path)
{
  static const char magic[] = "ustar";
  const gsize length = sizeof magic - 1;
  guint8 start[512];

  return gen_dataset_read_start (path, start, sizeof start) == sizeof start &&
         memcmp (start + MAGIC_OFFSET, magic, length) == 0;
}
