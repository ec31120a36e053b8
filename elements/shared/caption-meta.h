/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* What is said of an item of a dataset in words, as a GstCustomMeta: `text` (string). */
#define GST_GENERATIVE_CAPTION "generative-caption"

/* Make the meta known; from the class_init of whoever adds or reads it. */
void gst_generative_caption_register (void);
/* Add it to a writable buffer. */
void gst_generative_caption_add (GstBuffer *buffer, const char *text);
/* The caption of a buffer, which is the buffer's; NULL where it has none. */
const char *gst_generative_caption_find (GstBuffer *buffer);
