/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What judges: the player of a model, which of its ports, and the device. */
#pragma once

#include "../shared/playing.h"
#include "../shared/sharing.h"
#include "ports.h"

typedef struct {
  GstElement *element; /* which says what happens */

  /* Under the element's object lock where others than the streaming thread read them. */
  GstGenerativePlaying playing;
  GstDiscriminatorPorts ports; /* model NULL while stopped */

  /* The streaming thread's. */
  GenPlayer *player; /* NULL until caps are known */
  GstGenerativeSharing sharing;
  int in_frame; /* pictures, or 1 */
} GstDiscriminatorJudge;

void gst_discriminator_judge_set_ports (
    GstDiscriminatorJudge *judge, const GstDiscriminatorPorts *ports);
/* Go on with a player of the model of the ports, which plays as `use` says, of frames of `in_frame`
 * pictures. */
gboolean gst_discriminator_judge_play (
    GstDiscriminatorJudge *judge, const GenModelUse *use, int in_frame, GError **error);
/* The same of the player that is there. */
gboolean gst_discriminator_judge_compile (
    GstDiscriminatorJudge *judge, const GenModelUse *use, GError **error);
/* Until it plays again. */
void gst_discriminator_judge_stop (GstDiscriminatorJudge *judge);
/* How probable it is that what has that score is real; NaN where the model is not calibrated. */
double gst_discriminator_judge_probability (const GstDiscriminatorJudge *judge, double score);
/* Whether what failed is to be done again: on the CPU, which takes over from the device. */
gboolean gst_discriminator_judge_fall_back (
    GstDiscriminatorJudge *judge, const GError *failure, GError **error);
/* The scores of the `n` pictures or the window in `frame`, which hold until the next run. */
const float *gst_discriminator_judge_run (
    GstDiscriminatorJudge *judge, const GenFrame *frame, int n, GError **error);
