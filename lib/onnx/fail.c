/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors of reading and writing models. */
#include "fail.h"

gboolean
gen_onnx_fail (GError **error, int code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (GEN_ONNX_ERROR, code, format, arguments);
  va_end (arguments);
  return FALSE;
}
