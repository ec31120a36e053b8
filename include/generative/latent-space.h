/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/medium.h>
#include <generative/model.h>

G_BEGIN_DECLS

/**
 * GenLatentSpace: the numbers that a generator makes its samples of, as something in which places
 * are looked for (inversion.h) and directions found (direction-method.h).
 *
 * The numbers are those of the model's input, or, of a net that first makes a style of its latent
 * and lets layer after layer read it (Karras et al., "A style-based generator architecture for
 * generative adversarial networks", 2019), that style: one for all layers (W), or one for each
 * (W+; Abdal et al., "Image2StyleGAN: how to embed images into the StyleGAN latent space?", 2019).
 * Any model will do whose one input of latents has a fixed size, whose output is a picture or a
 * sound, and through whose operators gradients go; a style is found by the graph: the last vector
 * through which all goes, and which several dense layers and nobody else read.
 *
 * A place is `vectors` times `length` float32 numbers; samples are float32 numbers, channel after
 * channel and row after row, of pictures from 0, black, to 1, white, of sounds from -1 to 1.
 *
 * Since: 0.2
 */
typedef enum {
  GEN_SPACE_LATENT, /* what the model takes */
  GEN_SPACE_STYLE,  /* the vector that all layers read */
  GEN_SPACE_STYLES, /* such a vector for each layer */
} GenSpaceKind;

typedef struct {
  GenSpaceKind kind;
  int class_number; /* that a model is told which makes samples of classes; -1: none is said */
  int threads;      /* 0: as many as there are cores */
  guint64 seed;     /* of latents that are drawn */
} GenLatentSpaceOptions;

#define GEN_LATENT_SPACE_DEFAULTS ((GenLatentSpaceOptions){ .class_number = -1 })

#define GEN_LATENT_SPACE_ERROR (gen_latent_space_error_quark ())
GEN_API GQuark gen_latent_space_error_quark (void);
typedef enum {
  GEN_LATENT_SPACE_ERROR_MODEL,      /* not a generator, or not one that can be looked into */
  GEN_LATENT_SPACE_ERROR_SETTING,    /* out of its range */
  GEN_LATENT_SPACE_ERROR_NOT_FINITE, /* it makes numbers that are none */
} GenLatentSpaceError;

typedef struct _GenLatentSpace GenLatentSpace;

/* The names of the kinds, "latent", "style" and "styles", ended by NULL. */
GEN_API const char *const *gen_space_kind_names (void);
/* FALSE with `error`, which lists them. */
GEN_API gboolean gen_space_kind_find (const char *name, GenSpaceKind *kind, GError **error);

/* Of the ONNX file `path`, in whose form errors name it. (transfer full) */
GEN_API GenLatentSpace *gen_latent_space_new (
    const char *path, const GenLatentSpaceOptions *options, GError **error);
GEN_API void gen_latent_space_free (GenLatentSpace *space);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenLatentSpace, gen_latent_space_free)

GEN_API GenSpaceKind gen_latent_space_kind (const GenLatentSpace *space);
/* Vectors in a place (layers of STYLES, else 1, or as the model's input has them), and numbers in
 * each. */
GEN_API gsize gen_latent_space_vectors (const GenLatentSpace *space);
GEN_API gsize gen_latent_space_length (const GenLatentSpace *space);
/* What samples are like. */
GEN_API const GenFormat *gen_latent_space_format (const GenLatentSpace *space);
/* What makes samples of places, as a model: of LATENT the model itself. A style is [N, length],
 * styles are [N, vectors, length]. (transfer none) */
GEN_API const GenGraph *gen_latent_space_graph (const GenLatentSpace *space);
/* Mean and standard deviation of each of a vector's numbers: 0 and 1 of LATENT, else measured. */
GEN_API const float *gen_latent_space_mean (const GenLatentSpace *space);
GEN_API const float *gen_latent_space_deviation (const GenLatentSpace *space);

/* The `n` places of the latents of frames `first` and on, as latentsrc draws them of the seed
 * without a walk. */
GEN_API gboolean gen_latent_space_draw (
    GenLatentSpace *space, guint64 first, guint n, float *places, GError **error);
/* The samples at `n` places. */
GEN_API gboolean gen_latent_space_make (
    GenLatentSpace *space, const float *places, guint n, float *samples, GError **error);

G_END_DECLS
