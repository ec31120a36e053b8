/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes share that make samples which are known. */
#pragma once

#include <generative/step.h>

/* How far `made` is from `wanted`, a scalar, by the reconstruction that settings name. */
GenTensor *gen_step_compare (GenStep *step, GenTensor *made, GenTensor *wanted, GError **error);
/* Report that as `loss`, and of pictures the `psnr`, of sounds the `si-sdr`. */
gboolean gen_step_report_likeness (
    GenStep *step, GenTensor *loss, GenTensor *made, GenTensor *wanted, GError **error);

/* For recipes' lists. */
#define GEN_LIKENESS_FIGURES                                                                       \
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL }, "loss/training", ", loss ", "", 4, -INFINITY },    \
    "loss-on-validation", "loss/validation" },                                                     \
  {                                                                                                \
    { { "psnr", GEN_FIELD_NUMBER, NULL, NULL }, "psnr/training", " PSNR ", " dB", 2, -INFINITY },  \
        "psnr-on-validation", "psnr/validation"                                                    \
  }

gconstpointer gen_likeness_find (const char *name, GError **error);
#define GEN_LIKENESS_SETTING                                                                       \
  {                                                                                                \
    .name = "reconstruction", .nick = "Reconstruction",                                            \
    .description = "How far samples that are made anew are from what they were",                   \
    .type = GEN_SETTING_FAMILY, .offset = G_STRUCT_OFFSET (GenTrainerSettings, reconstruction),    \
    .find = gen_likeness_find, .of_learning = TRUE                                                 \
  }
#define GEN_CROP_SETTING                                                                           \
  {                                                                                                \
    .name = "crop", .nick = "Crop",                                                                \
    .description = "Extent of the square of each picture, or length of the part of each sound, "   \
                   "that a step takes; validation and preview take the whole (0 = the whole)",     \
    .type = GEN_SETTING_INT, .offset = G_STRUCT_OFFSET (GenTrainerSettings, crop), .minimum = 0,   \
    .maximum = 65536, .of_learning = TRUE                                                          \
  }
