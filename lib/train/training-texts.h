/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/training-settings.h>

/* The description of a setting with what lists say of it; NULL where they say nothing. (transfer
 * full) */
char *gen_training_text (const GenSetting *setting);
/* The schedules of noise that a denoiser can learn along. (transfer full) */
char *gen_training_schedule_names (void);
