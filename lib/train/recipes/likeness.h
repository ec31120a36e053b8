/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes share that make samples which are known. */
#pragma once

#include <generative/step.h>

/* How far what net `net` has `made` is from `wanted`, as settings say: the mean over the numbers of
 * each sample, [batch]. */
GenTensor *gen_step_compare (
    GenStep *step, guint net, GenTensor *made, GenTensor *wanted, GError **error);
/* Lower the mean of such distances by changing the weights of the `n` nets `nets`. */
gboolean gen_step_minimise_distances (
    GenStep *step, const guint *nets, guint n, GenTensor *distances, GError **error);
/* Report them as `loss`, and of pictures the `psnr`, of sounds the `si-sdr` and, where they are
 * longer than half of its windows, the `lsd`. */
gboolean gen_step_report_likeness (
    GenStep *step, GenTensor *distances, GenTensor *made, GenTensor *wanted, GError **error);

/* For recipes' lists. */
#define GEN_LIKENESS_FIGURES                                                                       \
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/training", ", loss ", "",  \
        4, -INFINITY },                                                                            \
    "loss-on-validation", "loss/validation" },                                                     \
  {                                                                                                \
    { { "psnr", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_HIGHER }, "psnr/training", " PSNR ",      \
      " dB", 2, -INFINITY },                                                                       \
        "psnr-on-validation", "psnr/validation"                                                    \
  }

#define GEN_LIKENESS_SOUND_FIGURES                                                                 \
  { { { "si-sdr", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_HIGHER }, "si-sdr/training",            \
        " SI-SDR ", " dB", 2, -INFINITY },                                                         \
    "si-sdr-on-validation", "si-sdr/validation" },                                                 \
  {                                                                                                \
    { { "lsd", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "lsd/training", " LSD ", "", 3,   \
      -INFINITY },                                                                                 \
        "lsd-on-validation", "lsd/validation"                                                      \
  }

gconstpointer gen_likeness_find (const char *name, GError **error);
#define GEN_LIKENESS_SETTINGS                                                                      \
  { .name = "reconstruction",                                                                      \
    .nick = "Reconstruction",                                                                      \
    .description = "How far samples that are made anew are from what they were",                   \
    .type = GEN_SETTING_FAMILY,                                                                    \
    .offset = G_STRUCT_OFFSET (GenTrainerSettings, reconstruction),                                \
    .find = gen_likeness_find,                                                                     \
    .of_learning = TRUE },                                                                         \
      { .name = "perceptual-model",                                                                \
        .nick = "Perceptual model",                                                                \
        .description = "ONNX model of pictures or sounds that stays as it is: how far what it "    \
                       "makes of made samples is from what it makes of those that they are meant " \
                       "to be is added to reconstruction (unset: nothing)",                        \
        .type = GEN_SETTING_TEXT,                                                                  \
        .offset = G_STRUCT_OFFSET (GenTrainerSettings, perceptual_model),                          \
        .of_learning = TRUE },                                                                     \
  {                                                                                                \
    .name = "perceptual-weight", .nick = "Perceptual weight",                                      \
    .description = "What the mean square of that is multiplied by", .type = GEN_SETTING_DOUBLE,    \
    .offset = G_STRUCT_OFFSET (GenTrainerSettings, perceptual_weight), .minimum = 0,               \
    .maximum = G_MAXFLOAT, .of_learning = TRUE, .with = (const char *const[])                      \
    {                                                                                              \
      "perceptual-model", NULL                                                                     \
    }                                                                                              \
  }
#define GEN_CROP_SETTING                                                                           \
  {                                                                                                \
    .name = "crop", .nick = "Crop",                                                                \
    .description = "Extent of the square of each picture, or length of the part of each sound, "   \
                   "that a step takes; validation and preview take the whole (0 = the whole)",     \
    .type = GEN_SETTING_INT, .offset = G_STRUCT_OFFSET (GenTrainerSettings, crop), .minimum = 0,   \
    .maximum = 65536, .of_learning = TRUE                                                          \
  }
