/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenAttack: how samples are changed, by so little that people hardly see it, for a net to err: up
 * the gradient of its loss with respect to them. An attack is pieces of a graph, appended by the
 * same code that a training step's gradients are (gen_graph_gradients), so that it is a part of a
 * step, or of a graph that is run once for each of its own steps.
 *
 * Samples are float32 [batch, …], and lengths are in their numbers: an `epsilon` of 0.1 in the norm
 * "linf" is as much for each number, in the norm "l2" the root of the sum of squares over a
 * sample's. What is made of them stays within a range, where they have one, as pictures have that
 * from black to white.
 *
 * Since: 0.2
 */
typedef struct {
  double epsilon;   /* how far a sample may be from what it was: finite, >= 0 */
  double step_size; /* how far a step goes: finite, >= 0; 0: 2.5 * epsilon / steps */
  int steps;        /* [1, GEN_ATTACK_MAX_STEPS] */
} GenAttackSettings;

#define GEN_ATTACK_MAX_STEPS 1000

/* What a sample's numbers may become: no less than `low` and no more than `high`, unless they were
 * that before, as peaks of a sound beyond full scale are. */
typedef struct {
  float low, high;
} GenAttackRange;

typedef struct {
  const char *name;
  const char *description;
  const char *norm; /* "linf" or "l2" */
  /* One step of `epsilon` from the sample itself, whatever is said of steps; else as many as are
   * said, from a place near it that is drawn at random. */
  gboolean once;
  /* Settings of a training that say something of it, ended by NULL; NULL: none. */
  const char *const *reads;
  /* Each appends to `graph` what makes of its operand, [batch, …], the same shape. NULL of NULL. */
  /* The direction in which a loss with the gradient `gradient` rises the most, of length 1; none
   * where the gradient is 0. */
  GenTensor *(*ascend) (GenGraph *graph, GenTensor *gradient, GError **error);
  /* `change` made no longer than `epsilon`, a float32 scalar. */
  GenTensor *(*project) (GenGraph *graph, GenTensor *change, GenTensor *epsilon, GError **error);
  /* A change of `samples` that is drawn at random, no longer than `epsilon`. */
  GenTensor *(*draw) (GenGraph *graph, GenTensor *samples, GenTensor *epsilon, GError **error);
} GenAttack;

/* Stands for no attack. */
GEN_API extern const GenAttack gen_attack_none;
/* Goodfellow et al., "Explaining and harnessing adversarial examples", 2015. */
GEN_API extern const GenAttack gen_attack_fgsm;
/* The same in L2: Miyato et al., "Adversarial training methods for semi-supervised text
 * classification", 2017. */
GEN_API extern const GenAttack gen_attack_fgm;
/* Madry et al., "Towards deep learning models resistant to adversarial attacks", 2018. */
GEN_API extern const GenAttack gen_attack_pgd;
GEN_API extern const GenAttack gen_attack_pgd_l2;

/* All of them, ended by NULL. */
GEN_API const GenAttack *const *gen_attack_list (void);
/* The one of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them. */
GEN_API const GenAttack *gen_attack_find (const char *name, GError **error);

/* Whether they are in their ranges; FALSE with `error` (GEN_TRAINER_ERROR_SETTING), which names the
 * one that is not. */
GEN_API gboolean gen_attack_settings_check (const GenAttackSettings *settings, GError **error);
/* How many steps `attack` makes, and how far each goes. */
GEN_API int gen_attack_steps (const GenAttack *attack, const GenAttackSettings *settings);
GEN_API double gen_attack_step_size (const GenAttack *attack, const GenAttackSettings *settings);

/* Where an attack begins: `samples`, or a place near it, within `range` (NULL: anywhere). NULL with
 * `error`. */
GEN_API GenTensor *gen_attack_begin (const GenAttack *attack, GenGraph *graph, GenTensor *samples,
    GenTensor *epsilon, const GenAttackRange *range, GError **error);
/* A step of it: from `current`, up the gradient of the sum of `loss`, [batch] or a scalar, by
 * `length`; no further than `epsilon` from `samples`, and within `range` (NULL: anywhere). Both
 * lengths are float32 scalars. NULL with `error` (GEN_GRAPH_ERROR_NO_GRADIENT), which names the
 * operator through which no gradient goes, or says that the loss does not depend on `current`. */
GEN_API GenTensor *gen_attack_advance (const GenAttack *attack, GenGraph *graph, GenTensor *samples,
    GenTensor *current, GenTensor *loss, GenTensor *epsilon, GenTensor *length,
    const GenAttackRange *range, GError **error);

/* What is to rise: appends the loss of `samples`, a scalar or [batch]. */
typedef GenTensor *(*GenAttackLoss) (
    GenGraph *graph, GenTensor *samples, gpointer user_data, GError **error);
/* The whole attack, written out step by step: `samples` as they are at its end, which are constants
 * for gradients. `loss` is asked for each step. NULL with `error`. */
GEN_API GenTensor *gen_attack_append (const GenAttack *attack, const GenAttackSettings *settings,
    const GenAttackRange *range, GenGraph *graph, GenTensor *samples, GenAttackLoss loss,
    gpointer user_data, GError **error);

G_END_DECLS
