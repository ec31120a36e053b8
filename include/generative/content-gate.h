/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenContentGate: whether what passes may, by the scores that a model gives it. A rule names a
 * label (a class of the model) and a threshold. The gate is closed while the score of a rule is
 * high: it closes as soon as the score, smoothed over time, reaches the threshold, and opens when
 * it has fallen below the threshold by the hysteresis. Both are there so that a gate does not
 * flicker: smoothing also lets it close later, hysteresis only lets it open later.
 *
 * Scores that are no finite numbers are none: then the verdict says `failed`, and it is up to the
 * caller whether that is closed. Used by one thread at a time. Since: 0.2
 */
typedef struct _GenContentGate GenContentGate;

typedef struct {
  gboolean closed;
  gboolean failed; /* a score is no finite number: of it nothing is remembered */
  int label;       /* the model's class of the rule that is nearest to closing it, or past it */
  guint rule;      /* that rule, by its number */
  double score;    /* of it, smoothed; NaN where it failed */
} GenContentVerdict;

/**
 * gen_content_gate_new: `rules` is "nsfw=0.8,violence": labels by the `names` (NULL: there are
 * none) or numbers of the model's `n` classes, each with a threshold above 0, or with `threshold`.
 * NULL or "" are all classes. NULL with `error` (GEN_GRAPH_ERROR) where a label is not one, is
 * named twice, or has no such threshold. (transfer full)
 */
GEN_API GenContentGate *gen_content_gate_new (
    const char *rules, double threshold, const char *const *names, guint n, GError **error);
GEN_API void gen_content_gate_free (GenContentGate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenContentGate, gen_content_gate_free)

/* `smoothing`: the time constant in seconds of the exponential mean that scores are smoothed by (0:
 * they are not). `hysteresis`: from 0 on, in the unit of scores. */
GEN_API void gen_content_gate_set_smoothing (
    GenContentGate *gate, double smoothing, double hysteresis);

/* What is to become of what has the `scores`, one a class, `seconds` after what was judged before
 * (not more than 0: smoothing does not count them; INFINITY: they count as they are). */
GEN_API void gen_content_gate_judge (
    GenContentGate *gate, const double *scores, double seconds, GenContentVerdict *verdict);
/* What comes next does not follow what came before: nothing of it counts. */
GEN_API void gen_content_gate_reset (GenContentGate *gate);

GEN_API guint gen_content_gate_n_rules (const GenContentGate *gate);
/* The class of a rule, and what it is called: its name, or its number. */
GEN_API int gen_content_gate_rule_label (const GenContentGate *gate, guint rule);
GEN_API const char *gen_content_gate_rule_name (const GenContentGate *gate, guint rule);
GEN_API double gen_content_gate_rule_threshold (const GenContentGate *gate, guint rule);
/* Whether a class has a rule, by whose threshold a detection of it counts; -1: it has none. */
GEN_API int gen_content_gate_find_rule (const GenContentGate *gate, int label);

G_END_DECLS
