/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reductions over groups of dimensions (lib/ops/reduction/reduce.cu). */
#pragma once

#include "cuda.h"

G_BEGIN_DECLS
#include "../../ops/reduction/reduce-groups.h"
G_END_DECLS

typedef enum { GEN_MAP_NONE, GEN_MAP_MAGNITUDE, GEN_MAP_SQUARE } GenCudaMap;
typedef enum {
  GEN_COMBINE_ADD,
  GEN_COMBINE_TIMES,
  GEN_COMBINE_MAX,
  GEN_COMBINE_MIN
} GenCudaCombine;
typedef enum { GEN_FINISH_NONE, GEN_FINISH_MEAN, GEN_FINISH_ROOT, GEN_FINISH_LOG } GenCudaFinish;

typedef struct {
  GenCudaMap map;         /* of each element */
  GenCudaCombine combine; /* of two */
  GenCudaFinish finish;   /* of each result, */
  double count;           /* which so many elements went into */
} GenCudaReduction;

/* From input 0 to output 0. FALSE where there is no kernel for their type or size. */
gboolean gen_cuda_add_reduction (GenCudaKernel *kernel, const GenCudaReduction *reduction,
    const GenReduceGroup *groups, int n_groups);
