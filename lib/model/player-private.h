/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/player.h>

#include "model-private.h"

/* What puts numbers of a shape into a frame or sound. */
typedef struct {
  GenShape shape;
  GenFrameLayout to;
  GenSoundLayout to_sound;
  GenPlan *plan;
} GenEnding;

/* A model that has been compiled, or opened, for a use. */
typedef struct {
  GenModelUse use;
  GenPlan *plan;
  GenPacks packs;      /* of that */
  GenSession *session; /* in its place, of a staged model: it makes the numbers of pictures, */
  GPtrArray *endings;  /* and these put them into frames */
  GenBinding *inputs;  /* of the session, */
  gpointer *numbers;   /* and memory for them; as many as n_inputs */
  gsize *room;         /* bytes of it */
  guint n_inputs;
  gboolean in_context;
  gint64 first_run; /* how long it took, in microseconds; 0 before it */
} GenArrangement;

struct _GenPlayer {
  GenModel *model;
  GenPlayerOptions options;
  GPtrArray *arrangements; /* those used last, the first being the one that plays */
  GenArrangement *now;     /* or NULL */
  GenEnding *ending;       /* that wrote the last frame, or NULL */
  GPtrArray *fences;
  guint64 not_finite;      /* what runs that others had part in have told of its frames */
  GenNumbers **parameters; /* of each of the model's inputs, or NULL */
  GenPlan *chroma;         /* what brings that of whole frames, or NULL, */
  GenModelUse chroma_use;  /* and of which */
};

/* --- player-states.c --- */

/* How many inputs of a plan are planes of the frames that are played. */
guint gen_use_frame_inputs (const GenModelUse *use);
/* And how many of its outputs what is played is made of. */
guint gen_use_frame_outputs (const GenModelUse *use);
/* The same of the first `n` of `sides`. */
guint gen_use_side_bindings (const GenModelUse *use, const GenModelSide *sides, guint n);
/* Where input number `i` of the model is among those of the plan or session. */
guint gen_player_place (const GenPlayer *player, guint i);
/* Into the inputs of what plays. */
void gen_player_write_parameters (GenPlayer *player);
/* What plays now goes on with what `before`, or NULL, remembers. */
void gen_player_continue_from (GenPlayer *player, const GenArrangement *before);
/* What a session made of its states, behind what it made to be seen, goes in with the next run. */
gboolean gen_player_keep_states (GenPlayer *player, GError **error);
