/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element `generator`, loaded and compiled, that plays what it is given, one latent or text or
 * several latents in one run, and hands over what it makes of it at once: whoever pushes has it
 * when the push returns. So what a request gets is what a pipeline would have made. One thread at a
 * time uses one. */
#pragma once

#include <gst/gst.h>

#include "../../elements/shared/tensors.h"

typedef struct _ServePlayer ServePlayer;

/* Properties of `generator`, as text; NULL: as they are. */
typedef struct {
  const char *model; /* the file */
  const char *device, *precision, *parameters;
  int threads;
  gboolean numbers; /* hand over numbers, where it would make pictures */
  guint frames;     /* that go into a run; 0: one */
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
/* What it makes: caps of one structure, perhaps not fixed. (transfer full) */
GstCaps *serve_player_output (ServePlayer *player);
/* What the stream says of itself. (transfer full), NULL before anything has been made. */
GstTagList *serve_player_get_tags (ServePlayer *player);

/* What is made of input `number` comes as it is made; FALSE: no more is wanted. `sample` is the
 * caller's. */
typedef gboolean (*ServePlayerFunc) (GstSample *sample, guint number, gpointer data);

/**
 * serve_player_play: play `n` latents, as many as a run has at most, or one text; they are taken.
 * With them `parameters` ("strength=0.5"; NULL: as they are). Of several, each makes one sample.
 * FALSE with `error` where nothing comes of it. `rate_numerator` / `rate_denominator` frames are a
 * second; 0: as it suits the model.
 */
gboolean serve_player_play (ServePlayer *player, GstBuffer *const *inputs, guint n,
    const char *parameters, int rate_numerator, int rate_denominator, ServePlayerFunc made,
    gpointer data, GError **error);
