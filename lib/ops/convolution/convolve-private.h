/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a convolution is cut up, for convolve.c and the files of its ways. */
#pragma once

#include "../../device/dnnl.h"
#include "../../device/gemm.h"
#include "../../device/gemm-unit.h"
#include "../elementwise/activation.h"
#include "convolve.h"

/* A forward convolution of the whole batch whose result is the operator's, or, when the
 * operator is a transposed convolution, some phases of it: window w of an axis makes the
 * results at stride * (first + w) + phase + r - cut for each r in [0, phases). Channels of the
 * problem are (phase of rows, phase of columns, channel of the result). */
typedef struct {
  GenConvolutionKind kind;
  int rank;
  GenConvolutionAxis axes[GEN_CONVOLUTION_MAX_RANK];
  gint64 groups, in_channels, out_channels;
  gboolean scattered; /* results do not lie as the problem makes them */
  struct {
    gint64 first, stride, phase, phases, cut, out;
  } scatter[2];        /* rows, columns */
  gint64 group_stride; /* of its weights, in elements */
  gint64 weight_strides[2 + GEN_CONVOLUTION_MAX_RANK];
  gint64 weights; /* their offset */
} GenProblem;

/* Packed weights of some channels of a problem. */
typedef struct {
  const GenConvolution *convolution; /* whose format it is */
  GenReorder *packer;
  int problem;
  gint64 channel, channels;
  gint64 from; /* element offset of the weights */
  gsize to;    /* byte offset of the packed ones */
} GenPack;

/* One call of oneDNN: some items, rows and channels of a problem. */
typedef struct {
  GenConvolution *convolution;
  int problem, pack;
  gint64 item, items, row, rows, channel, channels;
  gint64 source, result; /* element offsets; `result` unless scattered */
  gboolean direct;       /* the result is written where it belongs */
} GenTask;

typedef struct _GenWinograd GenWinograd;
typedef struct _GenSplitConvolve GenSplitConvolve;
typedef struct _GenDirectConvolve GenDirectConvolve;

typedef struct {
  GenWindow window;
  gint64 batch, in_channels, out_channels, groups;
  gint64 source_size, result_size; /* elements of one item */
  GenLayout layout;
  GArray *problems;          /* GenProblem */
  GArray *packs;             /* GenPack */
  GArray *tasks;             /* GenTask */
  GenGemm *product;          /* instead of packs and tasks; else NULL */
  GPtrArray *winograd;       /* GenWinograd, one a problem, instead of packs and tasks; else NULL */
  GPtrArray *split;          /* GenSplitConvolve, likewise */
  GenDirectConvolve *direct; /* instead of them all, problems too; else NULL */
  int parts, first[33];      /* tasks of part p: first[p] up to first[p + 1] */
  gboolean transposed;
  gboolean permuted; /* weights are brought into phases before they are packed */
  gsize permuted_size, packed_size, bias_size;     /* bytes */
  gsize permuted_at, packed_at, bias_at, parts_at; /* in the scratch */
  gsize call_scratch, part_scratch;                /* bytes of oneDNN, of all for a part */
  gboolean post_bias;                              /* bias is added after oneDNN (backward data) */
  GenActivation fused, after;                      /* by oneDNN, by us */
  gboolean finishes;                               /* all that fusion adds, in a step of its own */
  const char *constant; /* packed weights and bias, when they never change */
  GBytes *shared;       /* whose these are */
} GenConvolve;

/* A float as it lies in a file, aligned or not. */
typedef float GenFloatAnywhere __attribute__ ((aligned (1)));

/* phases.c */
/* The problems of a transposed convolution; FALSE when it is none that phases can do. */
gboolean gen_phases_split (GenConvolve *convolve);
/* Bring weights [in, out / groups, kernel…] into the order of the problems, the share of
 * part `part`. */
void gen_phases_permute (const GenConvolve *convolve, const GenFloatAnywhere *weights,
    float *permuted, int part, int parts);
/* Write what `task` made to where it belongs. */
void gen_phases_scatter (
    const GenConvolve *convolve, const GenTask *task, const float *made, float *result);

/* Write `n` results at a window, of the channels of the problem from `first` on, to where they
 * belong. */
void gen_phases_put (const GenConvolve *convolve, const GenProblem *problem, gint64 item,
    gint64 row, gint64 column, gint64 first, gint64 n, const float *made, float *result);

/* Add `n` values of a tensor that lies as the result does to what was made at a window of a problem
 * that is not scattered. */
void gen_phases_add (const GenConvolve *convolve, const GenProblem *problem, gint64 item,
    gint64 row, gint64 column, gint64 first, gint64 n, const float *added, float *made);

/* convolve.c */
/* The bias for each channel of a problem, which may be several phases. */
void gen_convolve_spread_bias (const GenConvolve *convolve, const float *bias, float *spread);

/* `packed`, which is `size` bytes of gen_shared_alloc, is what never changes. */
void gen_convolve_take_constant (GenConvolve *convolve, char *packed, gsize size);
/* Constant weights in phases; NULL where there are none. To be given back by gen_shared_free. */
float *gen_convolve_permute_once (const GenConvolve *convolve, const GenNode *node);

/* convolve_ways.c */
typedef enum {
  GEN_CONVOLVE_PRODUCT,
  GEN_CONVOLVE_TILES,
  GEN_CONVOLVE_WINOGRAD,
  GEN_CONVOLVE_DIRECT,
  GEN_CONVOLVE_LIBRARY_ROWS,       /* oneDNN, parts share the rows */
  GEN_CONVOLVE_LIBRARY_CHANNELS,   /* or the channels of results, where there are enough */
  GEN_CONVOLVE_LIBRARY_TRANSPOSED, /* its backward pass, where others go by phases */
} GenConvolveWay;
extern const char *const gen_convolve_way_names[];

/* The way that the rules of shape take. */
GenConvolveWay gen_convolve_rule (
    const GenConvolve *convolve, gboolean constant, const GenKernel *kernel);
/* The names of that, and of others that might be faster. */
void gen_convolve_find_ways (
    const GenConvolve *convolve, gboolean constant, const GenKernel *kernel, GPtrArray *ways);
/* FALSE where there is none of that name; `name` may be NULL. */
gboolean gen_convolve_way_find (const char *name, GenConvolveWay *way);

/* convolve_product.c */
/* How many windows there are, where the convolution is a matrix product; 0 where it is none. */
gint64 gen_convolve_product_pixels (const GenConvolve *convolve);
void gen_convolve_product_init (GenKernel *kernel, GenConvolve *convolve);

/* tasks.c */
/* Cut all problems into tasks for at most `threads` parts, which share the channels of results
 * where `channels` wants it and a problem can be cut so, else the rows. */
gboolean gen_tasks_split (
    GenConvolve *convolve, int threads, gboolean channels, gboolean bias, GError **error);
/* Whether some problem can be cut by channels, and whether some is better so. */
gboolean gen_tasks_can_cut_channels (const GenConvolve *convolve, int threads);
gboolean gen_tasks_by_channels (const GenConvolve *convolve, int threads);
/* Parts that its work is worth. */
int gen_tasks_parts (const GenConvolve *convolve, int threads);

/* winograd.c */
/* Whether it can do this convolution at a cost that is not absurd; and does it faster. */
gboolean gen_winograd_can (const GenConvolve *convolve);
gboolean gen_winograd_suits (const GenConvolve *convolve);
/* Whether it is faster than products on AMX tiles, too. */
gboolean gen_winograd_excels (const GenConvolve *convolve);
void gen_winograd_init (GenConvolve *convolve, int parts);
/* Whether it is where weights have to be transformed in each run, as in training. */
gboolean gen_winograd_suits_variable (const GenConvolve *convolve);
/* The share of part `part`. */
void gen_winograd_pack (
    const GenConvolve *convolve, const float *weights, char *packed, int part, int parts);
/* What is finished has a bias for each channel of a problem, or none, and adds from the first
 * result on; `scratch` is the part's own. */
void gen_winograd_run (const GenConvolve *convolve, const GenFinish *finish, const float *source,
    const char *packed, float *result, char *scratch, int part, int parts);

/* split_convolve.c: the same on the tile unit. */
gboolean gen_split_convolve_can (const GenConvolve *convolve);
gboolean gen_split_convolve_suits (const GenConvolve *convolve, GenPrecision precision);
void gen_split_convolve_init (GenConvolve *convolve, int parts, GenPrecision precision);
void gen_split_convolve_pack (const GenConvolve *convolve, const float *weights, char *packed);
void gen_split_convolve_run (const GenConvolve *convolve, const GenFinish *finish,
    const float *source, const char *packed, float *result, char *scratch, int part, int parts);

/* direct_convolve.c: our own kernel, by weights as they are in the graph, constant or not. */
gboolean gen_direct_convolve_can (const GenConvolve *convolve);
/* Whether it is faster than oneDNN. */
gboolean gen_direct_convolve_suits (const GenConvolve *convolve);
/* Weights are kept in that form, where there are tiles of it and windows are few. */
void gen_direct_convolve_init (GenConvolve *convolve, int parts, GenGemmForm form);
void gen_direct_convolve_free (GenDirectConvolve *direct);
/* The share of part `part`. */
void gen_direct_convolve_pack (
    const GenConvolve *convolve, const float *weights, char *packed, int part, int parts);
void gen_direct_convolve_run (const GenConvolve *convolve, const GenFinish *finish,
    const float *source, const char *packed, float *result, char *scratch, int part, int parts);
