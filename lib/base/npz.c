/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numpy's archives, by minizip. It reads from and writes to memory: what is read goes through
 * gen_file_bytes as every other file does, and what is written appears whole or not at all. */
#include <string.h>
#include <unzip.h>
#include <zip.h>
#include <generative/atomic-file.h>
#include <generative/file-bytes.h>
#include <generative/npz.h>

/* Deflate makes of a byte at most this many. */
#define MAX_RATIO 1032
/* Of an array's own header; numpy's takes 128 bytes for the arrays that we read. */
#define MAX_HEADER 4096
/* Longer names of arrays are no array's. */
#define MAX_NAME 1024

/* What minizip takes for a file. */
typedef struct {
  GBytes *in;      /* when it is read */
  GByteArray *out; /* when it is written */
  guint64 position;
  gboolean ended; /* more was read than there is: minizip itself takes that for zeros */
} Memory;

struct _GenNpz {
  char *name;
  Memory memory;
  unzFile archive;
};

static guint64
memory_size (const Memory *memory)
{
  return memory->in != NULL ? g_bytes_get_size (memory->in) : memory->out->len;
}

static voidpf
memory_open (voidpf memory, const void *name, int mode)
{
  return memory;
}

static uLong
memory_read (voidpf opaque, voidpf stream, void *to, uLong size)
{
  Memory *memory = stream;
  guint64 all = memory_size (memory);
  uLong n = memory->position < all ? (uLong)MIN (size, all - memory->position) : 0;

  if (n > 0)
    memcpy (to, (const guint8 *)g_bytes_get_data (memory->in, NULL) + memory->position, n);
  memory->position += n;
  memory->ended |= n < size;
  return n;
}

static uLong
memory_write (voidpf opaque, voidpf stream, const void *from, uLong size)
{
  Memory *memory = stream;
  guint64 end = memory->position + size;

  if (end > G_MAXINT32)
    return 0;
  if (end > memory->out->len)
    g_byte_array_set_size (memory->out, (guint)end);
  if (size > 0)
    memcpy (memory->out->data + memory->position, from, size);
  memory->position = end;
  return size;
}

static ZPOS64_T
memory_tell (voidpf opaque, voidpf stream)
{
  return ((Memory *)stream)->position;
}

static long
memory_seek (voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
  Memory *memory = stream;
  guint64 from = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                 : origin == ZLIB_FILEFUNC_SEEK_CUR ? memory->position
                                                    : memory_size (memory);

  if (offset > memory_size (memory) || from > memory_size (memory) - offset)
    return -1;
  memory->position = from + offset;
  return 0;
}

static int
memory_close (voidpf opaque, voidpf stream)
{
  return 0;
}

static int
memory_error (voidpf opaque, voidpf stream)
{
  return ((Memory *)stream)->ended;
}

static zlib_filefunc64_def
memory_functions (Memory *memory)
{
  return (zlib_filefunc64_def){ .zopen64_file = memory_open,
    .zread_file = memory_read,
    .zwrite_file = memory_write,
    .ztell64_file = memory_tell,
    .zseek64_file = memory_seek,
    .zclose_file = memory_close,
    .zerror_file = memory_error,
    .opaque = memory };
}

/* --- reading --- */

GenNpz *
gen_npz_new (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (GenNpz) npz = g_new0 (GenNpz, 1);
  zlib_filefunc64_def functions = memory_functions (&npz->memory);

  npz->name = g_strdup (name);
  npz->memory.in = g_bytes_ref (bytes);
  npz->archive = unzOpen2_64 (name, &functions);
  if (npz->archive != NULL)
    return g_steal_pointer (&npz);
  g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID,
      "%s: not a .npz archive of numpy's (a ZIP file), or cut short", name);
  return NULL;
}

GenNpz *
gen_npz_open (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) bytes = gen_file_bytes (path, &reason);

  if (bytes != NULL)
    return gen_npz_new (bytes, path, error);
  g_set_error_literal (error, GEN_NPY_ERROR, GEN_NPY_ERROR_FILE, reason->message);
  return NULL;
}

void
gen_npz_free (GenNpz *npz)
{
  if (npz == NULL)
    return;
  if (npz->archive != NULL)
    unzClose (npz->archive);
  g_bytes_unref (npz->memory.in);
  g_free (npz->name);
  g_free (npz);
}

static gboolean
locate (GenNpz *npz, const char *name)
{
  g_autofree char *member = g_strdup_printf ("%s.npy", name);

  return unzLocateFile (npz->archive, member, 1) == UNZ_OK;
}

gboolean
gen_npz_has (GenNpz *npz, const char *name)
{
  return locate (npz, name);
}

char **
gen_npz_list (GenNpz *npz)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  int code = unzGoToFirstFile (npz->archive);

  for (; code == UNZ_OK; code = unzGoToNextFile (npz->archive)) {
    char member[MAX_NAME + 1] = "";

    if (unzGetCurrentFileInfo64 (npz->archive, NULL, member, MAX_NAME, NULL, 0, NULL, 0) !=
            UNZ_OK ||
        !g_str_has_suffix (member, ".npy"))
      continue;
    member[strlen (member) - 4] = '\0';
    g_ptr_array_add (names, g_strdup (member));
  }
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

/* Unpack the member that was located, of `size` bytes. */
static GBytes *
unpack (GenNpz *npz, gsize size)
{
  g_autofree guint8 *data = g_try_malloc (MAX (size, 1));
  gsize n = 0;
  int read = 1;

  if (data == NULL || unzOpenCurrentFile (npz->archive) != UNZ_OK)
    return NULL;
  while (n < size && read > 0) {
    read = unzReadCurrentFile (npz->archive, data + n, (unsigned)MIN (size - n, G_MAXINT32));
    n += (gsize)MAX (read, 0);
  }
  /* Closing tells whether the checksum is right. */
  return unzCloseCurrentFile (npz->archive) == UNZ_OK && n == size
             ? g_bytes_new_take (g_steal_pointer (&data), size)
             : NULL;
}

/* Go to an array that is packed as numpy does. */
static gboolean
find_member (
    GenNpz *npz, const char *name, const char *label, unz_file_info64 *info, GError **error)
{
  if (!locate (npz, name) ||
      unzGetCurrentFileInfo64 (npz->archive, info, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK) {
    g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID, "%s is not there", label);
    return FALSE;
  }
  if ((info->flag & 1) != 0 ||
      (info->compression_method != 0 && info->compression_method != Z_DEFLATED)) {
    g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_UNSUPPORTED,
        "%s is encrypted or packed in a way that numpy does not use", label);
    return FALSE;
  }
  return TRUE;
}

static GBytes *
fail_damaged (const char *label, GError **error)
{
  g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID, "%s is damaged or cut short", label);
  return NULL;
}

gboolean
gen_npz_peek (GenNpz *npz, const char *name, GenDataType *type, GenShape *shape, GError **error)
{
  g_autofree char *label = g_strdup_printf ("%s: array %s", npz->name, name);
  g_autofree guint8 *start = g_malloc (MAX_HEADER);
  g_autoptr (GBytes) bytes = NULL;
  unz_file_info64 info;
  int read = -1;

  if (!find_member (npz, name, label, &info, error))
    return FALSE;
  if (unzOpenCurrentFile (npz->archive) == UNZ_OK) {
    read = unzReadCurrentFile (npz->archive, start, MAX_HEADER);
    unzCloseCurrentFile (npz->archive);
  }
  if (read < 0)
    return fail_damaged (label, error) != NULL;
  bytes = g_bytes_new (start, (gsize)read);
  return gen_npy_peek (bytes, label, type, shape, error);
}

GBytes *
gen_npz_read (
    GenNpz *npz, const char *name, gsize limit, GenDataType *type, GenShape *shape, GError **error)
{
  g_autofree char *label = g_strdup_printf ("%s: array %s", npz->name, name);
  g_autoptr (GBytes) bytes = NULL;
  unz_file_info64 info;

  if (!find_member (npz, name, label, &info, error))
    return NULL;
  if (info.uncompressed_size > limit + MAX_HEADER) {
    g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID,
        "%s says that it takes %" G_GUINT64_FORMAT " bytes; more than %" G_GSIZE_FORMAT
        " are not read",
        label, (guint64)info.uncompressed_size, limit);
    return NULL;
  }
  if (info.uncompressed_size / MAX_RATIO <= info.compressed_size &&
      info.compressed_size <= memory_size (&npz->memory))
    bytes = unpack (npz, info.uncompressed_size);
  if (bytes == NULL)
    return fail_damaged (label, error);
  return gen_npy_parse (bytes, label, type, shape, error);
}

/* --- writing --- */

static gboolean
add_array (zipFile archive, const GenNpzArray *array, GError **error)
{
  g_autoptr (GBytes) header = gen_npy_header (array->type, &array->shape, error);
  g_autofree char *member = g_strdup_printf ("%s.npy", array->name);
  gsize size = (gsize)gen_shape_elements (&array->shape) * gen_data_type_size (array->type);
  /* A time that is always the same: equal arrays make equal files. */
  const zip_fileinfo info = { .tmz_date = { .tm_mday = 1, .tm_year = 1980 } };

  if (header == NULL)
    return FALSE;
  if (size <= G_MAXINT32 &&
      zipOpenNewFileInZip (archive, member, &info, NULL, 0, NULL, 0, NULL, 0, 0) == ZIP_OK &&
      zipWriteInFileInZip (archive, g_bytes_get_data (header, NULL),
          (unsigned)g_bytes_get_size (header)) == ZIP_OK &&
      zipWriteInFileInZip (archive, array->data, (unsigned)size) == ZIP_OK &&
      zipCloseFileInZip (archive) == ZIP_OK)
    return TRUE;
  g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_UNSUPPORTED,
      "array %s of %" G_GSIZE_FORMAT " bytes is more than can be written", array->name, size);
  return FALSE;
}

gboolean
gen_npz_save (const char *path, const GenNpzArray *arrays, guint n, GError **error)
{
  Memory memory = { .out = g_byte_array_new () };
  zlib_filefunc64_def functions = memory_functions (&memory);
  zipFile archive = zipOpen2_64 (path, APPEND_STATUS_CREATE, NULL, &functions);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) reason = NULL;
  gboolean done = archive != NULL;

  for (guint i = 0; i < n && done; i++)
    done = add_array (archive, &arrays[i], &reason);
  if (archive != NULL && zipClose (archive, NULL) != ZIP_OK)
    done = FALSE;
  bytes = g_byte_array_free_to_bytes (memory.out);
  if (done && gen_atomic_write (path, bytes, &reason))
    return TRUE;
  if (reason != NULL && reason->domain == GEN_NPY_ERROR)
    g_set_error (error, GEN_NPY_ERROR, reason->code, "%s: %s", path, reason->message);
  else
    g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_FILE, "%s",
        reason != NULL ? reason->message : "the archive could not be made");
  return FALSE;
}
