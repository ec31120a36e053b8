/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of training as a safetensors file. */
#pragma once

#include <generative/trainer.h>

/* `metadata`: pairs of strings, ended by NULL. */
gboolean gen_state_file_save (
    GenTrainer *trainer, const char *path, const char *const *metadata, GError **error);
/* All states are read, or none. The values of `keys` (ended by NULL) in the metadata go to
 * `values`, (transfer full) each; NULL where they are missing. */
gboolean gen_state_file_load (
    GenTrainer *trainer, const char *path, const char *const *keys, char **values, GError **error);

/* Whether a state has neither infinities nor NaN. */
gboolean gen_state_is_finite (GenDataType type, const void *data, gsize size);
