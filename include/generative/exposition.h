/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/alert.h>
#include <generative/report.h>

G_BEGIN_DECLS

/**
 * GenExposition: the last figures in a file of Prometheus' text format, for node_exporter's
 * textfile collector or any web server. The file is replaced as a whole, at most once a second, by
 * a thread of its own: whoever puts figures in waits for no disk.
 *
 *   # HELP generative_brightness Mean of luma (share of full scale, 0 to 1)
 *   # TYPE generative_brightness gauge
 *   generative_brightness{element="meter"} 0.41
 *
 * A figure that cannot be given is NaN, and one that was not due yet is not there. Besides there
 * are generative_frames_total, and of each alert generative_alert_active and
 * generative_alerts_total, with its condition as a label.
 *
 * Since: 0.2
 */
typedef struct _GenExposition GenExposition;

/* Write to `path`, where a file without figures is written at once; `element` is the label that
 * tells several writers apart. NULL with `error` (G_FILE_ERROR) where it cannot be written. */
GEN_API GenExposition *gen_exposition_new (const char *path, const char *element, GError **error);
/* Figures are of other `fields` from now on, which are copied. */
GEN_API void gen_exposition_set_fields (
    GenExposition *exposition, const GenField *fields, guint n_fields);
/* The last figures: `values`, one a field; those that are NaN stay what they were. `alerts` may be
 * NULL. FALSE with `error` when the file could not be written, which is told once. */
GEN_API gboolean gen_exposition_put (GenExposition *exposition, guint64 frames,
    const double *values, const GenAlerts *alerts, GError **error);
/* Write what is left. */
GEN_API void gen_exposition_free (GenExposition *exposition);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenExposition, gen_exposition_free)

/* A number, a label's value and a name as the format has them: NaN, +Inf and -Inf; backslash,
 * quote and end of line behind a backslash; letters, digits and underscores. */
GEN_API void gen_exposition_append_number (GString *text, double number);
GEN_API void gen_exposition_append_label (GString *text, const char *value);
GEN_API void gen_exposition_append_name (GString *text, const char *name);

G_END_DECLS
