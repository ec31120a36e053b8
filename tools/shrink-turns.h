/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long models run, side by side: their runs take turns, so that all see the same machine. */
#pragma once

#include "prepare.h"

typedef struct {
  GenModel *model;
  GenPlan *plan;
  GArray *times; /* of double, in seconds */
} ShrinkSide;

/* Compile `model`, which is taken over, and fill its inputs. */
gboolean shrink_side_open (
    ShrinkSide *side, GenModel *model, const Preparation *preparation, GError **error);
void shrink_side_clear (ShrinkSide *side);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ShrinkSide, shrink_side_clear)

/* Run both in turns for about so many seconds each, once at least. */
gboolean shrink_sides_time (ShrinkSide *a, ShrinkSide *b, double seconds, GError **error);
/* Of its runs, in seconds. */
double shrink_side_median (const ShrinkSide *side);
double shrink_side_best (const ShrinkSide *side);
