/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/terminal.h>
#include <generative/training.h>
#include <gst/gst.h>

/* What is told of a training on the bus and on the terminal. */
typedef struct {
  GstElement *element;  /* not owned */
  gboolean silent;      /* nothing on the terminal */
  gboolean progressing; /* a progress message told of the training */
  GenTerminal terminal;
} GstTrainerMessages;

/* A training of `element` begins. */
void gst_trainer_messages_begin (
    GstTrainerMessages *messages, GstElement *element, gboolean silent);
void gst_trainer_messages_progress (
    GstTrainerMessages *messages, const GenFigures *figures, gboolean last);
void gst_trainer_messages_validation (
    GstTrainerMessages *messages, const GenFigures *figures, gboolean best);
/* At the end: of the last nets, or of the best ones. */
void gst_trainer_messages_test (
    GstTrainerMessages *messages, const GenFigures *figures, gboolean best);
/* Whether they are better than they were. */
void gst_trainer_messages_comparison (GstTrainerMessages *messages, const GenFigures *figures);
/* It has ended, after `step`. */
void gst_trainer_messages_end (
    GstTrainerMessages *messages, GenTrainingOutcome outcome, guint64 step, const char *checkpoint);

/* A problem of GEN_TRAINING_ERROR, GEN_DEVICE_ERROR or any other domain, as an error or a warning
 * with the code that suits it. */
void gst_trainer_post_problem (GstElement *element, GstMessageType type, const GError *problem);
