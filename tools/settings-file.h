/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/setting.h>
#include <json-glib/json-glib.h>

/* Settings from an object of a JSON file. */

/* The object that the file `path` holds, or NULL with `error`, which names the file. (transfer
 * full)
 */
JsonObject *settings_file_read (const char *path, GError **error);
/* Set `record` by the members of `object`, whose names are those of `list`, but for `others`, which
 * NULL ends. FALSE with `error`, which names the member; `within` is what it is a part of, or "".
 */
gboolean settings_file_apply (JsonObject *object, const char *within, gpointer record,
    const GenSetting *list, guint n, const char *const *others, GError **error);
/* Let `object` say, as the file would, that the setting `name` of `list` is `value`. FALSE with
 * `error`, which does not name it. */
gboolean settings_file_say (JsonObject *object, const GenSetting *list, guint n, const char *name,
    const char *value, GError **error);
/* A line for each setting, with its default, which is what `record` has. */
void settings_file_describe (GString *text, gconstpointer record, const GenSetting *list, guint n);
