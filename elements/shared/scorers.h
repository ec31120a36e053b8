/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The models that property scorer names, of elements that measure. */
#pragma once

#include <generative/scorer.h>
#include <gst/gst.h>

/* The property, number `id`. */
void gst_generative_scorers_install (GObjectClass *klass, guint id, const char *of);
/* Those of `files`, for `medium`; NULL with `error`, which names the property. (transfer full) */
GPtrArray *gst_generative_scorers_open (const char *files, const GenMedium *medium, GError **error);
/* Warn of what had to be assumed of them. */
void gst_generative_scorers_warn (GstElement *element, const GPtrArray *scorers);
/* A scorer that looks at colours, or NULL. */
const GenScorer *gst_generative_scorers_find_colour (const GPtrArray *scorers);
