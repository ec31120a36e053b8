/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CBOR of others, read. */
#pragma once

#include <cbor.h>
#include <json-glib/json-glib.h>

/* Maps, arrays and tags within each other at most, which no assertion of the specification has. */
#define GEN_CBOR_NESTING 32

/* One item that is all of `data`: NULL where it is not well-formed (RFC 8949, appendix C), nests
 * deeper than GEN_CBOR_NESTING, or has something behind it. Give it to cbor_decref. */
cbor_item_t *gen_cbor_read (const guint8 *data, gsize size);
/* The same where zeros may follow, as those that fill boxes up do. */
cbor_item_t *gen_cbor_read_padded (const guint8 *data, gsize size);

static inline void
gen_cbor_unref (cbor_item_t *item)
{
  if (item != NULL)
    cbor_decref (&item);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (cbor_item_t, gen_cbor_unref)

/* What is below are looks at an item: nothing is owned, NULL or FALSE is what is not there or is of
 * another type, and NULL may be looked at. */
cbor_item_t *gen_cbor_get (const cbor_item_t *map, const char *key);
cbor_item_t *gen_cbor_get_number (const cbor_item_t *map, gint64 key);
/* What is tagged. */
cbor_item_t *gen_cbor_untag (cbor_item_t *item);
/* Of an array. */
gsize gen_cbor_length (const cbor_item_t *array);
cbor_item_t *gen_cbor_at (const cbor_item_t *array, gsize i);
gboolean gen_cbor_is_text (const cbor_item_t *item, const char *text);
/* (transfer full) */
char *gen_cbor_dup_text (const cbor_item_t *item);
const guint8 *gen_cbor_get_bytes (const cbor_item_t *item, gsize *size);
gboolean gen_cbor_get_integer (const cbor_item_t *item, gint64 *value);

/* The item written again. (transfer full) */
GBytes *gen_cbor_serialize (const cbor_item_t *item);
/* As JSON, for people: byte strings in base 64. (transfer full) */
JsonNode *gen_cbor_to_json (const cbor_item_t *item);
