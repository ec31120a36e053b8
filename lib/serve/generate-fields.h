/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields that several routes take: what reads and describes each. */
#pragma once

#include "generate-request.h"
#include "generate-values.h"

/* What may stand around anything in a text, as JSON Schema has it: no text has character 0. */
#define GEN_SERVE_ANYTHING "[^\\u0000]*"

#define GEN_SERVE_FIELD(field)                                                                     \
  gboolean gen_serve_read_##field (                                                                \
      GenServeRequest *request, const char *name, JsonNode *node, GError **error);                 \
  void gen_serve_describe_##field (                                                                \
      const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema);

GEN_SERVE_FIELD (model)
GEN_SERVE_FIELD (prompt)
GEN_SERVE_FIELD (seed)
GEN_SERVE_FIELD (class)
GEN_SERVE_FIELD (count)
GEN_SERVE_FIELD (latent)
GEN_SERVE_FIELD (condition)
GEN_SERVE_FIELD (truncation)
GEN_SERVE_FIELD (parameters)
GEN_SERVE_FIELD (quality)
GEN_SERVE_FIELD (size)

/* What is made of latents, of pictures as well; pictures; what can be told a class, and so on. */
gboolean gen_serve_takes_latent (const GenServeFacts *facts);
gboolean gen_serve_takes_text (const GenServeFacts *facts);
gboolean gen_serve_makes_pictures (const GenServeFacts *facts);
gboolean gen_serve_takes_condition (const GenServeFacts *facts);
gboolean gen_serve_takes_parameters (const GenServeFacts *facts);

/* Let parameter `name` stand at `n` `values` in this request. */
void gen_serve_request_set_parameter (
    GenServeRequest *request, const char *name, const double *values, guint n);
