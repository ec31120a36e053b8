/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the generator share: generator.c (properties, start and stop),
 * generator-negotiate.c (caps, allocation, queries), generator-player.c (compiling),
 * generator-change.c (another model while it plays), generator-run.c (frames), generator-sound.c
 * (sounds of latents), generator-stream.c (what is made of sound, piece by piece),
 * generator-window.c (pictures and tensors of it), generator-late.c (which are not made) and
 * generator-staged.c (models whose shapes hang on what they compute). */
#pragma once

#include <gst/audio/audio.h>
#include <gst/base/gstbasetransform.h>

#include "../shared/frames.h"
#include "caps.h"
#include "join.h"
#include "queue.h"
#include "../shared/latency.h"
#include "../shared/model-file.h"
#include "../shared/playing.h"
#include "../shared/tensors.h"

#define GST_TYPE_GENERATOR (gst_generator_get_type ())
G_DECLARE_FINAL_TYPE (GstGenerator, gst_generator, GST, GENERATOR, GstBaseTransform)

#define MAX_BATCH_SIZE 64

typedef struct {
  char *model, *input_range, *output_range;
  guint batch_size, columns;
  GstGeneratorHints hints;
  gboolean reload;
} Settings;

/* What is to play from the next frame on: a player that is prepared for the frames that come now
 * where it suits them, else not. */
typedef struct {
  GenPlayer *player;
  GstGeneratorPorts ports;
  guint batch; /* buffers in a run */
} Successor;

typedef struct {
  GstBuffer *input, *output;
  GstGenerativeFrame in_frame, out_frame;
  GstMapInfo maps[GST_GENERATIVE_MAX_TENSORS];       /* of latents */
  const guint8 *tensors[GST_GENERATIVE_MAX_TENSORS]; /* in them */
  guint n_maps;
} Slot;

struct _GstGenerator {
  GstBaseTransform parent;

  /* Under the object lock. */
  Settings settings;
  GstGenerativePlaying playing;
  GstGeneratorPorts ports;   /* model NULL while stopped */
  GenModelUse use;           /* frames 0 until caps are known */
  gboolean explained;        /* why caps do not fit */
  gboolean refused;          /* in an error, since caps did fit */
  GstClockTimeDiff deadline; /* after its time a frame must be there; NONE: nobody told */
  double proportion;         /* as the sink told */

  /* The streaming thread's. */
  GstVideoInfo in_info, out_info;
  GstAudioInfo out_sound; /* in the place of out_info */
  guint64 next_sample;    /* of the stream; NONE: the next latent tells */
  gint64 sound_length;    /* of the sound of a latent or a picture */
  GstGeneratorJoin join;  /* of sounds that overlap, be they of latents or pieces */
  /* Of what is made of sound or of a series, in frames of the input since the stream began: in
   * samples of all channels, or vectors. */
  GstAudioInfo in_sound; /* of sound */
  gsize in_frame;        /* bytes of one */
  GstGeneratorQueue queue;
  gint64 queued_from;           /* the first one in the queue; less than 0: silence before all */
  guint64 come;                 /* that have come */
  guint64 position;             /* where the next piece begins */
  guint64 before, piece, after; /* its length, and what it needs around it */
  guint64 overlap;              /* of it, with the next one */
  GstClockTime origin;          /* when the stream began */
  GstGeneratorInput input;
  /* A buffer of latents: bytes of each tensor, and which of the plan's inputs takes it. */
  gsize sizes[GST_GENERATIVE_MAX_TENSORS];
  guint places[GST_GENERATIVE_MAX_TENSORS];
  guint n_tensors;
  GenPlayer *player; /* NULL while stopped */
  /* Of a staged model: the size of the frame that it has made of such an input; 0 where it has
   * not, or has made nothing. */
  GstGeneratorInput made_of;
  int made_width, made_height;
  guint batch;      /* frames in a run */
  gboolean single;  /* the model takes one picture at a time: a wall is made tile by tile */
  gboolean waiting; /* for other caps, which a new model wants */
  Slot *slots;      /* MAX_BATCH_SIZE of them */
  guint n_gathered, n_made, n_given;
  guint64 frame; /* the next one to be made */
  gboolean told_not_finite;
  GstClockTime run_time;  /* of the last run */
  GstClockTime last_made; /* running time of the last frame that was not too late */
  GstGenerativeLatency latency;

  Successor *next; /* atomic: made ready by the watch, to be taken at the next frame */
  /* What the watch made ready last, which plays or is going to; NULL: what was there at the start.
   * Under the object's lock. */
  GenModel *newest;
  GstFileWatch *watch;
};

/* The parent's functions, for overrides that go on with them. */
GstBaseTransformClass *gst_generator_get_parent_class (void);

/* --- generator-player.c --- */

void gst_generator_successor_free (Successor *successor);
/* What the watch has made ready, or NULL. (transfer full) */
Successor *gst_generator_take_next (GstGenerator *self);
/* A player of `model`, as the properties have it. (transfer full) */
GenPlayer *gst_generator_player_new (GstGenerator *self, GenModel *model);
/* Let `player` play as `use` says, which is compiled where it has not been. */
gboolean gst_generator_prepare (
    GstGenerator *self, GenPlayer *player, const GenModelUse *use, GError **error);
/* The same of the one that plays. */
gboolean gst_generator_compile (GstGenerator *self, const GenModelUse *use, GError **error);
/* Whether the device that plays gives way to the CPU after `error`: then that is announced, and the
 * player is to be prepared anew. */
gboolean gst_generator_fall_back (GstGenerator *self, const GError *error);
/* `use`, of another model's ports and another batch; the size of a picture stays what has been
 * negotiated. */
GenModelUse gst_generator_use_of (
    const GenModelUse *use, const GstGeneratorPorts *ports, guint batch);
/* The ports of `model`, with what the properties override. */
gboolean gst_generator_find_ports (
    GstGenerator *self, GenModel *model, GstGeneratorPorts *ports, GError **error);
/* Say which ranges are assumed. */
void gst_generator_warn_of_ranges (GstGenerator *self, const GstGeneratorPorts *ports);

/* --- generator-change.c --- */

/* From now on, `next` is what is played, whatever it takes and makes. (transfer full) */
void gst_generator_adopt (GstGenerator *self, Successor *next);
/* Before a frame: take over what the watch has made ready. */
GstFlowReturn gst_generator_change (GstGenerator *self);
/* Compile an adopted model for the caps that were there before it; posts an error. */
gboolean gst_generator_keep_caps (GstGenerator *self);
/* GstFileWatchFunc. */
void gst_generator_prepare_next (gpointer data, gboolean replaced);

/* --- generator-run.c --- */

void gst_generator_forget_batch (GstGenerator *self);
/* Make pictures of the part of a batch that is there, and push them. */
GstFlowReturn gst_generator_drain (GstGenerator *self);
GstFlowReturn gst_generator_transform (GstBaseTransform *base, GstBuffer *input, GstBuffer *output);
GstFlowReturn gst_generator_generate_output (GstBaseTransform *base, GstBuffer **output);

/* Say, once a model, that it has made numbers of which there can be no picture, where it has just
 * put such into the frames of the `n` slots. */
void gst_generator_notice_not_finite (GstGenerator *self, const Slot *slots, guint n);

gboolean gst_generator_map_input (GstGenerator *self, Slot *slot);
void gst_generator_unmap_input (GstGenerator *self, Slot *slot);

/* A run on frames took that long, from `start` until now. */
void gst_generator_note_run (GstGenerator *self, GstClockTime start);

/* --- generator-sound.c --- */

/* Say which rate is assumed, where nothing tells it. */
void gst_generator_warn_of_sample_rate (GstGenerator *self, const GstGeneratorPorts *ports);
/* Have `use` make samples as the source caps `caps` say. */
gboolean gst_generator_use_sound (
    GstGenerator *self, GstCaps *caps, GenModelUse *use, GError **error);
/* How long the sound of a buffer of latents is. */
GstClockTime gst_generator_sound_duration (const GstGenerator *self);
/* Where that of latent or picture `picture` of a buffer begins, in bytes. */
gsize gst_generator_sound_offset (const GstGenerator *self, int picture);
/* The stream has jumped. */
void gst_generator_forget_sound (GstGenerator *self);
/* Join sounds of latents as the properties say. */
gboolean gst_generator_join_sounds (GstGenerator *self, GError **error);
/* What has been made in `output`, and follows what was made before, is joined to it. */
void gst_generator_finish_sound (GstGenerator *self, GstBuffer *output);
/* Push the end of the last sound, which nothing follows. */
GstFlowReturn gst_generator_sound_drain (GstGenerator *self);
/* Before `input` is gathered, which may not follow. */
GstFlowReturn gst_generator_sound_follow (GstGenerator *self, const GstBuffer *input);
GstFlowReturn gst_generator_prepare_output_buffer (
    GstBaseTransform *base, GstBuffer *input, GstBuffer **output);

/* --- generator-stream.c --- */

/* Choose how long pieces are of what the caps `sink` say, and have `use` make one. */
gboolean gst_generator_stream_negotiate (
    GstGenerator *self, GstCaps *sink, GenModelUse *use, GError **error);
/* How long the first sample of a piece waits for it to be whole. */
GstClockTime gst_generator_stream_latency (const GstGenerator *self);
/* A new stream begins. */
void gst_generator_stream_forget (GstGenerator *self);
/* Whether samples have come of which nothing has been made yet. */
gboolean gst_generator_stream_pending (const GstGenerator *self);
/* Make what is left of the stream, which ends, and push it. */
GstFlowReturn gst_generator_stream_drain (GstGenerator *self);
/* The part of generate_output. */
GstFlowReturn gst_generator_stream_output (GstGenerator *self, GstBuffer **output);

/* --- generator-window.c --- */

/* Have `use` make what the source caps `source` say. */
gboolean gst_generator_window_negotiate (
    GstGenerator *self, GstCaps *source, GenModelUse *use, GError **error);
/* A buffer for what is made of a window that begins `start` after the beginning of time and is
 * `duration` long. */
GstFlowReturn gst_generator_window_allocate (
    GstGenerator *self, GstClockTime start, GstClockTime duration, GstBuffer **buffer);
/* Make it of `samples`, which are as long as a window. */
gboolean gst_generator_window_run (
    GstGenerator *self, gpointer samples, GstBuffer *buffer, GError **error);

/* --- generator-late.c --- */

/* The time of frames has jumped. */
void gst_generator_forget_lateness (GstGenerator *self);
gboolean gst_generator_src_event (GstBaseTransform *base, GstEvent *event);
GstFlowReturn gst_generator_submit_input_buffer (
    GstBaseTransform *base, gboolean discont, GstBuffer *buffer);

/* --- generator-staged.c --- */

/* See what size the frames will be that are made of the sink caps `caps`. */
void gst_generator_probe (GstGenerator *self, GstCaps *caps);
GstFlowReturn gst_generator_staged_output (GstGenerator *self, GstBuffer **output);

/* --- generator-negotiate.c --- */

/* What the player does for the sink caps `caps`. FALSE with `error` when they do not fit the model.
 */
gboolean gst_generator_read_caps (
    GstGenerator *self, GstCaps *caps, GstGeneratorInput *input, GenModelUse *use, GError **error);

/* A model of a fixed batch wants that many latents or pictures in a run: whether `batch` buffers of
 * `pictures` are as many. */
gboolean gst_generator_check_batch (
    const GstGeneratorPorts *ports, guint batch, int pictures, GError **error);

/* What the latency of the player is as it plays now. */
void gst_generator_measure_latency (GstGenerator *self);

/* How the tensors of a buffer meet the inputs of the model of `ports`. */
void gst_generator_describe_tensors (GstGenerator *self, const GstGeneratorPorts *ports);
GstCaps *gst_generator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter);
GstCaps *gst_generator_fixate_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *other);
gboolean gst_generator_set_caps (GstBaseTransform *base, GstCaps *sink, GstCaps *source);
gboolean gst_generator_decide_allocation (GstBaseTransform *base, GstQuery *query);
gboolean gst_generator_propose_allocation (
    GstBaseTransform *base, GstQuery *decide, GstQuery *query);
gboolean gst_generator_filter_meta (
    GstBaseTransform *base, GstQuery *query, GType api, const GstStructure *parameters);
gboolean gst_generator_transform_meta (
    GstBaseTransform *base, GstBuffer *output, GstMeta *meta, GstBuffer *input);

/* Of caps that came and were refused: an error, where none has told it, if it is because the next
 * element takes nothing that the model makes of them. */
void gst_generator_explain_refusal (GstGenerator *self, GstCaps *offered);
gboolean gst_generator_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query);
