/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One film of those of its ranges, without a seam: pictures are counted and stand at times that
 * hang on their numbers alone, and sound is one stream of samples that is encoded only here. The
 * same ranges make the same bytes. */
#pragma once

#include <glib.h>

#include "../private-api.h"

/* Whether the file `path` is a film of `frames` pictures, the first of which needs no other: those
 * of a stream that cannot be cut there would be shown as rubbish. Its pictures may be of any codec
 * that the muxer takes; its sound is raw samples (PCM), so that nothing is lost between ranges. */
GEN_PRIVATE_API gboolean gen_film_check (const char *path, guint64 frames, GError **error);

/* Whether films can be joined to a file of that name, which says what it is. */
GEN_PRIVATE_API gboolean gen_films_check_output (const char *output, GError **error);

/* Write the film `output` (.mkv, .mp4, .webm …) of the `n` films
 * `paths`. `sound_codec` is an encoder of libav, or NULL: what that kind of file has as a rule. The
 * file appears whole or not at all. */
GEN_PRIVATE_API gboolean gen_films_join (
    const char *const *paths, guint n, const char *output, const char *sound_codec, GError **error);
