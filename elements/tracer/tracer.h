/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

GType gst_generative_tracer_get_type (void);
/* Register the tracer `generative`. */
gboolean gst_generative_tracer_register (GstPlugin *plugin);
