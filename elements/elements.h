/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* The elements of the plugin, each defined in the file of its name with
 * GST_ELEMENT_REGISTER_DEFINE. */
GST_ELEMENT_REGISTER_DECLARE (audioaugment)
GST_ELEMENT_REGISTER_DECLARE (classifier)
GST_ELEMENT_REGISTER_DECLARE (datasetsink)
GST_ELEMENT_REGISTER_DECLARE (datasetsrc)
GST_ELEMENT_REGISTER_DECLARE (discriminator)
GST_ELEMENT_REGISTER_DECLARE (gantrainer)
GST_ELEMENT_REGISTER_DECLARE (generator)
GST_ELEMENT_REGISTER_DECLARE (latentsrc)
GST_ELEMENT_REGISTER_DECLARE (modeltrainer)
GST_ELEMENT_REGISTER_DECLARE (qualitycompare)
GST_ELEMENT_REGISTER_DECLARE (qualitymeter)
GST_ELEMENT_REGISTER_DECLARE (qualityoverlay)
GST_ELEMENT_REGISTER_DECLARE (videoaugment)
