/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* A file of JSON Lines that is added to, an object at a time, each at once: a kill leaves at most
 * one that is not whole, which is ended when the file is opened again. */
typedef struct _JsonLines JsonLines;

/* What the file has stays, and is added to. NULL with `error`. (transfer full) */
JsonLines *json_lines_open (const char *path, GError **error);
void json_lines_free (JsonLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (JsonLines, json_lines_free)
gboolean json_lines_add (JsonLines *lines, JsonObject *object, GError **error);

/* All of a file that are whole, in their order; what is none is passed over. None where there is no
 * file. (transfer full) (element-type JsonObject) */
GPtrArray *json_lines_read (const char *path);
