/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/features.h>

extern const GenEmbedder gen_embedder_hog;
extern const GenEmbedder gen_embedder_log_mel;
extern const GenEmbedder gen_embedder_onnx;
extern const GenEmbedder gen_embedder_pixels;
