/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adapters beside a model's weights, as users name them: the properties adapter and adapter-scale
 * of elements that play models. */
#pragma once

#include <generative/model.h>
#include <gst/gst.h>

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_ADAPTERS_FILES,
  GST_GENERATIVE_ADAPTERS_SCALES,
  GST_GENERATIVE_ADAPTERS_N_PROPERTIES,
};

/* Under the element's object lock. */
typedef struct {
  char *texts[GST_GENERATIVE_ADAPTERS_N_PROPERTIES];
} GstGenerativeAdapters;

/* Install the properties, of which the numbers are `first` and the one behind it. `files` says when
 * other files may be named. */
void gst_generative_adapters_install (GObjectClass *klass, guint first, GParamFlags files);
/* The property GST_GENERATIVE_ADAPTERS_… `number`; FALSE where it is none. */
gboolean gst_generative_adapters_set (
    GstGenerativeAdapters *adapters, guint number, const GValue *value);
gboolean gst_generative_adapters_get (
    const GstGenerativeAdapters *adapters, guint number, GValue *value);
void gst_generative_adapters_copy (
    const GstGenerativeAdapters *adapters, GstGenerativeAdapters *to);
void gst_generative_adapters_clear (GstGenerativeAdapters *adapters);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstGenerativeAdapters, gst_generative_adapters_clear)
/* Say it in `hints`, while `adapters` is kept. */
void gst_generative_adapters_hint (const GstGenerativeAdapters *adapters, GenModelHints *hints);

/* Add what `scales`, "0.7,0.3", says of the adapters of `model` to `said`, in the words of property
 * parameters. There may be more scales than adapters, and then the others are on their way. What is
 * no such text is told in a warning, and changes nothing. Not under the object lock. */
void gst_generative_adapters_say (
    GstElement *element, const GenModel *model, const char *scales, GString *said);
