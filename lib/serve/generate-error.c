/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-error.h"

typedef struct {
  char *field;
} GenServeErrorPrivate;

static void
gen_serve_error_private_init (GenServeErrorPrivate *priv)
{
}

static void
gen_serve_error_private_copy (const GenServeErrorPrivate *from, GenServeErrorPrivate *to)
{
  to->field = g_strdup (from->field);
}

static void
gen_serve_error_private_clear (GenServeErrorPrivate *priv)
{
  g_free (priv->field);
}

G_DEFINE_EXTENDED_ERROR (GenServeError, gen_serve_error)

gboolean
gen_serve_refuse (GError **error, GenServeCode code, const char *field, const char *format, ...)
{
  GError *made;
  va_list arguments;

  va_start (arguments, format);
  made = g_error_new_valist (GEN_SERVE_ERROR, (int)code, format, arguments);
  va_end (arguments);
  if (field != NULL)
    g_prefix_error (&made, "%s: ", field);
  gen_serve_error_get_private (made)->field = g_strdup (field);
  g_propagate_error (error, made);
  return FALSE;
}

const char *
gen_serve_error_field (const GError *error)
{
  return error->domain == GEN_SERVE_ERROR ? gen_serve_error_get_private (error)->field : NULL;
}
