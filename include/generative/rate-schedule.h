/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/* What schedules can be told; each takes what it knows. */
typedef struct {
  guint64 warm_up;     /* steps in which the rate grows from nothing */
  double final_rate;   /* cosine, linear: where they end, as a share: [0, 1] */
  double decay;        /* step, plateau: what the rate is multiplied by: (0, 1] */
  guint64 decay_steps; /* step: from one time to the next, from 1 */
  guint patience;      /* plateau: validations in a row that are no better, from 1 */
} GenRateSettings;

#define GEN_RATE_DEFAULTS                                                                          \
  .warm_up = 0, .final_rate = 0, .decay = 0.1, .decay_steps = 10000, .patience = 5

/* Where a training is. */
typedef struct {
  guint64 step, end; /* steps made, and to be made; 0: that is not known */
  guint64 plateaus;  /* times that patience ended */
} GenRatePlace;

/**
 * GenRateSchedule: how the learning rate changes as training goes on: the share of it that a step
 * has. All begin with a warm-up, of which the steps behind it know nothing.
 */
typedef struct {
  const char *name;
  const char *description;
  gboolean needs_end; /* how many steps there will be must be known */
  double (*share) (const GenRateSettings *settings, const GenRatePlace *place);
  /* Which settings of a training it hangs on, ended by NULL; NULL: none. Since: 0.2 */
  const char *const *reads;
} GenRateSchedule;

GEN_API extern const GenRateSchedule gen_rate_schedule_constant;
GEN_API extern const GenRateSchedule gen_rate_schedule_cosine;
GEN_API extern const GenRateSchedule gen_rate_schedule_linear;
GEN_API extern const GenRateSchedule gen_rate_schedule_step;
GEN_API extern const GenRateSchedule gen_rate_schedule_plateau;

/* All of them, ended by NULL. */
GEN_API const GenRateSchedule *const *gen_rate_schedule_list (void);
/* The schedule of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them. */
GEN_API const GenRateSchedule *gen_rate_schedule_find (const char *name, GError **error);

/* The share of the learning rate that the step behind `place` has, its warm-up included. */
GEN_API double gen_rate_schedule_share (
    const GenRateSchedule *schedule, const GenRateSettings *settings, const GenRatePlace *place);

G_END_DECLS
