/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/tensor.h>

G_BEGIN_DECLS

/**
 * GenImportance: how much each number of the weights of nets counts for what these have learned:
 * the diagonal of the empirical Fisher information, the mean over samples of the squares of a
 * sample's gradients. gen_trainer_measure_importance measures it, and a training that is to keep
 * what was learned holds on to what is important (retention.h).
 *
 * A file of it is safetensors: `importance.NAME` and `weights.NAME`, the weights at which it was
 * measured, both float32, for each weight NAME of a net ("classifier.head.weight"). Since: 0.2
 */
typedef struct _GenImportance GenImportance;

typedef struct {
  const char *name;
  GenShape shape;
  GBytes *numbers; /* float32, >= 0 */
  GBytes *weights; /* float32, or NULL: not known */
} GenImportanceOf;

/* Of no weight yet. (transfer full) */
GEN_API GenImportance *gen_importance_new (void);
GEN_API GenImportance *gen_importance_ref (GenImportance *importance);
GEN_API void gen_importance_unref (GenImportance *importance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenImportance, gen_importance_unref)

/* That of weight `name`, in the place of what was said of it before. `numbers` and `weights`, which
 * may be NULL, are of `shape` (transfer full). */
GEN_API void gen_importance_set (GenImportance *importance, const char *name, const GenShape *shape,
    GBytes *numbers, GBytes *weights);
GEN_API guint gen_importance_count (const GenImportance *importance);
/* They live until it is set anew. */
GEN_API const GenImportanceOf *gen_importance_get (const GenImportance *importance, guint i);
/* NULL where nothing is said of that weight. */
GEN_API const GenImportanceOf *gen_importance_find (
    const GenImportance *importance, const char *name);

/* Add `decay` times what `earlier` says of the same weights, whose shapes may have been smaller
 * (gen_parameters_grow): as Schwarz et al. have it, "Progress & compress", 2018, for one task after
 * another. */
GEN_API void gen_importance_carry (
    GenImportance *importance, const GenImportance *earlier, double decay);

/* Both are of a file. What is read is checked: a pair of each weight, of numbers, which are not
 * below 0 where they are importances; the error (GEN_TRAINER_ERROR_STATE) names the file and the
 * tensor. */
GEN_API gboolean gen_importance_save (
    const GenImportance *importance, const char *path, GError **error);
GEN_API GenImportance *gen_importance_load (const char *path, GError **error);

G_END_DECLS
