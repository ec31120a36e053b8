/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>
#include <gst/gst.h>

#include "tiling.h"

/* Which caps a generator can make of which, by what its model takes and makes. */

typedef struct {
  GenModel *model;
  GenPort input;      /* of latents, pictures or sounds, a series, or tokens */
  GenPort second;     /* what latents are conditioned on: a class or a second latent; of kind OTHER
                         where there is none */
  GenPort output;     /* of pictures or sounds, whose rate is known where it does not follow that of
                         the input; else tensors */
  GenContext context; /* of what is made of sound or of a series */
  gboolean endless;   /* results hang on the whole sound */
  /* Frames that a piece shares with the next one, of the input, -1 for half of it; or that the
   * sounds of two latents share. */
  gint64 overlap;
  gint64 window;             /* frames of sound of which a picture or a tensor is made, or 0 */
  GenShape numbers;          /* of that tensor, without outer ones */
  gint64 piece;              /* frames of sound in a piece, as somebody said; 0: what suits */
  int columns;               /* of a wall; 0: nearly square */
  gboolean staged;           /* what shape comes out hangs on what goes in, or is computed */
  int frames;                /* that go into a run, 1 as a rule */
  int made;                  /* that come out of it, 1 as a rule; as many, or those between two */
  guint ahead;               /* how many of these follow the one that is made */
  gboolean between;          /* those made lie between two that come, and these go on as well */
  gboolean luma;             /* of one channel, which is the luma of video in colour as well */
  gboolean remembers;        /* what it makes hangs on what came before: one picture a run */
  GstGeneratorTiling tiling; /* of pictures that are made of pictures */
  /* A picture of one channel, which is the last one of `output` in frames that have alpha: in all
   * where it is `mask_said`. Its name is NULL where there is none. */
  GenPort mask;
  gboolean mask_said;
  GenPort further[GEN_MODEL_MAX_SIDES]; /* outputs that have a pad of their own */
  GenPort beside[GEN_MODEL_MAX_SIDES];  /* pictures that come from a pad or a file of their own */
  guint n_further, n_beside;
  /* Frames may lie in the memory of a device, and best do so where the next element takes them. */
  gboolean shares_device, prefers_device;
} GstGeneratorPorts;

/* Buffers that are gathered for a run, at most. */
#define GST_GENERATOR_MAX_BATCH 64

/* Pictures that are made between two in a run, at most. */
#define GST_GENERATOR_MAX_BETWEEN 16

/* How many tensors a buffer of latents has. */
int gst_generator_n_tensors (const GstGeneratorPorts *ports);

/* What a buffer of fixed sink caps holds. */
typedef struct {
  int pictures;      /* latents in a buffer, or 1 */
  int columns, rows; /* of the wall that they make */
  int height, width; /* of a picture that goes in; 0 for latents */
  int vectors;       /* of a series, in a buffer; of tokens, 0 where any number comes */
  gboolean planar;   /* these lie a number of each after another, not one after another */
} GstGeneratorInput;

/* What properties say of a model that does not say it itself; 0: what suits. */
typedef struct {
  int width, height;    /* of pictures that are made as vectors */
  int sample_rate;      /* of sounds; where it is set, vectors are sounds */
  int context;          /* of sounds, in samples; -1: what the graph says */
  int chunk_size;       /* frames of sound in a piece */
  int overlap;          /* of pieces, in samples of the input; -1: what suits */
  guint64 crossfade;    /* of the sounds of latents, in nanoseconds */
  int frames;           /* that follow each other; 0: what the model says */
  int lookahead;        /* frames behind the one that is made of several; -1: what suits */
  gboolean interpolate; /* one of two is what lies between them */
  gboolean tensors;     /* numbers go in as they are, whatever they are shaped as */
  const char *outputs;  /* names, or NULL */
  const char *const *further, *const *beside; /* names of what has pads or files of its own */
} GstGeneratorHints;

/* Choose the ports of `model`. FALSE with `error` when it is no generator. */
gboolean gst_generator_choose_ports (
    GstGeneratorPorts *ports, GenModel *model, const GstGeneratorHints *hints, GError **error);

/* "input 'x' (float32 [1, 3, ?, ?])". (transfer full) */
char *gst_generator_describe_port (const char *side, const GenPort *port);
/* What would make of a tensor, which is nearly one, what a generator plays: "; export it ..." or
 * "". (transfer full) */
char *gst_generator_suggest (const GenPort *port, gboolean is_output);

/* Of a model that makes a sound of each latent or picture: its frames. FALSE with `error` where
 * they cannot be worked out. */
gboolean gst_generator_sound_length (
    const GstGeneratorPorts *ports, const GstGeneratorInput *input, gint64 *length, GError **error);
/* Whether what it takes is one stream, sound or a series, wherever buffers cut it. */
gboolean gst_generator_streams (const GstGeneratorPorts *ports);
/* How many buffers are gathered for a run where somebody asks for `batch`: a model that takes one
 * at a time gains nothing by more. */
guint gst_generator_batch_of (const GstGeneratorPorts *ports, guint batch);
/* Whether it makes neither pictures nor sound, but numbers. */
gboolean gst_generator_makes_tensors (const GstGeneratorPorts *ports);

/* Read fixed sink caps; FALSE with `error` when they do not fit the model. */
gboolean gst_generator_read_input (const GstGeneratorPorts *ports, const GstStructure *structure,
    GstGeneratorInput *input, GError **error);

/* Whether the model makes a picture of each picture by itself, so that it can be played tile by
 * tile; */
gboolean gst_generator_can_tile (const GstGeneratorPorts *ports);
/* and whether the model, which is played on whole pictures, could play frames of `height` x `width`
 * tile by tile. */
gboolean gst_generator_could_tile (const GstGeneratorPorts *ports, int height, int width);

/* A model of a fixed batch wants that many latents or pictures in a run: whether `batch` buffers of
 * `pictures` are as many. */
gboolean gst_generator_check_batch (
    const GstGeneratorPorts *ports, guint batch, int pictures, GError **error);

/* Whether models of the two take and make the same, so that caps stay as they are; */
gboolean gst_generator_ports_agree (const GstGeneratorPorts *a, const GstGeneratorPorts *b);
/* and, where they do, whether they make frames or sounds of the same size of what `use` takes,
 * which is of `now`. */
gboolean gst_generator_sizes_agree (
    const GstGeneratorPorts *ports, const GstGeneratorPorts *now, const GenModelUse *use);
/* `use`, of another model's ports and another batch; the size of a picture stays what has been
 * negotiated. */
GenModelUse gst_generator_use_of (
    const GenModelUse *use, const GstGeneratorPorts *ports, guint batch);

/* How many of `pictures` (1 and more) are side by side. */
int gst_generator_wall_columns (const GstGeneratorPorts *ports, int pictures);

/* How frames of `height` x `width` are played where tiles are used; whether pixels share chroma, of
 * those that come and those that go. */
gboolean gst_generator_plan_tiles (const GstGeneratorPorts *ports, int height, int width,
    gboolean chroma_in, gboolean chroma_out, GenTiles *tiles, GError **error);

/* The size of the picture made of `input`. */
gboolean gst_generator_output_size (const GstGeneratorPorts *ports, const GstGeneratorInput *input,
    int *height, int *width, GError **error);

/* transform_caps of the element. (transfer full) */
GstCaps *gst_generator_transform_caps_of (
    const GstGeneratorPorts *ports, GstPadDirection direction, GstCaps *caps);
