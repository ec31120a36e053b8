/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frames of an animated WebP, where the library is built with libwebpdemux. Each is made of
 * those before it, so that they are cheap in their order alone. */
#pragma once

#include <generative/picture.h>

typedef struct _GenWebpAnimation GenWebpAnimation;

/* Errors are of GEN_PICTURE_ERROR and name the file. */
GenWebpAnimation *gen_webp_animation_open (const char *path, GError **error);
void gen_webp_animation_free (GenWebpAnimation *animation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenWebpAnimation, gen_webp_animation_free)

guint32 gen_webp_animation_get_count (const GenWebpAnimation *animation);
/* Frame `frame` on its canvas, into a picture that is filled anew. One thread at a time goes on;
 * others wait for it. */
gboolean gen_webp_animation_load (
    GenWebpAnimation *animation, guint32 frame, GenPicture *picture, GError **error);
