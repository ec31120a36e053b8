/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>

G_BEGIN_DECLS

/**
 * GenRecent: the means of figures over the last seconds of a stream, those that are no finite
 * numbers passed over. Since: 0.2
 */
typedef struct _GenRecent GenRecent;

/* Of the last `span` seconds, of what `meter` measures of frames. */
GEN_API GenRecent *gen_recent_new (const GenMeter *meter, double span);
GEN_API void gen_recent_free (GenRecent *recent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenRecent, gen_recent_free)

/* The means' fields, by the figures' names and "-recent". They live as long as `recent`, their
 * texts for ever. */
GEN_API const GenField *gen_recent_fields (const GenRecent *recent, guint *n);
/* Take in a measurement at `time` seconds: `values`, one for each of the meter's fields, and fill
 * `means`, GEN_MISSING where there is no number to take it of. */
GEN_API void gen_recent_add (GenRecent *recent, double time, const double *values, double *means);
/* What comes does not follow what came. */
GEN_API void gen_recent_forget (GenRecent *recent);

G_END_DECLS
