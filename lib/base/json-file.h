/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON of files that may be anybody's. */
#pragma once

#include <json-glib/json-glib.h>

#include "../private-api.h"

/* Whether there are so many brackets within brackets in a text of JSON that it is none of ours: its
 * parser calls itself for each. */
gboolean gen_json_is_deep (const char *text);
/* As json_parser_load_from_file, but for such texts, which are G_IO_ERROR_INVALID_DATA. */
GEN_PRIVATE_API gboolean gen_json_load (JsonParser *parser, const char *path, GError **error);
