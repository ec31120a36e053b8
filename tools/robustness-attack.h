/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "robustness-net.h"

/* An attack on a net. */
typedef struct _NetAttack NetAttack;

/* NULL with `error`, which names the operator that has no gradient. (transfer full) */
NetAttack *net_attack_new (
    const AttackedNet *net, const GenAttack *attack, guint64 seed, int threads, GError **error);
void net_attack_free (NetAttack *attack);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetAttack, net_attack_free)

/* What became of a batch: room for as many samples. */
typedef struct {
  gboolean *fooled; /* taken for another class at any step from any start */
  float *changed;   /* the sample that was then first, or the last one */
  float *score;     /* of a discriminator: as far as it was moved to the wrong side */
} NetAttacked;

/* Attack `n` samples at `clean`, up to a batch, of the classes `labels` (of a discriminator 1 for
 * real ones and 0 for made ones), from `restarts` starts one after the other, of which the worst
 * counts. Lengths of `settings` are shares of the range of samples. `draw` is the number of what is
 * drawn. */
gboolean net_attack_run (NetAttack *attack, const GenAttackSettings *settings, int restarts,
    const float *clean, const int *labels, guint n, guint64 draw, NetAttacked *attacked,
    GError **error);
/* Which of the samples as they are is taken for which class, -1 where scores are no numbers, and,
 * unless it is NULL, the score of a discriminator. */
gboolean net_attack_classify (
    NetAttack *attack, const float *clean, guint n, int *classes, float *scores, GError **error);
