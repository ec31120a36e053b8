/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/latent.h>

G_BEGIN_DECLS

/**
 * What is done to latents that have been made: parts of them mixed with another seed's, pushed
 * along directions, drawn together. `latents` is what gen_latent_fill wrote for `latent`.
 *
 * Since: 0.2
 */

/**
 * GenDirections: vectors to push latents along: drawn ones, whose effect is whatever the model
 * makes of it, or ones that somebody found (a principal component, the normal of a classifier's
 * border) and wrote into a file in numpy's format: an array [numbers], [directions, numbers] or
 * [directions, vectors, numbers] of floats, or an archive (.npz) with an array [numbers] or
 * [vectors, numbers] for each, whose name is the direction's. Others have their numbers for names,
 * from 0 on.
 */
typedef struct _GenDirections GenDirections;

#define GEN_DIRECTIONS_ERROR (gen_directions_error_quark ())
GEN_API GQuark gen_directions_error_quark (void);
typedef enum {
  GEN_DIRECTIONS_ERROR_INVALID,   /* not what a file of directions holds */
  GEN_DIRECTIONS_ERROR_SHAPE,     /* vectors of another length */
  GEN_DIRECTIONS_ERROR_NOT_FOUND, /* none of that name */
} GenDirectionsError;

/* Errors name the file and the array's shape; those of reading are of GEN_NPY_ERROR.
 * (transfer full) */
GEN_API GenDirections *gen_directions_load (const char *path, GError **error);
/* `n` of the length sqrt (length), which normal vectors have on average; drawn from a stream of
 * `seed` of their own. (transfer full) */
GEN_API GenDirections *gen_directions_draw (guint64 seed, guint n, gsize length);
/* `n` of [n, vectors, length] `numbers`, by their names. (transfer full) */
GEN_API GenDirections *gen_directions_new (
    const char *const *names, guint n, gsize vectors, gsize length, const float *numbers);
/* Write them into an archive of numpy's. */
GEN_API gboolean gen_directions_save (
    const GenDirections *directions, const char *path, GError **error);
GEN_API void gen_directions_free (GenDirections *directions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenDirections, gen_directions_free)

GEN_API guint gen_directions_count (const GenDirections *directions);
/* (transfer full) */
GEN_API char *gen_directions_name (const GenDirections *directions, guint i);
/* The one of that name, or -1 with `error`, which lists them. */
GEN_API int gen_directions_find (const GenDirections *directions, const char *name, GError **error);
/* [vectors, length] of one of them. (transfer none) */
GEN_API const float *gen_directions_numbers (
    const GenDirections *directions, guint i, gsize *vectors, gsize *length);
/* Whether frames of `count` vectors of `length` numbers can be pushed along them. */
GEN_API gboolean gen_directions_fit (
    const GenDirections *directions, gsize length, gsize count, GError **error);

/* Push each vector along direction k by amounts[k] times that direction, for the first `n`. */
GEN_API void gen_latent_push (const GenLatent *latent, const GenDirections *directions,
    const double *amounts, guint n, float *latents);
/* The same, and then back to where the distribution has its vectors: each of NORMAL and SPHERICAL
 * is made as long as it was, so that it is turned and not moved; numbers of UNIFORM and TRUNCATED
 * are clipped. */
GEN_API void gen_latent_turn (const GenLatent *latent, const GenDirections *directions,
    const double *amounts, guint n, float *latents);

/* Mix with `others`, another frame of the same size, by `amount` (0 to 1, which takes them as they
 * are), on the way that a walk takes (LINEAR a straight line, else a great circle): where a frame
 * has several vectors, in vectors `first` to `last`; where it has one, in numbers `first` to
 * `last`. */
GEN_API void gen_latent_mix (const GenLatent *latent, const float *others, double amount,
    gsize first, gsize last, float *latents);

/* All numbers times `factor`: with less than 1, nearer to the mean. */
GEN_API void gen_latent_scale (const GenLatent *latent, double factor, float *latents);

G_END_DECLS
