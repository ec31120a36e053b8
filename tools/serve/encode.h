/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a generator makes becomes files, in memory. A file takes samples one after another, and
 * gives bytes as soon as it has some: of a film each second, of a picture all at once. The same
 * samples make the same bytes. */
#pragma once

#include <gst/gst.h>

#include "../../lib/serve/generate-facts.h"

typedef struct {
  int quality;       /* 0 to 100 */
  int width, height; /* that pictures are brought to; 0: they stay */
  guint count;       /* samples that the file will have, where it joins all */
  GstTagList *tags;  /* what the stream says of itself, or NULL */
} ServeEncodeOptions;

/* Bytes of the file; they are the caller's. */
typedef void (*ServeEncodeFunc) (GBytes *bytes, gpointer data);

typedef struct {
  GenServeFormat format;
  /* Whether all that it takes is there; NULL: it always is. */
  gboolean (*is_there) (void);
  /* `options` stay. (transfer full) */
  gpointer (*open) (
      const ServeEncodeOptions *options, ServeEncodeFunc made, gpointer data, GError **error);
  gboolean (*add) (gpointer file, GstSample *sample, GError **error);
  gboolean (*finish) (gpointer file, GError **error);
  void (*free) (gpointer file);
  /* Nobody has anything of a part of it: a few bytes may wait for the others. */
  gboolean unhurried;
  /* A small one takes less time than to have it done by another thread. */
  gboolean quick;
} ServeEncoder;

extern const ServeEncoder serve_encoder_png, serve_encoder_jpeg, serve_encoder_webp;
extern const ServeEncoder serve_encoder_mp4;
extern const ServeEncoder serve_encoder_wav, serve_encoder_flac, serve_encoder_mp3,
    serve_encoder_opus, serve_encoder_aac, serve_encoder_pcm;
extern const ServeEncoder serve_encoder_npy;

/* Those that there are for what a medium makes, the usual one first, then NULL. (transfer
 * container) */
const GenServeFormat *const *serve_encoder_formats (const GenMedium *medium);
/* The encoder that a format is of. */
const ServeEncoder *serve_encoder_of (const GenServeFormat *format);
