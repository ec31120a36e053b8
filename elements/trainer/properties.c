/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include <string.h>

#include "../shared/choices.h"
#include "../shared/playing.h"
#include "../shared/setting-properties.h"

static GType
recipe_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerRecipe", gen_recipe_list);
}

static GType
optimizer_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerOptimizer", gen_optimizer_list);
}

static GType
rate_schedule_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerRateSchedule", gen_rate_schedule_list);
}

static GType
adapter_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerAdapter", gen_adapter_list);
}

static GType
exchange_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerExchange", gen_exchange_engine_list);
}

static GType
loss_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerLoss", gen_loss_list);
}

static GType
prediction_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerPrediction", gen_prediction_list);
}

static GType
noise_schedule_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerNoiseSchedule", gen_schedule_list);
}

static GType
reconstruction_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerReconstruction", gen_reconstruction_list);
}

static GType
degradation_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerDegradation", gen_degradation_list);
}

static GType
attack_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerAttack", gen_attack_list);
}

static GType
retention_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstTrainerRetention", gen_retention_list);
}

/* Of a choice of a recipe's own, of which all elements that have it share one: GstTrainerMaskFill.
 */
static GType
choice_type (const GenSetting *setting)
{
  g_autoptr (GString) name = g_string_new ("GstTrainer");
  GType type;

  for (const char *c = setting->nick; *c != '\0'; c++)
    if (*c != ' ')
      g_string_append_c (name, c == setting->nick || c[-1] == ' ' ? g_ascii_toupper (*c) : *c);
  type = g_type_from_name (name->str);
  return type != 0 ? type : gst_generative_setting_register (setting, name->str);
}

/* The enumerations of choices and families. */
static GType
enumeration (const GenSetting *setting, GType presets)
{
  static const struct {
    const char *name;
    GType (*get_type) (void);
  } types[] = {
    { "recipe", recipe_type },
    { "optimizer", optimizer_type },
    { "learning-rate-schedule", rate_schedule_type },
    { "adapter", adapter_type },
    { "exchange", exchange_type },
    { "loss", loss_type },
    { "reconstruction", reconstruction_type },
    { "degradation", degradation_type },
    { "attack", attack_type },
    { "retain", retention_type },
    { "prediction", prediction_type },
    { "noise-schedule", noise_schedule_type },
    { "device", gst_generative_device_get_type },
    { "precision", gst_generative_precision_get_type },
    { "kernels", gst_generative_kernels_get_type },
  };

  if (!gst_generative_setting_is_enumeration (setting))
    return G_TYPE_INVALID;
  if (strcmp (setting->name, "preset") == 0)
    return presets;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].name, setting->name) == 0)
      return types[i].get_type ();
  if (setting->type == GEN_SETTING_CHOICE)
    return choice_type (setting);
  g_return_val_if_reached (G_TYPE_INVALID);
}

GType
gst_trainer_presets_register (const char *type_name, const GenRecipe *recipe)
{
  GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++)
    if (recipe == NULL || (*preset)->recipe == NULL || (*preset)->recipe == recipe)
      gst_generative_choices_add (values, (*preset)->name, gen_preset_describe (*preset));
  return gst_generative_choices_register (type_name, values);
}

static const GenSetting *
setting_of (guint property_id)
{
  guint n;

  return &gen_training_setting_list (&n)[property_id - 1];
}

void
gst_trainer_properties_set (GenTrainingSettings *settings, guint property_id, const GValue *value)
{
  gst_generative_setting_set (setting_of (property_id), settings, value);
  gen_training_settings_say (settings, setting_of (property_id));
}

void
gst_trainer_properties_get (const GenTrainingSettings *settings, guint property_id, GValue *value)
{
  gst_generative_setting_get (setting_of (property_id), settings, value);
}

/* Each says which recipes and presets it is for, where it is not for all. */
static GParamSpec *
make_spec (const GenSetting *setting, const GenTrainingSettings *defaults, const GenRecipe *recipe,
    GType presets)
{
  g_autofree char *text = gen_training_setting_describe (setting, recipe);
  GenSetting described = *setting;

  described.description = g_intern_string (text);
  return gst_generative_setting_make_spec (&described, defaults, enumeration (setting, presets));
}

void
gst_trainer_properties_install (GObjectClass *object_class, const GenRecipe *recipe, GType presets)
{
  g_auto (GenTrainingSettings) defaults = { 0 };
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  gen_training_settings_init (&defaults);
  for (guint i = 0; i < n; i++)
    if (recipe == NULL ||
        (strcmp (list[i].name, "recipe") != 0 && gen_training_setting_is_of (&list[i], recipe)))
      g_object_class_install_property (
          object_class, i + 1, make_spec (&list[i], &defaults, recipe, presets));
}
