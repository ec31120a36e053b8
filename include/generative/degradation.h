/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>
#include <generative/medium.h>

G_BEGIN_DECLS

/**
 * GenDegradation: what samples go through before a net learns the way back. It is nodes of the
 * graph of a step, and runs where that runs; what is random follows from the step's number.
 */
typedef struct {
  double strength; /* in the degradation's own unit, above 0 */
  int factor;      /* by how much, where it is a ratio: from 2 */
  float low, high; /* the numbers of black and white */
} GenDegradationSettings;

typedef struct {
  GenTensor *samples; /* degraded */
  GenTensor *seen; /* [batch, 1, …]: 1 where they are as they were, 0 where nothing is left; NULL
                      where nothing is cut out */
} GenDegraded;

typedef struct {
  const char *name;
  const char *description; /* and what its strength is */
  const GenMedium *medium; /* NULL: any */
  double strength;         /* by itself; 0: it goes by the factor */
  gboolean shrinks;        /* what comes out has extents that are smaller by the factor */
  /* Append it on `samples`, [batch, channels, height, width] or [batch, channels, length]. */
  gboolean (*apply) (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
      GenDegraded *degraded, GError **error);
  /* Which settings of a training it hangs on, ended by NULL; NULL: none. Since: 0.2 */
  const char *const *reads;
} GenDegradation;

/* Stands for that which the net is for, as `generative.degradation` of it says, else noise. */
GEN_API extern const GenDegradation gen_degradation_auto;
GEN_API extern const GenDegradation gen_degradation_noise;
GEN_API extern const GenDegradation gen_degradation_downscale;
GEN_API extern const GenDegradation gen_degradation_blur;
GEN_API extern const GenDegradation gen_degradation_box;
GEN_API extern const GenDegradation gen_degradation_half;
GEN_API extern const GenDegradation gen_degradation_jpeg; /* since 0.2 */
GEN_API extern const GenDegradation gen_degradation_bandwidth;

/* All of them, ended by NULL. */
GEN_API const GenDegradation *const *gen_degradation_list (void);
/* The one of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them. */
GEN_API const GenDegradation *gen_degradation_find (const char *name, GError **error);

G_END_DECLS
