/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How elements say what is wrong with the file that property `report` names. */
#pragma once

#include <gst/gst.h>

/* It could not be created: by `error` of gen_report_new, and by who writes there already. */
void gst_generative_report_post_open_error (
    GstElement *element, const char *report, const GError *error);
/* It could not be written. */
void gst_generative_report_post_write_error (GstElement *element, const GError *error);
