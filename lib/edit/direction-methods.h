/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What methods that find directions have in common. */
#pragma once

#include <generative/direction-method.h>

/* Numbers of a place that a direction has: one vector's of GEN_SPACE_STYLES, else all. */
gsize gen_direction_length (const GenLatentSpace *space);
/* Whether so many samples, of so many numbers each, are not too many to hold. */
gboolean gen_direction_check_samples (gsize samples, gsize each, GError **error);
/* `n` places that are drawn, of gen_direction_length each; NULL with `error`. (transfer full) */
float *gen_direction_draw (GenLatentSpace *space, guint n, GError **error);
/* The first `n` eigenvectors of the symmetric [size, size] `matrix`, of the greatest eigenvalues
 * on, as its rows; `values` become these. */
gboolean gen_direction_eigen (double *matrix, gsize size, gsize n, double *values, GError **error);
/* `n` rows of gen_direction_length, made as long as `places` deviate along them. They are called
 * by their `names`, or where these are NULL by `prefix` and numbers from 1 on, and then go the way
 * in which their greatest number is positive.
 * NULL with `error` where one has no direction. */
GenDirections *gen_direction_scale (GenLatentSpace *space, const float *places, guint n_places,
    double *rows, guint n, const char *const *names, const char *prefix, GError **error);
