/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a picture is brought from its own size to that of an ONNX embedder's model. */
#pragma once

#include <generative/picture-resample.h>

typedef struct {
  const char *name;
  const char *filter; /* of gen_resample_filter_list; NULL: the picture stays as large as it is */
  gboolean levels;    /* what it makes is not rounded to bytes */
} GenResizing;

/* All of them, ended by NULL. */
const GenResizing *const *gen_resizing_list (void);
/* The one of that name, or NULL with `error`. */
const GenResizing *gen_resizing_find (const char *name, GError **error);

/* Bring `picture` to the size and the channels of `target`. */
void gen_resizing_apply (
    const GenResizing *resizing, const GenPicture *picture, GenPicture *target);
/* Bring `picture` to `width` x `height` levels of each of `channels` channels, one behind the other
 * in `out`, from 0 to 255. */
void gen_resizing_apply_levels (const GenResizing *resizing, const GenPicture *picture, int width,
    int height, int channels, float *out);
