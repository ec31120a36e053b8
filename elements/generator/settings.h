/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties that are the generator's own, and what they say of a model. */
#pragma once

#include "../shared/model-adapters.h"
#include "../shared/model-said.h"
#include "../shared/picture-numbers.h"
#include "caps.h"
#include "sampling.h"
#include "../shared/sharing.h"

/* Their order is that of the properties. */
enum {
  GST_GENERATOR_MODEL,
  GST_GENERATOR_BATCH_SIZE,
  GST_GENERATOR_COLUMNS,
  GST_GENERATOR_WIDTH,
  GST_GENERATOR_HEIGHT,
  GST_GENERATOR_SAMPLE_RATE,
  GST_GENERATOR_CONTEXT,
  GST_GENERATOR_CHUNK_SIZE,
  GST_GENERATOR_OVERLAP,
  GST_GENERATOR_CROSSFADE,
  GST_GENERATOR_RELOAD,
  GST_GENERATOR_SPECTRUM,
  GST_GENERATOR_CHAIN,
  GST_GENERATOR_TILE,
  GST_GENERATOR_TILE_OVERLAP,
  GST_GENERATOR_FRAMES,
  GST_GENERATOR_LOOKAHEAD,
  GST_GENERATOR_INTERPOLATE,
  GST_GENERATOR_WARM_UP,
  GST_GENERATOR_OUTPUTS,
  GST_GENERATOR_INPUTS,
  GST_GENERATOR_LUMA,
  GST_GENERATOR_TENSORS,
  GST_GENERATOR_SYNTHETIC_TAG,
  GST_GENERATOR_ADAPTERS, /* adapter and adapter-scale: model-adapters.h */
  GST_GENERATOR_ADAPTER = GST_GENERATOR_ADAPTERS + GST_GENERATIVE_ADAPTERS_FILES,
  GST_GENERATOR_ADAPTER_SCALE = GST_GENERATOR_ADAPTERS + GST_GENERATIVE_ADAPTERS_SCALES,
  GST_GENERATOR_SAID, /* states, parameters and shapes: model-said.h */
  GST_GENERATOR_PARAMETERS = GST_GENERATOR_SAID + GST_GENERATIVE_SAID_PARAMETERS,
  /* sampling.h */
  GST_GENERATOR_SAMPLING = GST_GENERATOR_SAID + GST_GENERATIVE_SAID_N_PROPERTIES,
  /* input-range and the like: picture-numbers.h */
  GST_GENERATOR_NUMBERS = GST_GENERATOR_SAMPLING + GST_GENERATOR_N_SAMPLING,
  GST_GENERATOR_SHARING =
      GST_GENERATOR_NUMBERS + GST_GENERATIVE_NUMBERS_N_PROPERTIES, /* sharing.h */
  GST_GENERATOR_N_PROPERTIES = GST_GENERATOR_SHARING + GST_GENERATIVE_N_SHARING,
};

/* Under the element's object lock. */
typedef struct {
  char *model, *spectrum, *chain, *tile;
  char *outputs, *inputs;
  GstGenerativeAdapters adapters;
  int tile_overlap;
  guint batch_size, columns, warm_up;
  GstGenerativeSaid said;
  GstGeneratorSampling sampling;
  GstGenerativeSharingSettings sharing;
  GstGeneratorHints hints;
  GstGenerativeNumbers numbers;
  gboolean reload, luma, synthetic_tag;
} GstGeneratorSettings;

/* Install the properties; their numbers are `first` and those behind it. */
void gst_generator_settings_install (GObjectClass *klass, guint first);
/* The defaults. */
void gst_generator_settings_init (GstGeneratorSettings *settings);
void gst_generator_settings_clear (GstGeneratorSettings *settings);
/* The property GST_GENERATOR_… `number`, under the object lock; FALSE where it is none. */
gboolean gst_generator_settings_set (
    GstGeneratorSettings *settings, guint number, const GValue *value);
gboolean gst_generator_settings_get (
    const GstGeneratorSettings *settings, guint number, GValue *value);

/* What the properties say of a model before it is read. To be cleared. */
typedef struct {
  GstGenerativeSaid model;
  char *spectrum, *chain;
  GstGenerativeAdapters adapters;
  GstGeneratorSampling sampling;
} GstGeneratorSaid;

GenModelHints gst_generator_settings_hint (
    GstGeneratorSettings *settings, GstElement *element, GstGeneratorSaid *said);
void gst_generator_said_clear (GstGeneratorSaid *said);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstGeneratorSaid, gst_generator_said_clear)

/* Which files go in beside: what property inputs, or the model, says; of the latter not into inputs
 * that have a pad. (transfer full) */
char *gst_generator_settings_get_inputs (
    GstGeneratorSettings *settings, GstElement *element, const GenModel *model);
/* The ports of `model`, with what the properties override. Not under the object lock. */
gboolean gst_generator_settings_find_ports (GstGeneratorSettings *settings, GstElement *element,
    GenModel *model, GstGeneratorPorts *ports, GError **error);
/* Say which ranges and rates are assumed. */
void gst_generator_settings_warn (
    GstGeneratorSettings *settings, GstElement *element, const GstGeneratorPorts *ports);
