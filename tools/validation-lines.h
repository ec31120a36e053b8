/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/figure.h>

#include "json-lines.h"

/* The validations of a training as lines of JSON, which another program reads while it goes on, and
 * after it was killed. */
/* The name that they have in the folder of a trial. */
#define VALIDATION_LINES "validation.jsonl"

/* {"step":500,…,"best":true} */
gboolean validation_lines_add (
    JsonLines *lines, const GenFigures *figures, gboolean best, GError **error);
/* {"failed":"…"}: why the training ended. Nothing is told where it cannot be written. */
void validation_lines_fail (JsonLines *lines, const GError *failure);
