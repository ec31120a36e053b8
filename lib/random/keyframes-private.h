/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/keyframes.h>
#include <generative/tensor.h>

/* A keyframe: numbers, or a draw of a seed. */
typedef struct {
  double time;
  const float *numbers; /* NULL: drawn */
  gsize n;              /* of them: a vector's, or all vectors' */
  gboolean has_seed;    /* else the walk's */
  guint64 seed, frame;
} GenKeyframe;

const GenKeyframe *gen_keyframes_get (const GenKeyframes *keyframes, guint64 index);

/* `time` is `t` of the way from keyframe `from` to keyframe `to`. */
void gen_keyframes_find (const GenKeyframes *keyframes, double time, gboolean loop, guint64 *from,
    guint64 *to, double *t);

/* The floats in a file in numpy's format, of float16, float32 or float64, all finite. NULL with
 * `error`, of `domain` and `code` where the file is good but is none of these. (transfer full) */
float *gen_latent_file_load (
    const char *path, GQuark domain, int code, GenShape *shape, GError **error);
/* The same of an array that has been read, which `what` names. (transfer full) */
float *gen_latent_numbers (GBytes *bytes, GenDataType type, const GenShape *shape, const char *what,
    GQuark domain, int code, GError **error);
