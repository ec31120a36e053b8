/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * GenRangeMethod: a way to choose the range of numbers that 256 steps stand for, by how those that
 * were seen are distributed. What lies beyond is cut; the wider the range, the coarser its steps.
 *
 * Since: 0.2
 */
#define GEN_HISTOGRAM_BINS 2048

/* How numbers are distributed that were seen. */
typedef struct {
  double low, high; /* the least and the greatest: where the bins begin and end */
  guint64 n;        /* numbers */
  guint64 bins[GEN_HISTOGRAM_BINS];
} GenHistogram;

typedef struct {
  const char *name;
  const char *summary; /* a sentence, with the paper that it follows, and what it is bad at */
  /* The range for numbers like these; `percentile` is a setting of one of them. `symmetric`: it
   * will be widened so that 0 is its middle. */
  void (*find) (const GenHistogram *histogram, double percentile, gboolean symmetric, double *low,
      double *high);
} GenRangeMethod;

GEN_API extern const GenRangeMethod gen_range_method_min_max;
GEN_API extern const GenRangeMethod gen_range_method_percentile;
/* Migacz, "8-bit inference with TensorRT", 2017. */
GEN_API extern const GenRangeMethod gen_range_method_entropy;
GEN_API extern const GenRangeMethod gen_range_method_squared_error;

/* All of them, ended by NULL. */
GEN_API const GenRangeMethod *const *gen_range_method_list (void);
/* The one of that name, or NULL with `error` (GEN_QUANTIZE_ERROR_UNKNOWN), which lists them. */
GEN_API const GenRangeMethod *gen_range_method_find (const char *name, GError **error);

G_END_DECLS
