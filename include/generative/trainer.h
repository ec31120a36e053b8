/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/feed.h>
#include <generative/loss.h>
#include <generative/optimizer.h>
#include <generative/medium.h>
#include <generative/plan.h>
#include <generative/preset.h>

G_BEGIN_DECLS

/**
 * GenTrainer: a generator and a discriminator, trained against each other.
 *
 * One run of one plan is one training step, the article's: with a batch of real pictures and a
 * batch of latents,
 *
 *   1. the generator makes pictures of the latents;
 *   2. the discriminator scores real and made pictures, its loss flows back, the optimiser
 *      changes its weights;
 *   3. the changed discriminator scores the made pictures again, the generator's loss flows back
 *      through it, the optimiser changes the generator's weights.
 *
 * All of it is one graph: that step 3 reads the weights that step 2 made is a matter of which
 * tensors it is built on. Latents are normal and follow from the seed and the number of the step,
 * so training that goes on from a saved state is the same, bit for bit, as training that was never
 * interrupted.
 *
 * Where a device computes in float16, gradients would vanish: each net's loss is multiplied by a
 * scale, which is taken off the gradients in float32 (Micikevicius et al., "Mixed precision
 * training", 2018). It begins at 65536 and doubles after 2000 steps in a row that went well. Where
 * a loss or gradient overflows, the net's weights, moments, moving averages and statistics stay as
 * they are, and its scale is halved: that update is skipped. The step counts as made, and has used
 * its latents and pictures, but is none for Adam. Scales are states like all others.
 *
 * Training has diverged when a loss or a score is no number, or a score is GEN_TRAINER_SCORE_LIMIT
 * or further from 0. All losses measure scores by a unit of 1 (a logit, a margin, a label), and
 * from 2^24 on float32 has no two numbers that are 1 apart: neither losses nor gradients can mean
 * anything there. Critics whose scores are bound by nothing stay orders of magnitude below it, and
 * a learning rate that is far too large goes orders beyond it within a step or two.
 */
typedef struct _GenTrainer GenTrainer;

#define GEN_TRAINER_ERROR (gen_trainer_error_quark ())
GEN_API GQuark gen_trainer_error_quark (void);
typedef enum {
  GEN_TRAINER_ERROR_SETTING,  /* a setting is out of its range; the text names it */
  GEN_TRAINER_ERROR_MODEL,    /* the nets do not fit each other, or cannot be trained */
  GEN_TRAINER_ERROR_DIVERGED, /* losses, scores or weights are beyond what can be computed with */
  GEN_TRAINER_ERROR_STATE,    /* a saved state does not fit the nets, or is damaged */
} GenTrainerError;

typedef struct {
  int batch_size;                /* pictures in a step, from 1 */
  const GenOptimizer *optimizer; /* of both nets */
  double learning_rate;          /* > 0 */
  double generator_rate;         /* the generator's, as a share of that: > 0. A slower generator
                                    gives the discriminator time to see what it makes */
  GenOptimizerSettings optimizer_settings;
  const GenLoss *loss;
  double r1, r2;           /* weights of the penalties on the discriminator's gradient on real (r1)
                              and made samples: half of it times the mean square; 0 for none. They
                              keep a discriminator from being so sure that its gradients are of no
                              use */
  double label_smoothing;  /* real pictures count as 1 - label_smoothing: [0, 0.5) */
  double ema;              /* decay of the moving average of the generator's weights: [0, 1); 0
                              for none */
  guint64 seed;            /* of latents and dropout */
  int threads;             /* 0: as many as there are cores */
  const GenDevice *device; /* NULL: the CPU */
  GenPrecision
      precision; /* of the training's products; on a device also of what lies between them */
  /* How kernels are chosen on a device, where choices are remembered once they are made and results
   * are the same bits as long as they are. On the CPU rules choose. */
  GenChoice choice;
  const char *choices; /* the file that remembers, as in GenPlanOptions */
} GenTrainerSettings;

#define GEN_TRAINER_DEFAULTS                                                                       \
  .batch_size = 128, .optimizer = &gen_optimizer_adam, .learning_rate = 2e-4, .generator_rate = 1, \
  .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS }, .loss = &gen_loss_non_saturating, .r1 = 0,     \
  .r2 = 0, .label_smoothing = 0, .ema = 0, .seed = 0, .threads = 0, .device = NULL,                \
  .precision = GEN_PRECISION_TF32, .choice = GEN_CHOICE_RULES, .choices = NULL

/* Check each setting against its range; the error names it. */
GEN_API gboolean gen_trainer_settings_check (const GenTrainerSettings *settings, GError **error);

/**
 * gen_trainer_new: `generator` takes latents [batch, length] (or [batch, length, 1, 1]) and makes
 * pictures [batch, channels, height, width]; `discriminator` takes those and gives one score a
 * picture. Where it ends in Sigmoid, the loss is computed from what comes before. Constants that
 * dense, convolution and normalisation nodes read are the weights. Both graphs are kept, and
 * receive the trained weights by gen_trainer_export.
 * Returns: (transfer full) the trainer, or NULL.
 */
GEN_API GenTrainer *gen_trainer_new (GenGraph *generator, GenGraph *discriminator,
    const GenTrainerSettings *settings, GError **error);
GEN_API void gen_trainer_free (GenTrainer *trainer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenTrainer, gen_trainer_free)

GEN_API const GenTrainerSettings *gen_trainer_settings (const GenTrainer *trainer);
/* Of a step's samples: [batch, channels, height, width] of pictures, [batch, channels, length] of
 * sounds, and what they are as a medium has it. A sound's rate is what the discriminator says in
 * `generative.sample-rate`, else 0. */
GEN_API GenFormat gen_trainer_format (const GenTrainer *trainer);
GEN_API const GenShape *gen_trainer_sample_shape (const GenTrainer *trainer);
GEN_API gsize gen_trainer_latent_size (const GenTrainer *trainer);
/* Numbers in one sample. */
GEN_API gsize gen_trainer_sample_size (const GenTrainer *trainer);
/* The numbers that the discriminator takes for black and white, from its metadata
 * `generative.input-range`; -1 and 1 where it does not say. */
GEN_API void gen_trainer_range (const GenTrainer *trainer, float *low, float *high);

typedef struct {
  double discriminator_loss, generator_loss;
  double accuracy_on_real; /* share of real pictures that the discriminator takes for real */
  double accuracy_on_fake; /* and of made ones for made, before its update */
  double discriminator_scale, generator_scale; /* of their losses in the next step; 0: of none */
  guint64 skipped; /* updates of a net that were left out since training began */
} GenTrainerFigures;

#define GEN_TRAINER_SCORE_LIMIT (1 << 24)

/* One step on `pictures`, batch_size pictures in the discriminator's range, planar (NCHW), not
 * copied. FALSE with GEN_TRAINER_ERROR_DIVERGED when training has diverged; the weights are then
 * worthless. Where losses are scaled that only skips the update, and the error comes when a scale
 * has fallen below 1; the weights are then the last good ones. */
GEN_API gboolean gen_trainer_step (
    GenTrainer *trainer, const float *pictures, GenTrainerFigures *figures, GError **error);
/* The same on the pictures of a feed, which has been sent: they travel to the device while the step
 * before is made. Feeds are freed before the trainer. */
GEN_API GenFeed *gen_trainer_new_feed (GenTrainer *trainer, GError **error);
GEN_API gboolean gen_trainer_step_feed (
    GenTrainer *trainer, GenFeed *feed, GenTrainerFigures *figures, GError **error);
/* Whether what the last step has made of the nets is worth keeping, which its losses do not tell,
 * since they are of the weights before it: all states are numbers, and the scores that the
 * discriminator gives to what the generator makes are within the limit. Else
 * GEN_TRAINER_ERROR_DIVERGED. */
GEN_API gboolean gen_trainer_check (GenTrainer *trainer, GError **error);
/* Steps made. */
GEN_API guint64 gen_trainer_steps (const GenTrainer *trainer);
GEN_API void gen_trainer_set_learning_rate (GenTrainer *trainer, double learning_rate);

/* The generator as it plays, from `n` latents to `n` pictures (planar, in its own range). `average`
 * takes the moving average of the weights where there is one. May not run at the same time as
 * gen_trainer_step. */
GEN_API gboolean gen_trainer_generate (GenTrainer *trainer, gboolean average, const float *latents,
    gsize n, float *pictures, GError **error);
/* The discriminator as it plays: a score for each of `n` pictures, before any Sigmoid. */
GEN_API gboolean gen_trainer_score (
    GenTrainer *trainer, const float *pictures, gsize n, float *scores, GError **error);

/* What the generator makes of `n` latents: `samples`, which have the trainer's format. */
GEN_API gboolean gen_trainer_make (GenTrainer *trainer, gboolean average, const float *latents,
    gsize n, GenSample *samples, GError **error);
/* A wall of that, row by row, drawn into `wall`, which has the size of one of `columns` by `rows`
 * samples (gen_format_measure_wall). */
GEN_API gboolean gen_trainer_draw (GenTrainer *trainer, gboolean average, const float *latents,
    int columns, int rows, GenPicture *wall, GError **error);

/* Where training runs on a device, bring the states to where the functions below see them; on the
 * CPU there is nothing to do. */
GEN_API gboolean gen_trainer_fetch_states (GenTrainer *trainer, GError **error);

/* The nets with their present weights. (transfer full) `average` as above. */
GEN_API GenGraph *gen_trainer_export_generator (GenTrainer *trainer, gboolean average);
GEN_API GenGraph *gen_trainer_export_discriminator (GenTrainer *trainer);

/* The weights that gradients change, the generator's first. */
GEN_API guint gen_trainer_n_weights (const GenTrainer *trainer);
GEN_API const GenBinding *gen_trainer_weight (const GenTrainer *trainer, guint i);

/* Everything that training goes on from: weights, moments, statistics, the number of steps.
 * The tensors are the plan's own: reading and writing `data` reads and writes the state. */
GEN_API guint gen_trainer_n_states (const GenTrainer *trainer);
GEN_API const GenBinding *gen_trainer_state (const GenTrainer *trainer, guint i);
/* To be called after the states have been written from outside. */
GEN_API void gen_trainer_states_changed (GenTrainer *trainer);

/* The plan of a step, to profile. */
GEN_API GenPlan *gen_trainer_plan (GenTrainer *trainer);

G_END_DECLS
