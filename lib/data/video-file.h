/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frames of a film, by their numbers. When it is opened its packets are counted, without
 * decoding them; a frame is then decoded from the nearest key frame before it, or from the frame
 * that was decoded last, where that is nearer. */
#pragma once

#include <generative/picture.h>

typedef struct _GenVideoFile GenVideoFile;

/* Errors are of GEN_PICTURE_ERROR and name the file. */
GenVideoFile *gen_video_file_open (const char *path, GError **error);
void gen_video_file_free (GenVideoFile *video);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenVideoFile, gen_video_file_free)

const char *gen_video_file_get_path (const GenVideoFile *video);
guint32 gen_video_file_get_count (const GenVideoFile *video);
/* When frame `frame` is shown, in nanoseconds from the first one on; of the number behind the last,
 * when that ends, as far as the frame rate tells. */
gint64 gen_video_file_get_time (const GenVideoFile *video, guint32 frame);
/* Frame `frame`, into a picture that is filled anew. Any number of threads may ask at once: each
 * has a decoder of its own, and those that are idle are kept. */
gboolean gen_video_file_load (
    GenVideoFile *video, guint32 frame, GenPicture *picture, GError **error);

/* Told of each frame that can be decoded, in their order. */
struct AVFrame;
typedef void (*GenVideoVisit) (guint32 frame, const struct AVFrame *decoded, gpointer data);
/* Decode all of a film once, from its beginning. */
gboolean gen_video_file_visit (
    GenVideoFile *video, GenVideoVisit visit, gpointer data, GError **error);

/* Whether a name ends as those of films do; or as those of animated pictures do. */
gboolean gen_video_file_is_named (const char *name);
gboolean gen_video_file_is_animation_named (const char *name);
