/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sampling a picture at coordinates, forwards and backwards: which pixels a sample is made of. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

#define GEN_SAMPLE_AXES 3
#define GEN_SAMPLE_TAPS 64 /* four along each axis */
/* Samples whose taps are worked out at a time, so that the loops over channels are vectors. */
#define GEN_SAMPLE_BLOCK 32

typedef enum { GEN_SAMPLE_NEAREST, GEN_SAMPLE_LINEAR, GEN_SAMPLE_CUBIC } GenSampleMode;
typedef enum { GEN_SAMPLE_ZEROS, GEN_SAMPLE_BORDER, GEN_SAMPLE_REFLECTION } GenSamplePadding;

typedef struct {
  GenSampleMode mode;
  GenSamplePadding padding;
  gboolean corners; /* -1 and 1 are the centres of the outermost pixels */
  int axes;
  gint64 batch, channels, extents[GEN_SAMPLE_AXES]; /* of the picture */
  gint64 in_pixels, out_pixels;
} GenSampler;

/* Of a node whose inputs number `picture` and `grid` these are. */
GEN_PRIVATE_API gboolean gen_sampler_init (
    GenSampler *sampler, const GenNode *node, guint picture, guint grid, GError **error);

/* The taps of up to GEN_SAMPLE_BLOCK samples. */
typedef struct {
  int taps;
  gint32 positions[GEN_SAMPLE_TAPS][GEN_SAMPLE_BLOCK];
  float weights[GEN_SAMPLE_TAPS][GEN_SAMPLE_BLOCK];
  /* Change of the weights with the grid's coordinates, where asked for. */
  float slopes[GEN_SAMPLE_AXES][GEN_SAMPLE_TAPS][GEN_SAMPLE_BLOCK];
} GenSampleTaps;

/* `grid` holds `n` times the coordinates, the last axis first. */
void gen_sampler_taps (
    const GenSampler *sampler, const float *grid, gsize n, gboolean slopes, GenSampleTaps *taps);
