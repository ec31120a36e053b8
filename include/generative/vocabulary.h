/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenVocabulary: how text becomes the ids that a language model takes. Either each byte of UTF-8 is
 * an id, 0 to 255, or it is as the file `tokenizer.json` of Hugging Face's tokenizers says: byte
 * pair encoding of bytes (Sennrich, Haddow and Birch, "Neural machine translation of rare words
 * with subword units", ACL 2016; of bytes, as Radford et al., "Language models are unsupervised
 * multitask learners", 2019, have it), which GPT-2, RoBERTa, Llama 3, Qwen and many others use.
 * Text is cut into pieces by a regular expression, the file's own or GPT-2's, and of each piece
 * those two neighbours become one that come first in the list of merges, until there are none.
 *
 * Names of special tokens within a text are text like any other. A piece of more than
 * GEN_VOCABULARY_PIECE bytes is cut there, since merging takes the square of its length.
 *
 * Since: 0.2
 */
#define GEN_VOCABULARY_PIECE 256

typedef struct _GenVocabulary GenVocabulary;

/* Bytes. (transfer full) */
GEN_API GenVocabulary *gen_vocabulary_new_bytes (void);
/* As the file `path` says; NULL with `error`, which says what in it is of another kind. (transfer
 * full) */
GEN_API GenVocabulary *gen_vocabulary_load (const char *path, GError **error);
GEN_API void gen_vocabulary_free (GenVocabulary *vocabulary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenVocabulary, gen_vocabulary_free)

/* The ids (gint64) of `length` bytes of `text`, valid UTF-8; NULL with `error` where the file's
 * expression takes more steps to cut it than are allowed. (transfer full) */
GEN_API GArray *gen_vocabulary_encode (
    const GenVocabulary *vocabulary, const char *text, gsize length, GError **error);
/* One more than the greatest id. */
GEN_API gint64 gen_vocabulary_size (const GenVocabulary *vocabulary);
/* The id that the file puts before each text, or -1. */
GEN_API gint64 gen_vocabulary_beginning (const GenVocabulary *vocabulary);

G_END_DECLS
