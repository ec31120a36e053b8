/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setting-properties.h"

#include <gio/gio.h>
#include <math.h>

#include "choices.h"

/* (transfer floating); NULL for a text that is unset. */
static GVariant *
to_variant (const GenSetting *setting, const GValue *value)
{
  const char *text;

  switch (setting->type) {
  case GEN_SETTING_FLAG:
    return g_variant_new_boolean (g_value_get_boolean (value));
  case GEN_SETTING_INT:
    return g_variant_new_int32 (g_value_get_int (value));
  case GEN_SETTING_UINT:
    return g_variant_new_uint32 (g_value_get_uint (value));
  case GEN_SETTING_UINT64:
    return g_variant_new_uint64 (g_value_get_uint64 (value));
  case GEN_SETTING_DOUBLE:
    return g_variant_new_double (g_value_get_double (value));
  case GEN_SETTING_TEXT:
    text = g_value_get_string (value);
    return text != NULL ? g_variant_new_string (text) : NULL;
  case GEN_SETTING_CHOICE:
  case GEN_SETTING_FAMILY: {
    g_autoptr (GEnumClass) class = g_type_class_ref (G_VALUE_TYPE (value));

    return g_variant_new_string (g_enum_get_value (class, g_value_get_enum (value))->value_nick);
  }
  }
  g_return_val_if_reached (NULL);
}

void
gst_generative_setting_set (const GenSetting *setting, gpointer record, const GValue *value)
{
  g_autoptr (GError) error = NULL;

  /* The property's specification has let through what is within range. */
  if (!gen_setting_set (record, setting, to_variant (setting, value), &error))
    g_critical ("%s: %s", setting->name, error->message);
}

void
gst_generative_setting_get (const GenSetting *setting, gconstpointer record, GValue *value)
{
  GVariant *variant = gen_setting_get (record, setting);
  g_autoptr (GVariant) sunk = variant != NULL ? g_variant_ref_sink (variant) : NULL;
  g_auto (GValue) plain = G_VALUE_INIT;

  if (sunk == NULL) {
    g_value_set_string (value, NULL);
  } else if (gst_generative_setting_is_enumeration (setting)) {
    g_value_set_enum (value,
        gst_generative_choices_value (G_VALUE_TYPE (value), g_variant_get_string (sunk, NULL)));
  } else {
    g_dbus_gvariant_to_gvalue (sunk, &plain);
    g_value_copy (&plain, value);
  }
}

GParamSpec *
gst_generative_setting_make_spec (
    const GenSetting *setting, gconstpointer defaults, GType enumeration)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const gboolean bound = isfinite (setting->maximum);
  GVariant *variant = gen_setting_get (defaults, setting);
  g_autoptr (GVariant) value = variant != NULL ? g_variant_ref_sink (variant) : NULL;
  const char *name = setting->name, *nick = setting->nick, *blurb = setting->description;

  switch (setting->type) {
  case GEN_SETTING_FLAG:
    return g_param_spec_boolean (name, nick, blurb, g_variant_get_boolean (value), flags);
  case GEN_SETTING_INT:
    return g_param_spec_int (name, nick, blurb, (int)setting->minimum,
        bound ? (int)setting->maximum : G_MAXINT, g_variant_get_int32 (value), flags);
  case GEN_SETTING_UINT:
    return g_param_spec_uint (name, nick, blurb, (guint)setting->minimum,
        bound ? (guint)setting->maximum : G_MAXUINT, g_variant_get_uint32 (value), flags);
  case GEN_SETTING_UINT64:
    return g_param_spec_uint64 (name, nick, blurb, (guint64)setting->minimum,
        bound ? (guint64)setting->maximum : G_MAXUINT64, g_variant_get_uint64 (value), flags);
  case GEN_SETTING_DOUBLE:
    return g_param_spec_double (
        name, nick, blurb, setting->minimum, setting->maximum, g_variant_get_double (value), flags);
  case GEN_SETTING_TEXT:
    return g_param_spec_string (
        name, nick, blurb, value != NULL ? g_variant_get_string (value, NULL) : NULL, flags);
  case GEN_SETTING_CHOICE:
  case GEN_SETTING_FAMILY:
    return g_param_spec_enum (name, nick, blurb, enumeration,
        gst_generative_choices_value (enumeration, g_variant_get_string (value, NULL)), flags);
  }
  g_return_val_if_reached (NULL);
}

GType
gst_generative_setting_register (const GenSetting *setting, const char *type_name)
{
  GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));

  for (guint i = 0; setting->choices[i] != NULL; i++)
    gst_generative_choices_add (values, setting->choices[i], setting->choice_texts[i]);
  return gst_generative_choices_register (type_name, values);
}
