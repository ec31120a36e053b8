/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/objective.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

/**
 * GenValidation: whether training still helps, by samples that it does not see: each measurement
 * takes the figures of the recipe on them. Where nets make samples of latents, as many are made,
 * always of the same latents, and the two sets are compared.
 */
typedef struct _GenValidation GenValidation;

typedef struct {
  double best;                           /* the figure that says which nets are the best: that of
                                            gen_validation_set_objective */
  double values[GEN_RECIPE_MAX_FIGURES]; /* of the recipe; NaN: not measured. Where figures of the
                                            samples that it is trained on are better, the nets know
                                            these by heart */
  gboolean compared;                     /* whether there are the following */
  double frechet; /* Fréchet distance between `samples` validation samples and as many made ones,
                     over the default features of their medium (features.h): less is better */
  const char *features;
  guint64 samples;
  const char *doubt; /* why the distance is to be doubted, or NULL; static */
  double diversity;  /* of the made samples, as the metric of that name has it */
  /* The objective, where it is a figure of another metric: its name, static, or NULL. Since: 0.2 */
  const char *further;
  double further_figure;
} GenValidationFigures;

/* `seed` is that of the latents. */
GEN_API GenValidation *gen_validation_new (guint64 seed);
/* The same for the judgement at the end: made samples are of other latents, and errors call it the
 * test. Since: 0.2 */
GEN_API GenValidation *gen_validation_new_test (guint64 seed);
GEN_API void gen_validation_free (GenValidation *validation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenValidation, gen_validation_free)

/* Which figure is `best`; where nobody says, it is that of gen_recipe_best. Since: 0.2 */
GEN_API void gen_validation_set_objective (
    GenValidation *validation, const GenObjective *objective);

/* Add a sample, which is copied, and its class, -1 where there is none; all must have the
 * training's format. */
GEN_API void gen_validation_add (GenValidation *validation, const GenSample *sample, int label);
/* What is added next does not follow what was added before: where a sample of training is several
 * frames, those of one follow each other. */
GEN_API void gen_validation_break (GenValidation *validation);
GEN_API guint gen_validation_count (const GenValidation *validation);

/* Measure the nets as they are now, with the moving average of weights where there is one. FALSE
 * with `error` when there are less than two, or they have not the training's format. */
GEN_API gboolean gen_validation_measure (
    GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures, GError **error);

G_END_DECLS
