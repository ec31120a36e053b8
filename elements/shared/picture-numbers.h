/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the numbers of a model stand for what frames and sounds hold, as users say it: the properties
 * input-range, input-mean, input-std and channel-order, and the same of what a model makes. */
#pragma once

#include <generative/model.h>
#include <gst/gst.h>

#define GST_TYPE_GENERATIVE_CHANNEL_ORDER (gst_generative_channel_order_get_type ())
GType gst_generative_channel_order_get_type (void);

typedef enum {
  GST_GENERATIVE_CHANNEL_ORDER_AUTO,
  GST_GENERATIVE_CHANNEL_ORDER_RGB,
  GST_GENERATIVE_CHANNEL_ORDER_BGR,
} GstGenerativeChannelOrder;

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_NUMBERS_CHANNEL_ORDER,
  GST_GENERATIVE_NUMBERS_INPUT_RANGE,
  GST_GENERATIVE_NUMBERS_INPUT_MEAN,
  GST_GENERATIVE_NUMBERS_INPUT_STD,
  GST_GENERATIVE_NUMBERS_N_INPUT, /* properties of a model that makes no pictures */
  GST_GENERATIVE_NUMBERS_OUTPUT_RANGE = GST_GENERATIVE_NUMBERS_N_INPUT,
  GST_GENERATIVE_NUMBERS_OUTPUT_MEAN,
  GST_GENERATIVE_NUMBERS_OUTPUT_STD,
  GST_GENERATIVE_NUMBERS_N_PROPERTIES,
};

/* Under the element's object lock. */
typedef struct {
  GstGenerativeChannelOrder order;
  char *range[2], *mean[2], *std[2]; /* of the input and the output */
} GstGenerativeNumbers;

/* Install the first `n` properties; their numbers are `first` and those behind it. */
void gst_generative_numbers_install (GObjectClass *klass, guint first, guint n);
/* The property GST_GENERATIVE_NUMBERS_… `number`; FALSE where it is none. */
gboolean gst_generative_numbers_set (
    GstGenerativeNumbers *numbers, guint number, const GValue *value);
gboolean gst_generative_numbers_get (
    const GstGenerativeNumbers *numbers, guint number, GValue *value);
void gst_generative_numbers_copy (const GstGenerativeNumbers *numbers, GstGenerativeNumbers *to);
void gst_generative_numbers_clear (GstGenerativeNumbers *numbers);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstGenerativeNumbers, gst_generative_numbers_clear)

/* Let `port` be as they say, where they say anything. FALSE with an error that names the property.
 */
gboolean gst_generative_numbers_apply (
    const GstGenerativeNumbers *numbers, GenPort *port, gboolean is_output, GError **error);
