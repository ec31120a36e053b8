/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/plan.h>

/**
 * Matrix products of fixed extents: C = alpha * op(A) op(B), all float32 and row-major
 * without gaps. A part makes a tile of C that is its own, so that what follows (bias,
 * activation) can be done to the tile while it is in the cache.
 */
typedef struct _GenGemm GenGemm;

typedef enum {
  GEN_GEMM_BY_RULES,
  GEN_GEMM_PANELS, /* the vector unit: gemm.c */
  GEN_GEMM_TILES,  /* the tile unit: split_gemm.c */
  GEN_GEMM_DOTS,   /* few vectors by what lies along k: gemm_dots.c */
} GenGemmWay;

typedef struct {
  gint64 m, n, k;
  gboolean transpose_a; /* A is stored [k, m] */
  gboolean transpose_b; /* B is stored [n, k] */
  float alpha;
  const float *constant_b; /* B's values, when they never change: packed once. NULL else */
  int threads;
  GenPrecision precision;
  GenGemmWay way;  /* one that gen_gemm_ways names */
  gboolean sliced; /* A is some rows of many: never by dots, whose sums have another order */
} GenGemmOptions;

typedef struct {
  gint64 row, rows, column, columns;
} GenGemmTile;

/* Adds the names of the ways in which the machine can do it, that of the rules first. */
void gen_gemm_ways (const GenGemmOptions *options, GPtrArray *ways);
/* The way of that name; by the rules where there is none. `name` may be NULL. */
GenGemmWay gen_gemm_way_find (const char *name);

GenGemm *gen_gemm_new (const GenGemmOptions *options);
void gen_gemm_free (GenGemm *gemm);
/* The name of the way it took. */
const char *gen_gemm_way (const GenGemm *gemm);
/* How many parts to run it in. */
int gen_gemm_parts (const GenGemm *gemm);
GenGemmTile gen_gemm_tile (const GenGemm *gemm, int part, int parts);
/* Bytes of scratch memory that a run needs, for all parts together. */
gsize gen_gemm_scratch_size (const GenGemm *gemm);
void gen_gemm_run (const GenGemm *gemm, const float *a, const float *b, float *c, void *scratch,
    int part, int parts);

/* What is to be done to each block of C as soon as it is made, while it is in the first cache. */
typedef struct {
  void (*run) (gpointer data, const GenGemmTile *block);
  gpointer data;
} GenGemmThen;

/* The same; `then` may be NULL. Its blocks cover the part's tile. */
void gen_gemm_run_then (const GenGemm *gemm, const float *a, const float *b, float *c,
    void *scratch, int part, int parts, const GenGemmThen *then);
