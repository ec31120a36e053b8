/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CBOR (RFC 8949) in its preferred form, appended piece by piece. */
#pragma once

#include <glib.h>

#include "../private-api.h"

/* What is open: how many more items each map and array has got since it was begun. */
#define GEN_CBOR_DEPTH 16

typedef struct {
  GByteArray *bytes;
  struct {
    guint at; /* where its head will go */
    guint n;  /* items so far */
  } open[GEN_CBOR_DEPTH];
  guint depth;
} GenCborWriter;

GEN_PRIVATE_API void gen_cbor_writer_init (GenCborWriter *writer);
/* All of it; nothing may be open. (transfer full) */
GEN_PRIVATE_API GBytes *gen_cbor_writer_end (GenCborWriter *writer);

/* A map: pairs of a key and one item follow, then gen_cbor_map_close. */
GEN_PRIVATE_API void gen_cbor_map (GenCborWriter *writer);
GEN_PRIVATE_API void gen_cbor_map_close (GenCborWriter *writer);
GEN_PRIVATE_API void gen_cbor_array (GenCborWriter *writer);
GEN_PRIVATE_API void gen_cbor_array_close (GenCborWriter *writer);
GEN_PRIVATE_API void gen_cbor_key (GenCborWriter *writer, const char *key);
/* COSE's headers have numbers as keys. */
void gen_cbor_key_number (GenCborWriter *writer, gint64 key);

GEN_PRIVATE_API void gen_cbor_text (GenCborWriter *writer, const char *text);
GEN_PRIVATE_API void gen_cbor_bytes (GenCborWriter *writer, const void *data, gsize size);
/* A string of `size` zeros. */
void gen_cbor_zeros (GenCborWriter *writer, gsize size);
void gen_cbor_integer (GenCborWriter *writer, gint64 value);
void gen_cbor_boolean (GenCborWriter *writer, gboolean value);
void gen_cbor_null (GenCborWriter *writer);
/* What tags the item that follows. */
void gen_cbor_tag (GenCborWriter *writer, guint64 tag);
/* One item that is CBOR already. */
void gen_cbor_item (GenCborWriter *writer, GBytes *item);

/* Pairs of a key and a text, left out where that is NULL. */
GEN_PRIVATE_API void gen_cbor_pair_text (GenCborWriter *writer, const char *key, const char *text);
