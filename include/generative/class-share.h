/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * GenClassShare: how much of a sample is of a class. A sample of one class is one such share, of 1;
 * a mixture of several (augment-mix.h) is as many, whose weights are together 1. Since: 0.2
 */
typedef struct {
  int label;     /* from 0 on; -1: of no class */
  double weight; /* (0, 1] */
} GenClassShare;

G_END_DECLS
