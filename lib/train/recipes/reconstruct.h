/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes share that make the samples of a step anew. */
#pragma once

#include <generative/step.h>

/* How far what net `net` has made is from the samples of the step, as settings say: the mean over
 * the numbers of each sample, [batch]. */
GenTensor *gen_step_reconstruct (GenStep *step, guint net, GenTensor *made, GError **error);

/* The setting `reconstruction`, for recipes' lists. */
gconstpointer gen_reconstruct_find (const char *name, GError **error);
#define GEN_RECONSTRUCT_SETTING                                                                    \
  {                                                                                                \
    .name = "reconstruction", .nick = "Reconstruction",                                            \
    .description = "How far samples that are made anew are from what they were",                   \
    .type = GEN_SETTING_FAMILY, .offset = G_STRUCT_OFFSET (GenTrainerSettings, reconstruction),    \
    .find = gen_reconstruct_find, .of_learning = TRUE                                              \
  }
