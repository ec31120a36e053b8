/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames on their way into a net of a learned mark, and out of it. */
#pragma once

#include <generative/picture-mark.h>
#include <generative/player.h>

/* The picture that `port`, the first of a net, takes or makes, of red, green and blue; where
 * nothing says which numbers black and white are, -1 and 1. FALSE with `error`, which says what
 * `path` would have to be, where it is none. */
gboolean gen_learned_choose_picture (
    const GenPort *port, const char *path, const char *what, GenPort *chosen, GError **error);
/* Whether frames of that size go into `port` of `path`. */
gboolean gen_learned_check_size (
    const GenPort *port, const char *path, int width, int height, GError **error);
/* Bytes of red, green and blue, one behind the other. */
GenFrameLayout gen_learned_layout (int width);
void gen_learned_take (const GenMarkFrame *frame, guint8 *pixels);
