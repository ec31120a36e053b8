/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

/**
 * GenValidation: whether training still helps, by samples that it does not see. Each measurement
 * makes as many samples as there are for validation, always of the same latents, and
 * compares the two sets.
 */
typedef struct _GenValidation GenValidation;

typedef struct {
  double frechet; /* Fréchet distance between `samples` validation samples and as many made ones,
                     over the default features of their medium (features.h): less is better */
  const char *features;
  guint64 samples;
  const char *doubt;             /* why the distance is to be doubted, or NULL; static */
  double diversity;              /* of the made samples, as the metric of that name has it */
  double accuracy_on_validation; /* share of the validation samples that the discriminator takes
                                    for real. Where it falls behind the share of those trained on,
                                    the discriminator knows these by heart */
} GenValidationFigures;

/* `seed` is that of the latents. */
GEN_API GenValidation *gen_validation_new (guint64 seed);
GEN_API void gen_validation_free (GenValidation *validation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenValidation, gen_validation_free)

/* Add a sample, which is copied; all must have the training's format. */
GEN_API void gen_validation_add (GenValidation *validation, const GenSample *sample);
GEN_API guint gen_validation_count (const GenValidation *validation);

/* Measure the nets as they are now; the generator with the moving average of its weights where
 * there is one. FALSE with `error` when there are less than two, or they have not the training's
 * format. */
GEN_API gboolean gen_validation_measure (
    GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures, GError **error);

G_END_DECLS
