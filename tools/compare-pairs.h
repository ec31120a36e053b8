/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* Judge each item of the dataset `locations[0]` by the item of the same place in `locations[1]`,
 * and print what `metrics` (NULL: all of pairs), and the models `scorer` (NULL: none), have found.
 * `said` is of the data of both. */
gboolean compare_pairs (const char *const locations[2], JsonObject *const said[2],
    const char *metrics, const char *scorer, gboolean json, GError **error);
