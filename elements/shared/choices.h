/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* Enumerations for properties whose choices a list of the library has: value N is the N-th of the
 * list, its nick the name, so that gst-inspect-1.0 shows what there is and launch lines name it. */

/* Add a choice to an array of GEnumValue that is zero-terminated. Its strings are kept. */
void gst_generative_choices_add (GArray *values, const char *name, const char *description);
/* The enumeration `type_name` of the choices, which are taken. */
GType gst_generative_choices_register (const char *type_name, GArray *values);

/* The body of a function that returns the enumeration of a family: of a NULL-terminated `list ()`
 * of constant structs that have `name` and `description`. */
#define GST_GENERATIVE_RETURN_FAMILY(type_name, list)                                              \
  static gsize type = 0;                                                                           \
                                                                                                   \
  if (g_once_init_enter (&type)) {                                                                 \
    GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));                                \
                                                                                                   \
    for (typeof (list ()) member = list (); *member != NULL; member++)                             \
      gst_generative_choices_add (values, (*member)->name, (*member)->description);                \
    g_once_init_leave (&type, gst_generative_choices_register (type_name, values));                \
  }                                                                                                \
  return type

/* The value of the enumeration `type` that `name` has. */
int gst_generative_choices_value (GType type, const char *name);
