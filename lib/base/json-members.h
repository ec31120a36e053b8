/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of JSON that may be anybody's, in whatever they are expected to be. */
#pragma once

#include <json-glib/json-glib.h>

#include "../private-api.h"

/* Whether it is a number, and no text or truth that becomes one. */
GEN_PRIVATE_API gboolean gen_json_is_number (JsonNode *node);
/* The member of that name: NULL, or NaN, where there is no object, it has none, or another kind. */
GEN_PRIVATE_API JsonObject *gen_json_object_in (JsonObject *object, const char *name);
GEN_PRIVATE_API double gen_json_number_in (JsonObject *object, const char *name);
GEN_PRIVATE_API const char *gen_json_text_in (JsonObject *object, const char *name);
GEN_PRIVATE_API JsonArray *gen_json_array_in (JsonObject *object, const char *name);
/* Whether the member of that name is two finite numbers, which `ends` then has. */
GEN_PRIVATE_API gboolean gen_json_interval_in (
    JsonObject *object, const char *name, double ends[2]);
/* Of an array, or of none: 0. */
GEN_PRIVATE_API guint gen_json_length_of (JsonArray *array);
/* Set the member of that name, but where there is no text, or a number that JSON does not have
 * (which gen_json_set_number makes null of). */
GEN_PRIVATE_API void gen_json_set_text (JsonObject *object, const char *name, const char *text);
GEN_PRIVATE_API void gen_json_set_finite (JsonObject *object, const char *name, double number);
