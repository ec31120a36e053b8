/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/player.h>
#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "cuda-frames.h"

/* What elements have in common that play models: the properties device, precision, kernels and
 * threads, and the device that follows from them, with the memory that the element shares with its
 * neighbours there. No element knows a device by its name: this helper does. */

#define GST_TYPE_GENERATIVE_DEVICE (gst_generative_device_get_type ())
GType gst_generative_device_get_type (void);

typedef enum {
  GST_GENERATIVE_DEVICE_AUTO,
  GST_GENERATIVE_DEVICE_CPU,
  GST_GENERATIVE_DEVICE_CUDA,
} GstGenerativeDevice;

#define GST_TYPE_GENERATIVE_PRECISION (gst_generative_precision_get_type ())
GType gst_generative_precision_get_type (void);

typedef enum {
  GST_GENERATIVE_PRECISION_AUTO,
  GST_GENERATIVE_PRECISION_FP32,
  GST_GENERATIVE_PRECISION_TF32,
  GST_GENERATIVE_PRECISION_BF16,
  GST_GENERATIVE_PRECISION_FP16,
} GstGenerativePrecision;

/* How the kernels of a plan are chosen: a #GenChoice. */
#define GST_TYPE_GENERATIVE_KERNELS (gst_generative_kernels_get_type ())
GType gst_generative_kernels_get_type (void);

/* What a plan is to be made with: auto is TF32, whose errors no picture shows. */
GenPrecision gst_generative_precision_resolve (GstGenerativePrecision precision);

/* The device itself, NULL with `error` when it is not to be had. AUTO always finds one, and
 * announces when one that is there does not work. */
const GenDevice *gst_generative_device_find (
    GstElement *element, GstGenerativeDevice device, GError **error);
/* Warn that the CPU takes the place of a device, which `error` happened to. */
void gst_generative_announce_cpu (GstElement *element, const GError *error);

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_PLAYING_DEVICE,
  GST_GENERATIVE_PLAYING_PRECISION,
  GST_GENERATIVE_PLAYING_KERNELS,
  GST_GENERATIVE_PLAYING_THREADS,
  GST_GENERATIVE_PLAYING_N_PROPERTIES,
};

typedef struct {
  /* Properties, under the element's object lock. */
  GstGenerativeDevice device;
  GstGenerativePrecision precision;
  GenChoice kernels;
  guint threads;

  /* From open to close, under the object lock. */
  const GenDevice *found; /* the CPU once it has fallen back */
  /* The context of the pipeline on the device, NULL where frames are the system's alone. Set by
   * set_context as well. */
  GstObject *context;
} GstGenerativePlaying;

/* Install the properties; their numbers are `first` and those behind it. */
void gst_generative_playing_install (
    GObjectClass *klass, guint first, GstGenerativePrecision precision);
/* The defaults, of which the precision is as above. */
void gst_generative_playing_init (GstGenerativePlaying *playing, GstGenerativePrecision precision);
void gst_generative_playing_clear (GstGenerativePlaying *playing);
/* The property GST_GENERATIVE_PLAYING_… `number`, under the object lock; FALSE where it is none. */
gboolean gst_generative_playing_set (
    GstGenerativePlaying *playing, guint number, const GValue *value);
gboolean gst_generative_playing_get (
    const GstGenerativePlaying *playing, guint number, GValue *value);

/* Find the device. FALSE when an error was posted. */
gboolean gst_generative_playing_open (GstGenerativePlaying *playing, GstElement *element);
void gst_generative_playing_close (GstGenerativePlaying *playing, GstElement *element);
/* Take part in the device's memory with the neighbours, where it has such; not for what has to be
 * in the system's. */
gboolean gst_generative_playing_share_memory (GstGenerativePlaying *playing, GstElement *element);
/* What to make a player with: "auto" falls back. */
GenPlayerOptions gst_generative_playing_options (
    const GstGenerativePlaying *playing, GstElement *element);
/* Let `player` play as `use` says (gen_player_prepare), and tell it in `category`: a run is of
 * `what`. That the device gives way to the CPU is announced. */
gboolean gst_generative_playing_prepare (GstGenerativePlaying *playing, GstElement *element,
    GstDebugCategory *category, GenPlayer *player, const GenModelUse *use, const char *what,
    GError **error);
/* Whether it plays on a device other than the CPU. */
gboolean gst_generative_playing_has_device (const GstGenerativePlaying *playing);
/* A player has fallen back after `error`: it is announced, and the device is the CPU from now on.
 */
void gst_generative_playing_fall_back (
    GstGenerativePlaying *playing, GstElement *element, const GError *error);

/* The parts of the element's set_context, and of answering a context query: FALSE when it asks for
 * something else, or there is no context. */
void gst_generative_playing_set_context (
    GstGenerativePlaying *playing, GstElement *element, GstContext *context);
gboolean gst_generative_playing_answer (
    GstGenerativePlaying *playing, GstElement *element, GstQuery *query);

/* The caps feature of frames in the memory of a device, and caps of such frames for pad templates,
 * behind others. */
#define GST_GENERATIVE_DEVICE_MEMORY GST_GENERATIVE_CUDA_MEMORY
#define GST_GENERATIVE_DEVICE_CAPS GST_GENERATIVE_CUDA_CAPS
/* Whether structure `i` of `caps` names the memory of a device. */
gboolean gst_generative_playing_on_device (const GstCaps *caps, guint i);
/* Of the neighbour at `pad` of the element, whether it names the memory of a device among what it
 * takes; one that takes anything at all is better served by what everybody can read. */
gboolean gst_generative_playing_next_takes_device (GstPad *pad);
/* Let `info`, which is that of `caps`, have the strides and offsets that frames have there. */
void gst_generative_playing_fit_info (
    const GstGenerativePlaying *playing, const GstCaps *caps, GstVideoInfo *info);

/* A frame that is mapped where a player reaches it, or a buffer of samples or of text. */
typedef struct {
  GstVideoFrame video; /* its data are addresses on the device when `on_device` */
  gboolean on_device;
  GenFence *fence; /* what a run on it has to wait for, or NULL */
  gboolean is_sound;
  GstBuffer *buffer; /* of a sound or a text, */
  GstMapInfo map;    /* in the place of `video` */
} GstGenerativeFrame;

/* Map the frame in `buffer` for `player`, which reads or writes it on the device if it works there
 * in the context that the frame lies in; else it comes to the CPU. */
gboolean gst_generative_frame_map (GstGenerativeFrame *frame, const GstGenerativePlaying *playing,
    const GenPlayer *player, const GstVideoInfo *info, GstBuffer *buffer, GstMapFlags flags);
/* Map the samples, or the text, in `buffer`. */
gboolean gst_generative_sound_map (GstGenerativeFrame *frame, GstBuffer *buffer, GstMapFlags flags);
void gst_generative_frame_unmap (GstGenerativeFrame *frame);
/* The part of it that is `rows` rows from column `x` and row `y` on, as `layout` says. */
GenFrame gst_generative_frame_part (
    const GstGenerativeFrame *frame, const GenFrameLayout *layout, int x, int y, int rows);
/* The same of a sound, from byte `offset` on. */
GenFrame gst_generative_sound_part (const GstGenerativeFrame *frame, gsize offset);
/* Whether the player reaches what lies in `buffer` on the device. */
gboolean gst_generative_frame_is_on_device (
    const GstGenerativePlaying *playing, const GenPlayer *player, GstBuffer *buffer);

/* The part of decide_allocation that sees to a pool of frames, which the player writes, and of
 * propose_allocation, for frames that it reads. */
gboolean gst_generative_playing_decide_pool (const GstGenerativePlaying *playing,
    GstBaseTransform *base, GstQuery *query, const GstVideoInfo *info);
void gst_generative_playing_propose (const GstGenerativePlaying *playing, GstQuery *query);
/* The same for frames that pass on, of which what is behind has the first word: memory of the
 * system's from which the device reads well. Whether there is such. */
gboolean gst_generative_playing_propose_host (const GstGenerativePlaying *playing, GstQuery *query);
