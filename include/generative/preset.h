/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>
#include <generative/medium.h>
#include <generative/recipe.h>

G_BEGIN_DECLS

/**
 * GenPreset: nets to train from scratch, those of a recipe. All are ordinary ONNX graphs. Of the
 * adversarial recipe, for pictures:
 *
 *   generator      latent [batch, latent_size]                 -> picture, samples in [-1, 1]
 *   discriminator  picture [batch, channels, height, width]    -> probability of real [batch, 1]
 *
 * and for sounds, [batch, channels, length]. Of recipes that make pictures anew:
 *
 *   encoder        picture -> code [batch, latent_size]; the mean and the logarithm of the variance
 *                  of its latent, of that shape both (variational)
 *   decoder        latent or code [batch, latent_size]     -> picture, samples in [0, 1]
 *
 * Of the diffusion recipe:
 *
 *   denoiser       noisy [batch, channels, height, width], time [batch] -> what is predicted
 *
 * Of the recipes that translate, where a pair is two pictures behind each other in the channels:
 *
 *   generator      picture [batch, channels, height, width]    -> picture of that shape
 *   discriminator  picture, or pair [batch, 2 channels, height, width] where there are pairs
 *                                                              -> probabilities of parts
 *
 * Of the language recipe, a predictor as predictor.h has it:
 *
 *   predictor      codes and positions [batch, tokens]     -> scores [batch, tokens, codes]
 *
 * What the samples' range is stands in the metadata (`generative.output-range` and
 * `generative.input-range`), and the rate of sounds in `generative.sample-rate`, so that the models
 * explain themselves wherever they are loaded. A discriminator whose metadata has
 * `generative.phase-shuffle`, a number n of frames, is trained with what each of its 1-D
 * convolutions but the first reads shifted by -n … n at random; it plays without.
 */
typedef struct {
  GenFormat format; /* of the samples */
  int latent_size;  /* length of a latent, from 1 */
  int width;        /* channels of the layer beside the sample, which those further from it have
                       multiples of; 0: as many as the preset has by itself */
  int patch_size;   /* pixels, across and down, that a denoiser folds into the channels of one
                       place, or that a code of a codebook stands for; 0: as the preset has it for
                       the extent */
  double dropout;   /* share of the discriminator's hidden values, of a classifier's features, or of
                       what blocks of a transformer add, dropped in training: [0, 1) */
  int classes;      /* that a classifier tells apart, or that conditional nets are told of, from
                       2; 0: not known */
  int codes;        /* vectors in a codebook, from 2 */
  int tokens;       /* codes of a sample, from 1, of a predictor */
  gboolean conditional; /* nets have one input more, the class of each sample, int64 [batch], and
                           `generative.classes` in their metadata */
  guint64 seed;         /* of the first weights */
} GenPresetOptions;

#define GEN_PRESET_DEFAULTS                                                                        \
  .format = { &gen_medium_picture, 28, 28, 1 }, .latent_size = 100, .width = 0, .patch_size = 0,   \
  .dropout = 0, .classes = 0, .codes = 64, .tokens = 0, .conditional = FALSE, .seed = 0

/* (transfer full); NULL with `error` where the preset has no net of that size. */
typedef GenGraph *(*GenPresetNet) (const GenPresetOptions *options, GError **error);

/* What a setting of training (training-settings.h) is with a preset, where nobody says anything
 * else. */
typedef struct {
  const char *name; /* NULL ends a list */
  const char *value;
} GenPresetSetting;

typedef struct {
  const char *name;
  const char *description;
  const GenRecipe *recipe;
  const GenMedium *medium;
  /* The extents of square pictures, or the lengths of sounds, that it takes, ended by 0; NULL where
   * it takes others, too. */
  const int *extents;
  int channels;                           /* of sounds, at most; 0: any number */
  gboolean conditional;                   /* its nets may be */
  GenPresetNet nets[GEN_RECIPE_MAX_NETS]; /* in the recipe's order */
  /* Which options of nets its nets hang on, ended by NULL, besides width, length, and what goes
   * with being conditional, of which the other fields tell; NULL: none. Since: 0.2 */
  const char *const *reads;
  const GenPresetSetting *settings; /* with which it learns well; NULL: none */
  int length; /* of sounds, where nobody says another; 0: the first of the extents */
  /* Of sounds of other lengths than those: multiples of it. Since: 0.2 */
  int length_step;
  /* The width where nobody says another, and where patches are folded; 0: it has none. Since: 0.2
   */
  int width, width_of_patches;
} GenPreset;

/* Stands for the first preset of the recipe that is for the medium of the data. */
GEN_API extern const GenPreset gen_preset_auto;
/* The article's dense nets. */
GEN_API extern const GenPreset gen_preset_mlp;
/* Radford et al., "Unsupervised representation learning with deep convolutional generative
 * adversarial networks", 2016. */
GEN_API extern const GenPreset gen_preset_dcgan;
/* Karras et al., "Analyzing and improving the image quality of StyleGAN", 2020, in small. The
 * generator's metadata has `generative.fresh-noise`, a pattern of names: constants that are called
 * so are noise, which training draws anew in each step for each sample. */
GEN_API extern const GenPreset gen_preset_stylegan_lite;
/* Huang et al., "The GAN is dead; long live the GAN! A modern baseline GAN", 2024, in small. */
GEN_API extern const GenPreset gen_preset_r3gan_lite;
/* Donahue et al., "Adversarial audio synthesis", 2019: sounds of 4096, 8192 and 16384 frames. */
GEN_API extern const GenPreset gen_preset_wavegan;
/* Of the variational recipe: the article's dense nets at 28x28 pixels, and convolutional ones. */
GEN_API extern const GenPreset gen_preset_vae;
/* The same for sounds of 4096, 8192 and 16384 frames. */
GEN_API extern const GenPreset gen_preset_sound_vae;
/* Convolutional nets of the recipe of that name. */
GEN_API extern const GenPreset gen_preset_autoencoder;
/* The same of the recipe vector-quantized, with a codebook. */
GEN_API extern const GenPreset gen_preset_vq_vae;
/* Of the restoration recipe. They take pictures of any size; which degradation they are for stands
 * in `generative.degradation`. */
GEN_API extern const GenPreset gen_preset_super_resolver;
GEN_API extern const GenPreset gen_preset_inpainter;
GEN_API extern const GenPreset gen_preset_cleaner;
/* The same for sounds of any length: what a lower rate does not have. */
GEN_API extern const GenPreset gen_preset_bandwidth_extender;
/* Of the interpolation recipe: frames of any size. */
GEN_API extern const GenPreset gen_preset_interpolator;
/* The frame behind two of a film. Since: 0.2 */
GEN_API extern const GenPreset gen_preset_frame_predictor;
/* Of the translation recipe: Isola et al.'s nets. */
GEN_API extern const GenPreset gen_preset_pix2pix;
/* Of the unpaired one: Zhu et al.'s nets. */
GEN_API extern const GenPreset gen_preset_cyclegan;

/* Convolutional nets whose first part is the same, so that a classifier can begin with what an
 * encoder has learned. */
GEN_API extern const GenPreset gen_preset_classifier;
GEN_API extern const GenPreset gen_preset_masked_autoencoder;
/* The same for sounds of 4096, 8192 and 16384 frames. */
GEN_API extern const GenPreset gen_preset_sound_classifier;
GEN_API extern const GenPreset gen_preset_masked_sound_autoencoder;

/* A U-Net that denoises pictures of 28, 32 and 64 pixels, after Ho et al., "Denoising diffusion
 * probabilistic models", 2020. */
GEN_API extern const GenPreset gen_preset_unet_diffusion;

/* A predictor of codes: a small causal transformer, Vaswani et al., "Attention is all you need",
 * 2017. */
GEN_API extern const GenPreset gen_preset_transformer;

/* All of them, ended by NULL. */
GEN_API const GenPreset *const *gen_preset_list (void);
/* The preset of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them. */
GEN_API const GenPreset *gen_preset_find (const char *name, GError **error);
/* The first one of `recipe` for `medium`, or NULL with `error`, which lists the recipe's. */
GEN_API const GenPreset *gen_preset_find_for (
    const GenRecipe *recipe, const GenMedium *medium, GError **error);
/* Whether its nets hang on the option of that name, such as "latent-size". Since: 0.2 */
GEN_API gboolean gen_preset_reads (const GenPreset *preset, const char *name);
/* The length of its sounds where nobody says another. Since: 0.2 */
GEN_API int gen_preset_length (const GenPreset *preset);
/* Its description with the settings that it brings. (transfer full) */
GEN_API char *gen_preset_describe (const GenPreset *preset);

G_END_DECLS
