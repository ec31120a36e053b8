/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of an element that follow from a list of settings. */
#pragma once

#include <generative/setting.h>
#include <gst/gst.h>

/* The property of a setting, with the default that `defaults` has; `enumeration` is the type of one
 * that is a choice or of a family. (transfer floating) */
GParamSpec *gst_generative_setting_make_spec (
    const GenSetting *setting, gconstpointer defaults, GType enumeration);
/* A new enumeration of what a choice may be. */
GType gst_generative_setting_register (const GenSetting *setting, const char *type_name);
/* Between a field of `record` and a value of the property. */
void gst_generative_setting_set (const GenSetting *setting, gpointer record, const GValue *value);
void gst_generative_setting_get (const GenSetting *setting, gconstpointer record, GValue *value);

static inline gboolean
gst_generative_setting_is_enumeration (const GenSetting *setting)
{
  return setting->type == GEN_SETTING_CHOICE || setting->type == GEN_SETTING_FAMILY;
}
