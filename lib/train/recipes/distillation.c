/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A student learns to make of samples what a teacher makes of them: classes, other samples, or
 * numbers. Samples need no labels. */
#include <math.h>

#include "../step-net.h"
#include "class-bars.h"
#include "teaching.h"

static gboolean
build (GenStep *step, GError **error)
{
  return gen_step_learn (step, gen_step_samples (step), TRUE, error);
}

/* --- what is shown --- */

/* Of numbers of other extents, or that are no picture, samples stand for what is made. */
static GenTensor *
show_numbers (GenStep *step, GenTensor *x, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples = gen_step_samples (step);
  const GenShape *shape = &samples->shape;

  if (gen_shape_equal (&x->shape, shape))
    return gen_unary (graph, "Identity", x, error);
  if (x->shape.rank != 4 || shape->rank != 4 || x->shape.dims[1] != shape->dims[1])
    return gen_unary (graph, "Identity", samples, error);
  return gen_graph_op (graph, "Resize",
      (GenTensor *[]){ x, NULL, NULL, gen_graph_ints (graph, shape->dims, (gsize)shape->rank) }, 4,
      1, error, "mode", GEN_STRING, "linear", NULL);
}

static GenTensor *
show (GenStep *step, GenTensor *x, gboolean classes, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const GenShape *shape = &gen_step_samples (step)->shape;

  if (!classes || shape->rank != 4)
    return show_numbers (step, x, error);
  x = gen_graph_op (graph, "Softmax", &x, 1, 1, error, "axis", GEN_INT, 1, NULL);
  return x == NULL ? NULL : gen_class_bars_draw (graph, x, shape, error);
}

/* Samples, what the student makes of them, and what the teacher does. */
static gboolean
make (GenStep *step, GError **error)
{
  GenTensor *samples = gen_step_samples (step);
  GenLesson lesson;

  return gen_step_teach (step, samples, TRUE, &lesson, error) && gen_step_show (step, samples) &&
         gen_step_show (step, show (step, lesson.made, lesson.classes, error)) &&
         gen_step_show (step, show (step, lesson.wanted, lesson.classes, error));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_student, .n_inputs = 1, .averaged = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = { GEN_TEACHING_FIGURES, GEN_ATTACKED_FIGURE };

static const GenSetting settings[] = { GEN_TEACHER_SETTING, GEN_TEMPERATURE_SETTING,
  GEN_LIKENESS_SETTINGS, GEN_ATTACKED_SETTINGS };

const GenRecipe gen_recipe_distillation = {
  .name = "distillation",
  .description = "A student that learns to make of samples what a trained model makes of them",
  .nets = nets,
  .data_net = GEN_STUDENT,
  .data_free = TRUE,
  .any_preset = TRUE,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 3,
  .make = make,
};
