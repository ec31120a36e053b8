/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A training that goes on from an earlier checkpoint tells of the same steps once more, with the
 * same figures. */
#include "validation-lines.h"

#include <math.h>

gboolean
validation_lines_add (JsonLines *lines, const GenFigures *figures, gboolean best, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();

  for (guint i = 0; i < figures->n; i++) {
    const GenField *field = &figures->figures[i].field;

    if (field->name == NULL || isnan (figures->values[i]))
      continue;
    if (field->type == GEN_FIELD_TEXT)
      json_object_set_string_member (object, field->name, field->text);
    else if (field->type == GEN_FIELD_COUNT)
      json_object_set_int_member (object, field->name, (gint64)figures->values[i]);
    else
      gen_json_set_number (object, field->name, figures->values[i]);
  }
  json_object_set_boolean_member (object, "best", best);
  return json_lines_add (lines, object, error);
}

void
validation_lines_fail (JsonLines *lines, const GError *failure)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *text = g_utf8_make_valid (failure->message, -1);

  json_object_set_string_member (object, "failed", text);
  json_lines_add (lines, object, NULL);
}
