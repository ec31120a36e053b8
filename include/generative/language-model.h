/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/medium.h>

G_BEGIN_DECLS

/**
 * GenLanguageModel: an ONNX model that says of a text how probable each token is after those before
 * it. Known are
 *
 *   - what Hugging Face's tools export: `input_ids` [1, T] and, where there are such,
 *     `attention_mask`, `position_ids` and `token_type_ids`, of int64 or int32, and the
 *     `past_key_values…` of models that remember, which are left empty; the output `logits`
 *     [1, T, V], or else the first of three axes;
 *   - a predictor of bytes (predictor.h): `codes`, `positions` and their scores.
 *
 * The score at a place is of the token that follows it, and hangs on none that comes later: texts
 * are filled up behind their end.
 *
 * Ids are as the tokenizer says (vocabulary.h): the file MODEL.tokenizer.json beside the model,
 * else tokenizer.json in its folder, else that in the folder above; metadata `generative.tokenizer`
 * of "bytes" says that they are bytes, which a model of 256 scores without a file is taken for. Of
 * texts that are longer than a window, each token but the first half window's sees half a window at
 * least. A window is as long as the input, where that is of a known extent; else what the metadata
 * `generative.context` says, or `max_position_embeddings`, `n_positions` or `n_ctx` of config.json
 * where the tokenizer is; 1024 at most, and where nothing says it.
 *
 * Where the tokenizer puts a token before each text, or metadata `generative.beginning` names one,
 * the first token of a text has a probability, too; else it is only seen by the others.
 *
 * Since: 0.2
 */
#define GEN_LANGUAGE_MODEL_WINDOW 1024

typedef struct _GenLanguageModel GenLanguageModel;

/* What a text is to the model. */
typedef struct {
  double nats;        /* the sum of -log of the probabilities */
  guint64 tokens;     /* that have one */
  guint64 characters; /* code points of the text */
} GenLikelihood;

/* NULL with `error`. (transfer full) */
GEN_API GenLanguageModel *gen_language_model_open (const char *path, GError **error);
GEN_API void gen_language_model_free (GenLanguageModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenLanguageModel, gen_language_model_free)

/* Judge `text`, which is valid (gen_text_is_valid). FALSE with `error` where the model cannot be
 * run, or makes what is no finite number. By one thread at a time. */
GEN_API gboolean gen_language_model_judge (
    GenLanguageModel *model, const GenText *text, GenLikelihood *likelihood, GError **error);

G_END_DECLS
