/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/onnx.h>

/* Set `error`, which may be NULL, to one of GEN_ONNX_ERROR; FALSE. */
gboolean gen_onnx_fail (GError **error, int code, const char *format, ...) G_GNUC_PRINTF (3, 4);
