/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>
#include <generative/operator.h>

/* The file beside the model's, NULL where there is none. FALSE when it cannot be read. */
gboolean gen_model_load_sidecar (const char *path, GKeyFile **sidecar, GError **error);
/* Fill in what is said of `port` as a sound: its rate, and that it is one. An output is made of
 * `samples`; 0 where that is not known, and of inputs. */
gboolean gen_model_read_sample_rate (
    const GenModel *model, GKeyFile *sidecar, GenPort *port, gint64 samples, GError **error);
/* Whether `port` is a sound where somebody says a rate. */
gboolean gen_rate_makes_sound (const GenModel *model, const GenPort *port, gint64 samples);
/* Let an input of fixed length that can be nothing but the sound of that rate be heard, when the
 * model is read again. FALSE where there is none. */
gboolean gen_rate_find_heard (GenModel *model, GKeyFile *sidecar);
/* Let parameters that are that rate, by their names, stand at it. */
void gen_rate_set_parameters (GenModel *model);
/* Read all anew that the graph, its metadata and its sidecar say. */
gboolean gen_model_read (GenModel *model, GError **error);
/* Fill in how the numbers of each picture stand for bytes. `graph` is the model's, or a copy with
 * more shapes and constants known. A wrong metadata entry or sidecar is an error that names it. */
gboolean gen_model_read_ranges (
    GenModel *model, const GenGraph *graph, GKeyFile *sidecar, GError **error);

/* Say in `error` of which file it is, and on which parameters shapes hang there. */
void gen_model_name_error (const GenModel *model, GError **error);

/* The model of a graph as it is, and of a file: neither of its spectra nor of what it is chained
 * to. (transfer full) */
GenModel *gen_model_new_plain (
    GenGraph *graph, const char *path, const GenModelHints *hints, GError **error);
GenModel *gen_model_load_plain (const char *path, GError **error);

/* What the inputs of a model may leave free: N, a picture's size, the length of a sound or series.
 */
typedef struct {
  gint64 batch;
  int height, width;
  gint64 length;
} GenExtents;

/* Fill in what an input or output of `shape` is. */
void gen_port_read (
    GenPort *port, const GenTensor *tensor, const GenShape *shape, gboolean is_input);
/* Of what is known to be so many frames: whether they lie one behind the other in the channels. */
void gen_port_say_stacked (GenPort *port, int frames);
/* Let an output [N, H, W] of the size of the picture that it is made of be one of one channel. */
void gen_port_read_plane (GenPort *port, int height, int width);
/* Whether it is one picture or several. */
gboolean gen_port_is_picture (const GenPort *port);
/* Make an output of floats, which was `declared` to be of no extents but free ones and 1, a sound
 * of one channel whose length is computed: of a model that takes tokens. */
void gen_port_make_speech (GenPort *port, const GenShape *declared);
/* Whether it is a sound or series. */
gboolean gen_port_is_timed (const GenPort *port);
/* Whether it is a row that comes out as long as it goes in, first of all: a piece of a stream,
 * where its rate is known. Of a latent a longer one is made. */
gboolean gen_port_passes (const GenModel *model, const GenPort *port);
/* Along which axis of a sound or series time runs. */
int gen_port_time_axis (const GenPort *port);
/* Whether it has an extent of 0, and so no numbers whatever goes in. */
gboolean gen_port_is_empty (const GenPort *port);

/* Whether what plays it so is a session: shapes hang on what is computed, or differ in each run. */
gboolean gen_model_opens (const GenModel *model, const GenModelUse *use);

/* Which of `use->inputs` goes into input number `i`; -1 where none does. */
int gen_model_use_side (const GenModel *model, const GenModelUse *use, guint i);

/* Whether frames that are played go into input number `i`. */
gboolean gen_model_use_feeds (const GenModel *model, const GenModelUse *use, guint i);

/* Let a PackPicture or UnpackPicture have frames that lie as `layout` says, whose bytes stand for
 * numbers as `port` says. */
void gen_model_set_layout (GenNode *node, const GenFrameLayout *layout, const GenPort *port);

/* The kernels of a plan that put numbers into pictures and sounds, NULL where there is none. */
typedef struct {
  const GenKernel *pictures, *sounds;
} GenPacks;

GenPacks gen_packs_find (const GenPlan *plan);
/* gen_model_take_not_finite of a plan that has them. */
guint64 gen_packs_take_not_finite (const GenPacks *packs);

/* Make known what those of `graph`, the model's, leave free. */
gboolean gen_model_fix_inputs (
    const GenModel *model, GenGraph *graph, const GenExtents *extents, GError **error);
/* That state `i` comes out of a run as `after` where it went in as `before`. Returns FALSE. */
gboolean gen_model_refuse_growth (
    const GenModel *model, guint i, const GenShape *before, const GenShape *after, GError **error);

/* What `use` makes known of what inputs leave free. */
GenExtents gen_model_extents (const GenModelUse *use);

/* --- explain.c --- */

/* gen_model_name_error where `extents` came, with a size of pictures that would fit where theirs
 * does not. */
void gen_model_explain (const GenModel *model, const GenExtents *extents, GError **error);

/* --- lengths.c --- */

/* Find the inputs that tell how many tokens there are, by their names. */
void gen_lengths_find (GenModel *model);
/* What goes into `input`, which is one, where `tokens` go in. */
GenTensor *gen_lengths_make (
    GenGraph *graph, GenTensor *tokens, const GenTensor *input, GError **error);

/* --- voice.c --- */

/* Read the file beside a model of tokens, where there is one. */
gboolean gen_voice_read (GenModel *model, GError **error);
/* Let parameters of which nobody has said a number stand at what it says. */
void gen_voice_set_parameters (GenModel *model);
void gen_voice_free (GenVoice *voice);
