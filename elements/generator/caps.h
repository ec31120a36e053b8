/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>
#include <gst/gst.h>

/* Which caps a generator can make of which, by what its model takes and makes. */

typedef struct {
  GenModel *model;
  GenPort input;      /* of latents, or of pictures */
  GenPort second;     /* what latents are conditioned on: a class or a second latent; of kind OTHER
                         where there is none */
  GenPort output;     /* of pictures or sounds; of these the rate is known */
  GenContext context; /* of sound that is made of sound */
  int columns;        /* of a wall; 0: nearly square */
  gboolean staged;    /* the model's shapes hang on what it computes */
  /* Frames may lie in the memory of a device, and best do so where the next element takes them. */
  gboolean shares_device, prefers_device;
} GstGeneratorPorts;

/* How many tensors a buffer of latents has. */
int gst_generator_n_tensors (const GstGeneratorPorts *ports);

/* What a buffer of fixed sink caps holds. */
typedef struct {
  int pictures;      /* latents in a buffer, or 1 */
  int columns, rows; /* of the wall that they make */
  int height, width; /* of a picture that goes in; 0 for latents */
} GstGeneratorInput;

/* What properties say of a model that does not say it itself; 0: what suits. */
typedef struct {
  int width, height; /* of pictures that are made as vectors */
  int sample_rate;   /* of sounds; where it is set, vectors are sounds */
  int context;       /* of sounds, in samples; -1: what the graph says */
} GstGeneratorHints;

/* Choose the ports of `model`. FALSE with `error` when it is no generator. */
gboolean gst_generator_choose_ports (
    GstGeneratorPorts *ports, GenModel *model, const GstGeneratorHints *hints, GError **error);

/* Of a model that makes sounds of latents: the frames of one. */
gint64 gst_generator_sound_length (const GstGeneratorPorts *ports);
/* Whether it makes sound of sound. */
gboolean gst_generator_streams (const GstGeneratorPorts *ports);

/* Read fixed sink caps; FALSE with `error` when they do not fit the model. */
gboolean gst_generator_read_input (const GstGeneratorPorts *ports, const GstStructure *structure,
    GstGeneratorInput *input, GError **error);

/* How many of `pictures` (1 and more) are side by side. */
int gst_generator_wall_columns (const GstGeneratorPorts *ports, int pictures);

/* The size of the picture made of `input`. */
gboolean gst_generator_output_size (const GstGeneratorPorts *ports, const GstGeneratorInput *input,
    int *height, int *width, GError **error);

/* transform_caps of the element. (transfer full) */
GstCaps *gst_generator_transform_caps_of (
    const GstGeneratorPorts *ports, GstPadDirection direction, GstCaps *caps);
