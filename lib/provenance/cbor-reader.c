/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CBOR of others. libcbor makes the items; what it is given has been walked through before, as it
 * takes memory for as many items as a head promises, and calls itself for each level. */
#include "cbor-reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An item of one byte takes many times that in memory. A Merkle tree may have four million leaves.
 */
#define ITEMS_MOST 5000000

/* Tags of one byte that libcbor before 0.9 does not know: they are given to it in two. */
#define TAG_FIRST 6
#define TAG_LAST 20
#define TAG_TWO_BYTES 0xd8

typedef struct {
  const guint8 *data;
  gsize size, at;
  guint items;
  GArray *tags; /* of gsize, where such a tag is; NULL: there is none */
} Walk;

/* The argument of a head whose first byte is `first`. */
static gboolean
read_argument (Walk *walk, guint8 first, guint64 *value)
{
  guint small = first & 31, n;

  if (small < 24) {
    *value = small;
    return TRUE;
  }
  if (small == 31) { /* of indefinite length */
    *value = 0;
    return TRUE;
  }
  if (small > 27)
    return FALSE;
  n = 1u << (small - 24);
  if (walk->size - walk->at < n)
    return FALSE;
  *value = 0;
  for (guint i = 0; i < n; i++)
    *value = *value << 8 | walk->data[walk->at++];
  return TRUE;
}

static gboolean walk_item (Walk *walk, guint depth, gboolean may_break, gboolean *broke);

/* Pieces of a string of indefinite length: strings of the same type and of definite length. */
static gboolean
walk_pieces (Walk *walk, guint type)
{
  while (walk->at < walk->size) {
    guint8 first = walk->data[walk->at++];
    guint64 n;

    if (first == 0xff)
      return TRUE;
    if (first >> 5 != type || ++walk->items > ITEMS_MOST || !read_argument (walk, first, &n) ||
        n > walk->size - walk->at)
      return FALSE;
    walk->at += n;
  }
  return FALSE;
}

static gboolean
walk_items (Walk *walk, gboolean indefinite, guint64 n, guint each, guint depth)
{
  gboolean broke = FALSE;

  if (indefinite) {
    for (guint64 i = 0;; i++) {
      if (!walk_item (walk, depth, i % each == 0, &broke))
        return FALSE;
      if (broke)
        return TRUE;
    }
  }
  /* An item has at least a byte. */
  if (n > (walk->size - walk->at) / each)
    return FALSE;
  for (guint64 i = 0; i < n * each; i++)
    if (!walk_item (walk, depth, FALSE, &broke))
      return FALSE;
  return TRUE;
}

/* The one whose byte has just been read. */
static void
note_tag (Walk *walk)
{
  gsize at = walk->at - 1;

  if (walk->tags == NULL)
    walk->tags = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_array_append_val (walk->tags, at);
}

static gboolean
walk_item (Walk *walk, guint depth, gboolean may_break, gboolean *broke)
{
  guint8 first;
  guint64 n;
  gboolean indefinite;

  if (walk->at >= walk->size || depth > GEN_CBOR_NESTING || ++walk->items > ITEMS_MOST)
    return FALSE;
  first = walk->data[walk->at++];
  if (first == 0xff) {
    *broke = may_break;
    return may_break;
  }
  if (!read_argument (walk, first, &n))
    return FALSE;
  indefinite = (first & 31) == 31;
  switch (first >> 5) {
  case 0:
  case 1:
    return !indefinite;
  case 2:
  case 3:
    if (indefinite)
      return walk_pieces (walk, first >> 5);
    if (n > walk->size - walk->at)
      return FALSE;
    walk->at += n;
    return TRUE;
  case 4:
    return walk_items (walk, indefinite, n, 1, depth + 1);
  case 5:
    return walk_items (walk, indefinite, n, 2, depth + 1);
  case 6:
    if ((first & 31) >= TAG_FIRST && (first & 31) <= TAG_LAST)
      note_tag (walk);
    return !indefinite && walk_item (walk, depth + 1, FALSE, broke);
  default:
    /* Simple values in two bytes are those that do not fit into one; libcbor knows none. */
    return !indefinite && (first & 31) != 24;
  }
}

/* With tags of two bytes. */
static cbor_item_t *
load_widened (const Walk *walk)
{
  g_autoptr (GByteArray) wide = g_byte_array_new ();
  struct cbor_load_result result;
  gsize done = 0;

  for (guint i = 0; i < walk->tags->len; i++) {
    gsize at = g_array_index (walk->tags, gsize, i);
    const guint8 head[2] = { TAG_TWO_BYTES, walk->data[at] & 31 };

    g_byte_array_append (wide, walk->data + done, (guint)(at - done));
    g_byte_array_append (wide, head, sizeof head);
    done = at + 1;
  }
  g_byte_array_append (wide, walk->data + done, (guint)(walk->at - done));
  return cbor_load (wide->data, wide->len, &result);
}

static cbor_item_t *
load (const Walk *walk, gboolean padded)
{
  struct cbor_load_result result;

  for (gsize i = walk->at; i < walk->size; i++)
    if (!padded || walk->data[i] != 0)
      return NULL;
  return walk->tags != NULL ? load_widened (walk) : cbor_load (walk->data, walk->at, &result);
}

static cbor_item_t *
read_item (const guint8 *data, gsize size, gboolean padded)
{
  Walk walk = { data, size, 0, 0, NULL };
  gboolean broke = FALSE;
  cbor_item_t *item = walk_item (&walk, 0, FALSE, &broke) ? load (&walk, padded) : NULL;

  g_clear_pointer (&walk.tags, g_array_unref);
  return item;
}

cbor_item_t *
gen_cbor_read (const guint8 *data, gsize size)
{
  return read_item (data, size, FALSE);
}

cbor_item_t *
gen_cbor_read_padded (const guint8 *data, gsize size)
{
  return read_item (data, size, TRUE);
}

cbor_item_t *
gen_cbor_get (const cbor_item_t *map, const char *key)
{
  struct cbor_pair *pairs;

  if (map == NULL || !cbor_isa_map (map))
    return NULL;
  pairs = cbor_map_handle (map);
  for (gsize i = 0; i < cbor_map_size (map); i++)
    if (gen_cbor_is_text (pairs[i].key, key))
      return pairs[i].value;
  return NULL;
}

cbor_item_t *
gen_cbor_get_number (const cbor_item_t *map, gint64 key)
{
  struct cbor_pair *pairs;

  if (map == NULL || !cbor_isa_map (map))
    return NULL;
  pairs = cbor_map_handle (map);
  for (gsize i = 0; i < cbor_map_size (map); i++) {
    gint64 value;

    if (gen_cbor_get_integer (pairs[i].key, &value) && value == key)
      return pairs[i].value;
  }
  return NULL;
}

cbor_item_t *
gen_cbor_untag (cbor_item_t *item)
{
  while (item != NULL && cbor_isa_tag (item))
    item = cbor_move (cbor_tag_item (item));
  return item;
}

GBytes *
gen_cbor_serialize (const cbor_item_t *item)
{
  unsigned char *data = NULL;
  size_t room = 0, size = cbor_serialize_alloc (item, &data, &room);
  GBytes *bytes = g_bytes_new (data, size);

  free (data);
  return bytes;
}

gsize
gen_cbor_length (const cbor_item_t *array)
{
  return array != NULL && cbor_isa_array (array) ? cbor_array_size (array) : 0;
}

cbor_item_t *
gen_cbor_at (const cbor_item_t *array, gsize i)
{
  return i < gen_cbor_length (array) ? cbor_array_handle (array)[i] : NULL;
}

gboolean
gen_cbor_is_text (const cbor_item_t *item, const char *text)
{
  gsize size = strlen (text);

  return item != NULL && cbor_isa_string (item) && cbor_string_is_definite (item) &&
         cbor_string_length (item) == size &&
         (size == 0 || memcmp (cbor_string_handle (item), text, size) == 0);
}

/* A string in pieces as one. (transfer full) */
static GString *
gather (const cbor_item_t *item)
{
  gboolean text = cbor_isa_string (item);
  gboolean definite = text ? cbor_string_is_definite (item) : cbor_bytestring_is_definite (item);
  cbor_item_t **pieces = NULL;
  const cbor_item_t *one = item;
  gsize n = 1;
  GString *all = g_string_new (NULL);

  if (!definite) {
    pieces = text ? cbor_string_chunks_handle (item) : cbor_bytestring_chunks_handle (item);
    n = text ? cbor_string_chunk_count (item) : cbor_bytestring_chunk_count (item);
  }
  for (gsize i = 0; i < n; i++) {
    const cbor_item_t *piece = pieces != NULL ? pieces[i] : one;
    gsize size = text ? cbor_string_length (piece) : cbor_bytestring_length (piece);

    if (size > 0)
      g_string_append_len (all,
          (const char *)(text ? cbor_string_handle (piece) : cbor_bytestring_handle (piece)),
          (gssize)size);
  }
  return all;
}

char *
gen_cbor_dup_text (const cbor_item_t *item)
{
  GString *all;
  char *valid;

  if (item == NULL || !cbor_isa_string (item))
    return NULL;
  all = gather (item);
  valid = g_utf8_make_valid (all->str, (gssize)strlen (all->str));
  g_string_free (all, TRUE);
  return valid;
}

const guint8 *
gen_cbor_get_bytes (const cbor_item_t *item, gsize *size)
{
  *size = 0;
  if (item == NULL || !cbor_isa_bytestring (item) || !cbor_bytestring_is_definite (item))
    return NULL;
  *size = cbor_bytestring_length (item);
  return *size > 0 ? cbor_bytestring_handle (item) : (const guint8 *)"";
}

gboolean
gen_cbor_get_integer (const cbor_item_t *item, gint64 *value)
{
  guint64 magnitude;

  if (item == NULL || !cbor_is_int (item))
    return FALSE;
  magnitude = cbor_get_int (item);
  if (magnitude > G_MAXINT64)
    return FALSE;
  *value = cbor_isa_uint (item) ? (gint64)magnitude : -1 - (gint64)magnitude;
  return TRUE;
}

/* --- JSON --- */

/* What is behind a tag; cbor_tag_item adds a reference. */
static cbor_item_t *
look_below (const cbor_item_t *tag)
{
  return cbor_move (cbor_tag_item (tag));
}

static JsonNode *
text_node (const char *text)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  json_node_set_string (node, text);
  return node;
}

static JsonNode *
bytes_node (const cbor_item_t *item)
{
  GString *all = gather (item);
  g_autofree char *base64 = g_base64_encode ((const guchar *)all->str, all->len);

  g_string_free (all, TRUE);
  return text_node (base64);
}

static JsonNode *
number_node (const cbor_item_t *item)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);
  gint64 value;
  g_autofree char *digits = NULL;

  if (gen_cbor_get_integer (item, &value)) {
    json_node_set_int (node, value);
    return node;
  }
  digits = g_strdup_printf (
      "%s%" G_GUINT64_FORMAT, cbor_isa_uint (item) ? "" : "-1-", cbor_get_int (item));
  json_node_set_string (node, digits);
  return node;
}

static JsonNode *
simple_node (const cbor_item_t *item)
{
  JsonNode *node;
  double value;

  if (cbor_is_bool (item)) {
    node = json_node_new (JSON_NODE_VALUE);
    json_node_set_boolean (node, cbor_get_bool (item));
    return node;
  }
  if (!cbor_is_float (item))
    return json_node_new (JSON_NODE_NULL);
  value = cbor_float_get_float (item);
  if (!isfinite (value))
    return json_node_new (JSON_NODE_NULL);
  node = json_node_new (JSON_NODE_VALUE);
  json_node_set_double (node, value);
  return node;
}

static JsonNode *
map_node (const cbor_item_t *item)
{
  struct cbor_pair *pairs = cbor_map_handle (item);
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  for (gsize i = 0; i < cbor_map_size (item); i++) {
    g_autofree char *key = gen_cbor_dup_text (pairs[i].key);
    gint64 number;

    if (key == NULL && gen_cbor_get_integer (pairs[i].key, &number))
      key = g_strdup_printf ("%" G_GINT64_FORMAT, number);
    if (key != NULL)
      json_object_set_member (object, key, gen_cbor_to_json (pairs[i].value));
  }
  json_node_take_object (node, object);
  return node;
}

static JsonNode *
array_node (const cbor_item_t *item)
{
  JsonArray *array = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (gsize i = 0; i < gen_cbor_length (item); i++)
    json_array_add_element (array, gen_cbor_to_json (gen_cbor_at (item, i)));
  json_node_take_array (node, array);
  return node;
}

JsonNode *
gen_cbor_to_json (const cbor_item_t *item)
{
  g_autofree char *text = NULL;

  switch (cbor_typeof (item)) {
  case CBOR_TYPE_UINT:
  case CBOR_TYPE_NEGINT:
    return number_node (item);
  case CBOR_TYPE_BYTESTRING:
    return bytes_node (item);
  case CBOR_TYPE_STRING:
    text = gen_cbor_dup_text (item);
    return text_node (text);
  case CBOR_TYPE_ARRAY:
    return array_node (item);
  case CBOR_TYPE_MAP:
    return map_node (item);
  case CBOR_TYPE_TAG:
    return gen_cbor_to_json (look_below (item));
  default:
    return simple_node (item);
  }
}
