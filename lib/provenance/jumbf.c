/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JUMBF boxes, written and read. A superbox (jumb) begins with a description (jumd), which has its
 * kind and its label; behind it are content boxes and further superboxes. */
#include "jumbf.h"

#include <string.h>

#define HEADER 8
#define TOGGLE_REQUESTABLE 1
#define TOGGLE_LABEL 2
#define TOGGLE_ID 4
#define TOGGLE_SIGNATURE 8
#define TOGGLE_PRIVATE 16
#define SALT_SIZE 16
/* No store is of more boxes than these: each takes some memory, however short it is. */
#define BOXES_MOST 100000

static const guint8 uuid_rest[12] = { 0, 0x11, 0, 0x10, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71 };

static guint32
get32 (const guint8 *data)
{
  return (guint32)data[0] << 24 | (guint32)data[1] << 16 | (guint32)data[2] << 8 | data[3];
}

static void
put32 (guint8 *data, guint32 value)
{
  for (int i = 0; i < 4; i++)
    data[i] = (guint8)(value >> (24 - 8 * i));
}

/* --- writing --- */

static guint
open_box (GByteArray *bytes, const char *type)
{
  guint start = bytes->len;

  g_byte_array_append (bytes, (const guint8 *)"\0\0\0\0", 4);
  g_byte_array_append (bytes, (const guint8 *)type, 4);
  return start;
}

void
gen_jumbf_close (GByteArray *bytes, guint start)
{
  put32 (bytes->data + start, bytes->len - start);
}

guint
gen_jumbf_open (GByteArray *bytes, const char *kind, const char *label, const guint8 *salt)
{
  guint start = open_box (bytes, "jumb"), description = open_box (bytes, "jumd");
  guint8 toggles = TOGGLE_REQUESTABLE | TOGGLE_LABEL | (salt != NULL ? TOGGLE_PRIVATE : 0);

  g_byte_array_append (bytes, (const guint8 *)kind, 4);
  g_byte_array_append (bytes, uuid_rest, sizeof uuid_rest);
  g_byte_array_append (bytes, &toggles, 1);
  g_byte_array_append (bytes, (const guint8 *)label, strlen (label) + 1);
  if (salt != NULL) {
    guint private = open_box (bytes, "c2sh");

    g_byte_array_append (bytes, salt, SALT_SIZE);
    gen_jumbf_close (bytes, private);
  }
  gen_jumbf_close (bytes, description);
  return start;
}

void
gen_jumbf_content (GByteArray *bytes, const char *type, GBytes *content)
{
  guint start = open_box (bytes, type);
  gsize size;
  const guint8 *data = g_bytes_get_data (content, &size);

  g_byte_array_append (bytes, data, size);
  gen_jumbf_close (bytes, start);
}

/* --- reading --- */

typedef struct {
  const guint8 *data;
  guint boxes;
} Reader;

void
gen_jumbf_free (GenJumbf *box)
{
  g_free (box->label);
  g_ptr_array_unref (box->children);
  g_free (box);
}

/* The size of the box at `at`, all of it in front of `end`; 0 with `error` where it is not. */
static gsize
box_size (const guint8 *data, gsize at, gsize end, GError **error)
{
  guint64 size = end - at >= HEADER ? get32 (data + at) : 0;

  if (end - at >= HEADER && size == 0)
    size = end - at;
  if (end - at >= HEADER && size >= HEADER && size <= end - at)
    return size;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "a JUMBF box at byte %" G_GSIZE_FORMAT
      " of the manifest store is cut or has no size that fits",
      at);
  return 0;
}

/* The description's label may hold what the specification leaves out of addresses: then it is an
 * error, as a name that looks like another one is. */
static gboolean
read_label (GenJumbf *box, const guint8 *data, gsize size, GError **error)
{
  const guint8 *end = size > 0 ? memchr (data, 0, size) : NULL;

  if (end != NULL && g_utf8_validate ((const char *)data, end - data, NULL) &&
      strpbrk ((const char *)data, "/;?#") == NULL) {
    box->label = g_strdup ((const char *)data);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the label of the JUMBF box at byte %" G_GSIZE_FORMAT " does not end, or is none",
      box->start);
  return FALSE;
}

static gboolean
read_description (GenJumbf *box, const guint8 *data, gsize size, GError **error)
{
  if (size < HEADER + 17 || memcmp (data + 4, "jumd", 4) != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the JUMBF box at byte %" G_GSIZE_FORMAT " has no description", box->start);
    return FALSE;
  }
  if (memcmp (data + HEADER + 4, uuid_rest, sizeof uuid_rest) == 0)
    memcpy (box->kind, data + HEADER, 4);
  if (data[HEADER + 16] & TOGGLE_LABEL)
    return read_label (box, data + HEADER + 17, size - HEADER - 17, error);
  box->label = g_strdup ("");
  return TRUE;
}

static GenJumbf *read_superbox (Reader *reader, gsize at, gsize end, guint depth, GError **error);

static gboolean
read_inside (Reader *reader, GenJumbf *box, gsize at, gsize end, guint depth, GError **error)
{
  while (at < end) {
    gsize size = box_size (reader->data, at, end, error);
    const guint8 *type = reader->data + at + 4;

    if (size == 0)
      return FALSE;
    if (memcmp (type, "jumb", 4) == 0) {
      GenJumbf *child = read_superbox (reader, at, at + size, depth + 1, error);

      if (child == NULL)
        return FALSE;
      g_ptr_array_add (box->children, child);
    } else if (box->content == NULL) {
      box->content = reader->data + at + HEADER;
      box->content_size = size - HEADER;
      memcpy (box->content_type, type, 4);
    }
    at += size;
  }
  return TRUE;
}

static GenJumbf *
read_superbox (Reader *reader, gsize at, gsize end, guint depth, GError **error)
{
  g_autoptr (GenJumbf) box = g_new0 (GenJumbf, 1);
  gsize description;

  box->children = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_jumbf_free);
  box->start = at;
  box->size = end - at;
  box->inside = reader->data + at + HEADER;
  box->inside_size = box->size - HEADER;
  if (depth > GEN_JUMBF_NESTING || ++reader->boxes > BOXES_MOST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the manifest store has JUMBF boxes deeper than %d or more than %d", GEN_JUMBF_NESTING,
        BOXES_MOST);
    return NULL;
  }
  description = box_size (reader->data, at + HEADER, end, error);
  if (description == 0 || !read_description (box, reader->data + at + HEADER, description, error) ||
      !read_inside (reader, box, at + HEADER + description, end, depth, error))
    return NULL;
  return g_steal_pointer (&box);
}

GenJumbf *
gen_jumbf_read (GBytes *bytes, GError **error)
{
  gsize size, all;
  const guint8 *data = g_bytes_get_data (bytes, &all);
  Reader reader = { data, 0 };

  size = box_size (data, 0, all, error);
  if (size == 0)
    return NULL;
  if (memcmp (data + 4, "jumb", 4) != 0) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the manifest store is no JUMBF superbox");
    return NULL;
  }
  return read_superbox (&reader, 0, size, 0, error);
}

GenJumbf *
gen_jumbf_child (const GenJumbf *box, const char *label)
{
  GenJumbf *found = NULL;

  for (guint i = 0; i < box->children->len; i++) {
    GenJumbf *child = box->children->pdata[i];

    if (strcmp (child->label, label) != 0)
      continue;
    if (found != NULL)
      return NULL;
    found = child;
  }
  return found;
}
