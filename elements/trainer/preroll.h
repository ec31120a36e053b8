/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* The way from READY to PAUSED of an element that is a sink: it ends when data has come that is
 * trained on, or there is nothing left to do, so that whoever waits for it has seen by then what is
 * wrong with settings or data. From PAUSED on there is nothing to wait for: training runs in PAUSED
 * as in PLAYING, and a flush drops what waits to be trained on, but neither the training nor, thus,
 * the state. */
typedef struct {
  GstElement *element; /* not owned */

  /* Under the element's object lock. */
  gboolean waiting, ending; /* the latter: it has been told to end */
  guint number;             /* of this wait */
} GstTrainerPreroll;

/* `element` has the preroll as long as it lives. */
void gst_trainer_preroll_init (GstTrainerPreroll *preroll, GstElement *element);
/* Before pads are active. The state change is GST_STATE_CHANGE_ASYNC then. */
void gst_trainer_preroll_begin (GstTrainerPreroll *preroll);
/* Data has come, or training has ended without. By any thread, and any number of times. */
void gst_trainer_preroll_end (GstTrainerPreroll *preroll);
/* The element goes back to READY: nothing is waited for any more. */
void gst_trainer_preroll_cancel (GstTrainerPreroll *preroll);
