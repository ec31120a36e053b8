/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of GenStep share: step.c (what a recipe puts a step together of), step-crop.c
 * (parts of samples) and step-update.c (losses). */
#pragma once

#include "loss-scaling.h"
#include "step-graph.h"
#include "step-net.h"

struct _GenStep {
  GenStepPurpose purpose;
  const GenTrainerSettings *settings;
  const GenRecipe *recipe;
  GenStepGraph *built;
  GenGraph *graph;
  GenStepNet nets[GEN_RECIPE_MAX_NETS];
  GenShape sample_shape; /* of a batch */
  GenTensor *samples, *labels, *shares, *rate, *count;
  GenTensor *told; /* to conditional nets; NULL: the labels */
  gboolean scales; /* the losses */
};

/* --- step.c --- */

/* The number of the output that `tensor` is from here on. */
guint gen_step_output (GenStep *step, GenTensor *tensor);
/* A constant, int64. */
GenTensor *gen_step_whole_number (GenStep *step, gint64 value);
