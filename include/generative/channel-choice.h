/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/channels.h>

G_BEGIN_DECLS

/**
 * Which channels go: of each group those with the lowest scores (channel-criterion.h), as many as
 * are asked for. Since: 0.2
 */

/* What the ratio is a share of. */
typedef enum {
  GEN_CHANNEL_MEASURE_CHANNELS,   /* channels, of each group */
  GEN_CHANNEL_MEASURE_PARAMETERS, /* numbers in weights */
  GEN_CHANNEL_MEASURE_FLOPS,      /* multiplications and additions of a run */
} GenChannelMeasure;

/* Groups whose name matches `pattern` ("up1*") lose no more than `ratio` of their channels. */
typedef struct {
  char *pattern;
  double ratio; /* [0, 1) */
} GenChannelLimit;

typedef struct {
  double ratio; /* of the measure that goes, (0, 1) */
  GenChannelMeasure measure;
  gboolean across; /* scores are compared across the model, each beside the mean of its group, and
                      not within groups alone */
  double most;     /* of a group's channels that may go, (0, 1] */
  int round_to;    /* what is left of a group is a multiple of it, from 1 */
  const GenChannelLimit *limits;
  guint n_limits;
} GenChannelChoice;

#define GEN_CHANNEL_CHOICE_DEFAULTS ((GenChannelChoice){ .ratio = 0.5, .most = 0.9, .round_to = 1 })

/* Set `gone`, one for each channel, by `scores`, of which the lowest go first. FALSE where a
 * setting is out of its range, or as much as is asked for cannot go. */
GEN_API gboolean gen_channels_choose (const GenChannels *channels, const double *scores,
    const GenChannelChoice *choice, gboolean *gone, GError **error);
/* How much of `measure` the graph without what is `gone` has; of FLOPS and PARAMETERS. -1 with
 * `error`. */
GEN_API double gen_channels_measure (
    const GenChannels *channels, const gboolean *gone, GenChannelMeasure measure, GError **error);

typedef struct _GenRunSet GenRunSet; /* run-set.h */

/* Set `sqnrs`, one for each group: how near the outputs are, in decibels of signal to noise, where
 * of what is `gone` that group's channels alone go. Infinite where none of them does. */
GEN_API gboolean gen_channels_rank (const GenChannels *channels, const gboolean *gone,
    const GenRunSet *runs, double *sqnrs, GError **error);
/* Add to `layers` a GenShrunkLayer (quantize.h) for each layer with weights: what is left of it.
 * `sqnrs` may be NULL. */
GEN_API void gen_channels_tell (
    const GenChannels *channels, const gboolean *gone, const double *sqnrs, GPtrArray *layers);

G_END_DECLS
