/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

typedef struct {
  float ratio;       /* of the elements are zeroed */
  gboolean training; /* else none is */
} GenDropout;

/* What a Dropout node's attribute or constant inputs say. */
GEN_PRIVATE_API gboolean gen_dropout_settings (
    const GenNode *node, GenDropout *settings, GError **error);
