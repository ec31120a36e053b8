/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "../shared/choices.h"
#include "../shared/playing.h"

static GType
preset_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstGanTrainerPreset", gen_preset_list);
}

static GType
optimizer_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstGanTrainerOptimizer", gen_optimizer_list);
}

static GType
loss_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstGanTrainerLoss", gen_loss_list);
}

/* The enumerations of choices and families. */
static GType
enumeration (const GenSetting *setting)
{
  static const struct {
    const char *name;
    GType (*get_type) (void);
  } types[] = {
    { "preset", preset_type },
    { "optimizer", optimizer_type },
    { "loss", loss_type },
    { "device", gst_generative_device_get_type },
    { "precision", gst_generative_precision_get_type },
    { "kernels", gst_generative_kernels_get_type },
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].name, setting->name) == 0)
      return types[i].get_type ();
  g_return_val_if_reached (G_TYPE_INVALID);
}

static const GenSetting *
setting_of (guint property_id)
{
  guint n;

  return &gen_training_setting_list (&n)[property_id - 1];
}

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

static gboolean
is_enumeration (const GenSetting *setting)
{
  return setting->type == GEN_SETTING_CHOICE || setting->type == GEN_SETTING_FAMILY;
}

void
gst_gan_trainer_properties_set (
    GenTrainingSettings *settings, guint property_id, const GValue *value)
{
  const GenSetting *setting = setting_of (property_id);
  g_autoptr (GError) error = NULL;

  /* The property's specification has let through what is within range. */
  if (!gen_setting_set (settings, setting, to_variant (setting, value), &error))
    g_critical ("%s: %s", setting->name, error->message);
}

void
gst_gan_trainer_properties_get (
    const GenTrainingSettings *settings, guint property_id, GValue *value)
{
  const GenSetting *setting = setting_of (property_id);
  GVariant *variant = gen_setting_get (settings, setting);
  g_autoptr (GVariant) sunk = variant != NULL ? g_variant_ref_sink (variant) : NULL;
  g_auto (GValue) plain = G_VALUE_INIT;

  if (sunk == NULL) {
    g_value_set_string (value, NULL);
  } else if (is_enumeration (setting)) {
    g_value_set_enum (value,
        gst_generative_choices_value (G_VALUE_TYPE (value), g_variant_get_string (sunk, NULL)));
  } else {
    g_dbus_gvariant_to_gvalue (sunk, &plain);
    g_value_copy (&plain, value);
  }
}

static GParamSpec *
make_spec (const GenTrainingSettings *defaults, const GenSetting *setting)
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
  case GEN_SETTING_FAMILY: {
    const GType type = enumeration (setting);

    return g_param_spec_enum (name, nick, blurb, type,
        gst_generative_choices_value (type, g_variant_get_string (value, NULL)), flags);
  }
  }
  g_return_val_if_reached (NULL);
}

void
gst_gan_trainer_properties_install (GObjectClass *object_class)
{
  g_auto (GenTrainingSettings) defaults = { 0 };
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  gen_training_settings_init (&defaults);
  for (guint i = 0; i < n; i++)
    g_object_class_install_property (object_class, i + 1, make_spec (&defaults, &list[i]));
}
