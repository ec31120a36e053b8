/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/adapter.h>
#include <generative/api.h>
#include <generative/attack.h>
#include <generative/class-share.h>
#include <generative/degradation.h>
#include <generative/feed.h>
#include <generative/importance.h>
#include <generative/loss.h>
#include <generative/optimizer.h>
#include <generative/medium.h>
#include <generative/plan.h>
#include <generative/recipe.h>
#include <generative/reconstruction.h>
#include <generative/retention.h>
#include <generative/sampler.h>
#include <generative/tokenizer.h>

G_BEGIN_DECLS

/**
 * GenTrainer: nets that are trained together, as a recipe says (recipe.h).
 *
 * One run of one plan is one training step, with all that the recipe does in it: applying nets,
 * losses, gradients, updates. All of it is one graph: that a net is applied again with the weights
 * that an update has just made is a matter of which tensors it is built on. Latents and noise are
 * normal and follow from the seed and the number of the step, so training that goes on from a saved
 * state is the same, bit for bit, as training that was never interrupted.
 *
 * Where a device computes in float16, gradients would vanish: each loss is multiplied by a scale,
 * which is taken off the gradients in float32 (Micikevicius et al., "Mixed precision training",
 * 2018). It begins at 65536 and doubles after 2000 steps in a row that went well. Where a loss or
 * gradient overflows, the weights that it is minimised by, their moments, moving averages and
 * statistics stay as they are, and its scale is halved: that update is skipped. The step counts as
 * made, and has used its latents and samples, but is none for Adam. Scales are states like all
 * others.
 *
 * Training has diverged when a figure of the step is no number, or one that the recipe watches is
 * GEN_TRAINER_SCORE_LIMIT or further from 0: such as the scores of a discriminator. All losses
 * measure scores by a unit of 1 (a logit, a margin, a label), and from 2^24 on float32 has no two
 * numbers that are 1 apart: neither losses nor gradients can mean anything there. Critics whose
 * scores are bound by nothing stay orders of magnitude below it, and a learning rate that is far
 * too large goes orders beyond it within a step or two.
 */
typedef struct _GenTrainer GenTrainer;

#define GEN_TRAINER_ERROR (gen_trainer_error_quark ())
GEN_API GQuark gen_trainer_error_quark (void);
typedef enum {
  GEN_TRAINER_ERROR_SETTING,  /* a setting is out of its range; the text names it */
  GEN_TRAINER_ERROR_MODEL,    /* the nets do not fit each other, or cannot be trained */
  GEN_TRAINER_ERROR_DIVERGED, /* losses, scores or weights are beyond what can be computed with */
  GEN_TRAINER_ERROR_STATE,    /* a saved state does not fit the nets, or is damaged */
  GEN_TRAINER_ERROR_STOPPED,  /* what is made or measured is wanted no more. Since: 0.2 */
} GenTrainerError;

/* How a penalty on the discriminator's gradient on samples is found. */
typedef enum {
  GEN_PENALTY_ESTIMATED, /* by samples near them, of any discriminator */
  GEN_PENALTY_EXACT,     /* by a gradient of the gradient */
} GenPenalty;

typedef enum {
  GEN_MASK_ZERO, /* what lies between black and white, or silence */
  GEN_MASK_MEAN, /* the mean of what is left of the sample */
} GenMaskFill;

/* How the two pictures of a pair lie in one. */
typedef enum {
  GEN_PAIR_SIDE_BY_SIDE,
  GEN_PAIR_STACKED,
} GenPair;

/* Which of the two is made of the other. */
typedef enum {
  GEN_DIRECTION_A_TO_B, /* the second, right or lower, of the first */
  GEN_DIRECTION_B_TO_A,
} GenDirection;

struct _GenTrainerSettings {
  const GenRecipe *recipe;
  int batch_size;                /* samples in a step, from 1; of all members of an exchange */
  const GenOptimizer *optimizer; /* of all nets */
  double learning_rate;          /* > 0 */
  double generator_rate;         /* the generator's, as a share of that: > 0. A slower generator
                                    gives the discriminator time to see what it makes */
  GenOptimizerSettings optimizer_settings;
  double clip_norm; /* gradients of a loss whose norm is larger are scaled down to it; 0: as they
                       are. Losses that are scaled do without */
  int accumulate;   /* steps whose gradients, in the mean, make one update, from 1. Losses that are
                       scaled do without */
  gboolean keep_zeros; /* zeros in matrices and kernels that have other numbers, too, stay, as those
                          of a net that was pruned to them */
  const GenLoss *loss;
  double r1, r2;           /* weights of the penalties on the discriminator's gradient on real (r1)
                              and made samples: half of it times the mean square; 0 for none. They
                              keep a discriminator from being so sure that its gradients are of no
                              use */
  GenPenalty penalty;      /* how these two are found */
  double gradient_penalty; /* weight of the exact penalty on how far the norm of that gradient is
                              from 1 between real and made samples; 0 for none */
  int penalty_interval;    /* steps from one in which r1, r2 and gradient_penalty are paid, so many
                              times, to the next: >= 1 */
  int discriminator_steps; /* updates of the discriminator in a step, from 1: on the step's real
                              samples, each with made ones of latents of its own. The generator is
                              updated once, on the last of them. More than 1 exclude `accumulate`
                              and losses that are scaled */
  /* Of all that the discriminator sees. */
  double instance_noise;        /* deviation of noise on it, of the distance from black to white */
  guint64 instance_noise_steps; /* in which that falls to 0; 0: it stays */
  double augment_probability;   /* of each augmentation of pictures: [0, 1] */
  double augment_target; /* the mean sign of scores of real pictures at which that is held: [0, 1);
                            0: it stays as it is */
  double feature_matching; /* weight of the distance of mean features in the generator's loss; 0:
                              none */
  gboolean spectral_norm;  /* the discriminator's matrices are divided by their norms */
  /* Of recipes that make samples anew: how far these are from what they were. */
  const GenReconstruction *reconstruction;
  char *perceptual_model;   /* an ONNX file, or NULL: how far what it makes of them is apart counts
                               as well, */
  double perceptual_weight; /* so many times: >= 0 */
  const GenDegradation *degradation; /* of samples that are to be restored */
  double degradation_strength;       /* >= 0; 0: as the degradation has it by itself */
  int degradation_factor;            /* by how much, where it is a ratio: from 2 to 64 */
  gboolean next_frame; /* of a film: made is the one behind two frames, not that between them */
  int pair;            /* of samples that are pairs: GenPair */
  int direction;       /* likewise: GenDirection */
  double reconstruction_weight; /* of how far a translation is from what it is meant to be, where
                                   the adversarial loss has 1: >= 0 */
  double cycle_weight;          /* of how far samples are that went there and back: >= 0 */
  double identity_weight; /* of what a generator changes of samples that are as they are to be: >=
                             0; 0: it is not found */
  int crop;               /* extent of the part of a sample that a step takes; 0: the whole */
  double label_smoothing; /* real pictures, or the right class, count as 1 - label_smoothing, and
                             all classes share the rest: [0, 0.5) */
  /* Samples that are trained on are attacked before (attack.h): none where attack is
   * gen_attack_none. Since: 0.2 */
  const GenAttack *attack;
  double attack_epsilon;             /* >= 0 */
  int attack_steps;                  /* from 1 */
  double attack_step_size;           /* >= 0; 0: 2.5 * epsilon / steps */
  double attack_share;               /* of the samples of each batch, at least one: (0, 1] */
  const GenPrediction *prediction;   /* what a denoiser makes */
  const GenSchedule *noise_schedule; /* of its noise, with times */
  double min_snr;                    /* how much an error at little noise counts, at most, as
                                        signal² / noise²: >= 0; 0: all errors count alike */
  double snr_offset;                 /* what is added to that ratio where min_snr is not 0, so that
                                        errors at much noise count, too: from 0 */
  int sampling_steps;        /* runs of the denoiser for a sample; 0: as the recipe has it */
  int consistency_times;     /* times that a consistency model goes along, from 2 */
  gboolean average_target;   /* it follows the average of its weights, of which ema is not 0 */
  double commitment;         /* weight of how far vectors are from the codebook: >= 0 */
  double codebook_decay;     /* of averages that its vectors are: [0, 1); 0: they have gradients */
  double label_dropout;      /* share of the classes that a denoiser is not told: [0, 1) */
  double guidance;           /* how far samples of a class go towards it: >= 0 */
  char *teacher_model;       /* file of the net that a student learns from */
  GenGraph *teacher;         /* that net, which is kept and stays as it is. It is read of
                                the file by who reads files (training.h) */
  double teacher_guidance;   /* how far it goes for samples of a class: >= 0 */
  char *tokenizer_folder;    /* of the training whose nets make codes of samples */
  GenTokenizer *tokenizer;   /* those nets, kept and read like the teacher */
  double temperature;        /* of soft labels: >= 0; 0: 4 where classes are learned */
  double ema;                /* decay of the moving average of the weights that the recipe averages:
                                [0, 1), at first (1 + updates) / (10 + updates); 0 for none */
  char *trainable;           /* weights that are changed, as in parameters.h; NULL: all */
  const GenAdapter *adapter; /* beside weights that stay, of nets that adapter_settings name */
  GenAdapterSettings adapter_settings;
  /* What keeps nets from forgetting (retention.h). Since: 0.2 */
  const GenRetention *retention;
  double retain_weight;      /* of its penalty: >= 0; 0: its own */
  double retain_temperature; /* of soft labels: > 0 */
  /* How much the numbers of the nets' weights count, which is kept: of all weights that are
   * trained, or NULL: each counts 1 */
  GenImportance *importance;
  int retain_classes; /* that the nets knew before; 0: all that they know */
  int patch;          /* extent of what is masked, in pixels or frames: from 1 */
  double mask_ratio;  /* share of the patches that are masked: (0, 1) */
  int mask_fill;      /* what they become: GenMaskFill */
  GenFormat format;   /* of the data, whose extents are those that nets leave free; without a
                         medium: nets leave none free */
  guint64 seed;       /* of latents, masks and dropout */
  /* Whose members make each step together, of whom this is one: each takes batch_size / their
   * number of its samples, and they all have the same weights before and behind it. NULL: it is
   * alone. Since: 0.2 */
  GenExchange *exchange;
  /* Batch normalisations go by the statistics of all of them, else by those of each one's part.
   * Since: 0.2 */
  gboolean synchronised_normalization;
  int threads;             /* 0: as many as there are cores */
  const GenDevice *device; /* NULL: the CPU */
  GenPrecision
      precision; /* of the training's products; on a device also of what lies between them */
  /* How kernels are chosen on a device, where choices are remembered once they are made and results
   * are the same bits as long as they are. On the CPU rules choose. */
  GenChoice choice;
  const char *choices; /* the file that remembers, as in GenPlanOptions */

  /* Of the variational recipe. */
  double beta;          /* weight of the divergence of latents: >= 0 */
  guint64 beta_warm_up; /* steps in which that rises from 0; 0: it is there from the first on */
  double free_bits;     /* of divergence that each number of a latent has for nothing: >= 0 */
};

#define GEN_TRAINER_DEFAULTS                                                                       \
  .recipe = &gen_recipe_adversarial, .batch_size = 128, .optimizer = &gen_optimizer_adam,          \
  .learning_rate = 2e-4, .generator_rate = 1, .clip_norm = 0, .accumulate = 1,                     \
  .optimizer_settings = { GEN_OPTIMIZER_DEFAULTS }, .loss = &gen_loss_non_saturating, .r1 = 0,     \
  .r2 = 0, .penalty = GEN_PENALTY_ESTIMATED, .gradient_penalty = 0, .discriminator_steps = 1,      \
  .label_smoothing = 0, .attack = &gen_attack_none, .attack_epsilon = 0.1, .attack_steps = 7,      \
  .attack_step_size = 0, .attack_share = 1, .ema = 0, .trainable = NULL, .patch = 7,               \
  .mask_ratio = 0.6, .mask_fill = GEN_MASK_ZERO, .seed = 0, .threads = 0, .device = NULL,          \
  .precision = GEN_PRECISION_TF32, .choice = GEN_CHOICE_RULES, .choices = NULL,                    \
  .reconstruction = &gen_reconstruction_auto, .perceptual_model = NULL, .perceptual_weight = 0.1,  \
  .degradation = &gen_degradation_auto, .degradation_strength = 0, .degradation_factor = 2,        \
  .next_frame = FALSE, .crop = 0, .pair = GEN_PAIR_SIDE_BY_SIDE,                                   \
  .direction = GEN_DIRECTION_A_TO_B, .reconstruction_weight = 100, .cycle_weight = 10,             \
  .identity_weight = 5, .prediction = &gen_prediction_v, .noise_schedule = &gen_schedule_cosine,   \
  .min_snr = 0, .snr_offset = 0, .sampling_steps = 0, .consistency_times = 40,                     \
  .average_target = FALSE, .teacher_guidance = 2, .format = { NULL }, .beta = 1,                   \
  .beta_warm_up = 0, .free_bits = 0, .teacher_model = NULL, .teacher = NULL, .temperature = 0,     \
  .tokenizer_folder = NULL, .tokenizer = NULL, .label_dropout = 0.1, .guidance = 2,                \
  .adapter = &gen_adapter_none, .adapter_settings = { GEN_ADAPTER_DEFAULTS }, .commitment = 0.25,  \
  .codebook_decay = 0, .penalty_interval = 1, .retention = &gen_retention_none,                    \
  .retain_weight = 0, .retain_temperature = 2, .importance = NULL, .retain_classes = 0,            \
  .exchange = NULL

/* Check each setting against its range; the error names it. */
GEN_API gboolean gen_trainer_settings_check (const GenTrainerSettings *settings, GError **error);

/**
 * gen_trainer_new: `nets` in the recipe's order. The first extent of their inputs, the batch, may
 * be free, and what they take and make must fit as the recipe says: of the adversarial one, the
 * generator takes latents [batch, length] (or [batch, length, 1, 1]) and makes pictures [batch,
 * channels, height, width]; the discriminator takes those and gives one score a picture. Where a
 * net that scores ends in Sigmoid, the loss is computed from what comes before. Constants that
 * dense, convolution and normalisation nodes read are the weights. The graphs are kept.
 * Returns: (transfer full) the trainer, or NULL.
 */
GEN_API GenTrainer *gen_trainer_new (
    GenGraph *const *nets, const GenTrainerSettings *settings, GError **error);
GEN_API void gen_trainer_free (GenTrainer *trainer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenTrainer, gen_trainer_free)

GEN_API const GenTrainerSettings *gen_trainer_settings (const GenTrainer *trainer);
/* Of a step's samples, or of a frame of them: [batch, channels, height, width] of pictures, [batch,
 * channels, length] of sounds, and what they are as a medium has it. A sound's rate is what the net
 * that takes them says in `generative.sample-rate`, else 0. */
GEN_API GenFormat gen_trainer_format (const GenTrainer *trainer);
GEN_API const GenShape *gen_trainer_sample_shape (const GenTrainer *trainer);
/* The most classes that nets of presets know. Since: 0.2 */
#define GEN_TRAINER_MAX_CLASSES 65536
/* How many classes the nets know; 0 where the recipe is not taught by classes. */
GEN_API int gen_trainer_classes (const GenTrainer *trainer);
/* What those are called, from class 0 on; NULL ends the names. What has none is called by its
 * number. The models of nets that know classes say it (gen_model_name_classes). Since: 0.2 */
GEN_API void gen_trainer_name_classes (GenTrainer *trainer, const char *const *names);
/* Whether samples of class `label` (-1: of none) can be trained on; the error says what would be
 * right. */
GEN_API gboolean gen_trainer_check_label (const GenTrainer *trainer, int label, GError **error);
/* The same of a sample that is a mixture of `n` classes, from 1 on: only recipes that learn from
 * shares of classes take more than one. Since: 0.2 */
GEN_API gboolean gen_trainer_check_shares (
    const GenTrainer *trainer, const GenClassShare *shares, guint n, GError **error);
/* Numbers in one sample, and in one of its frames, of which it has as many as the recipe says. */
GEN_API gsize gen_trainer_sample_size (const GenTrainer *trainer);
GEN_API gsize gen_trainer_frame_size (const GenTrainer *trainer);
GEN_API guint gen_trainer_n_frames (const GenTrainer *trainer);
/* Numbers in one latent; in one sample where samples are made of samples. */
GEN_API gsize gen_trainer_latent_size (const GenTrainer *trainer);
/* The numbers that nets take for black and white, from the metadata `generative.input-range` of
 * the one that takes samples; -1 and 1 where it does not say. */
GEN_API void gen_trainer_range (const GenTrainer *trainer, float *low, float *high);

typedef struct {
  double values[GEN_RECIPE_MAX_FIGURES]; /* as the recipe has them; NaN: not reported */
  double scales[GEN_RECIPE_MAX_NETS];    /* of the losses in the next step, by the first net that
                                            each changes; 0: of none */
  guint64 skipped;                       /* updates that were left out since training began */
} GenTrainerFigures;

#define GEN_TRAINER_SCORE_LIMIT (1 << 24)

/* One step on `samples`, batch_size of them in the nets' range, planar (NCHW), not copied, and
 * their classes where the recipe has labels, else NULL. FALSE with GEN_TRAINER_ERROR_DIVERGED when
 * training has diverged; the weights are then worthless. Where losses are scaled that only skips
 * the update, and the error comes when a scale has fallen below 1; the weights are then the last
 * good ones. */
GEN_API gboolean gen_trainer_step (GenTrainer *trainer, const float *samples, const gint64 *labels,
    GenTrainerFigures *figures, GError **error);
/* The same on what feeds have, which have been sent: it travels to the device while the step before
 * is made. Feeds are freed before the trainer. */
typedef struct {
  GenFeed *samples;
  GenFeed *labels; /* int64 [batch]; NULL where the recipe is not told one class a sample */
  GenFeed *shares; /* float32 [batch, classes], the share of each class in each sample, which are
                      together 1; NULL where the recipe does not learn from these. Since: 0.2 */
} GenTrainerBatch;
GEN_API gboolean gen_trainer_batch_init (
    GenTrainer *trainer, GenTrainerBatch *batch, GError **error);
GEN_API void gen_trainer_batch_clear (GenTrainerBatch *batch);
GEN_API gboolean gen_trainer_batch_send (GenTrainerBatch *batch, GError **error);
GEN_API gboolean gen_trainer_step_batch (
    GenTrainer *trainer, GenTrainerBatch *batch, GenTrainerFigures *figures, GError **error);
/* Whether what the last step has made of the nets is worth keeping, which its losses do not tell,
 * since they are of the weights before it: all states are numbers, and so are the figures of what
 * the nets make, and those that are watched are within the limit. Else
 * GEN_TRAINER_ERROR_DIVERGED. */
GEN_API gboolean gen_trainer_check (GenTrainer *trainer, GError **error);
/* Steps made. */
GEN_API guint64 gen_trainer_steps (const GenTrainer *trainer);
/* Of the next step. */
GEN_API void gen_trainer_set_learning_rate (GenTrainer *trainer, double learning_rate);
GEN_API double gen_trainer_get_learning_rate (const GenTrainer *trainer);

/* What the nets make of `n` latents, or of samples where the recipe has it so: for each as many
 * samples as the recipe shows, planar, in their own range. `average` takes the moving average of
 * the weights where there is one. May not run at the same time as a step. */
GEN_API gboolean gen_trainer_play (GenTrainer *trainer, gboolean average, const float *latents,
    gsize n, float *samples, GError **error);
/* The figures that the recipe reports of `n` samples, from 1, without training on them; `values` as
 * those of a step. What the recipe draws for them is the same each time, for samples of which the
 * first one is number `first` among all that are measured. A last batch that is not
 * full is filled up with the first samples, which count no second time in figures that are reported
 * sample by sample. */
GEN_API gboolean gen_trainer_measure (GenTrainer *trainer, gboolean average, const float *samples,
    const gint64 *labels, gsize n, gsize first, double values[GEN_RECIPE_MAX_FIGURES],
    GError **error);

/* What the nets make of `n` latents or samples: `samples`, as many for each as the recipe shows,
 * which have the trainer's format. */
GEN_API gboolean gen_trainer_make (GenTrainer *trainer, gboolean average, const float *latents,
    gsize n, GenSample *samples, GError **error);
/* A wall of that, row by row, drawn into `wall`, which has the size of one of `columns` by `rows`
 * samples (gen_format_measure_wall); the recipe's number of shown samples divides their number. */
GEN_API gboolean gen_trainer_draw (GenTrainer *trainer, gboolean average, const float *latents,
    int columns, int rows, GenPicture *wall, GError **error);

/* From now on the functions above end with GEN_TRAINER_ERROR_STOPPED, soon, where `*stop` is not 0.
 * Other threads set it atomically, and it stays as long as the trainer. NULL: nothing stops them.
 * Since: 0.2 */
GEN_API void gen_trainer_stop_by (GenTrainer *trainer, const int *stop);

/* Where training runs on a device, bring the states to where the functions below see them; on the
 * CPU there is nothing to do. */
GEN_API gboolean gen_trainer_fetch_states (GenTrainer *trainer, GError **error);

/* A net with its present weights, to which its adapters are added. (transfer full) `average` as
 * above. */
GEN_API GenGraph *gen_trainer_export (GenTrainer *trainer, guint net, gboolean average);
/* Whether net `net` has adapters (adapter.h). Since: 0.2 */
GEN_API gboolean gen_trainer_is_adapted (const GenTrainer *trainer, guint net);
/* What net `net` began as, for people: its adapters' file says it. Since: 0.2 */
GEN_API void gen_trainer_name_base (GenTrainer *trainer, guint net, const char *base);
/* Write that file (adapter-file.h). Since: 0.2 */
GEN_API gboolean gen_trainer_save_adapter (
    GenTrainer *trainer, guint net, gboolean average, const char *path, GError **error);
/* Net `net` as it was given, and how many numbers of its weights and adapters gradients change.
 * Since: 0.2 */
GEN_API const GenGraph *gen_trainer_net (const GenTrainer *trainer, guint net);
GEN_API gint64 gen_trainer_n_trained (const GenTrainer *trainer, guint net);
/* gen_adapter_hash of net `net` as it was given. Since: 0.2 */
GEN_API const char *gen_trainer_base_hash (GenTrainer *trainer, guint net);
/* The net of which there is a moving average; -1 for none. */
GEN_API int gen_trainer_averaged_net (const GenTrainer *trainer);

/* How important the weights of all nets are for `n` samples, from 1, which are as those of a step;
 * `labels` where the recipe has them, else NULL. Each sample is a batch of its own, nets are as
 * they play, and of a loss what the recipe minimises counts, without what settings add to it.
 * Trained or not, all weights are told of, as they are, and without an average (transfer full).
 * Since: 0.2 */
GEN_API GenImportance *gen_trainer_measure_importance (
    GenTrainer *trainer, const float *samples, const gint64 *labels, gsize n, GError **error);

/* The weights that gradients change, net by net. */
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
