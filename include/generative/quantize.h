/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>
#include <generative/range-method.h>
#include <generative/run-set.h>
#include <generative/shrunk-layer.h>

G_BEGIN_DECLS

/**
 * Quantisation makes of a trained graph one that says the same in fewer bits. The result is ONNX
 * that other engines run, too: QuantizeLinear and DequantizeLinear around what it says in integers
 * (QDQ), of which this engine and ONNX Runtime make layers of integers; MatMulInteger and
 * ConvInteger where ranges are found in each run; MatMulNBits or DequantizeLinear where weights
 * alone are small; Cast where 16-bit floats begin and end.
 *
 *     set = gen_run_set_new (shaped, &error);                  what goes into it, run by run
 *     gen_run_set_add (set, inputs);
 *     settings = GEN_QUANTIZE_DEFAULTS;
 *     ranges = gen_ranges_observe (graph, set, &settings, &error);
 *     settings.ranges = ranges;
 *     small = gen_quantize (graph, &gen_quantization_int8, &settings, layers, &error);
 *
 * Since: 0.2
 */
#define GEN_QUANTIZE_ERROR (gen_quantize_error_quark ())
GEN_API GQuark gen_quantize_error_quark (void);

typedef enum {
  GEN_QUANTIZE_ERROR_UNKNOWN, /* there is nothing of that name */
  GEN_QUANTIZE_ERROR_SETTING, /* out of its range, or wants another one */
  GEN_QUANTIZE_ERROR_MODEL,   /* nothing in it can be quantised, or its opset has no words for it */
  GEN_QUANTIZE_ERROR_RUNS,    /* runs do not fit the model, or it makes no numbers of them */
} GenQuantizeError;

/* What activations were like: the range of each tensor, by name. */
typedef struct _GenRanges GenRanges;

typedef struct {
  const GenRangeMethod *method;
  double percentile;  /* of `percentile`, (50, 100): how much of all numbers is within */
  gboolean symmetric; /* activations are int8 around 0, and not uint8 with a zero point */
  int weight_bits;    /* 8, or 7: no two products of a byte and a weight add up to more than 16 bits
                         hold, which is twice as fast on processors without VNNI */
  int block;          /* of weights of 4 bits: neighbours along a row that share a scale; 16, 32,
                         64, 128 or 256 */
  const char *const *keep; /* names of nodes that stay as they are, ended by NULL; may be NULL */
  const GenRanges *ranges; /* of activations, for what needs them */
} GenQuantizeSettings;

#define GEN_QUANTIZE_DEFAULTS                                                                      \
  ((GenQuantizeSettings){                                                                          \
      .method = &gen_range_method_min_max, .percentile = 99.99, .weight_bits = 8, .block = 32 })

/* A way to quantise a graph. */
typedef struct {
  const char *name;
  const char *summary; /* a sentence */
  gboolean observes;   /* it needs the ranges of activations */
  gboolean hastens;    /* its layers are to be faster: where one is not, it is better left */
  /* Change `graph`; `layers`, of GenShrunkLayer, gets one for each node with weights. */
  gboolean (*apply) (
      GenGraph *graph, const GenQuantizeSettings *settings, GPtrArray *layers, GError **error);
} GenQuantization;

GEN_API extern const GenQuantization gen_quantization_int8;
GEN_API extern const GenQuantization gen_quantization_int8_dynamic;
GEN_API extern const GenQuantization gen_quantization_int8_weights;
GEN_API extern const GenQuantization gen_quantization_int4_weights;
GEN_API extern const GenQuantization gen_quantization_float16;
GEN_API extern const GenQuantization gen_quantization_bfloat16;

/* All of them, ended by NULL. */
GEN_API const GenQuantization *const *gen_quantization_list (void);
/* The one of that name, or NULL with `error`, which lists them. */
GEN_API const GenQuantization *gen_quantization_find (const char *name, GError **error);

/* The range of each tensor of `graph` that layers of integers would read or make, by what `set` has
 * go into it. (transfer full) */
GEN_API GenRanges *gen_ranges_observe (const GenGraph *graph, const GenRunSet *set,
    const GenQuantizeSettings *settings, GError **error);
GEN_API void gen_ranges_free (GenRanges *ranges);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenRanges, gen_ranges_free)
/* Of how many tensors there are ranges, and whether there is one of that name. */
GEN_API guint gen_ranges_n (const GenRanges *ranges);
GEN_API gboolean gen_ranges_find (
    const GenRanges *ranges, const char *name, double *low, double *high);

/**
 * gen_quantize: a copy of `graph`, as it was read, quantised in the way `to`. `layers` may be NULL.
 * Fails where a setting is out of its range, and where there is nothing to quantise. (transfer
 * full)
 */
GEN_API GenGraph *gen_quantize (const GenGraph *graph, const GenQuantization *to,
    const GenQuantizeSettings *settings, GPtrArray *layers, GError **error);

/* A layer, and what the model loses where it alone is quantised. */
typedef struct {
  char *name;
  double sqnr; /* of the outputs beside those of the graph, in decibels */
} GenSensitivity;

GEN_API void gen_sensitivity_free (GenSensitivity *sensitivity);

/* `asked` is told, before each, which one is looked at. */
typedef void (*GenSensitivityFunc) (guint number, guint n, const char *name, gpointer data);
/**
 * gen_quantize_rank: GenSensitivity of all layers that are quantised, those that lose most first.
 * (transfer full)
 */
GEN_API GPtrArray *gen_quantize_rank (const GenGraph *graph, const GenQuantization *to,
    const GenQuantizeSettings *settings, const GenRunSet *set, GenSensitivityFunc asked,
    gpointer data, GError **error);

/* What share of the time that the model takes as it was it takes with the layers of `left`, ended
 * by NULL, as they were and all others quantised; FALSE with `error`. */
typedef gboolean (*GenShareFunc) (
    const char *const *left, double *share, gpointer data, GError **error);
/**
 * gen_quantize_find_slow: those of `names`, the layers that would be quantised, that are to stay
 * for the model to be the fastest; none of them, where it is faster with all. `find_share` is asked
 * as often as there are names, and some times more. NULL with `error` where no choice makes the
 * model faster. (transfer full)
 */
GEN_API GStrv gen_quantize_find_slow (
    const GPtrArray *names, GenShareFunc find_share, gpointer data, GError **error);

G_END_DECLS
