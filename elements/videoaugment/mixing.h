/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "partner.h"

#include <generative/augment-mix.h>

/* Mix a mapped frame, which is `augmented` as well, with the next partners, by draw number
 * `number`: its pixels, its labels and its regions. EOS when there are no more partners, and
 * nothing is done; else what is wrong has been posted by `element`. Each frame takes its partners,
 * whether it is mixed or not, so that they are the same whatever is drawn for others. Regions of
 * which less than `min_visibility` is seen go. */
GstFlowReturn gst_video_augment_mix (GstElement *element, GstVideoAugmentPartner *partner,
    const GenAugmentMixSettings *settings, double min_visibility, guint64 number,
    GstVideoFrame *frame, GenAugmentFrame *augmented);
