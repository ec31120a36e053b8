/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* The class of a picture, as a GstCustomMeta: `label` (int, -1: none), `name` (string, only with
 * a label) and `index` (uint), the number of the picture in its dataset. */
#define GST_GENERATIVE_LABEL "generative-label"

/* Make the meta known; from the class_init of whoever adds it. */
void gst_generative_label_register (void);
/* Add it to a writable buffer. */
void gst_generative_label_add (GstBuffer *buffer, int label, const char *name, guint index);
