/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/**
 * Of what a buffer was made, as a GstCustomMeta. latentsrc says what latents it holds:
 *
 *   seed (uint64), frame (uint64: its number in the stream of that seed), vectors (uint: how
 *   many latents it has), classes (array of int, one for each of them, where they have any)
 *
 * and each generator that something passes what it made of it:
 *
 *   models (array of string: the files of the models, in their order), pictures (uint: how many
 *   there are side by side, in rows, in what has been made), digital-source-type (string: a
 *   code of the IPTC's Digital Source Type NewsCodes)
 */
#define GST_GENERATIVE_ORIGIN "generative-origin"

/* Made of numbers or words alone, and made of a picture or sound that was there. */
#define GST_GENERATIVE_SOURCE_TRAINED "trainedAlgorithmicMedia"
#define GST_GENERATIVE_SOURCE_COMPOSITE "compositeWithTrainedAlgorithmicMedia"

/* Make the meta known; from the class_init of whoever adds or reads it. */
void gst_generative_origin_register (void);
/* Say of a writable buffer that it holds `vectors` latents of the frame `frame` of `seed`. */
void gst_generative_origin_add_latents (
    GstBuffer *buffer, guint64 seed, guint64 frame, guint vectors);
/* The class of the next one of them. */
void gst_generative_origin_add_class (GstBuffer *buffer, int number);
/* Say of a writable buffer that the model `path` has made it, `pictures` of them in it; `source` is
 * what it is then, where nothing was said of that before. */
void gst_generative_origin_add_model (
    GstBuffer *buffer, const char *path, guint pictures, const char *source);
/* Copy what is said of `from`, where `to` says nothing. */
void gst_generative_origin_copy (GstBuffer *from, GstBuffer *to);
/* How many of the `places` of a wall, in rows of `columns`, hold a picture: the last ones may be
 * empty. All, where nobody says so. */
guint gst_generative_origin_count (GstBuffer *buffer, guint places, guint columns);
/* What is said of a buffer, or NULL. (transfer none) */
const GstStructure *gst_generative_origin_get (GstBuffer *buffer);
