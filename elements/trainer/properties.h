/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/training-settings.h>
#include <glib-object.h>

/* The library's list of what can be said of a training, as properties: all of it, or without what
 * is not of `recipe`. Their numbers are those of the list, from 1 on. `presets` is the enumeration
 * of presets. */
void gst_trainer_properties_install (
    GObjectClass *object_class, const GenRecipe *recipe, GType presets);
/* The enumeration `type_name` of all presets, or of those of `recipe`. */
GType gst_trainer_presets_register (const char *type_name, const GenRecipe *recipe);
void gst_trainer_properties_set (
    GenTrainingSettings *settings, guint property_id, const GValue *value);
void gst_trainer_properties_get (
    const GenTrainingSettings *settings, guint property_id, GValue *value);
