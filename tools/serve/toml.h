/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TOML, as an object of JSON, and where each key of it stands. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The object that `text` is. `lines` becomes a table of the path of each key ("mounts.faces.width")
 * to its line. NULL with `error`, which begins with `name` and the line. (transfer full) */
JsonObject *serve_toml_parse (
    const char *text, gsize size, const char *name, GHashTable **lines, GError **error);

G_END_DECLS
