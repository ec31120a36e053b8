/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element `generator`, loaded and compiled, that plays what it is given and hands over what it
 * makes of it at once: whoever pushes has it when the push returns. So what a request gets is what
 * a pipeline would have made. One thread at a time uses one. */
#pragma once

#include <gst/gst.h>

#include "../../elements/shared/tensors.h"

typedef struct _ServePlayer ServePlayer;

/* Properties of `generator`, as text; NULL: as they are. */
typedef struct {
  const char *model; /* the file */
  const char *device, *precision, *parameters;
  int threads;
  gboolean numbers;  /* hand over numbers, where it would make pictures */
  gboolean shared;   /* play frames of several players at once, where the element can */
  guint shared_size; /* of how many at most; 0: as many as it has by itself */
  guint vectors;     /* that go into a buffer; 0: one */
} ServePlayerSettings;

/* What it takes. */
typedef struct {
  gboolean text;
  GstGenerativeTensors latents;         /* where it takes no text */
  int rate_numerator, rate_denominator; /* that suits the model; 0 and 1: any */
} ServePlayerInput;

/* (transfer full) */
ServePlayer *serve_player_new (const ServePlayerSettings *settings, GError **error);
void serve_player_free (ServePlayer *player);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServePlayer, serve_player_free)

const ServePlayerInput *serve_player_input (const ServePlayer *player);
/* The same of one latent, where a buffer has several. */
const GstGenerativeTensors *serve_player_one (const ServePlayer *player);
/* What it makes: caps of one structure, perhaps not fixed. (transfer full) */
GstCaps *serve_player_output (ServePlayer *player);
/* What the stream says of itself. (transfer full), NULL before anything has been made. */
GstTagList *serve_player_get_tags (ServePlayer *player);

/* What is made comes as it is made; FALSE: no more is wanted. `sample` is the caller's. */
typedef gboolean (*ServePlayerFunc) (GstSample *sample, gpointer data);

/**
 * serve_player_play: play one latent or text, which is taken, and with it `parameters`
 * ("strength=0.5"; NULL: as they are). FALSE with `error` where nothing comes of it.
 * `rate_numerator` / `rate_denominator` frames are a second; 0: as it suits the model.
 */
gboolean serve_player_play (ServePlayer *player, GstBuffer *input, const char *parameters,
    int rate_numerator, int rate_denominator, ServePlayerFunc made, gpointer data, GError **error);
