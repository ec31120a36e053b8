/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of an element's properties, as clients write and read them. */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

/* Set `value`, which is of the type of `spec` (an enumeration by its nick, a double, or a whole
 * number that is not negative). FALSE with `error`, which says what would be right. */
gboolean serve_value_read (GParamSpec *spec, const char *text, GValue *value, GError **error);
/* A member of that name, of the same types or a signed number. */
void serve_value_tell (
    GParamSpec *spec, const GValue *value, JsonObject *object, const char *member);
