/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenAdapterFile: what a net has learned beside weights that stayed as they are (adapter.h): a
 * safetensors file of, as a rule, a few kilobytes, which is for one base.
 *
 * Of a weight W that was adapted it holds `W.lora_A`, which is applied to what goes into the layer,
 * and `W.lora_B`, applied to what comes of that, in float32:
 *
 *   - Conv and Gemm with transB, W [out, in…]: A [rank, in…] and B [out, rank, 1…]; the difference
 *     of the weights is B · A. Of a convolution in groups A has as many rows for each.
 *   - MatMul and Gemm without, W [in, out]: A [in, rank] and B [rank, out]: A · B.
 *   - ConvTranspose, W [in, out…]: A [rank, in, 1…] and B [rank, out…]: Aᵀ · B, group by group.
 *   - others, that are read otherwise (a table that Gather reads, weights that a style scales), as
 *     if they were a Conv's, W [first, rest…].
 *
 * Where `W.lora_magnitude_vector` is there as well, a number for each of the W's units (what the
 * layer makes: [out]), the weights become as long as that and only turn: each unit's are
 * m (W + scaling * B · A) / |W + scaling * B · A|, and at a scale of less than 1 so much of the way
 * from W to there.
 *
 * Ranks may differ from weight to weight. What was trained as it is (a bias, a normalisation's
 * scale) is there as `W.difference`, of its shape. All of it counts `scaling` times, which the
 * metadata say as the others:
 *
 *   format       "generative-adapter"
 *   kind         how it was learned: "lora", "adalora", "dora"
 *   rank, alpha  as settings had it; scaling is alpha / rank
 *   targets      the weights that it is for, with commas between
 *   net          which of a recipe's nets it is for: "generator"
 *   base         what the net began with: the model or the folder of a training
 *   base-sha256  gen_adapter_hash of that
 *   step         steps of training
 *
 * Since: 0.2
 */
typedef struct _GenAdapterFile GenAdapterFile;

#define GEN_ADAPTER_ERROR (gen_adapter_error_quark ())
GEN_API GQuark gen_adapter_error_quark (void);

typedef enum {
  GEN_ADAPTER_ERROR_FILE,    /* cannot be read, or is no adapter: the text says what is wrong */
  GEN_ADAPTER_ERROR_BASE,    /* is for another base */
  GEN_ADAPTER_ERROR_SETTING, /* scales and files do not go together */
} GenAdapterError;

/* What weights are the base: the SHA-256, in hexadecimal, of the SHA-256 of each different constant
 * of floats (its type, its extents and its numbers) of more than one number that a node of `graph`
 * reads, in their order. Neither names nor the order of nodes count, nor what was said in metadata.
 * (transfer full) Since: 0.2 */
GEN_API char *gen_adapter_hash (const GenGraph *graph);

/* Read and check a file: that all is there, of finite numbers. (transfer full) Since: 0.2 */
GEN_API GenAdapterFile *gen_adapter_file_load (const char *path, GError **error);
GEN_API GenAdapterFile *gen_adapter_file_ref (GenAdapterFile *file);
GEN_API void gen_adapter_file_unref (GenAdapterFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAdapterFile, gen_adapter_file_unref)
/* Whether `path` is a safetensors file by its name. Since: 0.2 */
GEN_API gboolean gen_adapter_file_is_named (const char *path);

GEN_API const char *gen_adapter_file_path (const GenAdapterFile *file);
/* What the metadata say under a key, or NULL. Since: 0.2 */
GEN_API const char *gen_adapter_file_metadata (const GenAdapterFile *file, const char *key);
GEN_API double gen_adapter_file_scaling (const GenAdapterFile *file);

/* One weight of it. */
typedef struct {
  const char *weight;
  gint64 rank;    /* 0: it is a difference as it is */
  gint64 numbers; /* in the file */
  gboolean turns; /* it has magnitudes. Since: 0.2 */
} GenAdapterWeight;

GEN_API guint gen_adapter_file_n_weights (const GenAdapterFile *file);
GEN_API GenAdapterWeight gen_adapter_file_weight (const GenAdapterFile *file, guint i);

/* Whether it is for `graph`, which is called `name` in the error (GEN_ADAPTER_ERROR_BASE), by
 * `hash`, that of the net without any adapter. A weight that is an Identity of another becomes one
 * of its own. Since: 0.2 */
GEN_API gboolean gen_adapter_file_check (const GenAdapterFile *file, GenGraph *graph,
    const char *hash, const char *name, GError **error);
/* Add `scale` times what it is to the weights of `graph`, for which it has been checked. */
GEN_API gboolean gen_adapter_file_merge (
    const GenAdapterFile *file, GenGraph *graph, double scale, GError **error);
/* Put it beside the layers of `graph`, which has been checked: its input `scale`, [1], which is
 * added, says how much it counts in a run. */
GEN_API gboolean gen_adapter_file_attach (
    const GenAdapterFile *file, GenGraph *graph, const char *scale, GError **error);

#define GEN_ADAPTERS_MOST 16

/* Put the adapters of the files "a.safetensors,b.safetensors" beside the layers of `graph`, which
 * is called `name` in errors; they stand at `scales`, "0.7,0.3" (1 where nothing is said). Their
 * inputs are called adapter-1, adapter-2 and so on, and the metadata `generative.adapters` says at
 * what they stand. Since: 0.2 */
GEN_API gboolean gen_adapters_attach (
    GenGraph *graph, const char *files, const char *scales, const char *name, GError **error);
/* "0.7,0.3" as `n` numbers, 1 behind the last one that is said; FALSE where it is no such text, or
 * has more. Since: 0.2 */
GEN_API gboolean gen_adapters_read_scales (
    const char *text, double *scales, guint n, GError **error);

G_END_DECLS
