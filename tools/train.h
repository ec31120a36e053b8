/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* What is no setting in the file of a training, but has members of its own. */
#define TRAIN_DATA_MEMBERS "data", "validation", "test", NULL

/* Let `settings`, as the file has them, say "NAME=VALUE" or "data.NAME=VALUE". FALSE with `error`,
 * which names it. */
gboolean train_say (JsonObject *settings, const char *text, GError **error);
