/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>

/* Fill in how the numbers of each picture stand for bytes. `graph` is the model's, or a copy with
 * more shapes and constants known. A wrong metadata entry or sidecar is an error that names it. */
gboolean gen_model_read_ranges (GenModel *model, const GenGraph *graph, GError **error);

/* Free extents of the inputs of `graph` made known: N, and a picture's size. */
gboolean gen_model_fix_inputs (
    GenGraph *graph, gint64 batch, int height, int width, GError **error);
