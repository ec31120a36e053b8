/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenKeyframes: latents that a walk passes through at times of their own, from a file.
 *
 * A file in numpy's format (.npy) holds an array [keyframes, numbers] or [keyframes, vectors,
 * numbers] of floats; keyframe k stands at k seconds. Any other is JSON Lines, a keyframe a line,
 * whose times go up:
 *
 *     {"time": 0, "seed": 7}
 *     {"time": 2.5, "seed": 7, "frame": 31}
 *     {"time": 4, "latent": [0.25, -1.5, 0.75]}
 *
 * which are frame 0 and frame 31 of seed 7, as they are drawn without a walk ("seed" left out: of
 * the walk's own seed), and the numbers themselves: of one vector, which stands for each of a
 * frame, or of all vectors one after the other. Before the first keyframe its latent stands still,
 * and behind the last one that one's; a loop goes back from the last to the first, in the time that
 * lies between the last two (of a single one: a second).
 *
 * Since: 0.2
 */
typedef struct _GenKeyframes GenKeyframes;

#define GEN_KEYFRAMES_MAX (1 << 20)

#define GEN_KEYFRAMES_ERROR (gen_keyframes_error_quark ())
GEN_API GQuark gen_keyframes_error_quark (void);
typedef enum {
  GEN_KEYFRAMES_ERROR_INVALID, /* not what a file of keyframes holds */
  GEN_KEYFRAMES_ERROR_SHAPE,   /* latents of another length */
} GenKeyframesError;

/* Errors name the file, and its line or the array's shape; those of reading are of G_FILE_ERROR or
 * GEN_NPY_ERROR. (transfer full) */
GEN_API GenKeyframes *gen_keyframes_load (const char *path, GError **error);
GEN_API void gen_keyframes_free (GenKeyframes *keyframes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenKeyframes, gen_keyframes_free)

GEN_API guint gen_keyframes_count (const GenKeyframes *keyframes);
/* Whether they are latents for frames of `count` vectors of `length` numbers. */
GEN_API gboolean gen_keyframes_fit (
    const GenKeyframes *keyframes, gsize length, gsize count, GError **error);

G_END_DECLS
