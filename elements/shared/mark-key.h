/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/mark.h>
#include <gst/gst.h>

/* The key of the file that property `key` of `element` names, which is `path`. NULL when an error
 * was posted. */
GenMarkKey *gst_generative_mark_key_load (GstElement *element, const char *path);
