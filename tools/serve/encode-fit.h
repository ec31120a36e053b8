/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in samples: as the library sees them, and brought to a size. */
#pragma once

#include <generative/picture.h>
#include <gst/video/video.h>

/* Map a sample of GRAY8, RGB or RGBA; FALSE with `error` where it is none. */
gboolean serve_fit_map (
    GstSample *sample, GstVideoFrame *frame, GenPicture *picture, GError **error);
/* The same picture of `width` x `height`, cut where its shape is another one. (transfer full) */
GstSample *serve_fit (GstSample *sample, int width, int height, GError **error);
