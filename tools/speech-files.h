/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of what models take and make that speak: text and sounds. */
#pragma once

#include <generative/model.h>

/* Whether a file is to hold text by its name, .txt; */
gboolean speech_is_text (const char *path);
/* and a sound, .wav. */
gboolean speech_is_sound (const char *path);

/* The ids, of `type` and `shape`, of the text in `path`, for input `port`. What the voice lacks is
 * left out, and told. (transfer full), or NULL with `error`. */
GBytes *speech_load_text (const GenModel *model, const GenPort *port, const char *path,
    GenDataType *type, GenShape *shape, GError **error);
/* Numbers of output `port`, a sound whose channels are of `shape`, as a file of WAV. */
gboolean speech_save_sound (const GenPort *port, const GenShape *shape, const float *numbers,
    const char *path, GError **error);
