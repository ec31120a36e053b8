/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <generative/api.h>
#include <generative/model.h>

G_BEGIN_DECLS

/**
 * GenPlayer: a model as it plays. Whoever has a model run, on frames or on numbers, does so by a
 * player. It compiles the model for what comes (GenModelUse) and keeps what it has compiled, so
 * that sizes which come back find it; plays models of fixed shapes by plans and staged ones by
 * sessions (model.h); works in the context of a device in which frames lie; and goes on on the CPU
 * where a device gives out that nobody insisted on.
 *
 *     player = gen_player_new (model, &options);
 *     gen_player_prepare (player, &use, &error);    whenever it is to play otherwise
 *     gen_player_bind_input_frame (player, 0, &frame);
 *     gen_player_bind_output_frame (player, 0, &picture);
 *     gen_player_run (player, &error);
 *
 * A player is used by one thread at a time; different players run at the same time, those of one
 * model too, and share its weights.
 */
typedef struct _GenPlayer GenPlayer;

typedef struct {
  GenPlanOptions plan;
  /* Nobody insisted on the device: where it fails the CPU takes over. */
  gboolean falls_back;
  /* The context of the device, shared with those whose frames lie in it, and how a thread enters
   * it; NULL: the device's own. It is kept (a reference). */
  GObject *context;
  gboolean (*enter) (GObject *context);
  void (*leave) (GObject *context);
} GenPlayerOptions;

/* (transfer full) */
GEN_API GenPlayer *gen_player_new (GenModel *model, const GenPlayerOptions *options);
GEN_API void gen_player_free (GenPlayer *player);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPlayer, gen_player_free)

GEN_API GenModel *gen_player_model (const GenPlayer *player);
/* What it plays with from now on: the CPU once it has fallen back. */
GEN_API const GenPlanOptions *gen_player_options (const GenPlayer *player);

/**
 * gen_player_prepare: play as `use` says from now on, by what is kept or else by what is compiled
 * now, with the player's own options and not those of the use. Where a device fails that nobody
 * insisted on, it is done for the CPU, and `announced`, when it is not NULL, becomes why. On
 * failure what played before plays on. Inputs and outputs are to be bound anew.
 */
GEN_API gboolean gen_player_prepare (
    GenPlayer *player, const GenModelUse *use, GError **announced, GError **error);
/* Whether that would find what was compiled before. */
GEN_API gboolean gen_player_keeps (const GenPlayer *player, const GenModelUse *use);
/* Free all that was compiled: it has to be prepared again. */
GEN_API void gen_player_forget (GenPlayer *player);
/* What it plays as, NULL before it has been prepared. */
GEN_API const GenModelUse *gen_player_use (const GenPlayer *player);
/* Whether two uses come to the same. */
GEN_API gboolean gen_model_use_equal (const GenModelUse *a, const GenModelUse *b);
GEN_API gboolean gen_frame_layout_equal (const GenFrameLayout *a, const GenFrameLayout *b);
/* Whether frames in the memory of the options' context can be bound where they are. */
GEN_API gboolean gen_player_shares_context (const GenPlayer *player);

/**
 * gen_player_fall_back: after `error` in a run: whether a device that nobody insisted on gives way
 * to the CPU. If so, all that was compiled for it is forgotten, and the player has to be prepared
 * again, with frames that the CPU reaches.
 */
GEN_API gboolean gen_player_fall_back (GenPlayer *player, const GError *error);

#define GEN_FRAME_MAX_PLANES 4

/* A frame in memory. */
typedef struct {
  void *planes[GEN_FRAME_MAX_PLANES]; /* where those of a plan begin (gen_frame_layout_offset) */
  gboolean on_device; /* they are addresses there, which is for a player that shares its context */
  GenFence *fence;    /* what the run waits for before it touches them, or NULL */
} GenFrame;

/* Frame `i` of a run is read from `frame`; NULL: from nowhere, as those are that a batch lacks. */
GEN_API void gen_player_bind_input_frame (GenPlayer *player, guint i, const GenFrame *frame);
/* Frame `i` of a run is written to `frame`, or NULL: is not wanted. Not for staged models. */
GEN_API void gen_player_bind_output_frame (GenPlayer *player, guint i, const GenFrame *frame);
/* The same of what goes with it into `inputs[side]` of the use, and comes out of `outputs[side]`,
 * where numbers of all frames go to the one plane of frame 0. */
GEN_API void gen_player_bind_side_input (
    GenPlayer *player, guint side, guint i, const GenFrame *frame);
GEN_API void gen_player_bind_side_output (
    GenPlayer *player, guint side, guint i, const GenFrame *frame);
/* The numbers of `outputs[side]` that the last run made, where these are not frames. */
GEN_API const GenBinding *gen_player_side_output (const GenPlayer *player, guint side);
/* Of the picture of frame `i`, which is played in parts (GenModelUse), that much is written, and
 * the frame's planes begin where its first pixel goes. */
GEN_API void gen_player_keep_part (GenPlayer *player, guint i, const GenKeptPart *part);
/* Input number `i` of the model, numbers, is read from `data`, which stays until the run is over:
 * where it lies, if it can be. */
GEN_API void gen_player_bind_numbers (GenPlayer *player, guint i, const void *data);
/* Input number `i` of the model, tokens, are the `n` `ids` from now on. Of a use that plays them.
 */
GEN_API void gen_player_set_tokens (GenPlayer *player, guint i, const gint64 *ids, gsize n);
/* The player's own memory for input number `i`, to be written before a run. */
GEN_API void *gen_player_numbers (GenPlayer *player, guint i);

/**
 * gen_player_set_parameter: let input `name`, a parameter (model.h), stand at `numbers` from the
 * next run on. FALSE with `error` where there is no such parameter, or it holds another number of
 * them.
 */
GEN_API gboolean gen_player_set_parameter (
    GenPlayer *player, const char *name, const GenNumbers *numbers, GError **error);
/* The same of "strength=0.6,bits=1:0:1". */
GEN_API gboolean gen_player_set_parameters (GenPlayer *player, const char *text, GError **error);
/* What the model remembers of the runs before is forgotten: the next run is the first one of a
 * stream, and draws what that draws. Also done where the player is prepared for states of other
 * shapes. */
GEN_API void gen_player_reset (GenPlayer *player);
/* Go on with what `before` remembers, where states of the same names and shapes do: of a model that
 * takes the place of another one. Both have been prepared. */
GEN_API void gen_player_continue (GenPlayer *player, GenPlayer *before);

GEN_API gboolean gen_player_run (GenPlayer *player, GError **error);
/* A run of a staged model on nothing but zeros, which tells what it may make. */
GEN_API gboolean gen_player_run_on_zeros (GenPlayer *player, GError **error);
/* How long the first run of this use took, in microseconds. Where there was none, a plan is run on
 * whatever lies there, which also brings weights into the caches; 0 for a session. */
GEN_API gint64 gen_player_warm_up (GenPlayer *player);
/* The numbers that the last run made, of a use without frames or a staged model; NULL for frames.
 * They hold until the next run. */
GEN_API const GenBinding *gen_player_output (const GenPlayer *player);
/**
 * gen_player_write_frame: of a staged model, put the pictures that the last run made into `frame`,
 * which lies as `to` says and holds them side by side in `to->columns`, each `height` x `width`.
 */
GEN_API gboolean gen_player_write_frame (GenPlayer *player, int pictures, int height, int width,
    const GenFrameLayout *to, const GenFrame *frame, GError **error);
/* The same of a sound of one channel: all numbers that the last run made, as samples that lie as
 * `to` says, into `data`. */
GEN_API gboolean gen_player_write_sound (
    GenPlayer *player, const GenSoundLayout *to, void *data, GError **error);
/**
 * gen_player_bring_chroma: of frames in Y'CbCr whose luma alone is played, as pictures of one
 * channel (gen_frame_layout_luma), which may be piece by piece: make of the chroma of `in` that of
 * `out`. These are whole frames, as `height`, `width`, `from`, `to` and the size of `output` of
 * `whole` say, which has one frame; nothing else of it is looked at.
 */
GEN_API gboolean gen_player_bring_chroma (GenPlayer *player, const GenModelUse *whole,
    const GenFrame *in, const GenFrame *out, GError **error);
/* Into which frames of the last run numbers went of which there can be no picture
 * (gen_model_take_not_finite). */
GEN_API guint64 gen_player_take_not_finite (GenPlayer *player);

G_END_DECLS
