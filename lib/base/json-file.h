/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON of files that may be anybody's. */
#pragma once

#include <json-glib/json-glib.h>

#include "../private-api.h"

/* Brackets within brackets that anything of ours has at most. */
#define GEN_JSON_DEPTH 64

/* Whether there are more than `depth` brackets within brackets in a text of JSON, whose parser
 * calls itself for each. */
gboolean gen_json_is_deep (const char *text, int depth);
/* As json_from_string, but for whole numbers that 64 bits with a sign do not hold, which become
 * strings of their digits, and texts deeper than GEN_JSON_DEPTH, which are G_IO_ERROR_INVALID_DATA.
 * NULL without an error where there is nothing in it. (transfer full) */
GEN_PRIVATE_API JsonNode *gen_json_from_text (const char *text, GError **error);
/* The same of what somebody asks for: a text with a character of number 0 is an error, too, as
 * json-glib has nothing of it behind that, and what is looked at would not be what was sent; so is
 * one with half a surrogate pair, of which it makes what is no UTF-8. (transfer full) */
GEN_PRIVATE_API JsonNode *gen_json_from_request (const char *text, GError **error);
/* As gen_json_from_text, but such numbers become doubles, and those that are none are an error,
 * too. (transfer full) */
GEN_PRIVATE_API JsonNode *gen_json_from_figures (const char *text, GError **error);
/* As json_parser_load_from_file, but for what gen_json_from_text says. */
GEN_PRIVATE_API gboolean gen_json_load (JsonParser *parser, const char *path, GError **error);
/* As json_to_string, but for numbers such as 1e-08, of which json-glib before 1.8 makes "1e-08.0",
 * and U+001F in a text, which it leaves as it is: neither is JSON. (transfer full) */
GEN_PRIVATE_API char *gen_json_to_text (JsonNode *node, gboolean pretty);
