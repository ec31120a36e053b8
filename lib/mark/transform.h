/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The discrete Fourier transform of a plane, in place: rows, then columns. */
#pragma once

#include <glib.h>

typedef struct _GenPlaneTransform GenPlaneTransform;

/* Of `width` numbers a row and `height` rows. One thread at a time runs it. */
GenPlaneTransform *gen_plane_transform_new (int width, int height);
void gen_plane_transform_free (GenPlaneTransform *transform);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPlaneTransform, gen_plane_transform_free)
/* Exchange `re` and `im` for the inverse (times width times height). Of the result are columns up
 * to `reach` and those from width - `reach` on alone; others are left halfway. */
void gen_plane_transform_run (GenPlaneTransform *transform, double *re, double *im, int reach);
