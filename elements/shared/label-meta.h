/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* The class of an item of a dataset, as a GstCustomMeta: `label` (int, -1: none), `name` (string,
 * only with a label), `index` (uint), the number of the item in its dataset, and `item` (uint64),
 * its number in the stream, by which buffers of one item can be told from those of the next. */
#define GST_GENERATIVE_LABEL "generative-label"
#define GST_GENERATIVE_NO_ITEM G_MAXUINT64

/* Make the meta known; from the class_init of whoever adds or reads it. */
void gst_generative_label_register (void);
/* Add it to a writable buffer. */
void gst_generative_label_add (
    GstBuffer *buffer, int label, const char *name, guint index, guint64 item);
/* Of which item a buffer is, by its number in the stream. */
guint64 gst_generative_label_find_item (GstBuffer *buffer);
/* How many classes the data has that flows into a pad, as datasetsrc knows; 0 where nobody says. */
int gst_generative_query_classes (GstPad *pad);
/* Answer such a query; FALSE where it is another. */
gboolean gst_generative_answer_classes (GstQuery *query, int classes);
/* The class of a buffer; -1 where it has none. */
int gst_generative_label_find (GstBuffer *buffer);
