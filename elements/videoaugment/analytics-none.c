/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "analytics.h"

gboolean
gst_video_augment_analytics_are (const GstMeta *meta)
{
  return FALSE;
}

void
gst_video_augment_analytics_move (
    GstBuffer *buffer, const GenAugmentPictureDraw *draw, double min_visibility)
{
}
