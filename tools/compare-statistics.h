/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "feature-set.h"

/* Whether `location` is a file of statistics (.npz with mu and sigma), and no set of samples. */
gboolean statistics_are_in (const char *location);

/* The statistics of all samples of `n` sets together, which are made as `like`, where that is not
 * NULL, else as the first set's first one, which is then in `format`, where that is not NULL. */
gboolean statistics_read (GenStatistics *statistics, const char *const *locations, guint n,
    const FeatureSetSettings *settings, const GenFormat *like, GenFormat *format, GError **error);

/* Print by how much two sets differ of which at least one is known by its statistics alone: by the
 * Fréchet distance, which is all that `metrics` (NULL: what there is) may name. `settings` are of
 * the samples and of the reference. */
gboolean compare_statistics (const char *const *locations, const FeatureSetSettings *settings,
    const char *metrics, gboolean json, GError **error);
