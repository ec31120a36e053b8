/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Negotiation fails elsewhere and says little; elements that know what does not fit say it. */
#pragma once

#include <gst/gst.h>

/* Whether `query`, which has been answered, asked what of its caps `offered` is taken, and nothing
 * is. (transfer none) */
gboolean gst_generative_refuses_caps (GstQuery *query, GstCaps **offered);

/* Whoever links a pad late, as gst-launch-1.0 does those of decodebin, compares caps, and where
 * nothing is in common it says no more than "not-linked". So of an active `pad` that is not linked
 * yet, the answer to `query` says the kind of what is taken alone, video/x-raw: what is of that
 * kind and does not fit is refused when its caps come, and can be told of. */
void gst_generative_answer_unlinked (GstPad *pad, GstQuery *query);
