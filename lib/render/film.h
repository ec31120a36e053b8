/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The film of a range as it is read: its packets, and which picture each of them is. */
#pragma once

#include <glib.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

typedef struct {
  char *path;
  AVIOContext *io;
  AVFormatContext *format;
  AVPacket *packet;
  int video, sound;             /* numbers of its streams; -1: it has none */
  AVCodecParameters *codecs[2]; /* of pictures, and of sound or NULL */
  AVRational unit;              /* of times of pictures */
  AVRational shape;             /* of pixels */
  AVRational rate;              /* pictures a second */
  gint64 first;                 /* the earliest time of a picture, in its stream's unit */
  guint64 pictures;             /* in all */
  guint64 delay;                /* by how many pictures decoding has to be ahead of showing */
} GenFilm;

/* Look at all of the film, which is closed again. NULL with `error` where it cannot be one of
 * several that are joined. (transfer full) */
GenFilm *gen_film_open (const char *path, GError **error);
void gen_film_free (GenFilm *film);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenFilm, gen_film_free)

/* Open it to be read, and close it. */
gboolean gen_film_begin (GenFilm *film, GError **error);
void gen_film_end (GenFilm *film);
/* The next packet into film->packet: 1, 0 at the end, -1 with `error`. */
int gen_film_read (GenFilm *film, GError **error);
/* Which picture the packet is, counted in the order of showing. */
gint64 gen_film_picture (const GenFilm *film, const AVPacket *packet);

/* An error of libav's about `path`. Returns FALSE. */
gboolean gen_film_fail (GError **error, const char *path, const char *what, int code);
