/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Byte pair encoding. A file writes each byte as a character that can be seen; here symbols are
 * ids from the beginning: those of single bytes are merged pair by pair. */
#include <string.h>

#include "vocabulary-private.h"

void
gen_vocabulary_free (GenVocabulary *vocabulary)
{
  g_clear_pointer (&vocabulary->ids, g_hash_table_unref);
  g_clear_pointer (&vocabulary->merges, g_hash_table_unref);
  g_clear_pointer (&vocabulary->pieces, g_regex_unref);
  for (int b = 0; b < 256; b++)
    g_free (vocabulary->written[b]);
  g_free (vocabulary);
}

GenVocabulary *
gen_vocabulary_new_bytes (void)
{
  GenVocabulary *vocabulary = g_new0 (GenVocabulary, 1);

  vocabulary->is_bytes = TRUE;
  vocabulary->size = 256;
  vocabulary->beginning = -1;
  return vocabulary;
}

gint64
gen_vocabulary_size (const GenVocabulary *vocabulary)
{
  return vocabulary->size;
}

gint64
gen_vocabulary_beginning (const GenVocabulary *vocabulary)
{
  return vocabulary->beginning;
}

gint64
gen_vocabulary_find (const GenVocabulary *vocabulary, const char *token)
{
  const gint64 *id = g_hash_table_lookup (vocabulary->ids, token);

  return id != NULL ? *id : -1;
}

/* --- encoding --- */

/* The place of the pair that is merged first, or G_MAXUINT. */
static guint
find_pair (const GenVocabulary *vocabulary, const GArray *ids, guint first, gint64 *merged)
{
  guint place = G_MAXUINT, least = G_MAXUINT;

  for (guint i = first; i + 1 < ids->len; i++) {
    const gint64 pair =
        gen_vocabulary_pair (g_array_index (ids, gint64, i), g_array_index (ids, gint64, i + 1));
    const GenMerge *merge = g_hash_table_lookup (vocabulary->merges, &pair);

    if (merge == NULL || merge->rank >= least)
      continue;
    least = merge->rank;
    place = i;
    *merged = merge->id;
  }
  return place;
}

/* The piece as the file would write it. (transfer full) */
static char *
write_piece (const GenVocabulary *vocabulary, const char *piece, gsize length)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append (text, vocabulary->written[(guint8)piece[i]]);
  return g_string_free (text, FALSE);
}

static void
encode_part (const GenVocabulary *vocabulary, const char *piece, gsize length, GArray *ids)
{
  const guint first = ids->len;
  gint64 merged = 0;
  guint place;

  if (vocabulary->takes_whole) {
    g_autofree char *written = write_piece (vocabulary, piece, length);
    const gint64 id = gen_vocabulary_find (vocabulary, written);

    if (id >= 0) {
      g_array_append_val (ids, id);
      return;
    }
  }
  for (gsize i = 0; i < length; i++)
    if (vocabulary->bytes[(guint8)piece[i]] >= 0)
      g_array_append_val (ids, vocabulary->bytes[(guint8)piece[i]]);
  while ((place = find_pair (vocabulary, ids, first, &merged)) != G_MAXUINT) {
    g_array_index (ids, gint64, place) = merged;
    g_array_remove_index (ids, place + 1);
  }
}

static void
encode_piece (const GenVocabulary *vocabulary, const char *piece, gsize length, GArray *ids)
{
  for (gsize done = 0; done < length; done += GEN_VOCABULARY_PIECE)
    encode_part (vocabulary, piece + done, MIN (length - done, GEN_VOCABULARY_PIECE), ids);
}

/* Pieces that the expression finds, and what is between them. An expression that gives up has not
 * cut what is left, which would be other ids than those that the model was trained with. */
static gboolean
encode_text (
    const GenVocabulary *vocabulary, const char *text, gsize length, GArray *ids, GError **error)
{
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GError) reason = NULL;
  gsize done = 0;

  if (vocabulary->pieces != NULL)
    g_regex_match_full (vocabulary->pieces, text, (gssize)length, 0, 0, &match, &reason);
  while (reason == NULL && match != NULL && g_match_info_matches (match)) {
    int first, end;

    g_match_info_fetch_pos (match, 0, &first, &end);
    encode_piece (vocabulary, text + done, (gsize)first - done, ids);
    encode_piece (vocabulary, text + first, (gsize)(end - first), ids);
    done = (gsize)end;
    g_match_info_next (match, &reason);
  }
  if (reason != NULL) {
    g_propagate_prefixed_error (error, g_steal_pointer (&reason),
        "the vocabulary cannot cut a text of %" G_GSIZE_FORMAT " bytes: ", length);
    return FALSE;
  }
  encode_piece (vocabulary, text + done, length - done, ids);
  return TRUE;
}

GArray *
gen_vocabulary_encode (
    const GenVocabulary *vocabulary, const char *text, gsize length, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *own = NULL;

  if (vocabulary->is_bytes) {
    for (gsize i = 0; i < length; i++) {
      const gint64 id = (guint8)text[i];

      g_array_append_val (ids, id);
    }
    return g_steal_pointer (&ids);
  }
  if (length == 0)
    return g_steal_pointer (&ids);
  if (vocabulary->normalizes) {
    own = g_utf8_normalize (text, (gssize)length, vocabulary->normal);
    text = own;
    length = strlen (own);
  }
  if (vocabulary->adds_space && *text != ' ') {
    char *spaced = g_strdup_printf (" %.*s", (int)length, text);

    g_free (own);
    own = spaced;
    text = own;
    length++;
  }
  return encode_text (vocabulary, text, length, ids, error) ? g_steal_pointer (&ids) : NULL;
}
