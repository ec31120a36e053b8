/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties that say how a denoiser is sampled. */
#pragma once

#include <generative/sampler.h>
#include <gst/gst.h>

/* Their order is that of the properties. */
enum {
  GST_GENERATOR_SAMPLER,
  GST_GENERATOR_STEPS,
  GST_GENERATOR_PREDICTION,
  GST_GENERATOR_SCHEDULE,
  GST_GENERATOR_SIGMA_RANGE,
  GST_GENERATOR_N_SAMPLING,
};

/* NULL and 0: as the model says. */
typedef struct {
  char *sampler, *prediction, *schedule, *sigma_range;
  int steps;
} GstGeneratorSampling;

/* Install the properties; their numbers are `first` and those behind it. */
void gst_generator_sampling_install (GObjectClass *klass, guint first);
void gst_generator_sampling_clear (GstGeneratorSampling *sampling);
/* FALSE where GST_GENERATOR_… `number` is none of them. */
gboolean gst_generator_sampling_set (
    GstGeneratorSampling *sampling, guint number, const GValue *value);
gboolean gst_generator_sampling_get (
    const GstGeneratorSampling *sampling, guint number, GValue *value);
/* To be cleared. */
GstGeneratorSampling gst_generator_sampling_copy (const GstGeneratorSampling *sampling);
