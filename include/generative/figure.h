/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/report.h>

G_BEGIN_DECLS

/**
 * GenFigure: one of the figures by which a training is followed. What a message on the bus has of
 * it, which curve TensorBoard draws and what a line on the terminal shows follow from one list, so
 * that they always agree.
 */
typedef struct {
  GenField field;             /* in messages; without a name it is not in them */
  const char *curve;          /* NULL: none */
  const char *before, *after; /* around the number in a line of text; NULL: it is not in it */
  int decimals;
  double shown_from; /* what is less is not in the line */
} GenFigure;

/* Figures with their values, NaN or GEN_MISSING for those that there are none of. */
typedef struct {
  const GenFigure *figures;
  const double *values;
  guint n;
} GenFigures;

/* "step 12, epoch 0, 8.1 steps/s, loss D 0.693 G 0.693". (transfer full) */
GEN_API char *gen_figures_to_line (const GenFigures *figures);

G_END_DECLS
