/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>
#include <gst/gst.h>

/* The properties of an element that augments: probability, seed, and one for each augmentation of
 * its medium and each of its parameters, as the library's list has them. All may change while it
 * plays, and can be controlled.
 */

/* Install them, numbered from `first` on; the class's own come before. `type_name` is what names of
 * enumerations begin with, `frequency` the blurb of the probability. */
void gst_generative_augment_install (GObjectClass *class, guint first, const GenMedium *medium,
    const char *type_name, const char *frequency);

/* What the properties are at first. */
GenAugmentSettings gst_generative_augment_defaults (const GenMedium *medium);

/* Property number `index` of them, counted from `first`. Under the object lock. */
void gst_generative_augment_set (GenAugmentSettings *settings, guint index, const GValue *value);
void gst_generative_augment_get (GenAugmentSettings *settings, guint index, GValue *value);
