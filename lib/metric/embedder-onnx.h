/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of ONNX embedders share: embedder-onnx.c, and one for each medium that models
 * take.
 */
#pragma once

#include <generative/features.h>
#include <generative/metric.h>
#include <generative/player.h>

#include "resizing.h"

typedef struct _EmbedderSide EmbedderSide;

typedef struct {
  const EmbedderSide *side;
  GenPlayer *player;
  GenPort input, output;
  const GenResizing *resizing; /* of pictures; NULL: by area and cubic */
  gboolean streams;            /* what it remembers of a sample is for the next one */
  gboolean features_last;      /* of a map, the features are its last extent, not its second */
  int length;                  /* features */
  GenFormat format;            /* of the samples that go in; without a medium: none yet */
  int many, few;     /* samples in a run: where there are as many, and where there are not */
  guint8 *bytes;     /* `many` samples of that format, as the player takes them */
  gsize sample_size; /* bytes of one */
} Embedder;

/* What of it hangs on the medium. */
struct _EmbedderSide {
  const GenMedium *medium;
  const char *takes; /* what it makes features of: "one picture [N, C, H, W]" */
  /* Choose the input. FALSE where there is none. */
  gboolean (*choose_input) (Embedder *embedder, const GenModel *model);
  /* Whether an output that is no vector has features for each place, which are averaged; how many
   * there are, and whether they are the last extent. */
  gboolean (*is_map) (
      const Embedder *embedder, const GenPort *port, gint64 *features, gboolean *features_last);
  /* What samples of `format` are brought to. FALSE with `error` where they cannot be. */
  gboolean (*choose_format) (
      const Embedder *embedder, const GenFormat *format, GenFormat *chosen, GError **error);
  gsize (*sample_size) (const Embedder *embedder);
  /* How the player takes samples of the format. */
  void (*describe_use) (const Embedder *embedder, GenModelUse *use);
  /* Whether samples go in as the model's numbers, and not as bytes. NULL: they never do. */
  gboolean (*makes_numbers) (const Embedder *embedder);
  /* Bring a sample to the format, in `slot`. */
  gboolean (*fit) (const Embedder *embedder, const GenSample *sample, guint8 *slot, GError **error);
};

extern const EmbedderSide gen_embedder_side_picture;
extern const EmbedderSide gen_embedder_side_sound;
