/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * GenClip: pictures of one size that follow each other, as a film of its own: a file in memory, as
 * GenEncoding makes of single ones. The same pictures make the same bytes, whatever the number of
 * threads.
 */
typedef struct _GenClip GenClip;

/* A kind of film. */
typedef struct {
  const char *name, *description;
  const char *extension; /* of the files, without a dot */
  gboolean has_alpha;    /* keeps transparency; else it is composed over black */
  const char *codec;     /* of libav's encoders */
} GenClipEncoding;

/* FFV1 (RFC 9043) in AVI: lossless. */
GEN_API extern const GenClipEncoding gen_clip_ffv1;
/* Motion JPEG in AVI: small, each frame by itself. */
GEN_API extern const GenClipEncoding gen_clip_mjpeg;

/* All of them, ended by NULL, the usual one first. */
GEN_API const GenClipEncoding *const *gen_clip_encoding_list (void);
/* The one of that name, or NULL with `error` (G_IO_ERROR), which lists them. */
GEN_API const GenClipEncoding *gen_clip_encoding_find (const char *name, GError **error);

typedef struct {
  int width, height, channels; /* of its pictures; 1, 3 or 4 channels */
  int rate_n, rate_d;          /* frames a second */
  int quality;                 /* of what loses something: 0, small, to 100, good */
  int threads;                 /* 0: as many as there are processors */
} GenClipSettings;

/* An empty one; NULL with `error` (GEN_PICTURE_ERROR) where such pictures cannot be encoded. */
GEN_API GenClip *gen_clip_new (
    const GenClipEncoding *encoding, const GenClipSettings *settings, GError **error);
GEN_API void gen_clip_free (GenClip *clip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenClip, gen_clip_free)

/* Add a picture of that size. */
GEN_API gboolean gen_clip_add (GenClip *clip, const GenPicture *picture, GError **error);
GEN_API guint gen_clip_get_length (const GenClip *clip);
/* The file; nothing but gen_clip_free may follow. (transfer full) */
GEN_API GBytes *gen_clip_finish (GenClip *clip, GError **error);

G_END_DECLS
