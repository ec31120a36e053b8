/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenParameter: what a net has learned or can learn: the constants that dense, convolution and
 * normalisation nodes read as weights, and the running statistics of normalisations.
 *
 * Which of them a training changes, a text says: names, separated by commas, in which * stands for
 * any letters and ? for one, such as `head.*` or `encoder.down2.weight`. A weight has its own name,
 * and one with that of its net (net-roles) in front. `head` alone, or with the net in front, are
 * the weights of the last node of a net that has any, with the product that it adds them to; `all`,
 * as NULL, are all. What a name with `!` in front means stays, whatever the others say; where all
 * are such, the rest is trained. Statistics follow the weights beside them: a normalisation whose
 * scale and bias stay keeps the statistics that it has.
 */
typedef struct {
  GenTensor *tensor;
  gboolean statistic; /* changed by normalising, not by gradients */
  gboolean trainable;
} GenParameter;

/* Make `net`, which may be of any exporter, one that can be trained and then plays: equal numbers
 * that are written once, with an Identity of them for each further weight, become weights of their
 * own, named like its result, and normalisations and dropouts are as they play. Since: 0.2 */
GEN_API void gen_parameters_settle (GenGraph *net);

/* Those of `graph`, which is a net called `net`, in the order of its nodes. (transfer full) */
GEN_API GArray *gen_parameters_list (const GenGraph *graph, const char *net, const char *trainable);

/* Whether all numbers of the parameters of `graph`, of the file `path`, are finite: of others
 * nothing can be learned. The error (GEN_TRAINER_ERROR_MODEL) names the file, the parameter and the
 * place. Since: 0.2 */
GEN_API gboolean gen_parameters_check_finite (
    const GenGraph *graph, const char *path, GError **error);

/* Whether there are any of them that are trained. Since: 0.2 */
GEN_API gboolean gen_parameters_are_trained (
    const GenGraph *graph, const char *net, const char *trainable);

/* The first of the names in `trainable` that means no weight of the `n` nets, which are called
 * `names`; NULL where each of them means some. (transfer full) */
GEN_API char *gen_parameters_find_idle (
    GenGraph *const *nets, const char *const *names, guint n, const char *trainable);

/* Give each parameter of `net` the numbers of the constant of the same name, type and shape that
 * the first of the `n` graphs `from` has which has one. The names of those that stay as they are.
 * (transfer container) */
GEN_API GPtrArray *gen_parameters_take (GenGraph *net, GenGraph *const *from, guint n);

/* Give parameter `name` of `net` the numbers of the constant of that name in `from`, whose shape is
 * the same but for one extent, `before` in the place of `now`, which is more: as the weights of a
 * net are that knows more classes. What is new in it stays. FALSE where there is no such constant.
 * Since: 0.2 */
GEN_API gboolean gen_parameters_grow (
    GenGraph *net, const char *name, const GenGraph *from, gint64 before, gint64 now);

G_END_DECLS
