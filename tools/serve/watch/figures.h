/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of a server, which are made each second of what has been counted: how much of something
 * there is, rates and quantiles over the last ten seconds, means of quality. A line each in the
 * list of figures.c; alerts are on them, by their names, and the page shows them. */
#pragma once

#include <generative/report.h>

#include "../../../lib/serve/counters.h"

typedef struct _ServeFigures ServeFigures;

ServeFigures *serve_figures_new (GenCounters *counters);
void serve_figures_free (ServeFigures *figures);

/* A second is over, at `now` (microseconds of a clock that only goes on). */
void serve_figures_look (ServeFigures *figures, gint64 now);

/* Their names; behind those of the server one for each figure of the library's metrics, as
 * quality-brightness, which is NaN while nothing measures it. */
const GenField *serve_figures_fields (const ServeFigures *figures, guint *n);
/* A value for each. NaN: there is none. */
const double *serve_figures_values (const ServeFigures *figures);
/* What one of the server's own is, with its unit; NULL: it is one of quality. */
const char *serve_figures_blurb (guint i);
