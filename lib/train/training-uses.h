/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/training-settings.h>

/* Whether anything hangs on each setting that was said and is other than its default, as far as
 * that can be told: a preset, or a degradation, that is still open may be any. FALSE with `error`
 * (GEN_TRAINING_ERROR_SETTING), which names the setting, and what it is for. */
gboolean gen_training_uses_check (const GenTrainingSettings *settings, GError **error);
