/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>
#include <generative/recipe.h>

G_BEGIN_DECLS

/**
 * GenTokenizer: what makes codes of samples, whole numbers in a row, and samples of codes: the nets
 * that the recipe vector-quantized has trained, as they are. An encoder makes a grid of vectors, a
 * quantizer the number of the nearest vector of its codebook for each, row by row, and a decoder
 * samples of the vectors of such numbers.
 *
 * Since: 0.2
 */
typedef struct {
  GenGraph *encoder, *quantizer, *decoder;
  const GenTensor *codebook; /* the quantizer's: [codes, length of a vector] */
  gint64 codes;              /* different ones */
  gint64 tokens;             /* codes of a sample */
} GenTokenizer;

/* The nets are kept. NULL with an error that says what one of them lacks: the quantizer its
 * `codebook`, which is the name of a constant, or metadata `generative.codes`; the decoder an input
 * of vectors of that length. (transfer full) */
GEN_API GenTokenizer *gen_tokenizer_new (
    GenGraph *encoder, GenGraph *quantizer, GenGraph *decoder, GError **error);
/* Of the files of a checkpoint of that recipe; errors name the file. (transfer full) */
GEN_API GenTokenizer *gen_tokenizer_load (const char *folder, GError **error);
GEN_API GenTokenizer *gen_tokenizer_ref (GenTokenizer *tokenizer);
GEN_API void gen_tokenizer_unref (GenTokenizer *tokenizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenTokenizer, gen_tokenizer_unref)

/* Whether `tokenizer` (NULL: none) is there where `recipe` wants one; else the error says what
 * would be right. */
GEN_API gboolean gen_tokenizer_check (
    const GenRecipe *recipe, const GenTokenizer *tokenizer, GError **error);

/* The metadata of a predictor of codes, and of what makes codes and takes them, that says which
 * codebook they are of: codes of one mean nothing in another. */
#define GEN_TOKENIZER_CODEBOOK "generative.codebook"
/* What it says where they are of this codebook. (transfer full) */
GEN_API char *gen_tokenizer_name (const GenTensor *codebook);
/* What it says where they are of this one. (transfer full) */
GEN_API char *gen_tokenizer_name_codebook (const GenTokenizer *tokenizer);
/* Whether `predictor` was trained on these codes, or does not say. */
GEN_API gboolean gen_tokenizer_check_predictor (
    const GenTokenizer *tokenizer, const GenGraph *predictor, GError **error);

/* Append to `graph` what makes codes, int64 [batch, tokens], of a batch of samples. */
GEN_API GenTensor *gen_tokenizer_encode (
    const GenTokenizer *tokenizer, GenGraph *graph, GenTensor *samples, GError **error);
/* The same the other way round. Nothing is inferred, so that the batch may be free. */
GEN_API GenTensor *gen_tokenizer_decode (
    const GenTokenizer *tokenizer, GenGraph *graph, GenTensor *codes, GError **error);

G_END_DECLS
