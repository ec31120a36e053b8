/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a picture passes a model that makes another picture of it: all that caps say of it but
 * what the model changes, and the metas of its buffer. */
#pragma once

#include <gst/video/video.h>

/* The part of transform_caps: `to` receives the fields of `from`, the caps of the pad of
 * `direction`, but formats, sizes (which `to` has where they are known) and colours. */
void gst_generative_pass_fields (
    const GstStructure *from, GstPadDirection direction, GstStructure *to);

/* The part of fixate_caps: the first of `caps`, which the next element takes, saying how its
 * colours and pixels are meant, which would else hang on what each element takes for granted: as
 * frames of `made_of` have them, or, where that is NULL, as GstVideoInfo does by the height; as far
 * as the next element minds neither. (transfer full) */
GstCaps *gst_generative_describe_picture (GstCaps *caps, const GstVideoInfo *made_of);

/* The part of set_caps: whether frames of `to` can be made of those of `from` without changing what
 * a model leaves alone. */
gboolean gst_generative_check_picture (
    const GstVideoInfo *from, const GstVideoInfo *to, GError **error);

/* The part of transform_meta: whether `meta` of `input` is to be copied to `output`. What hangs on
 * the size is scaled, here. */
gboolean gst_generative_pass_meta (GstMeta *meta, GstBuffer *input, const GstVideoInfo *from,
    GstBuffer *output, const GstVideoInfo *to);
