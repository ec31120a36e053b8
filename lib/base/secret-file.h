/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that hold what nobody else is to know: keys, tokens. */
#pragma once

#include <glib.h>

#include "../private-api.h"

/* Larger ones hold something else. */
#define GEN_SECRET_MOST 65536

/* The text of a file that its owner alone may read and write; `what` is what errors call it. An end
 * of text stands behind its `size` bytes. NULL with `error`. To be freed by gen_secret_free. */
GEN_PRIVATE_API char *gen_secret_file_read (
    const char *path, const char *what, gsize *size, GError **error);
/* Nothing of it is left in memory. */
GEN_PRIVATE_API void gen_secret_free (char *text, gsize size);
