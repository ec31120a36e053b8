/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

/* Elements that look at pictures take no interlaced frames: the rows of two moments would be taken
 * for one. They say so once they are started, and not in their templates, so that linking them does
 * not fail where they could not tell why. */

/* The part of transform_caps: what is left of `caps`, which are to be returned. (transfer full) */
GstCaps *gst_generative_only_progressive (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps);

/* Whether `caps` hold nothing but interlaced frames. */
gboolean gst_generative_are_interlaced (const GstCaps *caps);

/* To be called with a query of the sink pad that has been answered: where frames are refused that
 * are interlaced and nothing else, post an error that tells why and what helps, once. Who asks for
 * those alone has no others to offer. */
void gst_generative_explain_interlaced (GstElement *element, GstQuery *query);
