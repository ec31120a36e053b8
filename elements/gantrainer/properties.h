/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/training-settings.h>
#include <glib-object.h>

/* The properties of gantrainer: the library's list of what can be said of a training. Their numbers
 * are those of the list, from 1 on. */
void gst_gan_trainer_properties_install (GObjectClass *object_class);
void gst_gan_trainer_properties_set (
    GenTrainingSettings *settings, guint property_id, const GValue *value);
void gst_gan_trainer_properties_get (
    const GenTrainingSettings *settings, guint property_id, GValue *value);
