/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/player.h>

G_BEGIN_DECLS

/**
 * GenSharedMember: one of several in a process that play the same model, and have their frames made
 * in common runs: a run of eight frames takes less than eight runs of one, of dense nets hardly
 * more than one. Whoever plays has a player of its own, prepared for one frame a run, binds its
 * inputs and its output as ever, and then
 *
 *     member = gen_shared_member_new (player, &options, &error);
 *     gen_player_bind_numbers (player, 0, latent);
 *     gen_player_bind_output_frame (player, 0, &picture);
 *     gen_shared_member_run (member, patience, deadline, &error);    in the place of gen_player_run
 *
 * Members find each other by themselves: those whose models are the same graphs with the same
 * weights, whichever file they were read from, whose players are prepared for the same use, with
 * the same options. Which frames go together is decided by the policy of batches that is
 * the server's, too: nobody waits longer than `patience` for others, and one alone does not wait at
 * all. Frames whose parameters (gen_player_set_parameter) stand at other numbers share no run.
 *
 * Runs of several frames are made by plans of 2, 4, 8 … and `most` frames, which are compiled
 * beside what plays once there are two members, and are tried: a model of which a frame comes out
 * differently in other company is not played so. Frames are the same to within what kernels for
 * more rows round otherwise (some 1e-6 of float32); with `exact` to the bit, for then every run has
 * as many places, and those that nobody needs are padding.
 *
 * What a model remembers (its states) is each member's own: it goes on with what it remembers of
 * its own frames, and gen_player_reset of its player begins anew.
 *
 * The run is made by the thread of one of those that wait. What fails, fails for all that had part
 * in it. Nothing is allocated for a frame.
 *
 * Since: 0.2
 */
typedef struct _GenSharedMember GenSharedMember;

#define GEN_SHARED_MAX_FRAMES 64
/* Of a frame that may come at any time. */
#define GEN_SHARED_NO_DEADLINE G_MAXINT64

typedef struct {
  guint most;     /* frames in a run, at most GEN_SHARED_MAX_FRAMES */
  gboolean exact; /* all runs have that many places */
} GenSharedOptions;

typedef struct {
  guint members;        /* that play the same now */
  guint largest;        /* frames that a run can have by now */
  guint64 runs, frames; /* of all that were members */
  guint64 padding;      /* places in runs that had no frame */
  guint64 late;         /* frames whose run was expected to end after their deadline */
  char *refused;        /* why runs have one frame, where that is so for good; or NULL */
} GenSharedFigures;

/* All members of the process together, whatever they play. */
typedef struct {
  guint members;
  guint waiting, overdue; /* frames that wait now, and those that wait longer than they want */
  guint64 runs, frames, padding;
} GenSharedTotals;

/* Whoever plays with `player`, which is prepared and stays so until the member is freed. NULL with
 * `error`, which says why, where what it plays cannot be shared: on another device than the CPU,
 * of a model that plays spectra, that draws random numbers, whose shapes hang on what it computes
 * or that takes a certain number of items; of several frames a run, or with further inputs and
 * outputs. (transfer full) */
GEN_API GenSharedMember *gen_shared_member_new (
    GenPlayer *player, const GenSharedOptions *options, GError **error);
/* Leave the others. Not while it runs. */
GEN_API void gen_shared_member_free (GenSharedMember *member);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSharedMember, gen_shared_member_free)

/* Make the frame that is bound, when others have theirs, within `patience` microseconds as far as
 * waiting for them goes, and so that it is made by `deadline` of g_get_monotonic_time, if it can
 * be: then it goes before others that have more time. One that is late is made all the same. FALSE
 * with `error`, G_IO_ERROR_CANCELLED where somebody did not want it any more; nothing has been
 * written then. */
GEN_API gboolean gen_shared_member_run (
    GenSharedMember *member, gint64 patience, gint64 deadline, GError **error);
/* From any thread: let a run that waits, and those that follow, be cancelled until
 * gen_shared_member_resume. One that is being made is waited for by whoever runs it. */
GEN_API void gen_shared_member_cancel (GenSharedMember *member);
GEN_API void gen_shared_member_resume (GenSharedMember *member);

/* Let all that is being made ready for its group be so: for tests and measurements, which want the
 * same from the first frame on. */
GEN_API void gen_shared_member_settle (GenSharedMember *member);
/* How it goes with all that play the same. `refused` is the caller's to free. */
GEN_API GenSharedFigures gen_shared_member_figures (GenSharedMember *member);
GEN_API GenSharedTotals gen_shared_totals (void);

G_END_DECLS
