/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/**
 * Layers of 8-bit integers by constant weights: each result is an exact sum, over taps and the
 * channels at each, that is scaled, and rounded to 8 bits again. The rows of a dense layer and the
 * windows of a convolution are the same to it: for each row and tap there is a pointer to the
 * channels, wherever they lie.
 *
 * Vector units multiply four bytes at a time, unsigned by signed (VNNI) or signed by signed (ARM's
 * dot products), and add them up within 32 bits, or two 16-bit numbers. So weights are signed once
 * they are packed, and sources are bytes or 16-bit numbers: gen_integer_layer_source says which.
 */
typedef struct {
  gint64 taps, channels, results;
  gint64 pixels; /* of a tap: neighbours, whose channels lie one after the other */
  gboolean x_signed, w_signed;
  gboolean few_rows;  /* weights are read for few rows, and should be small in memory */
  gboolean depthwise; /* for gen_integer_layer_depthwise */
} GenIntegerShape;

/* Weight of a result, a pixel of a tap and a channel: w[result * by_result + by_pixel[tap * pixels
 * + pixel] + channel * by_channel]. */
typedef struct {
  const void *values;
  gint64 by_result, by_channel;
  const gint64 *by_pixel;
} GenIntegerWeights;

typedef struct _GenIntegerLayer GenIntegerLayer;

/* What a layer wants of its sources: the channels of a pixel, in groups of `group` of which the
 * last is filled up with zeros, as bytes xor `flip`, which adds `shift` to each, or as 16-bit
 * numbers. */
typedef struct {
  int group;
  gboolean wide;
  guint8 flip;
  gint32 shift;
} GenIntegerSource;

/* How sums of a row become results: (sum + shift) * scale + offset, a slope for what is negative,
 * and bounds; for bytes rounded (ties to even) and `zero` added. All arrays have a multiple of
 * GEN_INTEGER_WIDTH elements. */
typedef enum {
  GEN_INTEGER_SUMS, /* sum + shift, as int32 */
  GEN_INTEGER_FLOATS,
  GEN_INTEGER_UINT8,
  GEN_INTEGER_INT8,
} GenIntegerResult;

typedef struct {
  GenIntegerResult result;
  const gint32 *shift;
  const gint32 *w_zero; /* NULL: none; else it is taken off as often as the row's sum says */
  const float *scale, *offset;
  float low, high, slope; /* `slope` 1: none */
  gint32 zero;
} GenIntegerFinish;

#define GEN_INTEGER_WIDTH 64 /* most columns of a panel */
#define GEN_INTEGER_ROWS 32  /* most rows of a tile */

/* The way that the processor has for such a layer. `pairs_fit`: no two neighbouring weights, by
 * what sources can be, add up to more than 16 bits hold (gen_integer_pairs_fit). */
GEN_PRIVATE_API const GenIntegerLayer *gen_integer_layer_find (
    const GenIntegerShape *shape, gboolean pairs_fit);
GEN_PRIVATE_API gboolean gen_integer_pairs_fit (
    const GenIntegerShape *shape, const GenIntegerWeights *weights);
GEN_PRIVATE_API const char *gen_integer_layer_name (const GenIntegerLayer *layer);

GEN_PRIVATE_API GenIntegerSource gen_integer_layer_source (
    const GenIntegerLayer *layer, gboolean x_signed);
/* Bring `n` times `channels` channels into that form. */
GEN_PRIVATE_API void gen_integer_layer_convert (const GenIntegerLayer *layer, const void *from,
    gboolean x_signed, gint64 n, gint64 channels, void *to);

/* Rows of a tile, and pointers from one tap's to the next one's. */
GEN_PRIVATE_API int gen_integer_layer_rows (const GenIntegerLayer *layer);
GEN_PRIVATE_API int gen_integer_layer_stride (const GenIntegerLayer *layer);
/* Columns of a panel. */
GEN_PRIVATE_API int gen_integer_layer_width (const GenIntegerLayer *layer);
GEN_PRIVATE_API gint64 gen_integer_layer_panels (
    const GenIntegerLayer *layer, const GenIntegerShape *shape);
/* Bytes of all panels, and of what a part needs. */
GEN_PRIVATE_API gsize gen_integer_layer_packed_size (
    const GenIntegerLayer *layer, const GenIntegerShape *shape);
GEN_PRIVATE_API gsize gen_integer_layer_scratch_size (
    const GenIntegerLayer *layer, const GenIntegerShape *shape);
/* `column_sums`: of the packed weights, one for each result. */
GEN_PRIVATE_API void gen_integer_layer_pack (const GenIntegerLayer *layer,
    const GenIntegerShape *shape, const GenIntegerWeights *weights, void *packed,
    gint32 *column_sums);

/* Make panels [first, end) of the results of `rows` rows, at most those of a tile:
 * pointers[tap * stride + row] are their channels, `results` where results go, column 0. Within
 * gen_integer_layer_begin and gen_integer_layer_end. */
GEN_PRIVATE_API void gen_integer_layer_run (const GenIntegerLayer *layer,
    const GenIntegerShape *shape, const void *packed, const void *const *pointers, int rows,
    const GenIntegerFinish *finish, void *const *results, gint64 first, gint64 end, void *scratch);
GEN_PRIVATE_API void gen_integer_layer_begin (const GenIntegerLayer *layer);
GEN_PRIVATE_API void gen_integer_layer_end (const GenIntegerLayer *layer);

/* The same where each of `channels` channels has weights of its own: of up to 16 bits, without a
 * zero point, in the low halves of words, zeros in the high ones; taps are `stride` words apart, a
 * multiple of GEN_INTEGER_WIDTH. Sources are as they are. */
GEN_PRIVATE_API void gen_integer_layer_depthwise (const GenIntegerLayer *layer,
    const GenIntegerShape *shape, const gint32 *weights, gint64 stride, const void *const *pointers,
    int rows, const GenIntegerFinish *finish, void *const *results, gint64 channels);

/* --- pairs of 16-bit numbers --- */

/* The way that the processor has to multiply such pairs; NULL where there is a better one for all
 * layers of bytes. */
GEN_PRIVATE_API const GenIntegerLayer *gen_integer_layer_find_pairs (const GenIntegerShape *shape);
/* How many times as fast as by it a layer of bytes is by gen_integer_layer_find's way, which goes
 * by `pairs_fit`. */
GEN_PRIVATE_API double gen_integer_pairs_slowness (
    const GenIntegerLayer *pairs, gboolean pairs_fit);
/* Weights of one tap, [channel][result], and the sums of a panel by them; of sources that are
 * 16-bit numbers. Rows of sums are GEN_INTEGER_WIDTH apart, here and where they are finished. */
GEN_PRIVATE_API void gen_integer_layer_pack_pairs (const GenIntegerLayer *layer,
    const GenIntegerShape *shape, const gint16 *weights, void *packed);
GEN_PRIVATE_API void gen_integer_layer_sums (const GenIntegerLayer *layer,
    const GenIntegerShape *shape, const void *packed, const void *const *pointers, int rows,
    gint64 panel, gint32 *sums);
GEN_PRIVATE_API void gen_integer_layer_finish (const GenIntegerLayer *layer, const gint32 *sums,
    int rows, const GenIntegerFinish *finish, gint64 column, int n, void *const *results);
