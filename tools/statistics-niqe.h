/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* Write to `out` the model of niqe that the good pictures of `n` sets are fitted by, each as large
 * as it is. What is `said` of the sets is what training_data_open takes. */
gboolean statistics_write_niqe (
    const char *const *locations, guint n, JsonObject *said, const char *out, GError **error);
