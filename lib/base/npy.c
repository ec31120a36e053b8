/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numpy's arrays. The header is a Python dictionary, of which we read just what numpy itself
 * writes: three known keys, a string, a boolean and a tuple of integers. */
#include <string.h>
#include <generative/atomic-file.h>
#include <generative/file-bytes.h>
#include <generative/npy.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE 6
#define MAX_HEADER (1 << 20)
/* Elements begin at a multiple of this. */
#define ALIGNMENT 64

G_DEFINE_QUARK (gen_npy_error, gen_npy_error)

/* How numpy writes the types: kind and bytes of an element. */
static const struct {
  GenDataType type;
  char kind;
  guint8 size;
} types[] = {
  { GEN_TYPE_BOOL, 'b', 1 },
  { GEN_TYPE_INT8, 'i', 1 },
  { GEN_TYPE_UINT8, 'u', 1 },
  { GEN_TYPE_INT16, 'i', 2 },
  { GEN_TYPE_UINT16, 'u', 2 },
  { GEN_TYPE_INT32, 'i', 4 },
  { GEN_TYPE_UINT32, 'u', 4 },
  { GEN_TYPE_INT64, 'i', 8 },
  { GEN_TYPE_UINT64, 'u', 8 },
  { GEN_TYPE_FLOAT16, 'f', 2 },
  { GEN_TYPE_FLOAT32, 'f', 4 },
  { GEN_TYPE_FLOAT64, 'f', 8 },
};

typedef struct {
  GenDataType type;
  GenShape shape;
  gboolean swap, fortran;
} Header;

static gboolean fail (GError **error, int code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, int code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (GEN_NPY_ERROR, code, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* --- the header --- */

static void
skip_spaces (const char **text)
{
  while (g_ascii_isspace (**text))
    (*text)++;
}

static gboolean
take (const char **text, const char *token)
{
  gsize n = strlen (token);

  skip_spaces (text);
  if (strncmp (*text, token, n) != 0)
    return FALSE;
  *text += n;
  return TRUE;
}

/* A string in single or double quotes, without escapes. */
static gboolean
take_string (const char **text, char *out, gsize size)
{
  const char *end;
  char quote;

  skip_spaces (text);
  quote = **text;
  if (quote != '\'' && quote != '"')
    return FALSE;
  (*text)++;
  end = strchr (*text, quote);
  if (end == NULL || (gsize)(end - *text) >= size)
    return FALSE;
  memcpy (out, *text, end - *text);
  out[end - *text] = '\0';
  *text = end + 1;
  return TRUE;
}

static gboolean
read_type (const char *name, Header *header)
{
  char order = name[0], kind = order != '\0' ? name[1] : '\0';
  guint64 size;

  if (strchr ("<>|=", order) == NULL || kind == '\0' ||
      !g_ascii_string_to_unsigned (name + 2, 10, 1, 8, &size, NULL))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].kind == kind && types[i].size == size) {
      header->type = types[i].type;
      header->swap = size > 1 && order == (G_BYTE_ORDER == G_LITTLE_ENDIAN ? '>' : '<');
      return TRUE;
    }
  return FALSE;
}

/* "(3, 4)", "(3,)", "()"; Python 2 wrote "3L". */
static gboolean
take_shape (const char **text, GenShape *shape)
{
  shape->rank = 0;
  if (!take (text, "("))
    return FALSE;
  while (!take (text, ")")) {
    char *end;
    gint64 extent;

    skip_spaces (text);
    extent = g_ascii_strtoll (*text, &end, 10);
    if (end == *text || extent < 0 || extent == G_MAXINT64 || shape->rank == GEN_MAX_RANK)
      return FALSE;
    shape->dims[shape->rank++] = extent;
    *text = *end == 'L' ? end + 1 : end;
    if (!take (text, ",")) {
      /* One number in brackets is no tuple. */
      if (shape->rank == 1 || !take (text, ")"))
        return FALSE;
      return TRUE;
    }
  }
  return TRUE;
}

static gboolean
read_entry (const char **text, Header *header, guint *seen, GError **error)
{
  char key[16], type[32];

  if (!take_string (text, key, sizeof key) || !take (text, ":"))
    return fail (error, GEN_NPY_ERROR_INVALID, "its header is no dictionary of numpy's");
  if (strcmp (key, "descr") == 0) {
    *seen |= 1;
    if (!take_string (text, type, sizeof type) || !read_type (type, header))
      return fail (error, GEN_NPY_ERROR_UNSUPPORTED,
          "only arrays of numbers are read, of 1 to 8 bytes, not this dtype");
  } else if (strcmp (key, "fortran_order") == 0) {
    *seen |= 2;
    header->fortran = take (text, "True");
    if (!header->fortran && !take (text, "False"))
      return fail (error, GEN_NPY_ERROR_INVALID, "fortran_order should be True or False");
  } else if (strcmp (key, "shape") == 0) {
    *seen |= 4;
    if (!take_shape (text, &header->shape))
      return fail (error, GEN_NPY_ERROR_INVALID, "its shape should be a tuple of up to %d extents",
          GEN_MAX_RANK);
  } else {
    return fail (error, GEN_NPY_ERROR_INVALID, "its header has an unknown key");
  }
  return TRUE;
}

static gboolean
read_header (const char *text, Header *header, GError **error)
{
  guint seen = 0;

  if (!take (&text, "{"))
    return fail (error, GEN_NPY_ERROR_INVALID, "its header is no dictionary");
  while (!take (&text, "}")) {
    if (!read_entry (&text, header, &seen, error))
      return FALSE;
    if (!take (&text, ",") && *text != '}')
      return fail (error, GEN_NPY_ERROR_INVALID, "its header is no dictionary of numpy's");
  }
  skip_spaces (&text);
  if (seen != 7 || *text != '\0')
    return fail (error, GEN_NPY_ERROR_INVALID,
        "its header should say descr, fortran_order and shape, and no more");
  return TRUE;
}

/* --- the elements --- */

static void
copy_element (guint8 *to, const guint8 *from, gsize unit, gboolean swap)
{
  if (!swap) {
    memcpy (to, from, unit);
    return;
  }
  for (gsize i = 0; i < unit; i++)
    to[i] = from[unit - 1 - i];
}

/* The elements in our order, from any. */
static GBytes *
reorder (const Header *header, const guint8 *data, gsize n)
{
  gsize unit = gen_data_type_size (header->type);
  guint8 *out = g_malloc (MAX (n * unit, 1));
  gint64 index[GEN_MAX_RANK] = { 0 }, strides[GEN_MAX_RANK];
  gint64 stride = 1, from = 0;
  int rank = header->shape.rank;

  for (int k = 0; k < rank; k++) {
    int i = header->fortran ? k : rank - 1 - k;

    strides[i] = stride;
    stride *= header->shape.dims[i];
  }
  for (gsize i = 0; i < n; i++) {
    copy_element (out + i * unit, data + from * unit, unit, header->swap);
    for (int k = rank - 1; k >= 0; k--) {
      from += strides[k];
      if (++index[k] < header->shape.dims[k])
        break;
      from -= strides[k] * index[k];
      index[k] = 0;
    }
  }
  return g_bytes_new_take (out, n * unit);
}

static GBytes *
read_elements (GBytes *bytes, const Header *header, gsize first, GError **error)
{
  gsize unit = gen_data_type_size (header->type), rest = g_bytes_get_size (bytes) - first;
  guint64 size = unit, n = 1;

  for (int i = 0; i < header->shape.rank; i++) {
    /* A zero among the extents must not hide the overflow of the others' product. */
    if (!g_uint64_checked_mul (&size, size, MAX (header->shape.dims[i], 1)) || size > G_MAXINT64) {
      fail (error, GEN_NPY_ERROR_INVALID, "more elements than can be held");
      return NULL;
    }
    n *= header->shape.dims[i];
  }
  if (n * unit != rest) {
    fail (error, GEN_NPY_ERROR_INVALID,
        "%" G_GSIZE_FORMAT " bytes of elements, its shape takes %" G_GUINT64_FORMAT, rest,
        n * unit);
    return NULL;
  }
  if (header->swap || (header->fortran && header->shape.rank > 1))
    return reorder (header, (const guint8 *)g_bytes_get_data (bytes, NULL) + first, n);
  return gen_bytes_aligned (bytes, first, rest, unit, TRUE);
}

/* The header, and where the elements begin. */
static gboolean
parse_header (GBytes *bytes, Header *header, gsize *first, GError **error)
{
  gsize size, start, length = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = NULL;

  if (size < MAGIC_SIZE + 4 || memcmp (data, MAGIC, MAGIC_SIZE) != 0)
    return fail (error, GEN_NPY_ERROR_INVALID, "not a numpy file");
  if (data[MAGIC_SIZE] < 1 || data[MAGIC_SIZE] > 3)
    return fail (error, GEN_NPY_ERROR_UNSUPPORTED,
        "version %d of numpy's format; 1 to 3 can be read", data[MAGIC_SIZE]);
  start = MAGIC_SIZE + (data[MAGIC_SIZE] == 1 ? 4 : 6);
  for (gsize i = start; i > MAGIC_SIZE + 2 && i <= size; i--)
    length = length << 8 | data[i - 1];
  if (start > size || length > size - start || length > MAX_HEADER)
    return fail (error, GEN_NPY_ERROR_INVALID, "its header is cut short, or too long");
  text = g_strndup ((const char *)data + start, length);
  *first = start + length;
  return read_header (text, header, error);
}

static GBytes *
parse (GBytes *bytes, GenDataType *type, GenShape *shape, GError **error)
{
  Header header = { 0 };
  GBytes *elements;
  gsize first;

  if (!parse_header (bytes, &header, &first, error))
    return NULL;
  elements = read_elements (bytes, &header, first, error);
  if (elements == NULL)
    return NULL;
  *type = header.type;
  *shape = header.shape;
  return elements;
}

gboolean
gen_npy_peek (GBytes *bytes, const char *name, GenDataType *type, GenShape *shape, GError **error)
{
  Header header = { 0 };
  gsize first;

  if (!parse_header (bytes, &header, &first, error)) {
    g_prefix_error (error, "%s: ", name);
    return FALSE;
  }
  *type = header.type;
  *shape = header.shape;
  return TRUE;
}

GBytes *
gen_npy_parse (GBytes *bytes, const char *name, GenDataType *type, GenShape *shape, GError **error)
{
  GBytes *elements = parse (bytes, type, shape, error);

  if (elements == NULL)
    g_prefix_error (error, "%s: ", name);
  return elements;
}

GBytes *
gen_npy_load (const char *path, GenDataType *type, GenShape *shape, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) bytes = gen_file_bytes (path, &reason);

  if (bytes == NULL) {
    fail (error, GEN_NPY_ERROR_FILE, "%s", reason->message);
    return NULL;
  }
  return gen_npy_parse (bytes, path, type, shape, error);
}

/* --- writing --- */

GBytes *
gen_npy_header (GenDataType type, const GenShape *shape, GError **error)
{
  g_autoptr (GString) text = g_string_new (MAGIC "\x01");
  guint16 length;
  guint i = 0;

  while (i < G_N_ELEMENTS (types) && types[i].type != type)
    i++;
  if (i == G_N_ELEMENTS (types)) {
    fail (error, GEN_NPY_ERROR_UNSUPPORTED, "numpy has no elements of type %s",
        gen_data_type_name (type));
    return NULL;
  }
  g_string_append_len (text, "\0\0", 3);
  g_string_append_printf (text, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (",
      types[i].size == 1                ? '|'
      : G_BYTE_ORDER == G_LITTLE_ENDIAN ? '<'
                                        : '>',
      types[i].kind, types[i].size);
  for (int k = 0; k < shape->rank; k++)
    g_string_append_printf (text, "%" G_GINT64_FORMAT "%s", shape->dims[k],
        shape->rank == 1      ? ","
        : k < shape->rank - 1 ? ", "
                              : "");
  g_string_append (text, "), }");
  while ((text->len + 1) % ALIGNMENT != 0)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');
  length = GUINT16_TO_LE (text->len - MAGIC_SIZE - 4);
  memcpy (text->str + MAGIC_SIZE + 2, &length, sizeof length);
  return g_bytes_new (text->str, text->len);
}

gboolean
gen_npy_save (
    const char *path, GenDataType type, const GenShape *shape, const void *data, GError **error)
{
  g_autoptr (GBytes) header = gen_npy_header (type, shape, error);
  g_autoptr (GError) reason = NULL;
  g_autoptr (GenAtomicFile) file = NULL;
  gsize size = gen_shape_elements (shape) * gen_data_type_size (type);

  if (header == NULL) {
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  file = gen_atomic_file_new (path, &reason);
  if (file != NULL &&
      gen_atomic_file_write (
          file, g_bytes_get_data (header, NULL), g_bytes_get_size (header), &reason) &&
      gen_atomic_file_write (file, data, size, &reason) && gen_atomic_file_commit (file, &reason))
    return TRUE;
  return fail (error, GEN_NPY_ERROR_FILE, "%s", reason->message);
}
