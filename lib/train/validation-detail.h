/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a validation's figures are made of, by which two of them compare. */
#pragma once

#include <generative/validation.h>

#include "paired-difference.h"

typedef struct {
  GArray *each; /* float: GEN_RECIPE_MAX_FIGURES of every sample, NaN for those not measured */
  gsize blocks[GEN_RECIPE_MAX_FIGURES]; /* how many samples in a row have one number together */
  /* Samples dealt in turn to parts, each compared with its share of what is made. */
  gboolean has_parts;
  double frechet[GEN_PAIRED_PARTS], diversity[GEN_PAIRED_PARTS], further[GEN_PAIRED_PARTS];
} GenValidationDetail;

/* From how many samples they are dealt to parts. */
#define GEN_VALIDATION_PART_MINIMUM (8 * GEN_PAIRED_PARTS)

void gen_validation_detail_init (GenValidationDetail *detail);
void gen_validation_detail_clear (GenValidationDetail *detail);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenValidationDetail, gen_validation_detail_clear)
/* How many samples have figures of their own. */
gsize gen_validation_detail_count (const GenValidationDetail *detail);

/* Samples that have label i, of `n`, have class `classes[i]` in its place. */
void gen_validation_take_classes (GenValidation *validation, const int *classes, guint n);
/* Nets that are measured from here on have class `classes[i]` in the place of label i of `n`, which
 * are borrowed; NULL: the same. */
void gen_validation_map_classes (GenValidation *validation, const int *classes, guint n);
/* As gen_validation_measure; `detail` may be NULL. */
gboolean gen_validation_measure_detail (GenValidation *validation, GenTrainer *trainer,
    GenValidationFigures *figures, GenValidationDetail *detail, GError **error);
