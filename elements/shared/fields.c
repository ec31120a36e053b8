/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fields.h"

void
gst_generative_field_set (gpointer field, const GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
  case G_TYPE_STRING:
    g_free (*(char **)field);
    *(char **)field = g_value_dup_string (value);
    break;
  case G_TYPE_BOOLEAN:
    *(gboolean *)field = g_value_get_boolean (value);
    break;
  case G_TYPE_INT:
    *(int *)field = g_value_get_int (value);
    break;
  case G_TYPE_UINT:
    *(guint *)field = g_value_get_uint (value);
    break;
  case G_TYPE_UINT64:
    *(guint64 *)field = g_value_get_uint64 (value);
    break;
  case G_TYPE_DOUBLE:
    *(double *)field = g_value_get_double (value);
    break;
  case G_TYPE_ENUM:
    *(int *)field = g_value_get_enum (value);
    break;
  default:
    g_assert_not_reached ();
  }
}

void
gst_generative_field_set_default (gpointer field, GParamSpec *pspec)
{
  gst_generative_field_set (field, g_param_spec_get_default_value (pspec));
}

void
gst_generative_field_clear (gpointer field, GParamSpec *pspec)
{
  if (G_PARAM_SPEC_VALUE_TYPE (pspec) == G_TYPE_STRING)
    g_clear_pointer ((char **)field, g_free);
}

void
gst_generative_field_get (gconstpointer field, GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
  case G_TYPE_STRING:
    g_value_set_string (value, *(char *const *)field);
    break;
  case G_TYPE_BOOLEAN:
    g_value_set_boolean (value, *(const gboolean *)field);
    break;
  case G_TYPE_INT:
    g_value_set_int (value, *(const int *)field);
    break;
  case G_TYPE_UINT:
    g_value_set_uint (value, *(const guint *)field);
    break;
  case G_TYPE_UINT64:
    g_value_set_uint64 (value, *(const guint64 *)field);
    break;
  case G_TYPE_DOUBLE:
    g_value_set_double (value, *(const double *)field);
    break;
  case G_TYPE_ENUM:
    g_value_set_enum (value, *(const int *)field);
    break;
  default:
    g_assert_not_reached ();
  }
}

GVariant *
gst_generative_field_to_variant (gconstpointer field, GParamSpec *pspec)
{
  switch (G_TYPE_FUNDAMENTAL (G_PARAM_SPEC_VALUE_TYPE (pspec))) {
  case G_TYPE_STRING: {
    const char *text = *(char *const *)field;

    return text != NULL ? g_variant_new_string (text) : NULL;
  }
  case G_TYPE_BOOLEAN:
    return g_variant_new_boolean (*(const gboolean *)field);
  case G_TYPE_INT:
    return g_variant_new_int32 (*(const int *)field);
  case G_TYPE_UINT:
    return g_variant_new_uint32 (*(const guint *)field);
  case G_TYPE_UINT64:
    return g_variant_new_uint64 (*(const guint64 *)field);
  case G_TYPE_DOUBLE:
    return g_variant_new_double (*(const double *)field);
  case G_TYPE_ENUM:
    return g_variant_new_string (
        g_enum_get_value (G_PARAM_SPEC_ENUM (pspec)->enum_class, *(const int *)field)->value_nick);
  default:
    g_assert_not_reached ();
  }
}
