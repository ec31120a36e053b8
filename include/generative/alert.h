/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/report.h>

G_BEGIN_DECLS

/**
 * Alerts: conditions on figures, with commas between them, and for how long one must hold before
 * it counts:
 *
 *   frechet > 0.1 for 10s, loudness < -40, temporal-ssim <= 0.5 for 500ms
 *
 * An alert begins when its condition has held for that time, and ends when it has not held for
 * the same time, so that a figure about its bound does not make it begin and end with each frame.
 * Times are the stream's (ms, s, min or m, h). A figure that a measurement does not have (NAN)
 * neither holds nor fails; of one that cannot be given (GEN_MISSING) the condition does not hold.
 *
 * Since: 0.2
 */
typedef struct _GenAlerts GenAlerts;

/* What `text` says; NULL with `error`, which tells the place, where it is no list of conditions. */
GEN_API GenAlerts *gen_alerts_parse (const char *text, GError **error);
GEN_API void gen_alerts_free (GenAlerts *alerts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAlerts, gen_alerts_free)

/* Look for the figures among `fields`, whose order gen_alerts_check takes: none counts as begun.
 * FALSE with `error`, which tells the place and what may have been meant, where one is not there.
 */
GEN_API gboolean gen_alerts_bind (
    GenAlerts *alerts, const GenField *fields, guint n_fields, GError **error);

/* An alert begins or ends. */
typedef struct {
  const char *condition; /* as it was written */
  const char *name;      /* of the figure */
  double value, bound;   /* the value is the last one that could be given */
  guint64 since; /* when the condition began to hold, or not to: nanoseconds, or G_MAXUINT64 */
  guint64 pts;   /* of the measurement that tells */
  gboolean begins;
} GenAlertChange;

typedef void (*GenAlertFunc) (const GenAlertChange *change, gpointer data);

/* A measurement at `pts` (G_MAXUINT64: no time is known, and none has passed): `values`, one a
 * field. `tell` is called for what begins or ends by it. */
GEN_API void gen_alerts_check (
    GenAlerts *alerts, guint64 pts, const double *values, GenAlertFunc tell, gpointer data);
/* What comes next does not follow what came before: conditions that hold have held since then. */
GEN_API void gen_alerts_interrupt (GenAlerts *alerts);

/* End all that have begun, as when nobody watches any more. */
GEN_API void gen_alerts_end (GenAlerts *alerts, GenAlertFunc tell, gpointer data);

GEN_API guint gen_alerts_count (const GenAlerts *alerts);
/* Of one: its condition, how often it has begun, and whether it has not ended. */
GEN_API const char *gen_alerts_get (
    const GenAlerts *alerts, guint i, guint64 *times, gboolean *active);
/* [{"condition":…,"times":…,"seconds":…,"active":…},…]: how often each has begun, and how long
 * all that took. (transfer full) */
GEN_API JsonArray *gen_alerts_to_json (const GenAlerts *alerts);

G_END_DECLS
