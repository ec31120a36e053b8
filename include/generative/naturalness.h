/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * GenNaturalness: what the metric niqe compares pictures with, fitted to good ones: the mean and
 * covariance of the statistics of scenes (scene-statistics.h) of their areas of 96 by 96 pixels, of
 * which those of a picture that are as sharp as three quarters of its sharpest one count (Mittal,
 * Soundararajan and Bovik, "Making a completely blind image quality analyzer", IEEE SPL 2013). In
 * a file they are a .npz archive with arrays `mu` and `cov`. Since: 0.2
 */
typedef struct _GenNaturalness GenNaturalness;

#define GEN_NATURALNESS_AREA 96
#define GEN_NATURALNESS_FEATURES 36

GEN_API GenNaturalness *gen_naturalness_new (void);
GEN_API void gen_naturalness_free (GenNaturalness *fit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenNaturalness, gen_naturalness_free)

/* Take in a picture of any size and 1 or 3 channels, whose luma counts; returns how many areas
 * did: none of a picture that is smaller than one, or flat. */
GEN_API guint gen_naturalness_add (GenNaturalness *fit, const GenPicture *picture);
/* How many areas have been taken in. */
GEN_API guint64 gen_naturalness_count (const GenNaturalness *fit);
/* Write what was found, atomically. FALSE with `error` when no more areas than features came, or no
 * more that differ, of which a covariance is singular, or the file cannot be written. */
GEN_API gboolean gen_naturalness_save (GenNaturalness *fit, const char *path, GError **error);

G_END_DECLS
