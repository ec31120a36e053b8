/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "origin.h"

#include <string.h>

#include <glib/gstdio.h>

#include <generative/file-bytes.h>

#include "../base/json-file.h"

/* Longer objects are no sidecars. */
#define MAX_SIDECAR (1 << 20)

const char *const gen_origin_names[GEN_ORIGIN_FIELDS][8] = {
  [GEN_ORIGIN_ADDRESS] = { "url", "source_url", "image_url", "original_url", "page_url", NULL },
  [GEN_ORIGIN_LICENCE] = { "licence", "license", "license_url", "usage_terms", NULL },
  [GEN_ORIGIN_GROUP] = { "group", "subgroup", NULL },
  [GEN_ORIGIN_RESERVATION] = { "tdm-reservation", "tdm_reservation", NULL },
};

void
gen_origins_init (GenOrigins *origins)
{
  origins->items = g_array_new (FALSE, TRUE, sizeof (GenDatasetOrigin));
  origins->texts = g_string_chunk_new (1 << 12);
}

void
gen_origins_clear (GenOrigins *origins)
{
  g_array_unref (origins->items);
  g_string_chunk_free (origins->texts);
}

static const char *
keep (GenOrigins *origins, const char *text)
{
  return text != NULL && *text != '\0' ? g_string_chunk_insert_const (origins->texts, text) : NULL;
}

static gboolean
read_reservation (const char *text, gboolean *reserved)
{
  static const char *const yes[] = { "1", "true", NULL }, *const no[] = { "0", "false", "", NULL };
  g_autofree char *lower = text != NULL ? g_ascii_strdown (text, -1) : g_strdup ("");

  *reserved = g_strv_contains (yes, lower);
  return *reserved || g_strv_contains (no, lower);
}

gboolean
gen_origins_set (GenOrigins *origins, guint32 index, const char *const *texts)
{
  GenDatasetOrigin origin = { .address = keep (origins, texts[GEN_ORIGIN_ADDRESS]),
    .licence = keep (origins, texts[GEN_ORIGIN_LICENCE]),
    .group = keep (origins, texts[GEN_ORIGIN_GROUP]) };

  if (!read_reservation (texts[GEN_ORIGIN_RESERVATION], &origin.is_reserved))
    return FALSE;
  if (origin.address == NULL && origin.licence == NULL && origin.group == NULL &&
      !origin.is_reserved)
    return TRUE;
  if (index >= origins->items->len)
    g_array_set_size (origins->items, index + 1);
  g_array_index (origins->items, GenDatasetOrigin, index) = origin;
  return TRUE;
}

gboolean
gen_origins_get (const GenOrigins *origins, guint32 index, GenDatasetOrigin *origin)
{
  *origin = (GenDatasetOrigin){ 0 };
  if (index < origins->items->len)
    *origin = g_array_index (origins->items, GenDatasetOrigin, index);
  return origin->address != NULL || origin->licence != NULL || origin->group != NULL ||
         origin->is_reserved;
}

/* --- objects --- */

static char *
text_of (JsonNode *node)
{
  GType type = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node)
                                                            : G_TYPE_INVALID;
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (type == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  if (type == G_TYPE_DOUBLE)
    return g_strdup (g_ascii_formatd (digits, sizeof digits, "%.17g", json_node_get_double (node)));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");
  return NULL;
}

void
gen_origin_read_object (JsonObject *object, char **texts)
{
  for (int field = 0; field < GEN_ORIGIN_FIELDS; field++) {
    const char *const *name = gen_origin_names[field];

    for (texts[field] = NULL; *name != NULL && texts[field] == NULL; name++) {
      JsonNode *node = json_object_get_member (object, *name);

      texts[field] = text_of (node);
      if (node != NULL && texts[field] == NULL && field == GEN_ORIGIN_RESERVATION)
        texts[field] = gen_json_to_text (node, FALSE);
    }
  }
}

/* NULL where the file is none of JSON. */
static JsonNode *
read_json (const char *path)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, NULL);
  g_autofree char *text = NULL;
  const char *data;
  gsize length;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &length);
  if (length == 0 || length > MAX_SIDECAR || !g_utf8_validate_len (data, length, NULL))
    return NULL;
  text = g_strndup (data, length);
  return gen_json_from_text (text, NULL);
}

gboolean
gen_origin_read_sidecar (const char *path, JsonObject **object)
{
  const char *dot = strrchr (path, '.'), *slash = strrchr (path, '/');
  const gsize stem = dot != NULL && dot > slash ? (gsize)(dot - path) : strlen (path);
  g_autofree char *beside = g_strdup_printf ("%.*s.json", (int)stem, path);
  g_autoptr (JsonNode) root = NULL;
  GStatBuf status;

  *object = NULL;
  if (g_str_equal (beside, path) || g_lstat (beside, &status) != 0)
    return TRUE;
  root = read_json (beside);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    *object = json_node_dup_object (root);
  return *object != NULL;
}
