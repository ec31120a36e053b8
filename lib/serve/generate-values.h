/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of a request's fields: each is what it should be, or an error says what it should. */
#pragma once

#include <json-glib/json-glib.h>

#include "generate-error.h"

/* A whole number from `least` to `most`; 3.0 is one. */
gboolean gen_serve_value_whole (
    JsonNode *node, const char *name, gint64 least, gint64 most, gint64 *value, GError **error);
/* A number from `least` to `most`. */
gboolean gen_serve_value_number (
    JsonNode *node, const char *name, double least, double most, double *value, GError **error);
/* A text that stays with the node. NULL with `error`; `wanted` is what it should be. */
const char *gen_serve_value_text (
    JsonNode *node, const char *name, const char *wanted, GError **error);
/* One of `choices`, which NULL ends, as its place. -1 with `error`. */
int gen_serve_value_choice (
    JsonNode *node, const char *name, const char *const *choices, GError **error);
gboolean gen_serve_value_truth (JsonNode *node, const char *name, gboolean *value, GError **error);
/* Add `n` numbers to `values`, of float. */
gboolean gen_serve_value_floats (
    JsonNode *node, const char *name, gsize n, GArray *values, GError **error);
/* Such numbers as doubles; where there is one, it may stand alone. */
gboolean gen_serve_value_doubles (
    JsonNode *node, const char *name, guint n, GArray *values, GError **error);

/* --- their schemas --- */

void gen_serve_schema_whole (JsonObject *schema, gint64 least, gint64 most);
void gen_serve_schema_number (JsonObject *schema, double least, double most);
void gen_serve_schema_choice (JsonObject *schema, const char *const *choices);
/* An array of `n` numbers that float32 holds. (transfer full) */
JsonObject *gen_serve_schema_numbers (gint64 n);
/* A number, where `n` is 1, or an array of `n`. (transfer full) */
JsonObject *gen_serve_schema_parameter (gint64 n);
