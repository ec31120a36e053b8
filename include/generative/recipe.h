/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/figure.h>
#include <generative/graph.h>
#include <generative/reconstruction.h>
#include <generative/sampler.h>
#include <generative/setting.h>

G_BEGIN_DECLS

/**
 * GenRecipe: a way of training: which nets it wants, what a step does with them (step.h), what it
 * tells of that, and what is shown of the nets. A trainer (trainer.h) makes steps of any recipe;
 * everything around them, checkpoints, validation, logs, elements and tools, follows from what a
 * recipe says of itself.
 */

/**
 * GenNetRole: what a net is for. Each has its files (`generator.onnx` in a checkpoint) and its
 * setting (`generator-model`) by the name.
 */
typedef struct {
  const char *name;
  const char *description; /* what it makes of what: "from latents to pictures or sounds" */
} GenNetRole;

GEN_API extern const GenNetRole gen_net_role_generator;
GEN_API extern const GenNetRole gen_net_role_discriminator;
GEN_API extern const GenNetRole gen_net_role_encoder;
GEN_API extern const GenNetRole gen_net_role_decoder;
GEN_API extern const GenNetRole gen_net_role_denoiser;
GEN_API extern const GenNetRole gen_net_role_classifier;
GEN_API extern const GenNetRole gen_net_role_restorer;
GEN_API extern const GenNetRole gen_net_role_interpolator;
/* What goes the way back of a generator and a discriminator. */
GEN_API extern const GenNetRole gen_net_role_back_generator;
GEN_API extern const GenNetRole gen_net_role_back_discriminator;
GEN_API extern const GenNetRole gen_net_role_student;
GEN_API extern const GenNetRole gen_net_role_quantizer;
GEN_API extern const GenNetRole gen_net_role_predictor;

#define GEN_NET_ROLES 13
/* All of them, ended by NULL: GEN_NET_ROLES. */
GEN_API const GenNetRole *const *gen_net_role_list (void);

/* One of a recipe's nets. */
typedef struct {
  const GenNetRole *role; /* NULL ends a list */
  guint n_inputs;         /* how many it has */
  guint n_outputs;        /* likewise; 0 for one */
  /* Whether `ema` keeps a moving average of its weights, with which it is shown and validated; the
   * file of it is ema.onnx. At most one of a recipe's nets. */
  gboolean averaged;
  gboolean scores; /* its result are scores, before any Sigmoid or Softmax at its end */
  /* It may have one input more: the class of each sample, whole numbers [batch], of which
   * `generative.classes` in its metadata says how many there are. */
  gboolean conditional;
  /* It takes samples, or what is made of them: extents that its inputs leave free are those of the
   * data. */
  gboolean of_data;
} GenRecipeNet;

#define GEN_RECIPE_MAX_NETS 4
#define GEN_RECIPE_MAX_INPUTS 4  /* of a net, without a class */
#define GEN_RECIPE_MAX_OUTPUTS 4 /* of a net */
#define GEN_RECIPE_MAX_FIGURES 8

/* A figure of a step. */
typedef struct {
  GenFigure figure;
  /* The same of the validation samples, when nothing is trained: its name in messages and its
   * curve; NULL where it is not measured. */
  const char *validation, *validation_curve;
  gboolean is_share; /* from 0 to 1, such as an accuracy. Since: 0.2 */
  gboolean attacked; /* of the validation under attack: measured where trainings attack alone.
                        Since: 0.2 */
} GenRecipeFigure;

/* What the nets make samples of. */
typedef enum {
  GEN_MADE_OF_LATENTS,
  GEN_MADE_OF_SAMPLES,
} GenMadeOf;

/* How the frames come that one sample is. */
typedef enum {
  GEN_FRAMES_OF_FILM,    /* they follow each other in a film */
  GEN_FRAMES_OF_PICTURE, /* two parts of one picture, as GenPair has it */
  GEN_FRAMES_OF_CLASSES, /* one of class 0 and one of class 1, which have nothing to do with each
                            other */
} GenFramesOf;

typedef struct _GenStep GenStep;
typedef struct _GenTrainerSettings GenTrainerSettings;

typedef struct _GenRecipe GenRecipe;

struct _GenRecipe {
  const char *name;
  const char *description;
  const GenRecipeNet *nets; /* ended by a role of NULL; at most GEN_RECIPE_MAX_NETS */
  guint data_net;           /* whose first input says what samples are like */
  /* Its result says that instead. Extents of it that are free are those of the data. */
  gboolean data_made;
  /* Extents of its first input that are free are those of the data. */
  gboolean data_free;
  /* Nets see codes of samples, which a tokenizer makes (tokenizer.h), and not samples: what these
   * are like says the tokenizer. */
  gboolean coded;
  /* Its one net is, where a preset makes it, that of the preset's nets which may be averaged, the
   * recipe of the preset being another one. */
  gboolean any_preset;
  /* Its nets are, where a preset makes them, those of a preset of that recipe; NULL: of its own. */
  const GenRecipe *presets_of;
  /* Its one net begins as the teacher, where there is one, and neither a model nor a preset is
   * named. */
  gboolean begins_as_teacher;
  /* A sample is so many frames, one behind the other in its channels; 0: one picture or sound. */
  guint frames;
  GenFramesOf frames_of;
  const GenRecipeFigure *figures;
  guint n_figures; /* at most GEN_RECIPE_MAX_FIGURES */
  gboolean labels; /* samples must come with classes: gen_step_labels, or gen_step_shares */
  /* What gen_reconstruction_auto stands for; NULL: what that says by itself. */
  const GenReconstruction *reconstruction;
  /* Why samples cannot be attacked (attack.h) where no setting of it says how; NULL: they can. A
   * constant. Since: 0.2 */
  const char *unattacked;
  /* What can be said of it, besides what can be of all: fields of GenTrainerSettings. */
  const GenSetting *settings;
  guint n_settings;

  /* Append to the graph of a step what trains the nets; where it only measures, what reports the
   * figures. */
  gboolean (*build) (GenStep *step, GError **error);
  /* Append what the nets make (gen_step_show), of latents or of samples. */
  GenMadeOf made_of;
  guint latent_net; /* whose first input latents are */
  guint n_shown;    /* calls of gen_step_show: samples shown side by side */
  /* What runs the denoiser for a sample; NULL: there is none. Since: 0.2 */
  const GenSampler *sampler;
  gboolean (*make) (GenStep *step, GError **error);
  /* Of recipes that make samples of samples: NULL, or for each that is shown the class whose
   * samples it is compared with as a whole in validation, -1 for none. Since: 0.2 */
  const int *compared;
  /* NULL, or what becomes of the graph that `make` has built before it is run, `*runs` times for
   * one result. (transfer full) */
  GenGraph *(*wrap) (const GenGraph *made, guint *runs, GError **error);
  /* NULL, or what the file of net `net` is to say of it besides what the net said before. */
  void (*describe) (const GenTrainerSettings *settings, guint net, GHashTable *metadata);
  /* NULL, or what the files of all nets, in their order, are to say of each other. Since: 0.2 */
  void (*relate) (GenGraph *const *nets);
  /* NULL, or the model that plays what was learned, where no net does by itself: made of `net`, the
   * averaged one or else the first as it is exported, and written as the file of the role of a
   * generator. (transfer full) */
  GenGraph *(*assemble) (const GenTrainerSettings *settings, const GenGraph *net, GError **error);
};

/* Stands for the recipe of the preset; it has no nets. */
GEN_API extern const GenRecipe gen_recipe_auto;
/* A generator against a discriminator: Goodfellow et al., "Generative adversarial nets", 2014. */
GEN_API extern const GenRecipe gen_recipe_adversarial;
/* Through a code and back. */
GEN_API extern const GenRecipe gen_recipe_autoencoder;
/* Kingma and Welling, "Auto-encoding variational Bayes", 2014. */
GEN_API extern const GenRecipe gen_recipe_variational;
/* Through a grid of numbers of a codebook's vectors: van den Oord et al., "Neural discrete
 * representation learning", 2017. */
GEN_API extern const GenRecipe gen_recipe_vector_quantized;
/* A classifier, taught by labels. */
GEN_API extern const GenRecipe gen_recipe_classifier;
/* An encoder and a decoder that fill in what is masked: He et al., "Masked autoencoders are
 * scalable vision learners", 2022. */
GEN_API extern const GenRecipe gen_recipe_masked;
/* The frame between two of a film, or behind two. */
GEN_API extern const GenRecipe gen_recipe_interpolation;
/* The way back from degraded samples (degradation.h). */
GEN_API extern const GenRecipe gen_recipe_restoration;
/* From pictures of one kind to those of another: by pairs, Isola et al., "Image-to-image
 * translation with conditional adversarial networks", 2017, and without, Zhu et al., "Unpaired
 * image-to-image translation using cycle-consistent adversarial networks", 2017. */
GEN_API extern const GenRecipe gen_recipe_translation;
GEN_API extern const GenRecipe gen_recipe_unpaired_translation;
/* A denoiser: Ho et al., "Denoising diffusion probabilistic models", 2020. */
GEN_API extern const GenRecipe gen_recipe_diffusion;
/* One that needs few steps: Song et al., "Consistency Models", 2023. */
GEN_API extern const GenRecipe gen_recipe_consistency;
/* A predictor of codes that follow each other (predictor.h): those of samples, as a tokenizer has
 * them, such as the codebook of the recipe vector-quantized, of which it is the prior. */
GEN_API extern const GenRecipe gen_recipe_language;
/* A net that learns to make what a trained one makes of samples, or of latents: Hinton et al.,
 * "Distilling the knowledge in a neural network", 2015. */
GEN_API extern const GenRecipe gen_recipe_distillation;
GEN_API extern const GenRecipe gen_recipe_generator_distillation;

/* All of them, ended by NULL. */
GEN_API const GenRecipe *const *gen_recipe_list (void);
/* The recipe of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them. */
GEN_API const GenRecipe *gen_recipe_find (const char *name, GError **error);
/* How many nets it has. */
GEN_API guint gen_recipe_n_nets (const GenRecipe *recipe);
/* The one of which there may be a moving average; -1 for none. */
GEN_API int gen_recipe_averaged_net (const GenRecipe *recipe);
/* The figure of a validation by which nets are better or worse, less is better: "frechet" where
 * they make samples of latents, or `compared` says so, else the first one that is measured. */
GEN_API const char *gen_recipe_best (const GenRecipe *recipe);
/* The number of the figure of that name, which the recipe has. */
GEN_API guint gen_recipe_figure (const GenRecipe *recipe, const char *name);

G_END_DECLS
