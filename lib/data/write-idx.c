/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IDX files, the format of MNIST: images-idx3-ubyte, and labels-idx1-ubyte where items have
 * classes. Their headers say how many items there are, which is known at the end: until then they
 * grow under hidden names, in which only what the manifest tells of counts. So the files that
 * others read are whole at any time. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <generative/atomic-file.h>

#include "dataset-writer-private.h"

#define PICTURES "images-idx3-ubyte"
#define LABELS "labels-idx1-ubyte"
#define PART ".part"
#define TYPE_UBYTE 0x08

/* A file that grows. */
typedef struct {
  char *path, *part;
  int fd; /* of the part; -1: there is none */
  int dimensions;
  guint64 item_size;
} Growing;

typedef struct {
  GenDatasetWriter *writer;
  Growing pictures, labels;
  int width, height; /* 0: no item has come */
  guint64 n;         /* items that are in the files */
  gboolean labelled;
} Idx;

static gboolean
fail_file (const char *what, const char *path, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot %s '%s': %s", what,
      path, g_strerror (errno));
  return FALSE;
}

static gsize
header_size (const Growing *file)
{
  return 4 + 4 * (gsize)file->dimensions;
}

static void
growing_init (Growing *file, const char *location, const char *name, int dimensions)
{
  g_autofree char *hidden = g_strconcat (".", name, PART, NULL);

  *file = (Growing){ .path = g_build_filename (location, name, NULL),
    .part = g_build_filename (location, hidden, NULL),
    .fd = -1,
    .dimensions = dimensions };
}

static void
growing_clear (Growing *file)
{
  if (file->fd >= 0)
    close (file->fd);
  g_free (file->path);
  g_free (file->part);
}

static gboolean
growing_add (const Growing *file, const guint8 *data, gsize size, GError **error)
{
  while (size > 0) {
    const gssize n = write (file->fd, data, size);

    if (n < 0 && errno != EINTR)
      return fail_file ("write", file->part, error);
    if (n > 0) {
      data += n;
      size -= (gsize)n;
    }
  }
  return TRUE;
}

/* The finished file into the part, from its beginning on; the former stays until it is replaced. */
static gboolean
copy_finished (const Growing *file, GError **error)
{
  g_autoptr (GMappedFile) finished = g_mapped_file_new (file->path, FALSE, error);

  if (finished == NULL)
    return FALSE;
  return lseek (file->fd, 0, SEEK_SET) == 0 &&
         growing_add (file, (const guint8 *)g_mapped_file_get_contents (finished),
             g_mapped_file_get_length (finished), error);
}

static off_t
end_of (const Growing *file, guint64 n)
{
  return (off_t)(header_size (file) + n * file->item_size);
}

/* Let the file end behind `n` items. */
static gboolean
growing_cut (const Growing *file, guint64 n, GError **error)
{
  const off_t end = end_of (file, n);

  return (ftruncate (file->fd, end) == 0 && lseek (file->fd, end, SEEK_SET) == end) ||
         fail_file ("cut", file->part, error);
}

/* The part, to go on behind `n` items. Where it has fewer, it has been finished. */
static gboolean
growing_open (Growing *file, guint64 n, GError **error)
{
  struct stat status;

  file->fd = open (file->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file->fd < 0 || fstat (file->fd, &status) < 0)
    return fail_file ("open", file->part, error);
  if (n > 0 && status.st_size < end_of (file, n)) {
    if (!copy_finished (file, error))
      return FALSE;
    if (fstat (file->fd, &status) < 0 || status.st_size < end_of (file, n)) {
      g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_DAMAGED,
          "'%s' is shorter than the manifest says: %" G_GUINT64_FORMAT " items", file->path, n);
      return FALSE;
    }
  }
  return growing_cut (file, n, error);
}

static gboolean
growing_sync (const Growing *file, GError **error)
{
  return file->fd < 0 || fdatasync (file->fd) == 0 || fail_file ("write", file->part, error);
}

/* Write the header, for the file to have `n` items, and give it its name. */
static gboolean
growing_finish (Growing *file, const guint32 *extents, GError **error)
{
  guint32 header[4] = { GUINT32_TO_BE (TYPE_UBYTE << 8 | (guint32)file->dimensions) };
  const gsize size = header_size (file);

  for (int i = 0; i < file->dimensions; i++)
    header[1 + i] = GUINT32_TO_BE (extents[i]);
  if (!growing_cut (file, extents[0], error))
    return FALSE;
  if (pwrite (file->fd, header, size, 0) != (gssize)size || fsync (file->fd) < 0)
    return fail_file ("write", file->part, error);
  if (rename (file->part, file->path) < 0)
    return fail_file ("rename the finished file to", file->path, error);
  close (file->fd);
  file->fd = -1;
  return TRUE;
}

/* --- what is there --- */

static gboolean
idx_is_own (const char *path)
{
  static const char *const names[] = { PICTURES, LABELS, "." PICTURES PART, "." LABELS PART, NULL };

  return gen_dataset_is_class_names (path) || g_strv_contains (names, path);
}

static void
idx_close (gpointer state)
{
  Idx *idx = state;

  growing_clear (&idx->pictures);
  growing_clear (&idx->labels);
  g_free (idx);
}

/* The size of pictures that are there, by the finished file or the part, in which it is written as
 * soon as it is known. */
static gboolean
read_size (Idx *idx, GError **error)
{
  const char *path = g_file_test (idx->pictures.path, G_FILE_TEST_EXISTS) ? idx->pictures.path
                                                                          : idx->pictures.part;
  guint32 header[4] = { 0 };
  const int fd = open (path, O_RDONLY | O_CLOEXEC);
  const gssize got = fd < 0 ? -1 : read (fd, header, sizeof header);

  if (fd >= 0)
    close (fd);
  if (got < 0)
    return fail_file ("read", path, error);
  idx->height = (int)GUINT32_FROM_BE (header[2]);
  idx->width = (int)GUINT32_FROM_BE (header[3]);
  if (got == sizeof header && idx->width > 0 && idx->height > 0)
    return TRUE;
  g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_DAMAGED,
      "'%s' does not say how large its pictures are", path);
  return FALSE;
}

/* Write it there. */
static gboolean
note_size (Idx *idx, GError **error)
{
  const guint32 extents[2] = { GUINT32_TO_BE ((guint32)idx->height),
    GUINT32_TO_BE ((guint32)idx->width) };

  return pwrite (idx->pictures.fd, extents, sizeof extents, 8) == sizeof extents ||
         fail_file ("write", idx->pictures.part, error);
}

/* The parts, for what comes behind the items that are there. */
static gboolean
open_parts (Idx *idx, GError **error)
{
  if (idx->pictures.fd >= 0)
    return TRUE;
  idx->pictures.item_size = (guint64)idx->width * (guint64)idx->height;
  idx->labels.item_size = 1;
  return growing_open (&idx->pictures, idx->n, error) &&
         (!idx->labelled || growing_open (&idx->labels, idx->n, error)) && note_size (idx, error);
}

static gpointer
idx_open (GenDatasetWriter *writer, const GenManifestPlace *last, GError **error)
{
  const char *location = writer->settings.location;
  Idx *idx = g_new0 (Idx, 1);

  idx->writer = writer;
  growing_init (&idx->pictures, location, PICTURES, 3);
  growing_init (&idx->labels, location, LABELS, 1);
  idx->n = writer->next;
  idx->labelled = g_file_test (idx->labels.part, G_FILE_TEST_EXISTS) ||
                  g_file_test (idx->labels.path, G_FILE_TEST_EXISTS);
  if (last == NULL)
    return idx;
  if (!g_str_equal (last->file_name, PICTURES))
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS,
        "the dataset in '%s' is not of format=idx: its last item is in '%s'", location,
        last->shard != NULL ? last->shard : last->file_name);
  else if (read_size (idx, error))
    return idx;
  idx_close (idx);
  return NULL;
}

/* --- items --- */

static guint
idx_limit (const GenDatasetWriterSettings *settings)
{
  return settings->commit_size;
}

static void
idx_locate (gpointer state, const GenWrittenItem *item)
{
  json_object_set_string_member (item->line, "file_name", PICTURES);
}

static gboolean
check_item (const Idx *idx, const GenWrittenItem *item, GError **error)
{
  const GenPicture *picture = &item->sample->picture;

  if (item->sample->medium != &gen_medium_picture || picture->channels != 1)
    g_set_error_literal (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM,
        "format=idx takes grey pictures alone: put videoconvert ! video/x-raw,format=GRAY8 in "
        "front");
  else if (idx->width > 0 && (picture->width != idx->width || picture->height != idx->height))
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM,
        "format=idx takes pictures of one size: those in '%s' are %dx%d, and the next one is %dx%d",
        idx->pictures.path, idx->width, idx->height, picture->width, picture->height);
  else if (item->label > G_MAXUINT8)
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM,
        "format=idx has room for classes up to number 255, and the next picture is of number %d",
        item->label);
  else if (idx->n > 0 && idx->labelled != (item->label >= 0))
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM,
        "format=idx wants a class for all pictures or for none: the next one has %s",
        idx->labelled ? "none" : "one");
  else if (idx->n == G_MAXUINT32)
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM,
        "'%s' is full: format=idx counts items in 32 bits", idx->pictures.path);
  else
    return TRUE;
  return FALSE;
}

/* Let the parts end behind `n` items: what came behind these is not whole, maybe. */
static gboolean
cut (Idx *idx, guint64 n, GError **error)
{
  idx->n = n;
  return (idx->pictures.fd < 0 || growing_cut (&idx->pictures, n, error)) &&
         (idx->labels.fd < 0 || growing_cut (&idx->labels, n, error));
}

static gboolean
add_numbers (const Idx *idx, const GenWrittenItem *item, GError **error)
{
  const GenPicture *picture = &item->sample->picture;
  const guint8 label = (guint8)item->label;

  for (int y = 0; y < picture->height; y++)
    if (!growing_add (&idx->pictures, picture->data + (gssize)y * picture->stride,
            (gsize)picture->width, error))
      return FALSE;
  return !idx->labelled || growing_add (&idx->labels, &label, 1, error);
}

static gboolean
idx_add (gpointer state, const GenWrittenItem *item, GError **error)
{
  Idx *idx = state;

  if (!check_item (idx, item, error))
    return FALSE;
  if (idx->n == 0) {
    idx->width = item->sample->picture.width;
    idx->height = item->sample->picture.height;
    idx->labelled = item->label >= 0;
  }
  if (!open_parts (idx, error))
    return FALSE;
  if (!add_numbers (idx, item, error)) {
    cut (idx, idx->n, NULL);
    return FALSE;
  }
  idx->n++;
  return TRUE;
}

static guint
idx_commit (gpointer state, guint n, GError **error)
{
  Idx *idx = state;

  if (growing_sync (&idx->pictures, error) && growing_sync (&idx->labels, error))
    return n;
  cut (idx, idx->n - n, NULL);
  return 0;
}

/* Pictures come last: a reader begins with them. */
static gboolean
idx_finish (gpointer state, GError **error)
{
  Idx *idx = state;
  GenDatasetWriter *writer = idx->writer;
  const guint32 extents[] = { (guint32)writer->safe, (guint32)idx->height, (guint32)idx->width };

  if (writer->safe == 0 ||
      (idx->pictures.fd < 0 && !g_file_test (idx->pictures.part, G_FILE_TEST_EXISTS)))
    return TRUE;
  if (!open_parts (idx, error) || !cut (idx, writer->safe, error) ||
      (idx->labelled && !growing_finish (&idx->labels, extents, error)) ||
      !growing_finish (&idx->pictures, extents, error) ||
      !gen_folder_sync (writer->settings.location, error))
    return FALSE;
  gen_dataset_writer_note_file (writer, g_strdup (idx->pictures.path));
  return TRUE;
}

static const GenDatasetFormatFunctions functions = {
  .wants_number = TRUE,
  .open = idx_open,
  .close = idx_close,
  .limit = idx_limit,
  .locate = idx_locate,
  .add = idx_add,
  .commit = idx_commit,
  .finish = idx_finish,
  .is_own = idx_is_own,
};

const GenDatasetFormat gen_dataset_format_idx = {
  .name = "idx",
  .description =
      "Grey pictures of one size in one file, and their classes in another, as MNIST has "
      "them; they appear at the end of the stream",
  .only_grey = TRUE,
  .functions = &functions,
};
