/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tags that say of a stream that a model made it, for whatever it is written as. */
#pragma once

#include <gst/gst.h>

/* Where a stream comes from: an address of the IPTC's Digital Source Type NewsCodes (string). */
#define GST_GENERATIVE_TAG_DIGITAL_SOURCE_TYPE "digital-source-type"

/* Make the tag known; from the class_init of whoever adds or reads it. */
void gst_generative_synthetic_tags_register (void);
/* Say in `tags` that the model of the file `path` has made the stream, of `source` (a code of
 * origin-meta.h), which stays as it is where a model before it has said so already. Muxers that
 * do not know the tag write the comment, or the extended comments. */
void gst_generative_synthetic_tags_add (GstTagList *tags, const char *source, const char *path);
