/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data that groups are of. */
#pragma once

#include "bias.h"
#include "training-data.h"

/* What the command says behind the file, of which `said` takes the settings. NULL with `error`.
 * (transfer full) */
TrainingData *bias_open_data (const BiasSource *source, JsonObject *said, GError **error);
/* The group of an item by `by`, "group" or a class, of the names `classes`; NULL: it has none.
 * (transfer full) */
char *bias_group_of (const TrainingData *data, char **classes, const char *by, guint32 item);
/* Whether data have what groups are to be of. */
gboolean bias_check_by (const BiasSource *source, GError **error);
/* Whether there is anything to compare. */
gboolean bias_check_groups (const BiasSet *set, const BiasSource *source, GError **error);
