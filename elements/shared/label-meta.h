/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/class-share.h>
#include <gst/gst.h>

/* The class of an item of a dataset, as a GstCustomMeta: `label` (int, -1: none; of other programs,
 * int64 as well), `name` (string,
 * only with a label), `index` (uint), the number of the item in its dataset, `source` (string),
 * where it comes from, for people, and `item` (uint64), its number in the stream, by which buffers
 * of one item can be told from those of the next. A buffer of no data set has neither `index` nor
 * `source` nor `item`. A mixture of several has `labels` and
 * `weights` besides (arrays of int and double, as long as each other; the weights are together 1),
 * and its label is one of them, drawn by their weights. */
#define GST_GENERATIVE_LABEL "generative-label"
#define GST_GENERATIVE_NO_ITEM G_MAXUINT64

/* Make the meta known; from the class_init of whoever adds or reads it. */
void gst_generative_label_register (void);
/* Add it to a writable buffer; `source` need not be UTF-8. */
void gst_generative_label_add (
    GstBuffer *buffer, int label, const char *name, guint index, const char *source, guint64 item);
/* A buffer is of class `label`, whose `name` may be NULL, and of no mixture. Where something has
 * said its class before, this `replaces` it, or nothing is changed: then FALSE. */
gboolean gst_generative_label_set (
    GstBuffer *buffer, int label, const char *name, gboolean replaces);
/* Where a buffer comes from, which is the buffer's; NULL where nobody says. */
const char *gst_generative_label_find_source (GstBuffer *buffer);
/* Of which item a buffer is, by its number in the stream. */
guint64 gst_generative_label_find_item (GstBuffer *buffer);
/* The names of the classes of the data that flows into a pad, from 0 on, ended by NULL, as
 * datasetsrc knows them; none where nobody says. (transfer full) */
char **gst_generative_query_classes (GstPad *pad);
/* `buffer`, which has a label, is a mixture of `others` [n] and itself, of which the weights [n +
 * 1] say how much there is, its own first; its label becomes that of number `chosen` of them. FALSE
 * with `error`, which says so, where the meta of one is not what it has to be; then nothing is
 * changed. */
gboolean gst_generative_label_mix (GstBuffer *buffer, GstBuffer *const *others, guint n,
    const double *weights, guint chosen, GError **error);
/* Whether it is such a query, and the answer. */
gboolean gst_generative_is_classes_query (GstQuery *query);
void gst_generative_answer_classes (GstQuery *query, const char *const *names);
/* `shares` (of GenClassShare) become those of the classes that a buffer is of: one, unless it is a
 * mixture, and -1 where it has none. FALSE with `error`, which says so, where the meta is not what
 * it has to be. */
gboolean gst_generative_label_get_shares (GstBuffer *buffer, GArray *shares, GError **error);
/* The class that a buffer is of alone, and its name, which is the buffer's, or NULL: -1 and NULL
 * where it has none, or is a mixture. FALSE with `error`, which says so, where the meta is not what
 * it has to be: then it has none. */
gboolean gst_generative_label_get (
    GstBuffer *buffer, int *label, const char **name, GError **error);
/* The class of a buffer; -1 where it has none, or none that can be read. */
int gst_generative_label_find (GstBuffer *buffer);
/* The name of its class, which is the buffer's; NULL where it has none. */
const char *gst_generative_label_find_name (GstBuffer *buffer);
