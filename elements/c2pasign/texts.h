/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What properties of c2pasign say in words. */
#pragma once

#include <gst/gst.h>

/* NULL: unset. */
typedef struct {
  char *key, *certificate, *source_type, *title, *model, *card, *card_address, *prompt, *seed,
      *watermark, *watermark_value, *provider, *system, *system_version, *identifier,
      *content_producer, *content_propagator, *time_stamp;
} GstC2paTexts;

/* The properties; their numbers are `first` and those behind it. */
void gst_c2pa_texts_install (GObjectClass *klass, guint first);
/* The property first + `number`; FALSE where it is none of them. */
gboolean gst_c2pa_texts_set (GstC2paTexts *texts, guint number, const GValue *value);
gboolean gst_c2pa_texts_get (GstC2paTexts *texts, guint number, GValue *value);
void gst_c2pa_texts_copy (GstC2paTexts *from, GstC2paTexts *to);
void gst_c2pa_texts_clear (GstC2paTexts *texts);
