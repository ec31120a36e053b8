/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enumerations that are made of lists at run time: the list is the one place that says what there
 * is. */
#include "choices.h"

#include <gst/gst.h>

void
gst_generative_choices_add (GArray *values, const char *name, const char *description)
{
  GEnumValue value = { (int)values->len, description, name };

  g_array_append_val (values, value);
}

GType
gst_generative_choices_register (const char *type_name, GArray *values)
{
  /* The values are the type's, for good. */
  GType type = g_enum_register_static (type_name, (const GEnumValue *)g_array_free (values, FALSE));

  gst_type_mark_as_plugin_api (type, 0);
  return type;
}

int
gst_generative_choices_value (GType type, const char *name)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (type);

  return g_enum_get_value_by_nick (class, name)->value;
}
