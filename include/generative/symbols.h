/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenSymbols: how text becomes the numbers that a model of text takes: a table of symbols, letters
 * or the signs of a phonetic alphabet, and the ids of each.
 *
 * Text is taken apart into characters and the marks on them (Unicode's NFD). Of several symbols
 * that begin at a place, the longest is meant. The ids of a text are those of "^" first, then those
 * of each of its symbols, and of "$" last, with those of "_" between any two, as voices of Piper
 * have them; what the table lacks of these three is left out.
 */
typedef struct _GenSymbols GenSymbols;

/* Without symbols. With `folds_case` capitals are meant as small letters. (transfer full) */
GEN_API GenSymbols *gen_symbols_new (gboolean folds_case);
GEN_API void gen_symbols_free (GenSymbols *symbols);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSymbols, gen_symbols_free)

/* Let `symbol`, which is not empty, have the `n` ids, whatever it had before. */
GEN_API void gen_symbols_add (GenSymbols *symbols, const char *symbol, const gint64 *ids, guint n);
/* The ids of `symbol`, and how many; NULL where there is no such. */
GEN_API const gint64 *gen_symbols_find (const GenSymbols *symbols, const char *symbol, guint *n);
GEN_API guint gen_symbols_count (const GenSymbols *symbols);

/* The ids (gint64) of `text`, UTF-8, without the white space around it; none where nothing is left.
 * A character that is no symbol is left out, and put into `missing` (char *), which frees them.
 * (transfer full) */
GEN_API GArray *gen_symbols_encode (
    const GenSymbols *symbols, const char *text, GPtrArray *missing);

/* Of a text that is longer than a model is given at once: how many bytes of `text`, UTF-8, come
 * first, at most `most` characters: all of it, else whole sentences, as many as there is room for,
 * and where there is none, whole words. `whole` becomes FALSE where a sentence is cut. */
GEN_API gsize gen_text_take (const char *text, guint most, gboolean *whole);

G_END_DECLS
