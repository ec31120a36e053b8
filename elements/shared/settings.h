/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Whether the property may be set in the state that `element` is in, by its flags: one of
 * GST_PARAM_MUTABLE_READY is read when the element starts. FALSE when it is not set, which a
 * warning on the bus has said. Not under the object lock. */
gboolean gst_generative_can_set (gpointer element, const GParamSpec *property);
