/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/features.h>

extern const GenEmbedder gen_embedder_hashed_words;
extern const GenEmbedder gen_embedder_hog;
extern const GenEmbedder gen_embedder_log_mel;
extern const GenEmbedder gen_embedder_onnx;
extern const GenEmbedder gen_embedder_pixels;

/* What figures that hang on the file `path` say of it: its base name, a dash, and the first digits
 * of its SHA-256. NULL with `error`. (transfer full) */
char *gen_features_name_file (const char *path, GError **error);
