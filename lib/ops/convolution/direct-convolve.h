/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What direct_prepare.c finds out of a direct convolution, and direct_convolve.c runs. */
#pragma once

#include "../../device/direct-unit.h"
#include "convolve-private.h"

#define GEN_DIRECT_AXES GEN_CONVOLUTION_MAX_RANK

/* Window w of an axis reads the source at step * w + offsets[tap], and makes the result at
 * place + place_step * w. */
typedef struct {
  gint64 windows, step, place, place_step;
  int taps;
  gint64 *offsets, *numbers; /* of each tap: where it reads; which it is of the kernel's */
  gint64 inner, inner_end;   /* windows that lie within the source */
} GenDirectAxis;

typedef struct {
  gint64 at[GEN_DIRECT_AXES]; /* of its first pixel, from a window's place */
  gint64 offset;              /* the same in elements */
} GenDirectRun;

/* Segments that are worked off for all pixels of a block before the next ones. */
typedef struct {
  int first, n;
  gint64 k, length; /* in front of it, and its own */
} GenDirectStretch;

typedef struct {
  GenDirectAxis axes[GEN_DIRECT_AXES];
  gint64 windows; /* of the batch */
  gint64 merged;  /* pixels of a run */
  gint64 k;
  int n_taps, n_runs;
  gboolean dense; /* all taps along the last axis are neighbours */
  gint64 *taps;   /* numbers of the kernel's, in the order of the weights */
  GenDirectRun *runs;
  GArray *segments, *stretches;
  gsize packed_at; /* bytes */
} GenDirectPhase;

typedef struct {
  const GenDirectUnit *unit;
  gint64 width;          /* channels with their rest */
  gint64 shift;          /* in the source */
  gint64 group, channel; /* the first, of its group */
  gint64 columns;
  GenGemmForm form; /* of its weights: */
  gsize step, at;   /* bytes from one k to the next, and of those of the panels in front */
} GenDirectPanel;

typedef enum { GEN_DIRECT_DENSE, GEN_DIRECT_DEPTHWISE, GEN_DIRECT_DOTS } GenDirectForm;

struct _GenDirectConvolve {
  GenDirectForm form;
  GenDirectDotsFunc dots;
  gint64 in[GEN_DIRECT_AXES], out[GEN_DIRECT_AXES];
  gint64 in_group, out_group; /* channels; of a pixel that a tile reads */
  gint64 taps;                /* of the kernel */
  GArray *phases, *panels;
  gsize step;                 /* bytes of a k, of all panels */
  gint64 pixels;              /* of a block */
  int row_parts, panel_parts; /* parts share the blocks, and the panels */
  float *zeros;               /* a run beyond the picture */
  gsize places_at, inner_at, table_at, strips_at, sums_at; /* bytes, in a part's scratch */
};

/* depthwise_convolve.c: each channel by itself, where there are enough for a vector. */
gboolean gen_depthwise_suits (gint64 channels);
/* Bytes for a part. */
gsize gen_depthwise_scratch (const GenDirectConvolve *direct);
void gen_depthwise_pack (const GenConvolve *convolve, const GenFloatAnywhere *weights, char *packed,
    int part, int parts);
void gen_depthwise_run (const GenConvolve *convolve, const GenFinish *finish, const float *source,
    const char *packed, float *result, char *scratch, int part, int parts);
