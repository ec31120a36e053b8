/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/plan.h>

G_BEGIN_DECLS

/**
 * GenRunSet: what goes into a model in a number of runs, all of the same shapes, so that models can
 * be looked at, and compared, on the same numbers: what activations are like, and how far what one
 * makes lies from what another one does.
 *
 * Since: 0.2
 */
typedef struct _GenRunSet GenRunSet;

/* Of runs of `graph`, whose inputs' shapes are known by now. (transfer full) */
GEN_API GenRunSet *gen_run_set_new (const GenGraph *graph, GError **error);
GEN_API void gen_run_set_free (GenRunSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenRunSet, gen_run_set_free)

GEN_API guint gen_run_set_n_inputs (const GenRunSet *set);
/* Name, type, shape and size of an input; no data. */
GEN_API const GenBinding *gen_run_set_input (const GenRunSet *set, guint i);
/* One more run, by the bytes of each input, which are copied. */
GEN_API void gen_run_set_add (GenRunSet *set, const void *const *inputs);
GEN_API guint gen_run_set_n_runs (const GenRunSet *set);

/* What run number `run` has made: the outputs of the graph, which hold until this returns. */
typedef gboolean (*GenRunFunc) (
    guint run, const GenBinding *const *outputs, guint n, gpointer data, GError **error);
/**
 * gen_run_set_play: run `graph`, whose inputs are those of the set by name and type and whose
 * extents may be free, on all runs. States begin as they are in each run.
 */
GEN_API gboolean gen_run_set_play (const GenRunSet *set, const GenGraph *graph,
    const GenPlanOptions *options, GenRunFunc func, gpointer data, GError **error);

/* How far what one model makes lies from what another one does. */
typedef struct {
  double signal;    /* mean square of what it should be */
  double noise;     /* mean square of the difference */
  double greatest;  /* difference */
  double low, high; /* of what it should be */
} GenRunDifference;

/* Signal to noise in decibels, infinite where there is no noise. */
GEN_API double gen_run_difference_sqnr (const GenRunDifference *difference);
/* Peak signal to noise ratio in decibels; the peak is the range of what it should be. */
GEN_API double gen_run_difference_psnr (const GenRunDifference *difference);

/**
 * gen_run_set_record: all that `graph` makes of floats, output after output, run after run, as
 * float32. (transfer full)
 */
GEN_API GArray *gen_run_set_record (
    const GenRunSet *set, const GenGraph *graph, const GenPlanOptions *options, GError **error);
/* How far `graph` is from `reference`, which gen_run_set_record has made by another one. */
GEN_API gboolean gen_run_set_compare (const GenRunSet *set, const GenGraph *graph,
    const GArray *reference, const GenPlanOptions *options, GenRunDifference *difference,
    GError **error);

G_END_DECLS
