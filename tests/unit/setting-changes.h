/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of trainings by their names, and other values for them. */
#pragma once

#include <string.h>

#include <generative/training-settings.h>

static inline const GenSetting *
setting_find (const char *name)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  g_autoptr (GError) error = NULL;
  const GenSetting *setting = gen_setting_find (list, n, name, &error);

  g_assert_no_error (error);
  return setting;
}

/* Another value than it has. */
static inline GVariant *
setting_other_value (const GenTrainingSettings *settings, const GenSetting *setting)
{
  static const struct {
    const char *name, *value, *second;
  } members[] = {
    { "loss", "hinge", "least-squares" },
    { "reconstruction", "ssim", "l2" },
    { "prediction", "epsilon", "sample" },
    { "noise-schedule", "linear", "cosine" },
    { "degradation", "noise", "blur" },
    { "attack", "pgd", "pgd-l2" },
    { "optimizer", "adamw", "sgd" },
    { "learning-rate-schedule", "cosine", "linear" },
  };
  g_autoptr (GVariant) is = gen_setting_get (settings, setting);
  int number;

  switch (setting->type) {
  case GEN_SETTING_FLAG:
    return g_variant_new_boolean (!g_variant_get_boolean (is));
  case GEN_SETTING_INT:
    number = g_variant_get_int32 (is);
    return g_variant_new_int32 (number == 0 ? 8 : 2 * number);
  case GEN_SETTING_UINT:
    return g_variant_new_uint32 (g_variant_get_uint32 (is) + 3);
  case GEN_SETTING_UINT64:
    return g_variant_new_uint64 (g_variant_get_uint64 (is) + 30);
  case GEN_SETTING_DOUBLE:
    return g_variant_new_double (
        g_variant_get_double (is) == 0 ? 0.2 : g_variant_get_double (is) / 2);
  case GEN_SETTING_TEXT:
    return is == NULL ? g_variant_new_string ("another.onnx") : NULL;
  case GEN_SETTING_CHOICE:
    return g_variant_new_string (
        setting->choices[strcmp (g_variant_get_string (is, NULL), setting->choices[0]) == 0]);
  case GEN_SETTING_FAMILY:
    for (guint i = 0; i < G_N_ELEMENTS (members); i++)
      if (strcmp (members[i].name, setting->name) == 0)
        return g_variant_new_string (strcmp (g_variant_get_string (is, NULL), members[i].value) == 0
                                         ? members[i].second
                                         : members[i].value);
  }
  g_error ("%s: no other value", setting->name);
}

static inline void
setting_change (GenTrainingSettings *settings, const GenSetting *setting)
{
  g_autoptr (GError) error = NULL;
  const gboolean set =
      gen_setting_set (settings, setting, setting_other_value (settings, setting), &error);

  g_assert_no_error (error);
  g_assert_true (set);
}
