/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of training as a safetensors file. */
#include "state-file.h"

#include <string.h>

#include <generative/safetensors.h>

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
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);
    g_autofree char *shape = NULL;

    if (find_state (file, state) != NULL)
      continue;
    shape = gen_shape_to_string (&state->shape);
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE,
        "%s: has no '%s' of shape %s; the checkpoint is of other nets, other settings or another "
        "optimizer",
        path, state->name, shape);
    return FALSE;
  }
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
