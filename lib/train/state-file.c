/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of training as a safetensors file. */
#include "state-file.h"

#include <math.h>
#include <string.h>

#include <generative/safetensors.h>

#include "loss-scaling.h"
#include "trainer-private.h"

gboolean
gen_state_is_finite (GenDataType type, const void *data, gsize size)
{
  const float *values = data;

  if (type != GEN_TYPE_FLOAT32)
    return TRUE;
  for (gsize i = 0; i < size / sizeof *values; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

static void
tensor_clear (gpointer data)
{
  g_bytes_unref (((GenSafetensor *)data)->data);
}

gboolean
gen_state_file_save (
    GenTrainer *trainer, const char *path, const char *const *metadata, GError **error)
{
  g_autoptr (GArray) tensors = g_array_new (FALSE, FALSE, sizeof (GenSafetensor));
  g_autoptr (GHashTable) table = g_hash_table_new (g_str_hash, g_str_equal);

  if (!gen_trainer_fetch_states (trainer, error))
    return FALSE;
  g_array_set_clear_func (tensors, tensor_clear);
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);
    GenSafetensor tensor = { state->name, state->type, state->shape,
      g_bytes_new_static (state->data, state->size) };

    g_array_append_val (tensors, tensor);
  }
  if (trainer->memory != NULL)
    gen_sample_memory_list (trainer->memory, tensors);
  for (; metadata[0] != NULL; metadata += 2)
    g_hash_table_insert (table, (char *)metadata[0], (char *)metadata[1]);
  return gen_safetensors_save (
      path, (const GenSafetensor *)tensors->data, tensors->len, table, error);
}

/* The tensor that holds `state`, or NULL. */
static const GenSafetensor *
find_state (const GenSafetensors *file, const GenBinding *state)
{
  const GenSafetensor *tensor = gen_safetensors_find (file, state->name);

  if (tensor == NULL || tensor->type != state->type ||
      !gen_shape_equal (&tensor->shape, &state->shape))
    return NULL;
  return tensor;
}

/* Each state is there, and is of numbers. */
static gboolean
has_states (const GenSafetensors *file, GenTrainer *trainer, const char *path, GError **error)
{
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);
    const GenSafetensor *tensor = find_state (file, state);
    g_autofree char *shape = NULL;

    if (tensor == NULL) {
      shape = gen_shape_to_string (&state->shape);
      g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE,
          "%s: has no '%s' of shape %s; the checkpoint is of other nets, other settings or another "
          "optimizer",
          path, state->name, shape);
      return FALSE;
    }
    if (!gen_state_is_finite (tensor->type, g_bytes_get_data (tensor->data, NULL), state->size)) {
      g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE,
          "%s: '%s' has values that are no numbers; the file is damaged, or of a training that "
          "diverged",
          path, state->name);
      return FALSE;
    }
  }
  return TRUE;
}

/* Nothing that it has would be lost. How losses are scaled is of one device, and may be. */
static gboolean
has_states_only (const GenSafetensors *file, GenTrainer *trainer, const char *path, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
    g_hash_table_add (names, (gpointer)gen_trainer_state (trainer, i)->name);
  for (guint i = 0; i < gen_safetensors_count (file); i++) {
    const char *name = gen_safetensors_get (file, i)->name;

    if (g_hash_table_contains (names, name) || gen_loss_scaling_is_state (name) ||
        (trainer->memory != NULL && gen_sample_memory_is_tensor (name)))
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE,
        "%s: has '%s', which would be lost, as these settings have none; the checkpoint is of "
        "other "
        "nets, another optimizer, or another ema",
        path, name);
    return FALSE;
  }
  return TRUE;
}

gboolean
gen_state_file_load (
    GenTrainer *trainer, const char *path, const char *const *keys, char **values, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GenSafetensors) file = gen_safetensors_load (path, &reason);

  if (file == NULL) {
    g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE, reason->message);
    return FALSE;
  }
  if (!has_states (file, trainer, path, error) || !has_states_only (file, trainer, path, error))
    return FALSE;
  if (trainer->memory != NULL && gen_sample_memory_is_in (file) &&
      !gen_sample_memory_load (trainer->memory, file, path, 0, error))
    return FALSE;
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    if (state->size > 0)
      memcpy (state->data, g_bytes_get_data (find_state (file, state)->data, NULL), state->size);
  }
  for (int i = 0; keys[i] != NULL; i++)
    values[i] = g_strdup (gen_safetensors_metadata (file, keys[i]));
  gen_trainer_states_changed (trainer);
  return TRUE;
}
