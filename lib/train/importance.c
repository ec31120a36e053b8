/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/importance.h>

#include <math.h>
#include <string.h>

#include <generative/safetensors.h>
#include <generative/trainer.h>

#include "grow.h"

#define NUMBERS "importance."
#define WEIGHTS "weights."

struct _GenImportance {
  gatomicrefcount references;
  GPtrArray *list; /* GenImportanceOf */
};

static void
entry_free (gpointer data)
{
  GenImportanceOf *entry = data;

  g_free ((char *)entry->name);
  g_bytes_unref (entry->numbers);
  g_clear_pointer (&entry->weights, g_bytes_unref);
  g_free (entry);
}

GenImportance *
gen_importance_new (void)
{
  GenImportance *importance = g_new0 (GenImportance, 1);

  g_atomic_ref_count_init (&importance->references);
  importance->list = g_ptr_array_new_with_free_func (entry_free);
  return importance;
}

GenImportance *
gen_importance_ref (GenImportance *importance)
{
  g_atomic_ref_count_inc (&importance->references);
  return importance;
}

void
gen_importance_unref (GenImportance *importance)
{
  if (!g_atomic_ref_count_dec (&importance->references))
    return;
  g_ptr_array_unref (importance->list);
  g_free (importance);
}

guint
gen_importance_count (const GenImportance *importance)
{
  return importance->list->len;
}

const GenImportanceOf *
gen_importance_get (const GenImportance *importance, guint i)
{
  return g_ptr_array_index (importance->list, i);
}

const GenImportanceOf *
gen_importance_find (const GenImportance *importance, const char *name)
{
  for (guint i = 0; i < importance->list->len; i++)
    if (strcmp (gen_importance_get (importance, i)->name, name) == 0)
      return gen_importance_get (importance, i);
  return NULL;
}

void
gen_importance_set (GenImportance *importance, const char *name, const GenShape *shape,
    GBytes *numbers, GBytes *weights)
{
  GenImportanceOf *entry = (GenImportanceOf *)gen_importance_find (importance, name);

  if (entry == NULL) {
    entry = g_new0 (GenImportanceOf, 1);
    entry->name = g_strdup (name);
    g_ptr_array_add (importance->list, entry);
  } else {
    g_bytes_unref (entry->numbers);
    g_clear_pointer (&entry->weights, g_bytes_unref);
  }
  entry->shape = *shape;
  entry->numbers = numbers;
  entry->weights = weights;
}

/* --- one task after another --- */

static void
carry (GenImportanceOf *entry, const GenImportanceOf *earlier, double decay)
{
  const gsize n = (gsize)gen_shape_elements (&entry->shape);
  const float *now = g_bytes_get_data (entry->numbers, NULL);
  float *sum;

  if (!gen_grow_covers (&entry->shape, &earlier->shape))
    return;
  sum = g_new0 (float, n);
  gen_grow_copy (sum, &entry->shape, g_bytes_get_data (earlier->numbers, NULL), &earlier->shape);
  for (gsize i = 0; i < n; i++)
    sum[i] = (float)(now[i] + decay * sum[i]);
  g_bytes_unref (entry->numbers);
  entry->numbers = g_bytes_new_take (sum, n * sizeof *sum);
}

void
gen_importance_carry (GenImportance *importance, const GenImportance *earlier, double decay)
{
  for (guint i = 0; i < importance->list->len; i++) {
    GenImportanceOf *entry = g_ptr_array_index (importance->list, i);
    const GenImportanceOf *before = gen_importance_find (earlier, entry->name);

    if (before != NULL)
      carry (entry, before, decay);
  }
}

/* --- files --- */

gboolean
gen_importance_save (const GenImportance *importance, const char *path, GError **error)
{
  g_autoptr (GArray) tensors = g_array_new (FALSE, FALSE, sizeof (GenSafetensor));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < importance->list->len; i++) {
    const GenImportanceOf *entry = gen_importance_get (importance, i);
    GenSafetensor numbers = { g_strconcat (NUMBERS, entry->name, NULL), GEN_TYPE_FLOAT32,
      entry->shape, entry->numbers };
    GenSafetensor weights = { g_strconcat (WEIGHTS, entry->name, NULL), GEN_TYPE_FLOAT32,
      entry->shape, entry->weights };

    g_ptr_array_add (names, (gpointer)numbers.name);
    g_ptr_array_add (names, (gpointer)weights.name);
    g_array_append_val (tensors, numbers);
    if (entry->weights != NULL)
      g_array_append_val (tensors, weights);
  }
  return gen_safetensors_save (
      path, (const GenSafetensor *)(const void *)tensors->data, tensors->len, NULL, error);
}

static gboolean
refuse (const char *path, const char *name, const char *what, GError **error)
{
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE, "%s: '%s' %s", path, name, what);
  return FALSE;
}

static gboolean
check_numbers (const char *path, const GenSafetensor *tensor, float least, GError **error)
{
  const float *numbers = g_bytes_get_data (tensor->data, NULL);
  const gsize n = (gsize)gen_shape_elements (&tensor->shape);

  if (tensor->type != GEN_TYPE_FLOAT32)
    return refuse (path, tensor->name, "is not of float32", error);
  for (gsize i = 0; i < n; i++)
    if (!isfinite (numbers[i]) || numbers[i] < least)
      return refuse (path, tensor->name,
          least == 0 ? "has importances that are no numbers from 0 on"
                     : "has values that are no numbers",
          error);
  return TRUE;
}

static gboolean
read_pair (GenImportance *importance, const GenSafetensors *file, const char *path,
    const GenSafetensor *numbers, GError **error)
{
  const char *name = numbers->name + strlen (NUMBERS);
  g_autofree char *paired = g_strconcat (WEIGHTS, name, NULL);
  const GenSafetensor *weights = gen_safetensors_find (file, paired);

  if (weights == NULL || !gen_shape_equal (&weights->shape, &numbers->shape))
    return refuse (path, numbers->name, "has no weights of its shape beside it", error);
  if (!check_numbers (path, numbers, 0, error) ||
      !check_numbers (path, weights, -G_MAXFLOAT, error))
    return FALSE;
  gen_importance_set (
      importance, name, &numbers->shape, g_bytes_ref (numbers->data), g_bytes_ref (weights->data));
  return TRUE;
}

GenImportance *
gen_importance_load (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GenSafetensors) file = gen_safetensors_load (path, &reason);
  g_autoptr (GenImportance) importance = gen_importance_new ();

  if (file == NULL) {
    g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE, reason->message);
    return NULL;
  }
  for (guint i = 0; i < gen_safetensors_count (file); i++) {
    const GenSafetensor *tensor = gen_safetensors_get (file, i);

    if (g_str_has_prefix (tensor->name, NUMBERS) &&
        !read_pair (importance, file, path, tensor, error))
      return NULL;
  }
  if (importance->list->len > 0)
    return g_steal_pointer (&importance);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE,
      "%s: has no importance of any weight", path);
  return NULL;
}
