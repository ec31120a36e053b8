/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be changed in a session while it plays: some of latentsrc's properties, and the
 * parameters of the model. */
#pragma once

#include "mount.h"

/* What sessions of a mount can be told: name, type ("integer", "number" or "choice"), a range,
 * choices, or how many numbers there are, and the value that they begin with. (transfer full) */
JsonArray *serve_parameters_describe (const ServeMount *mount);
/* Set one in `bin`. `numbers` has what has been said of the model's own, by their names. With
 * `check` nothing is set. FALSE with `error` (SERVE_ERROR_INVALID). */
gboolean serve_parameters_set (const ServeMount *mount, GstElement *bin, GHashTable *numbers,
    const char *name, const char *value, gboolean check, GError **error);
/* How they stand. (transfer full) */
JsonObject *serve_parameters_get (const ServeMount *mount, GstElement *bin, GHashTable *numbers);
