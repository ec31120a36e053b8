/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>
#include <json-glib/json-glib.h>

/* What metrics that look at texts themselves found in two sets, side by side. */

/* A table of it. FALSE with `error` when a figure cannot be computed. */
gboolean compare_texts_print (GenMeter *samples, GenMeter *reference, GError **error);
/* Two members of `object`: "of-samples" and "of-reference". */
gboolean compare_texts_add (
    GenMeter *samples, GenMeter *reference, JsonObject *object, GError **error);
