/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of GenVocabulary share: vocabulary.c (encoding) and vocabulary-file.c (reading
 * tokenizer.json). */
#pragma once

#include <generative/vocabulary.h>

/* Two symbols that become one. */
typedef struct {
  guint rank;
  gint64 id;
} GenMerge;

struct _GenVocabulary {
  gboolean is_bytes;
  GHashTable *ids;      /* of a token as the file writes it, gint64 */
  GHashTable *merges;   /* of two ids, as a gint64, GenMerge */
  gint64 bytes[256];    /* the ids of single bytes; -1: there is none */
  char *written[256];   /* how the file writes them */
  GRegex *pieces;       /* NULL: a text is one piece */
  gboolean adds_space;  /* before a text that begins with none */
  gboolean takes_whole; /* a piece that is a token is not merged */
  GNormalizeMode normal;
  gboolean normalizes;
  gint64 size, beginning;
};

/* The id of a token as the file writes it, or -1. */
gint64 gen_vocabulary_find (const GenVocabulary *vocabulary, const char *token);
/* Two ids as a key of merges. */
static inline gint64
gen_vocabulary_pair (gint64 a, gint64 b)
{
  return a << 32 | b;
}
