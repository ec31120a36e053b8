/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where several processes train together, each takes its part of every batch. A source that can
 * leave the others' samples out asks who takes them, so that they are not made for nothing. */
#pragma once

#include <generative/training.h>
#include <gst/gst.h>

/* Ask the elements behind `pad` which part of the samples is wanted. FALSE where all are. */
gboolean gst_generative_query_part (GstPad *pad, GenTrainingPart *part);
gboolean gst_generative_is_part_query (GstQuery *query);
void gst_generative_answer_part (GstQuery *query, const GenTrainingPart *part);
