/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of sizes that a model does not take: what is added to them, and what is made of it. */
#pragma once

#include "caps.h"

/* What frames of `height` x `width` lack for the model; nothing where it takes no pictures, or what
 * shape comes out hangs on what it sees. Tiles lack what their plan says. */
GenPadding gst_generator_find_padding (const GstGeneratorPorts *ports, int height, int width);
/* The size of the picture `port` that is made of such frames. */
gboolean gst_generator_padded_size (const GstGeneratorPorts *ports, const GenPort *port,
    int in_height, int in_width, int *height, int *width, GError **error);
/* The shape of `port` of `pictures` such frames in a run, all that is made of them. */
gboolean gst_generator_padded_shape (const GstGeneratorPorts *ports, const GenPort *port,
    gint64 pictures, int height, int width, GenShape *shape, GError **error);
