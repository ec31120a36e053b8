/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The key (g_object_set_data_full) under which a bin has the name of what it belongs to, a text:
 * the label `element` of all that is in it, where elements are told by their factories. */
#define GST_TRACE_GROUP "generative-trace-group"
