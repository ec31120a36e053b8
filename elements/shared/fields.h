/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* Properties that are plain fields of an element: strings (owned), booleans, ints, guints,
 * guint64s, doubles and enumerations. What a field's type is, the property's specification says. */

/* Set the field to the value, or to the specification's default; empty it. */
void gst_generative_field_set (gpointer field, const GValue *value);
void gst_generative_field_set_default (gpointer field, GParamSpec *pspec);
void gst_generative_field_clear (gpointer field, GParamSpec *pspec);
void gst_generative_field_get (gconstpointer field, GValue *value);
/* (transfer floating); NULL for a string that is NULL. */
GVariant *gst_generative_field_to_variant (gconstpointer field, GParamSpec *pspec);
