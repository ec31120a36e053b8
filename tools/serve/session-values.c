/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-values.h"

#include "../../lib/serve/generate-request.h"
#include "error.h"

/* --- from text --- */

static gboolean
fail_value (GParamSpec *spec, const char *text, const char *wanted, GError **error)
{
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_INVALID, "%s: \"%s\" is no value of it: %s",
      spec->name, text, wanted);
  return FALSE;
}

static gboolean
read_enum (GParamSpec *spec, const char *text, GValue *value)
{
  const GEnumValue *found = g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (spec)->enum_class, text);

  if (found != NULL)
    g_value_set_enum (value, found->value);
  return found != NULL;
}

static gboolean
read_choice (GParamSpec *spec, const char *text, GValue *value, GError **error)
{
  const GEnumClass *class = G_PARAM_SPEC_ENUM (spec)->enum_class;
  g_autoptr (GString) all = g_string_new (NULL);

  if (read_enum (spec, text, value))
    return TRUE;
  for (guint i = 0; i < class->n_values; i++)
    g_string_append_printf (all, "%s%s", i > 0 ? ", " : "", class->values[i].value_nick);
  return fail_value (spec, text, all->str, error);
}

static gboolean
read_double (GParamSpec *spec, const char *text, GValue *value, GError **error)
{
  const GParamSpecDouble *range = G_PARAM_SPEC_DOUBLE (spec);
  g_autofree char *wanted = NULL;
  char *end = NULL;
  const double number = g_ascii_strtod (text, &end);

  g_value_set_double (value, number);
  if (end != text && *end == '\0' && number >= range->minimum && number <= range->maximum)
    return TRUE;
  wanted = g_strdup_printf ("a number from %g to %g is wanted", range->minimum, range->maximum);
  return fail_value (spec, text, wanted, error);
}

/* Numbers that are told have 63 bits, so that no more are taken. */
static gboolean
read_whole (GParamSpec *spec, const char *text, GValue *value, GError **error)
{
  const gboolean wide = G_IS_PARAM_SPEC_UINT64 (spec);
  const guint64 least = wide ? 0 : G_PARAM_SPEC_UINT (spec)->minimum;
  const guint64 most = wide ? GEN_SERVE_MAX_SEED : G_PARAM_SPEC_UINT (spec)->maximum;
  g_autofree char *wanted = NULL;
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, least, most, &number, NULL)) {
    wanted = g_strdup_printf ("a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                              " is wanted",
        least, most);
    return fail_value (spec, text, wanted, error);
  }
  if (wide)
    g_value_set_uint64 (value, number);
  else
    g_value_set_uint (value, (guint)number);
  return TRUE;
}

gboolean
serve_value_read (GParamSpec *spec, const char *text, GValue *value, GError **error)
{
  if (G_IS_PARAM_SPEC_ENUM (spec))
    return read_choice (spec, text, value, error);
  return G_IS_PARAM_SPEC_DOUBLE (spec) ? read_double (spec, text, value, error)
                                       : read_whole (spec, text, value, error);
}

/* --- to JSON --- */

void
serve_value_tell (GParamSpec *spec, const GValue *value, JsonObject *object, const char *member)
{
  if (G_IS_PARAM_SPEC_ENUM (spec))
    json_object_set_string_member (object, member,
        g_enum_get_value (G_PARAM_SPEC_ENUM (spec)->enum_class, g_value_get_enum (value))
            ->value_nick);
  else if (G_VALUE_HOLDS_DOUBLE (value))
    json_object_set_double_member (object, member, g_value_get_double (value));
  else if (G_VALUE_HOLDS_INT (value))
    json_object_set_int_member (object, member, g_value_get_int (value));
  else if (G_VALUE_HOLDS_UINT (value))
    json_object_set_int_member (object, member, g_value_get_uint (value));
  else
    json_object_set_int_member (object, member, (gint64)g_value_get_uint64 (value));
}
