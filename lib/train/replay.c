/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "replay.h"

#include <string.h>

#include <generative/exchange.h>
#include <generative/onnx.h>
#include <generative/random.h>

#include "sample-memory.h"
#include "step-net.h"
#include "trainer-private.h"

#define STATE "state.safetensors"

/* The numbers of a batch are drawn from streams of their own. */
enum { CHOICE, LATENTS, CLASSES };

struct _GenReplay {
  guint n;
  guint64 first; /* of those of all members */
  gsize size;    /* numbers in a sample */
  guint64 seed;
  GenSampleMemory *memory; /* NULL: what follows */
  GenPlan *generator;
  GenPlan *judge; /* says which classes they are of; NULL: nobody does */
  int condition;  /* number of the generator's input that is told classes; -1: none is */
  gint64 classes; /* that it is told, or that the judge knew */
  float factor, offset;
};

static GenReplay *
replay_new (GenTrainer *trainer, guint n)
{
  GenReplay *self = g_new0 (GenReplay, 1);

  self->n = n;
  self->first = (guint64)n * gen_exchange_rank (gen_trainer_settings (trainer)->exchange);
  self->size = gen_trainer_sample_size (trainer);
  self->seed = gen_trainer_settings (trainer)->seed;
  self->condition = -1;
  self->factor = 1;
  return self;
}

void
gen_replay_free (GenReplay *self)
{
  g_clear_pointer (&self->memory, gen_sample_memory_free);
  g_clear_pointer (&self->generator, gen_plan_free);
  g_clear_pointer (&self->judge, gen_plan_free);
  g_free (self);
}

guint
gen_replay_count (const GenReplay *self)
{
  return self->n;
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* --- what was kept --- */

GenReplay *
gen_replay_new_memory (GenTrainer *trainer, const char *folder, guint n, GError **error)
{
  g_autoptr (GenReplay) self = replay_new (trainer, n);
  g_autofree char *path = g_build_filename (folder, STATE, NULL);
  g_autoptr (GenSafetensors) file = gen_safetensors_load (path, error);
  const GenShape *batch = gen_trainer_sample_shape (trainer);
  GenShape shape = { .rank = batch->rank - 1 };
  float low, high;

  if (file == NULL) {
    g_prefix_error_literal (error, "replay: ");
    return NULL;
  }
  memcpy (shape.dims, batch->dims + 1, (gsize)shape.rank * sizeof *shape.dims);
  gen_trainer_range (trainer, &low, &high);
  self->memory = gen_sample_memory_new (G_MAXINT32, GEN_MEMORY_RESERVOIR, &shape, low, high);
  if (!gen_sample_memory_load (self->memory, file, path, 1, error)) {
    g_prefix_error_literal (error, "replay: ");
    return NULL;
  }
  for (gsize i = 0; i < gen_sample_memory_count (self->memory); i++)
    if (!gen_trainer_check_label (trainer, (int)gen_sample_memory_label (self->memory, i), error)) {
      g_prefix_error (error, "replay: %s: ", path);
      return NULL;
    }
  return g_steal_pointer (&self);
}

static void
fill_kept (
    const GenReplay *self, const GenRandom *random, guint64 batch, float *samples, gint64 *labels)
{
  const guint32 count = (guint32)gen_sample_memory_count (self->memory);

  for (guint i = 0; i < self->n; i++) {
    const gsize from = gen_random_below (random, batch, self->first + i, count);

    memcpy (samples + i * self->size, gen_sample_memory_sample (self->memory, from),
        self->size * sizeof *samples);
    labels[i] = gen_sample_memory_label (self->memory, from);
  }
}

/* --- what is made --- */

/* Compile `graph` for `n` samples at a time. */
static GenPlan *
compile (GenTrainer *trainer, GenGraph *graph, guint n, GError **error)
{
  const GenTrainerSettings *settings = gen_trainer_settings (trainer);
  GenPlanOptions options = gen_trainer_plan_options (settings);

  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);
    GenShape shape = input->shape;

    if (shape.rank < 1 || (shape.dims[0] >= 0 && shape.dims[0] != n)) {
      fail (error, "replay: input '%s' takes no batch of %u", input->name, n);
      return NULL;
    }
    shape.dims[0] = n;
    if (!gen_graph_set_input_shape (graph, input, &shape, error))
      return NULL;
  }
  options.seed = settings->seed;
  options.exchange = settings->exchange; /* they draw one behind the other */
  return gen_plan_new (graph, &options, error);
}

static gboolean
is_of_type (const GenGraph *graph, guint input, GenDataType type)
{
  return ((const GenTensor *)g_ptr_array_index (graph->inputs, input))->type == type;
}

static gboolean
find_condition (GenReplay *self, const GenGraph *graph, const char *path, GError **error)
{
  const char *text = g_hash_table_lookup (graph->metadata, "generative.classes");

  if (graph->inputs->len == 1 && is_of_type (graph, 0, GEN_TYPE_FLOAT32))
    return TRUE;
  if (graph->inputs->len != 2 || !is_of_type (graph, 0, GEN_TYPE_FLOAT32) ||
      !is_of_type (graph, 1, GEN_TYPE_INT64) || text == NULL ||
      !g_ascii_string_to_signed (text, 10, 2, G_MAXINT32, &self->classes, NULL))
    return fail (error,
        "replay-model: '%s' must take latents in float32, and perhaps a class besides, whole "
        "numbers of 64 "
        "bits of which metadata generative.classes says how many there are",
        path);
  self->condition = 1;
  return TRUE;
}

static gboolean
check_made (const GenReplay *self, GenTrainer *trainer, const char *path, GError **error)
{
  const GenBinding *made = gen_plan_output (self->generator, 0);
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wanted = NULL;
  GenShape shape = *gen_trainer_sample_shape (trainer);

  if (self->condition >= 0 &&
      gen_shape_elements (&gen_plan_input (self->generator, 1)->shape) != self->n)
    return fail (
        error, "replay-model: '%s' takes other than one number a sample as its class", path);
  shape.dims[0] = self->n;
  wanted = gen_shape_to_string (&shape);
  if (made->type == GEN_TYPE_FLOAT32 &&
      gen_shape_elements (&made->shape) == gen_shape_elements (&shape))
    return TRUE;
  return fail (
      error, "replay-model: '%s' makes %s, and samples of %s are trained on", path, has, wanted);
}

/* What the generator makes, in its own range, becomes that of the nets. */
static void
find_range (GenReplay *self, GenTrainer *trainer, const GenGraph *graph)
{
  float low, high, from, to;

  gen_step_read_range (graph, "generative.output-range", &low, &high);
  gen_trainer_range (trainer, &from, &to);
  self->factor = (to - from) / (high - low);
  self->offset = from - self->factor * low;
}

static gboolean
open_generator (GenReplay *self, GenTrainer *trainer, const char *path, GError **error)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);

  if (graph == NULL) {
    g_prefix_error_literal (error, "replay-model: ");
    return FALSE;
  }
  if (g_hash_table_contains (graph->metadata, "generative.prediction"))
    return fail (error,
        "replay-model: '%s' is a denoiser, which makes samples in many steps; a generator, or a "
        "decoder of latents, is wanted",
        path);
  if (!find_condition (self, graph, path, error))
    return FALSE;
  find_range (self, trainer, graph);
  self->generator = compile (trainer, graph, self->n, error);
  return self->generator != NULL && check_made (self, trainer, path, error);
}

/* The classifier as it began. */
static gboolean
open_judge (GenReplay *self, GenTrainer *trainer, const char *path, int classes, GError **error)
{
  g_autoptr (GenGraph) net = NULL;

  if (gen_trainer_settings (trainer)->recipe != &gen_recipe_classifier)
    return fail (error,
        "replay-model: '%s' is told no classes, and recipe %s is taught by classes; one that was "
        "trained with conditional is wanted",
        path, gen_trainer_settings (trainer)->recipe->name);
  net = gen_graph_copy (gen_trainer_net (trainer, 0));
  self->judge = compile (trainer, net, self->n, error);
  self->classes = classes > 0 ? classes : gen_trainer_classes (trainer);
  return self->judge != NULL;
}

GenReplay *
gen_replay_new_generator (
    GenTrainer *trainer, const char *path, guint n, int classes, GError **error)
{
  const gboolean taught = gen_trainer_classes (trainer) > 0;
  g_autoptr (GenReplay) self = replay_new (trainer, n);

  if (gen_trainer_n_frames (trainer) > 1) {
    fail (error, "replay: a sample of recipe %s is several frames, which a generator makes none of",
        gen_trainer_settings (trainer)->recipe->name);
    return NULL;
  }
  if (!open_generator (self, trainer, path, error))
    return NULL;
  if (taught && self->condition < 0 && !open_judge (self, trainer, path, classes, error))
    return NULL;
  if (taught && self->classes > gen_trainer_classes (trainer)) {
    fail (error, "replay-model: '%s' is told %" G_GINT64_FORMAT " classes, and the nets know %d",
        path, self->classes, gen_trainer_classes (trainer));
    return NULL;
  }
  return g_steal_pointer (&self);
}

/* The class that scores say a sample is of. */
static gint64
find_best (const float *scores, gint64 classes)
{
  gint64 best = 0;

  for (gint64 i = 1; i < classes; i++)
    if (scores[i] > scores[best])
      best = i;
  return best;
}

static gboolean
judge (GenReplay *self, const float *samples, gint64 *labels, GError **error)
{
  const GenBinding *input = gen_plan_input (self->judge, 0);
  const GenBinding *scores = gen_plan_output (self->judge, 0);
  const gint64 row = gen_shape_elements (&scores->shape) / self->n;

  memcpy (input->data, samples, input->size);
  if (!gen_plan_run (self->judge, error))
    return FALSE;
  for (guint i = 0; i < self->n; i++)
    labels[i] = find_best ((const float *)scores->data + i * row, MIN (self->classes, row));
  return TRUE;
}

static gboolean
fill_made (GenReplay *self, guint64 batch, float *samples, gint64 *labels, GError **error)
{
  const GenRandom latents = gen_random_new (self->seed, GEN_STREAM_REPLAY, LATENTS);
  const GenRandom classes = gen_random_new (self->seed, GEN_STREAM_REPLAY, CLASSES);
  const GenBinding *input = gen_plan_input (self->generator, 0);
  const gsize n_latents = input->size / sizeof (float);
  const float *made;

  gen_random_normal (&latents, batch, self->first * (n_latents / self->n), input->data, n_latents);
  for (guint i = 0; i < self->n; i++)
    labels[i] = self->condition >= 0 ? (gint64)gen_random_below (
                                           &classes, batch, self->first + i, (guint32)self->classes)
                                     : -1;
  if (self->condition >= 0)
    memcpy (gen_plan_input (self->generator, (guint)self->condition)->data, labels,
        self->n * sizeof *labels);
  gen_plan_set_draw (self->generator, batch);
  if (!gen_plan_run (self->generator, error))
    return FALSE;
  made = gen_plan_output (self->generator, 0)->data;
  for (gsize i = 0; i < self->n * self->size; i++)
    samples[i] = made[i] * self->factor + self->offset;
  return self->judge == NULL || judge (self, samples, labels, error);
}

gboolean
gen_replay_fill (GenReplay *self, guint64 batch, float *samples, gint64 *labels, GError **error)
{
  const GenRandom random = gen_random_new (self->seed, GEN_STREAM_REPLAY, CHOICE);

  if (self->memory == NULL)
    return fill_made (self, batch, samples, labels, error);
  fill_kept (self, &random, batch, samples, labels);
  return TRUE;
}
