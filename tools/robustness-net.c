/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "robustness-net.h"

#include <string.h>

#include <gio/gio.h>

#include <generative/calibration.h>
#include <generative/operator.h>

/* Where the model takes any number of samples. */
#define BATCH 32
/* The logarithm of a probability of 0 has no gradient. */
#define LEAST_PROBABILITY 1e-30f
/* Of one score, where what is taken for real begins. */
#define HALF_PROBABILITY 0.5f

/* --- the model --- */

static gboolean
check_model (const AttackedNet *net, const char *path, GError **error)
{
  const GenModel *model = net->model;

  if (net->input == NULL || model->graph->inputs->len != 1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: a classifier or discriminator of pictures or sounds is wanted, whose one input is "
        "[N, C, H, W] or [N, H, W, C], or [N, C, T], [N, T, C] or [N, T] of sound",
        path);
  else if (model->staged)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: shapes within it hang on what it computes: there are no gradients of such a model",
        path);
  else if (net->input->type != GEN_TYPE_FLOAT32)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: its input is %s, and gradients are of float32", path,
        gen_data_type_name (net->input->type));
  else if (net->output == NULL || net->output->length < 1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: it makes neither a score for each of two classes or more, [N, classes], nor one for "
        "all, [N, 1]",
        path);
  else
    return TRUE;
  return FALSE;
}

static GenFormat
read_format (const GenPort *input)
{
  GenFormat format = { .medium = &gen_medium_picture, .channels = input->channels };

  if (input->kind == GEN_PORT_SOUND) {
    format.medium = &gen_medium_sound;
    format.rate = input->sample_rate;
    format.length = (gsize)MAX (input->length, 0);
  } else {
    format.width = MAX (input->width, 0);
    format.height = MAX (input->height, 0);
  }
  return format;
}

gboolean
attacked_net_open (AttackedNet *net, const char *path, GError **error)
{
  const GenPort *input, *output;

  net->model = gen_model_load (path, error);
  if (net->model == NULL)
    return FALSE;
  input = gen_model_find_input (net->model, GEN_PORT_PICTURE);
  if (input == NULL)
    input = gen_model_find_input (net->model, GEN_PORT_SOUND);
  net->input = input;
  net->output = output = gen_model_find_output (net->model, GEN_PORT_VECTOR);
  if (!check_model (net, path, error))
    return FALSE;
  net->format = read_format (input);
  net->range = input->kind == GEN_PORT_SOUND ? (GenAttackRange){ -1, 1 } : (GenAttackRange){ 0, 1 };
  net->batch = input->batch > 0 ? (int)input->batch : BATCH;
  net->classes = (guint)output->length;
  net->class_names = gen_model_get_class_names (net->model->graph);
  return TRUE;
}

void
attacked_net_clear (AttackedNet *net)
{
  g_clear_pointer (&net->model, gen_model_unref);
  g_strfreev (net->class_names);
}

GenShape
attacked_net_shape (const AttackedNet *net)
{
  const GenFormat *format = &net->format;

  return format->medium == &gen_medium_sound
             ? GEN_SHAPE (net->batch, format->channels, (gint64)format->length)
             : GEN_SHAPE (net->batch, format->channels, format->height, format->width);
}

/* --- its graph --- */

static GenTensor *
add_per_channel (GenGraph *graph, const float *values, int n)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, n, 1, 1),
      g_bytes_new (values, (gsize)n * sizeof *values));
}

static GenTensor *
put_channels_last (GenGraph *graph, GenTensor *x, GError **error)
{
  static const gint64 of_pictures[] = { 0, 2, 3, 1 }, of_sounds[] = { 0, 2, 1 };
  const gboolean is_sound = x->shape.rank == 3;

  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, x->shape.rank,
      is_sound ? of_sounds : of_pictures, NULL);
}

/* What the model takes of sounds. */
static GenTensor *
feed_sounds (const AttackedNet *net, GenGraph *graph, GenTensor *x, GError **error)
{
  const gint64 row[] = { x->shape.dims[0], x->shape.dims[2] };

  if (net->input->shape.rank == 2)
    return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, row, 2), error);
  return net->input->channels_last ? put_channels_last (graph, x, error) : x;
}

/* What the model takes of pictures from 0 to 1. */
static GenTensor *
feed_pictures (const AttackedNet *net, GenGraph *graph, GenTensor *x, GError **error)
{
  static const gint64 reversed[] = { 2, 1, 0, 3 };
  const GenPort *input = net->input;
  const int n = input->channels;

  if (input->bgr)
    x = gen_graph_op (graph, "Gather",
        (GenTensor *[]){ x, gen_graph_ints (graph, reversed, (gsize)n) }, 2, 1, error, "axis",
        GEN_INT, 1, NULL);
  x = gen_binary (graph, "Sub", x, add_per_channel (graph, input->mean, n), error);
  x = gen_binary (graph, "Div", x, add_per_channel (graph, input->std, n), error);
  return x == NULL || !input->channels_last ? x : put_channels_last (graph, x, error);
}

static gboolean
is (const GenNode *node, const char *name)
{
  return node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

/* What a last Softmax, or Sigmoid of one score, makes probabilities of: where one of these is 1 to
 * the last bit there is no gradient, and an attack would not find what it could. */
static GenTensor *
find_scores (GenTensor *output, const char *last)
{
  GenTensor *y = output;

  while (y->producer != NULL && (is (y->producer, "Identity") || is (y->producer, "Flatten") ||
                                    is (y->producer, "Reshape") || is (y->producer, "Squeeze")))
    y = gen_node_input (y->producer, 0);
  return y->producer != NULL && is (y->producer, last) ? gen_node_input (y->producer, 0) : output;
}

GenTensor *
attacked_net_score (
    const AttackedNet *net, GenGraph *graph, GenTensor *samples, gboolean *known, GError **error)
{
  const gint64 shape[] = { net->batch, net->classes };
  const guint place = (guint)(net->output - net->model->outputs);
  g_autoptr (GenGraph) copy = gen_graph_copy (net->model->graph);
  GenTensor *x = net->format.medium == &gen_medium_sound
                     ? feed_sounds (net, graph, samples, error)
                     : feed_pictures (net, graph, samples, error);
  g_autofree GenTensor **outputs = NULL;
  GenTensor *output, *scores;

  if (x == NULL || !gen_graph_set_input_shape (copy, copy->inputs->pdata[0], &x->shape, error) ||
      !gen_graph_infer (copy, error))
    return NULL;
  output = copy->outputs->pdata[place];
  scores = find_scores (output, net->classes == 1 ? "Sigmoid" : "Softmax");
  *known = scores != output || !gen_model_scores_are_probabilities (net->model, net->output);
  copy->outputs->pdata[place] = scores;
  outputs = g_new0 (GenTensor *, copy->outputs->len);
  if (!gen_graph_append (graph, copy, "net/", &x, outputs, NULL, error))
    return NULL;
  return gen_binary (graph, "Reshape", outputs[place], gen_graph_ints (graph, shape, 2), error);
}

/* [batch, classes]: their logarithms. */
static GenTensor *
take_logarithms (GenGraph *graph, GenTensor *scores, gboolean are_scores, GError **error)
{
  if (are_scores)
    return gen_graph_op (graph, "LogSoftmax", &scores, 1, 1, error, "axis", GEN_INT, 1, NULL);
  scores = gen_binary (graph, "Max", scores, gen_graph_float (graph, LEAST_PROBABILITY), error);
  return scores != NULL ? gen_unary (graph, "Log", scores, error) : NULL;
}

GenTensor *
attacked_net_lose (const AttackedNet *net, GenGraph *graph, GenTensor *scores, gboolean are_scores,
    GenTensor *classes, GError **error)
{
  GenTensor *right =
      net->classes == 1 ? scores : take_logarithms (graph, scores, are_scores, error);

  right = gen_binary (graph, "Mul", right, classes, error);
  return right != NULL ? gen_unary (graph, "Neg", right, error) : NULL;
}

float
attacked_net_threshold (gboolean are_scores)
{
  return are_scores ? 0 : HALF_PROBABILITY;
}
