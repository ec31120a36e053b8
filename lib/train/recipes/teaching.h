/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes share in which a student, net 0, learns to make what a teacher makes. The teacher is
 * no net of the recipe: it is a part of the step's graph, with weights that are constants. */
#pragma once

#include <generative/step.h>

#include "attacked.h"
#include "likeness.h"

#define GEN_STUDENT 0

/* What both make of the same, in the student's range. */
typedef struct {
  GenTensor *made, *wanted;
  gboolean classes; /* they are scores of classes, [batch, classes], before any Softmax */
} GenLesson;

/* Apply both to `x`, samples or latents. */
gboolean gen_step_teach (
    GenStep *step, GenTensor *x, gboolean samples, GenLesson *lesson, GError **error);
/* The same, and learn of it and report how far they are apart. */
gboolean gen_step_learn (GenStep *step, GenTensor *x, gboolean samples, GError **error);

/* For recipes' lists. */
#define GEN_TEACHING_FIGURES                                                                       \
  GEN_LIKENESS_FIGURES, GEN_LIKENESS_SOUND_FIGURES,                                                \
  {                                                                                                \
    { { "agreement", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_HIGHER }, "agreement/training",      \
      " agreement ", "", 3, -INFINITY },                                                           \
        "agreement-on-validation", "agreement/validation"                                          \
  }

#define GEN_TEACHER_SETTING                                                                        \
  {                                                                                                \
    .name = "teacher-model", .nick = "Teacher model",                                              \
    .description = "ONNX model that the student learns from, which stays as it is (unset: none)",  \
    .type = GEN_SETTING_TEXT, .offset = G_STRUCT_OFFSET (GenTrainerSettings, teacher_model),       \
    .of_learning = TRUE                                                                            \
  }
#define GEN_TEMPERATURE_SETTING                                                                    \
  {                                                                                                \
    .name = "temperature", .nick = "Temperature",                                                  \
    .description =                                                                                 \
        "By what scores of classes are divided before their probabilities are learned; "           \
        "set, what the teacher makes are such scores (0 = 4 where it or the student "              \
        "ends in Softmax, and numbers as they are else)",                                          \
    .type = GEN_SETTING_DOUBLE, .offset = G_STRUCT_OFFSET (GenTrainerSettings, temperature),       \
    .minimum = 0, .maximum = G_MAXFLOAT, .of_learning = TRUE                                       \
  }
