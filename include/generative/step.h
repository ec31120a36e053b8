/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/recipe.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

/**
 * GenStep: the graph of a training step while a recipe builds it. What is appended is ordinary
 * (gen_graph_op); what stands here is what only training has: the samples and latents of the step,
 * nets that are applied with the weights of the moment, losses that are minimised, and figures
 * that are reported. A NULL tensor gives NULL or FALSE, so that a chain of calls needs one check at
 * its end.
 *
 * The same recipe is built for three purposes: to train, to measure (its figures, on samples that
 * are not trained on), and to play (what it makes). Nets that are applied to train normalise over
 * the batch and drop values; else they are as they play.
 */

GEN_API GenGraph *gen_step_graph (GenStep *step);
GEN_API const GenTrainerSettings *gen_step_settings (const GenStep *step);
/* FALSE where it measures or plays. */
GEN_API gboolean gen_step_trains (const GenStep *step);
/* Samples in it. */
GEN_API gint64 gen_step_batch (const GenStep *step);

/* The numbers that are black and white in samples. */
GEN_API void gen_step_range (const GenStep *step, float *low, float *high);
/* How many steps were made before, int64, a scalar; NULL where it does not train. */
GEN_API GenTensor *gen_step_count (GenStep *step);

/* The samples that have come: [batch, channels, height, width] or [batch, channels, length]; the
 * channels of all frames, where a sample is several. */
GEN_API GenTensor *gen_step_samples (GenStep *step);
/* Where the step trains, the part of them that `crop` says, anywhere, at the same place in all of
 * the step's; else the whole. */
GEN_API GenTensor *gen_step_cropped_samples (GenStep *step, GError **error);
/* Their classes, int64 [batch], of a recipe that has labels. */
GEN_API GenTensor *gen_step_labels (GenStep *step);
/* In their place, how much of each sample is of each class, float32 [batch, classes]: of a recipe
 * that learns from mixtures as well (augment-mix.h). Behind gen_step_set_classes. Since: 0.2 */
GEN_API GenTensor *gen_step_shares (GenStep *step);
/* The nets know so many classes: samples of others are refused. */
GEN_API void gen_step_set_classes (GenStep *step, gint64 classes);
/* How many classes the net `net` is told of, which may be conditional; 0: it is not. */
GEN_API gint64 gen_step_told_classes (const GenStep *step, guint net);
/* Conditional nets are told `classes`, int64 [batch], from here on, and not those of the samples.
 */
GEN_API void gen_step_tell (GenStep *step, GenTensor *classes);
/* Latents for net `net`: normal numbers of the step; where it plays, those that are given. */
GEN_API GenTensor *gen_step_latents (GenStep *step, guint net, GError **error);
/* A shape that net `net`'s input `input` has with the step's batch. */
GEN_API GenShape gen_step_input_shape (const GenStep *step, guint net, guint input);
/* The net as it was given, without the changes that training makes. */
GEN_API const GenGraph *gen_step_net (const GenStep *step, guint net);
/* Whether the net normalises over the batch, or computes something else of all its samples, so that
 * batches may not be joined, or takes no other batch than that of the step. */
GEN_API gboolean gen_step_sees_batch (const GenStep *step, guint net);

/* What net `net` makes of `inputs` (as many as the recipe says) with the weights that it has by
 * now. One that is conditional is told the classes of the samples, again for each batch where there
 * are several in its first input. */
GEN_API GenTensor *gen_step_apply (
    GenStep *step, guint net, GenTensor *const *inputs, GError **error);
GEN_API GenTensor *gen_step_apply_to (GenStep *step, guint net, GenTensor *x, GError **error);
/* The same with the moving average of its weights, as it is before the step, where the step trains
 * and they are averaged: no gradient goes there. Since: 0.2 */
GEN_API GenTensor *gen_step_apply_average (
    GenStep *step, guint net, GenTensor *const *inputs, GError **error);
/* The same of a net of several outputs, which become `outputs`, as many as the recipe says. */
GEN_API gboolean gen_step_apply_all (
    GenStep *step, guint net, GenTensor *const *inputs, GenTensor **outputs, GError **error);

/* What the last layer of net `net` that has weights took when the net was last applied. */
GEN_API GenTensor *gen_step_features (GenStep *step, guint net, GError **error);

/* `x` in float32, where precision matters: losses, and scores that they read. */
GEN_API GenTensor *gen_step_precise (GenStep *step, GenTensor *x, GError **error);

/* Lower `loss`, a scalar, by changing the weights of the `n` nets `nets`, with `rate` times the
 * learning rate; from here on these nets have the changed weights. Nothing where the step does not
 * train. */
GEN_API gboolean gen_step_minimise (
    GenStep *step, const guint *nets, guint n, GenTensor *loss, double rate, GError **error);

/* The same where these nets are changed `n` times in a step, of which this is update `number`. */
GEN_API gboolean gen_step_minimise_again (GenStep *step, const guint *nets, guint n_nets,
    GenTensor *loss, double rate, int number, int n, GError **error);

/* How numbers become one figure. */
typedef enum {
  GEN_REPORT_MEAN,
  GEN_REPORT_SHARE_ABOVE_ZERO,
  GEN_REPORT_SHARE_NOT_ABOVE_ZERO,
} GenReportKind;

/* Report `numbers`, one or one a sample, as the figure of that name. */
GEN_API gboolean gen_step_report (
    GenStep *step, const char *figure, GenTensor *numbers, GenReportKind kind);
/* Training has diverged when one of `numbers` is GEN_TRAINER_SCORE_LIMIT or further from 0, or is
 * none; `what` they are, a constant, stands in the error. */
GEN_API gboolean gen_step_watch (GenStep *step, const char *what, GenTensor *numbers);

/* Show `samples`, which have the shape of the step's samples, or of a frame of them; where it
 * plays. */
GEN_API gboolean gen_step_show (GenStep *step, GenTensor *samples);

G_END_DECLS
