/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples, latents and numbers are learned as `reconstruction` has it. Classes are learned by soft
 * labels (Hinton et al., "Distilling the knowledge in a neural network", 2015): with p and q what
 * Softmax makes of the teacher's and the student's scores, divided by a temperature T,
 *
 *   T^2 sum p log (p / q),
 *
 * which differs from the paper's cross entropy by what does not hang on the student, and is 0 where
 * both are the same. T^2 keeps the gradient's size. */
#include "teaching.h"

#include <string.h>

#include <generative/operator.h>

#include "../step-net.h"

#define TEMPERATURE 4

#define INPUT_RANGE "generative.input-range"
#define OUTPUT_RANGE "generative.output-range"

/* --- the teacher --- */

/* It makes samples in many steps, none of which is a sample to learn. */
static gboolean
is_denoiser (const GenGraph *teacher)
{
  return g_hash_table_contains (teacher->metadata, "generative.prediction");
}

static gboolean
check_teacher (const GenTrainerSettings *settings, GError **error)
{
  const GenGraph *teacher = settings->teacher;

  if (teacher == NULL) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "teacher-model: recipe %s wants the model that the student learns from",
        settings->recipe->name);
    return FALSE;
  }
  if (is_denoiser (teacher)) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "teacher-model: the teacher is a denoiser, which makes samples in many steps, and recipe "
        "%s learns what a net makes at once; recipe=consistency has a student of a denoiser, which "
        "needs few steps",
        settings->recipe->name);
    return FALSE;
  }
  if (teacher->inputs->len == 1 && teacher->outputs->len >= 1 &&
      ((const GenTensor *)g_ptr_array_index (teacher->inputs, 0))->type == GEN_TYPE_FLOAT32)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the teacher must have one input, of float32, and an output, not %u and %u",
      teacher->inputs->len, teacher->outputs->len);
  return FALSE;
}

/* `x`, from `low` to `high`, as from `to_low` to `to_high`. */
static GenTensor *
rescale (GenGraph *graph, GenTensor *x, float low, float high, float to_low, float to_high,
    GError **error)
{
  const float factor = (to_high - to_low) / (high - low);

  if (low == to_low && high == to_high)
    return x;
  x = gen_binary (graph, "Mul", x, gen_graph_float (graph, factor), error);
  return gen_binary (graph, "Add", x, gen_graph_float (graph, to_low - factor * low), error);
}

/* `x` as it is by metadata `key` of one net, as by that of the other; as it is, where one of them
 * says nothing. */
static GenTensor *
translate (GenGraph *graph, GenTensor *x, const GenGraph *from, const GenGraph *to, const char *key,
    GError **error)
{
  float low, high, to_low, to_high;

  if (x == NULL || !gen_step_read_range (from, key, &low, &high) ||
      !gen_step_read_range (to, key, &to_low, &to_high))
    return x;
  return rescale (graph, x, low, high, to_low, to_high, error);
}

static gboolean
may_be (const GenShape *shape, const GenShape *wanted)
{
  if (shape->rank != wanted->rank)
    return FALSE;
  for (int i = 0; i < shape->rank; i++)
    if (wanted->dims[i] >= 0 && shape->dims[i] != wanted->dims[i])
      return FALSE;
  return TRUE;
}

/* `x` in the shape that the teacher takes: latents may be [batch, length] or have further extents
 * of 1. */
static GenTensor *
fit (GenStep *step, GenTensor *x, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const GenTensor *input = g_ptr_array_index (gen_step_settings (step)->teacher->inputs, 0);
  GenShape wanted = input->shape;

  if (may_be (&x->shape, &wanted))
    return x;
  if (wanted.rank > 0 && wanted.dims[0] < 0)
    wanted.dims[0] = gen_step_batch (step);
  if (gen_shape_is_known (&wanted) && wanted.rank > 0 && wanted.dims[0] == gen_step_batch (step) &&
      gen_shape_elements (&wanted) == gen_shape_elements (&x->shape))
    return gen_binary (
        graph, "Reshape", x, gen_graph_ints (graph, wanted.dims, (gsize)wanted.rank), error);
  g_autofree char *takes = gen_shape_to_string (&input->shape);
  g_autofree char *has = gen_shape_to_string (&x->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the teacher takes %s, and the student %s; both must take the same", takes, has);
  return NULL;
}

static GenTensor *
ask_teacher (GenStep *step, GenTensor *x, gboolean samples, GError **error)
{
  const GenGraph *teacher = gen_step_settings (step)->teacher;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, teacher->outputs->len);
  GenGraph *graph = gen_step_graph (step);

  if (samples)
    x = translate (graph, x, gen_step_net (step, GEN_STUDENT), teacher, INPUT_RANGE, error);
  x = x != NULL ? fit (step, x, error) : NULL;
  if (x != NULL && gen_graph_append (graph, teacher, "teacher.", &x, outputs, NULL, error))
    return outputs[0];
  g_prefix_error_literal (error, "teacher-model: ");
  return NULL;
}

/* --- what both make --- */

/* What Softmax has made `x` of, or NULL. */
static GenTensor *
find_scores (const GenTensor *x)
{
  const GenNode *node = x->producer;

  return node != NULL && node->op->domain == NULL && strcmp (node->op->name, "Softmax") == 0
             ? gen_node_input (node, 0)
             : NULL;
}

static gboolean
check_made (GenStep *step, const GenLesson *lesson, GError **error)
{
  const gboolean alike = gen_shape_equal (&lesson->made->shape, &lesson->wanted->shape);

  if (alike && (!lesson->classes || (lesson->made->shape.rank == 2 &&
                                        lesson->made->shape.dims[0] == gen_step_batch (step) &&
                                        lesson->made->shape.dims[1] >= 2)))
    return TRUE;
  g_autofree char *makes = gen_shape_to_string (&lesson->made->shape);
  g_autofree char *wants = gen_shape_to_string (&lesson->wanted->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      alike
          ? "the student makes %s and the teacher %s, and a temperature is for scores of classes, "
            "[batch, classes]"
          : "the student makes %s, and the teacher %s",
      makes, wants);
  return FALSE;
}

/* Scores in the place of probabilities, where classes are learned. */
static void
find_classes (GenStep *step, GenLesson *lesson)
{
  GenTensor *made = find_scores (lesson->made), *wanted = find_scores (lesson->wanted);

  lesson->classes = gen_step_settings (step)->temperature > 0 ||
                    ((made != NULL || wanted != NULL) && lesson->wanted->shape.rank == 2);
  if (lesson->classes && made != NULL)
    lesson->made = made;
  if (lesson->classes && wanted != NULL)
    lesson->wanted = wanted;
}

/* What the teacher makes of `x`, in its own range. */
static gboolean
ask (GenStep *step, GenTensor *x, gboolean samples, GenLesson *lesson, GError **error)
{
  if (x == NULL || !check_teacher (gen_step_settings (step), error))
    return FALSE;
  lesson->wanted = ask_teacher (step, x, samples, error);
  return lesson->wanted != NULL;
}

/* What the student makes of `x`, beside that. */
static gboolean
answer (GenStep *step, GenTensor *x, GenLesson *lesson, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);

  lesson->made = x != NULL ? gen_step_apply_to (step, GEN_STUDENT, x, error) : NULL;
  if (lesson->made == NULL)
    return FALSE;
  find_classes (step, lesson);
  if (!check_made (step, lesson, error))
    return FALSE;
  if (lesson->classes)
    lesson->made = gen_step_precise (step, lesson->made, error);
  else
    lesson->wanted = translate (gen_step_graph (step), lesson->wanted, settings->teacher,
        gen_step_net (step, GEN_STUDENT), OUTPUT_RANGE, error);
  return lesson->made != NULL && lesson->wanted != NULL;
}

gboolean
gen_step_teach (GenStep *step, GenTensor *x, gboolean samples, GenLesson *lesson, GError **error)
{
  return ask (step, x, samples, lesson, error) && answer (step, x, lesson, error);
}

/* --- classes --- */

static GenTensor *
over_classes (GenGraph *graph, const char *op, GenTensor *x, GError **error)
{
  return x == NULL ? NULL : gen_graph_op (graph, op, &x, 1, 1, error, "axis", GEN_INT, 1, NULL);
}

/* [batch] */
static GenTensor *
sum_over_classes (GenGraph *graph, GenTensor *x, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, "ReduceSum",
                         (GenTensor *[]){ x, gen_graph_ints (graph, (gint64[]){ 1 }, 1) }, 2, 1,
                         error, "keepdims", GEN_INT, 0, NULL);
}

/* The losses by soft labels, [batch]. */
static GenTensor *
diverge (GenStep *step, const GenLesson *lesson, GError **error)
{
  const double said = gen_step_settings (step)->temperature;
  const float temperature = (float)(said > 0 ? said : TEMPERATURE);
  GenGraph *graph = gen_step_graph (step);
  GenTensor *colder = gen_graph_float (graph, 1 / temperature), *made, *wanted, *apart, *losses;

  made = gen_binary (graph, "Mul", lesson->made, colder, error);
  made = over_classes (graph, "LogSoftmax", made, error);
  wanted = gen_binary (graph, "Mul", lesson->wanted, colder, error);
  apart = gen_binary (graph, "Sub", over_classes (graph, "LogSoftmax", wanted, error), made, error);
  losses = gen_binary (graph, "Mul", over_classes (graph, "Softmax", wanted, error), apart, error);
  return gen_binary (graph, "Mul", sum_over_classes (graph, losses, error),
      gen_graph_float (graph, temperature * temperature), error);
}

/* By how much the teacher's best class is behind the student's, [batch]: 0 where it is that. */
static GenTensor *
disagree (GenGraph *graph, const GenLesson *lesson, GError **error)
{
  GenTensor *best = lesson->wanted, *made = lesson->made, *lacking;

  best = gen_graph_op (
      graph, "ArgMax", &best, 1, 1, error, "axis", GEN_INT, 1, "keepdims", GEN_INT, 0, NULL);
  if (best == NULL)
    return NULL;
  lacking = gen_graph_op (graph, "NegativeLogLikelihoodLoss", (GenTensor *[]){ made, best }, 2, 1,
      error, "reduction", GEN_STRING, "none", NULL);
  made = gen_graph_op (graph, "ReduceMax", &made, 1, 1, error, "axes", GEN_INTS, 1, (gint64[]){ 1 },
      "keepdims", GEN_INT, 0, NULL);
  return gen_binary (graph, "Add", made, lacking, error);
}

static gboolean
learn_classes (GenStep *step, const GenLesson *lesson, GError **error)
{
  const guint student = GEN_STUDENT;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *losses = diverge (step, lesson, error), *loss;

  if (losses == NULL)
    return FALSE;
  loss = gen_graph_op (graph, "ReduceMean", &losses, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_step_minimise (step, &student, 1, loss, 1, error) &&
         gen_step_report (step, "loss", losses, GEN_REPORT_MEAN) &&
         gen_step_report (
             step, "agreement", disagree (graph, lesson, error), GEN_REPORT_SHARE_NOT_ABOVE_ZERO) &&
         gen_step_watch (step, "the student's scores", lesson->made);
}

/* --- numbers --- */

static gboolean
learn_numbers (GenStep *step, const GenLesson *lesson, GError **error)
{
  const guint student = GEN_STUDENT;
  GenTensor *apart = gen_step_compare (step, GEN_STUDENT, lesson->made, lesson->wanted, error);

  if (!gen_step_minimise_distances (step, &student, 1, apart, error))
    return FALSE;
  if (lesson->made->shape.rank < 3 || lesson->made->shape.rank > 4)
    return gen_step_report (step, "loss", apart, GEN_REPORT_MEAN);
  return gen_step_report_likeness (step, apart, lesson->made, lesson->wanted, error);
}

/* What attacks raise: how far what the student makes of `samples` is from what the teacher makes of
 * them as they came (Goldblum et al., "Adversarially robust distillation", 2020). */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  GenLesson lesson = *(const GenLesson *)data;

  if (!answer (step, samples, &lesson, error))
    return NULL;
  return lesson.classes ? diverge (step, &lesson, error)
                        : gen_step_compare (step, GEN_STUDENT, lesson.made, lesson.wanted, error);
}

gboolean
gen_step_learn (GenStep *step, GenTensor *x, gboolean samples, GError **error)
{
  GenLesson asked = { NULL }, lesson;
  GenTensor *seen = x;

  if (!ask (step, x, samples, &asked, error))
    return FALSE;
  if (samples)
    seen = gen_attacked (step, x, TRUE, lose, &asked, error);
  lesson = asked;
  return answer (step, seen, &lesson, error) &&
         (lesson.classes ? learn_classes (step, &lesson, error)
                         : learn_numbers (step, &lesson, error)) &&
         (!samples || gen_attacked_report (step, x, TRUE, lose, &asked, error));
}
