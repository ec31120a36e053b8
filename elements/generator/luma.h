/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model of one channel on video in colour: it plays on the luma, and the chroma goes beside it.
 */
#pragma once

#include <gst/video/video.h>

#include "caps.h"

/* Whether a model of `ports` can be played so. */
gboolean gst_generator_luma_suits (const GstGeneratorPorts *ports);

/* Let `structure`, of one side, have the formats in colour, where `other`, of the other side, has
 * such: with `same` the one that it has alone. FALSE where there is none. */
gboolean gst_generator_luma_set_formats (
    GstStructure *structure, const GstStructure *other, gboolean same);
/* Whether frames of `structure` may be without chroma. */
gboolean gst_generator_luma_may_be_grey (const GstStructure *structure);

/* Whether frames of `from` can become those of `to` so: no colours are converted. */
gboolean gst_generator_luma_check (
    const GstVideoInfo *from, const GstVideoInfo *to, GError **error);
