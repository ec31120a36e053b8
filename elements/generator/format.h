/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How what comes and goes lies in buffers, as the caps say. */
#pragma once

#include "../shared/frames.h"
#include "../shared/tensors.h"
#include "play.h"

typedef struct {
  GstGeneratorInput input;
  GstVideoInfo in_info, out_info; /* of pictures */
  /* A buffer of latents: bytes of each tensor, and which of the plan's inputs takes it. */
  gsize sizes[GST_GENERATIVE_MAX_TENSORS];
  guint places[GST_GENERATIVE_MAX_TENSORS];
  guint n_tensors;
} GstGeneratorFormat;

/* What the player does for the sink caps `caps`. FALSE with `error` when they do not fit the model.
 */
gboolean gst_generator_format_read (GstGeneratorFormat *format, GstGeneratorPlay *play,
    GstCaps *caps, GstGeneratorInput *input, GenModelUse *use, GError **error);
/* The pictures of the source caps `caps`, which are made as `use` says. FALSE with `error` when
 * they are not such. */
gboolean gst_generator_format_read_video (
    GstGeneratorFormat *format, GstCaps *caps, const GenModelUse *use, GError **error);
/* Whether these are as large as what the model makes. */
gboolean gst_generator_format_check_size (const GstGeneratorFormat *format,
    const GstGeneratorPlay *play, int width, int height, GError **error);
/* What the model, which makes frames of one size of several, is to do between `sink` and `source`.
 * FALSE with `error` when they do not fit it. */
gboolean gst_generator_format_read_frames (GstGeneratorFormat *format, GstGeneratorPlay *play,
    GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error);
/* How the tensors of a buffer of what `format->input` says meet the inputs of the model of `ports`.
 */
void gst_generator_format_describe_tensors (
    GstGeneratorFormat *format, const GstGeneratorPorts *ports);
/* That planes of frames are not as a plan takes them. Returns FALSE. */
gboolean gst_generator_fail_spacing (GError **error);

/* What came in a buffer, where the player reads it. */
typedef struct {
  GstGenerativeFrame frame;
  GstMapInfo maps[GST_GENERATIVE_MAX_TENSORS];       /* of latents */
  const guint8 *tensors[GST_GENERATIVE_MAX_TENSORS]; /* in them */
  guint n_maps;
} GstGeneratorMapped;

/* Whether `input` has as many bytes as its caps say: before a mode takes it, so that none makes
 * anything of one that has not. */
gboolean gst_generator_format_check_buffer (const GstGeneratorFormat *format,
    const GstGeneratorPlay *play, GstBuffer *input, GError **error);
/* FALSE when an error was posted. */
gboolean gst_generator_map_input (GstGeneratorMapped *mapped, const GstGeneratorFormat *format,
    const GstGeneratorPlay *play, GstBuffer *input);
void gst_generator_unmap_input (
    GstGeneratorMapped *mapped, const GstGeneratorPlay *play, GstBuffer *input);
/* Compile anew when frames do not lie as caps said: pools may pad them. `frame` is what is written,
 * NULL where it does not matter. FALSE when an error was posted. */
gboolean gst_generator_follow_layouts (
    GstGeneratorPlay *play, const GstGeneratorMapped *mapped, const GstGenerativeFrame *frame);
/* Frame `i` of a run is the picture that is mapped. */
void gst_generator_bind_picture (
    const GstGeneratorMapped *mapped, const GstGeneratorPlay *play, guint i);
