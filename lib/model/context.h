/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>

/* The context of the output `output` of `graph`, all of whose shapes are known, along axis `axis`
 * of its input `input`, which is `of_picture`, or of a sound. FALSE with `error`, which names the
 * node, where some results hang on the whole input. */
gboolean gen_graph_find_context (const GenGraph *graph, const GenTensor *input, int axis,
    gboolean of_picture, const GenTensor *output, GenContext *context, GError **error);
