/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last part of classifiers: a dense layer `head` that makes a probability for each class. */
#pragma once

#include "layers.h"

/* FALSE with `error` where options do not say that there are two classes or more. */
gboolean gen_head_check (const GenPresetOptions *options, GError **error);
/* From features [batch, features], of which training drops some, to [batch, classes]. */
GenTensor *gen_head_append (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *features, GError **error);
